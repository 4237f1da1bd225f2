//! A small, faithful local Amazon Cognito user pool, and a local Lambda that runs its triggers.
//!
//! **A development tool.** It keeps everything in memory, shows every code in its log and at `GET /local/outbox`, takes
//! any AWS credentials, and listens on loopback alone.
//!
//! It speaks the user pool API to real SDKs, fires pre sign-up, post confirmation, the three challenge triggers and pre
//! token generation in Cognito's order with Cognito's events, applies their answers, and issues RS256 tokens with a JWKS
//! beside them. It takes SES v2's mails. It calls functions through Lambda's Invoke API: at [`functions::Functions`], at `cargo lambda watch`, or at anything else that
//! speaks it.
//!
//! ```no_run
//! use user_pool::functions::Functions;
//! use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};
//!
//! # async fn example(clock: Clock, random: Random, sink: Sink) -> std::io::Result<()> {
//! let functions = Functions::start(clock.clone(), random.clone(), sink.clone()).await?;
//! functions.add("pre-sign-up", "target/debug/bootstrap", [("TABLE", "tenantry")]);
//!
//! let mut pool = PoolSettings::new("eu-west-1_Local0001");
//! pool.triggers.invoke_url = functions.url();
//! pool.triggers.pre_sign_up = Some("pre-sign-up".to_owned());
//! let server = Server::start(Settings::new(vec![pool], clock, random, sink)).await?;
//!
//! let pool = server.pool("eu-west-1_Local0001").expect("it was just made");
//! let client = pool.add_client(ClientSeed { settings: ClientSettings::for_passwords("web"), ..ClientSeed::default() });
//! println!("endpoint {}, client {}", server.url(), client.client_id);
//! server.shutdown().await;
//! functions.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Time and randomness are arguments: [`Clock`] and [`Random`] are made by the caller. Nothing here knows of tenants.

mod api;
mod authorize;
mod client;
mod clock;
mod cors;
mod discovery;
mod error;
mod federate;
pub mod functions;
mod group;
mod hosted_login;
mod local;
mod lockout;
mod loopback;
mod oauth;
mod outbox;
mod password;
mod pool;
mod provider;
mod random;
mod server;
mod ses;
mod session;
mod settings;
mod sink;
mod srp;
mod tokens;
mod triggers;
mod user;
mod user_info;
mod wire;

pub use client::{ClientSettings, RefreshTokenRotation};
pub use clock::Clock;
pub use error::ApiError;
pub use outbox::{Mail, MailKind, Outbox, SesFault};
pub use password::PasswordPolicy;
pub use pool::{ClientKeys, Pool};
pub use provider::{IdentityProvider, ProviderKind};
pub use random::Random;
pub use server::{InProcess, IssuerStyle, Server, Settings};
pub use settings::{ClientSeed, PoolSettings, PreTokenVersion, ResourceServer, Triggers};
pub use sink::{Line, Sink, Source};
