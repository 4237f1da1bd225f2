//! What verifiers fetch: the keys, and the OpenID configuration that names them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::server::Service;

pub(crate) async fn jwks(State(service): State<Arc<Service>>, Path(pool): Path<String>) -> Response {
    let pool = match service.pool(&pool) {
        Ok(pool) => pool,
        Err(error) => return error.into_response(),
    };
    match pool.keys.get().await {
        Ok(keys) => Json(keys.jwks()).into_response(),
        Err(error) => error.into_response(),
    }
}

pub(crate) async fn openid_configuration(State(service): State<Arc<Service>>, Path(pool): Path<String>) -> Response {
    let pool = match service.pool(&pool) {
        Ok(pool) => pool,
        Err(error) => return error.into_response(),
    };
    // The keys and the endpoints are here, whatever the issuer is called.
    let here = format!("{}/{}", service.url, pool.id());
    let url = &service.url;
    Json(json!({
        "issuer": service.issuer(&pool),
        "jwks_uri": format!("{here}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{url}/oauth2/authorize"),
        "end_session_endpoint": format!("{url}/logout"),
        "revocation_endpoint": format!("{url}/oauth2/revoke"),
        "token_endpoint": format!("{here}/oauth2/token"),
        "userinfo_endpoint": format!("{url}/oauth2/userInfo"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
    }))
    .into_response()
}
