//! The local shortcuts that no real pool has: the outbox, and identity providers to play with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::provider::IdentityProvider;
use crate::server::Service;

/// `GET /local/outbox`: every mail, oldest first.
pub(crate) async fn outbox(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(json!({ "mails": service.outbox.mails() }))
}

/// What a script sent to a shortcut; or, if it cannot be read, an answer that says what should be sent, in words of ours.
// A page of another origin cannot send `application/json` without asking first: the content type is looked at before all else.
#[expect(clippy::result_large_err, reason = "the answer is sent at once")]
pub(crate) fn sent<T>(body: Result<Json<T>, JsonRejection>, takes: &str) -> Result<T, Response> {
    body.map(|Json(sent)| sent).map_err(|rejection| {
        let description = format!("Send a JSON object, as application/json, with {takes}.");
        let body = json!({ "error": "invalid_request", "error_description": description });
        (rejection.status(), Json(body)).into_response()
    })
}

#[derive(Deserialize)]
pub(crate) struct NewProvider {
    pool: String,
    #[serde(flatten)]
    provider: IdentityProvider,
}

/// `POST /local/providers`: adds a provider to a pool, or replaces the one of this name.
pub(crate) async fn set_provider(
    State(service): State<Arc<Service>>,
    new: Result<Json<NewProvider>, JsonRejection>,
) -> Response {
    let new = match sent(new, "pool, name and type (SAML, OIDC, Google, …); attributeMapping and enabled may follow")
    {
        Ok(new) => new,
        Err(refusal) => return refusal,
    };
    match service.pool(&new.pool) {
        Ok(pool) => {
            pool.set_provider(new.provider);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => error.into_response(),
    }
}
