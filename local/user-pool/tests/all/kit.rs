//! What the tests share: a pool, functions that record their events, the official SDK, and a clock to turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, Clock, IssuerStyle, Pool, PoolSettings, Random, Server, Settings, Sink};

pub(crate) const POOL: &str = "eu-west-1_Local0001";
pub(crate) const CLIENT: &str = "webclient";
pub(crate) const ANN: &str = "ann@acme.example";
pub(crate) const PASSWORD: &str = "Correct-horse-1";

/// What a recorded function does with an event.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers with the event, after this changed it; with `{"refuse": "..."}` instead it fails with these words.
    Change(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// Fails as Lambda shows it: 200 and a header.
    Fail(&'static str),
    /// Fails as `cargo lambda watch` shows it: 500 and the body.
    FailLikeWatch(&'static str),
    /// Answers with these bytes.
    Say(&'static str),
    /// Answers too late this many times, then echoes.
    Late { times: usize },
}

/// The functions, in this process.
#[derive(Clone, Default)]
pub(crate) struct Functions(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    acts: BTreeMap<String, Act>,
    events: Vec<Value>,
}

impl Functions {
    pub(crate) fn on(&self, function: &str, act: Act) {
        self.0.lock().unwrap().acts.insert(function.to_owned(), act);
    }

    /// Makes a function change its event.
    pub(crate) fn change(&self, function: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.on(function, Act::Change(Arc::new(change)));
    }

    /// Every event so far, and forgets them.
    pub(crate) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap().events)
    }

    /// The sources of the events so far, and forgets them.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.take().iter().map(|event| event["triggerSource"].as_str().unwrap().to_owned()).collect()
    }

    async fn serve(&self) -> String {
        async fn invoke(State(functions): State<Functions>, Path(name): Path<String>, body: String) -> Response {
            let mut event: Value = serde_json::from_str(&body).unwrap();
            let act = {
                let mut recorded = functions.0.lock().unwrap();
                recorded.events.push(event.clone());
                let act = recorded.acts.get(&name).cloned();
                if let Some(Act::Late { times }) = recorded.acts.get_mut(&name) {
                    *times = times.saturating_sub(1);
                }
                act
            };
            let error = |message: &str| json!({ "errorType": "Refused", "errorMessage": message }).to_string();
            match act {
                None | Some(Act::Late { times: 0 }) => event.to_string().into_response(),
                Some(Act::Change(change)) => {
                    change(&mut event);
                    match event["refuse"].as_str() {
                        Some(message) => ([("x-amz-function-error", "Unhandled")], error(message)).into_response(),
                        None => event.to_string().into_response(),
                    }
                }
                Some(Act::Fail(message)) => ([("x-amz-function-error", "Unhandled")], error(message)).into_response(),
                Some(Act::FailLikeWatch(message)) => {
                    (StatusCode::INTERNAL_SERVER_ERROR, error(message)).into_response()
                }
                Some(Act::Say(text)) => text.into_response(),
                Some(Act::Late { .. }) => {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                    StatusCode::GATEWAY_TIMEOUT.into_response()
                }
            }
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router =
            Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }
}

/// A pool with all three triggers, its functions, and an SDK client.
pub(crate) struct Kit {
    pub(crate) server: Server,
    pub(crate) pool: Arc<Pool>,
    pub(crate) functions: Functions,
    pub(crate) sdk: cognito::Client,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl Kit {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}, IssuerStyle::Local).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut PoolSettings), issuer: IssuerStyle) -> Self {
        let functions = Functions::default();
        let mut pool = PoolSettings::new(POOL);
        pool.custom_attributes = vec!["tenant_id".to_owned()];
        pool.triggers.invoke_url = functions.serve().await;
        pool.triggers.pre_sign_up = Some("pre-sign-up".to_owned());
        pool.triggers.post_confirmation = Some("post-confirmation".to_owned());
        pool.triggers.pre_token_generation = Some("pre-token-generation".to_owned());
        pool.clients.push(ClientSeed {
            client_id: Some(CLIENT.to_owned()),
            settings: ClientSettings::for_passwords("web"),
            ..ClientSeed::default()
        });
        change(&mut pool);
        let ahead = Arc::new(Mutex::new(SignedDuration::ZERO));
        let mut settings = Settings::new(vec![pool], clock(Arc::clone(&ahead)), random(), Sink::silent());
        settings.issuer = issuer;
        let server = Server::start(settings).await.unwrap();
        let sdk = sdk(server.url());
        Self { pool: server.pool(POOL).unwrap(), server, functions, sdk, ahead }
    }

    /// Turns the pool's clock on.
    pub(crate) fn pass(&self, time: SignedDuration) {
        *self.ahead.lock().unwrap() += time;
    }

    pub(crate) fn code(&self) -> String {
        self.server.outbox().mails().last().unwrap().code.clone()
    }

    /// Ann signs up and confirms.
    pub(crate) async fn ann(&self) -> String {
        let sub = self.sign_up(ANN).await.unwrap();
        let confirmed = self.sdk.confirm_sign_up().client_id(CLIENT).username(ANN).confirmation_code(self.code());
        confirmed.send().await.unwrap();
        sub
    }

    pub(crate) async fn sign_up(&self, email: &str) -> Result<String, String> {
        let sent = self.sdk.sign_up().client_id(CLIENT).username(email).password(PASSWORD).send().await;
        sent.map(|answer| answer.user_sub().to_owned()).map_err(words)
    }

    pub(crate) async fn sign_in(&self) -> Result<AuthenticationResultType, String> {
        let sent = self
            .sdk
            .initiate_auth()
            .client_id(CLIENT)
            .auth_flow("USER_PASSWORD_AUTH".into())
            .auth_parameters("USERNAME", ANN)
            .auth_parameters("PASSWORD", PASSWORD)
            .send()
            .await;
        sent.map(|answer| answer.authentication_result().unwrap().clone()).map_err(words)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<AuthenticationResultType, String> {
        let sent = self
            .sdk
            .initiate_auth()
            .client_id(CLIENT)
            .auth_flow("REFRESH_TOKEN_AUTH".into())
            .auth_parameters("REFRESH_TOKEN", token)
            .send()
            .await;
        sent.map(|answer| answer.authentication_result().unwrap().clone()).map_err(words)
    }

    /// What one of the local shortcuts or the token endpoint answers.
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: String) -> (u16, Value) {
        http(&format!("{}{path}", self.server.url()), Some((content_type, body))).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        http(&format!("{}{path}", self.server.url()), None).await
    }
}

/// A plain request; the answer's status and JSON body.
pub(crate) async fn http(url: &str, post: Option<(&str, String)>) -> (u16, Value) {
    use http_body_util::{BodyExt as _, Full};
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let request = axum::http::Request::builder().uri(url);
    let request = match post {
        Some((content_type, body)) => request
            .method("POST")
            .header("content-type", content_type)
            .body(Full::new(axum::body::Bytes::from(body)))
            .unwrap(),
        None => request.body(Full::default()).unwrap(),
    };
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

#[expect(clippy::disallowed_methods, reason = "tests make their own clock")]
fn clock(ahead: Arc<Mutex<SignedDuration>>) -> Clock {
    Clock::new(move || Timestamp::now() + *ahead.lock().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "tests make their own randomness")]
pub(crate) fn random() -> Random {
    Random::new(|bytes| getrandom::fill(bytes).unwrap())
}

pub(crate) fn system_clock() -> Clock {
    clock(Arc::default())
}

pub(crate) fn sdk(url: &str) -> cognito::Client {
    let config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    cognito::Client::from_conf(config)
}

/// An SDK error as `Type: sentence`.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(crate) fn words<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(error: SdkError<E, R>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => format!("{error:?}"),
    }
}

/// The claims of a token, not verified: the judges do that.
pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}
