//! Tenants: create, find, list, rename, suspend, close, and their policy.

use domain::tenant::check_name;
use domain::{Chain, JoinMode, Policy, Rank, Roles, Slug, Tenant, TenantId, TenantStatus, Tier};
use store::Key;
use store::entity::{Seats, SlugOwner};
use store::keys::ALL_TENANTS;

use crate::commit::Part;
use crate::record::{Deed, check_reason};
use crate::{OperationError, Operations, ROUNDS};

/// A tenant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// Its name in links and on command lines.
    pub slug: Slug,
    /// Its name for people's eyes.
    pub name: String,
    /// What it pays for; `None`: `standard`.
    pub tier: Option<Tier>,
    /// How people join and sign in.
    pub policy: Policy,
    /// At most this many seats.
    pub seat_limit: Option<u64>,
}

impl NewTenant {
    /// With the default policy, no limit, and the tier `standard`.
    pub fn new(slug: Slug, name: impl Into<String>) -> Self {
        Self { slug, name: name.into(), tier: None, policy: Policy::default(), seat_limit: None }
    }
}

/// What of a tenant's policy, tier and limit changes; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChange {
    /// Who joins without being asked.
    pub join: Option<JoinMode>,
    /// What they join as.
    pub default_roles: Option<Roles>,
    /// The steps of a sign-in.
    pub chain: Option<Chain>,
    /// Only the tenant's own provider signs people in.
    pub sso_required: Option<bool>,
    /// Pre sign-up may look invitations up by address.
    pub invitation_lookup: Option<bool>,
    /// An invitation of a member who was removed meanwhile still holds.
    pub invitations_outlive_inviter: Option<bool>,
    /// What the tenant pays for. For operators.
    pub tier: Option<Tier>,
    /// At most this many seats; `Some(None)`: no limit. For operators.
    pub seat_limit: Option<Option<u64>>,
}

impl Operations {
    /// Creates a tenant with its slug and its counters. For operators.
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<Tenant, OperationError> {
        self.operators_only()?;
        check_name(&new.name)?;
        check_default_roles(&new.policy.default_roles)?;
        let now = self.now();
        let mut tenant = Tenant {
            id: TenantId::from_random(self.bits()),
            slug: new.slug.clone(),
            name: new.name.clone(),
            tier: new.tier.clone().map_or_else(|| "standard".parse(), Ok)?,
            status: TenantStatus::Active,
            policy: new.policy.clone(),
            created: now,
            revision: 0,
        };
        if tenant.policy.sso_required {
            return Err(OperationError::SsoWithoutProvider("identity provider"));
        }
        let slug = SlugOwner { slug: new.slug.clone(), tenant: tenant.id.clone(), revision: 0 };
        let seats = Seats { tenant: tenant.id.clone(), used: 0, owners: 0, limit: new.seat_limit, revision: 0 };
        let mut transaction = self.transaction();
        transaction.write(Part::Tenant, &tenant)?.write(Part::Slug, &slug)?.write(Part::Seats, &seats)?;
        self.record(&mut transaction, &tenant.id, now, Deed::new("tenant.create", tenant.id.as_ref()))?;
        if !self.commit(&transaction).await?.is_empty() {
            // A first attempt whose answer was lost may have committed: then the slug is this very tenant's.
            match self.slug(&new.slug).await? {
                Some(owner) if owner.tenant == tenant.id => {}
                Some(_) => return Err(OperationError::SlugTaken(new.slug.clone())),
                None => return Err(OperationError::Contended),
            }
        }
        tenant.revision = 1;
        Ok(tenant)
    }

    /// The tenant of this id. Members see their own alone: another is as unknown as one that never was.
    pub async fn tenant(&self, id: &TenantId) -> Result<Tenant, OperationError> {
        let tenant = self.read_tenant(id).await?;
        if self.may_read(&tenant, Rank::Viewer).await? { Ok(tenant) } else { Err(OperationError::no_tenant(id)) }
    }

    /// As [`Operations::tenant`], whoever acts: before it is known whether they may.
    pub(crate) async fn read_tenant(&self, id: &TenantId) -> Result<Tenant, OperationError> {
        self.session.get(&Key::tenant(id)).await?.ok_or_else(|| OperationError::no_tenant(id))
    }

    /// The tenant, unless it is closed.
    pub(crate) async fn open_tenant(&self, id: &TenantId) -> Result<Tenant, OperationError> {
        let tenant = self.read_tenant(id).await?;
        if tenant.status == TenantStatus::Closed { Err(OperationError::TenantState("closed")) } else { Ok(tenant) }
    }

    /// The tenant that somebody named by its slug or its id. Members find their own alone.
    pub async fn find_tenant(&self, name: &str) -> Result<Tenant, OperationError> {
        let unknown = || OperationError::TenantUnknown(name.escape_debug().to_string());
        let id = if let Ok(id) = name.parse() {
            id
        } else {
            let slug: Slug = name.parse().map_err(|_| unknown())?;
            self.slug(&slug).await?.ok_or_else(unknown)?.tenant
        };
        // Whatever the name was resolved to, the words are the caller's own: a foreign slug must not tell an id.
        match self.tenant(&id).await {
            Err(OperationError::TenantUnknown(_)) => Err(unknown()),
            other => other,
        }
    }

    pub(crate) async fn slug(&self, slug: &Slug) -> Result<Option<SlugOwner>, OperationError> {
        Ok(self.session.get(&Key::slug(slug)).await?)
    }

    /// Every tenant, by slug.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, OperationError> {
        self.operators_only()?;
        Ok(self.session.list_all(ALL_TENANTS, "").await?)
    }

    /// A tenant's counters. For operators and the tenant's admins.
    pub async fn seats(&self, id: &TenantId) -> Result<Seats, OperationError> {
        self.authority(&self.read_tenant(id).await?, Rank::Admin).await?;
        self.read_seats(id).await
    }

    /// As [`Operations::seats`], for an actor whose authority is known.
    pub(crate) async fn read_seats(&self, tenant: &TenantId) -> Result<Seats, OperationError> {
        self.session.get(&Key::seats(tenant)).await?.ok_or(OperationError::SeatsDisagree)
    }

    /// Changes the name, the slug, or both. The old slug becomes free.
    pub async fn rename_tenant(
        &self,
        id: &TenantId,
        slug: Option<&Slug>,
        name: Option<&str>,
    ) -> Result<Tenant, OperationError> {
        if let Some(name) = name {
            check_name(name)?;
        }
        for _ in 0..ROUNDS {
            let before = self.read_tenant(id).await?;
            let authority = self.authority(&before, Rank::Owner).await?;
            let mut after = before.clone();
            if let Some(slug) = slug {
                after.slug = slug.clone();
            }
            if let Some(name) = name {
                name.clone_into(&mut after.name);
            }
            if after == before {
                return Ok(before);
            }
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Tenant, &after)?;
            if after.slug != before.slug {
                let new = SlugOwner { slug: after.slug.clone(), tenant: id.clone(), revision: 0 };
                transaction.write(Part::Slug, &new)?;
                if let Some(old) = self.slug(&before.slug).await?.filter(|old| old.tenant == *id) {
                    transaction.delete_entity(Part::FormerSlug, &old)?;
                }
            }
            authority.guard(&mut transaction)?;
            self.record(&mut transaction, id, now, Deed::new("tenant.rename", id.as_ref()))?;
            let lost = self.commit(&transaction).await?;
            if lost.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
            if lost == [Part::Slug] {
                return Err(OperationError::SlugTaken(after.slug));
            }
        }
        Err(OperationError::Contended)
    }

    /// Lets nobody in until it is resumed. For operators.
    pub async fn suspend_tenant(&self, id: &TenantId, reason: Option<&str>) -> Result<Tenant, OperationError> {
        self.set_status(id, "tenant.suspend", reason, &[TenantStatus::Active], TenantStatus::Suspended).await
    }

    /// Lets the members of a suspended tenant in again. For operators.
    pub async fn resume_tenant(&self, id: &TenantId, reason: Option<&str>) -> Result<Tenant, OperationError> {
        self.set_status(id, "tenant.resume", reason, &[TenantStatus::Suspended], TenantStatus::Active).await
    }

    /// Closes a tenant: nobody gets in, nothing is deleted. For operators.
    pub async fn close_tenant(&self, id: &TenantId, reason: Option<&str>) -> Result<Tenant, OperationError> {
        let from = [TenantStatus::Active, TenantStatus::Suspended];
        self.set_status(id, "tenant.close", reason, &from, TenantStatus::Closed).await
    }

    /// Opens a closed tenant again. For operators.
    pub async fn restore_tenant(&self, id: &TenantId, reason: Option<&str>) -> Result<Tenant, OperationError> {
        self.set_status(id, "tenant.restore", reason, &[TenantStatus::Closed], TenantStatus::Active).await
    }

    async fn set_status(
        &self,
        id: &TenantId,
        action: &'static str,
        reason: Option<&str>,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, OperationError> {
        self.operators_only()?;
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let mut tenant = self.read_tenant(id).await?;
            if tenant.status == to {
                return Ok(tenant);
            }
            if !from.contains(&tenant.status) {
                return Err(OperationError::TenantState(crate::shape::tenant_status(tenant.status)));
            }
            tenant.status = to;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Tenant, &tenant)?;
            self.record(&mut transaction, id, now, Deed::new(action, id.as_ref()).because(reason))?;
            if self.commit(&transaction).await?.is_empty() {
                tenant.revision += 1;
                return Ok(tenant);
            }
        }
        Err(OperationError::Contended)
    }

    /// A tenant as a change would make it; nothing is written.
    pub(crate) async fn changed_policy(
        &self,
        before: &Tenant,
        change: &PolicyChange,
    ) -> Result<Tenant, OperationError> {
        let mut after = before.clone();
        let mut seats = Seats { tenant: before.id.clone(), used: 0, owners: 0, limit: None, revision: 0 };
        apply(change, &mut after, &mut seats);
        if let Some(roles) = &change.default_roles {
            check_default_roles(roles)?;
        }
        self.check_policy(before, &after).await?;
        Ok(after)
    }

    async fn check_policy(&self, before: &Tenant, after: &Tenant) -> Result<(), OperationError> {
        // INVARIANT: single sign-on runs no custom challenge, so a tenant has one or the other.
        if after.policy.sso_required && after.policy.chain.is_more_than_password() {
            return Err(OperationError::ChainWithSso);
        }
        if after.policy.sso_required && !before.policy.sso_required {
            self.somebody_could_sign_in(&before.id).await?;
        }
        Ok(())
    }

    /// Changes how people join and sign in, the tier, the seat limit, in the table alone: [`Operations::apply_policy`] brings the app
    /// clients in line too. How people sign in is for operators, as the clients are: the one without the other locks people out, or
    /// lets them around.
    pub async fn set_policy(&self, id: &TenantId, change: &PolicyChange) -> Result<(Tenant, Seats), OperationError> {
        let signs_in = change.chain.is_some() || change.sso_required.is_some();
        if signs_in || change.tier.is_some() || change.seat_limit.is_some() {
            self.operators_only()?;
        }
        if let Some(roles) = &change.default_roles {
            check_default_roles(roles)?;
        }
        for _ in 0..ROUNDS {
            let before = self.read_tenant(id).await?;
            let authority = self.authority(&before, Rank::Owner).await?;
            let seats_before = match self.session.get(&Key::seats(id)).await? {
                Some(seats) => seats,
                // Whoever says the limit makes a lost counter anew; what it counts, the doctor counts again.
                None if change.seat_limit.is_some() => {
                    Seats { tenant: id.clone(), used: 0, owners: 0, limit: None, revision: 0 }
                }
                None => return Err(OperationError::SeatsDisagree),
            };
            let lost = seats_before.revision == 0;
            let (mut after, mut seats) = (before.clone(), seats_before.clone());
            apply(change, &mut after, &mut seats);
            self.check_policy(&before, &after).await?;
            if after == before && seats == seats_before && !lost {
                return Ok((before, seats_before));
            }
            let now = self.now();
            let mut transaction = self.transaction();
            if after != before {
                transaction.write(Part::Tenant, &after)?;
            }
            if seats != seats_before || lost {
                transaction.write(Part::Seats, &seats)?;
            }
            authority.guard(&mut transaction)?;
            self.record(&mut transaction, id, now, Deed::new("tenant.policy", id.as_ref()))?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok((self.read_tenant(id).await?, self.read_seats(id).await?));
            }
        }
        Err(OperationError::Contended)
    }

    /// Single sign-on can be required once the tenant has a provider, and a domain for which it speaks.
    async fn somebody_could_sign_in(&self, id: &TenantId) -> Result<(), OperationError> {
        if !self.providers(Some(id)).await?.iter().any(|provider| provider.serves(id)) {
            return Err(OperationError::SsoWithoutProvider("enabled identity provider"));
        }
        if !self.domains(id).await?.iter().any(|domain| domain.owner.is_some()) {
            return Err(OperationError::SsoWithoutProvider("verified domain"));
        }
        Ok(())
    }
}

fn apply(change: &PolicyChange, tenant: &mut Tenant, seats: &mut Seats) {
    let policy = &mut tenant.policy;
    policy.join = change.join.unwrap_or(policy.join);
    policy.default_roles = change.default_roles.clone().unwrap_or_else(|| policy.default_roles.clone());
    policy.chain = change.chain.clone().unwrap_or_else(|| policy.chain.clone());
    policy.sso_required = change.sso_required.unwrap_or(policy.sso_required);
    policy.invitation_lookup = change.invitation_lookup.unwrap_or(policy.invitation_lookup);
    policy.invitations_outlive_inviter =
        change.invitations_outlive_inviter.unwrap_or(policy.invitations_outlive_inviter);
    tenant.tier = change.tier.clone().unwrap_or_else(|| tenant.tier.clone());
    seats.limit = change.seat_limit.unwrap_or(seats.limit);
}

/// Whoever joins by a domain has these without anybody granting them.
fn check_default_roles(roles: &Roles) -> Result<(), OperationError> {
    if roles.rank() > Rank::Member { Err(OperationError::DefaultRolesTooHigh(roles.to_string())) } else { Ok(()) }
}
