//! Measurements: what a sign-in waits for, beside what people use instead. Nothing about time is asserted.
//!
//! `cargo xtask bench` builds what is measured and runs this; four more measurements need no release build:
//!
//! ```text
//! cargo run -p tenantry-bench -- found-or-not       # does the decision core take longer for users who exist?
//! cargo run -p tenantry-bench -- chain              # store calls and time of each trigger in a sign-in by challenge
//! cargo run -p tenantry-bench -- chain target/release
//! cargo run -p tenantry-bench -- growth             # does a token cost more where there are more tenants and members?
//! cargo run -p tenantry-bench -- load target/release # very many sign-ins, also while the store fails
//! ```

mod bad_day;
mod chain;
mod endpoint;
mod found_or_not;
mod growth;
mod load;
mod peers;
mod process;
mod rehearsal;
mod report;
mod rounds;
mod run;
mod runtime_api;
mod samples;
mod share;
mod subject;
mod wave;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use laptop::{Programs, World};

use crate::process::Outside;

/// Measures what a sign-in waits for.
#[derive(Parser)]
#[command(name = "cargo xtask bench", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(flatten)]
    run: run::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Whether the decision core takes longer for users who exist than for those who do not
    FoundOrNot,
    /// Store calls and time of each trigger in a sign-in by challenge, by the triggers' own log
    Chain {
        /// The folder of the triggers' programs [default: beside this one]
        folder: Option<PathBuf>,
    },
    /// What a token costs in tables of every size, and very many people at a tenant with few seats
    Growth(growth::Arguments),
    /// Very many sign-ins through the local user pool, first as it should be and then with the store failing
    Load(load::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = CommandLine::parse();
    // Whatever was started ends with what holds it, whichever way this ends.
    let ran = tokio::select! {
        ran = measure(arguments) => ran,
        () = stopped() => Err("stopped".to_owned()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "main.rs reads the clock and the environment")]
async fn measure(arguments: CommandLine) -> Result<(), String> {
    let outside = Outside { clock: std::time::Instant::now, now: jiff::Timestamp::now };
    match arguments.command {
        None => {
            let path = std::env::var("PATH").unwrap_or_default();
            run::run(&arguments.run, &path, outside).await
        }
        Some(Command::FoundOrNot) => {
            let began = std::time::Instant::now();
            found_or_not::measure(&|| began.elapsed())
        }
        Some(Command::Chain { folder }) => {
            chain::measure(programs(folder)?, World { now: jiff::Timestamp::now, random }).await
        }
        Some(Command::Growth(arguments)) => growth::measure(&arguments, jitter, outside).await,
        Some(Command::Load(arguments)) => {
            let programs = programs(arguments.programs.clone())?;
            load::measure(&arguments, programs, World { now: jiff::Timestamp::now, random }, outside).await
        }
    }
}

/// Somebody wants this to end: Ctrl-C, or a signal that asks.
#[cfg(unix)]
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut asked) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = asked.recv() => {}
    }
}

#[cfg(not(unix))]
async fn stopped() {
    let _asked = tokio::signal::ctrl_c().await;
}

/// The triggers' programs: in a folder that was named, or beside this one.
fn programs(folder: Option<PathBuf>) -> Result<Programs, String> {
    let own = || std::env::current_exe().map(|program| Programs::beside(&program)).map_err(|error| error.to_string());
    folder.map_or_else(own, |folder| Ok(Programs::at(folder)))
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "main.rs makes randomness; without it nothing is measured"
)]
fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the system gives random bytes");
}

/// Random bits for pauses.
fn jitter() -> u64 {
    let mut bits = [0; 8];
    random(&mut bits);
    u64::from_le_bytes(bits)
}
