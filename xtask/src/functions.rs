//! The functions: what they are called, how they are built for Lambda, and how their programs are told apart.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Package;
use clap::ValueEnum;

use crate::failure::Failure;
use crate::house::{House, programs_of, show};
use crate::tools;

/// The custom resource's function; it is no trigger, and is called when a stack changes.
pub(crate) const REGISTRAR: &str = "tenantry-registrar";

/// A processor that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton: the cheaper one
    Arm64,
    /// Intel and AMD
    #[value(name = "x86_64", alias = "x86-64")]
    X86,
}

impl Architecture {
    /// The one of this machine, if Lambda has it.
    pub(crate) fn here() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::X86),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// As Lambda, and the names of our zips, have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    /// As rustc has it.
    pub(crate) const fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86 => "x86_64-unknown-linux-gnu",
        }
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }

    /// `e_machine` [ELF-64 Object File Format].
    const fn machine(self) -> [u8; 2] {
        match self {
            Self::Arm64 => [0xb7, 0],
            Self::X86 => [0x3e, 0],
        }
    }

    /// Fails if a program is not Linux's for this processor.
    pub(crate) fn check(self, program: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let elf = bytes.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]);
        if elf && bytes.get(18..20) == Some(&self.machine()) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} is no Linux program for {}: `cargo xtask lambda -- build --release {}` builds one",
            program.display(),
            self.name(),
            self.flag()
        )))
    }
}

/// The packages whose programs run in Lambda.
pub(crate) fn packages(house: &House) -> Vec<&Package> {
    let mut packages = house.packages_in("triggers");
    packages.extend(house.packages_in("control").into_iter().filter(|package| *package.name == REGISTRAR));
    packages
}

/// The names of their programs.
pub(crate) fn names(house: &House) -> Vec<&str> {
    packages(house).into_iter().flat_map(programs_of).collect()
}

/// Where a function's program lies in a folder: as cargo-lambda lays it out, or as cargo does.
pub(crate) fn program_in(folder: &Path, name: &str) -> PathBuf {
    let laid_out = folder.join(name).join("bootstrap");
    if laid_out.is_file() { laid_out } else { folder.join(name) }
}

/// Builds all of them by cargo-lambda; the folder with `NAME/bootstrap`.
pub(crate) fn build_for_lambda(house: &House, architecture: Architecture) -> Result<PathBuf, Failure> {
    let folder = house.metadata.target_directory.as_std_path().join("lambda").join(architecture.name());
    let mut command = tools::cargo_lambda_command(house)?;
    command.args(["build", "--release", "--locked", architecture.flag(), "--lambda-dir"]).arg(&folder);
    for package in packages(house) {
        command.args(["-p", package.name.as_str()]);
    }
    show(&mut command)?;
    for name in names(house) {
        let path = program_in(&folder, name);
        let bytes = fs::read(&path).map_err(|cause| Failure::because(path.display(), cause))?;
        architecture.check(&path, &bytes)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(machine: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes.splice(0..6, [0x7f, b'E', b'L', b'F', 2, 1]);
        bytes.splice(18..20, [machine, 0]);
        bytes
    }

    #[test]
    fn a_program_of_another_processor_is_refused() {
        let path = Path::new("bootstrap");
        for (architecture, machine, right) in [
            (Architecture::X86, 0x3e, true),
            (Architecture::Arm64, 0xb7, true),
            (Architecture::X86, 0xb7, false),
            (Architecture::Arm64, 0x3e, false),
        ] {
            assert_eq!(architecture.check(path, &header(machine)).is_ok(), right, "{architecture:?} {machine:x}");
        }
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF"] {
            assert!(Architecture::X86.check(Path::new("bootstrap"), bytes).is_err(), "{bytes:?}");
        }
    }
}
