//! Build scripts: programs of others that run on the machine that builds what is shipped. Each is known here, with what it does; a new one is
//! noticed; and none of them, nor what they are built with, has words for reaching the network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Package, TargetKind};

use crate::failure::Failure;
use crate::house::{House, quietly};
use crate::licences::platforms;

/// Build scripts of what is shipped (the functions and the command line), and what they do.
const SCRIPTS: &[(&str, &str)] = &[
    ("aws-types", "asks the compiler for its version"),
    ("crc32fast", "asks the compiler for its version"),
    ("crossbeam-epoch", "looks at the target"),
    ("crossbeam-utils", "looks at the target"),
    ("getrandom", "looks at the target"),
    ("httparse", "asks the compiler for its version; looks at the target"),
    ("icu_normalizer_data", "looks at one variable"),
    ("icu_properties_data", "looks at one variable"),
    ("libc", "asks the compiler for its version; looks at the target"),
    ("num-traits", "tries what the compiler can"),
    ("parking_lot_core", "looks at the target"),
    ("portable-atomic", "asks the compiler for its version; looks at the target"),
    ("proc-macro2", "tries what the compiler can"),
    ("quote", "asks the compiler for its version"),
    ("ring", "compiles its own C and assembly with the machine's C compiler"),
    ("rustls", "looks at the compiler's channel"),
    ("rustversion", "asks the compiler for its version"),
    ("serde", "asks the compiler for its version"),
    ("serde_core", "asks the compiler for its version"),
    ("serde_json", "looks at the target"),
    ("system-configuration-sys", "names a framework of macOS to link"),
    ("thiserror", "tries what the compiler can"),
    ("zmij", "asks the compiler for its version"),
];

/// What build scripts are built with: their build-dependencies, and those of these.
const TOOLS: &[(&str, &str)] = &[
    ("autocfg", "tries what the compiler can"),
    ("cc", "calls the machine's C compiler"),
    ("find-msvc-tools", "looks for the C compiler of Windows"),
    ("rustc_version", "asks the compiler for its version"),
    ("semver", "compares versions"),
    ("shlex", "splits the words of CFLAGS"),
];

/// What a program that reaches the network names in one way or another.
const WORDS: [&str; 20] = [
    "std::net",
    "TcpStream",
    "UdpSocket",
    "TcpListener",
    "ToSocketAddrs",
    "ureq::",
    "reqwest::",
    "hyper::",
    "isahc::",
    "attohttpc::",
    "minreq::",
    "git2::",
    "curl::",
    "\"curl\"",
    "\"wget\"",
    "\"git\"",
    "\"ssh\"",
    "\"nc\"",
    "Invoke-WebRequest",
    "/dev/tcp",
];

/// A build script, or what one is built with.
struct Found {
    name: String,
    sources: String,
}

/// Checks them; the failure lists whatever is new, gone or wrong.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let shipped = shipped(house)?;
    let mut scripts = Vec::new();
    let mut tools = BTreeMap::new();
    for package in house.metadata.packages.iter().filter(|package| shipped.contains(&id(package))) {
        let Some(script) = package.targets.iter().find(|target| target.kind.contains(&TargetKind::CustomBuild)) else {
            continue;
        };
        scripts.push(Found { name: package.name.to_string(), sources: beside(script.src_path.as_std_path())? });
        for tool in tools_of(house, package, &shipped) {
            let folder = tool.manifest_path.as_std_path().with_file_name("src");
            tools.insert(tool.name.to_string(), Found { name: tool.name.to_string(), sources: whole(&folder)? });
        }
    }
    let tools: Vec<Found> = tools.into_values().collect();
    let mut violations = violations("build script", &scripts, SCRIPTS);
    violations.extend(self::violations("tool of build scripts", &tools, TOOLS));
    if violations.is_empty() {
        return Ok(format!("{} build scripts, each known", scripts.len()));
    }
    Err(Failure::new(format!(
        "what runs while the project is built is not as written down (xtask/src/build_scripts.rs):\n   - {}",
        violations.join("\n   - ")
    )))
}

fn violations(what: &str, found: &[Found], known: &[(&str, &str)]) -> Vec<String> {
    let mut violations = Vec::new();
    for Found { name, sources } in found {
        if !known.iter().any(|(known, _)| known == name) {
            violations.push(format!("{name} is a new {what}: read it, and say what it does"));
        }
        for word in WORDS.iter().filter(|word| sources.contains(**word)) {
            violations.push(format!("{name}, a {what}, says {word}: does it reach the network?"));
        }
    }
    let gone = known.iter().filter(|(name, _)| !found.iter().any(|found| found.name == *name));
    violations.extend(gone.map(|(name, _)| format!("{name} is no {what} any more: take its row out")));
    violations
}

fn id(package: &Package) -> (String, String) {
    (package.name.to_string(), package.version.to_string())
}

/// What is compiled for the functions and the command line, name and version, on every platform that is judged.
fn shipped(house: &House) -> Result<BTreeSet<(String, String)>, Failure> {
    let mut arguments = vec!["tree".to_owned(), "--locked".to_owned(), "--edges=normal,build".to_owned()];
    arguments.extend(["--prefix=none", "--format={p}"].map(str::to_owned));
    arguments.extend(platforms(house)?.into_iter().map(|platform| format!("--target={platform}")));
    let triggers = house.packages_in("triggers").into_iter().map(|package| package.name.to_string());
    for package in triggers.chain(["tenantry-registrar".to_owned(), "tenantry-tenantctl".to_owned()]) {
        arguments.extend(["--package".to_owned(), package]);
    }
    let tree = quietly(&mut house.cargo(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))?;
    Ok(tree.lines().filter_map(named).collect())
}

/// Name and version of a line such as `cc v1.2.3 (proc-macro) (*)`.
fn named(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
}

/// The packages that a build script is built with, however deep. What a tool could take along for others (semver knows serde) is none of it.
fn tools_of<'a>(house: &'a House, package: &Package, shipped: &BTreeSet<(String, String)>) -> Vec<&'a Package> {
    let needs = |package: &Package, kind: DependencyKind| -> Vec<&'a Package> {
        let Some(resolve) = &house.metadata.resolve else { return Vec::new() };
        let node = resolve.nodes.iter().find(|node| node.id == package.id);
        let reached: Vec<_> = node.into_iter().flat_map(|node| &node.deps).map(|dependency| &dependency.pkg).collect();
        let declared = |name: &str| {
            package.dependencies.iter().any(|needed| needed.name == name && needed.kind == kind && !needed.optional)
        };
        let all = house.metadata.packages.iter().filter(|other| reached.contains(&&other.id));
        all.filter(|other| declared(&other.name) && shipped.contains(&id(other))).collect()
    };
    let mut found: Vec<&Package> = Vec::new();
    let mut left = needs(package, DependencyKind::Build);
    while let Some(next) = left.pop() {
        if !found.iter().any(|known| known.id == next.id) {
            left.extend(needs(next, DependencyKind::Normal));
            found.push(next);
        }
    }
    found
}

/// A build script with what lies in the folder `build` beside it, where such scripts keep their modules.
fn beside(script: &Path) -> Result<String, Failure> {
    let own = fs::read_to_string(script).map_err(|cause| Failure::because(script.display(), cause))?;
    let folder = script.with_file_name("build");
    if folder.is_dir() { Ok(own + &whole(&folder)?) } else { Ok(own) }
}

/// Every Rust source below a folder.
fn whole(folder: &Path) -> Result<String, Failure> {
    let failed = |cause| Failure::because(folder.display(), cause);
    let mut all = String::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            all += &whole(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all += &fs::read_to_string(&path).map_err(failed)?;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_new_one_a_lost_one_and_one_that_reaches_the_network() {
        let found = |name: &str, sources: &str| Found { name: name.to_owned(), sources: sources.to_owned() };
        let known = [("calm", "looks at the target"), ("gone", "nothing")];
        assert!(violations("build script", &[found("calm", "fn main() {}"), found("gone", "")], &known).is_empty());
        let said = violations(
            "build script",
            &[found("calm", "let s = std::net::TcpStream::connect(x);"), found("new", "Command::new(\"curl\")")],
            &known,
        );
        for part in [
            "calm, a build script, says std::net",
            "new is a new",
            "new, a build script, says \"curl\"",
            "gone is no build script",
        ] {
            assert!(said.iter().any(|line| line.starts_with(part)), "{part}: {said:?}");
        }
    }

    #[test]
    fn a_line_of_a_tree_is_a_name_and_a_version() {
        assert_eq!(named("cc v1.2.3"), Some(("cc".to_owned(), "1.2.3".to_owned())));
        assert_eq!(named("serde_derive v1.0.0 (proc-macro) (*)").unwrap().1, "1.0.0");
        assert_eq!(named(""), None);
    }
}
