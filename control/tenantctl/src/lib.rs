//! `tenantctl`: what an operator does, as a command line. A thin face over `operations`: parse, call, show.

mod args;
mod attach;
mod client;
mod connect;
mod csv_rows;
mod detach;
mod dns;
mod doctor;
mod domain_names;
mod failure;
mod idp;
mod import;
mod import_from_pool;
mod import_line;
mod invite;
mod local;
mod making;
mod member;
mod named;
mod output;
mod person;
mod policy;
mod report;
mod restore;
mod role;
mod tenant;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use domain::Actor;
use jiff::Timestamp;
use operations::Operations;
use store::Table;

pub use failure::Failure;
pub use import::{NumberedRow, import_rows};

use crate::args::{Cli, Command, Global};
use crate::local::Local;
use crate::output::Output;

/// What a command takes from the world.
#[derive(Debug)]
pub struct World {
    /// The clock.
    pub now: fn() -> Timestamp,
    /// Unpredictable bytes.
    pub random: fn(&mut [u8]),
    /// The operating system's name of the user, for the record.
    pub user: Option<String>,
    /// The current folder, from which `--local` looks for the laptop's state.
    pub folder: Option<PathBuf>,
    /// Whether a person watches progress.
    pub progress: bool,
    /// Asks the person at the terminal a question that yes answers; `None`: nobody is there.
    pub ask: Option<fn(&str) -> bool>,
}

/// A command at work.
struct Context<'a> {
    world: &'a World,
    output: Output,
    table: Table,
    operations: Operations,
    local: Option<Local>,
    global: Global,
}

impl Context<'_> {
    /// The user pools' API, for the few commands that need it.
    async fn user_pools(&self) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        connect::user_pools(&self.global, self.local.as_ref()).await
    }

    /// Lambda's API, for the commands that attach functions.
    async fn functions(&self, endpoint: Option<&str>) -> Result<aws_sdk_lambda::Client, Failure> {
        connect::functions(&self.global, endpoint, self.local.as_ref()).await
    }

    /// Asks before something is changed that was shown, unless `--yes` said so. JSON shows it to a program, which nobody can ask.
    fn agreed(&self, yes: bool, question: &str) -> Result<(), Failure> {
        match self.world.ask {
            _ if yes => Ok(()),
            Some(ask) if !self.output.json && ask(question) => Ok(()),
            _ => Err(Failure::NotAgreed(question.to_owned())),
        }
    }
}

/// Runs one command line.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, world: &World) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let typed: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            let said = error.render().to_string();
            let shown = failure::usage(&said, &typed);
            // Help and version are no errors; their text goes to the standard output.
            if shown == said {
                let _ = error.print();
            } else {
                eprint!("{shown}");
            }
            return ExitCode::from(if error.use_stderr() { failure::USAGE } else { 0 });
        }
    };
    let json = cli.global.json;
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "tenantctl", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    match command(cli, world).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}

async fn command(cli: Cli, world: &World) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let local = if global.local { Some(Local::find(world.folder.as_deref())?) } else { None };
    // A container often has no user name; on a laptop's own table that does not matter.
    let nobody = local.as_ref().map(|_| "local".to_owned());
    let actor = global.actor.clone().or_else(|| world.user.clone()).or(nobody).ok_or(Failure::NoActor)?;
    let actor = Actor::Operator(failure::plain(&actor));
    let table = connect::table(&global, local.as_ref()).await?;
    let context = Context {
        world,
        output: Output { json: global.json },
        operations: Operations::new(&table, actor, world.now, world.random),
        table,
        local,
        global,
    };
    match command {
        Command::Init => tenant::init(&context).await,
        Command::Tenant(command) => tenant::run(command, &context).await,
        Command::Client(command) => client::run(command, &context).await,
        Command::Pool(command) => client::pool(command, &context).await,
        Command::Domain(command) => domain_names::run(command, &context).await,
        Command::Invite(command) => invite::run(command, &context).await,
        Command::Member(command) => member::run(command, &context).await,
        Command::Idp(command) => idp::run(command, &context).await,
        Command::Role(command) => role::run(command, &context).await,
        Command::Person(command) => person::run(command, &context).await,
        Command::Whois(whois) => person::whois(whois, &context).await,
        Command::Doctor(doctor) => doctor::run(doctor, &context).await,
        Command::Attach(attach) => attach::run(*attach, &context).await,
        Command::Detach(detach) => detach::run(detach, &context).await,
        Command::Completions { .. } => Ok(()),
    }
}
