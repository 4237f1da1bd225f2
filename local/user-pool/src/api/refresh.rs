//! `GetTokensFromRefreshToken` and `RevokeToken`.

use serde::Deserialize;
use serde_json::json;

use super::Answer;
use super::auth::authentication_result;
use crate::error::ApiError;
use crate::server::Service;
use crate::tokens::{self, later};
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
    if client.settings.rotates_refresh_tokens() {
        let grace =
            client.settings.refresh_token_rotation.as_ref().map_or(0, |rotation| rotation.retry_grace_period_seconds);
        let fresh = service.random.secret();
        let mut contents = pool.contents();
        if let Some(replaced) = contents.grants.get_mut(&input.refresh_token) {
            // A second use within the grace period does not lengthen it.
            replaced.replaced_until.get_or_insert(later(service.clock.now(), grace));
        }
        contents.grants.insert(fresh.clone(), grant);
        issued.refresh_token = Some(fresh);
    }
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

pub(super) fn revoke(service: &Service, input: &Revoke) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    if !client.has_secret(input.client_secret.as_deref()) {
        return Err(ApiError::not_authorized(format!("Unable to verify secret for client {}", client.id)));
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
