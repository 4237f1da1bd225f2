//! The examples that are not Rust: Python's with pytest and unittest, those for Node.js with Node.js. The axum one is a member of the
//! workspace and tested with it.

use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, show};
use crate::installs::node;
use crate::tools;

/// Runs them, each from the root.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let python = tools::fastapi_python(house)?;
    show(Command::new(&python).current_dir(&house.root).args([
        "-B",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "examples/fastapi",
    ]))?;
    show(Command::new(&python).current_dir(&house.root).args([
        "-B",
        "-m",
        "unittest",
        "discover",
        "-s",
        "examples/wrap/python",
    ]))?;
    // The file by name: what a folder means to `node --test` differs between its versions.
    show(Command::new(node()?).current_dir(&house.root).args([
        "--test",
        "examples/api-gateway/handler.test.mjs",
        "examples/wrap/node/wrap.test.mjs",
    ]))?;
    Ok("FastAPI, API Gateway and the wrapped function".to_owned())
}
