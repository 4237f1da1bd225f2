//! The command `tenantry-user-pool`: a local user pool on a loopback port, from a file or with defaults.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use user_pool::functions::{Functions, Options};
use user_pool::{
    ClientSeed, ClientSettings, Clock, IssuerStyle, PoolSettings, PreTokenVersion, Random, Server, Settings, Sink,
};

/// A local Amazon Cognito user pool, for development. In memory, on loopback only.
#[derive(Parser)]
#[command(version)]
struct Command {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9229")]
    listen: SocketAddr,
    /// A JSON file with a list of pools; without it there is one pool with one client.
    #[arg(long)]
    pools: Option<PathBuf>,
    /// Lambda's Invoke API for the pools that name none, such as the one of `cargo lambda watch`.
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    invoke_url: String,
    /// Runs a binary as a function, `NAME=PATH`; may be given several times. The pools call it then, not `--invoke-url`.
    #[arg(long = "function", value_name = "NAME=PATH", value_parser = pair)]
    functions: Vec<(String, String)>,
    /// What the functions see in their environment, `NAME=VALUE`; may be given several times.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = pair)]
    environment: Vec<(String, String)>,
    /// Where the functions' Invoke API listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    functions_listen: SocketAddr,
    /// The pre sign-up function of the default pool.
    #[arg(long)]
    pre_sign_up: Option<String>,
    /// The post confirmation function of the default pool.
    #[arg(long)]
    post_confirmation: Option<String>,
    /// The pre token generation function of the default pool.
    #[arg(long)]
    pre_token_generation: Option<String>,
    /// The define auth challenge function of the default pool.
    #[arg(long)]
    define_auth_challenge: Option<String>,
    /// The create auth challenge function of the default pool.
    #[arg(long)]
    create_auth_challenge: Option<String>,
    /// The verify auth challenge response function of the default pool.
    #[arg(long)]
    verify_auth_challenge: Option<String>,
    /// The event version of the default pool's pre token generation.
    #[arg(long, value_enum, default_value = "v2")]
    pre_token_version: Version,
    /// How tokens name their issuer.
    #[arg(long, value_enum, default_value = "local")]
    issuer: Issuer,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no = in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    V1,
    V2,
    V3,
}

#[derive(Clone, Copy, ValueEnum)]
enum Issuer {
    /// `http://127.0.0.1:PORT/POOL`
    Local,
    /// `https://cognito-idp.REGION.amazonaws.com/POOL`
    Aws,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Command::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("tenantry-user-pool: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let mut pools = match &command.pools {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => vec![default_pool(&command)],
    };
    let sink = Sink::new(|line| say(&format!("{}: {}", line.source, line.text)));
    let functions = functions(&command, &sink).await?;
    let invoke_url = functions.as_ref().map_or_else(|| command.invoke_url.clone(), Functions::url);
    for pool in &mut pools {
        if pool.triggers.invoke_url.is_empty() {
            pool.triggers.invoke_url.clone_from(&invoke_url);
        }
    }
    let mut settings = Settings::new(pools.clone(), clock(), random(), sink);
    settings.listen = command.listen;
    settings.issuer = match command.issuer {
        Issuer::Local => IssuerStyle::Local,
        Issuer::Aws => IssuerStyle::Aws,
    };
    let server = Server::start(settings).await?;
    say(&format!("A development tool: everything is in memory, codes are shown. Listening on {}", server.url()));
    for pool in &pools {
        for client in &pool.clients {
            let id = client.client_id.as_deref().unwrap_or("(made up; see list-user-pool-clients)");
            say(&format!("pool {} client {id} ({})", pool.id, client.settings.client_name));
        }
    }
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    if let Some(functions) = functions {
        functions.shutdown().await;
    }
    Ok(())
}

/// The local Lambda, if there are functions to run.
async fn functions(command: &Command, sink: &Sink) -> Result<Option<Functions>, Box<dyn std::error::Error>> {
    if command.functions.is_empty() {
        return Ok(None);
    }
    let options = Options { listen: command.functions_listen, ..Options::default() };
    let functions = Functions::start_with(options, clock(), random(), sink.clone()).await?;
    for (name, path) in &command.functions {
        // The functions run with an environment of their own, so a path from here must not depend on it.
        functions.add(name, std::path::absolute(path)?, command.environment.clone());
        say(&format!("function {name} at {} ({path})", functions.url()));
    }
    Ok(Some(functions))
}

fn default_pool(command: &Command) -> PoolSettings {
    let mut pool = PoolSettings::default();
    pool.triggers.pre_sign_up.clone_from(&command.pre_sign_up);
    pool.triggers.post_confirmation.clone_from(&command.post_confirmation);
    pool.triggers.pre_token_generation.clone_from(&command.pre_token_generation);
    pool.triggers.define_auth_challenge.clone_from(&command.define_auth_challenge);
    pool.triggers.create_auth_challenge.clone_from(&command.create_auth_challenge);
    pool.triggers.verify_auth_challenge.clone_from(&command.verify_auth_challenge);
    pool.triggers.pre_token_version = match command.pre_token_version {
        Version::V1 => PreTokenVersion::V1,
        Version::V2 => PreTokenVersion::V2,
        Version::V3 => PreTokenVersion::V3,
    };
    let mut settings = ClientSettings::for_passwords("local");
    settings.explicit_auth_flows.push("ALLOW_USER_SRP_AUTH".to_owned());
    pool.clients.push(ClientSeed { client_id: Some("localclient".to_owned()), settings, ..ClientSeed::default() });
    if command.define_auth_challenge.is_some() {
        pool.clients.push(ClientSeed {
            client_id: Some("localchallenges".to_owned()),
            settings: ClientSettings::for_challenges("local challenges"),
            ..ClientSeed::default()
        });
    }
    pool
}

#[expect(clippy::disallowed_methods, reason = "main is where the clock is made")]
fn clock() -> Clock {
    Clock::new(jiff::Timestamp::now)
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "main is where randomness is made; without it nothing is safe"
)]
fn random() -> Random {
    Random::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes"))
}

fn say(line: &str) {
    // Nobody reads a closed pipe.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
