//! Lambda's Runtime API for one process, on a loopback port of its own, with the time of everything that passes.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::{Mutex, mpsc, oneshot};

/// An event for the process.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) deadline_ms: u64,
    pub(crate) event: Bytes,
}

/// What the process did, and when.
#[derive(Debug)]
pub(crate) enum Report {
    /// It asks for an event: its initialization, or its last event, is over.
    Ready(Instant),
    /// The event leaves for it.
    Sent(Instant),
    /// Its answer is there.
    Answered(Instant, Bytes),
    /// Its error is there.
    Failed(Bytes),
}

/// The running API. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Invocation>,
    reports: mpsc::UnboundedReceiver<Report>,
    _over: oneshot::Sender<()>,
}

struct Shared {
    clock: fn() -> Instant,
    events: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
}

impl RuntimeApi {
    /// Starts one, on a thread of its own: what else this program does must not keep a process waiting.
    pub(crate) fn start(clock: fn() -> Instant) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a loopback port for the Runtime API: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
        let (events, to_send) = mpsc::unbounded_channel();
        let (reports, to_read) = mpsc::unbounded_channel();
        let (over, is_over) = oneshot::channel();
        let shared = Arc::new(Shared { clock, events: Mutex::new(to_send), reports });
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = listen(listener, shared) => {}
                    _ = is_over => {}
                }
            });
        });
        Ok(Self { address, events, reports: to_read, _over: over })
    }

    /// `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn send(&self, invocation: Invocation) -> Result<(), String> {
        self.events.send(invocation).map_err(|_| "the Runtime API is over".to_owned())
    }

    pub(crate) async fn report(&mut self) -> Result<Report, String> {
        self.reports.recv().await.ok_or_else(|| "the Runtime API is over".to_owned())
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        // Whether it could be set shows in the figures alone.
        let _at_once = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&shared, request));
            // A process that ends breaks its connection.
            let _gone =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let arrived = (shared.clock)();
    let path = parts.uri.path().trim_start_matches('/');
    let path = path.strip_prefix("2018-06-01/runtime/").unwrap_or_default();
    if parts.method == Method::GET && path == "invocation/next" {
        return Ok(next(shared, arrived).await);
    }
    let report = match path.rsplit('/').next() {
        Some("response") => Report::Answered(arrived, body),
        Some("error") => Report::Failed(body),
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    // Nobody listens any more when the measurement is over.
    let _told = shared.reports.send(report);
    Ok(status(StatusCode::ACCEPTED))
}

async fn next(shared: &Shared, arrived: Instant) -> Response<Full<Bytes>> {
    let _told = shared.reports.send(Report::Ready(arrived));
    let Some(invocation) = shared.events.lock().await.recv().await else { return status(StatusCode::GONE) };
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", invocation.id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0")
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:bench")
        .body(Full::new(invocation.event));
    let _told = shared.reports.send(Report::Sent((shared.clock)()));
    response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
