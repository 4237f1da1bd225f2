//! The token endpoint and the revocation endpoint (Amazon Cognito, "The token issuer endpoint", "The token revocation
//! endpoint").

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::authorize;
use crate::client::Client;
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;
use crate::tokens::{self, Issued};
use crate::triggers::Metadata;
use crate::triggers::pre_token_generation::Source;

/// An error as OAuth words it (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuthError {
    error: &'static str,
    description: Option<String>,
}

impl OAuthError {
    pub(crate) fn new(error: &'static str) -> Self {
        Self { error, description: None }
    }

    pub(crate) fn saying(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: Some(description.into()) }
    }

    /// Managed login hands a trigger's words to the app like this.
    pub(crate) fn from_managed_login(error: ApiError) -> Self {
        Self::saying("invalid_request", error.message)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let (Some(body), Some(description)) = (body.as_object_mut(), self.description) {
            body.insert("error_description".to_owned(), json!(description));
        }
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

/// Tokens as the token endpoint shows them.
pub(crate) fn token_response(issued: &Issued) -> Value {
    let mut body = json!({
        "access_token": issued.access_token,
        "expires_in": issued.expires_in,
        "token_type": "Bearer",
    });
    for (name, token) in [("id_token", &issued.id_token), ("refresh_token", &issued.refresh_token)] {
        if let (Some(body), Some(token)) = (body.as_object_mut(), token) {
            body.insert(name.to_owned(), json!(token));
        }
    }
    body
}

type Form = BTreeMap<String, String>;

/// `POST /oauth2/token`: the app client names the pool. `POST /POOL/oauth2/token` is the same.
pub(crate) async fn token(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let granted = tokio::spawn(async move { grant(&service, &headers, &form).await }).await;
    match granted {
        Ok(Ok(issued)) => ([("cache-control", "no-store")], Json(token_response(&issued))).into_response(),
        Ok(Err(error)) => error.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `POST /oauth2/revoke`: ends a refresh token, and every access token that came of it.
pub(crate) async fn revoke(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let (pool, client) = match authenticate(&service, &headers, &form) {
        Ok(known) => known,
        // Unlike the token endpoint, this one says 401.
        Err(error) if error.error == "invalid_client" => return (StatusCode::UNAUTHORIZED, error).into_response(),
        Err(error) => return error.into_response(),
    };
    match end(&pool, &client, form.get("token").map(String::as_str)) {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(),
    }
}

/// A token that is unknown, or another client's, is answered like one that was revoked.
fn end(pool: &Pool, client: &Client, token: Option<&str>) -> Result<(), OAuthError> {
    let token = token.ok_or_else(|| OAuthError::new("invalid_request"))?;
    if client.settings.enable_token_revocation == Some(false) {
        return Err(OAuthError::new("invalid_request"));
    }
    // An access or ID token has dots.
    if token.contains('.') {
        return Err(OAuthError::new("unsupported_token_type"));
    }
    let contents = &mut *pool.contents();
    if let Some(grant) = contents.grants.get(token).filter(|grant| grant.client_id == client.id) {
        contents.revoked.insert(grant.origin_jti.clone());
    }
    Ok(())
}

async fn grant(service: &Service, headers: &HeaderMap, form: &Form) -> Result<Issued, OAuthError> {
    let (pool, client) = authenticate(service, headers, form)?;
    match form.get("grant_type").map(String::as_str) {
        Some("refresh_token") => refresh(service, &pool, &client, form).await,
        Some("client_credentials") => client_credentials(service, &pool, &client, form).await,
        Some("authorization_code") => authorize::redeem(service, &pool, &client, form),
        Some(_) => Err(OAuthError::new("unsupported_grant_type")),
        None => Err(OAuthError::new("invalid_request")),
    }
}

/// The client, by HTTP Basic or by the form.
fn authenticate(service: &Service, headers: &HeaderMap, form: &Form) -> Result<(Arc<Pool>, Client), OAuthError> {
    let invalid = || OAuthError::new("invalid_client");
    let basic = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|value| String::from_utf8(value).ok());
    let (id, secret) = if let Some(basic) = &basic {
        let (id, secret) = basic.split_once(':').ok_or_else(invalid)?;
        (id, Some(secret).filter(|secret| !secret.is_empty()))
    } else {
        let id = form.get("client_id").ok_or_else(|| OAuthError::new("invalid_request"))?;
        (id.as_str(), form.get("client_secret").map(String::as_str))
    };
    let pool = service.pool_of_client(id).map_err(|_| invalid())?;
    let client = pool.client(id).map_err(|_| invalid())?;
    if client.has_secret(secret) { Ok((pool, client)) } else { Err(invalid()) }
}

async fn refresh(service: &Service, pool: &Pool, client: &Client, form: &Form) -> Result<Issued, OAuthError> {
    let token = form.get("refresh_token").ok_or_else(|| OAuthError::new("invalid_request"))?;
    let (grant, user) =
        tokens::refreshable(service, pool, client, token).map_err(|_| OAuthError::new("invalid_grant"))?;
    let mut issued = tokens::issue(service, pool, client, &user, &grant, Source::RefreshTokens, None)
        .await
        .map_err(|error| OAuthError::saying("invalid_grant", error.message))?;
    issued.refresh_token = tokens::rotate(service, pool, client, token, grant);
    Ok(issued)
}

async fn client_credentials(
    service: &Service,
    pool: &Pool,
    client: &Client,
    form: &Form,
) -> Result<Issued, OAuthError> {
    let settings = &client.settings;
    let open = settings.allowed_oauth_flows_user_pool_client == Some(true)
        && settings.allowed_oauth_flows.iter().any(|flow| flow == "client_credentials");
    if !open || client.secret.is_none() {
        return Err(OAuthError::new("unauthorized_client"));
    }
    let asked: Vec<String> =
        form.get("scope").map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()).unwrap_or_default();
    let scopes = if asked.is_empty() { settings.allowed_oauth_scopes.clone() } else { asked };
    // A machine gets the scopes of resource servers alone.
    let allowed = |scope: &String| scope.contains('/') && settings.allowed_oauth_scopes.contains(scope);
    if scopes.is_empty() || !scopes.iter().all(allowed) {
        return Err(OAuthError::new("invalid_scope"));
    }
    let metadata: Option<Metadata> = form
        .get("aws_client_metadata")
        .map(|metadata| serde_json::from_str(metadata))
        .transpose()
        .map_err(|_| OAuthError::new("invalid_request"))?;
    tokens::machine(service, pool, client, &scopes, metadata.as_ref())
        .await
        .map_err(|error| OAuthError::saying("invalid_request", error.message))
}
