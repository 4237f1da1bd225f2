//! Identity providers: bind, enable, disable, unbind, list.

use domain::{Membership, MembershipStatus, Origin, PoolId, Provider, ProviderKind, ProviderName, Tenant, TenantId};
use store::Key;

use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

impl Operations {
    /// Binds a pool's provider to a tenant, or to everybody as a social one. It is enabled at once. For operators.
    pub async fn bind_provider(
        &self,
        pool: &PoolId,
        name: &ProviderName,
        kind: &ProviderKind,
    ) -> Result<Provider, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let tenant = match kind {
                ProviderKind::Tenant(id) => Some(self.open_tenant(id).await?),
                ProviderKind::Social => None,
            };
            if let Some(found) = self.session.get::<Provider>(&Key::provider(pool, name)).await? {
                return if found.kind == *kind {
                    Ok(found)
                } else {
                    Err(OperationError::ProviderBoundElsewhere(crate::shape::provider_kind(&found.kind).to_owned()))
                };
            }
            let mut provider =
                Provider { pool: pool.clone(), name: name.clone(), kind: kind.clone(), enabled: true, revision: 0 };
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Provider, &provider)?;
            if let Some(tenant) = &tenant {
                transaction.unchanged(Part::Tenant, tenant)?;
            }
            self.record_provider(&mut transaction, &provider, now, "provider.bind")?;
            if self.commit(&transaction).await?.is_empty() {
                provider.revision = 1;
                return Ok(provider);
            }
        }
        Err(OperationError::Contended)
    }

    /// Lets a bound provider count, or not: a disabled one lets nobody in, at sign-up and at every token. For operators.
    pub async fn enable_provider(
        &self,
        pool: &PoolId,
        name: &ProviderName,
        enabled: bool,
    ) -> Result<Provider, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let mut provider = self.read_provider(pool, name).await?;
            if provider.enabled == enabled {
                return Ok(provider);
            }
            provider.enabled = enabled;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Provider, &provider)?;
            let action = if enabled { "provider.enable" } else { "provider.disable" };
            self.record_provider(&mut transaction, &provider, now, action)?;
            if self.commit(&transaction).await?.is_empty() {
                provider.revision += 1;
                return Ok(provider);
            }
        }
        Err(OperationError::Contended)
    }

    /// Unbinds a provider: memberships that rest on it hold no longer. For operators.
    pub async fn unbind_provider(&self, pool: &PoolId, name: &ProviderName) -> Result<Provider, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let provider = self.read_provider(pool, name).await?;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.delete_entity(Part::Provider, &provider)?;
            self.record_provider(&mut transaction, &provider, now, "provider.unbind")?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(provider);
            }
        }
        Err(OperationError::Contended)
    }

    /// A bound provider. For operators and the admins of its tenant; to others it is as unknown as one that never was.
    pub async fn provider(&self, pool: &PoolId, name: &ProviderName) -> Result<Provider, OperationError> {
        let provider = self.read_provider(pool, name).await?;
        let tenant = match &provider.kind {
            ProviderKind::Tenant(tenant) => Some(tenant),
            ProviderKind::Social => None,
        };
        if self.may_read_of(tenant).await? { Ok(provider) } else { Err(OperationError::ProviderUnknown) }
    }

    /// As [`Operations::provider`], for an actor whose authority is known.
    pub(crate) async fn read_provider(&self, pool: &PoolId, name: &ProviderName) -> Result<Provider, OperationError> {
        self.session.get(&Key::provider(pool, name)).await?.ok_or(OperationError::ProviderUnknown)
    }

    /// How many memberships rest on a provider. From the index.
    pub async fn provider_dependants(&self, provider: &Provider) -> Result<usize, OperationError> {
        let ProviderKind::Tenant(id) = &provider.kind else { return Ok(0) };
        if self.session.get::<Tenant>(&Key::tenant(id)).await?.is_none() {
            return Ok(0);
        }
        let rests = |row: &&Membership| {
            row.origin == Origin::Provider(provider.name.clone())
                && row.person.pool == provider.pool
                && matches!(row.status, MembershipStatus::Active | MembershipStatus::Suspended)
        };
        Ok(self.members(id).await?.iter().filter(rests).count())
    }

    /// The providers of a tenant; `None`: every one. From the index.
    pub async fn providers(&self, tenant: Option<&TenantId>) -> Result<Vec<Provider>, OperationError> {
        self.listed(tenant, "PROVIDER#").await
    }

    pub(crate) fn record_provider(
        &self,
        transaction: &mut store::Transaction<Part>,
        provider: &Provider,
        now: jiff::Timestamp,
        action: &'static str,
    ) -> Result<(), OperationError> {
        let target = format!("{}:{}", provider.pool, provider.name);
        let deed = Deed::new(action, &target);
        match &provider.kind {
            ProviderKind::Tenant(tenant) => self.record(transaction, tenant, now, deed),
            ProviderKind::Social => self.record_for_all(transaction, now, deed),
        }
    }
}
