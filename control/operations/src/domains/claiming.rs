//! How a tenant comes to own a domain: it claims, and proves by DNS; or an operator's word stands for the proof.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{DomainName, DomainOwner, Rank, TenantId};
use jiff::Timestamp;
use store::Key;
use store::entity::{Claim, ClaimStatus};

use crate::commit::Part;
use crate::mailbox_providers::is_public_mailbox;
use crate::record::{Deed, check_reason};
use crate::{OperationError, Operations, ROUNDS};

/// Before the secret part of a challenge.
const CHALLENGE: &str = "tenantry-verification=";

/// The name of the TXT record that proves a claim.
pub fn challenge_name(domain: &DomainName) -> String {
    format!("_tenantry-challenge.{domain}")
}

/// Looks TXT records up.
pub trait TxtRecords: Send + Sync {
    /// The texts of all TXT records of this name, each with its parts joined; none if the name does not exist.
    fn texts(&self, name: &str) -> impl Future<Output = Result<Vec<String>, DnsFailure>> + Send;
}

/// DNS gave no answer: not the same as "there is no such record".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DnsFailure(pub String);

impl Operations {
    /// Claims a domain: makes the TXT record's text, which stays the same until the claim is settled.
    pub async fn claim_domain(&self, id: &TenantId, domain: &DomainName) -> Result<Claim, OperationError> {
        check_claimable(domain)?;
        for _ in 0..ROUNDS {
            let tenant = self.open_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let before: Option<Claim> = self.session.get(&Key::claim(domain, id)).await?;
            let owner = self.read_domain_owner(domain).await?;
            let own = owner.as_ref().is_some_and(|owner| owner.belongs_to(id));
            if let Some(claim) = &before
                && (claim.status == ClaimStatus::Pending || (claim.status == ClaimStatus::Verified && own))
            {
                return Ok(claim.clone());
            }
            let now = self.now();
            let mut claim = self.new_claim(id, domain, now, before.as_ref());
            let mut transaction = self.transaction();
            transaction.write(Part::Claim, &claim)?;
            authority.guard(&mut transaction)?;
            self.record(&mut transaction, id, now, Deed::new("domain.claim", domain.as_ref()))?;
            if self.commit(&transaction).await?.is_empty() {
                claim.revision += 1;
                return Ok(claim);
            }
        }
        Err(OperationError::Contended)
    }

    /// Looks for the claim's TXT record, and if it is there, makes the tenant the domain's one owner.
    pub async fn verify_domain(
        &self,
        id: &TenantId,
        domain: &DomainName,
        dns: &impl TxtRecords,
    ) -> Result<DomainOwner, OperationError> {
        check_claimable(domain)?;
        let tenant = self.open_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        let claim: Claim = self
            .session
            .get(&Key::claim(domain, id))
            .await?
            .filter(|claim: &Claim| claim.status != ClaimStatus::Released)
            .ok_or_else(|| OperationError::DomainUnclaimed(domain.clone()))?;
        if let Some(owner) = self.read_domain_owner(domain).await?.filter(|owner| owner.belongs_to(id)) {
            return Ok(owner);
        }
        let texts = dns.texts(&challenge_name(domain)).await.map_err(|failure| OperationError::DnsUnreachable {
            domain: domain.clone(),
            cause: failure.0.escape_debug().to_string(),
        })?;
        if !texts.contains(&claim.challenge) {
            return Err(OperationError::DomainUnproven {
                domain: domain.clone(),
                challenge: claim.challenge,
                found: texts.len(),
            });
        }
        self.own(id, domain, "domain.verify", None, Some(&claim)).await
    }

    /// Makes a tenant the domain's owner without looking the record up. The reason is recorded. For operators.
    pub async fn assume_domain(
        &self,
        id: &TenantId,
        domain: &DomainName,
        reason: &str,
    ) -> Result<DomainOwner, OperationError> {
        self.operators_only()?;
        check_reason(Some(reason))?;
        check_claimable(domain)?;
        self.own(id, domain, "domain.assume", Some(reason), None).await
    }

    /// `proven`: the claim whose challenge was found; it must not have changed since.
    async fn own(
        &self,
        id: &TenantId,
        domain: &DomainName,
        action: &'static str,
        assumed: Option<&str>,
        proven: Option<&Claim>,
    ) -> Result<DomainOwner, OperationError> {
        for _ in 0..ROUNDS {
            let tenant = self.open_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let before = self.read_domain_owner(domain).await?;
            match &before {
                Some(owner) if owner.belongs_to(id) => return Ok(owner.clone()),
                Some(owner) if owner.tenant.is_some() => return Err(OperationError::DomainTaken(domain.clone())),
                Some(_) | None => {}
            }
            let now = self.now();
            let found: Option<Claim> = self.session.get(&Key::claim(domain, id)).await?;
            if let Some(proven) = proven
                && found
                    .as_ref()
                    .is_none_or(|found| (&found.challenge, found.revision) != (&proven.challenge, proven.revision))
            {
                return Err(OperationError::DomainUnclaimed(domain.clone()));
            }
            let mut claim = found.clone().unwrap_or_else(|| self.new_claim(id, domain, now, None));
            claim.status = ClaimStatus::Verified;
            claim.assumed = assumed.map(str::to_owned);
            let mut after = DomainOwner {
                domain: domain.clone(),
                tenant: Some(id.clone()),
                generation: before.as_ref().map_or(0, |owner| owner.generation) + 1,
                join: None,
                revision: before.as_ref().map_or(0, |owner| owner.revision),
            };
            let mut transaction = self.transaction();
            transaction.write(Part::Domain, &after)?.write(Part::Claim, &claim)?.unchanged(Part::Tenant, &tenant)?;
            authority.guard(&mut transaction)?;
            self.record(&mut transaction, id, now, Deed::new(action, domain.as_ref()).because(assumed))?;
            if self.commit(&transaction).await?.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }

    pub(super) fn new_claim(&self, id: &TenantId, domain: &DomainName, now: Timestamp, over: Option<&Claim>) -> Claim {
        Claim {
            domain: domain.clone(),
            tenant: id.clone(),
            challenge: format!("{CHALLENGE}{}", URL_SAFE_NO_PAD.encode(self.bits::<32>())),
            status: ClaimStatus::Pending,
            created: now,
            assumed: None,
            revision: over.map_or(0, |claim| claim.revision),
        }
    }
}

/// Public suffixes and public mailbox providers belong to nobody.
fn check_claimable(domain: &DomainName) -> Result<(), OperationError> {
    // The list's default rule takes an unknown last label for a suffix, so that `acme.example` can be claimed.
    if psl::suffix_str(domain.as_ref()).is_none_or(|suffix| suffix == domain.as_ref()) {
        return Err(OperationError::DomainPublicSuffix(domain.clone()));
    }
    if is_public_mailbox(domain) {
        return Err(OperationError::DomainPublicMailbox(domain.clone()));
    }
    Ok(())
}
