//! Lambda's Invoke API, which callers speak.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::function::Outcome;

pub(super) async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    // A caller may name the function by its ARN.
    let name = name.rsplit(':').next().unwrap_or(&name);
    let Some(function) = shared.find(name) else {
        let message = format!("Function not found: {name}");
        return (
            StatusCode::NOT_FOUND,
            [("x-amzn-errortype", "ResourceNotFoundException")],
            Json(json!({ "Type": "User", "Message": message,
                "errorType": "ResourceNotFoundException", "errorMessage": message })),
        )
            .into_response();
    };
    let invocation = headers.get("x-amz-invocation-type").and_then(|value| value.to_str().ok());
    match invocation {
        Some("DryRun") => return StatusCode::NO_CONTENT.into_response(),
        Some("Event") => {
            tokio::spawn(function.call(payload));
            return StatusCode::ACCEPTED.into_response();
        }
        _ => {}
    }
    // The call outlives a caller who hangs up: a process is never left with an answer that nobody takes.
    let Ok((id, outcome)) = tokio::spawn(function.call(payload)).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let common = [
        ("content-type", "application/json".to_owned()),
        ("x-amz-executed-version", "$LATEST".to_owned()),
        ("x-amzn-requestid", id),
    ];
    match outcome {
        Outcome::Answer(body) => (StatusCode::OK, common, body).into_response(),
        Outcome::Failure(body) => {
            (StatusCode::OK, common, [("x-amz-function-error", "Unhandled")], body).into_response()
        }
    }
}
