//! The isolation role's policies, held against an IAM evaluator that nobody here wrote.

use std::process::Command;

use crate::cdk;
use crate::failure::Failure;
use crate::house::{House, show};
use crate::installs::node_modules_in_place;

/// Where the judge is.
const JUDGE: &str = "tests/judges/iam";

/// Every row of the table: the right tenant's operations pass, all others are denied.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    // The judge reads what the app synthesizes.
    cdk::folder(house)?;
    let judge = house.root.join(JUDGE);
    node_modules_in_place(&judge)?;
    show(Command::new("npm").args(["test", "--silent"]).current_dir(judge))?;
    Ok(String::new())
}
