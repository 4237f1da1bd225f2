//! Access tokens that callers present.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::keys::TokenUse;
use crate::client::Client;
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;
use crate::user::User;

/// The scope that opens the self-service operations.
pub(crate) const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Who presented a good access token.
pub(crate) struct Bearer {
    pub(crate) pool: Arc<Pool>,
    pub(crate) client: Client,
    pub(crate) user: User,
    pub(crate) scopes: Vec<String>,
}

/// Checks an access token for the self-service operations.
pub(crate) async fn bearer(service: &Service, token: &str) -> Result<Bearer, ApiError> {
    let bearer = any_bearer(service, token).await?;
    if bearer.scopes.iter().any(|scope| scope == ADMIN_SCOPE) {
        Ok(bearer)
    } else {
        Err(ApiError::not_authorized("Access Token does not have required scopes"))
    }
}

/// Checks an access token, whatever its scopes: signature, time, sign-out, and that its user is still there.
pub(crate) async fn any_bearer(service: &Service, token: &str) -> Result<Bearer, ApiError> {
    let invalid = || ApiError::not_authorized("Invalid Access Token");
    let pool = pool_of(token).and_then(|pool| service.pool(&pool).ok()).ok_or_else(invalid)?;
    let claims = pool.keys.get().await?.verify(TokenUse::Access, token).ok_or_else(invalid)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("token_use") != "access" || text("iss") != service.issuer(&pool) {
        return Err(invalid());
    }
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= service.clock.now().as_second()) {
        return Err(ApiError::not_authorized("Access Token has expired"));
    }
    let (user, client) = {
        let contents = pool.contents();
        if contents.revoked.contains(text("origin_jti")) {
            return Err(ApiError::not_authorized("Access Token has been revoked"));
        }
        let user = contents.users.get(text("username")).cloned().ok_or_else(ApiError::no_such_user)?;
        let client = contents.clients.get(text("client_id")).cloned().ok_or_else(invalid)?;
        (user, client)
    };
    // The name could be somebody else's by now: deleted and signed up anew.
    if user.sub != text("sub") {
        return Err(ApiError::no_such_user());
    }
    if !user.enabled {
        return Err(ApiError::not_authorized("User is disabled."));
    }
    let scopes = text("scope").split_ascii_whitespace().map(str::to_owned).collect();
    Ok(Bearer { pool, client, user, scopes })
}

/// Reads the pool's id from a token that is not verified yet.
fn pool_of(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let issuer = claims.get("iss")?.as_str()?;
    issuer.rsplit('/').next().map(str::to_owned)
}
