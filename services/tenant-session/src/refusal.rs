//! Why there is no session: a sentence and a stable code each, and never anything of the token.

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefused {
    /// Not three parts of base64 JSON, or longer than STS takes, or claims of the wrong shape.
    #[error("This is not a readable ID token. Sign in again and send the ID token as the pool gave it.")]
    Malformed,
    /// Another algorithm than RS256; `none` too.
    #[error("The token is not signed with RS256, as Cognito signs. Sign in at the pool again.")]
    Algorithm,
    /// No key, or one that the pool does not have.
    #[error("The token names a key that the pool does not have. Sign in at the pool again.")]
    UnknownKey,
    /// The key did not make this signature.
    #[error("The token's signature is wrong. Sign in at the pool again.")]
    Signature,
    /// Another pool's.
    #[error("The token is of another user pool. Sign in at this service's pool.")]
    Issuer,
    /// Of an app client that may not call this service.
    #[error("The token is of an app client that this service does not know. Sign in through one of its own.")]
    Audience,
    /// An access token, most often.
    #[error("This is not an ID token. Send the ID token: only it carries the session tag.")]
    NotAnIdToken,
    /// Past its `exp`.
    #[error("The token has expired. Refresh it.")]
    Expired,
    /// Before its `nbf` or `iat`.
    #[error("The token is not valid yet. Check this machine's clock.")]
    NotYetValid,
    /// It speaks of no tenant.
    #[error("The token speaks of no tenant. Choose a workspace first.")]
    NoTenant,
    /// Its tenant is not one that Tenantry names.
    #[error("The token's tenant is not of the form that Tenantry gives. Check the name of the tenant claim.")]
    TenantUnreadable,
    /// No `https://aws.amazon.com/tags`.
    #[error("The token carries no session tag. Use version 2 or 3 of pre token generation, or a broker.")]
    NoTag,
    /// No tag, and the tenant's claim has the name of an attribute.
    #[error(
        "The token carries no session tag, and its tenant stands where Cognito writes an attribute, which its person may have \
         chosen. Let the triggers say the tenant under another name, such as tenant_id, and read that one."
    )]
    MaybeAttribute,
    /// The tag is not this tenant, once, transitive, and nothing besides.
    #[error("The token's session tag is not exactly its tenant. Check what else writes this pool's claims.")]
    TagMismatch,
    /// The pool's keys cannot be had now.
    #[error("Signing in cannot be checked right now. Try again.")]
    KeysUnavailable,
}

impl TokenRefused {
    /// Stable, for logs and callers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "TOKEN_MALFORMED",
            Self::Algorithm => "TOKEN_ALGORITHM",
            Self::UnknownKey => "TOKEN_KEY_UNKNOWN",
            Self::Signature => "TOKEN_SIGNATURE",
            Self::Issuer => "TOKEN_ISSUER",
            Self::Audience => "TOKEN_AUDIENCE",
            Self::NotAnIdToken => "TOKEN_USE",
            Self::Expired => "TOKEN_EXPIRED",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::NoTenant => "TENANT_MISSING",
            Self::TenantUnreadable => "TENANT_UNREADABLE",
            Self::NoTag => "TENANT_TAG_MISSING",
            Self::MaybeAttribute => "TENANT_CLAIM_IS_ATTRIBUTE",
            Self::TagMismatch => "TENANT_TAG_MISMATCH",
            Self::KeysUnavailable => "KEYS_UNAVAILABLE",
        }
    }
}

/// Why a believed token opens no session, or an open one gives no credentials any more.
///
/// STS's own words are left out: its validation errors repeat the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A session lasts no longer than its token.
    #[error("The token has expired, and the session with it. Refresh the token and open another session.")]
    TokenExpired,
    /// STS takes the tag from the token.
    #[error("The token carries no session tag, and web identity takes the tenant from there. Use a broker.")]
    NoTag,
    /// The role does not trust this caller, this pool or client, or session tags.
    #[error(
        "STS does not let this token or this service assume the role. Check that its trust policy names them, and allows \
         sts:TagSession."
    )]
    RoleRefused,
    /// STS does not believe the token.
    #[error("STS refuses the token. Check that the pool is an OIDC provider of the account and knows the app client.")]
    TokenRefusedBySts,
    /// What was asked is not possible.
    #[error("STS refuses the request ({}). Check the role, its longest session, and the session policy.", .code.as_deref().unwrap_or("no code"))]
    RequestRefused {
        /// STS's code.
        code: Option<String>,
    },
    /// Throttled, down, slow, or not to be reached.
    #[error("STS cannot be reached right now. Try again.")]
    Unavailable,
    /// STS answered without usable credentials.
    #[error("STS answered without usable credentials. Try again.")]
    Unreadable,
}

impl SessionError {
    /// Stable, for logs and callers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::NoTag => "TENANT_TAG_MISSING",
            Self::RoleRefused => "ROLE_REFUSED",
            Self::TokenRefusedBySts => "TOKEN_REFUSED_BY_STS",
            Self::RequestRefused { .. } => "STS_REQUEST_REFUSED",
            Self::Unavailable => "STS_UNAVAILABLE",
            Self::Unreadable => "STS_UNREADABLE",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Unreadable)
    }
}
