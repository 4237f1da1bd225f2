//! `GetTokensFromRefreshToken` and `RevokeToken`.

use serde::Deserialize;
use serde_json::json;

use super::Answer;
use super::auth::authentication_result;
use crate::error::ApiError;
use crate::server::Service;
use crate::tokens;
use crate::triggers::Metadata;
use crate::triggers::pre_token_generation::Source;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FromRefreshToken {
    refresh_token: String,
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

/// The trigger sees this as `TokenGeneration_Authentication`, as Cognito lists it.
pub(super) async fn tokens_from_refresh_token(service: &Service, input: FromRefreshToken) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    if !client.has_secret(input.client_secret.as_deref()) {
        return Err(ApiError::not_authorized(format!("Unable to verify secret for client {}", client.id)));
    }
    let (grant, user) = tokens::refreshable(service, &pool, &client, &input.refresh_token)?;
    let metadata = input.client_metadata.as_ref();
    let mut issued = tokens::issue(service, &pool, &client, &user, &grant, Source::Authentication, metadata).await?;
    issued.refresh_token = tokens::rotate(service, &pool, &client, &input.refresh_token, grant);
    Ok(json!({ "AuthenticationResult": authentication_result(&issued) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Revoke {
    token: String,
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
}

/// Ends the sign-in behind a refresh token: every token that came of it. Errors as the API reference lists them.
pub(super) fn revoke(service: &Service, input: &Revoke) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    if !client.has_secret(input.client_secret.as_deref()) {
        return Err(ApiError::unauthorized(format!("Unable to verify secret for client {}", client.id)));
    }
    if client.settings.enable_token_revocation == Some(false) {
        return Err(ApiError::unsupported_operation("Token revocation is not enabled for this client."));
    }
    let mut contents = pool.contents();
    let Some(grant) = contents.grants.get(&input.token) else {
        // An access or ID token has dots; a refresh token that is not known is answered like a revoked one.
        return if input.token.contains('.') {
            Err(ApiError::unsupported_token_type("Unsupported token type"))
        } else {
            Ok(json!({}))
        };
    };
    if grant.client_id == client.id {
        let origin = grant.origin_jti.clone();
        contents.revoked.insert(origin);
    }
    Ok(json!({}))
}
