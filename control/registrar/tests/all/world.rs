//! A table, a user pool, a receiver of answers, and a stack that asks.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use domain::{Actor, Binding, Client};
use jiff::{SignedDuration, Timestamp};
use lambda::Call;
use lambda::resource::{Handled, Resource};
use operations::Operations;
use registrar::{Ground, Post, Registrar};
use serde_json::{Value, json};
use store::{Connection, Table};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};

pub(crate) const POOL: &str = "eu-central-1_test";
/// The stack of a request, unless it says otherwise.
pub(crate) const STACK: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/app/11111111-aaaa";

static NANOS: AtomicI64 = AtomicI64::new(0);
static SEED: AtomicU64 = AtomicU64::new(1);

/// Every look at the clock is a microsecond later.
pub(crate) fn now() -> Timestamp {
    let passed = NANOS.fetch_add(1_000, Ordering::Relaxed);
    "2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_nanos(passed)
}

/// Unlike at every call.
pub(crate) fn random(bytes: &mut [u8]) {
    for byte in bytes {
        let mut x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        *byte = (x ^ (x >> 27)).to_be_bytes()[1];
    }
}

/// What was sent to the receiver: the head in lower case, and the body.
pub(crate) type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// Takes answers; the first `refusals` of them it turns away.
pub(crate) async fn receiver(refusals: u64) -> (String, Received) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer?X-Amz-Signature=canary", listener.local_addr().unwrap());
    let received = Received::default();
    let (kept, left) = (Arc::clone(&received), Arc::new(AtomicU64::new(refusals)));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (kept, left) = (Arc::clone(&kept), Arc::clone(&left));
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let mut buffer = [0; 8_192];
                loop {
                    let read = stream.read(&mut buffer).await.unwrap();
                    bytes.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&bytes);
                    if read == 0 {
                        return;
                    }
                    if let Some((head, body)) = text.split_once("\r\n\r\n")
                        && let Ok(body) = serde_json::from_str(body)
                    {
                        let refuse = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
                        if refuse.is_err() {
                            kept.lock().unwrap().push((head.to_lowercase(), body));
                        }
                        let status = if refuse.is_ok() { "503 Slow Down" } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                        return;
                    }
                }
            });
        }
    });
    (url, received)
}

/// Everything that a function needs, and the function.
pub(crate) struct World {
    pub(crate) table: Table,
    pub(crate) ops: Operations,
    pub(crate) registrar: Registrar,
    pub(crate) url: String,
    pub(crate) received: Received,
    server: Server,
}

/// What CloudFormation was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) ok: bool,
    pub(crate) physical: String,
    pub(crate) reason: String,
    pub(crate) data: Value,
    pub(crate) handled: Handled,
}

impl Told {
    pub(crate) fn done(self) -> Self {
        assert!(self.ok, "{self:?}");
        self
    }

    /// The code of a failure.
    pub(crate) fn code(&self) -> &'static str {
        assert!(!self.ok, "{self:?}");
        assert!(self.reason.contains(self.handled.code.unwrap()), "{self:?}");
        self.handled.code.unwrap()
    }
}

/// One request of one resource.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) stack: &'a str,
    pub(crate) logical: &'a str,
    pub(crate) kind: &'a str,
}

pub(crate) const fn ask<'a>(kind: &'a str, logical: &'a str) -> Ask<'a> {
    Ask { stack: STACK, logical, kind }
}

impl Ask<'_> {
    pub(crate) fn event(&self, verb: &str, physical: Option<&str>, properties: &Value, before: &Value) -> Value {
        let mut event = json!({
            "RequestType": verb,
            "RequestId": "request-1",
            "StackId": self.stack,
            "LogicalResourceId": self.logical,
            "ResourceType": self.kind,
            "ResourceProperties": properties,
        });
        event["ResourceProperties"]["ServiceToken"] = "arn:aws:lambda:eu-central-1:123456789012:function:r".into();
        event["ResourceProperties"]["ServiceTimeout"] = "300".into();
        if let Some(physical) = physical {
            event["PhysicalResourceId"] = physical.into();
        }
        if verb == "Update" {
            event["OldResourceProperties"] = before.clone();
        }
        event
    }

    pub(crate) async fn create(&self, world: &World, properties: &Value) -> Told {
        world.send(self.event("Create", None, properties, &Value::Null)).await
    }

    pub(crate) async fn update(&self, world: &World, physical: &str, properties: &Value, before: &Value) -> Told {
        world.send(self.event("Update", Some(physical), properties, before)).await
    }

    pub(crate) async fn delete(&self, world: &World, physical: &str, properties: &Value) -> Told {
        world.send(self.event("Delete", Some(physical), properties, &Value::Null)).await
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let world = Self::without_table().await;
        store::definition::create(&world.table).await.unwrap();
        world
    }

    pub(crate) async fn without_table() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let keys = || ("local".to_owned(), "local".to_owned(), None);
        let connection = Connection::with_keys(
            "tenantry".to_owned(),
            "eu-central-1".to_owned(),
            Some(endpoint.clone()),
            keys(),
            || 7,
        );
        let table = Table::connect(connection).unwrap();
        let settings =
            Settings::new(vec![PoolSettings::new(POOL)], Clock::new(now), Random::new(random), Sink::silent());
        let server = Server::start(settings).await.unwrap();
        let config = cognito::Config::builder()
            .behavior_version(cognito::config::BehaviorVersion::v2026_01_12())
            .region(cognito::config::Region::new("eu-central-1"))
            .endpoint_url(server.url())
            .credentials_provider(cognito::config::Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some("http://local"), &store::connect::Trust::Amazon).unwrap())
            .build();
        let ground = Ground {
            table: table.clone(),
            cognito: cognito::Client::from_conf(config),
            claims: registrar::claims::names(None).unwrap(),
            now,
            random,
        };
        let ops = Operations::new(&table, Actor::Operator("olga".to_owned()), now, random);
        let (url, received) = receiver(0).await;
        let registrar = Registrar::new(Ok(ground), Post::new(Some(&endpoint)));
        Self { table, ops, registrar, url, received, server }
    }

    /// Sends an event with this world's address for the answer, and waits for the answer.
    pub(crate) async fn send(&self, mut event: Value) -> Told {
        event["ResponseURL"] = self.url.clone().into();
        let handled = self.handle(&self.registrar, event.clone(), Duration::from_secs(9)).await;
        assert_eq!(handled.again, None);
        let (head, body) = self.received.lock().unwrap().pop().unwrap();
        assert!(head.starts_with("put /answer?") && !head.contains("content-type"), "{head}");
        for name in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(body[name], event[name]);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Told {
            ok: body["Status"] == "SUCCESS",
            physical: text("PhysicalResourceId"),
            reason: text("Reason"),
            data: body["Data"].clone(),
            handled,
        }
    }

    pub(crate) async fn handle(&self, registrar: &Registrar, event: Value, time: Duration) -> Handled {
        let call = Call { now: now(), deadline: Instant::now() + time };
        registrar.handle(event, call).await
    }

    /// A client in the pool, as the templates make one: passwords and refresh.
    pub(crate) fn client(&self, id: &str, flows: &[&str]) -> Client {
        let settings = ClientSettings {
            explicit_auth_flows: flows.iter().map(|flow| (*flow).to_owned()).collect(),
            enable_token_revocation: Some(true),
            auth_session_validity: Some(5),
            ..ClientSettings::for_passwords(id)
        };
        let seed = ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() };
        self.server.pool(POOL).unwrap().add_client(seed);
        Client { pool: POOL.parse().unwrap(), id: id.parse().unwrap() }
    }

    pub(crate) async fn binding(&self, client: &Client) -> Option<Binding> {
        self.ops.session().get(&store::Key::binding(client)).await.unwrap()
    }

    /// A tenant made by an operator.
    pub(crate) async fn tenant(&self, slug: &str) -> domain::Tenant {
        self.ops.create_tenant(&operations::NewTenant::new(slug.parse().unwrap(), slug)).await.unwrap()
    }
}

/// The flows of a client for passwords.
pub(crate) const PASSWORDS: &[&str] = &["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
/// The flows of a client for codes.
pub(crate) const CODES: &[&str] = &["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
