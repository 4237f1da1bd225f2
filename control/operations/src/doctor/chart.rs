//! What the table says of user pools, from one reading of it: of people only who holds a seat or waits for one.

use std::collections::{BTreeMap, HashSet};

use domain::{
    Binding, ClientKind, MembershipStatus, Pool, PoolId, Provider, ProviderKind, ProviderName, Sub, Tenant, TenantId,
};
use store::scan::Scanned;

use crate::{OperationError, Operations};

/// What the table says of pools.
#[derive(Debug, Default)]
pub struct Chart {
    /// Every tenant.
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    /// Every pool that something in the table names.
    pools: BTreeMap<PoolId, Charted>,
    /// Items that cannot be read; `doctor` of the table names them.
    pub(super) unreadable: u64,
}

/// What the table says of one pool.
#[derive(Debug, Default)]
pub(super) struct Charted {
    pub(super) pool: Option<Pool>,
    pub(super) bindings: Vec<Binding>,
    pub(super) providers: BTreeMap<ProviderName, Provider>,
    /// Who is a member somewhere, is suspended, or waits for an approval.
    pub(super) members: HashSet<Sub>,
}

/// A membership that a deleted user should not hold.
pub(super) const fn is_held(status: MembershipStatus) -> bool {
    matches!(status, MembershipStatus::Active | MembershipStatus::Suspended | MembershipStatus::Requested)
}

impl Chart {
    /// The pools that the table knows.
    pub fn pools(&self) -> impl Iterator<Item = &PoolId> {
        self.pools.keys()
    }

    pub(super) fn of(&self, pool: &PoolId) -> Option<&Charted> {
        self.pools.get(pool)
    }

    /// Whether a tenant that people of this pool sign in to asks for more than a password.
    pub(super) fn asks_for_codes(&self, pool: &PoolId) -> bool {
        let Some(charted) = self.of(pool) else { return false };
        let bound = charted.bindings.iter().filter_map(|binding| match &binding.kind {
            ClientKind::Tenant(tenant) => Some(tenant),
            _ => None,
        });
        let dedicated = charted.pool.as_ref().and_then(|pool| pool.dedicated_to.as_ref());
        bound
            .chain(dedicated)
            .filter_map(|id| self.tenants.get(id))
            .any(|tenant| tenant.policy.chain.is_more_than_password())
    }

    /// Whether the provider of a tenant is believed here.
    pub(super) fn believes_a_provider(&self, pool: &PoolId) -> bool {
        let believed = |provider: &Provider| match &provider.kind {
            ProviderKind::Tenant(tenant) => provider.enabled && self.tenants.contains_key(tenant),
            ProviderKind::Social => false,
        };
        self.of(pool).is_some_and(|charted| charted.providers.values().any(believed))
    }

    /// Whether machines sign in here.
    pub(super) fn has_machines(&self, pool: &PoolId) -> bool {
        let machine = |binding: &Binding| matches!(binding.kind, ClientKind::Machine { .. });
        self.of(pool).is_some_and(|charted| charted.bindings.iter().any(machine))
    }

    fn take(&mut self, item: Scanned, only: Option<&PoolId>) {
        let wanted = |pool: &PoolId| only.is_none_or(|only| only == pool);
        match item {
            Scanned::Tenant(tenant) => {
                self.tenants.insert(tenant.id.clone(), *tenant);
            }
            Scanned::Binding(binding) if wanted(&binding.client.pool) => {
                self.pools.entry(binding.client.pool.clone()).or_default().bindings.push(*binding);
            }
            Scanned::Provider(provider) if wanted(&provider.pool) => {
                let charted = self.pools.entry(provider.pool.clone()).or_default();
                charted.providers.insert(provider.name.clone(), provider);
            }
            Scanned::Pool(pool) if wanted(&pool.id) => {
                let charted = self.pools.entry(pool.id.clone()).or_default();
                charted.pool = Some(pool);
            }
            Scanned::Membership(row) if wanted(&row.person.pool) => {
                let charted = self.pools.entry(row.person.pool).or_default();
                if is_held(row.status) {
                    charted.members.insert(row.person.sub);
                }
            }
            Scanned::Unreadable { .. } => self.unreadable += 1,
            _ => {}
        }
    }
}

impl Operations {
    /// Reads what the table says of every pool, or of this one. For operators.
    pub async fn chart(&self, only: Option<&PoolId>) -> Result<Chart, OperationError> {
        self.operators_only()?;
        let mut chart = Chart::default();
        let mut from = None;
        loop {
            let page = self.session().scan(from).await?;
            for item in page.entities {
                chart.take(item, only);
            }
            from = page.next;
            if from.is_none() {
                return Ok(chart);
            }
        }
    }
}
