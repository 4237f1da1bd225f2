//! How the table is reached: one HTTP stack (ring, Amazon's roots), short time-outs, retries of our own that know the deadline.

use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
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
    pub(crate) attempt: Duration,
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

/// Whose certificates are believed.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// What Amazon's roots vouch for.
    #[default]
    Amazon,
    /// What these roots vouch for, as PEM, and nothing else: for a network whose proxy answers in Amazon's place.
    Roots(Vec<u8>),
}

impl Trust {
    /// What `AWS_CA_BUNDLE` names, as AWS's own command line and SDKs have it; Amazon's roots if it names nothing.
    pub fn read(bundle: Option<&Path>) -> Result<Self, Untrusted> {
        let Some(bundle) = bundle else { return Ok(Self::Amazon) };
        let unusable = |cause: String| Untrusted { bundle: bundle.display().to_string(), cause };
        let pem = std::fs::read(bundle).map_err(|error| unusable(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        // The connector would panic on what is no certificate, and trust nobody for want of any.
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("no certificate in it".to_owned()));
        }
        Ok(Self::Roots(pem))
    }

    fn context(&self) -> Result<TlsContext, Broken> {
        let roots = match self {
            Self::Amazon => AMAZON_ROOTS,
            Self::Roots(pem) => pem,
        };
        let trust = TrustStore::empty().with_pem_certificate(roots);
        TlsContext::builder().with_trust_store(trust).build().map_err(|error| failed("connecting", error))
    }
}

/// A file of certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("AWS_CA_BUNDLE is {bundle:?}: {cause}. Put a file of PEM certificates there, or unset it.")]
pub struct Untrusted {
    bundle: String,
    cause: String,
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
    /// Whose word it takes that this is the table.
    pub trust: Trust,
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
        let credentials = SharedCredentialsProvider::new(credentials);
        Self { table, region, endpoint, trust: Trust::Amazon, credentials, jitter }
    }

    /// Believes these certificates instead of Amazon's.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
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
            .http_client(http_client(connection.endpoint.as_deref(), &connection.trust)?)
            .timeout_config(TimeoutConfig::builder().connect_timeout(patience.connect).build())
            // The session retries and ends what takes too long: it knows how much time is left, which the SDK does not. Each of the SDK's own
            // clocks is a timer more, and so a system call or two, at every request.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .interceptor(Nonempty);
        if let Some(endpoint) = connection.endpoint {
            config = config.endpoint_url(endpoint);
        }
        let client = Client::from_conf(config.build());
        Ok(Self { client, name: connection.table, jitter: connection.jitter, patience })
    }

    /// The same table over another HTTP client, for tests that have one of their own.
    #[must_use]
    pub fn over(self, http: SharedHttpClient) -> Self {
        let config = self.client.config().to_builder().http_client(http).build();
        Self { client: Client::from_conf(config), ..self }
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

/// `DynamoDB` says at least `{}`. The SDK takes nothing at all for that, and so for "it is not in the table".
#[derive(Debug)]
struct Nonempty;

impl Intercept for Nonempty {
    fn name(&self) -> &'static str {
        "Nonempty"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().body().bytes().is_some_and(<[u8]>::is_empty) {
            return Err("an empty answer".into());
        }
        Ok(())
    }
}

/// The one HTTP client, for triggers and tools alike. A plain-text endpoint gets no TLS.
pub fn http_client(endpoint: Option<&str>, trust: &Trust) -> Result<SharedHttpClient, Broken> {
    client(endpoint, trust, aws_smithy_http_client::Builder::new())
}

/// As [`http_client`], with a connection of its own for every request: for what must not be sent twice. A connection that was closed while
/// Lambda had frozen the process fails a request in a way that does not tell whether it arrived.
pub fn fresh_http_client(endpoint: Option<&str>, trust: &Trust) -> Result<SharedHttpClient, Broken> {
    client(endpoint, trust, aws_smithy_http_client::Builder::new().pool_max_idle_per_host(0))
}

fn client(
    endpoint: Option<&str>,
    trust: &Trust,
    builder: aws_smithy_http_client::Builder,
) -> Result<SharedHttpClient, Broken> {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Ok(builder.build_http());
    }
    Ok(builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(trust.context()?).build_https())
}

/// As [`http_client`], for requests that no SDK makes.
pub fn connector(endpoint: &str, settings: HttpConnectorSettings) -> Result<Connector, Broken> {
    let builder = Connector::builder().connector_settings(settings).pool_max_idle_per_host(0);
    if endpoint.starts_with("http://") {
        return Ok(builder.build_http());
    }
    Ok(builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(Trust::Amazon.context()?).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_certificates_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let read = |text: &[u8]| {
            std::fs::write(&path, text).unwrap();
            Trust::read(Some(&path)).map_err(|broken| broken.to_string())
        };
        assert!(matches!(Trust::read(None), Ok(Trust::Amazon)));
        assert!(matches!(read(AMAZON_ROOTS), Ok(Trust::Roots(pem)) if pem == AMAZON_ROOTS));
        let damaged = String::from_utf8_lossy(AMAZON_ROOTS).replacen("MII", "MIA", 1);
        for unusable in [&b""[..], b"not a certificate", damaged.as_bytes()] {
            let said = read(unusable).unwrap_err();
            assert!(said.starts_with("AWS_CA_BUNDLE is ") && said.contains("roots.pem\": "), "{said}");
        }
        assert!(Trust::read(Some(&folder.path().join("absent.pem"))).is_err());
    }
}
