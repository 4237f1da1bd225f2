//! An AWS endpoint that counts: `DynamoDB` and SES on a loopback port, by plain HTTP or TLS, each answer after the same delay.
//!
//! Every connection has a thread of its own, which sleeps like a thread: the timers of a runtime go by whole milliseconds, and a network of
//! three of them would be one of four.

pub(crate) mod answers;
pub(crate) mod count;
pub(crate) mod tls;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use self::answers::{Answer, Asked, Canned, Engine, Http, SEND};
use self::count::{Call, Ledger};
use self::tls::Authority;

/// Where the answers come from.
#[derive(Debug, Clone)]
pub(crate) enum Answers {
    /// The embedded engine; what it says is kept.
    Engine(Engine),
    /// What was kept.
    Canned(Arc<Canned>),
}

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) answers: Answers,
    /// No answer leaves before this time.
    pub(crate) delay: Duration,
    /// Speaks TLS.
    pub(crate) authority: Option<Authority>,
    pub(crate) clock: fn() -> Instant,
}

/// The running endpoint. Dropping it stops listening; a connection lasts as long as its client.
#[derive(Debug)]
pub(crate) struct Endpoint {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    ledger: Ledger,
    kept: Mutex<Canned>,
    /// What could not be answered, which no measurement survives.
    failed: Mutex<Option<String>>,
    over: AtomicBool,
}

impl Endpoint {
    /// Starts one on a free loopback port.
    pub(crate) fn start(settings: Settings) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a loopback port for the endpoint: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            settings,
            ledger: Ledger::default(),
            kept: Mutex::default(),
            failed: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let listening = Arc::clone(&shared);
        let server = std::thread::spawn(move || listen(&listener, &listening));
        Ok(Self { shared, address, server: Some(server) })
    }

    /// Its address, with the scheme that it speaks.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.shared.settings.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The calls since they were last taken.
    pub(crate) fn take(&self) -> Vec<Call> {
        self.shared.ledger.take()
    }

    /// What the engine said so far.
    pub(crate) fn kept(&self) -> Canned {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What could not be answered.
    pub(crate) fn failed(&self) -> Option<String> {
        self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        // Whoever waits for a connection sees the word with the next one.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(server) = self.server.take().filter(|_| woken) {
            let _ended = server.join();
        }
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            wake_on_time();
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() else {
                return;
            };
            // A client that goes away in the middle is no fault of the endpoint's.
            let _gone = runtime.block_on(connection(stream, &shared));
        });
    }
}

/// A sleeping thread is woken within 50 microseconds unless it asks for better.
#[cfg(target_os = "linux")]
fn wake_on_time() {
    let _as_before = nix::sys::prctl::set_timerslack(1);
}

#[cfg(not(target_os = "linux"))]
fn wake_on_time() {}

async fn connection(stream: TcpStream, shared: &Arc<Shared>) -> Result<(), String> {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    stream.set_nonblocking(true).map_err(|error| error.to_string())?;
    let stream = tokio::net::TcpStream::from_std(stream).map_err(|error| error.to_string())?;
    match &shared.settings.authority {
        None => serve(stream, shared).await,
        Some(authority) => {
            let stream = TlsAcceptor::from(Arc::clone(&authority.server)).accept(stream).await;
            serve(stream.map_err(|error| error.to_string())?, shared).await
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Arc<Shared>) -> Result<(), String> {
    let http: Http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let service = service_fn(|request| answer(shared, &http, request));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    served.await.map_err(|error| error.to_string())
}

async fn answer(
    shared: &Arc<Shared>,
    http: &Http,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let Settings { answers, delay, clock, .. } = &shared.settings;
    // Before it is read: how long that takes here is not what AWS takes.
    let began = clock();
    let asked = read(request).await;
    let answer = match (asked, answers) {
        (Err(error), _) => Err(error),
        (Ok(asked), Answers::Engine(engine)) => engine.answer(http, &asked).await.map(|answer| {
            shared.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(&asked, answer.clone());
            (asked.operation, answer)
        }),
        (Ok(asked), Answers::Canned(canned)) => canned
            .answer(&asked)
            .cloned()
            .ok_or_else(|| format!("{} was not asked at the rehearsal", asked.operation))
            .map(|answer| (asked.operation, answer)),
    };
    let answer = answer.map(|(operation, answer)| {
        // This thread is the connection's own.
        std::thread::sleep((began + *delay).saturating_duration_since(clock()));
        let Answer { status, kind, body, cost } = answer;
        shared.ledger.note(Call { operation, began, ended: clock(), cost });
        let response = Response::builder().status(status).header("content-type", kind);
        response.header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000").body(Full::new(body))
    });
    Ok(match answer {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => shared.fail(&error.to_string()),
        Err(error) => shared.fail(&error),
    })
}

impl Shared {
    fn fail(&self, error: &str) -> Response<Full<Bytes>> {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_owned());
        let mut response = Response::new(Full::from(r#"{"__type":"InternalServerError"}"#));
        *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

async fn read(request: Request<Incoming>) -> Result<Asked, String> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let path = parts.uri.path().to_owned();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = match (target, path.as_str()) {
        (Some(target), _) => target.rsplit('.').next().unwrap_or(target),
        (None, "/v2/email/outbound-emails") => SEND,
        // Whatever else is asked of AWS is said, so that it is seen.
        (None, path) => return Err(format!("{} {path} is neither DynamoDB's nor SES's", parts.method)),
    };
    let operation = operation.to_owned();
    let body = serde_json::from_slice(&body).map_err(|error| format!("{operation}: {error}"))?;
    Ok(Asked { operation, path, headers: parts.headers, body })
}
