//! Plain HTTP requests to our own servers: the token endpoint and the local shortcuts have no SDK.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::Fault;

/// Posts a body; the answer's status and JSON.
pub(crate) async fn post(
    url: &str,
    content_type: &str,
    authorization: Option<&str>,
    body: String,
) -> Result<(u16, Value), Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::Pool(format!("{url}: {error}"));
    let mut request = Request::builder().method(Method::POST).uri(url).header(header::CONTENT_TYPE, content_type);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| failed(&error))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request).await.map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
