//! The command `tenantry-user-pool`: a local user pool on a loopback port, from a file or with defaults.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
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
    /// The pre sign-up function of the default pool.
    #[arg(long)]
    pre_sign_up: Option<String>,
    /// The post confirmation function of the default pool.
    #[arg(long)]
    post_confirmation: Option<String>,
    /// The pre token generation function of the default pool.
    #[arg(long)]
    pre_token_generation: Option<String>,
    /// The event version of the default pool's pre token generation.
    #[arg(long, value_enum, default_value = "v2")]
    pre_token_version: Version,
    /// How tokens name their issuer.
    #[arg(long, value_enum, default_value = "local")]
    issuer: Issuer,
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
    for pool in &mut pools {
        if pool.triggers.invoke_url.is_empty() {
            pool.triggers.invoke_url.clone_from(&command.invoke_url);
        }
    }
    let sink = Sink::new(|line| say(&format!("{}: {}", line.source, line.text)));
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
    Ok(())
}

fn default_pool(command: &Command) -> PoolSettings {
    let mut pool = PoolSettings::default();
    pool.triggers.pre_sign_up.clone_from(&command.pre_sign_up);
    pool.triggers.post_confirmation.clone_from(&command.post_confirmation);
    pool.triggers.pre_token_generation.clone_from(&command.pre_token_generation);
    pool.triggers.pre_token_version = match command.pre_token_version {
        Version::V1 => PreTokenVersion::V1,
        Version::V2 => PreTokenVersion::V2,
        Version::V3 => PreTokenVersion::V3,
    };
    pool.clients.push(ClientSeed {
        client_id: Some("localclient".to_owned()),
        settings: ClientSettings::for_passwords("local"),
        ..ClientSeed::default()
    });
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
