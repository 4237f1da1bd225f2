//! The commands of the README: `cargo xtask demo`, `check`, `test` and what they are made of.
#![expect(
    clippy::disallowed_methods,
    reason = "a tool for the desk: it reads the environment and the clock throughout"
)]

mod arrows;
mod bench;
mod build_scripts;
mod cdk;
mod check;
mod demo;
mod deploy;
mod examples;
mod failure;
mod functions;
mod fuzz;
mod house;
mod installs;
mod licences;
mod modules;
mod mutants;
mod notices;
mod package;
mod pins;
mod policies;
mod sizes;
mod soak;
mod steps;
mod tools;
mod workflows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::house::House;

/// Builds, checks and shows Tenantry.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Walks a person's journeys through the local user pool, the real triggers and a real table
    Demo(demo::Arguments),
    /// The contributor's loop, Rust only: fmt, clippy, tests, arrows
    Check(check::Arguments),
    /// Everything that CI runs
    Test(check::Arguments),
    /// Checks that the crates depend on each other as the design says
    Arrows,
    /// Tests the examples that are not Rust
    Examples,
    /// Measures what a sign-in waits for, beside what people use instead
    #[command(disable_help_flag = true)]
    Bench(bench::Arguments),
    /// Tries to break the promises: faults, races, a model
    Soak(soak::Arguments),
    /// Sends bytes to every door and to every trigger, and lets libFuzzer find the ones that break something
    Fuzz(fuzz::Arguments),
    /// Changes every decision, and looks whether a test notices
    Mutants(mutants::Arguments),
    /// Installs the project's own tools into `.tools/`
    Tools,
    /// Runs the project's own cargo-lambda: `cargo xtask lambda -- watch`
    Lambda {
        /// What cargo-lambda shall do
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds the functions, or takes released ones, and deploys them with `cdk deploy`
    Deploy(deploy::Arguments),
    /// Makes the files of a release for one processor: zips, what is linked into them, checksums
    Package(package::Arguments),
    /// Writes THIRD-PARTY.md: what is linked into the functions and the tools, and under which licence
    Notices {
        /// Only says whether the file is current
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::as_compiler() {
        return code;
    }
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let house = House::open()?;
    match command {
        Command::Demo(arguments) => demo::run(&house, &arguments),
        Command::Check(arguments) => Ok(check::contributor(&house, &arguments)),
        Command::Test(arguments) => Ok(check::everything(&house, &arguments)),
        Command::Arrows => arrows::check(&house).map(|said| done(&said)),
        Command::Bench(arguments) => bench::run(&house, &arguments),
        Command::Soak(arguments) => soak::run(&house, &arguments),
        Command::Fuzz(arguments) => fuzz::run(&house, &arguments),
        Command::Mutants(arguments) => mutants::run(&house, &arguments),
        Command::Examples => examples::check(&house).map(|said| done(&said)),
        Command::Tools => tools::install_all(&house).map(|said| done(&said)),
        Command::Lambda { arguments } => tools::run_cargo_lambda(&house, &arguments),
        Command::Deploy(arguments) => deploy::run(&house, &arguments),
        Command::Package(arguments) => package::run(&house, &arguments).map(|said| done(&said)),
        Command::Notices { check: true } => notices::check(&house).map(|said| done(&said)),
        Command::Notices { check: false } => notices::write(&house).map(|said| done(&said)),
    }
}

fn done(sentence: &str) -> ExitCode {
    println!("{sentence}");
    ExitCode::SUCCESS
}
