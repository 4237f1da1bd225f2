//! A proxy before the embedded engine for a bad day: a share of the calls fails, each in one of the ways in which AWS or the network
//! fails, and transactions conflict as they do on AWS, which the engine, doing one thing after another, never shows.

use std::collections::{BTreeMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The ways in which a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// 400, and nothing happened.
    Throttled,
    /// 500, and nothing happened.
    Broken,
    /// 503 without a body, and nothing happened.
    Unavailable,
    /// The connection is cut before the call did anything.
    CutBefore,
    /// The connection is cut when the call has done everything: its answer is lost.
    CutAfter,
    /// The answer comes later than a trigger waits for one.
    Late,
    /// A batch whose keys all stay unprocessed; throttled where it is no batch.
    Unprocessed,
}

const FAULTS: [Fault; 7] = [
    Fault::Throttled,
    Fault::Broken,
    Fault::Unavailable,
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::Late,
    Fault::Unprocessed,
];

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Broken => "500",
            Self::Unavailable => "503",
            Self::CutBefore => "cut before",
            Self::CutAfter => "cut after",
            Self::Late => "late",
            Self::Unprocessed => "unprocessed",
        }
    }
}

/// A trigger's one attempt takes at most 800 ms.
const LATE: Duration = Duration::from_secs(1);

/// The running proxy. Dropping it stops listening.
#[derive(Debug)]
pub(crate) struct BadDay {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    engine: String,
    client: Client<HttpConnector, Full<Bytes>>,
    /// Of a hundred calls so many fail.
    failing: AtomicU64,
    /// How long a transaction holds its items, if transactions conflict.
    conflicts: Option<Duration>,
    held: Mutex<HashSet<String>>,
    calls: AtomicU64,
    tally: Mutex<BTreeMap<&'static str, u64>>,
}

impl Drop for BadDay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl BadDay {
    /// Before the engine at this URL. Nothing fails yet.
    pub(crate) async fn start(engine: &str, conflicts: Option<Duration>) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a loopback port for the proxy: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let shared = Arc::new(Shared {
            engine: engine.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            failing: AtomicU64::new(0),
            conflicts,
            held: Mutex::default(),
            calls: AtomicU64::new(0),
            tally: Mutex::default(),
        });
        let server = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { url, shared, server })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on so many of a hundred calls fail.
    pub(crate) fn fail(&self, percent: u64) {
        self.shared.failing.store(percent, Ordering::Relaxed);
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// What failed so far, by the way in which it did.
    pub(crate) fn tally(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.shared.tally).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&shared, request));
            // An error of the service cuts the connection: it is meant to.
            let _cut = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("cut")
    }
}

impl std::error::Error for Cut {}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let fault = shared.fault();
    if let Some(fault) = fault {
        shared.note(fault.name());
    }
    match fault {
        Some(Fault::Throttled) => return Ok(throttled()),
        Some(Fault::Broken) => {
            return Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", &json!(null)));
        }
        Some(Fault::Unavailable) => return Ok(response(StatusCode::SERVICE_UNAVAILABLE, Bytes::new())),
        Some(Fault::CutBefore) => return Err(Cut),
        Some(Fault::Unprocessed) => return Ok(unprocessed(&operation, &body).unwrap_or_else(throttled)),
        Some(Fault::CutAfter | Fault::Late) | None => {}
    }
    let hold = match shared.conflicts.filter(|_| operation == "TransactWriteItems") {
        None => None,
        Some(_) => match shared.hold(keys(&body)) {
            Ok(hold) => Some(hold),
            Err(conflicting) => {
                shared.note("conflict");
                return Ok(conflict(&conflicting));
            }
        },
    };
    let answered = shared.forward(parts, body).await;
    if let (Some(hold), Some(held)) = (hold, shared.conflicts) {
        // AWS takes its time with a transaction; the engine does not.
        tokio::time::sleep(held).await;
        drop(hold);
    }
    match fault {
        Some(Fault::CutAfter) => Err(Cut),
        Some(Fault::Late) => {
            tokio::time::sleep(LATE).await;
            answered
        }
        _ => answered,
    }
}

impl Shared {
    fn note(&self, what: &'static str) {
        *lock(&self.tally).entry(what).or_default() += 1;
    }

    fn fault(&self) -> Option<Fault> {
        fault(self.calls.fetch_add(1, Ordering::Relaxed), self.failing.load(Ordering::Relaxed))
    }

    /// Holds a transaction's items; tells for each of them whether another transaction holds it, if one does.
    fn hold(&self, keys: Vec<String>) -> Result<Hold<'_>, Vec<bool>> {
        let mut held = lock(&self.held);
        let conflicting: Vec<bool> = keys.iter().map(|key| held.contains(key)).collect();
        if conflicting.contains(&true) {
            return Err(conflicting);
        }
        held.extend(keys.iter().cloned());
        Ok(Hold { shared: self, keys })
    }

    async fn forward(&self, mut parts: hyper::http::request::Parts, body: Bytes) -> Result<Response<Full<Bytes>>, Cut> {
        parts.uri = self.engine.parse().map_err(|_| Cut)?;
        let answer = self.client.request(Request::from_parts(parts, Full::from(body))).await.map_err(|_| Cut)?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        Ok(Response::from_parts(parts, Full::from(body)))
    }
}

/// Items that a transaction holds until this is dropped.
struct Hold<'a> {
    shared: &'a Shared,
    keys: Vec<String>,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut held = lock(&self.shared.held);
        for key in &self.keys {
            held.remove(key);
        }
    }
}

/// What becomes of the call with this number: the same in every run, and nothing that a repeated call could get used to.
fn fault(call: u64, percent: u64) -> Option<Fault> {
    // SplitMix64: any neighbouring numbers give bits that have nothing to do with one another.
    let mut bits = call.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let kind = usize::try_from((bits / 100) % 7).unwrap_or(0);
    FAULTS.get(kind).copied().filter(|_| bits % 100 < percent)
}

/// The items of a transaction, in its order.
fn keys(body: &Bytes) -> Vec<String> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = asked.get("TransactItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_object()?.values().next()).map(key).collect()
}

fn key(part: &Value) -> String {
    let at = part.get("Key").or_else(|| part.get("Item")).unwrap_or(&Value::Null);
    let text = |name: &str| at.pointer(&format!("/{name}/S")).and_then(Value::as_str).unwrap_or_default();
    format!("{}\n{}", text("pk"), text("sk"))
}

fn throttled() -> Response<Full<Bytes>> {
    error(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", &json!(null))
}

fn conflict(conflicting: &[bool]) -> Response<Full<Bytes>> {
    let reason = |conflicts: &bool| {
        if *conflicts {
            json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" })
        } else {
            json!({ "Code": "None" })
        }
    };
    let reasons: Vec<Value> = conflicting.iter().map(reason).collect();
    error(StatusCode::BAD_REQUEST, "TransactionCanceledException", &json!(reasons))
}

/// All keys of a batch, as those that were not processed.
fn unprocessed(operation: &str, body: &Bytes) -> Option<Response<Full<Bytes>>> {
    let asked: Value = serde_json::from_slice(body).ok().filter(|_| operation == "BatchGetItem")?;
    let left = json!({ "Responses": {}, "UnprocessedKeys": asked.get("RequestItems")? });
    Some(response(StatusCode::OK, left.to_string().into()))
}

fn error(status: StatusCode, kind: &str, reasons: &Value) -> Response<Full<Bytes>> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    let body = json!({ "__type": kind, "message": "a bad day", "CancellationReasons": reasons });
    response(status, body.to_string().into())
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_fails_is_the_one_that_was_asked_for_in_every_way_alike() {
        for percent in [0, 5, 30, 100] {
            let failed: Vec<_> = (0..100_000).filter_map(|call| fault(call, percent)).collect();
            let expected = usize::try_from(percent).unwrap() * 1_000;
            assert!(failed.len().abs_diff(expected) <= 300, "{percent} %: {}", failed.len());
            for way in FAULTS {
                let count = failed.iter().filter(|fault| **fault == way).count();
                assert!(count.abs_diff(expected / 7) <= 200 + expected / 70, "{percent} %: {way:?} {count}");
            }
        }
    }

    #[test]
    fn a_call_that_is_repeated_may_fail_again() {
        let in_a_row = (0..100_000).filter(|call| fault(*call, 5).is_some() && fault(call + 1, 5).is_some()).count();
        assert!((150..350).contains(&in_a_row), "{in_a_row} of about 250");
    }

    #[test]
    fn a_transactions_items_are_those_of_its_parts() {
        let at = |name: &str| json!({ "pk": { "S": name }, "sk": { "S": "s" } });
        let body = json!({ "TransactItems": [
            { "Update": { "Key": at("a") } }, { "Put": { "Item": at("b") } }, { "ConditionCheck": { "Key": at("c") } },
        ] });
        assert_eq!(keys(&body.to_string().into()), ["a\ns", "b\ns", "c\ns"]);
    }

    #[tokio::test]
    async fn two_transactions_over_one_item_conflict_until_the_first_is_done() {
        let proxy = BadDay::start("http://127.0.0.1:9", Some(Duration::ZERO)).await.unwrap();
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let first = proxy.shared.hold(of(&["a", "b"])).unwrap_or_else(|_| panic!("free"));
        assert_eq!(proxy.shared.hold(of(&["c", "b"])).err(), Some(vec![false, true]));
        assert!(proxy.shared.hold(of(&["c"])).is_ok(), "what conflicts holds nothing");
        drop(first);
        assert!(proxy.shared.hold(of(&["c", "b"])).is_ok());
    }
}
