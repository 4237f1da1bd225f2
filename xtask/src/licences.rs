//! cargo-deny: licences, bans, sources; advisories too where their database can be reached.

use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, quietly, show};
use crate::tools;

/// Runs cargo-deny over the lock file.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let deny = tools::cargo_deny(house)?;
    let mut fetch = Command::new(&deny);
    fetch.current_dir(&house.root).args(["--locked", "fetch", "db"]);
    fetch.env("GIT_TERMINAL_PROMPT", "0").env("GIT_HTTP_LOW_SPEED_LIMIT", "1000").env("GIT_HTTP_LOW_SPEED_TIME", "20");
    let advisories = quietly(&mut fetch).is_ok();

    let mut command = Command::new(&deny);
    command.current_dir(&house.root).args(["--locked", "check", "--hide-inclusion-graph"]);
    if advisories {
        command.arg("--disable-fetch").arg("advisories");
    }
    show(command.args(["bans", "licenses", "sources"]))?;
    Ok(if advisories { String::new() } else { "advisories left out, their database cannot be reached".to_owned() })
}
