//! Measurements: ratios and distributions of one run, with the command that makes them. Nothing here is asserted.
//!
//! ```text
//! cargo run -p tenantry-bench -- found-or-not       # does the decision core take longer for users who exist?
//! cargo run -p tenantry-bench -- chain              # store calls and time of each trigger in a sign-in by challenge
//! cargo run -p tenantry-bench -- chain target/release
//! ```

mod chain;
mod found_or_not;
mod samples;

use std::path::PathBuf;
use std::process::ExitCode;

use laptop::{Programs, World};

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "main.rs reads the clock and the arguments")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let ran = match (arguments.next().as_deref(), arguments.next()) {
        (Some("found-or-not"), None) => {
            let began = std::time::Instant::now();
            found_or_not::measure(&|| began.elapsed());
            Ok(())
        }
        (Some("chain"), folder) => match programs(folder) {
            Ok(programs) => chain::measure(programs, World { now: jiff::Timestamp::now, random }).await,
            Err(error) => Err(error),
        },
        _ => Err("say what to measure: found-or-not, or chain [FOLDER OF PROGRAMS]".to_owned()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The triggers' programs: in a folder that was named, or beside this one.
fn programs(folder: Option<String>) -> Result<Programs, String> {
    let own = || std::env::current_exe().map(|program| Programs::beside(&program)).map_err(|error| error.to_string());
    folder.map_or_else(own, |folder| Ok(Programs::at(PathBuf::from(folder))))
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "main.rs makes randomness; without it nothing is measured"
)]
fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the system gives random bytes");
}
