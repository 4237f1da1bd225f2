//! Asks STS for a tenant's credentials, in either of two ways.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_sts as sts;
use aws_smithy_async::time::SharedTimeSource;
use sts::error::{ProvideErrorMetadata, SdkError};
use sts::types::Tag;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use crate::claims::TAG;
use crate::refusal::SessionError;
use crate::token::VerifiedIdToken;

/// STS gives no credentials for less (AWS Security Token Service, "AssumeRole": `DurationSeconds`).
const SHORTEST: Duration = Duration::from_mins(15);

/// How long STS may take, retries and all.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Who tells STS the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The token does.
    WebIdentity,
    /// This service does, which STS trusts to.
    Broker,
}

/// Where credentials come from.
#[derive(Clone)]
pub(crate) struct Lessor {
    pub(crate) sts: sts::Client,
    pub(crate) by: By,
    pub(crate) role: String,
    pub(crate) longest: Duration,
    pub(crate) policy: Option<String>,
    pub(crate) time: SharedTimeSource,
}

/// Credentials, and when STS ends them; the credentials themselves say when we do.
pub(crate) struct Lease {
    pub(crate) credentials: Credentials,
    pub(crate) ends: SystemTime,
}

impl Lessor {
    /// Credentials of the token's tenant, which end with the token at the latest.
    // INVARIANT: the tenant that STS is told is the verified token's, from nowhere else.
    pub(crate) async fn lease(&self, token: &VerifiedIdToken) -> Result<Lease, SessionError> {
        let left = token.expires_at().duration_since(self.time.now()).map_err(|_| SessionError::TokenExpired)?;
        if left.is_zero() {
            return Err(SessionError::TokenExpired);
        }
        let seconds = i32::try_from(left.clamp(SHORTEST, self.longest).as_secs()).unwrap_or(900);
        let asked = async {
            match self.by {
                By::WebIdentity => self.by_token(token, seconds).await,
                By::Broker => self.by_tag(token, seconds).await,
            }
        };
        // The SDK writes whole requests, the token in them, and STS's answers to its log at the level `trace`: not these.
        let answer = tokio::time::timeout(TIME_LIMIT, asked.with_subscriber(NoSubscriber::default())).await;
        let given = answer.map_err(|_| SessionError::Unavailable)??.ok_or(SessionError::Unreadable)?;
        let ends = SystemTime::try_from(given.expiration).map_err(|_| SessionError::Unreadable)?;
        if given.access_key_id.is_empty() || given.secret_access_key.is_empty() || given.session_token.is_empty() {
            return Err(SessionError::Unreadable);
        }
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(ends.min(token.expires_at())),
            "TenantSession",
        );
        Ok(Lease { credentials, ends })
    }

    async fn by_token(
        &self,
        token: &VerifiedIdToken,
        seconds: i32,
    ) -> Result<Option<sts::types::Credentials>, SessionError> {
        if !token.tagged() {
            return Err(SessionError::NoTag);
        }
        let asked = self.sts.assume_role_with_web_identity();
        let asked = asked.role_arn(&self.role).role_session_name(name(token)).web_identity_token(token.raw());
        let answer = asked
            .duration_seconds(seconds)
            .set_policy(self.policy.clone())
            .send()
            .await
            .map_err(|error| self.refused(error))?;
        Ok(answer.credentials)
    }

    async fn by_tag(
        &self,
        token: &VerifiedIdToken,
        seconds: i32,
    ) -> Result<Option<sts::types::Credentials>, SessionError> {
        let tag =
            Tag::builder().key(TAG).value(token.tenant_id().as_str()).build().map_err(|_| SessionError::Unreadable)?;
        let asked = self.sts.assume_role().role_arn(&self.role).role_session_name(name(token));
        let asked = asked.tags(tag).transitive_tag_keys(TAG).duration_seconds(seconds);
        let answer = asked.set_policy(self.policy.clone()).send().await.map_err(|error| self.refused(error))?;
        Ok(answer.credentials)
    }

    /// What STS meant, without its words.
    fn refused<E: ProvideErrorMetadata>(&self, error: SdkError<E>) -> SessionError {
        let SdkError::ServiceError(answer) = error else { return SessionError::Unavailable };
        if answer.raw().status().as_u16() >= 500 {
            return SessionError::Unavailable;
        }
        match (answer.err().code(), self.by) {
            (Some("AccessDenied" | "AccessDeniedException"), _) => SessionError::RoleRefused,
            // A broker is told so of its own credentials.
            (Some("ExpiredTokenException"), By::WebIdentity) => SessionError::TokenExpired,
            (Some("InvalidIdentityToken" | "IDPRejectedClaim"), _) => SessionError::TokenRefusedBySts,
            (Some("IDPCommunicationError" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded"), _) => {
                SessionError::Unavailable
            }
            (code, _) => SessionError::RequestRefused { code: code.map(str::to_owned) },
        }
    }
}

/// What AWS logs: the member or the person by an identifier, never by an address.
fn name(token: &VerifiedIdToken) -> String {
    let sub = token.sub();
    let plain = (2..=64).contains(&sub.len()) && sub.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // A pool's `sub` is a UUID. Anything else may hold what a log should not.
    token.member_id().or(plain.then_some(sub)).unwrap_or("somebody").to_owned()
}
