//! The server: several pools behind one loopback address.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::task::JoinHandle;
use tower_service::Service as _;

use crate::error::ApiError;
use crate::outbox::{Mail, MailKind, Outbox};
use crate::pool::Pool;
use crate::settings::PoolSettings;
use crate::sink::Source;
use crate::triggers::invoke::Lambda;
use crate::user::User;
use crate::{
    Clock, Random, Sink, api, authorize, cors, discovery, federate, hosted_login, local, oauth, ses, user_info,
};

/// What a server starts with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The pools; more can be added while it runs.
    pub pools: Vec<PoolSettings>,
    /// How the tokens name their issuer.
    pub issuer: IssuerStyle,
    /// Where to listen; anything but loopback is refused. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Where log lines go.
    pub sink: Sink,
}

impl Settings {
    /// These pools on a free loopback port, with an issuer that can be fetched from.
    pub fn new(pools: Vec<PoolSettings>, clock: Clock, random: Random, sink: Sink) -> Self {
        Self {
            pools,
            issuer: IssuerStyle::Local,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock,
            random,
            sink,
        }
    }
}

/// How the tokens name their issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerStyle {
    /// `http://127.0.0.1:PORT/POOL`: keys can be fetched from it.
    Local,
    /// `https://cognito-idp.REGION.amazonaws.com/POOL`, for verifiers that take no other.
    Aws,
}

/// A running server. Dropping it, or [`Server::shutdown`], ends it.
#[derive(Debug)]
pub struct Server {
    service: Arc<Service>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// The same without a socket: whoever holds it hands it requests. For what must not wait for a socket, such as a test whose time stands
/// still.
#[derive(Debug, Clone)]
pub struct InProcess {
    service: Arc<Service>,
    router: Router,
}

/// What every handler sees.
#[derive(Debug)]
pub(crate) struct Service {
    pools: RwLock<BTreeMap<String, Arc<Pool>>>,
    pub(crate) outbox: Outbox,
    pub(crate) lambda: Lambda,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) sink: Sink,
    pub(crate) url: String,
    issuer: IssuerStyle,
}

impl Server {
    /// Starts listening. Fails if the address is not loopback, or is taken.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = crate::loopback::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let service = Service::new(settings, format!("http://{address}"));
        let router = service.router();
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { service, address, task })
    }

    /// `http://127.0.0.1:PORT`, the endpoint for SDKs.
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The mails that were not sent.
    pub fn outbox(&self) -> &Outbox {
        &self.service.outbox
    }

    /// The pool with this id.
    pub fn pool(&self, id: &str) -> Option<Arc<Pool>> {
        self.service.pool(id).ok()
    }

    /// Adds a pool, such as one dedicated to a single tenant.
    pub fn add_pool(&self, settings: PoolSettings) -> Arc<Pool> {
        self.service.add_pool(settings)
    }

    /// What a pool's tokens say in `iss`.
    pub fn issuer(&self, pool: &str) -> Option<String> {
        self.service.pool(pool).ok().map(|pool| self.service.issuer(&pool))
    }

    /// Stops listening. When it returns, the port is free.
    pub async fn shutdown(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl InProcess {
    /// These pools. Nothing listens, whatever the settings say.
    pub fn new(settings: Settings) -> Self {
        // Where nothing listens.
        let service = Service::new(settings, "http://127.0.0.1:9".to_owned());
        Self { router: service.router(), service }
    }

    /// The pool with this id.
    pub fn pool(&self, id: &str) -> Option<Arc<Pool>> {
        self.service.pool(id).ok()
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

impl Service {
    fn new(settings: Settings, url: String) -> Arc<Self> {
        let service = Arc::new(Self {
            pools: RwLock::default(),
            outbox: Outbox::default(),
            lambda: Lambda::new(),
            clock: settings.clock,
            random: settings.random,
            sink: settings.sink,
            url,
            issuer: settings.issuer,
        });
        for pool in settings.pools {
            service.add_pool(pool);
        }
        service
    }

    fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", post(api::serve).options(cors::preflight))
            .route("/oauth2/token", post(oauth::token).options(cors::preflight))
            .route("/{pool}/oauth2/token", post(oauth::token).options(cors::preflight))
            .route("/oauth2/revoke", post(oauth::revoke).options(cors::preflight))
            .route("/oauth2/userInfo", get(user_info::user_info).options(cors::preflight))
            .route("/{pool}/.well-known/jwks.json", get(discovery::jwks))
            .route("/{pool}/.well-known/openid-configuration", get(discovery::openid_configuration))
            .layer(axum::middleware::from_fn(cors::allow))
            // Pages are for browsers that were sent here, not for scripts of other origins.
            .route("/oauth2/authorize", get(authorize::authorize))
            .route("/login", get(authorize::show_login).post(authorize::log_in))
            .route("/oauth2/idpresponse", post(authorize::provider_answers))
            .route("/logout", get(authorize::logout))
            // The shortcuts are for scripts, not for pages of other origins: no CORS here.
            .route("/local/federate", post(federate::federate))
            .route("/local/hosted-login", post(hosted_login::hosted_login))
            .route("/local/providers", post(local::set_provider))
            .route("/local/outbox", get(local::outbox))
            .route("/v2/email/outbound-emails", post(ses::send_email))
            .layer(DefaultBodyLimit::max(1024 * 1024))
            .layer(axum::middleware::from_fn(crate::loopback::only_local_names))
            .with_state(Arc::clone(self))
    }

    fn add_pool(&self, settings: PoolSettings) -> Arc<Pool> {
        let pool = Pool::new(settings, &self.clock, &self.random);
        self.pools.write().unwrap_or_else(PoisonError::into_inner).insert(pool.id().to_owned(), Arc::clone(&pool));
        pool
    }

    pub(crate) fn pool(&self, id: &str) -> Result<Arc<Pool>, ApiError> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.get(id).cloned().ok_or_else(|| ApiError::no_such_pool(id))
    }

    /// The pool of an app client: the public operations name the client alone.
    pub(crate) fn pool_of_client(&self, client_id: &str) -> Result<Arc<Pool>, ApiError> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools
            .values()
            .find(|pool| pool.contents().clients.contains_key(client_id))
            .cloned()
            .ok_or_else(|| ApiError::no_such_client(client_id))
    }

    pub(crate) fn issuer(&self, pool: &Pool) -> String {
        match self.issuer {
            IssuerStyle::Local => format!("{}/{}", self.url, pool.id()),
            IssuerStyle::Aws => {
                format!("https://cognito-idp.{}.amazonaws.com/{}", pool.settings().region(), pool.id())
            }
        }
    }

    pub(crate) fn say(&self, pool: &Pool, text: impl Into<String>) {
        self.sink.put(Source::Pool(pool.id().to_owned()), text);
    }

    /// Keeps a mail for the outbox and says so in the log.
    pub(crate) fn mail(&self, pool: &Pool, user: &User, to: &str, kind: MailKind, code: &str) {
        let (subject, body) = match kind {
            MailKind::SignUp | MailKind::VerifyAttribute => {
                ("Your verification code", format!("Your confirmation code is {code}"))
            }
            MailKind::ForgotPassword => ("Your verification code", format!("Your password reset code is {code}")),
            MailKind::TemporaryPassword => {
                ("Your temporary password", format!("Your username is {to} and temporary password is {code}"))
            }
            // Those come with their own words.
            MailKind::Ses => return,
        };
        self.say(pool, format!("mail to {to}: {body}"));
        self.outbox.put(Mail {
            pool: pool.id().to_owned(),
            username: user.username.clone(),
            to: to.to_owned(),
            kind,
            code: code.to_owned(),
            subject: subject.to_owned(),
            body,
            from: None,
            html: None,
            configuration_set: None,
            message_id: None,
            at: self.clock.now(),
        });
    }
}
