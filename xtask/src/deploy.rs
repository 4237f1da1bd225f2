//! `cargo xtask deploy`: builds the functions, or takes released ones, and hands them to `cdk deploy`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::cdk;
use crate::failure::Failure;
use crate::functions::{self, Architecture};
use crate::house::{House, quietly};
use crate::installs::remove;
use crate::steps::time;
use crate::tools;

/// What to deploy.
#[derive(Args)]
pub(crate) struct Arguments {
    /// For Intel and AMD instead of Graviton
    #[arg(long)]
    x86_64: bool,
    /// Released functions (`NAME-ARCH.zip`) from this folder; nothing is built then, and no Rust is needed but this command's
    #[arg(long, value_name = "DIR")]
    zips: Option<PathBuf>,
    /// A profile of `~/.aws`
    #[arg(long)]
    profile: Option<String>,
    /// What else `cdk deploy` shall be told: `-- --require-approval never`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Deploys.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let say = |sentence: &str| println!("[{:>7}] {sentence}", time(began.elapsed()));
    let architecture = if arguments.x86_64 { Architecture::X86 } else { Architecture::Arm64 };

    say("looking for the CDK app's packages");
    let folder = cdk::folder(house)?;
    say("asking AWS whose credentials these are");
    let account = account(house, &folder, arguments.profile.as_deref())?;
    let code = if let Some(zips) = &arguments.zips {
        say(&format!("taking the released functions for {} from {}", architecture.name(), zips.display()));
        released(house, architecture, zips)?
    } else {
        say(&format!("building the functions for {}; the first time takes some minutes", architecture.name()));
        functions::build_for_lambda(house, architecture)?
    };
    say(&format!("deploying into account {account}; an environment needs `cdk bootstrap` once"));
    let mut command = cdk::tool(&folder, "cdk");
    // Its stacks are those of a stage, which `--all` leaves out.
    command.args(["deploy", "**"]);
    command.arg("--context").arg(format!("tenantry:functions={}", code.display()));
    command.arg("--context").arg(format!("tenantry:architecture={}", architecture.name()));
    if let Some(profile) = &arguments.profile {
        command.args(["--profile", profile]);
    }
    tools::become_it(command.args(&arguments.rest))
}

/// The account that cdk would deploy into: found by cdk itself, so that what it takes (variables, profiles, single sign-on, a container's or a
/// machine's role) is taken here. It hands the account to an app only if AWS told whose the credentials are; ours writes it down and describes nothing.
fn account(house: &House, folder: &Path, profile: Option<&str>) -> Result<String, Failure> {
    let output = house.metadata.target_directory.as_std_path().join("cdk-account");
    remove(&output)?;
    let app = format!("node \"{}\"", house.root.join("xtask/tools/account.mjs").display());
    let mut command = cdk::tool(folder, "cdk");
    command.args(["list", "--no-notices", "--ci", "--app", &app, "--output"]).arg(&output);
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    // An app without stacks is a failure to cdk; if it knows why there is no account, it says so before.
    let said = quietly(&mut command).err().map_or_else(String::new, |failure| failure.to_string());
    match fs::read_to_string(output.join("account")) {
        Ok(account) if !account.is_empty() => Ok(account),
        _ => {
            if said.lines().count() > 1 {
                eprintln!("{said}");
            }
            Err(refusal(profile))
        }
    }
}

fn refusal(profile: Option<&str>) -> Failure {
    let tried = match profile.map(str::to_owned).or_else(|| env::var("AWS_PROFILE").ok()) {
        Some(profile) => format!(" (profile {profile})"),
        None => String::new(),
    };
    Failure::new(format!(
        "no AWS credentials that AWS confirms were found{tried}. Nothing was built or deployed. Sign in (`aws sso login`, or `aws configure`), \
         or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile; `aws sts get-caller-identity` tells whether it worked"
    ))
}

/// Released zips under the names that the app looks for.
fn released(house: &House, architecture: Architecture, zips: &Path) -> Result<PathBuf, Failure> {
    let folder = house.metadata.target_directory.as_std_path().join("released").join(architecture.name());
    fs::create_dir_all(&folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    for name in functions::names(house) {
        let file = format!("{name}-{}.zip", architecture.name());
        fs::copy(zips.join(&file), folder.join(format!("{name}.zip"))).map_err(|cause| {
            Failure::new(format!(
                "{}: {cause}. A release has {file}; with `sha256sum --check --ignore-missing SHA256SUMS` you see whether yours is whole",
                zips.join(&file).display()
            ))
        })?;
    }
    Ok(folder)
}
