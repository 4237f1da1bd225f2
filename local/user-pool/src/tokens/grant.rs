//! What a sign-in granted: it lives behind the refresh token.

use jiff::Timestamp;

/// A sign-in, and every refresh that follows from it.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
    pub(crate) username: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) channel: Channel,
    pub(crate) auth_time: Timestamp,
    /// What the authorize request asked to see in its own ID token; no refresh repeats it.
    pub(crate) nonce: Option<String>,
    pub(crate) expires: Timestamp,
    /// Rotation replaced the token: it works until then.
    pub(crate) replaced_until: Option<Timestamp>,
}

/// How the person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Through the user pool API.
    Api,
    /// Through managed login, a provider, or the token endpoint.
    ManagedLogin,
}
