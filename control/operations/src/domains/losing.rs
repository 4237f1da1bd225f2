//! How a tenant loses a domain, and what becomes of the members whose membership rests on it.

use domain::{DomainName, DomainOwner, Membership, MembershipStatus, Origin, Rank, Tenant, TenantId, TenantStatus};
use jiff::Timestamp;
use store::entity::{Claim, ClaimStatus, Seats};
use store::transaction::Condition;
use store::{Key, Transaction};

use crate::commit::Part;
use crate::record::{Deed, check_reason};
use crate::standing::is_active_owner;
use crate::{OperationError, Operations, ROUNDS};

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
    /// Gives a domain up. With [`Releasing::KeepMembers`] those whose membership rests on it become members who were added, one by
    /// one, before the domain goes: whatever interrupts this, the same call goes on.
    pub async fn release_domain(
        &self,
        id: &TenantId,
        domain: &DomainName,
        how: Releasing,
    ) -> Result<Released, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Owner).await?;
        let Some(before) = self.read_domain_owner(domain).await?.filter(|owner| owner.belongs_to(id)) else {
            return self.already_lost(&tenant, domain, None, how).await;
        };
        let (dependants, mut kept) = self.settle_dependants(&tenant, &before, how).await?;
        if how == Releasing::DryRun {
            return Ok(Released { owner: before, dependants: dependants.all, kept, done: false });
        }
        let owner = self.lose(&tenant, before.clone(), None, dependants.owners, "domain.release").await?;
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
        let owner = self.lose(&tenant, before.clone(), Some(heir), dependants.owners, "domain.transfer").await?;
        if how == Releasing::KeepMembers {
            kept += self.keep_dependants(&tenant, &before).await?;
        }
        Ok(Released { owner, dependants: dependants.all.max(kept), kept, done: true })
    }

    /// Takes the domain from its owner, over what was read, and gives it to the heir or to nobody. `owners`: how many owners the tenant
    /// had when none of them rested on the domain.
    async fn lose(
        &self,
        tenant: &Tenant,
        before: DomainOwner,
        heir: Option<Heir<'_>>,
        owners: Option<u64>,
        action: &'static str,
    ) -> Result<DomainOwner, OperationError> {
        let id = &tenant.id;
        let domain = before.domain.clone();
        let mut before = before;
        for _ in 0..ROUNDS {
            // Read anew each time: keeping the members may have rewritten the actor's own row.
            let authority = self.authority(tenant, Rank::Owner).await?;
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
            let reason = heir.map(|heir| heir.reason);
            self.record(&mut transaction, id, now, Deed::new(action, domain.as_ref()).because(reason))?;
            if let Some(heir) = heir {
                self.inherit(&mut transaction, heir, tenant, &domain, now).await?;
            }
            if let Some(owners) = owners {
                let same = Condition::new("#owners = :owners").name("#owners", "owners").number(":owners", owners);
                transaction.check(Part::Seats, &Key::seats(id), same)?;
            }
            authority.guard(&mut transaction)?;
            let lost = self.commit(&transaction).await?;
            if lost.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
            if lost.contains(&Part::Seats) {
                return Err(OperationError::Contended);
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
                Ok((Resting { all: kept, owners: None }, kept))
            }
            Releasing::DryRun | Releasing::DropMembers | Releasing::Unsaid => {
                // The counter first: who becomes an owner while the rows are counted is noticed.
                let seats: Option<Seats> = self.session.get(&Key::seats(&tenant.id)).await?;
                let (all, owners) = self.count_dependants(tenant, owner).await?;
                let domain = || owner.domain.clone();
                if how == Releasing::Unsaid && all > 0 {
                    return Err(OperationError::DomainInUse { domain: domain(), dependants: all });
                }
                // Nobody may own a closed tenant either, so nobody has to be left.
                let open = tenant.status != TenantStatus::Closed;
                // They would count as owners for ever, and let the last one go who is one.
                if how == Releasing::DropMembers && owners > 0 && open {
                    return Err(OperationError::OwnersOnDomain { domain: domain(), owners });
                }
                Ok((Resting { all, owners: seats.filter(|_| open).map(|seats| seats.owners) }, 0))
            }
        }
    }

    /// How many memberships rest on a domain, and how many of them are active owners.
    async fn count_dependants(&self, tenant: &Tenant, owner: &DomainOwner) -> Result<(u64, u64), OperationError> {
        let (mut all, mut owners) = (0, 0);
        let mut from = None;
        loop {
            let page = self.session.list::<Membership>(tenant.id.as_ref(), "MEMBER#", from).await?;
            for row in page.entities.iter().filter(|row| rests_on(row, owner)) {
                all += 1;
                owners += u64::from(is_active_owner(row));
            }
            from = page.next;
            if from.is_none() {
                return Ok((all, owners));
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
            // Whoever lost the right meanwhile keeps nobody.
            let authority = self.authority(tenant, Rank::Owner).await?;
            row.origin = Origin::Added;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Row, &row)?;
            let deed = Deed::new("member.keep", row.member.as_ref()).because(Some(owner.domain.as_ref()));
            self.record(&mut transaction, &tenant.id, now, deed)?;
            authority.guard(&mut transaction)?;
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

/// How many memberships rest on a domain, and how many owners the tenant had before they were counted, where that must not change.
#[derive(Debug, Clone, Copy, Default)]
struct Resting {
    all: u64,
    owners: Option<u64>,
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
