//! The GitHub workflows: their shape, and what zizmor knows of their risks.

use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, show};
use crate::installs::{newer_python, program};

/// Where they are.
const FOLDER: &str = ".github/workflows";

/// Checks every workflow, offline.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let requirements = house.root.join("xtask/tools/workflows.txt");
    let python = newer_python("workflows", house, &requirements)?;
    let tool = |name: &str| {
        let mut command = Command::new(program(python.parent().unwrap_or(&python), name));
        command.current_dir(&house.root);
        command
    };
    show(tool("check-jsonschema").args(["--builtin-schema", "vendor.github-workflows"]).args(files(house)?))?;
    // `pedantic` asks for a reason wherever a right is granted; findings of every weight fail.
    show(tool("zizmor").args(["--offline", "--quiet", "--persona", "pedantic", FOLDER]))?;
    Ok(String::new())
}

fn files(house: &House) -> Result<Vec<String>, Failure> {
    let folder = house.root.join(FOLDER);
    let entries = std::fs::read_dir(&folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    Ok(entries
        .filter_map(Result::ok)
        .map(|entry| format!("{FOLDER}/{}", entry.file_name().to_string_lossy()))
        .collect())
}
