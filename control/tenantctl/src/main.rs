//! The command line: what it takes from the world (clock, randomness, environment, terminal) is taken here.
#![expect(clippy::disallowed_methods, reason = "main.rs is where time, randomness and environment come from")]

use std::io::IsTerminal;
use std::process::ExitCode;

use tenantctl::{Failure, World};

fn main() -> ExitCode {
    let world = World {
        now: jiff::Timestamp::now,
        random,
        user: ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()),
        folder: std::env::current_dir().ok(),
        progress: std::io::stderr().is_terminal(),
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(tenantctl::run(std::env::args_os(), &world)),
        Err(error) => Failure::io("starting", &error).report(false),
    }
}

/// The system's randomness. Without it no id and no token may be made, so there is nothing to go on with.
#[expect(clippy::expect_used, reason = "every platform that this runs on has a source of randomness")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system's randomness");
}
