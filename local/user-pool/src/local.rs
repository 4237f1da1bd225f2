//! The local shortcuts that no real pool has: the outbox, and identity providers to play with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
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

#[derive(Deserialize)]
pub(crate) struct NewProvider {
    pool: String,
    #[serde(flatten)]
    provider: IdentityProvider,
}

/// `POST /local/providers`: adds a provider to a pool, or replaces the one of this name.
pub(crate) async fn set_provider(State(service): State<Arc<Service>>, Json(new): Json<NewProvider>) -> Response {
    match service.pool(&new.pool) {
        Ok(pool) => {
            pool.set_provider(new.provider);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => error.into_response(),
    }
}
