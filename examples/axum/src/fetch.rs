//! Fetches the pool's keys from its JWKS address.

use std::time::Duration;

use axum::http::Uri;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::JwkSet;

use crate::keys::{FetchError, Keys};

/// How long the pool may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The most that the pool may say: two keys are about 1 KB.
const MOST_BYTES: usize = 64 * 1024;

/// The keys at this address: `ISSUER/.well-known/jwks.json`. Plain http is for the laptop.
pub fn keys_at(address: Uri) -> Result<Keys, FetchError> {
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| FetchError(error.to_string()))?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<&'static [u8]>>(connector);
    Ok(Keys::new(move || {
        let (client, address) = (client.clone(), address.clone());
        async move {
            let answer = async {
                let answer = client.get(address).await.map_err(|error| FetchError(error.to_string()))?;
                if !answer.status().is_success() {
                    return Err(FetchError(format!("the answer was {}", answer.status())));
                }
                let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
                let body = body.map_err(|error| FetchError(error.to_string()))?.to_bytes();
                serde_json::from_slice::<JwkSet>(&body).map_err(|error| FetchError(error.to_string()))
            };
            tokio::time::timeout(TIME_LIMIT, answer)
                .await
                .unwrap_or_else(|_| Err(FetchError("it took too long".to_owned())))
        }
    }))
}
