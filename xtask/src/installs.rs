//! Packages of Python and Node.js: pinned by hash or lock file, installed when missing or when their pins change.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, quietly, show, starts};

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

/// A Python of its own, with packages that need a newer one than the project's tools do.
pub(crate) fn newer_python(name: &str, house: &House, requirements: &Path) -> Result<PathBuf, Failure> {
    if !starts(python()?, &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) {
        return Err(Failure::new(format!(
            "{name} needs python3 3.11 or newer: `apt-get install python3 python3-venv`, `brew install python`, or python.org"
        )));
    }
    Ok(program(&venv(house, name, requirements)?, "python"))
}

/// A Python environment of its own, from a requirements file with hashes. Returns its folder of programs.
pub(crate) fn venv(house: &House, name: &str, requirements: &Path) -> Result<PathBuf, Failure> {
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
pub(crate) fn node_modules(house: &House, name: &str, source: &Path) -> Result<PathBuf, Failure> {
    let pins = read(&source.join("package.json"))? + &read(&source.join("package-lock.json"))?;
    let root = house.tools().join(name);
    if is_current(&root, &pins) {
        return Ok(root);
    }
    npm_is_there()?;
    println!("installing {name} into .tools/ (once)");
    remove(&root)?;
    fs::create_dir_all(&root).map_err(|cause| Failure::because(root.display(), cause))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), root.join(file)).map_err(|cause| Failure::because(file, cause))?;
    }
    npm_ci(&root)?;
    stamp(&root, &pins)?;
    Ok(root)
}

/// `node_modules` in a folder of ours, whose sources need it beside them.
pub(crate) fn node_modules_in_place(source: &Path) -> Result<(), Failure> {
    let pins = read(&source.join("package.json"))? + &read(&source.join("package-lock.json"))?;
    let modules = source.join("node_modules");
    if is_current(&modules, &pins) {
        return Ok(());
    }
    npm_is_there()?;
    println!("installing {} (once)", modules.display());
    npm_ci(source)?;
    stamp(&modules, &pins)
}

/// What the lock file names; no package runs a script of its own.
fn npm_ci(folder: &Path) -> Result<(), Failure> {
    show(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder),
    )
}

fn npm_is_there() -> Result<(), Failure> {
    if !starts("npm", &["--version"]) {
        return Err(Failure::new(
            "npm is missing: Node.js 20 or newer brings it (`apt-get install nodejs npm`, `brew install node`, or nodejs.org)",
        ));
    }
    Ok(())
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

pub(crate) fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// The stamp holds the pins themselves: installed is what they name, as long as they read the same.
pub(crate) fn is_current(root: &Path, pins: &str) -> bool {
    fs::read_to_string(root.join("stamp")).is_ok_and(|stamp| stamp == pins)
}

pub(crate) fn stamp(root: &Path, pins: &str) -> Result<(), Failure> {
    fs::write(root.join("stamp"), pins).map_err(|cause| Failure::because(root.display(), cause))
}

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|cause| Failure::because(path.display(), cause))
}

pub(crate) fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    }
    Ok(())
}
