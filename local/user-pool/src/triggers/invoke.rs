//! Calls a trigger's function through Lambda's Invoke API, as patiently as Cognito does and in its words.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::error::ApiError;
use crate::functions::{PAYLOAD_LIMIT, SOURCE_ACCOUNT, SOURCE_ARN};
use crate::pool::{ACCOUNT, Pool};
use crate::server::Service;
use crate::settings::Triggers;

/// The client of the Invoke API.
#[derive(Debug)]
pub(crate) struct Lambda(Client<HttpConnector, Full<Bytes>>);

enum Attempt {
    Answered(Bytes),
    /// The function's own words.
    Failed(String),
    TimedOut,
    /// Nothing that speaks Invoke answered.
    Unreachable(String),
    /// The function's resource policy does not let the pool call it.
    NotPermitted,
}

impl Lambda {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    async fn attempt(&self, pool: &Pool, triggers: &Triggers, function: &str, event: &str) -> Attempt {
        match tokio::time::timeout(triggers.limit, self.invoke(pool, triggers, function, event)).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(error)) => Attempt::Unreachable(error),
            Err(_) => Attempt::TimedOut,
        }
    }

    async fn invoke(&self, pool: &Pool, triggers: &Triggers, function: &str, event: &str) -> Result<Attempt, String> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", triggers.invoke_url.trim_end_matches('/'));
        let request = Request::builder()
            .method(Method::POST)
            .uri(&url)
            .header("content-type", "application/json")
            .header("x-amz-invocation-type", "RequestResponse");
        let request = if triggers.needs_permission {
            request.header(SOURCE_ARN, pool.arn()).header(SOURCE_ACCOUNT, ACCOUNT)
        } else {
            request
        };
        let request = request
            .body(Full::new(Bytes::copy_from_slice(event.as_bytes())))
            .map_err(|error| format!("{url}: {error}"))?;
        let response = self.0.request(request).await.map_err(|error| format!("{url}: {error}"))?;
        let status = response.status();
        let failed = response.headers().contains_key("x-amz-function-error");
        let body = Limited::new(response.into_body(), PAYLOAD_LIMIT)
            .collect()
            .await
            .map_err(|error| format!("{url}: {error}"))?
            .to_bytes();
        let message = || {
            let body: Value = serde_json::from_slice(&body).ok()?;
            body.get("errorMessage").map(|message| message.as_str().map_or_else(|| message.to_string(), str::to_owned))
        };
        Ok(match (status, failed) {
            (StatusCode::FORBIDDEN, _) if triggers.needs_permission => Attempt::NotPermitted,
            (StatusCode::OK, false) => Attempt::Answered(body),
            (StatusCode::OK, true) => Attempt::Failed(message().unwrap_or_default()),
            // `cargo lambda watch` answers 500 where Lambda answers 200 with the header.
            (status, _) if status.is_server_error() => match message() {
                Some(message) => Attempt::Failed(message),
                None => Attempt::Unreachable(format!("{url}: {status}")),
            },
            (status, _) => Attempt::Unreachable(format!("{url}: {status}")),
        })
    }
}

/// Calls `function` with `event`. The answer is the whole event, `request` and `response` in it, or it is refused.
pub(super) async fn call(
    service: &Service,
    pool: &Pool,
    triggers: &Triggers,
    function: &str,
    trigger: &str,
    event: &Value,
) -> Result<Value, ApiError> {
    let source = event.get("triggerSource").and_then(Value::as_str).unwrap_or_default();
    let text = event.to_string();
    for attempt in 1..=triggers.attempts.max(1) {
        match service.lambda.attempt(pool, triggers, function, &text).await {
            Attempt::Answered(body) => {
                service.say(pool, format!("{source} -> {function}: answered"));
                let answer: Option<Value> = serde_json::from_slice(&body).ok();
                let whole = |answer: &Value| {
                    ["request", "response"].iter().all(|part| answer.get(part).is_some_and(Value::is_object))
                };
                return answer
                    .filter(whole)
                    .and_then(|mut answer| answer.get_mut("response").map(Value::take))
                    .ok_or_else(unrecognizable);
            }
            Attempt::Failed(message) => {
                service.say(pool, format!("{source} -> {function}: refused: {message}"));
                return Err(ApiError::user_lambda_validation(format!("{trigger} failed with error {message}.")));
            }
            Attempt::TimedOut => service.say(pool, format!("{source} -> {function}: call {attempt} timed out")),
            // Seen in issue threads of SAM, SST and Terraform; its type is not.
            Attempt::NotPermitted => {
                service
                    .say(pool, format!("{source} -> {function}: its resource policy does not let this pool call it"));
                return Err(ApiError::unexpected_lambda(format!(
                    "{trigger} invocation failed due to error AccessDeniedException."
                )));
            }
            Attempt::Unreachable(error) => {
                service.say(pool, format!("{source} -> {function}: {error}"));
                return Err(ApiError::unexpected_lambda(format!(
                    "{trigger} invocation failed due to error ServiceException."
                )));
            }
        }
    }
    Err(ApiError::unexpected_lambda(format!(
        "{trigger} invocation failed due to error Socket timeout while invoking Lambda function."
    )))
}

/// An answer that Cognito cannot read.
pub(super) fn unrecognizable() -> ApiError {
    ApiError::invalid_lambda_response("Unrecognizable lambda output")
}
