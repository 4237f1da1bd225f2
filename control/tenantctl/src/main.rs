//! The command line: what it takes from the world (clock, randomness, environment, terminal) is taken here.
#![expect(clippy::disallowed_methods, reason = "main.rs is where time, randomness and environment come from")]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tenantctl::{Failure, World};

fn main() -> ExitCode {
    let world = World {
        now: jiff::Timestamp::now,
        random,
        user: ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()),
        folder: std::env::current_dir().ok(),
        progress: std::io::stderr().is_terminal(),
        ask: (std::io::stdin().is_terminal() && std::io::stderr().is_terminal()).then_some(ask),
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

/// Asks at the terminal; anything but yes is no.
fn ask(question: &str) -> bool {
    let mut answer = String::new();
    let asked = write!(std::io::stderr(), "{question} [y/N] ").and_then(|()| std::io::stderr().flush());
    let answered = asked.and_then(|()| std::io::stdin().read_line(&mut answer));
    answered.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
