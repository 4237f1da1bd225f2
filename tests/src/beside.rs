//! A user pool and its functions beside the table, without a socket: never faulty themselves, and before every schedule as they were at the
//! beginning.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda as lambda;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use user_pool::{Clock, InProcess, PoolSettings, Random, Settings, Sink, functions};

use crate::dump::Dump;
use crate::in_process::{client, response};
use crate::nouns::{POOL, now};
use crate::world::fill;

/// What is in a pool at the beginning.
#[derive(Debug, Clone, Default)]
pub struct Seeds {
    /// Its settings, with its app clients.
    pub settings: PoolSettings,
    /// Requests that make its users, in this order.
    pub users: Vec<(&'static str, Value)>,
    /// The functions that there are in Lambda, by their names.
    pub functions: Vec<String>,
}

/// The pool and its functions.
#[derive(Debug)]
pub struct Beside {
    seeds: Seeds,
    wire: Wire,
    clients: Clients,
}

/// What asks them.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The user pool.
    pub cognito: cognito::Client,
    /// The functions.
    pub lambda: lambda::Client,
}

impl Beside {
    /// With these in it once it is made anew.
    pub fn new(seeds: Seeds) -> Self {
        let wire = Wire(Arc::new(Mutex::new(Servers::new(&seeds))));
        let keys = Credentials::new("local", "local", None, None, "tests");
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(NOWHERE)
            .credentials_provider(keys.clone())
            .http_client(client(wire.clone()))
            .build();
        let functions = lambda::Config::builder()
            .behavior_version(lambda::config::BehaviorVersion::latest())
            .region(lambda::config::Region::new(REGION))
            .endpoint_url(NOWHERE)
            .credentials_provider(keys)
            .http_client(client(wire.clone()))
            .build();
        let clients =
            Clients { cognito: cognito::Client::from_conf(config), lambda: lambda::Client::from_conf(functions) };
        Self { seeds, wire, clients }
    }

    /// What asks them.
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// As they were at the beginning.
    pub async fn anew(&self) {
        *self.wire.0.lock().expect("a lock") = Servers::new(&self.seeds);
        for (operation, asked) in &self.seeds.users {
            self.ask(operation, asked).await;
        }
    }

    /// The pool's triggers, its app clients and its users.
    pub async fn contents(&self) -> Dump {
        let mut all = Dump::new();
        let pool = self.ask("DescribeUserPool", &json!({ "UserPoolId": POOL })).await;
        all.insert("triggers".to_owned(), pool["UserPool"]["LambdaConfig"].clone());
        let clients = self.ask("ListUserPoolClients", &json!({ "UserPoolId": POOL, "MaxResults": 60 })).await;
        for client in clients["UserPoolClients"].as_array().into_iter().flatten() {
            let asked = json!({ "UserPoolId": POOL, "ClientId": client["ClientId"] });
            let mut client = self.ask("DescribeUserPoolClient", &asked).await["UserPoolClient"].take();
            if let Some(client) = client.as_object_mut() {
                client.retain(|name, _| !matches!(name.as_str(), "ClientSecret" | "CreationDate" | "LastModifiedDate"));
            }
            all.insert(format!("app client {}", client["ClientId"]), client);
        }
        let users = self.ask("ListUsers", &json!({ "UserPoolId": POOL, "Limit": 60 })).await;
        for user in users["Users"].as_array().into_iter().flatten() {
            all.insert(format!("user {}", user["Username"]), user.clone());
        }
        all
    }

    async fn ask(&self, operation: &str, asked: &Value) -> Value {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let request = Request::post("/").header("x-amz-target", target).body(Body::from(asked.to_string()));
        let (status, _, answer) = self.wire.servers().answer(request.expect("a request")).await;
        let answer = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }
}

const REGION: &str = "eu-west-1";

/// Nothing listens there, so whoever forgets to take the wire fails.
const NOWHERE: &str = "http://127.0.0.1:9";

/// How Lambda's API says which error it is.
const ERROR: &str = "x-amzn-errortype";

/// The user pool's server and Lambda's.
#[derive(Debug, Clone)]
struct Servers {
    pool: InProcess,
    functions: functions::InProcess,
}

impl Servers {
    /// The same in every schedule, whatever was done in another one.
    fn new(seeds: &Seeds) -> Self {
        let count = AtomicU64::new(1);
        let random = Random::new(move |bytes: &mut [u8]| fill(&count, bytes));
        let functions = functions::InProcess::new(Clock::new(now), random.clone(), Sink::silent());
        for name in &seeds.functions {
            functions.add(name);
        }
        let pools = vec![seeds.settings.clone()];
        Self { pool: InProcess::new(Settings::new(pools, Clock::new(now), random, Sink::silent())), functions }
    }

    /// Status, kind of error and body.
    async fn answer(&self, mut request: Request) -> (u16, Option<String>, Vec<u8>) {
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static("127.0.0.1"));
        // Any will do.
        headers.insert("authorization", HeaderValue::from_static("local"));
        let answer = if headers.contains_key("x-amz-target") {
            self.pool.answer(request).await
        } else {
            self.functions.answer(request).await
        };
        let status = answer.status().as_u16();
        let kind = answer.headers().get(ERROR).map(|kind| kind.to_str().expect("a kind").to_owned());
        (status, kind, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
    }
}

/// Stands for the network between the SDKs and them.
#[derive(Debug, Clone)]
struct Wire(Arc<Mutex<Servers>>);

impl Wire {
    fn servers(&self) -> Servers {
        self.0.lock().expect("a lock").clone()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().strip_prefix(NOWHERE).unwrap_or_else(|| request.uri());
        let mut asked = Request::builder().method(request.method()).uri(path);
        for name in ["x-amz-target", "content-type"] {
            if let Some(value) = request.headers().get(name) {
                asked = asked.header(name, value);
            }
        }
        let asked = asked.body(Body::from(request.body().bytes().unwrap_or_default().to_vec())).expect("a request");
        let servers = self.servers();
        HttpConnectorFuture::new(async move {
            let (status, kind, body) = servers.answer(asked).await;
            let mut response = response(status, body);
            if let Some(kind) = kind {
                response.headers_mut().insert(ERROR, kind);
            }
            Ok(response)
        })
    }
}
