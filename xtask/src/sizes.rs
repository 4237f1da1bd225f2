//! The release build of the functions, and how large each may be: size is paid for at every cold start.

use std::fs;

use crate::failure::Failure;
use crate::functions::{self, REGISTRAR};
use crate::house::{House, programs_of, show};

/// A trigger: 6 MB, stripped, on `x86_64`.
const LIMIT: u64 = 6_000_000;

/// The registrar: it speaks to Cognito as well, and no person waits for it.
const REGISTRAR_LIMIT: u64 = 7_500_000;

/// Builds every function and nothing else, in one call, so that no tool's features reach them.
pub(crate) fn build(house: &House) -> Result<String, Failure> {
    let packages = functions::packages(house);
    let mut arguments = vec!["build", "--release", "--locked"];
    for package in &packages {
        arguments.extend(["-p", package.name.as_str()]);
    }
    show(&mut house.cargo(&arguments))?;
    Ok(format!("{} functions", packages.len()))
}

/// Prints the sizes and refuses what is too large.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let mut sizes = Vec::new();
    for package in functions::packages(house) {
        let limit = if *package.name == REGISTRAR { REGISTRAR_LIMIT } else { LIMIT };
        for program in programs_of(package) {
            let path = house.programs("release").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
            let size = fs::metadata(&path).map_err(|cause| Failure::because(path.display(), cause))?.len();
            sizes.push((program.to_owned(), size, limit));
        }
    }
    judge(&sizes)
}

/// Each function's name, bytes and limit.
fn judge(sizes: &[(String, u64, u64)]) -> Result<String, Failure> {
    println!("   {:<24} {:>12} {:>12}", "function", "bytes", "limit");
    for (program, size, limit) in sizes {
        println!("   {program:<24} {size:>12} {limit:>12}   {}", if size <= limit { "ok" } else { "TOO LARGE" });
    }
    let large: Vec<_> =
        sizes.iter().filter(|(_, size, limit)| size > limit).map(|(program, ..)| program.as_str()).collect();
    if !large.is_empty() {
        return Err(Failure::new(format!(
            "{} above the limit: `cargo tree -e normal -p tenantry-{}` shows what came in",
            large.join(", "),
            large.first().copied().unwrap_or_default(),
        )));
    }
    sizes
        .iter()
        .max_by_key(|(_, size, _)| *size)
        .map(|(program, size, _)| format!("the largest is {program} with {size} bytes"))
        .ok_or_else(|| Failure::new("no function was found in triggers/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_at_the_limit_passes() {
        assert!(judge(&[("a".into(), 10, 10), ("b".into(), 9, 10)]).is_ok_and(|said| said.contains("a with 10")));
    }

    #[test]
    fn one_byte_more_is_named() {
        let failure = judge(&[("a".into(), 10, 10), ("b".into(), 11, 10)]).unwrap_err().to_string();
        assert!(failure.starts_with("b above the limit"), "{failure}");
    }

    #[test]
    fn an_empty_house_does_not_pass() {
        assert!(judge(&[]).is_err());
    }
}
