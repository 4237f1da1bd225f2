//! The two walks through the steps: the contributor's loop and everything.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::house::{House, show, starts};
use crate::steps::{Steps, Stopped};
use crate::{arrows, bench, cdk, examples, functions, licences, notices, package, policies, sizes, tools, workflows};

/// How to go through the steps.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Go on after a step that failed
    #[arg(long)]
    keep_going: bool,
    /// Does this step alone; may be repeated
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
}

/// `cargo xtask check`.
pub(crate) fn contributor(house: &House, arguments: &Arguments) -> ExitCode {
    walk(5, arguments, |steps| {
        steps.step("format", || format(house))?;
        steps.step("arrows", || arrows::check(house))?;
        steps.step("clippy", || clippy(house))?;
        steps.step("build", || build(house))?;
        steps.step("tests", || tests(house, None))
    })
}

/// `cargo xtask test`.
pub(crate) fn everything(house: &House, arguments: &Arguments) -> ExitCode {
    let mut judges = tools::Judges::default();
    walk(19, arguments, |steps| {
        steps.step("format", || format(house))?;
        steps.step("arrows", || arrows::check(house))?;
        steps.step("clippy", || clippy(house))?;
        steps.step("docs", || documentation(house))?;
        steps.step("licences", || licences::check(house))?;
        steps.step("notices", || notices::check(house))?;
        steps.step("tools", || {
            judges = tools::judges(house)?;
            Ok(judges.sentence())
        })?;
        steps.step("workflows", || workflows::check(house))?;
        // What needs no Rust, before what takes long.
        steps.step("cdk", || cdk::check(house))?;
        steps.step("templates", || cdk::templates(house))?;
        steps.step("policies", || policies::check(house))?;
        steps.step("build", || build(house))?;
        steps.step("doc tests", || doc_tests(house))?;
        // Before the tests: a judge runs what is deployed.
        steps.step("release", || sizes::build(house))?;
        steps.step("sizes", || sizes::check(house))?;
        steps.step("bench", || bench::smoke(house))?;
        steps.step("package", || packaged(house))?;
        steps.step("tests", || tests(house, Some(&judges)))?;
        steps.step("examples", || examples::check(house))
    })
}

/// The release build as a release has it, for the judge that deploys it.
fn packaged(house: &House) -> Result<String, Failure> {
    let Some(architecture) = functions::Architecture::here() else {
        return Err(Failure::new("Lambda has no processor of this machine's kind: the functions cannot be tried here"));
    };
    let folder = package::folder(house).join("tried");
    let zips = package::zips(house, architecture, &house.programs("release"), &folder)?;
    Ok(format!("{} zips for {}", zips.len(), architecture.name()))
}

fn walk(planned: usize, arguments: &Arguments, through: impl FnOnce(&mut Steps) -> Result<(), Stopped>) -> ExitCode {
    let mut steps = Steps::new(planned, arguments.keep_going, &arguments.only);
    let _stopped_early = through(&mut steps);
    steps.close()
}

fn format(house: &House) -> Result<String, Failure> {
    component("rustfmt")?;
    show(&mut house.cargo(&["fmt", "--all", "--check"]))
        .map_err(|failure| Failure::because(failure, "`cargo fmt --all` puts it right"))?;
    Ok(String::new())
}

fn clippy(house: &House) -> Result<String, Failure> {
    component("clippy")?;
    show(&mut house.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    Ok(String::new())
}

fn documentation(house: &House) -> Result<String, Failure> {
    let mut command = house.cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    show(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
}

/// The programs themselves: the integration tests start them.
pub(crate) fn build(house: &House) -> Result<String, Failure> {
    show(&mut house.cargo(&["build", "--workspace", "--locked"]))?;
    Ok(String::new())
}

fn doc_tests(house: &House) -> Result<String, Failure> {
    show(&mut house.cargo(&["test", "--doc", "--workspace", "--locked"]))?;
    Ok(String::new())
}

/// All tests; without judges, those in modules that are named for them are left out: they need Python, Node.js, cargo-lambda,
/// and the release build.
fn tests(house: &House, judges: Option<&tools::Judges>) -> Result<String, Failure> {
    let nextest = starts("cargo-nextest", &["nextest", "--version"]);
    let mut command = if nextest {
        house.cargo(&["nextest", "run", "--workspace", "--locked"])
    } else {
        house.cargo(&["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"])
    };
    command.env("TENANTRY_BIN_DIR", house.programs("debug"));
    match judges {
        Some(judges) => command
            .envs(judges.variables())
            .env("TENANTRY_RELEASE_DIR", house.programs("release"))
            .env("TENANTRY_PACKAGE_DIR", package::folder(house).join("tried")),
        None if nextest => command.args(["-E", "not test(/\\b(judges|cargo_lambda)::/)"]),
        None => command.args(["--", "--skip", "judges::", "--skip", "cargo_lambda::"]),
    };
    show(&mut command)?;
    let mut said = vec![];
    if judges.is_none() {
        said.push("without the judges, which `cargo xtask test` brings");
    }
    if !nextest {
        said.push("with cargo test; cargo-nextest is faster");
    }
    Ok(said.join("; "))
}

fn component(name: &str) -> Result<(), Failure> {
    let program = if name == "clippy" { "cargo-clippy" } else { name };
    if starts(program, &["--version"]) {
        Ok(())
    } else {
        Err(Failure::new(format!("{name} is missing: `rustup component add {name}` brings it")))
    }
}
