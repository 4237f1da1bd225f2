//! An ID token that was believed.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use crate::tenant::TenantId;

/// An ID token whose signature, origin, time and tenant were verified. Only [`Verifier`](crate::Verifier) makes one; neither
/// `Debug` nor `Display` shows the token.
#[derive(Clone)]
pub struct VerifiedIdToken(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) raw: SecretString,
    pub(crate) tenant: TenantId,
    pub(crate) tagged: bool,
    pub(crate) sub: String,
    pub(crate) member: Option<String>,
    pub(crate) client: String,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
    pub(crate) expires_at: SystemTime,
}

impl VerifiedIdToken {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The tenant that the token speaks of.
    pub fn tenant_id(&self) -> &TenantId {
        &self.0.tenant
    }

    /// The person in the pool.
    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    /// The person's membership, if the claim is there and is one.
    pub fn member_id(&self) -> Option<&str> {
        self.0.member.as_deref()
    }

    /// The app client that the token was made for.
    pub fn client_id(&self) -> &str {
        &self.0.client
    }

    /// When the token, and whatever it opened, ends.
    pub fn expires_at(&self) -> SystemTime {
        self.0.expires_at
    }

    /// Whether the token itself carries the session tag.
    pub(crate) fn tagged(&self) -> bool {
        self.0.tagged
    }

    pub(crate) fn raw(&self) -> &str {
        self.0.raw.expose_secret()
    }

    /// Everything by which one token's session differs from another's, the tenant first.
    pub(crate) fn identity(&self) -> Identity {
        let Parts { tenant, tagged, sub, member, client, issued, expires, .. } = &*self.0;
        Identity {
            tenant: tenant.clone(),
            sub: sub.clone(),
            member: member.clone(),
            client: client.clone(),
            tagged: *tagged,
            issued: *issued,
            expires: *expires,
        }
    }
}

/// What a session is found again by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) tenant: TenantId,
    sub: String,
    member: Option<String>,
    client: String,
    tagged: bool,
    issued: u64,
    expires: u64,
}

impl fmt::Debug for VerifiedIdToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("VerifiedIdToken")
            .field("tenant_id", &self.0.tenant)
            .field("sub", &self.0.sub)
            .field("client_id", &self.0.client)
            .field("expires", &self.0.expires)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for VerifiedIdToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "an ID token of {}", self.0.tenant)
    }
}
