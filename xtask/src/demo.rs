//! `cargo xtask demo`: what a newcomer types first. Installs, builds, then becomes the laptop's demo.

use std::env;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::Args;

use crate::check;
use crate::failure::Failure;
use crate::house::{House, starts};
use crate::steps::time;
use crate::tools;

/// How to show it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// End after the walk, with an exit code, instead of waiting for Ctrl-C
    #[arg(long)]
    exit: bool,
    /// What else the demo shall be told
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Shows it.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let say = |sentence: &str| println!("[{:>7}] {sentence}", time(began.elapsed()));

    say("looking for a C compiler, which the embedded DynamoDB and the cryptography need");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    if !starts(&compiler, &["--version"]) {
        return Err(Failure::new(
            "no C compiler: `apt-get install build-essential`, `xcode-select --install`, or set CC to yours",
        ));
    }
    say("cargo-lambda, for `cargo xtask lambda -- watch` afterwards");
    if let Err(failure) = tools::cargo_lambda(house) {
        say(&format!("going on without it: {failure}"));
    }
    say("building the triggers, the local user pool and the tools; the first time takes some minutes");
    check::build(house)?;

    let programs = house.programs("debug");
    let laptop = programs.join(format!("tenantry-laptop{}", env::consts::EXE_SUFFIX));
    say("starting");
    let mut command = Command::new(laptop);
    command.arg("demo").arg("--bin-dir").arg(&programs).current_dir(&house.root);
    if arguments.exit {
        command.arg("--exit");
    }
    tools::become_it(command.args(&arguments.rest))
}
