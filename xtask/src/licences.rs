//! Where the project's parts come from. cargo-deny: licences, bans, sources; advisories too where their database can be reached. Then what runs
//! while it is built, and the pins of npm and `PyPI`.

use std::process::Command;

use crate::failure::Failure;
use crate::house::{House, quietly, show};
use crate::{build_scripts, pins, tools};

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
    let mut said = vec![build_scripts::check(house)?, pins::check(house)?];
    if !advisories {
        said.push("advisories left out, their database cannot be reached".to_owned());
    }
    Ok(said.join("; "))
}

/// The platforms that cargo-deny looks at.
pub(crate) fn platforms(house: &House) -> Result<Vec<String>, Failure> {
    let path = house.root.join("deny.toml");
    let deny = std::fs::read_to_string(&path).map_err(|cause| Failure::because(path.display(), cause))?;
    let deny: toml::Table = deny.parse().map_err(|cause| Failure::because(path.display(), cause))?;
    let targets = deny.get("graph").and_then(|graph| graph.get("targets")).and_then(toml::Value::as_array);
    let targets: Vec<_> = targets.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned).collect();
    if targets.is_empty() { Err(Failure::new("deny.toml names no [graph] targets")) } else { Ok(targets) }
}
