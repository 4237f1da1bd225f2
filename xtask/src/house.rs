//! The workspace as cargo sees it: its root, its packages, and how cargo is called in it.

use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};

use crate::failure::Failure;

/// The workspace.
pub(crate) struct House {
    pub(crate) root: PathBuf,
    pub(crate) metadata: Metadata,
}

impl House {
    /// Reads the workspace that this program was built from.
    pub(crate) fn open() -> Result<Self, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or_else(|| Failure::new("xtask has no parent folder"))?
            .to_path_buf();
        let metadata = MetadataCommand::new()
            .current_dir(&root)
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .map_err(|cause| Failure::because("cargo metadata failed", cause))?;
        Ok(Self { root, metadata })
    }

    /// A package's folder, relative to the root, with forward slashes: `triggers/pre-sign-up`.
    pub(crate) fn folder(&self, package: &Package) -> String {
        let folder = package.manifest_path.parent().map_or_else(|| Path::new(""), |path| path.as_std_path());
        folder.strip_prefix(&self.root).unwrap_or(folder).to_string_lossy().replace('\\', "/")
    }

    /// Our own packages whose folder is inside `room`.
    pub(crate) fn packages_in(&self, room: &str) -> Vec<&Package> {
        let prefix = format!("{room}/");
        let mut packages: Vec<_> = self
            .metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| self.folder(package).starts_with(&prefix))
            .collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages
    }

    /// The folder of a profile's programs: `target/debug`, `target/release`.
    pub(crate) fn programs(&self, profile: &str) -> PathBuf {
        self.metadata.target_directory.as_std_path().join(profile)
    }

    /// The project's own tools.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join(".tools")
    }

    /// Cargo, in the root, without what `cargo run` put into this program's environment: build scripts that watch
    /// those variables (ring's does) would otherwise run again each time.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).args(arguments);
        without_cargo_run(&mut command);
        command
    }
}

/// Removes the variables that `cargo run` sets for the program that it runs.
pub(crate) fn without_cargo_run(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(&*name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR")
        {
            command.env_remove(&*name);
        }
    }
}

/// The programs that a package makes.
pub(crate) fn programs_of(package: &Package) -> Vec<&str> {
    package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bin))
        .map(|target| target.name.as_str())
        .collect()
}

/// Runs a command in the open: its line first, its output as it comes.
pub(crate) fn show(command: &mut Command) -> Result<(), Failure> {
    println!("$ {}", line(command));
    let status = command.stdin(Stdio::null()).status().map_err(|cause| Failure::because(line(command), cause))?;
    judge(command, status)
}

/// Runs a command quietly; its output is part of the failure, if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|cause| Failure::because(line(command), cause))?;
    judge(command, output.status).map_err(|failure| {
        let said = String::from_utf8_lossy(&output.stderr);
        Failure::because(failure, said.trim_end())
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started at all.
pub(crate) fn starts(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a person is watching.
pub(crate) fn watched() -> bool {
    std::io::stderr().is_terminal()
}

fn judge(command: &Command, status: ExitStatus) -> Result<(), Failure> {
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(match status.code() {
        Some(code) => format!("`{}` ended with exit code {code}", line(command)),
        None => format!("`{}` was ended by a signal", line(command)),
    }))
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
