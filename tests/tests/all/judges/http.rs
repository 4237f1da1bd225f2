//! Plain requests, for what no SDK asks: outboxes, health, the token endpoint.

use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// The status and the JSON of a GET; `None` if nobody answers.
pub(super) async fn get(url: &str) -> Option<(u16, Value)> {
    send(Request::get(url).body(Full::default()).unwrap()).await
}

/// The status and the JSON of a form that is posted with a client's id and secret.
pub(super) async fn post_form(url: &str, form: &str, basic: &str) -> (u16, Value) {
    let request = Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {basic}"))
        .body(Full::new(Bytes::from(form.to_owned())))
        .unwrap();
    send(request).await.unwrap_or_else(|| panic!("{url} answers"))
}

async fn send(request: Request<Full<Bytes>>) -> Option<(u16, Value)> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
