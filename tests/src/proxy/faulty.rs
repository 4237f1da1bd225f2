//! An HTTP proxy between the SDK and the engine that does what a [`Script`] says, down to cutting the connection.

use std::convert::Infallible;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::oneshot;

use super::script::{Passage, Script};
use crate::Engine;

/// A running proxy; it takes no more connections when it is dropped.
#[derive(Debug)]
pub struct Faulty {
    endpoint: String,
    script: Script,
    /// Dropped with the proxy, which ends it.
    _stop: oneshot::Sender<Infallible>,
}

type Onward = Client<HttpConnector, Full<Bytes>>;
type Said = http_body_util::combinators::BoxBody<Bytes, std::io::Error>;

impl Faulty {
    /// Starts one before this engine.
    pub async fn start(engine: &Engine) -> Self {
        let script = Script::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, mut stopped) = oneshot::channel::<Infallible>();
        let upstream = engine.endpoint().to_owned();
        let client: Onward = Client::builder(TokioExecutor::new()).build_http();
        let served = script.clone();
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    _ = &mut stopped => return,
                };
                let Ok((stream, _)) = accepted else { continue };
                let (script, upstream, client) = (served.clone(), upstream.clone(), client.clone());
                let service =
                    service_fn(move |request| forward(script.clone(), upstream.clone(), client.clone(), request));
                // A connection that the caller or the script ends is no failure of the proxy.
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { endpoint, script, _stop: stop }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it does.
    pub const fn script(&self) -> &Script {
        &self.script
    }
}

async fn forward(
    script: Script,
    upstream: String,
    client: Onward,
    request: Request<Incoming>,
) -> Result<Response<Said>, std::io::Error> {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = crate::in_process::operation(target);
    parts.uri = upstream.parse().expect("a URI");
    let onward = async move |body: Vec<u8>| {
        let answer = client.request(Request::from_parts(parts, Full::from(body))).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
    };
    match script.pass(operation, body.to_vec(), onward).await {
        Passage::Answer(status, body) => {
            let said = Full::from(body).map_err(|never: Infallible| match never {}).boxed();
            Ok(Response::builder()
                .status(status)
                .header("content-type", "application/x-amz-json-1.0")
                .body(said)
                .expect("a response"))
        }
        // hyper closes the connection without a word.
        Passage::Cut(bytes) if bytes.is_empty() => Err(std::io::Error::other("cut")),
        Passage::Cut(bytes) => {
            let length = bytes.len() * 2 + 1;
            let torn = [Ok(Frame::data(Bytes::from(bytes))), Err(std::io::Error::other("cut"))];
            let said = BodyExt::boxed(StreamBody::new(futures_util::stream::iter(torn)));
            Ok(Response::builder().header("content-length", length).body(said).expect("a response"))
        }
    }
}
