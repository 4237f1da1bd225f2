//! A local Lambda: runs function binaries and serves them through Lambda's own Invoke API.
//!
//! One server on loopback speaks the Invoke API to callers (`POST /2015-03-31/functions/{name}/invocations`), a little of the control
//! API (configuration and resource policy) and the
//! Runtime API to the processes that it starts, one path per process, so that a crash is told apart from a slow answer.
//! A process serves one call at a time; a further call starts a further process, up to [`Options::processes`].

mod control;
mod function;
mod invoke;
mod runtime;
mod worker;

pub(crate) use invoke::{SOURCE_ACCOUNT, SOURCE_ARN};

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::{delete, get, post};
use tokio::task::JoinHandle;
use tower_service::Service as _;

use self::function::Function;
use crate::{Clock, Random, Sink};

/// Lambda's limit on a synchronous payload, request and response alike (AWS Lambda, "Lambda quotas").
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// How the functions run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long one call may take. Lambda tells the function through `Lambda-Runtime-Deadline-Ms`.
    pub timeout: Duration,
    /// How many processes of one function may run side by side.
    pub processes: usize,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB.
    pub memory_mb: u32,
    /// `AWS_REGION`.
    pub region: String,
    /// Where to listen; anything but loopback is refused. Port 0 picks a free one.
    pub listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            processes: 4,
            memory_mb: 256,
            region: "eu-west-1".to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

/// The running local Lambda. Dropping it, or [`Functions::shutdown`], ends every process that it started.
#[derive(Debug)]
pub struct Functions {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    functions: Mutex<BTreeMap<String, Arc<Function>>>,
    controls: Mutex<BTreeMap<String, control::Control>>,
    numbers: Arc<AtomicU64>,
    clock: Clock,
    random: Random,
    sink: Sink,
    options: Options,
}

/// What there is to know of functions, without a socket and without processes: whoever holds it hands it requests of the control API. For
/// what must not wait for a socket, such as a test whose time stands still.
#[derive(Debug, Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
    router: Router,
}

impl InProcess {
    /// No function yet.
    pub fn new(clock: Clock, random: Random, sink: Sink) -> Self {
        let shared = Shared::new(Options::default(), clock, random, sink);
        Self { router: shared.router(), shared }
    }

    /// Adds a function that can be asked about and not called.
    pub fn add(&self, name: &str) {
        // Where nothing listens.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        self.shared.put(name, PathBuf::new(), BTreeMap::default(), address);
    }

    /// What the server answers to a request.
    pub async fn answer(&self, request: Request) -> Response {
        // A router is always ready.
        match self.router.clone().call(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }
}

impl Shared {
    fn new(options: Options, clock: Clock, random: Random, sink: Sink) -> Arc<Self> {
        Arc::new(Self {
            functions: Mutex::default(),
            controls: Mutex::default(),
            numbers: Arc::default(),
            clock,
            random,
            sink,
            options,
        })
    }

    fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke::invoke))
            .route("/2015-03-31/functions/{name}/configuration", get(control::configuration))
            .route("/2015-03-31/functions/{name}/policy", get(control::policy).post(control::add))
            .route("/2015-03-31/functions/{name}/policy/{statement}", delete(control::remove))
            .route("/{name}/{worker}/2018-06-01/runtime/invocation/next", get(runtime::next))
            .route("/{name}/{worker}/2018-06-01/runtime/invocation/{id}/response", post(runtime::response))
            .route("/{name}/{worker}/2018-06-01/runtime/invocation/{id}/error", post(runtime::error))
            .route("/{name}/{worker}/2018-06-01/runtime/init/error", post(runtime::init_error))
            .layer(DefaultBodyLimit::max(PAYLOAD_LIMIT))
            .layer(axum::middleware::from_fn(crate::loopback::only_local_names))
            .with_state(Arc::clone(self))
    }

    /// Puts a function; what it replaces.
    fn put(
        self: &Arc<Self>,
        name: &str,
        binary: PathBuf,
        env: BTreeMap<String, String>,
        address: SocketAddr,
    ) -> Option<Arc<Function>> {
        let function = Arc::new(Function::new(name, binary, env, address, self));
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), function)
    }

    fn find(&self, name: &str) -> Option<Arc<Function>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl Functions {
    /// Starts listening on a free loopback port, without any function yet.
    pub async fn start(clock: Clock, random: Random, sink: Sink) -> io::Result<Self> {
        Self::start_with(Options::default(), clock, random, sink).await
    }

    /// Starts listening, with limits of your own.
    pub async fn start_with(options: Options, clock: Clock, random: Random, sink: Sink) -> io::Result<Self> {
        let listener = crate::loopback::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let shared = Shared::new(options, clock, random, sink);
        let router = shared.router();
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { shared, address, server })
    }

    /// Adds a function, or replaces the one of this name. Its first process starts with the first call.
    ///
    /// The process sees the environment that Lambda sets (fake credentials included) and `env`, which wins; nothing of
    /// the caller's own environment.
    pub fn add<K: Into<String>, V: Into<String>>(
        &self,
        name: &str,
        binary: impl Into<PathBuf>,
        env: impl IntoIterator<Item = (K, V)>,
    ) {
        let env = env.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        if let Some(before) = self.shared.put(name, binary.into(), env, self.address) {
            before.stop();
        }
    }

    /// Gives a function an alias, by which it is called as `NAME:ALIAS`; each has a resource policy of its own.
    pub fn add_alias(&self, name: &str, alias: &str) {
        let mut controls = self.shared.controls.lock().unwrap_or_else(PoisonError::into_inner);
        controls.entry(name.to_owned()).or_default().add_alias(alias);
    }

    /// Lets `GetFunctionConfiguration` say that a function is in another state than `Active`.
    pub fn set_state(&self, name: &str, state: &str) {
        let mut controls = self.shared.controls.lock().unwrap_or_else(PoisonError::into_inner);
        controls.entry(name.to_owned()).or_default().set_state(state);
    }

    /// Puts a statement into a function's policy, or into an alias's, that forbids every user pool to call it.
    pub fn forbid(&self, name: &str, alias: Option<&str>) {
        let mut controls = self.shared.controls.lock().unwrap_or_else(PoisonError::into_inner);
        controls.entry(name.to_owned()).or_default().forbid(alias);
    }

    /// Removes a function and ends its processes; calls to it are then answered with `ResourceNotFoundException`.
    pub fn remove(&self, name: &str) {
        let removed = self.shared.functions.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(function) = removed {
            function.stop();
        }
    }

    /// `http://127.0.0.1:PORT`, the endpoint for Invoke.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that [`Functions::url`] names, for `cargo lambda invoke --invoke-address … --invoke-port …`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines that a function wrote to its standard output and error, oldest first (at most 2,000).
    pub fn logs(&self, name: &str) -> Vec<String> {
        self.shared.find(name).map(|function| function.logs()).unwrap_or_default()
    }

    /// Ends every process and stops listening. When it returns, no child is left.
    pub async fn shutdown(mut self) {
        let functions = {
            let mut functions = self.shared.functions.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *functions)
        };
        for function in functions.values() {
            function.end().await;
        }
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        for function in self.shared.functions.lock().unwrap_or_else(PoisonError::into_inner).values() {
            function.stop();
        }
        self.server.abort();
    }
}
