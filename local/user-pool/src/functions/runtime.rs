//! Lambda's Runtime API, which the started processes speak.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::function::Outcome;

pub(super) async fn next(State(shared): State<Arc<Shared>>, Path((name, worker)): Path<(String, u64)>) -> Response {
    let Some(function) = shared.find(&name) else { return StatusCode::GONE.into_response() };
    let Some(call) = function.next(worker).await else { return StatusCode::GONE.into_response() };
    (
        [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", call.id),
            ("lambda-runtime-trace-id", call.trace_id),
            ("lambda-runtime-deadline-ms", call.deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", function.arn()),
        ],
        call.payload,
    )
        .into_response()
}

pub(super) async fn response(
    State(shared): State<Arc<Shared>>,
    Path((name, worker, id)): Path<(String, u64, String)>,
    body: Bytes,
) -> StatusCode {
    finish(&shared, &name, worker, &id, Outcome::Answer(body))
}

pub(super) async fn error(
    State(shared): State<Arc<Shared>>,
    Path((name, worker, id)): Path<(String, u64, String)>,
    body: Bytes,
) -> StatusCode {
    finish(&shared, &name, worker, &id, Outcome::Failure(body))
}

pub(super) async fn init_error(
    State(shared): State<Arc<Shared>>,
    Path((name, _worker)): Path<(String, u64)>,
    body: Bytes,
) -> StatusCode {
    if let Some(function) = shared.find(&name) {
        function.init_failed(&Outcome::Failure(body));
    }
    StatusCode::ACCEPTED
}

fn finish(shared: &Shared, name: &str, worker: u64, id: &str, outcome: Outcome) -> StatusCode {
    let known = shared.find(name).is_some_and(|function| function.finish(worker, id, outcome));
    if known { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
}
