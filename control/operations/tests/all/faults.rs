//! A proxy before the table and the user pool alike, which loses answers, holds calls and throttles; and what stands behind it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Region};
use domain::claims::ClaimName;
use domain::{Actor, Client, ClientKind, PoolId, TenantId};
use operations::{ClientWish, Operations, UserPools};
use store::{Connection, Table};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use user_pool::{Clock, PoolSettings, Random, ResourceServer, Server, Settings, Sink};

use crate::table::{now, random};

pub(crate) const POOL: &str = "eu-central-1_faulty";

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It is never done, and never answered.
    HoldBefore,
    /// It is done, and never answered.
    HoldAfter,
    /// It waits until it may go on, and is done then.
    Pause,
    /// It is answered with Cognito's throttling error.
    Throttle,
    /// The answer has a setting that nobody knows.
    AddSetting,
}

/// Which call a fault meets: the n-th of all from now on, or the next of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    Nth(usize),
    Next(&'static str),
}

#[derive(Debug, Default)]
struct Plan {
    seen: usize,
    faults: Vec<(At, Fault)>,
}

/// The faults to come, and whether a call is held or waits.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: Mutex<Plan>,
    pub(crate) held: Notify,
    /// Lets a call that waits go on.
    pub(crate) go_on: Notify,
}

impl Faults {
    pub(crate) fn set(&self, faults: &[(At, Fault)]) {
        *self.plan.lock().unwrap() = Plan { seen: 0, faults: faults.to_vec() };
    }

    /// How many calls were seen since the faults were set.
    pub(crate) fn seen(&self) -> usize {
        self.plan.lock().unwrap().seen
    }

    fn of(&self, operation: &str) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap();
        let nth = plan.seen;
        plan.seen += 1;
        let at = plan.faults.iter().position(|(at, _)| match at {
            At::Nth(n) => *n == nth,
            At::Next(name) => *name == operation,
        })?;
        Some(plan.faults.remove(at).1)
    }
}

/// A table and a user pool, both behind the proxy, and the pool once more without it.
pub(crate) struct Faulty {
    pub(crate) ops: Operations,
    pub(crate) table: Table,
    pub(crate) cognito: cognito::Client,
    pub(crate) direct: cognito::Client,
    pub(crate) server: Server,
    pub(crate) faults: Arc<Faults>,
    claims: Vec<ClaimName>,
}

impl Faulty {
    pub(crate) async fn new() -> Self {
        let faults = Arc::new(Faults::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let engine = listener.local_addr().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let mut settings = PoolSettings::new(POOL);
        settings.custom_attributes = vec!["tenantId".to_owned(), "locale".to_owned()];
        settings.resource_servers =
            vec![ResourceServer { identifier: "api".to_owned(), scopes: vec!["read".to_owned()] }];
        let server =
            Server::start(Settings::new(vec![settings], Clock::new(now), Random::new(random), Sink::silent())).await;
        let server = server.unwrap();
        let table = Table::connect_patiently(Connection {
            table: "tenantry".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: Some(proxy(engine, &faults).await),
            trust: store::connect::Trust::Amazon,
            credentials: SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "test")),
            jitter: || 7,
        })
        .unwrap();
        store::definition::create(&table).await.unwrap();
        let cognito = sdk(&proxy(server.address(), &faults).await);
        let direct = sdk(server.url());
        let ops = Operations::new(&table, Actor::Operator("test".to_owned()), now, random);
        let claims = vec!["tenant_id".parse().unwrap(), "custom:tenantId".parse().unwrap()];
        Self { ops, table, cognito, direct, server, faults, claims }
    }

    pub(crate) fn pools(&self) -> UserPools<'_> {
        UserPools { cognito: &self.cognito, claims: &self.claims, adopted: false }
    }

    /// The app clients of the pool: their names by their ids.
    pub(crate) async fn clients(&self) -> BTreeMap<String, String> {
        let listed = self.direct.list_user_pool_clients().user_pool_id(POOL).max_results(60).send().await.unwrap();
        listed
            .user_pool_clients
            .unwrap_or_default()
            .into_iter()
            .map(|client| (client.client_id.unwrap(), client.client_name.unwrap()))
            .collect()
    }

    pub(crate) async fn described(&self, id: &str) -> cognito::types::UserPoolClientType {
        let request = self.direct.describe_user_pool_client().user_pool_id(POOL).client_id(id);
        request.send().await.unwrap().user_pool_client.unwrap()
    }

    pub(crate) async fn flows(&self, id: &str) -> Vec<String> {
        let mut flows: Vec<String> =
            self.described(id).await.explicit_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect();
        flows.sort();
        flows
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client { pool: POOL.parse().unwrap(), id: id.parse().unwrap() }
}

pub(crate) fn wish(name: &str, tenant: &TenantId) -> ClientWish {
    let pool: PoolId = POOL.parse().unwrap();
    ClientWish {
        pool,
        name: name.to_owned(),
        kind: ClientKind::Tenant(tenant.clone()),
        suppress_account_scope: true,
        secret: false,
        password_flow: false,
        callback_urls: Vec::new(),
        logout_urls: Vec::new(),
        scopes: Vec::new(),
    }
}

/// The real SDK with its standard retry; the pauses are short, so that a test is.
fn sdk(endpoint: &str) -> cognito::Client {
    let retries =
        RetryConfig::standard().with_max_attempts(4).with_initial_backoff(std::time::Duration::from_millis(5));
    let config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(retries)
        .build();
    cognito::Client::from_conf(config)
}

/// Where the proxy before `upstream` listens.
async fn proxy(upstream: SocketAddr, faults: &Arc<Faults>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let faults = Arc::clone(faults);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, upstream, Arc::clone(&faults)));
        }
    });
    url
}

/// One connection: call after call, until a fault or the caller ends it.
async fn serve(mut caller: TcpStream, upstream: SocketAddr, faults: Arc<Faults>) -> Option<()> {
    loop {
        let call = message(&mut caller).await?;
        let text = String::from_utf8_lossy(&call).to_lowercase();
        let target = text.lines().find_map(|line| line.strip_prefix("x-amz-target:")).unwrap_or_default().trim();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let fault = faults.of(operation);
        match fault {
            Some(Fault::HoldBefore) => {
                faults.held.notify_one();
                std::future::pending::<()>().await;
            }
            Some(Fault::Pause) => {
                faults.held.notify_one();
                faults.go_on.notified().await;
            }
            Some(Fault::Throttle) => {
                let body = r#"{"__type":"TooManyRequestsException","message":"Too many requests"}"#;
                let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\n";
                let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                caller.write_all(answer.as_bytes()).await.ok()?;
                continue;
            }
            _ => {}
        }
        let mut onward = TcpStream::connect(upstream).await.ok()?;
        onward.write_all(&call).await.ok()?;
        let mut answer = message(&mut onward).await?;
        match fault {
            Some(Fault::LoseAnswer) => return None,
            Some(Fault::HoldAfter) => {
                faults.held.notify_one();
                std::future::pending::<()>().await;
            }
            Some(Fault::AddSetting) => answer = with_another_setting(&answer),
            _ => {}
        }
        caller.write_all(&answer).await.ok()?;
    }
}

/// A head and as much body as it says.
async fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(bytes.get(..head)?).to_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if bytes.len() >= head + length.unwrap_or(0) {
                return Some(bytes);
            }
        }
        let read = from.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend(buffer.get(..read)?);
    }
}

fn with_another_setting(answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let body = body.replacen("\"UserPoolClient\":{", "\"UserPoolClient\":{\"SignInWindow\":{\"Hours\":3},", 1);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
