//! One tenant's session: its credentials, and the configuration of its clients.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::identity::{IdentityFuture, ResolveCachedIdentity, ResolveIdentity as _};
use aws_smithy_runtime_api::client::identity::{SharedIdentityCache, SharedIdentityResolver};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::SdkConfig;
use tokio::sync::Mutex;

use crate::lease::{Lease, Lessor};
use crate::refusal::SessionError;
use crate::tenant::TenantId;
use crate::token::VerifiedIdToken;

/// Credentials that STS is about to end are replaced this long before.
const MARGIN: Duration = Duration::from_secs(30);

/// A tenant's way to AWS, for as long as its token is valid. A clone is the same session.
#[derive(Clone)]
pub struct TenantSession(Arc<Inner>);

// INVARIANT: a session has one token for all its life, so one tenant.
struct Inner {
    lessor: Lessor,
    token: VerifiedIdToken,
    lease: Mutex<Option<Lease>>,
}

impl TenantSession {
    pub(crate) fn new(lessor: Lessor, token: VerifiedIdToken) -> Self {
        Self(Arc::new(Inner { lessor, token, lease: Mutex::new(None) }))
    }

    /// Whose session this is.
    pub fn tenant_id(&self) -> &TenantId {
        self.0.token.tenant_id()
    }

    /// The token that opened it.
    pub fn token(&self) -> &VerifiedIdToken {
        &self.0.token
    }

    /// When it ends: with its token.
    pub fn expires_at(&self) -> SystemTime {
        self.0.token.expires_at()
    }

    /// The tenant's credentials. A long token outlives what STS gives at once: then this asks again. However many ask at the
    /// same time, STS is asked once.
    pub async fn credentials(&self) -> Result<Credentials, SessionError> {
        let Inner { lessor, token, lease } = &*self.0;
        let mut lease = lease.lock().await;
        let now = lessor.time.now();
        if now >= token.expires_at() {
            return Err(SessionError::TokenExpired);
        }
        if let Some(held) = &*lease {
            // Credentials that outlast the token are good to its end.
            if held.ends >= token.expires_at() || now + MARGIN < held.ends {
                return Ok(held.credentials.clone());
            }
        }
        let fresh = lessor.lease(token).await?;
        let credentials = fresh.credentials.clone();
        *lease = Some(fresh);
        Ok(credentials)
    }

    /// For a client that is configured by hand. Set `identity_cache` to no cache there, as [`config`](Self::config) does.
    pub fn provider(&self) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(self.clone())
    }

    /// The service's own configuration with this tenant's credentials, for `Client::new(&session.config(&base))`.
    ///
    /// Region, endpoint, HTTP client, time limits and retries stay; a bearer token of the service's does not, for clients could
    /// prefer it. Give `base` an HTTP client, so that all tenants' clients share its connections.
    pub fn config(&self, base: &SdkConfig) -> SdkConfig {
        let mut config = base.to_builder().credentials_provider(self.provider());
        config.set_token_provider(None);
        // The SDK's cache would keep a place for every session that ever was, and serve credentials after their session's
        // end. The session holds its own.
        config.set_identity_cache(Some(SharedIdentityCache::new(NoCache)));
        config.build()
    }
}

impl fmt::Debug for TenantSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TenantSession")
            .field("role", &self.0.lessor.role)
            .field("token", &self.0.token)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for TenantSession {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

#[derive(Debug)]
struct NoCache;

impl ResolveCachedIdentity for NoCache {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move { resolver.resolve_identity(components, config).await })
    }
}
