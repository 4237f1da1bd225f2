//! Fetches the pool's keys from its JWKS address.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};
use url::{Host, Url};

use crate::keys::{FetchError, Keys};

/// How long the pool may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The most that the pool may say: two keys are about 1 KB.
const MOST_BYTES: usize = 64 * 1024;

/// Keys are fetched by https; by http only from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("keys are fetched from an https address, or from this machine by http: check the pool's issuer")]
pub struct AddressRefused;

impl Keys {
    /// The keys of a pool by its issuer, `https://cognito-idp.REGION.amazonaws.com/POOL`.
    pub fn of_issuer(issuer: &str) -> Result<Self, AddressRefused> {
        Self::at(&format!("{issuer}/.well-known/jwks.json"))
    }

    /// The keys at this address, where it is not below the issuer.
    pub fn at(address: &str) -> Result<Self, AddressRefused> {
        let url = Url::parse(address).map_err(|_| AddressRefused)?;
        // Who can change the answer on its way can sign tokens.
        let here = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(AddressRefused),
        };
        if !(url.scheme() == "https" || (url.scheme() == "http" && here)) {
            return Err(AddressRefused);
        }
        let connector = Arc::new(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build());
        Ok(Self::fetched(move || {
            let (connector, url) = (Arc::clone(&connector), url.clone());
            async move {
                tokio::time::timeout(TIME_LIMIT, get(&connector, &url))
                    .await
                    .unwrap_or_else(|_| Err(FetchError("the pool took too long".to_owned())))
            }
        }))
    }
}

async fn get(connector: &Connector, url: &Url) -> Result<Vec<u8>, FetchError> {
    let failed = |error: &dyn std::fmt::Display| FetchError(error.to_string());
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url.as_str()).map_err(|error| failed(&error))?;
    let answer = connector.call(request).await.map_err(|error| failed(&error))?;
    if !answer.status().is_success() {
        return Err(FetchError(format!("the pool answered {}", answer.status().as_u16())));
    }
    let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await.map_err(|error| failed(&error))?;
    Ok(body.to_bytes().to_vec())
}
