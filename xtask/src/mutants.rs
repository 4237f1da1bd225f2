//! `cargo xtask mutants`: whether the tests of the decisions notice when a decision changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::house::House;
use crate::tools;

/// Which mutants.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only mutants whose name matches this
    #[arg(long)]
    only: Option<String>,
    /// How many are tried at the same time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// The crate that decides.
const PACKAGE: &str = "tenantry-domain";

/// Survivors that change nothing anybody could see, each with the reason.
const EXPLAINED: &str = "common/domain/mutants.txt";

/// So many of a hundred have to be caught.
const LEAST: usize = 95;

/// What became of one mutant.
struct Outcome {
    mutant: String,
    summary: String,
}

/// Of every mutant in what cargo-mutants wrote; the run without one is not a mutant's.
fn outcomes(written: &Value) -> Vec<Outcome> {
    let of = |outcome: &Value| {
        let name = outcome.pointer("/scenario/Mutant/name")?.as_str()?;
        Some(Outcome { mutant: place(name), summary: outcome.get("summary")?.as_str()?.to_owned() })
    };
    written.get("outcomes").and_then(Value::as_array).into_iter().flatten().filter_map(of).collect()
}

/// Mutates the decisions, one place after the other.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let program = tools::cargo_mutants(house)?;
    let out = house.metadata.target_directory.as_std_path().join("mutants");
    fs::create_dir_all(&out).map_err(|cause| Failure::because(out.display(), cause))?;
    println!("every mutant of {PACKAGE} is built and its tests are run; half an hour on two cores");
    let mut command = Command::new(program);
    command.current_dir(&house.root).args(["mutants", "--package", PACKAGE, "--no-shuffle", "--cap-lints", "true"]);
    // Nobody looks into these programs with a debugger, and linking them is most of the work.
    command.envs([("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_INCREMENTAL", "1")]);
    command.arg("--output").arg(&out).arg("--jobs").arg(arguments.jobs.to_string());
    if let Some(only) = &arguments.only {
        command.arg("--re").arg(only);
    }
    // It ends with an error when a mutant survives, too: what it wrote says more.
    let status = command.status().map_err(|cause| Failure::because("cargo-mutants", cause))?;
    let written = out.join("mutants.out").join("outcomes.json");
    let text = fs::read_to_string(&written).map_err(|cause| {
        Failure::new(format!("cargo-mutants ended with {status} and wrote no {}: {cause}", written.display()))
    })?;
    let json: Value = serde_json::from_str(&text).map_err(|cause| Failure::because(written.display(), cause))?;
    report(&outcomes(&json), &explained(&house.root)?, arguments.only.is_none())
}

fn report(outcomes: &[Outcome], explained: &BTreeMap<String, String>, everything: bool) -> Result<ExitCode, Failure> {
    let count = |summary: &str| outcomes.iter().filter(|outcome| outcome.summary == summary).count();
    // A mutant that never ends was noticed.
    let caught = count("CaughtMutant") + count("Timeout");
    let missed = count("MissedMutant");
    if caught + missed == 0 {
        return Err(Failure::new("no mutant was tried: do the tests pass without one?"));
    }
    let survivors = outcomes.iter().filter(|outcome| outcome.summary == "MissedMutant");
    let survivors: BTreeSet<&str> = survivors.map(|outcome| outcome.mutant.as_str()).collect();
    let unexplained: Vec<&str> = survivors.iter().copied().filter(|name| !explained.contains_key(*name)).collect();
    let share = caught * 100 / (caught + missed);
    println!(
        "{caught} of {} mutants caught ({share} %); {missed} survive, at {} places, {} of them explained in {EXPLAINED}; {} did not build",
        caught + missed,
        survivors.len(),
        survivors.len() - unexplained.len(),
        count("Unviable"),
    );
    if everything {
        for gone in explained.keys().filter(|name| !survivors.contains(name.as_str())) {
            println!("no longer survives, take it out of {EXPLAINED}: {gone}");
        }
    }
    if !unexplained.is_empty() {
        return Err(Failure::new(format!(
            "nobody noticed these; write the test that does, or the reason why nobody can into {EXPLAINED}:\n{}",
            unexplained.join("\n")
        )));
    }
    if share < LEAST {
        return Err(Failure::new(format!("{share} % are caught, and {LEAST} % have to be")));
    }
    Ok(ExitCode::SUCCESS)
}

/// A mutant's name without the line and column, which every edit above it changes.
fn place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    match (parts.next(), parts.nth(2)) {
        (Some(file), Some(what)) => format!("{file}:{what}"),
        _ => name.to_owned(),
    }
}

/// Lines `NAME = REASON`.
fn explained(root: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let path = root.join(EXPLAINED);
    let text = fs::read_to_string(&path).map_err(|cause| Failure::because(path.display(), cause))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.rsplit_once(" = ") {
            Some((name, reason)) if !reason.trim().is_empty() => Ok((name.trim().to_owned(), reason.trim().to_owned())),
            _ => Err(Failure::new(format!("{EXPLAINED}: {line:?} is no NAME = REASON"))),
        })
        .collect()
}
