//! Opens tenants' sessions on one role.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sts as sts;
use aws_types::SdkConfig;

use crate::cache::Cache;
use crate::lease::{By, Lessor};
use crate::refusal::SessionError;
use crate::session::TenantSession;
use crate::tenant::TenantId;
use crate::token::VerifiedIdToken;

/// How many sessions are held open at once, unless told otherwise.
const MOST: usize = 1_000;

/// How long IAM lets a role's session last, unless the role says otherwise.
const LONGEST: Duration = Duration::from_hours(1);

/// Opens sessions of tenants on one role. A clone shares the open ones.
#[derive(Clone)]
pub struct TenantSessions {
    lessor: Lessor,
    cache: Arc<Cache>,
}

/// What [`TenantSessions`] was given cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misconfigured {
    /// No role.
    #[error("this is not the ARN of a role: it looks like arn:aws:iam::123456789012:role/NAME")]
    Role,
    /// Nobody for the role to trust.
    #[error("a broker assumes the role by itself: give its configuration a credentials provider")]
    NoCredentials,
    /// STS gives nothing shorter or longer.
    #[error("a role's session lasts from 15 minutes to 12 hours")]
    Longest,
}

impl TenantSessions {
    /// Sessions by `sts:AssumeRoleWithWebIdentity`: STS verifies the token itself and takes the tenant from its tag. The pool is
    /// an OIDC provider of the account, which knows at most 100 app clients. `base` needs no credentials; none of its are used.
    pub fn web_identity(base: &SdkConfig, role: impl Into<String>) -> Result<Self, Misconfigured> {
        let mut unsigned = base.to_builder();
        unsigned.set_credentials_provider(None);
        Self::new(base, sts::Client::new(&unsigned.build()), By::WebIdentity, role.into())
    }

    /// Sessions by `sts:AssumeRole` with the tenant as a transitive tag, under `base`'s credentials: any number of app clients,
    /// but STS believes this service. Whoever takes it over can be any tenant.
    pub fn broker(base: &SdkConfig, role: impl Into<String>) -> Result<Self, Misconfigured> {
        if base.credentials_provider().is_none() {
            return Err(Misconfigured::NoCredentials);
        }
        Self::new(base, sts::Client::new(base), By::Broker, role.into())
    }

    fn new(base: &SdkConfig, sts: sts::Client, by: By, role: String) -> Result<Self, Misconfigured> {
        if !is_role(&role) {
            return Err(Misconfigured::Role);
        }
        let time = base.time_source().unwrap_or_default();
        let lessor = Lessor { sts, by, role, longest: LONGEST, policy: None, time };
        Ok(Self { lessor, cache: Arc::new(Cache::new(MOST)) })
    }

    /// A session policy (JSON), which narrows what the role allows. STS takes 2,048 characters.
    #[must_use]
    pub fn with_session_policy(mut self, policy: impl Into<String>) -> Self {
        self.lessor.policy = Some(policy.into());
        self.anew()
    }

    /// The role's longest session, where it is not an hour. A role that is assumed from a role gives an hour at most.
    pub fn with_longest(mut self, longest: Duration) -> Result<Self, Misconfigured> {
        if !(Duration::from_mins(15)..=Duration::from_hours(12)).contains(&longest) {
            return Err(Misconfigured::Longest);
        }
        self.lessor.longest = longest;
        Ok(self.anew())
    }

    /// How many sessions are held open, 1,000 without this; 0 opens each one anew.
    #[must_use]
    pub fn with_most(mut self, most: usize) -> Self {
        self.cache = Arc::new(Cache::new(most));
        self
    }

    /// Sessions under other terms are other sessions.
    fn anew(self) -> Self {
        let most = self.cache.most();
        self.with_most(most)
    }

    /// The tenant's session of this token, with its first credentials.
    pub async fn open(&self, token: &VerifiedIdToken) -> Result<TenantSession, SessionError> {
        let open = || TenantSession::new(self.lessor.clone(), token.clone());
        let session = self.cache.session(token, self.lessor.time.now(), open);
        session.credentials().await?;
        Ok(session)
    }

    /// Lets go of a tenant's held sessions. Credentials that STS gave live on until they expire: STS takes nothing back.
    pub fn forget(&self, tenant: &TenantId) {
        self.cache.forget(|identity| identity.tenant == *tenant);
    }
}

impl fmt::Debug for TenantSessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lessor { by, role, .. } = &self.lessor;
        out.debug_struct("TenantSessions").field("by", by).field("role", role).finish_non_exhaustive()
    }
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`
fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, resource] = parts.as_slice() else { return false };
    *scheme == "arn"
        && partition.starts_with("aws")
        && *service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
}
