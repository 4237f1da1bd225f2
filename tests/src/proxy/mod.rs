//! A proxy before the engine that bends its answers, for what a table does only on a bad day.

pub mod fault;
pub mod faulty;
pub mod script;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::Engine;

/// Changes an answer of the engine: operation, request, answer.
pub type Fault = Arc<dyn Fn(&str, &Value, &mut Value) + Send + Sync>;

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    endpoint: String,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended with its runtime.
            let _ = stop.send(());
        }
    }
}

#[derive(Clone)]
struct Before {
    engine: String,
    fault: Fault,
    hold: Arc<Mutex<Option<Hold>>>,
    client: Client<HttpConnector, Body>,
}

/// Holds the first request of an operation until it is let go, so that something can happen in between.
#[derive(Debug)]
struct Hold {
    operation: &'static str,
    arrived: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

/// The other end of a held request.
#[derive(Debug)]
pub struct Held {
    arrived: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request is there.
    pub async fn arrived(self) -> oneshot::Sender<()> {
        self.arrived.await.expect("the request came");
        self.go
    }
}

impl Proxy {
    /// Starts one before this engine.
    pub async fn start(engine: &Engine, fault: Fault) -> Self {
        Self::serve(engine, fault, None).await
    }

    /// Starts one that holds the first request of this operation.
    pub async fn holding(engine: &Engine, operation: &'static str) -> (Self, Held) {
        let (arrived, has_arrived) = oneshot::channel();
        let (go, may_go) = oneshot::channel();
        let proxy = Self::serve(engine, Arc::new(|_, _, _| {}), Some(Hold { operation, arrived, go: may_go })).await;
        (proxy, Held { arrived: has_arrived, go })
    }

    async fn serve(engine: &Engine, fault: Fault, hold: Option<Hold>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let before = Before { engine: engine.endpoint().to_owned(), fault, hold: Arc::new(Mutex::new(hold)), client };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(forward).with_state(before);
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // Either way it is over.
            let _ = stopped.await;
        });
        tokio::spawn(server.into_future());
        Self { endpoint, stop: Some(stop) }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

async fn forward(State(before): State<Before>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let hold = before.hold.lock().expect("a lock").take_if(|hold| hold.operation == operation);
    if let Some(hold) = hold {
        // Whoever let go of the other end lets the request go, too.
        let _ = hold.arrived.send(());
        let _ = hold.go.await;
    }
    parts.uri = before.engine.parse().expect("a URI");
    let answer = before.client.request(Request::from_parts(parts, Body::from(body))).await.expect("an answer");
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.expect("a body");
    let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    (before.fault)(&operation, &asked, &mut answer);
    // Both would be of the answer before it was bent.
    parts.headers.remove("content-length");
    parts.headers.remove("x-amz-crc32");
    Response::from_parts(parts, Body::from(answer.to_string()))
}

/// Keys of a batch that stay unprocessed.
#[derive(Debug)]
pub struct Unprocessed;

impl Unprocessed {
    /// Those whose partition key begins so, every time.
    pub fn always(prefix: &'static str) -> Fault {
        Arc::new(move |operation, asked, answer| leave(prefix, operation, asked, answer))
    }

    /// Those whose partition key begins so, the first time.
    pub fn once(prefix: &'static str) -> Fault {
        let times = AtomicU32::new(0);
        Arc::new(move |operation, asked, answer| {
            if operation == "BatchGetItem" && times.fetch_add(1, Ordering::Relaxed) == 0 {
                leave(prefix, operation, asked, answer);
            }
        })
    }
}

fn leave(prefix: &str, operation: &str, asked: &Value, answer: &mut Value) {
    if operation != "BatchGetItem" {
        return;
    }
    let left = |item: &Value| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with(prefix));
    for (table, request) in asked["RequestItems"].as_object().into_iter().flatten() {
        let keys: Vec<&Value> = request["Keys"].as_array().into_iter().flatten().filter(|key| left(key)).collect();
        if keys.is_empty() {
            continue;
        }
        answer["UnprocessedKeys"][table] = json!({ "Keys": keys, "ConsistentRead": true });
        if let Some(items) = answer["Responses"][table].as_array_mut() {
            items.retain(|item| !left(item));
        }
    }
}
