//! How the table is reached: one HTTP stack (ring, Amazon's roots), short time-outs, retries of our own that know the deadline.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use tokio::time::Instant;

use crate::broken::Broken;
use crate::session::{Session, failed};

/// The roots that Amazon's endpoints chain to (<https://www.amazontrust.com/repository/>): reading the system's bundle and its
/// folder of certificates is most of what an SDK client does before its first request.
const AMAZON_ROOTS: &[u8] = include_bytes!("../roots/amazon.pem");

/// How long one waits for the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// A connection is made within this time.
    connect: Duration,
    /// One attempt takes at most this time.
    attempt: Duration,
    /// An operation with its retries takes at most this time.
    pub(crate) operation: Duration,
}

impl Patience {
    /// A trigger's: Cognito waits five seconds for it.
    const TRIGGER: Self = Self {
        connect: Duration::from_millis(300),
        attempt: Duration::from_millis(800),
        operation: Duration::from_millis(1_800),
    };
    /// A person's at a command line, perhaps on another continent than the table.
    const TOOL: Self =
        Self { connect: Duration::from_secs(3), attempt: Duration::from_secs(6), operation: Duration::from_secs(15) };
}

/// Where the table is and who asks.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The table's name.
    pub table: String,
    /// Its AWS Region.
    pub region: String,
    /// Another endpoint than AWS's, for the laptop.
    pub endpoint: Option<String>,
    /// Who asks.
    pub credentials: SharedCredentialsProvider,
    /// Random bits for the jitter between retries.
    pub jitter: fn() -> u64,
}

impl Connection {
    /// With fixed keys, as a Lambda function has them: its process never outlives them.
    pub fn with_keys(
        table: String,
        region: String,
        endpoint: Option<String>,
        keys: (String, String, Option<String>),
        jitter: fn() -> u64,
    ) -> Self {
        let (access_key_id, secret_access_key, session_token) = keys;
        let credentials = Credentials::new(access_key_id, secret_access_key, session_token, None, "environment");
        Self { table, region, endpoint, credentials: SharedCredentialsProvider::new(credentials), jitter }
    }
}

/// The table.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    jitter: fn() -> u64,
    patience: Patience,
}

impl Table {
    /// Makes the client. No request is sent.
    pub fn connect(connection: Connection) -> Result<Self, Broken> {
        Self::connect_within(connection, Patience::TRIGGER)
    }

    /// As [`Table::connect`], with the patience of a command line.
    pub fn connect_patiently(connection: Connection) -> Result<Self, Broken> {
        Self::connect_within(connection, Patience::TOOL)
    }

    fn connect_within(connection: Connection, patience: Patience) -> Result<Self, Broken> {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(connection.region))
            .credentials_provider(connection.credentials)
            .http_client(http_client(connection.endpoint.as_deref())?)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(patience.connect)
                    .operation_attempt_timeout(patience.attempt)
                    .build(),
            )
            // The session retries: it knows how much time is left, which the SDK does not.
            .retry_config(RetryConfig::disabled());
        if let Some(endpoint) = connection.endpoint {
            config = config.endpoint_url(endpoint);
        }
        let client = Client::from_conf(config.build());
        Ok(Self { client, name: connection.table, jitter: connection.jitter, patience })
    }

    /// One invocation's use of the table: nothing is begun after the deadline, and calls are counted. Tools have no deadline.
    pub fn session(&self, deadline: Option<Instant>) -> Session {
        Session::new(self.clone(), deadline)
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) const fn patience(&self) -> Patience {
        self.patience
    }

    pub(crate) fn jitter(&self) -> u64 {
        (self.jitter)()
    }
}

/// The one HTTP client, for triggers and tools alike. A plain-text endpoint gets no TLS.
pub fn http_client(endpoint: Option<&str>) -> Result<SharedHttpClient, Broken> {
    client(endpoint, aws_smithy_http_client::Builder::new())
}

/// As [`http_client`], with a connection of its own for every request: for what must not be sent twice. A connection that was closed while
/// Lambda had frozen the process fails a request in a way that does not tell whether it arrived.
pub fn fresh_http_client(endpoint: Option<&str>) -> Result<SharedHttpClient, Broken> {
    client(endpoint, aws_smithy_http_client::Builder::new().pool_max_idle_per_host(0))
}

fn client(endpoint: Option<&str>, builder: aws_smithy_http_client::Builder) -> Result<SharedHttpClient, Broken> {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Ok(builder.build_http());
    }
    Ok(builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(tls_context()?).build_https())
}

/// As [`http_client`], for requests that no SDK makes.
pub fn connector(endpoint: &str, settings: HttpConnectorSettings) -> Result<Connector, Broken> {
    let builder = Connector::builder().connector_settings(settings).pool_max_idle_per_host(0);
    if endpoint.starts_with("http://") {
        return Ok(builder.build_http());
    }
    Ok(builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(tls_context()?).build())
}

fn tls_context() -> Result<TlsContext, Broken> {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    TlsContext::builder().with_trust_store(trust).build().map_err(|error| failed("connecting", error))
}
