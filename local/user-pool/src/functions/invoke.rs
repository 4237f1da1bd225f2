//! Lambda's Invoke API, which callers speak.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::control::{Named, Qualifier, Source};
use super::function::Outcome;

/// By which the local user pool says who calls, if the function's policy is to count. Real Lambda knows the caller by its signature.
pub(crate) const SOURCE_ARN: &str = "x-local-source-arn";
/// The same, of the account.
pub(crate) const SOURCE_ACCOUNT: &str = "x-local-source-account";

pub(super) async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Qualifier>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    let named = Named::read(&name, query.qualifier);
    let name = &named.name;
    let Some(function) = shared.find(name).filter(|_| shared.has(&named)) else {
        let message = format!("Function not found: {name}");
        return (
            StatusCode::NOT_FOUND,
            [("x-amzn-errortype", "ResourceNotFoundException")],
            Json(json!({ "Type": "User", "Message": message,
                "errorType": "ResourceNotFoundException", "errorMessage": message })),
        )
            .into_response();
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let (Some(arn), Some(account)) = (header(SOURCE_ARN), header(SOURCE_ACCOUNT))
        && !shared.lets(&named, &Source { arn, account })
    {
        let message =
            format!("User is not authorized to perform: lambda:InvokeFunction on resource: {}", function.arn());
        return (
            StatusCode::FORBIDDEN,
            [("x-amzn-errortype", "AccessDeniedException")],
            Json(json!({ "Type": "User", "Message": message })),
        )
            .into_response();
    }
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
