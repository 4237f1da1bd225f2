//! The embedded engine: `DynamoDB` in memory, on a loopback port, with as many tables as somebody asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use store::{Connection, Table};
use tokio::sync::oneshot;

/// An engine that runs as long as somebody holds it.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Running>);

#[derive(Debug)]
struct Running {
    endpoint: String,
    database: Data,
    /// Stands for SES: takes mail and keeps it.
    post: user_pool::Server,
    tables: AtomicU32,
    stop: Option<oneshot::Sender<()>>,
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
        let post = user_pool::Server::start(post).await.expect("a post office");
        let database = Data(database);
        Self(Arc::new(Running { endpoint, database, post, tables: AtomicU32::new(0), stop: Some(stop) }))
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
        &self.0.post
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
        Self::connect_at(&self.0.endpoint, name)
    }

    /// A table by its name, at another endpoint.
    pub fn connect_at(endpoint: &str, name: &str) -> Table {
        Self::connect_with(endpoint, name, || 0)
    }

    /// As [`Engine::connect_at`], with a jitter between repeated calls.
    pub fn connect_with(endpoint: &str, name: &str, jitter: fn() -> u64) -> Table {
        let keys = ("local".to_owned(), "local".to_owned(), None);
        let endpoint = Some(endpoint.to_owned());
        let connection = Connection::with_keys(name.to_owned(), "eu-west-1".to_owned(), endpoint, keys, jitter);
        Table::connect(connection).expect("a client")
    }

    /// `DynamoDB` as the SDK speaks to it, for what no part of Tenantry does, such as a scan.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(
                store::connect::http_client(Some(&self.0.endpoint), &store::connect::Trust::Amazon).expect("a client"),
            )
            .endpoint_url(&self.0.endpoint)
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }
}
