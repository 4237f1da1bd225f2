//! The whole run, and the smoke: which subjects, under what, and where the figures go.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::endpoint::tls::Authority;
use crate::process::Outside;
use crate::rehearsal::{Rehearsed, rehearse};
use crate::report::compare::compare;
use crate::report::picture::picture;
use crate::report::table::table;
use crate::report::{Machine, Report, Row, Under};
use crate::rounds::{Plan, rounds};
use crate::share::Shares;
use crate::subject::{Subject, ours};
use crate::{peers, subject};

/// What is measured, and how. `cargo xtask bench` says where everything is.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Counts calls and round trips of our triggers, and measures no time
    #[arg(long)]
    smoke: bool,
    /// This subject alone, such as `pre-token-generation` or `node`; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Writes the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws the picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints the change of each ratio since the run that wrote this JSON
    #[arg(long, value_name = "BASELINE")]
    compare: Option<PathBuf>,
    /// Plain HTTP instead of TLS
    #[arg(long)]
    plain: bool,
    /// The functions' memory, in MB
    #[arg(long, default_value_t = 256, value_name = "MB", value_parser = clap::value_parser!(u32).range(128..=10_240))]
    memory: u32,
    /// Leaves the processes the whole processor
    #[arg(long)]
    unthrottled: bool,
    /// What an AWS call takes, in milliseconds
    #[arg(long, default_value_t = 3.0, value_name = "MS")]
    delay: f64,
    /// Cold starts of each subject
    #[arg(long, default_value_t = 30, value_name = "N")]
    cold: usize,
    /// Warm invocations of each subject
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    warm: usize,
    /// The folder of the release triggers
    #[arg(long, env = "TENANTRY_RELEASE_DIR", value_name = "DIR", default_value = "target/release")]
    triggers: PathBuf,
    /// The folder with a folder for each peer that was built; without it there are none
    #[arg(long, env = "TENANTRY_PEERS_DIR", value_name = "DIR")]
    peers: Option<PathBuf>,
    /// The folder with `NAME.zip` for each function and peer
    #[arg(long, env = "TENANTRY_ZIPS_DIR", value_name = "DIR")]
    zips: Option<PathBuf>,
}

/// Where `peers.json` is.
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// Runs; `path` is the caller's `PATH`, in which peers find their interpreters.
pub(crate) async fn run(arguments: &Arguments, path: &str, outside: Outside) -> Result<(), String> {
    if arguments.smoke {
        return smoke(arguments, outside).await;
    }
    let report = measure(arguments, path, outside).await?;
    println!("{}", table(&report));
    if let Some(baseline) = &arguments.compare {
        println!("{}", compare(&Report::read(baseline)?, &report));
    }
    for (file, text) in [(&arguments.json, report.json()?), (&arguments.svg, picture(&report))] {
        if let Some(file) = file {
            fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
            println!("written: {}", file.display());
        }
    }
    Ok(())
}

async fn measure(arguments: &Arguments, path: &str, outside: Outside) -> Result<Report, String> {
    let Arguments { plain, memory, unthrottled, delay, cold, warm, zips, .. } = arguments;
    let before = Machine::load();
    let shares = if *unthrottled { None } else { shares(*memory) };
    let authority = if *plain { None } else { Some(Authority::new()?) };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = authority.as_ref().map(|authority| root(folder.path(), authority)).transpose()?;
    let plan = Plan {
        cold: (*cold).max(1),
        warm: (*warm).max(1),
        delay: Duration::try_from_secs_f64(delay / 1_000.0).map_err(|error| format!("--delay: {error}"))?,
        shares,
        authority,
    };
    let engine = tests::Engine::start().await;
    let mut rows = Vec::new();
    // The token's function and its peers in one turn, our other functions in another: a code that is verified does not last for both.
    for tokens in [true, false] {
        let mut subjects = ours(&arguments.triggers, *memory, (outside.now)())?;
        subjects.retain(|subject| {
            subject.launch.name == subject::TOKEN && tokens || subject.launch.name != subject::TOKEN && !tokens
        });
        if let Some(built) = arguments.peers.as_deref().filter(|_| tokens) {
            subjects.extend(peers::peers(Path::new(PEERS), built, path, *memory)?);
        }
        let rehearsed = rehearsals(wanted(subjects, &arguments.only), &engine, outside).await?;
        if rehearsed.is_empty() {
            continue;
        }
        eprintln!("{} in turn", rehearsed.iter().map(|one| one.subject.name.as_str()).collect::<Vec<_>>().join(", "));
        let measured = rounds(&rehearsed, &plan, root.as_deref(), outside).await?;
        rows.extend(rehearsed.iter().zip(measured).map(|(one, measured)| Row::of(one, measured, zips.as_deref())));
    }
    if rows.is_empty() {
        return Err(format!("--only names nothing that is measured: {}", arguments.only.join(", ")));
    }
    let under = Under {
        scheme: if *plain { "http" } else { "https" }.to_owned(),
        delay_ms: *delay,
        memory_mb: *memory,
        share: plan.shares.is_some(),
        cold: plan.cold,
        warm: plan.warm,
    };
    let machine = Machine::here([before, Machine::load()]);
    Ok(Report::new((outside.now)().to_string(), machine, under, rows))
}

/// Calls and round trips are what they should be, or the run fails.
async fn smoke(arguments: &Arguments, outside: Outside) -> Result<(), String> {
    let engine = tests::Engine::start().await;
    let subjects = wanted(ours(&arguments.triggers, arguments.memory, (outside.now)())?, &arguments.only);
    if subjects.is_empty() {
        return Err(format!("--only names none of our triggers: {}", arguments.only.join(", ")));
    }
    let rehearsed = rehearsals(subjects, &engine, outside).await?;
    println!("{:<32} {:>22} {:>22}", "calls, round trips", "first", "warm");
    let mut wrong = Vec::new();
    for Rehearsed { subject, first, warm, .. } in &rehearsed {
        let said = |counted: &crate::endpoint::count::Counted| (counted.calls, counted.trips);
        println!("{:<32} {:>22} {:>22}", subject.name, format!("{:?}", said(first)), format!("{:?}", said(warm)));
        let Some(expected) = subject.counts else { continue };
        if (said(first), said(warm)) != (expected.first, expected.warm) {
            wrong.push(format!(
                "{} is expected to need {:?} for its first invocation and {:?} for every other; it asked for {:?} and {:?}",
                subject.name, expected.first, expected.warm, first.operations, warm.operations
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

async fn rehearsals(
    subjects: Vec<Subject>,
    engine: &tests::Engine,
    outside: Outside,
) -> Result<Vec<Rehearsed>, String> {
    let mut rehearsed = Vec::new();
    for subject in subjects {
        rehearsed.push(rehearse(subject, engine, outside).await?);
    }
    Ok(rehearsed)
}

fn wanted(subjects: Vec<Subject>, only: &[String]) -> Vec<Subject> {
    subjects.into_iter().filter(|subject| only.is_empty() || only.contains(&subject.name)).collect()
}

fn shares(memory_mb: u32) -> Option<Shares> {
    match Shares::of(memory_mb) {
        Ok(shares) => Some(shares),
        Err(reason) => {
            println!("without a share of a processor, which this machine does not let us give ({reason})");
            None
        }
    }
}

fn root(folder: &Path, authority: &Authority) -> Result<PathBuf, String> {
    let file = folder.join("root.pem");
    fs::write(&file, &authority.root).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}
