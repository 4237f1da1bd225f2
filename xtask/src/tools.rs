//! The project's own tools in `.tools/`: pinned, checked by hash, installed when missing or when their pins change.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::cdk;
use crate::failure::Failure;
use crate::house::{House, quietly, show, watched, without_cargo_run};
use crate::installs::{is_current, newer_python, node, node_modules, program, remove, stamp, venv};

/// The cargo-deny that is built when the person has none.
const CARGO_DENY: &str = "0.20.2";

/// The cargo-mutants that changes decisions.
const CARGO_MUTANTS: &str = "26.2.0";

/// The cargo-cyclonedx that describes a release.
const CARGO_CYCLONEDX: &str = "0.5.9";

/// Where the local user pool's own judges keep what they need.
const POOL_JUDGES: &str = "local/user-pool/judges";

/// Where those of the whole house do.
const JUDGES: &str = "tests/judges";

/// Clients and tools that nobody here wrote, which the tests hold ours against.
#[derive(Default)]
pub(crate) struct Judges {
    cargo_lambda: Option<PathBuf>,
    boto3_python: Option<PathBuf>,
    jwt_verify: Option<PathBuf>,
    javascript: Option<PathBuf>,
    ministack_python: Option<PathBuf>,
    cdk: Option<PathBuf>,
}

impl Judges {
    /// The variables in which the tests find them.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        [
            ("TENANTRY_CARGO_LAMBDA", &self.cargo_lambda),
            ("TENANTRY_BOTO3_PYTHON", &self.boto3_python),
            ("TENANTRY_JWT_VERIFY_DIR", &self.jwt_verify),
            ("TENANTRY_JAVASCRIPT_JUDGES_DIR", &self.javascript),
            ("TENANTRY_MINISTACK_PYTHON", &self.ministack_python),
            ("TENANTRY_CDK_DIR", &self.cdk),
        ]
        .into_iter()
        .filter_map(|(name, path)| path.as_deref().map(|path| (name, path)))
    }

    pub(crate) fn sentence(&self) -> String {
        let names: Vec<_> = self.variables().map(|(name, _)| name).collect();
        format!("handed to the tests: {}", names.join(", "))
    }
}

/// A Python that has what `examples/fastapi` requires.
pub(crate) fn fastapi_python(house: &House) -> Result<PathBuf, Failure> {
    newer_python("fastapi", house, &house.root.join("examples/fastapi/requirements.txt"))
}

/// Installs what the whole test run needs.
pub(crate) fn judges(house: &House) -> Result<Judges, Failure> {
    node()?;
    let pool_judges = house.root.join(POOL_JUDGES);
    let judges = house.root.join(JUDGES);
    Ok(Judges {
        cargo_lambda: Some(cargo_lambda(house)?),
        boto3_python: Some(program(&venv(house, "boto3", &pool_judges.join("requirements.txt"))?, "python")),
        jwt_verify: Some(node_modules(house, "jwt-verify", &pool_judges)?),
        javascript: Some(node_modules(house, "javascript-judges", &judges.join("javascript"))?),
        ministack_python: Some(newer_python("ministack", house, &judges.join("ministack/requirements.txt"))?),
        cdk: Some(cdk::folder(house)?),
    })
}

/// `cargo xtask tools`.
pub(crate) fn install_all(house: &House) -> Result<String, Failure> {
    let judges = judges(house)?;
    let deny = cargo_deny(house)?;
    fastapi_python(house)?;
    for (name, path) in judges.variables() {
        println!("{name}={}", path.display());
    }
    Ok(format!("cargo-deny: {}", deny.display()))
}

/// The project's cargo-lambda.
pub(crate) fn cargo_lambda(house: &House) -> Result<PathBuf, Failure> {
    let requirements = house.root.join("xtask/tools/cargo-lambda.txt");
    Ok(program(&venv(house, "cargo-lambda", &requirements)?, "cargo-lambda"))
}

/// `cargo xtask lambda -- …`: becomes cargo-lambda.
pub(crate) fn run_cargo_lambda(house: &House, arguments: &[String]) -> Result<ExitCode, Failure> {
    become_it(cargo_lambda_command(house)?.args(arguments))
}

/// `cargo lambda`, in the root, with its Zig at hand.
pub(crate) fn cargo_lambda_command(house: &House) -> Result<Command, Failure> {
    let program = cargo_lambda(house)?;
    let mut path = OsString::from(program.parent().unwrap_or(&program));
    if let Some(rest) = env::var_os("PATH") {
        path = env::join_paths(std::iter::once(PathBuf::from(path)).chain(env::split_paths(&rest)))
            .map_err(|cause| Failure::because("PATH", cause))?;
    }
    let mut command = Command::new(&program);
    command.arg("lambda").env("PATH", path).current_dir(&house.root);
    without_cargo_run(&mut command);
    Ok(command)
}

/// The person's cargo-deny, if it is recent enough, or the project's own.
pub(crate) fn cargo_deny(house: &House) -> Result<PathBuf, Failure> {
    if let Ok(version) = quietly(Command::new("cargo-deny").arg("--version"))
        && recent_enough(&version)
    {
        return Ok("cargo-deny".into());
    }
    built(house, "cargo-deny", CARGO_DENY)
}

/// The project's own cargo-cyclonedx, which only releases need.
pub(crate) fn cargo_cyclonedx(house: &House) -> Result<PathBuf, Failure> {
    built(house, "cargo-cyclonedx", CARGO_CYCLONEDX)
}

/// The project's own cargo-mutants, which only `cargo xtask mutants` needs.
pub(crate) fn cargo_mutants(house: &House) -> Result<PathBuf, Failure> {
    built(house, "cargo-mutants", CARGO_MUTANTS)
}

/// A tool that is built from its sources.
fn built(house: &House, name: &str, version: &str) -> Result<PathBuf, Failure> {
    let root = house.tools().join(name);
    let program = program(&root.join("bin"), name);
    if program.exists() && is_current(&root, version) {
        return Ok(program);
    }
    println!("{name} is missing; building {version} into .tools/ (once; a minute or two)");
    let build = root.join("build");
    let [root_name, build_name] = [&root, &build].map(|path| path.to_string_lossy().into_owned());
    let package = format!("{name}@{version}");
    let mut install = house.cargo(&[
        "install",
        "--debug",
        "--locked",
        "--force",
        "--root",
        &root_name,
        "--target-dir",
        &build_name,
        &package,
    ]);
    if !watched() {
        install.arg("--quiet");
    }
    // Without optimization it takes a third of the time to build and a second to run.
    show(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    remove(&build)?;
    stamp(&root, version)?;
    Ok(program)
}

/// Replaces this program by another, so that a signal reaches that one and its exit code is ours.
#[cfg(unix)]
pub(crate) fn become_it(command: &mut Command) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt;
    without_cargo_run(command);
    let program = PathBuf::from(command.get_program());
    Err(Failure::because(program.display(), command.exec()))
}

/// Runs another program to its end; its exit code is ours.
#[cfg(not(unix))]
pub(crate) fn become_it(command: &mut Command) -> Result<ExitCode, Failure> {
    without_cargo_run(command);
    let program = PathBuf::from(command.get_program());
    let status = command.status().map_err(|cause| Failure::because(program.display(), cause))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn recent_enough(said: &str) -> bool {
    // `cargo-deny 0.20.2`; 0.16 is the first that reads our deny.toml as it is meant.
    let Some(version) = said.split_whitespace().nth(1) else { return false };
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(major), Some(minor)) if major > 0 || minor >= 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_persons_cargo_deny_only_when_recent() {
        for (said, taken) in [
            ("cargo-deny 0.20.2\n", true),
            ("cargo-deny 0.18.0", true),
            ("cargo-deny 1.0.0", true),
            ("cargo-deny 0.14.2", false),
            ("cargo-deny", false),
            ("", false),
        ] {
            assert_eq!(recent_enough(said), taken, "{said}");
        }
    }
}
