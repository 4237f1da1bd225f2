//! Domains: claim, verify, assume, join mode, transfer, release. A pending claim blocks nobody; the first proof wins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{
    DomainName, DomainOwner, JoinMode, Membership, MembershipStatus, Origin, Rank, Tenant, TenantId, TenantStatus,
};
use jiff::Timestamp;
use store::entity::{Claim, ClaimStatus};
use store::transaction::Condition;
use store::{Key, Transaction};

use crate::authority::Authority;
use crate::commit::Part;
use crate::mailbox_providers::is_public_mailbox;
use crate::record::Deed;
use crate::standing::is_active_owner;
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

/// What becomes of the members whose membership rests on a domain that its owner loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releasing {
    /// Only look.
    DryRun,
    /// They stay, as members who were added.
    KeepMembers,
    /// Their memberships hold no longer.
    DropMembers,
    /// Nobody said: refused while there are any.
    Unsaid,
}

/// What a release or a transfer found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The domain as it is now.
    pub owner: DomainOwner,
    /// How many memberships rested on it.
    pub dependants: u64,
    /// How many of them were kept.
    pub kept: u64,
    /// Whether it was released, or only looked at.
    pub done: bool,
}

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
            authority.guard(&mut transaction, None)?;
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
            authority.guard(&mut transaction, None)?;
            self.record(&mut transaction, id, now, Deed::new(action, domain.as_ref()).because(assumed))?;
            if self.commit(&transaction).await?.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }

    fn new_claim(&self, id: &TenantId, domain: &DomainName, now: Timestamp, over: Option<&Claim>) -> Claim {
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
            authority.guard(&mut transaction, None)?;
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

    /// Gives a domain up. With [`Releasing::KeepMembers`] those whose membership rests on it become members who were added, one by
    /// one, before the domain goes: whatever interrupts this, the same call goes on.
    pub async fn release_domain(
        &self,
        id: &TenantId,
        domain: &DomainName,
        how: Releasing,
    ) -> Result<Released, OperationError> {
        let tenant = self.read_tenant(id).await?;
        let authority = self.authority(&tenant, Rank::Owner).await?;
        let Some(before) = self.read_domain_owner(domain).await?.filter(|owner| owner.belongs_to(id)) else {
            return self.already_lost(&tenant, domain, None, how).await;
        };
        let (dependants, mut kept) = self.settle_dependants(&tenant, &before, how).await?;
        if how == Releasing::DryRun {
            return Ok(Released { owner: before, dependants: dependants.all, kept, done: false });
        }
        let owner = self.lose(&tenant, &authority, before.clone(), None, dependants.owners, "domain.release").await?;
        if how == Releasing::KeepMembers {
            // Whoever joined while this ran, or was not in the index yet.
            kept += self.keep_dependants(&tenant, &before).await?;
        }
        Ok(Released { owner, dependants: dependants.all.max(kept), kept, done: true })
    }

    /// Gives a domain of one tenant to another, in one transaction. For operators.
    pub async fn transfer_domain(
        &self,
        domain: &DomainName,
        from: &TenantId,
        to: &TenantId,
        how: Releasing,
        reason: &str,
    ) -> Result<Released, OperationError> {
        self.operators_only()?;
        check_reason(Some(reason))?;
        let tenant = self.read_tenant(from).await?;
        let heir = self.open_tenant(to).await?;
        let before = self.read_domain_owner(domain).await?;
        let before = match before {
            Some(owner) if owner.belongs_to(from) && from == to => {
                return Ok(Released { owner, dependants: 0, kept: 0, done: how != Releasing::DryRun });
            }
            Some(owner) if owner.belongs_to(from) => owner,
            _ => return self.already_lost(&tenant, domain, Some(to), how).await,
        };
        let (dependants, mut kept) = self.settle_dependants(&tenant, &before, how).await?;
        if how == Releasing::DryRun {
            return Ok(Released { owner: before, dependants: dependants.all, kept, done: false });
        }
        let heir = Heir { tenant: &heir, reason };
        let owner = self
            .lose(&tenant, &Authority::Operator, before.clone(), Some(heir), dependants.owners, "domain.transfer")
            .await?;
        if how == Releasing::KeepMembers {
            kept += self.keep_dependants(&tenant, &before).await?;
        }
        Ok(Released { owner, dependants: dependants.all.max(kept), kept, done: true })
    }

    /// Takes the domain from its owner, over what was read, and gives it to the heir or to nobody. `owners`: how many active owners of
    /// the tenant go with it; somebody else must be left to own the tenant.
    async fn lose(
        &self,
        tenant: &Tenant,
        authority: &Authority,
        before: DomainOwner,
        heir: Option<Heir<'_>>,
        owners: u64,
        action: &'static str,
    ) -> Result<DomainOwner, OperationError> {
        let id = &tenant.id;
        let domain = before.domain.clone();
        let mut before = before;
        for _ in 0..ROUNDS {
            let now = self.now();
            let mut after = DomainOwner {
                tenant: heir.map(|heir| heir.tenant.id.clone()),
                generation: before.generation + 1,
                join: None,
                ..before.clone()
            };
            let mut transaction = self.transaction();
            transaction.write(Part::Domain, &after)?;
            if let Some(mut claim) = self.session.get::<Claim>(&Key::claim(&domain, id)).await? {
                claim.status = ClaimStatus::Released;
                transaction.write(Part::FormerClaim, &claim)?;
            }
            authority.guard(&mut transaction, None)?;
            let reason = heir.map(|heir| heir.reason);
            self.record(&mut transaction, id, now, Deed::new(action, domain.as_ref()).because(reason))?;
            if let Some(heir) = heir {
                self.inherit(&mut transaction, heir, tenant, &domain, now).await?;
            }
            if owners > 0 && tenant.status != TenantStatus::Closed {
                let others = Condition::new("#owners > :going").name("#owners", "owners").number(":going", owners);
                transaction.check(Part::Seats, &Key::seats(id), others)?;
            }
            let lost = self.commit(&transaction).await?;
            if lost.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
            if lost == [Part::Seats] {
                return Err(OperationError::LastOwner);
            }
            let found = self.read_domain_owner(&domain).await?;
            match found {
                Some(found) if found.belongs_to(id) => before = found,
                // An attempt of our own whose answer was lost.
                Some(found) if found.tenant == after.tenant => return Ok(found),
                _ => return Err(OperationError::DomainNotOwned(domain)),
            }
        }
        Err(OperationError::Contended)
    }

    async fn inherit(
        &self,
        transaction: &mut Transaction<Part>,
        heir: Heir<'_>,
        from: &Tenant,
        domain: &DomainName,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        let to = &heir.tenant.id;
        let found: Option<Claim> = self.session.get(&Key::claim(domain, to)).await?;
        let mut claim = found.unwrap_or_else(|| self.new_claim(to, domain, now, None));
        claim.status = ClaimStatus::Verified;
        claim.assumed = Some(format!("transferred from {}: {}", from.id, heir.reason));
        transaction.write(Part::Claim, &claim)?.unchanged(Part::Tenant, heir.tenant)?;
        self.record(transaction, to, now, Deed::new("domain.receive", domain.as_ref()).because(Some(heir.reason)))
    }

    /// Counts those who rest on the domain, and keeps them if that was asked for.
    async fn settle_dependants(
        &self,
        tenant: &Tenant,
        owner: &DomainOwner,
        how: Releasing,
    ) -> Result<(Resting, u64), OperationError> {
        match how {
            Releasing::KeepMembers => {
                let kept = self.keep_dependants(tenant, owner).await?;
                Ok((Resting { all: kept, owners: 0 }, kept))
            }
            Releasing::DryRun | Releasing::DropMembers | Releasing::Unsaid => {
                let dependants = self.count_dependants(tenant, owner).await?;
                if how == Releasing::Unsaid && dependants.all > 0 {
                    let domain = owner.domain.clone();
                    return Err(OperationError::DomainInUse { domain, dependants: dependants.all });
                }
                Ok((dependants, 0))
            }
        }
    }

    async fn count_dependants(&self, tenant: &Tenant, owner: &DomainOwner) -> Result<Resting, OperationError> {
        let mut count = Resting::default();
        let mut from = None;
        loop {
            let page = self.session.list::<Membership>(tenant.id.as_ref(), "MEMBER#", from).await?;
            for row in page.entities.iter().filter(|row| rests_on(row, owner)) {
                count.all += 1;
                count.owners += u64::from(is_active_owner(row));
            }
            from = page.next;
            if from.is_none() {
                return Ok(count);
            }
        }
    }

    /// Page by page: nothing is held in memory, and what was done stays done.
    async fn keep_dependants(&self, tenant: &Tenant, owner: &DomainOwner) -> Result<u64, OperationError> {
        let mut kept = 0;
        let mut from = None;
        loop {
            let page = self.session.list::<Membership>(tenant.id.as_ref(), "MEMBER#", from).await?;
            for row in page.entities.iter().filter(|row| rests_on(row, owner)) {
                kept += u64::from(self.keep(tenant, owner, row).await?);
            }
            from = page.next;
            if from.is_none() {
                return Ok(kept);
            }
        }
    }

    async fn keep(&self, tenant: &Tenant, owner: &DomainOwner, listed: &Membership) -> Result<bool, OperationError> {
        for _ in 0..ROUNDS {
            let key = Key::membership(&listed.person, &tenant.id);
            let Some(mut row) = self.session.get::<Membership>(&key).await? else { return Ok(false) };
            if !rests_on(&row, owner) {
                return Ok(false);
            }
            row.origin = Origin::Added;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Row, &row)?;
            let deed = Deed::new("member.keep", row.member.as_ref()).because(Some(owner.domain.as_ref()));
            self.record(&mut transaction, &tenant.id, now, deed)?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(OperationError::Contended)
    }

    /// A release or a transfer that was interrupted after the domain had gone: those who were to stay are still kept.
    async fn already_lost(
        &self,
        tenant: &Tenant,
        domain: &DomainName,
        to: Option<&TenantId>,
        how: Releasing,
    ) -> Result<Released, OperationError> {
        let not_owned = || OperationError::DomainNotOwned(domain.clone());
        let claim: Option<Claim> = self.session.get(&Key::claim(domain, &tenant.id)).await?;
        let owner = self.read_domain_owner(domain).await?.ok_or_else(not_owned)?;
        if owner.tenant.as_ref() != to || claim.is_none_or(|claim| claim.status != ClaimStatus::Released) {
            return Err(not_owned());
        }
        let before = DomainOwner { generation: owner.generation.saturating_sub(1), ..owner.clone() };
        let (dependants, kept) = match how {
            Releasing::KeepMembers | Releasing::DryRun => self.settle_dependants(tenant, &before, how).await?,
            Releasing::DropMembers | Releasing::Unsaid => (Resting::default(), 0),
        };
        Ok(Released { owner, dependants: dependants.all, kept, done: how != Releasing::DryRun })
    }
}

/// How many memberships rest on a domain, and how many of them are active owners.
#[derive(Debug, Clone, Copy, Default)]
struct Resting {
    all: u64,
    owners: u64,
}

/// Who gets a domain, and why.
#[derive(Debug, Clone, Copy)]
struct Heir<'a> {
    tenant: &'a Tenant,
    reason: &'a str,
}

/// Whether a membership would end with this generation of the domain.
fn rests_on(row: &Membership, owner: &DomainOwner) -> bool {
    let here = matches!(&row.origin, Origin::Domain { domain, generation }
        if *domain == owner.domain && *generation == owner.generation);
    here && matches!(row.status, MembershipStatus::Active | MembershipStatus::Suspended | MembershipStatus::Requested)
}

/// A reason that is given says something.
pub(crate) fn check_reason(reason: Option<&str>) -> Result<(), OperationError> {
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(domain::Invalid { noun: "reason", rule: "it says something" }.into());
    }
    Ok(())
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
