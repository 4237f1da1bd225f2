//! Who calls, in which tenant and as what: an extractor that believes a verified Cognito access token alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};

use crate::keys::{Keys, Missing};

/// Who calls, in which tenant and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Whose data this request may touch.
    pub tenant_id: String,
    /// The person's membership, stable for as long as they belong to the tenant; a machine has none.
    pub member_id: Option<String>,
    /// `owner`, `admin`, `member`, `viewer` or the tenant's own.
    pub roles: BTreeSet<String>,
    /// What the roles may do, by the catalogue.
    pub permissions: BTreeSet<String>,
}

impl Tenant {
    /// Whether the catalogue gives the caller's roles this permission.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission)
    }
}

// snippet:start
/// Tells this pool's access tokens from everything else.
#[derive(Debug)]
pub struct Verifier {
    keys: Keys,
    rules: Validation,
    clients: BTreeSet<String>,
}

impl Verifier {
    /// `issuer` is `https://cognito-idp.REGION.amazonaws.com/POOL`; `clients` are the app clients that may call this service.
    pub fn new(issuer: &str, clients: impl IntoIterator<Item = String>, keys: Keys) -> Self {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[issuer]);
        rules.set_required_spec_claims(&["exp", "iss"]);
        rules.validate_aud = false; // Cognito's access tokens have no `aud`; `client_id` is looked at below.
        rules.leeway = 10;
        Self { keys, rules, clients: clients.into_iter().collect() }
    }

    /// Believes an access token of this pool, for one of these clients, that has not expired and names a tenant.
    pub async fn verify(&self, token: &str) -> Result<Tenant, Denied> {
        let header = decode_header(token).map_err(|_| Denied::NotSignedIn)?;
        let key = self.keys.find(header.kid.as_deref().unwrap_or_default()).await?;
        let claims = decode::<Claims>(token, &key, &self.rules).map_err(|_| Denied::NotSignedIn)?.claims;
        if claims.token_use != "access" || !self.clients.contains(&claims.client_id) {
            return Err(Denied::NotSignedIn);
        }
        Ok(Tenant {
            tenant_id: claims.tenant_id.ok_or(Denied::NoTenant)?,
            member_id: claims.member_id,
            roles: claims.roles,
            permissions: claims.permissions,
        })
    }
}

#[derive(Deserialize)]
struct Claims {
    token_use: String,
    client_id: String,
    tenant_id: Option<String>,
    member_id: Option<String>,
    #[serde(default, deserialize_with = "words")]
    roles: BTreeSet<String>,
    #[serde(default, deserialize_with = "words")]
    permissions: BTreeSet<String>,
}

/// A handler that takes a `Tenant` runs for a proven one alone and, below `/{tenant_id}`, for that one alone.
impl<S: Send + Sync> FromRequestParts<S> for Tenant
where
    Arc<Verifier>: FromRef<S>,
{
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Denied> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, token) = header.split_once(' ').ok_or(Denied::NotSignedIn)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denied::NotSignedIn);
        }
        let tenant = Arc::<Verifier>::from_ref(state).verify(token).await?;
        let path = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Denied::OtherTenant)?;
        if path.iter().any(|(name, value)| name == "tenant_id" && value != tenant.tenant_id) {
            return Err(Denied::OtherTenant);
        }
        Ok(tenant)
    }
}
// snippet:end

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No token, or none of this pool and these clients, or an expired one, or not an access token.
    #[error("Sign in first.")]
    NotSignedIn,
    /// A token of a shared app client without a choice of tenant.
    #[error("Choose a workspace first.")]
    NoTenant,
    /// The path names another tenant than the token.
    #[error("This is another workspace's.")]
    OtherTenant,
    /// The roles do not reach that far.
    #[error("Your role does not allow this.")]
    NotAllowed,
    /// The pool's keys cannot be had.
    #[error("Signing in cannot be checked right now. Try again.")]
    Unavailable,
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let sentence = self.to_string();
        match self {
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], sentence).into_response(),
            Self::NoTenant | Self::OtherTenant | Self::NotAllowed => (StatusCode::FORBIDDEN, sentence).into_response(),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response(),
        }
    }
}

impl From<Missing> for Denied {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unknown => Self::NotSignedIn,
            Missing::Unavailable => Self::Unavailable,
        }
    }
}

/// An array or, where the deployment chose so, one string with spaces.
fn words<'de, D: Deserializer<'de>>(claim: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        Array(BTreeSet<String>),
        Spaced(String),
    }
    Ok(match Words::deserialize(claim)? {
        Words::Array(words) => words,
        Words::Spaced(words) => words.split_whitespace().map(str::to_owned).collect(),
    })
}
