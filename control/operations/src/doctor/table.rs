//! Looks the whole table over: what hangs in the air, what does not add up, and what of it can be put right safely.

use std::collections::{BTreeMap, HashMap};

use domain::standing::{Ground, stands};
use domain::{
    Binding, ClientKind, DomainName, DomainOwner, Mailbox, MailboxKey, Membership, Mode, Origin, PoolId, Provider,
    ProviderKind, ProviderName, Slug, Tenant, TenantId, TenantStatus,
};
use store::entity::{Seats, SlugOwner};
use store::scan::Scanned;
use store::transaction::Condition;
use store::{Broken, Key, definition};

use super::{Fixed, Health, Severity};
use crate::clients::entomb;
use crate::commit::Part;
use crate::record::Deed;
use crate::standing::is_active_owner;
use crate::{OperationError, Operations};

/// What the rows of a tenant add up to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counted {
    used: u64,
    owners: u64,
    rows: u64,
}

impl Counted {
    fn add(&mut self, row: &Membership) {
        self.used += u64::from(row.status.takes_seat());
        self.owners += u64::from(is_active_owner(row));
        self.rows += 1;
    }

    const fn agrees(&self, seats: &Seats) -> bool {
        self.used == seats.used && self.owners == seats.owners
    }
}

/// What is kept of the table while it is looked over: of memberships only the sums.
#[derive(Debug, Default)]
struct Sight {
    tenants: BTreeMap<TenantId, Tenant>,
    seats: HashMap<TenantId, Seats>,
    counted: BTreeMap<TenantId, Counted>,
    slugs: BTreeMap<Slug, SlugOwner>,
    /// Active owners.
    owners: Vec<Membership>,
    /// Mailboxes that a removal or a suspension keeps out, each with no more than that.
    ends: HashMap<String, Mailbox>,
    domains: HashMap<DomainName, DomainOwner>,
    providers: HashMap<(PoolId, ProviderName), Provider>,
    /// What names a tenant: a code, an id for people, the tenant, and the binding where it is one.
    hanging: Vec<(&'static str, String, TenantId, Option<Box<Binding>>)>,
    /// Clients whose tokens may edit the account.
    editing: Vec<Binding>,
    /// Which tenants have clients in which pools, or the pool for themselves.
    bound: Vec<(PoolId, TenantId)>,
    /// Which tenants have a provider that counts in which pools.
    provided: Vec<(PoolId, TenantId)>,
}

impl Sight {
    /// How many active owners of which tenants get no token: their mailbox is barred, or what let them in is gone.
    fn lapsed_owners(&self) -> HashMap<&TenantId, u64> {
        let mut lapsed = HashMap::new();
        for row in &self.owners {
            let key = row.address.as_ref().map(|address| MailboxKey::of(&row.tenant, address));
            let mailbox = key.and_then(|key| self.ends.get(key.as_ref()));
            let (domain, provider) = match &row.origin {
                Origin::Domain { domain, .. } => (self.domains.get(domain), None),
                Origin::Provider(name) => (None, self.providers.get(&(row.person.pool.clone(), name.clone()))),
                Origin::Invitation(_) | Origin::Open | Origin::Added => (None, None),
            };
            if !stands(row, &Ground { mailbox, domain, provider }) {
                *lapsed.entry(&row.tenant).or_default() += 1;
            }
        }
        lapsed
    }

    /// Who can edit an account can move it to a mailbox of their own: where codes go to mailboxes, that is a way around them. Where a
    /// tenant's provider is believed, its people can give theirs the address of somebody else there.
    fn check_editing(&self, health: &mut Health) {
        for binding in &self.editing {
            let pool = &binding.client.pool;
            let here = |(other, id): &(PoolId, TenantId)| if other == pool { self.tenants.get(id) } else { None };
            let coded = self.bound.iter().filter_map(here).find(|tenant| tenant.policy.chain.is_more_than_password());
            let provided = self.provided.iter().find_map(here);
            let mut ways = Vec::new();
            // Who only observes changes no token.
            let takes =
                if binding.suppress_account_scope { "client enforce" } else { "client bind --account-scope suppress" };
            if let Some(tenant) = coded {
                ways.push(format!("and so move it to another mailbox, to which {} then sends its codes", tenant.slug));
            }
            if let Some(tenant) = provided {
                ways.push(format!(
                    "and so people who come by the provider of {} can give theirs another address of the company, which counts as \
                     the provider's word unless the pool verifies a changed address first",
                    tenant.slug
                ));
            }
            if ways.is_empty() && binding.suppress_account_scope {
                continue;
            }
            let (severity, why) = if ways.is_empty() {
                (Severity::Note, "which other tenants trust".to_owned())
            } else {
                (Severity::Problem, ways.join(", "))
            };
            let message = format!("its tokens may edit the account, {why}; `tenantctl {takes}` takes that away");
            let name = format!("{pool}:{}", binding.client.id);
            health.add("ACCOUNT_SCOPE_KEPT", severity, &name, message, Fixed::No);
        }
    }
}

/// A tenant as it is after the scan, which is no snapshot: what it met first may have changed before it met the last.
enum Now {
    Gone,
    There(Box<Tenant>),
    /// It is there, and this version cannot read it: nothing of it is touched.
    Unreadable,
}

impl Operations {
    /// Looks the table over. With `fix`, puts right what can be put right without deciding anything for anybody. For operators.
    pub async fn doctor(&self, fix: bool) -> Result<Health, OperationError> {
        self.operators_only()?;
        let table = &self.table;
        let mut health = Health::default();
        let described =
            definition::describe(table).await?.ok_or_else(|| OperationError::TableMissing(table.name().to_owned()))?;
        if !described.as_defined {
            let message = "the table's keys or its index are not the ones of this version".to_owned();
            health.add("TABLE_KEYS", Severity::Problem, &table.name(), message, Fixed::No);
            return Ok(health);
        }
        if !described.time_to_live {
            if fix {
                definition::create(table).await?;
            }
            let message = "time to live is off: what has expired is never deleted".to_owned();
            health.add("TIME_TO_LIVE", Severity::Problem, &table.name(), message, done(fix));
        }
        let sight = self.look(&mut health).await?;
        sight.check_editing(&mut health);
        self.check_hanging(&sight, &mut health, fix).await?;
        self.check_slugs(&sight, &mut health, fix).await?;
        self.check_seats(&sight, &mut health, fix).await?;
        health.tenants = sight.tenants.len() as u64;
        health.findings.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.code.cmp(other.code)));
        Ok(health)
    }

    async fn look(&self, health: &mut Health) -> Result<Sight, OperationError> {
        let mut sight = Sight::default();
        let mut from = None;
        loop {
            let page = self.session.scan(from).await?;
            for item in page.entities {
                health.items += 1;
                take(item, &mut sight, health);
            }
            from = page.next;
            if from.is_none() {
                return Ok(sight);
            }
        }
    }

    /// Clients, providers, pools and domains of tenants that are not there, and memberships in them.
    async fn check_hanging(&self, sight: &Sight, health: &mut Health, fix: bool) -> Result<(), OperationError> {
        for (code, target, tenant, binding) in &sight.hanging {
            if sight.tenants.contains_key(tenant) || !matches!(self.tenant_now(tenant).await?, Now::Gone) {
                continue;
            }
            let fixed = if let Some(binding) = binding {
                let mut tombstone = Binding::clone(binding);
                entomb(&mut tombstone);
                let mut transaction = self.transaction();
                transaction.write(Part::Binding, &tombstone)?.check(
                    Part::Tenant,
                    &Key::tenant(tenant),
                    Condition::revision(0),
                )?;
                self.put_right(fix, &mut transaction, "client.unbind", target).await?
            } else {
                Fixed::No
            };
            health.add(
                code,
                Severity::Problem,
                target,
                format!("names the tenant {tenant}, which is not there"),
                fixed,
            );
        }
        for (tenant, counted) in &sight.counted {
            if !sight.tenants.contains_key(tenant) && matches!(self.tenant_now(tenant).await?, Now::Gone) {
                let message = format!("{} memberships name this tenant, which is not there", counted.rows);
                health.add("MEMBERSHIP_WITHOUT_TENANT", Severity::Problem, tenant, message, Fixed::No);
            }
        }
        Ok(())
    }

    async fn check_slugs(&self, sight: &Sight, health: &mut Health, fix: bool) -> Result<(), OperationError> {
        for (slug, owner) in &sight.slugs {
            if sight.tenants.get(&owner.tenant).is_some_and(|tenant| tenant.slug == *slug)
                || self.slug(slug).await?.as_ref() != Some(owner)
            {
                continue;
            }
            let mut transaction = self.transaction();
            transaction.delete_entity(Part::Slug, owner)?;
            match self.tenant_now(&owner.tenant).await? {
                Now::Gone => transaction.check(Part::Tenant, &Key::tenant(&owner.tenant), Condition::revision(0))?,
                Now::There(tenant) if tenant.slug != *slug => transaction.unchanged(Part::Tenant, &*tenant)?,
                Now::There(_) | Now::Unreadable => continue,
            };
            let fixed = self.put_right(fix, &mut transaction, "slug.free", slug.as_ref()).await?;
            let message = format!("is kept for {}, which is called otherwise or is not there", owner.tenant);
            health.add("SLUG_DANGLING", Severity::Problem, slug, message, fixed);
        }
        for (id, tenant) in &sight.tenants {
            if sight.slugs.contains_key(&tenant.slug) {
                continue;
            }
            let Now::There(tenant) = self.tenant_now(id).await? else { continue };
            if self.slug(&tenant.slug).await?.is_some() {
                continue;
            }
            let owner = SlugOwner { slug: tenant.slug.clone(), tenant: id.clone(), revision: 0 };
            let mut transaction = self.transaction();
            transaction.write(Part::Slug, &owner)?.unchanged(Part::Tenant, &*tenant)?;
            let fixed = self.put_right(fix, &mut transaction, "slug.restore", id.as_ref()).await?;
            let message = format!("its slug {} is kept for nobody: another tenant could take it", tenant.slug);
            health.add("TENANT_WITHOUT_SLUG", Severity::Problem, id, message, fixed);
        }
        Ok(())
    }

    async fn check_seats(&self, sight: &Sight, health: &mut Health, fix: bool) -> Result<(), OperationError> {
        let counted = |id: &TenantId| sight.counted.get(id).copied().unwrap_or_default();
        let lapsed = sight.lapsed_owners();
        let mut suspects = Vec::new();
        for (id, tenant) in &sight.tenants {
            if tenant.status == TenantStatus::Active
                && counted(id).owners <= lapsed.get(id).copied().unwrap_or_default()
            {
                let message = if counted(id).rows == 0 {
                    "has no members yet: invite an owner"
                } else if counted(id).owners == 0 {
                    "has no active owner: make somebody one with `tenantctl member role`"
                } else {
                    "nothing lets its owners in any more: their mailboxes are barred, or the domain or provider that let them in is gone; \
                     `tenantctl member reinstate` takes one back, and vouches for them"
                };
                let severity = if counted(id).rows == 0 { Severity::Note } else { Severity::Problem };
                health.add("TENANT_WITHOUT_OWNER", severity, id, message.to_owned(), Fixed::No);
            }
            if sight.seats.get(id).is_none_or(|seats| !counted(id).agrees(seats)) {
                suspects.push(id.clone());
            }
        }
        if suspects.is_empty() {
            return Ok(());
        }
        // Rows and counter were read at different moments. Once more: first the counters, then the rows. Whatever changes a row
        // counts in the same transaction, so if a counter's revision is the same afterwards, the rows are those that it counts.
        let mut before = HashMap::new();
        for id in &suspects {
            before.insert(id.clone(), self.session.get::<Seats>(&Key::seats(id)).await?);
        }
        let again = self.look(&mut Health::default()).await?;
        for id in &suspects {
            let rows = again.counted.get(id).copied().unwrap_or_default();
            let found = before.remove(id).flatten();
            if found.as_ref().is_some_and(|seats| rows.agrees(seats)) {
                continue;
            }
            // What the limit was, nobody knows.
            let Some(found) = found else {
                let message = "has no counter: nobody can join; say its limit with `tenantctl tenant policy --seat-limit`, \
                               then `tenantctl doctor --fix` counts its seats";
                health.add("SEATS_DISAGREE", Severity::Problem, id, message.to_owned(), Fixed::No);
                continue;
            };
            let message = format!(
                "the counter says {} seats and {} owners, the rows say {} and {}",
                found.used, found.owners, rows.used, rows.owners
            );
            let seats = Seats { used: rows.used, owners: rows.owners, ..found };
            let mut transaction = self.transaction();
            transaction.write(Part::Seats, &seats)?;
            let fixed = self.put_right(fix, &mut transaction, "seats.recount", id.as_ref()).await?;
            health.add("SEATS_DISAGREE", Severity::Problem, id, message, fixed);
        }
        Ok(())
    }

    async fn tenant_now(&self, id: &TenantId) -> Result<Now, OperationError> {
        match self.session.get::<Tenant>(&Key::tenant(id)).await {
            Ok(Some(tenant)) => Ok(Now::There(Box::new(tenant))),
            Ok(None) => Ok(Now::Gone),
            Err(Broken::Unreadable { .. }) => Ok(Now::Unreadable),
            Err(broken) => Err(broken.into()),
        }
    }

    async fn put_right(
        &self,
        fix: bool,
        transaction: &mut store::Transaction<Part>,
        action: &'static str,
        target: &str,
    ) -> Result<Fixed, OperationError> {
        if !fix {
            return Ok(Fixed::Possible);
        }
        self.record_for_all(transaction, self.now(), Deed::new(action, target).because(Some("doctor")))?;
        Ok(if self.commit(transaction).await?.is_empty() { Fixed::Done } else { Fixed::Again })
    }
}

const fn done(fix: bool) -> Fixed {
    if fix { Fixed::Done } else { Fixed::Possible }
}

fn take(item: Scanned, sight: &mut Sight, health: &mut Health) {
    match item {
        Scanned::Tenant(tenant) => {
            sight.tenants.insert(tenant.id.clone(), *tenant);
        }
        Scanned::Seats(seats) => {
            sight.seats.insert(seats.tenant.clone(), seats);
        }
        Scanned::Membership(row) => {
            health.memberships += 1;
            sight.counted.entry(row.tenant.clone()).or_default().add(&row);
            if is_active_owner(&row) {
                sight.owners.push(*row);
            }
        }
        Scanned::Mailbox(keyed) => {
            let Mailbox { bar, ended, .. } = keyed.mailbox;
            if bar.is_some() || ended.is_some() {
                sight.ends.insert(keyed.mailbox_key, Mailbox { bar, ended, ..Mailbox::default() });
            }
        }
        Scanned::Binding(binding) => {
            let name = format!("{}:{}", binding.client.pool, binding.client.id);
            if binding.kind != ClientKind::Unbound && binding.mode == Mode::Observe {
                let message = "only observes: nobody is refused here".to_owned();
                health.add("CLIENT_OBSERVES", Severity::Note, &name, message, Fixed::No);
            }
            let person = matches!(binding.kind, ClientKind::Tenant(_) | ClientKind::Shared);
            if person && (!binding.suppress_account_scope || binding.mode == Mode::Observe) {
                sight.editing.push(binding.as_ref().clone());
            }
            if let Some(tenant) = binding.kind.tenant() {
                sight.bound.push((binding.client.pool.clone(), tenant.clone()));
                sight.hanging.push(("CLIENT_DANGLING", name, tenant.clone(), Some(binding.clone())));
            }
        }
        Scanned::Provider(provider) => {
            if let ProviderKind::Tenant(tenant) = &provider.kind {
                if provider.enabled {
                    sight.provided.push((provider.pool.clone(), tenant.clone()));
                }
                let name = format!("{}:{}", provider.pool, provider.name);
                sight.hanging.push(("PROVIDER_DANGLING", name, tenant.clone(), None));
            }
            sight.providers.insert((provider.pool.clone(), provider.name.clone()), provider);
        }
        Scanned::Pool(pool) => {
            if pool.observe_unbound {
                let message = "lets clients that were never bound pass unchanged".to_owned();
                health.add("POOL_OBSERVES", Severity::Note, &pool.id, message, Fixed::No);
            }
            if let Some(tenant) = pool.dedicated_to {
                sight.bound.push((pool.id.clone(), tenant.clone()));
                sight.hanging.push(("POOL_DANGLING", pool.id.to_string(), tenant, None));
            }
        }
        Scanned::Domain(owner) => {
            if let Some(tenant) = &owner.tenant {
                sight.hanging.push(("DOMAIN_DANGLING", owner.domain.to_string(), tenant.clone(), None));
            }
            sight.domains.insert(owner.domain.clone(), owner);
        }
        Scanned::Slug(owner) => {
            sight.slugs.insert(owner.slug.clone(), owner);
        }
        Scanned::Other => {}
        Scanned::Unreadable { key, why } => {
            let target = format!("{} {}", key.pk, key.sk);
            health.add("ITEM_UNREADABLE", Severity::Problem, &target, why.to_string(), Fixed::No);
        }
    }
}
