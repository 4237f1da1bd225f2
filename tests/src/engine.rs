//! The embedded engine: `DynamoDB` in memory, on a loopback port or in process, with as many tables as somebody asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use create_auth_challenge::Mail;
use store::{Connection, Table};
use tokio::sync::oneshot;

use crate::in_process::{self, Post, Wire};
use crate::proxy::script::Script;

/// An engine that runs as long as somebody holds it.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Running>);

#[derive(Debug)]
struct Running {
    endpoint: String,
    database: Data,
    post: Mails,
    tables: AtomicU32,
    stop: Option<oneshot::Sender<()>>,
}

/// Stands for SES: takes mail and keeps it.
#[derive(Debug)]
enum Mails {
    Server(user_pool::Server),
    InProcess(Post),
}

struct Data(dynoxide::Database);

impl std::fmt::Debug for Data {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Data")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended with its runtime.
            let _ = stop.send(());
        }
    }
}

impl Engine {
    /// Starts one, empty.
    pub async fn start() -> Self {
        let database = dynoxide::Database::memory().expect("an in-memory database");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, served, async {
            // Either way it is over.
            let _ = stopped.await;
        }));
        let clock = user_pool::Clock::new(crate::nouns::now);
        let random = user_pool::Random::new(|bytes| bytes.fill(7));
        let post = user_pool::Settings::new(Vec::new(), clock, random, user_pool::Sink::silent());
        let post = Mails::Server(user_pool::Server::start(post).await.expect("a post office"));
        Self::running(endpoint, database, post, Some(stop))
    }

    /// One that is reached without a socket, for speed and for paused time. Tables, worlds and clients come from it as from any other;
    /// there is no endpoint for anybody else.
    #[expect(clippy::unused_async, reason = "as Engine::start")]
    pub async fn in_process() -> Self {
        let database = dynoxide::Database::memory().expect("an in-memory database");
        // Nothing listens there, so whoever forgets to take the wire fails.
        Self::running("http://127.0.0.1:9".to_owned(), database, Mails::InProcess(Post::default()), None)
    }

    fn running(endpoint: String, database: dynoxide::Database, post: Mails, stop: Option<oneshot::Sender<()>>) -> Self {
        let database = Data(database);
        Self(Arc::new(Running { endpoint, database, post, tables: AtomicU32::new(0), stop }))
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    pub(crate) fn database(&self) -> &dynoxide::Database {
        &self.0.database.0
    }

    /// Where mail is taken.
    pub fn post(&self) -> &user_pool::Server {
        match &self.0.post {
            Mails::Server(server) => server,
            Mails::InProcess(_) => panic!("mail in process: Engine::mails has it"),
        }
    }

    /// The mails of an engine in process.
    pub fn mails(&self) -> &Post {
        match &self.0.post {
            Mails::InProcess(post) => post,
            Mails::Server(_) => panic!("mail over HTTP: Engine::post has it"),
        }
    }

    /// A mailer to where mail is taken.
    pub fn mail(&self) -> Mail {
        match &self.0.post {
            Mails::Server(server) => crate::world::mail(server.url()),
            Mails::InProcess(post) => crate::world::mail(&self.0.endpoint).over(in_process::client(post.clone())),
        }
    }

    fn is_in_process(&self) -> bool {
        matches!(self.0.post, Mails::InProcess(_))
    }

    /// A new table, made from the one definition.
    pub async fn table(&self) -> Table {
        let name = format!("tenantry-{}", self.0.tables.fetch_add(1, Ordering::Relaxed));
        let table = self.connect(&name);
        store::definition::create(&table).await.expect("the table is created");
        table
    }

    /// A table by its name, through a client of its own.
    pub fn connect(&self, name: &str) -> Table {
        let table = Self::connect_at(&self.0.endpoint, name);
        if self.is_in_process() {
            return table.over(in_process::client(Wire::new(self.database().clone())));
        }
        table
    }

    /// A table by its name, reached in process, with whatever the script says happening on the way.
    pub fn connect_scripted(&self, name: &str, script: &Script) -> Table {
        Self::connect_at(&self.0.endpoint, name).over(self.wire(script))
    }

    /// As [`Engine::connect_scripted`], with the patience of a command line.
    pub fn tool_scripted(&self, name: &str, script: &Script) -> Table {
        Self::tool_at(&self.0.endpoint, name).over(self.wire(script))
    }

    fn wire(&self, script: &Script) -> SharedHttpClient {
        in_process::client(Wire::scripted(self.database().clone(), script.clone()))
    }

    /// A table by its name, at another endpoint.
    pub fn connect_at(endpoint: &str, name: &str) -> Table {
        Self::connect_with(endpoint, name, || 0)
    }

    /// As [`Engine::connect_at`], with a jitter between repeated calls.
    pub fn connect_with(endpoint: &str, name: &str, jitter: fn() -> u64) -> Table {
        Table::connect(connection(endpoint, name, jitter)).expect("a client")
    }

    /// As [`Engine::connect_at`], with the patience of a command line.
    pub fn tool_at(endpoint: &str, name: &str) -> Table {
        Table::connect_patiently(connection(endpoint, name, || 0)).expect("a client")
    }

    /// `DynamoDB` as the SDK speaks to it, for what no part of Tenantry does, such as a scan.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        let http = if self.is_in_process() {
            in_process::client(Wire::new(self.database().clone()))
        } else {
            store::connect::http_client(Some(&self.0.endpoint), &store::connect::Trust::Amazon).expect("a client")
        };
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(http)
            .endpoint_url(&self.0.endpoint)
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }
}

fn connection(endpoint: &str, name: &str, jitter: fn() -> u64) -> Connection {
    let keys = ("local".to_owned(), "local".to_owned(), None);
    Connection::with_keys(name.to_owned(), "eu-west-1".to_owned(), Some(endpoint.to_owned()), keys, jitter)
}
