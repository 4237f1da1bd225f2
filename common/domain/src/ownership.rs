//! Who owns an e-mail domain.

use crate::email::DomainName;
use crate::id::TenantId;
use crate::tenant::JoinMode;

/// A verified domain and its one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainOwner {
    /// The domain.
    pub domain: DomainName,
    /// Who proved to own it; `None` once it was released.
    pub tenant: Option<TenantId>,
    /// Grows whenever the owner changes; memberships keep the one that they rest on.
    pub generation: u64,
    /// Overrides the tenant's policy for this domain.
    pub join: Option<JoinMode>,
    /// Counts writes.
    pub revision: u64,
}

impl DomainOwner {
    /// Whether it is this tenant's now.
    pub fn belongs_to(&self, tenant: &TenantId) -> bool {
        self.tenant.as_ref() == Some(tenant)
    }
}
