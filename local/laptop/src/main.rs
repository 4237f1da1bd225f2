//! The command `tenantry-laptop`: the demo, or the stack alone.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Parser, Subcommand, ValueEnum};
use laptop::{Fault, Programs, Settings, Stack, Style, Tokens, Town, Transcript, World};
use user_pool::{PreTokenVersion, Sink};

/// Tenantry on a laptop: the embedded DynamoDB, the triggers as processes, and the local user pool, on free loopback ports.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Walk through the journeys, then wait for you to try it by hand
    Demo {
        #[command(flatten)]
        stack: StackArguments,
        /// End after the walk; the exit code says whether every step came out as promised
        #[arg(long)]
        exit: bool,
    },
    /// Start the stack with two tenants and wait for Ctrl-C; the variable `TENANTRY_CLAIMS` renames the claims
    Up {
        #[command(flatten)]
        stack: StackArguments,
        /// Leave the table empty: no tenants, no bound app clients
        #[arg(long)]
        empty: bool,
        /// Call the triggers at this Invoke endpoint, such as `cargo lambda watch`, instead of starting them
        #[arg(long, value_name = "URL")]
        lambda_endpoint: Option<String>,
        /// The version of the pre token generation event; machines need v3
        #[arg(long, value_enum, default_value = "v3")]
        pre_token_version: Version,
    },
    /// Show what a token on the standard input says (it is not verified)
    Claims,
}

#[derive(Args)]
struct StackArguments {
    /// Keep the table in this folder instead of in memory (accounts of the user pool are always in memory)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the triggers' programs are; beside this one by default
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// The folder that gets .tenantry/local.json, for `tenantctl --local`; this one by default
    #[arg(long, value_name = "DIR", default_value = ".")]
    state_dir: PathBuf,
    /// Show the log of the user pool and of the triggers during the demo too
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    V1,
    V2,
    V3,
}

impl From<&Version> for PreTokenVersion {
    fn from(version: &Version) -> Self {
        match version {
            Version::V1 => Self::V1,
            Version::V2 => Self::V2,
            Version::V3 => Self::V3,
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ran = runtime
        .map_err(|cause| Fault::Io { what: "starting", cause })
        .and_then(|runtime| runtime.block_on(run(command)));
    match ran {
        Ok(code) => code,
        Err(fault) => {
            let _ = writeln!(io::stderr().lock(), "error: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Fault> {
    let (arguments, demo) = match &command {
        Command::Demo { stack, exit } => (stack, Some(*exit)),
        Command::Up { stack, .. } => (stack, None),
        Command::Claims => return claims_of_standard_input(),
    };
    let programs = match &arguments.bin_dir {
        Some(folder) => Programs::at(folder),
        None => {
            Programs::beside(&env::current_exe().map_err(|cause| Fault::Io { what: "finding the programs", cause })?)
        }
    };
    let shown = Arc::new(AtomicBool::new(arguments.verbose));
    let mut settings = settings(arguments, programs.clone(), &shown);
    if let Command::Up { lambda_endpoint, pre_token_version, .. } = &command {
        settings.lambda_endpoint.clone_from(lambda_endpoint);
        settings.pre_token_version = pre_token_version.into();
        // The demo's promises name the claims as they are called by default.
        settings.claims = claims();
    }
    let stack = Stack::start(settings).await?;

    // Whatever ends the walk, the stack is shut down before the process ends.
    let ended = tokio::select! {
        ended = act(&stack, &command, &programs, &shown) => ended,
        () = interrupted() => Ok(if demo == Some(true) { ExitCode::FAILURE } else { ExitCode::SUCCESS }),
    };
    shown.store(arguments.verbose, Ordering::Relaxed);
    stack.shutdown().await;
    ended
}

async fn act(stack: &Stack, command: &Command, programs: &Programs, shown: &AtomicBool) -> Result<ExitCode, Fault> {
    let stdout = io::stdout();
    match command {
        Command::Demo { exit, .. } => {
            if Town::is_settled(stack).await? {
                return Err(Fault::NotEmpty);
            }
            let town = Town::settle(stack).await?;
            let mut out = stdout;
            let mut transcript = Transcript::new(&mut out, style());
            let tally = laptop::walk::walk(stack, &town, &mut transcript).await?;
            if *exit {
                return Ok(if tally.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
        }
        Command::Up { empty, .. } => {
            if !empty {
                Town::settle(stack).await?;
            }
        }
        Command::Claims => {}
    }
    print(&format!("\n{}\nCtrl-C ends everything.\n", laptop::by_hand(stack, &as_typed(programs))));
    shown.store(true, Ordering::Relaxed);
    std::future::pending().await
}

fn claims_of_standard_input() -> Result<ExitCode, Fault> {
    let token = io::read_to_string(io::stdin()).map_err(|cause| Fault::Io { what: "reading the token", cause })?;
    let claims = Tokens { access: token.trim().to_owned(), ..Tokens::default() }.claims();
    if claims.is_empty() {
        return Err(Fault::NoToken);
    }
    print(&format!("{}\n", serde_json::to_string_pretty(&claims).unwrap_or_default()));
    Ok(ExitCode::SUCCESS)
}

fn settings(arguments: &StackArguments, programs: Programs, shown: &Arc<AtomicBool>) -> Settings {
    let shown = Arc::clone(shown);
    let sink = Sink::new(move |line| {
        if shown.load(Ordering::Relaxed) {
            let _ = writeln!(io::stderr().lock(), "{}: {}", line.source, line.text);
        }
    });
    Settings {
        data: arguments.data.clone(),
        state_dir: Some(arguments.state_dir.clone()),
        sink,
        ..Settings::new(world(), programs)
    }
}

/// The programs' folder as a person here would type it.
fn as_typed(programs: &Programs) -> String {
    let folder = programs.folder();
    let here = env::current_dir().ok();
    here.and_then(|here| folder.strip_prefix(here).ok().map(std::path::Path::to_path_buf))
        .unwrap_or_else(|| folder.to_path_buf())
        .display()
        .to_string()
}

/// Ctrl-C, or the end that another program asks for.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn print(text: &str) {
    // Nobody reads a closed pipe.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

#[expect(clippy::disallowed_methods, reason = "main.rs reads the environment")]
fn style() -> Style {
    // https://no-color.org
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !refused { Style::Coloured } else { Style::Plain }
}

#[expect(clippy::disallowed_methods, reason = "main.rs reads the environment")]
fn claims() -> Option<String> {
    env::var("TENANTRY_CLAIMS").ok()
}

#[expect(clippy::disallowed_methods, reason = "main.rs makes time and randomness")]
fn world() -> World {
    World { now: jiff::Timestamp::now, random }
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "main.rs makes randomness; without it nothing is safe"
)]
fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the system gives random bytes");
}
