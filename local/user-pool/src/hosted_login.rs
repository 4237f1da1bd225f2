//! `POST /local/hosted-login`, a local shortcut: what managed login does once somebody typed a password, without pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::api::check_password;
use crate::authorize;
use crate::client::ClientSettings;
use crate::error::ApiError;
use crate::local::sent;
use crate::oauth::{OAuthError, token_response};
use crate::server::Service;
use crate::tokens::access::ADMIN_SCOPE;
use crate::tokens::{self, Issued, SignIn};
use crate::user::Status;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostedLogin {
    pool: String,
    client_id: String,
    username: String,
    password: String,
    /// The scopes to ask for; all that the client allows if absent.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

/// Tokens as the token endpoint shows them, or the error that managed login hands to the app.
pub(crate) async fn hosted_login(
    State(service): State<Arc<Service>>,
    input: Result<Json<HostedLogin>, JsonRejection>,
) -> Response {
    let input = match sent(input, "pool, clientId, username and password; scopes may follow") {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    match tokio::spawn(async move { sign_in(&service, input).await }).await {
        Ok(Ok(issued)) => Json(token_response(&issued)).into_response(),
        Ok(Err(error)) => OAuthError::from_managed_login(error).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn sign_in(service: &Service, input: HostedLogin) -> Result<Issued, ApiError> {
    let pool = service.pool(&input.pool)?;
    let client = pool.client(&input.client_id)?;
    if !authorize::takes_passwords(&client.settings) {
        return Err(ApiError::unsupported_identity_provider("This client signs nobody in by password."));
    }
    let user = check_password(service, &pool, &client, &input.username, &input.password)?;
    if user.status == Status::ForceChangePassword {
        return Err(ApiError::not_authorized("A new password is required; choose it through the user pool API."));
    }
    let scopes = scopes(&client.settings, input.scopes)?;
    tokens::sign_in(service, &pool, &client, &user, SignIn::by_managed_login(scopes)).await
}

/// The scopes of a managed login: those that were asked for, if the client allows them, or all that it allows.
pub(crate) fn scopes(settings: &ClientSettings, asked: Option<Vec<String>>) -> Result<Vec<String>, ApiError> {
    let allowed = if settings.allowed_oauth_scopes.is_empty() {
        ["openid", "email", "profile", ADMIN_SCOPE].map(str::to_owned).to_vec()
    } else {
        settings.allowed_oauth_scopes.clone()
    };
    let Some(asked) = asked else { return Ok(allowed) };
    match asked.iter().find(|scope| !allowed.contains(scope)) {
        Some(scope) => Err(ApiError::invalid_parameter(format!("invalid_scope: {scope}"))),
        None => Ok(asked),
    }
}
