//! The examples that are not Rust: Python's with pytest, API Gateway's with Node.js. The axum one is a member of the
//! workspace and tested with it.

use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, show};
use crate::installs::node;
use crate::tools;

/// Runs both, each from the root.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let python = tools::fastapi_python(house)?;
    show(Command::new(python).current_dir(&house.root).args([
        "-B",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "examples/fastapi",
    ]))?;
    // The file by name: what a folder means to `node --test` differs between its versions.
    show(Command::new(node()?).current_dir(&house.root).args(["--test", "examples/api-gateway/handler.test.mjs"]))?;
    Ok("FastAPI and API Gateway".to_owned())
}
