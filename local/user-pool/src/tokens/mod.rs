//! Issuing tokens: the trigger is asked, the claims are written, the keys sign, the grant is kept.

pub(crate) mod access;
mod claims;
pub(crate) mod grant;
pub(crate) mod keys;
pub(crate) mod scopes;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use self::claims::Issue;
use self::grant::{Channel, Grant};
use self::keys::TokenUse;
use crate::client::Client;
use crate::error::ApiError;
use crate::group::GroupClaims;
use crate::pool::Pool;
use crate::server::Service;
use crate::triggers::Metadata;
use crate::triggers::pre_token_generation::{self, Issuance, Source};
use crate::user::User;

/// Tokens that were issued.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) id_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: i64,
}

/// Who asks for tokens, and how.
pub(crate) struct SignIn<'a> {
    pub(crate) source: Source,
    pub(crate) channel: Channel,
    pub(crate) scopes: Vec<String>,
    pub(crate) metadata: Option<&'a Metadata>,
    /// When the person proved who they are, if that was before now: a browser's session.
    pub(crate) auth_time: Option<Timestamp>,
    /// The nonce of an authorize request.
    pub(crate) nonce: Option<String>,
}

impl SignIn<'_> {
    /// Through the user pool API, which always gives the same scope.
    pub(crate) fn by_api(source: Source, metadata: Option<&Metadata>) -> SignIn<'_> {
        let scopes = vec![access::ADMIN_SCOPE.to_owned()];
        SignIn { source, channel: Channel::Api, scopes, metadata, auth_time: None, nonce: None }
    }

    /// Through managed login, just now, with these scopes.
    pub(crate) fn by_managed_login(scopes: Vec<String>) -> Self {
        let (source, channel) = (Source::HostedAuth, Channel::ManagedLogin);
        SignIn { source, channel, scopes, metadata: None, auth_time: None, nonce: None }
    }
}

/// Moves a time by some seconds.
pub(crate) fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// Issues tokens for a new sign-in. If the trigger refuses, nothing is kept.
pub(crate) async fn sign_in(
    service: &Service,
    pool: &Pool,
    client: &Client,
    user: &User,
    how: SignIn<'_>,
) -> Result<Issued, ApiError> {
    let now = service.clock.now();
    let mut grant = Grant {
        origin_jti: service.random.uuid(),
        event_id: service.random.uuid(),
        username: user.username.clone(),
        client_id: client.id.clone(),
        scopes: how.scopes,
        channel: how.channel,
        auth_time: how.auth_time.unwrap_or(now),
        nonce: how.nonce,
        expires: later(now, client.settings.refresh_token_seconds()),
        replaced_until: None,
    };
    let mut issued = issue(service, pool, client, user, &grant, how.source, how.metadata).await?;
    // A refreshed ID token should have no nonce (OpenID Connect Core 1.0, section 12.2); what Cognito does: ?
    grant.nonce = None;
    let refresh_token = service.random.secret();
    let mut contents = pool.contents();
    // Deleted while the trigger ran: then there is nobody to hold these tokens.
    if contents.users.get(&user.username).is_none_or(|present| present.sub != user.sub) {
        return Err(ApiError::no_such_user());
    }
    contents.grants.insert(refresh_token.clone(), grant);
    issued.refresh_token = Some(refresh_token);
    Ok(issued)
}

/// Issues tokens that follow from `grant`.
pub(crate) async fn issue(
    service: &Service,
    pool: &Pool,
    client: &Client,
    user: &User,
    grant: &Grant,
    source: Source,
    metadata: Option<&Metadata>,
) -> Result<Issued, ApiError> {
    let keys = pool.keys.get().await?;
    let groups = pool.contents().groups_of(user);
    let issuance =
        Issuance { source, user: Some(user), client_id: &client.id, groups: &groups, scopes: &grant.scopes, metadata };
    let changes = pre_token_generation::fire(service, pool, &issuance).await?;
    let groups = changes.groups.as_ref().unwrap_or(&groups);
    let issuer = service.issuer(pool);
    let issue =
        Issue { issuer: &issuer, now: service.clock.now().as_second(), client, grant, user, groups, changes: &changes };
    let access_token = keys.sign(TokenUse::Access, &issue.access_token(&service.random.uuid()));
    let managed = grant.channel == Channel::ManagedLogin;
    let wants_id_token = !managed || grant.scopes.iter().any(|scope| scope == "openid");
    let at_hash = managed.then(|| at_hash(&access_token));
    let id_token =
        wants_id_token.then(|| keys.sign(TokenUse::Id, &issue.id_token(&service.random.uuid(), at_hash.as_deref())));
    Ok(Issued { access_token, id_token, refresh_token: None, expires_in: client.settings.access_token_seconds() })
}

/// Replaces a refresh token that was just used, if the client rotates them.
pub(crate) fn rotate(service: &Service, pool: &Pool, client: &Client, used: &str, grant: Grant) -> Option<String> {
    if !client.settings.rotates_refresh_tokens() {
        return None;
    }
    let rotation = client.settings.refresh_token_rotation.as_ref();
    let grace = rotation.map_or(0, |rotation| rotation.retry_grace_period_seconds);
    let fresh = service.random.secret();
    let mut contents = pool.contents();
    if let Some(replaced) = contents.grants.get_mut(used) {
        // A second use within the grace period does not lengthen it.
        replaced.replaced_until.get_or_insert(later(service.clock.now(), grace));
    }
    contents.grants.insert(fresh.clone(), grant);
    Some(fresh)
}

/// Issues a machine's access token.
pub(crate) async fn machine(
    service: &Service,
    pool: &Pool,
    client: &Client,
    scopes: &[String],
    metadata: Option<&Metadata>,
) -> Result<Issued, ApiError> {
    let keys = pool.keys.get().await?;
    let groups = GroupClaims::default();
    let issuance = Issuance {
        source: Source::ClientCredentials,
        user: None,
        client_id: &client.id,
        groups: &groups,
        scopes,
        metadata,
    };
    let changes = pre_token_generation::fire(service, pool, &issuance).await?;
    let now = service.clock.now().as_second();
    let claims = claims::machine_token(&service.issuer(pool), now, client, scopes, &changes, &service.random.uuid());
    Ok(Issued {
        access_token: keys.sign(TokenUse::Access, &claims),
        id_token: None,
        refresh_token: None,
        expires_in: client.settings.access_token_seconds(),
    })
}

/// The left half of the access token's hash (OpenID Connect Core 1.0, section 3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash = Sha256::digest(access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default())
}

/// The grant behind a refresh token, with its user, if both are still good for `client`.
pub(crate) fn refreshable(
    service: &Service,
    pool: &Pool,
    client: &Client,
    token: &str,
) -> Result<(Grant, User), ApiError> {
    let invalid = || ApiError::not_authorized("Invalid Refresh Token");
    let now = service.clock.now();
    let contents = pool.contents();
    let Some(grant) = contents.grants.get(token) else {
        return Err(invalid());
    };
    if grant.client_id != client.id {
        return Err(invalid());
    }
    if contents.revoked.contains(&grant.origin_jti) {
        return Err(ApiError::not_authorized("Refresh Token has been revoked"));
    }
    if grant.expires <= now {
        return Err(ApiError::not_authorized("Refresh Token has expired"));
    }
    if grant.replaced_until.is_some_and(|until| until <= now) {
        return Err(ApiError::not_authorized("Refresh Token has been revoked"));
    }
    let user = contents.users.get(&grant.username).ok_or_else(invalid)?;
    if !user.enabled {
        return Err(ApiError::not_authorized("User is disabled."));
    }
    Ok((grant.clone(), user.clone()))
}
