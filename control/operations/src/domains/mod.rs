//! Domains: claim, verify, assume, join mode, transfer, release. A pending claim blocks nobody; the first proof wins.

mod claiming;
mod losing;

use domain::{DomainName, DomainOwner, JoinMode, Rank, TenantId};
use store::Key;
use store::entity::Claim;

use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

pub use claiming::{DnsFailure, TxtRecords, challenge_name};
pub use losing::{Released, Releasing};

/// A tenant's claim to a domain, and its ownership where it has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDomain {
    /// The domain.
    pub domain: DomainName,
    /// The tenant's claim.
    pub claim: Option<Claim>,
    /// The domain's owner item, if that is this tenant.
    pub owner: Option<DomainOwner>,
}

impl Operations {
    /// The domain's owner item, if it ever had one. Members see it of their own tenant's domains alone.
    pub async fn domain_owner(&self, domain: &DomainName) -> Result<Option<DomainOwner>, OperationError> {
        let owner = self.read_domain_owner(domain).await?;
        let may = self.may_read_of(owner.as_ref().and_then(|owner| owner.tenant.as_ref())).await?;
        Ok(owner.filter(|_| may))
    }

    /// As [`Operations::domain_owner`], for an actor whose authority is known.
    pub(crate) async fn read_domain_owner(&self, domain: &DomainName) -> Result<Option<DomainOwner>, OperationError> {
        Ok(self.session.get(&Key::domain(domain)).await?)
    }

    /// The tenant's claims and domains. From the index.
    pub async fn domains(&self, id: &TenantId) -> Result<Vec<TenantDomain>, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        let claims: Vec<Claim> = self.session.list_all(id.as_ref(), "CLAIM#").await?;
        let mut owners: Vec<DomainOwner> = self.session.list_all(id.as_ref(), "DOMAIN#").await?;
        owners.retain(|owner| owner.belongs_to(id));
        let mut all: Vec<TenantDomain> = claims
            .into_iter()
            .map(|claim| {
                let at = owners.iter().position(|owner| owner.domain == claim.domain);
                let owner = at.map(|at| owners.swap_remove(at));
                TenantDomain { domain: claim.domain.clone(), claim: Some(claim), owner }
            })
            .collect();
        all.extend(owners.into_iter().map(|owner| TenantDomain {
            domain: owner.domain.clone(),
            claim: None,
            owner: Some(owner),
        }));
        all.sort_by(|one, other| one.domain.cmp(&other.domain));
        Ok(all)
    }

    /// How people of this domain join, other than the tenant's policy says; `None`: as the policy says.
    pub async fn set_domain_join(
        &self,
        id: &TenantId,
        domain: &DomainName,
        join: Option<JoinMode>,
    ) -> Result<DomainOwner, OperationError> {
        if join == Some(JoinMode::Open) {
            let rule = "automatic, request or invitation_only; only a whole tenant can be open";
            return Err(domain::Invalid { noun: "join mode of a domain", rule }.into());
        }
        for _ in 0..ROUNDS {
            let tenant = self.open_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Owner).await?;
            let mut owner = self.owned(id, domain).await?;
            if owner.join == join {
                return Ok(owner);
            }
            owner.join = join;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Domain, &owner)?;
            authority.guard(&mut transaction)?;
            self.record(&mut transaction, id, now, Deed::new("domain.join", domain.as_ref()))?;
            if self.commit(&transaction).await?.is_empty() {
                owner.revision += 1;
                return Ok(owner);
            }
        }
        Err(OperationError::Contended)
    }

    async fn owned(&self, id: &TenantId, domain: &DomainName) -> Result<DomainOwner, OperationError> {
        self.read_domain_owner(domain)
            .await?
            .filter(|owner| owner.belongs_to(id))
            .ok_or_else(|| OperationError::DomainNotOwned(domain.clone()))
    }
}
