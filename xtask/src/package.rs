//! What a release is made of: `NAME-ARCH.zip` with a single `bootstrap`, what is linked into each, and the checksums.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::failure::Failure;
use crate::functions::{self, Architecture};
use crate::house::{House, programs_of, quietly};
use crate::tools;

/// What to package.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The processor
    #[arg(long)]
    arch: Architecture,
    /// Takes programs that were built already from this folder (`NAME/bootstrap` or `NAME`), instead of building them
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Where to [default: target/package]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Refuses to package anything but this version, such as `v0.1.0`
    #[arg(long, value_name = "TAG")]
    version: Option<String>,
}

/// `cargo xtask package`.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<String, Failure> {
    if let Some(tag) = &arguments.version {
        is_of(house, tag)?;
    }
    let from = match &arguments.from {
        Some(folder) => folder.clone(),
        None => functions::build_for_lambda(house, arguments.arch)?,
    };
    let to = arguments.to.clone().unwrap_or_else(|| folder(house));
    let mut files = zips(house, arguments.arch, &from, &to)?;
    files.extend(bills_of_materials(house, arguments.arch, &to)?);
    let sums = to.join(format!("SHA256SUMS-{}", arguments.arch.name()));
    write(&sums, checksums(&files)?.as_bytes())?;
    Ok(format!("{} files and {}", files.len(), sums.display()))
}

/// A tag that does not say what is in the sources is not released.
fn is_of(house: &House, tag: &str) -> Result<(), Failure> {
    for package in functions::packages(house) {
        if tag.strip_prefix('v') != Some(&*package.version.to_string()) {
            return Err(Failure::new(format!(
                "the tag is {tag} and {} is {}: write the version into the root Cargo.toml, commit, and tag that commit",
                package.name, package.version
            )));
        }
    }
    Ok(())
}

/// Where packages go, unless something else is said.
pub(crate) fn folder(house: &House) -> PathBuf {
    house.metadata.target_directory.as_std_path().join("package")
}

/// Zips every function's program.
pub(crate) fn zips(house: &House, architecture: Architecture, from: &Path, to: &Path) -> Result<Vec<PathBuf>, Failure> {
    fs::create_dir_all(to).map_err(|cause| Failure::because(to.display(), cause))?;
    let mut made = Vec::new();
    for name in functions::names(house) {
        let program = functions::program_in(from, name);
        let bytes = fs::read(&program).map_err(|cause| Failure::because(program.display(), cause))?;
        architecture.check(&program, &bytes)?;
        let path = to.join(format!("{name}-{}.zip", architecture.name()));
        pack(&[("bootstrap", &bytes)], &path)?;
        made.push(path);
    }
    Ok(made)
}

/// Packs files as functions are packed.
pub(crate) fn zip(files: &[(String, PathBuf)], path: &Path) -> Result<(), Failure> {
    let read = |(name, file): &(String, PathBuf)| {
        let bytes = fs::read(file).map_err(|cause| Failure::because(file.display(), cause))?;
        Ok((name.clone(), bytes))
    };
    let files: Vec<_> = files.iter().map(read).collect::<Result<_, Failure>>()?;
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    pack(&files, path)
}

fn pack(files: &[(&str, &[u8])], path: &Path) -> Result<(), Failure> {
    write(path, &zipped(files).map_err(|cause| Failure::because(path.display(), cause))?)
}

/// Executable files, always the same bytes for the same programs: no time, no owner.
fn zipped(files: &[(&str, &[u8])]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    for (name, bytes) in files {
        archive.start_file(*name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// `CycloneDX`: what is linked into each function, for this processor.
fn bills_of_materials(house: &House, architecture: Architecture, to: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut command = Command::new(tools::cargo_cyclonedx(house)?);
    command.current_dir(&house.root).args(["cyclonedx", "-qq", "--format", "json", "--spec-version", "1.5"]);
    command.args(["--describe", "binaries", "--no-build-deps", "--target", architecture.target()]);
    // Made of the sources alone: the same commit gives the same bill.
    let commit = quietly(Command::new("git").current_dir(&house.root).args(["log", "-1", "--format=%ct"]));
    command.env("SOURCE_DATE_EPOCH", commit.as_deref().map_or("0", str::trim));
    let outcome = quietly(&mut command);
    // It writes beside the sources, and of every member of the workspace: only those of functions are wanted, and none there.
    let mut made = Vec::new();
    for package in house.metadata.workspace_packages() {
        let beside =
            package.manifest_path.parent().map_or_else(|| house.root.clone(), |path| path.as_std_path().into());
        for program in programs_of(package) {
            let Ok(bill) = fs::read_to_string(beside.join(format!("{program}_bin.cdx.json"))) else { continue };
            let _ = fs::remove_file(beside.join(format!("{program}_bin.cdx.json")));
            if functions::names(house).contains(&program) {
                let path = to.join(format!("{program}-{}.cdx.json", architecture.name()));
                // Where the sources lay is nobody's business.
                write(&path, bill.replace(&*house.root.to_string_lossy(), "").as_bytes())?;
                made.push(path);
            }
        }
    }
    outcome?;
    let functions = functions::names(house).len();
    if made.len() == functions {
        Ok(made)
    } else {
        Err(Failure::new(format!("cargo-cyclonedx described {} of {functions} functions", made.len())))
    }
}

/// As `sha256sum --check` reads them, by name.
fn checksums(files: &[PathBuf]) -> Result<String, Failure> {
    let mut sums = String::new();
    for path in files {
        let bytes = fs::read(path).map_err(|cause| Failure::because(path.display(), cause))?;
        for byte in Sha256::digest(&bytes) {
            let _ = write!(sums, "{byte:02x}");
        }
        let _ = writeln!(sums, "  {}", path.file_name().unwrap_or_default().to_string_lossy());
    }
    Ok(sums)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|cause| Failure::because(path.display(), cause))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_same_program_makes_the_same_zip_with_one_executable_bootstrap() {
        let program = b"\x7fELF and the rest".repeat(1000);
        let files: [(&str, &[u8]); 1] = [("bootstrap", &program)];
        let packed = zipped(&files).unwrap();
        assert_eq!(packed, zipped(&files).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut bootstrap = archive.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
        let mut unpacked = Vec::new();
        bootstrap.read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, program);
    }

    #[test]
    fn a_checksum_is_the_one_that_sha256sum_reads() {
        let folder = std::env::temp_dir().join(format!("tenantry-package-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("abc.zip");
        fs::write(&path, "abc").unwrap();
        let sums = checksums(&[path]).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(sums, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc.zip\n");
    }
}
