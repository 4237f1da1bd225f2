//! The project's own tools in `.tools/`: pinned, checked by hash, installed when missing or when their pins change.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::house::{House, quietly, show, starts, watched, without_cargo_run};

/// The cargo-deny that is built when the person has none.
const CARGO_DENY: &str = "0.20.2";

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

/// A Python of its own, with packages that need a newer one than the project's tools do.
fn newer_python(name: &str, house: &House, requirements: &Path) -> Result<PathBuf, Failure> {
    if !starts(python()?, &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) {
        return Err(Failure::new(format!(
            "{name} needs python3 3.11 or newer: `apt-get install python3 python3-venv`, `brew install python`, or python.org"
        )));
    }
    Ok(program(&venv(house, name, requirements)?, "python"))
}

/// A Node.js that runs tests.
pub(crate) fn node() -> Result<&'static str, Failure> {
    if starts("node", &["-e", "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)"]) {
        Ok("node")
    } else {
        Err(Failure::new(
            "Node.js 20 or newer is missing: `apt-get install nodejs`, `brew install node`, or nodejs.org",
        ))
    }
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

/// `cargo xtask lambda -- …`: becomes cargo-lambda, with its Zig at hand.
pub(crate) fn run_cargo_lambda(house: &House, arguments: &[String]) -> Result<ExitCode, Failure> {
    let program = cargo_lambda(house)?;
    let mut path = OsString::from(program.parent().unwrap_or(&program));
    if let Some(rest) = env::var_os("PATH") {
        path = env::join_paths(std::iter::once(PathBuf::from(path)).chain(env::split_paths(&rest)))
            .map_err(|cause| Failure::because("PATH", cause))?;
    }
    let mut command = Command::new(&program);
    command.arg("lambda").args(arguments).env("PATH", path).current_dir(&house.root);
    become_it(&mut command)
}

/// The person's cargo-deny, if it is recent enough, or the project's own.
pub(crate) fn cargo_deny(house: &House) -> Result<PathBuf, Failure> {
    if let Ok(version) = quietly(Command::new("cargo-deny").arg("--version"))
        && recent_enough(&version)
    {
        return Ok("cargo-deny".into());
    }
    let root = house.tools().join("cargo-deny");
    let program = program(&root.join("bin"), "cargo-deny");
    if program.exists() && is_current(&root, CARGO_DENY) {
        return Ok(program);
    }
    println!("cargo-deny is missing; building {CARGO_DENY} into .tools/ (once; a minute or two)");
    let build = root.join("build");
    let [root_name, build_name] = [&root, &build].map(|path| path.to_string_lossy().into_owned());
    let version = format!("cargo-deny@{CARGO_DENY}");
    let mut install = house.cargo(&[
        "install",
        "--debug",
        "--locked",
        "--force",
        "--root",
        &root_name,
        "--target-dir",
        &build_name,
        &version,
    ]);
    if !watched() {
        install.arg("--quiet");
    }
    // Without optimization it takes a third of the time to build and a second to run.
    show(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    remove(&build)?;
    stamp(&root, CARGO_DENY)?;
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

/// A Python environment of its own, from a requirements file with hashes. Returns its folder of programs.
fn venv(house: &House, name: &str, requirements: &Path) -> Result<PathBuf, Failure> {
    let pins = read(requirements)?;
    let root = house.tools().join(name);
    let bin = root.join(if cfg!(windows) { "Scripts" } else { "bin" });
    if is_current(&root, &pins) && starts(program(&bin, "python"), &["--version"]) {
        return Ok(bin);
    }
    let python = python()?;
    println!("installing {name} into .tools/ (once)");
    remove(&root)?;
    quietly(Command::new(python).args(["-m", "venv"]).arg(&root))?;
    show(
        Command::new(program(&bin, "python"))
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(["--only-binary=:all:", "--require-hashes", "-r"])
            .arg(requirements),
    )?;
    stamp(&root, &pins)?;
    Ok(bin)
}

/// A folder with `node_modules`, from a package.json and its lock file.
fn node_modules(house: &House, name: &str, source: &Path) -> Result<PathBuf, Failure> {
    let pins = read(&source.join("package.json"))? + &read(&source.join("package-lock.json"))?;
    let root = house.tools().join(name);
    if is_current(&root, &pins) {
        return Ok(root);
    }
    if !starts("npm", &["--version"]) {
        return Err(Failure::new(
            "npm is missing: Node.js 20 or newer brings it (`apt-get install nodejs npm`, `brew install node`, or nodejs.org)",
        ));
    }
    println!("installing {name} into .tools/ (once)");
    remove(&root)?;
    fs::create_dir_all(&root).map_err(|cause| Failure::because(root.display(), cause))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), root.join(file)).map_err(|cause| Failure::because(file, cause))?;
    }
    show(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&root),
    )?;
    stamp(&root, &pins)?;
    Ok(root)
}

fn python() -> Result<&'static str, Failure> {
    let found = ["python3", "python"]
        .into_iter()
        .find(|python| starts(python, &["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]));
    let Some(python) = found else {
        return Err(Failure::new(
            "python3 (3.9 or newer) is missing: `apt-get install python3 python3-venv`, `brew install python`, or python.org",
        ));
    };
    if starts(python, &["-c", "import ensurepip, venv"]) {
        Ok(python)
    } else {
        Err(Failure::new("Python lacks its venv module: `apt-get install python3-venv` brings it"))
    }
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

fn recent_enough(said: &str) -> bool {
    // `cargo-deny 0.20.2`; 0.16 is the first that reads our deny.toml as it is meant.
    let Some(version) = said.split_whitespace().nth(1) else { return false };
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(major), Some(minor)) if major > 0 || minor >= 18)
}

/// The stamp holds the pins themselves: installed is what they name, as long as they read the same.
fn is_current(root: &Path, pins: &str) -> bool {
    fs::read_to_string(root.join("stamp")).is_ok_and(|stamp| stamp == pins)
}

fn stamp(root: &Path, pins: &str) -> Result<(), Failure> {
    fs::write(root.join("stamp"), pins).map_err(|cause| Failure::because(root.display(), cause))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|cause| Failure::because(path.display(), cause))
}

fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    }
    Ok(())
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
