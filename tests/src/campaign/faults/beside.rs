//! A user pool beside the table, without a socket: never faulty itself, and before every schedule as it was at the beginning.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use user_pool::{Clock, InProcess, PoolSettings, Random, Settings, Sink};

use crate::dump::Dump;
use crate::in_process::{client, response};
use crate::nouns::{POOL, now};

/// What is in a pool at the beginning.
#[derive(Debug, Clone, Default)]
pub struct Seeds {
    /// Its settings, with its app clients.
    pub settings: PoolSettings,
    /// Requests that make its users, in this order.
    pub users: Vec<(&'static str, Value)>,
}

/// The pool.
#[derive(Debug)]
pub struct Beside {
    seeds: Seeds,
    wire: Wire,
    cognito: cognito::Client,
}

impl Beside {
    pub(super) fn new(seeds: Seeds) -> Self {
        let wire = Wire(Arc::new(Mutex::new(empty(&seeds.settings))));
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url("http://127.0.0.1:9")
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(client(wire.clone()))
            .build();
        Self { seeds, wire, cognito: cognito::Client::from_conf(config) }
    }

    /// What asks it.
    pub const fn cognito(&self) -> &cognito::Client {
        &self.cognito
    }

    /// As it was at the beginning.
    pub async fn anew(&self) {
        *self.wire.0.lock().expect("a lock") = empty(&self.seeds.settings);
        for (operation, asked) in &self.seeds.users {
            self.ask(operation, asked).await;
        }
    }

    /// Its app clients and its users.
    pub async fn contents(&self) -> Dump {
        let mut all = Dump::new();
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
        let (status, answer) = ask(self.wire.pool(), &target, asked.to_string().into_bytes()).await;
        let answer = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }
}

/// The same in every schedule, whatever was done in another one.
fn empty(settings: &PoolSettings) -> InProcess {
    let count = AtomicU64::new(1);
    let random = Random::new(move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let bits = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            for (to, from) in chunk.iter_mut().zip(bits) {
                *to = from;
            }
        }
    });
    InProcess::new(Settings::new(vec![settings.clone()], Clock::new(now), random, Sink::silent()))
}

/// Stands for the network between the SDK and the pool.
#[derive(Debug, Clone)]
struct Wire(Arc<Mutex<InProcess>>);

impl Wire {
    fn pool(&self) -> InProcess {
        self.0.lock().expect("a lock").clone()
    }
}

async fn ask(pool: InProcess, target: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = Request::post("/")
        .header("host", "127.0.0.1")
        .header("x-amz-target", target)
        // Any will do.
        .header("authorization", "local")
        .body(Body::from(body))
        .expect("a request");
    let answer = pool.answer(request).await;
    let status = answer.status().as_u16();
    (status, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let pool = self.pool();
        HttpConnectorFuture::new(async move {
            let (status, body) = ask(pool, &target, body).await;
            Ok(response(status, body))
        })
    }
}
