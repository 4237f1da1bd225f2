//! Members from a user pool that was there before: each user's tenant stands in an attribute. Planned as a whole, then written one by
//! one; whatever stops it, the same import goes on where it was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::pin::pin;

use domain::{Email, MailboxProof, Person, PoolId, Rank, Role, Roles, Sub, Tenant, TenantId, TenantStatus};
use futures_util::StreamExt;
use pool::Cognito;
use pool::survey::{self, Profile, UserStatus};
use serde::Serialize;
use store::Broken;
use store::enrolment::Visit;

use crate::abreast::abreast;
use crate::{ErrorKind, NewMember, OperationError, Operations};

/// What an import goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolImport {
    /// From which pool.
    pub pool: PoolId,
    /// Whose value names the tenant, by the map; where there is none, by slug or id.
    pub attribute: String,
    /// Tenants (slug or id) by value; empty: there is no map. Where there is one, other values name nobody: a team's own ids may look
    /// like another tenant's slug.
    pub map: BTreeMap<String, String>,
    /// As what.
    pub roles: RolesFrom,
}

/// Where roles come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolesFrom {
    /// The operator said so, of everybody.
    Said(Roles),
    /// From an attribute, words with spaces, commas, semicolons or bars between them; `member` of whom it says nothing. It makes no owner.
    Attribute(String),
}

/// A user who is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Who.
    pub sub: String,
    /// Why, as a stable code.
    pub code: &'static str,
    /// What the attribute says.
    pub value: Option<String>,
}

/// What would be done, or was done, in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantImport {
    /// Which tenant.
    pub tenant_id: String,
    /// Its slug.
    pub slug: String,
    /// Who would become members.
    pub joins: u64,
    /// As what: by roles, how many of those.
    pub roles: BTreeMap<String, u64>,
    /// By which values of the attribute they come, each with how many.
    pub values: BTreeMap<String, u64>,
    /// Who are members already, whatever their roles.
    pub already: u64,
    /// For whom there is no seat.
    pub without_seat: u64,
    /// Seats taken before.
    pub seats_used: u64,
    /// Seats there are.
    pub seat_limit: Option<u64>,
}

/// A plan.
#[derive(Debug, Default, Serialize)]
pub struct ImportPlan {
    /// From which pool.
    pub pool: String,
    /// By which attribute.
    pub attribute: String,
    /// Users of the pool.
    pub users: u64,
    /// Tenants, by slug.
    pub tenants: Vec<TenantImport>,
    /// Who would join without an address, theirs not being verified: their later removal bars no mailbox.
    pub without_address: u64,
    /// Who would become an owner.
    pub owners: u64,
    /// Roles that somebody would get and that the catalogue does not know: they stand for nothing but their name.
    pub unknown_roles: BTreeSet<String>,
    /// Who is left out.
    pub skipped: Vec<Skipped>,
    #[serde(skip)]
    joining: Vec<Joining>,
}

/// Somebody who joins.
#[derive(Debug)]
struct Joining {
    sub: Sub,
    tenant: TenantId,
    address: Option<Email>,
    /// What stands in the account, proved by nobody.
    claimed: Option<Email>,
    roles: Roles,
    value: String,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
pub struct ImportDone {
    /// Became members.
    pub added: u64,
    /// Were members by then.
    pub already: u64,
    /// Could not, after all.
    pub failed: Vec<Skipped>,
}

impl ImportPlan {
    /// How many would become members.
    pub const fn joins(&self) -> usize {
        self.joining.len()
    }

    /// Who is left out, counted by code.
    pub fn skipped_by_code(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for one in &self.skipped {
            *counts.entry(one.code).or_default() += 1;
        }
        counts
    }

    /// The values of users who are left out with this code, each with how often it stands there.
    pub fn values_of(&self, code: &str) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for value in self.skipped.iter().filter(|one| one.code == code).filter_map(|one| one.value.as_deref()) {
            *counts.entry(value).or_default() += 1;
        }
        counts
    }

    fn skip(&mut self, profile: &Profile, code: &'static str, value: Option<&str>) {
        self.skipped.push(Skipped { sub: profile.user.sub.to_string(), code, value: value.map(str::to_owned) });
    }

    fn take(&mut self, profile: &Profile, looked: Sorted<LookedUp<'_>>, named: &mut Named) {
        let LookedUp { value, tenant, new, claimed, already } = match looked {
            Ok(looked) => looked,
            Err((code, value)) => return self.skip(profile, code, value),
        };
        let Some(counted) = named.tenants.get_mut(&tenant) else { return };
        if already {
            counted.import.already += 1;
        } else if counted.seat() {
            let NewMember { address, roles, person, .. } = new;
            self.without_address += u64::from(address.is_none());
            self.owners += u64::from(roles.rank() == Rank::Owner);
            *counted.import.roles.entry(roles.to_string()).or_default() += 1;
            *counted.import.values.entry(value.to_owned()).or_default() += 1;
            let value = value.to_owned();
            self.joining.push(Joining { sub: person.sub, tenant, address, claimed, roles, value });
        } else {
            self.skip(profile, OperationError::SeatsFull.code(), Some(value));
        }
    }
}

/// Who is left out, is so by a code and with what the attribute says.
type Sorted<'a, T> = Result<T, (&'static str, Option<&'a str>)>;

/// A user who may join, before the table is asked about them.
struct Candidate<'a> {
    value: &'a str,
    tenant: TenantId,
    roles: Roles,
}

/// What the table says of them.
struct LookedUp<'a> {
    value: &'a str,
    tenant: TenantId,
    new: NewMember,
    claimed: Option<Email>,
    /// They are a member already.
    already: bool,
}

/// A tenant of the plan.
struct Counted {
    tenant: Tenant,
    import: TenantImport,
}

impl Counted {
    /// Takes a seat, if there is one.
    const fn seat(&mut self) -> bool {
        let import = &mut self.import;
        match import.seat_limit {
            Some(limit) if import.seats_used + import.joins >= limit => {
                import.without_seat += 1;
                false
            }
            _ => {
                import.joins += 1;
                true
            }
        }
    }
}

/// The tenants that values name.
#[derive(Default)]
struct Named {
    by_value: HashMap<String, Option<TenantId>>,
    tenants: HashMap<TenantId, Counted>,
}

impl Operations {
    /// Reads every user of a pool and decides who would become a member where; writes nothing. `seen` is told how many users were read so
    /// far. For operators.
    pub async fn plan_pool_import(
        &self,
        cognito: &Cognito,
        import: &PoolImport,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<ImportPlan, OperationError> {
        self.operators_only()?;
        let mut plan =
            ImportPlan { pool: import.pool.to_string(), attribute: import.attribute.clone(), ..ImportPlan::default() };
        let mut named = Named::default();
        // A map that names an unknown tenant is a slip in the map, not in a user.
        for (value, tenant) in &import.map {
            let id = self.count(self.find_tenant(tenant).await?, &mut named).await?;
            named.by_value.insert(value.clone(), Some(id));
        }
        let mut met: HashSet<Sub> = HashSet::new();
        let mut from = None;
        loop {
            let page = survey::profiles_page(cognito, &import.pool, from).await?;
            let mut candidates = Vec::new();
            for profile in &page.profiles {
                // Pages overlap where users come and go meanwhile.
                if met.insert(profile.user.sub.clone()) {
                    candidates.push((profile, self.candidate(import, profile, &mut named).await?));
                }
            }
            let looked = candidates.into_iter().map(|(profile, candidate)| self.look_up(import, profile, candidate));
            let mut looked = pin!(abreast(looked));
            // Seats are given out in the order of the pool.
            while let Some(looked) = looked.next().await {
                let (profile, looked) = looked?;
                plan.users += 1;
                plan.take(profile, looked, &mut named);
            }
            seen(plan.users);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let catalogue = self.catalogue().await?;
        let roles: BTreeSet<&Role> = plan.joining.iter().flat_map(|joining| joining.roles.iter()).collect();
        plan.unknown_roles = roles
            .into_iter()
            .filter(|role| role.rank() == Rank::None && !catalogue.roles().contains_key(*role))
            .map(ToString::to_string)
            .collect();
        plan.tenants = named.tenants.into_values().map(|counted| counted.import).collect();
        plan.tenants.retain(|tenant| tenant.joins + tenant.already + tenant.without_seat > 0);
        plan.tenants.sort_by(|one, other| one.slug.cmp(&other.slug));
        Ok(plan)
    }

    /// Of which tenant a user would be, and as what, without a question of their own to the table.
    async fn candidate<'a>(
        &self,
        import: &PoolImport,
        profile: &'a Profile,
        named: &mut Named,
    ) -> Result<Sorted<'a, Candidate<'a>>, OperationError> {
        let value = profile.attribute(&import.attribute);
        if let Some(code) = unclear(profile) {
            return Ok(Err((code, value)));
        }
        let Some(value) = value else { return Ok(Err(("NO_VALUE", None))) };
        let Some(tenant) = self.tenant_of(import, value, named).await? else {
            return Ok(Err(("TENANT_UNKNOWN", Some(value))));
        };
        if named.tenants.get(&tenant).is_none_or(|counted| counted.tenant.status == TenantStatus::Closed) {
            return Ok(Err(("TENANT_CLOSED", Some(value))));
        }
        Ok(match roles_of(import, profile) {
            Ok(roles) => Ok(Candidate { value, tenant, roles }),
            Err(code) => Err((code, Some(value))),
        })
    }

    /// What the table says of a user.
    async fn look_up<'a>(
        &self,
        import: &PoolImport,
        profile: &'a Profile,
        candidate: Sorted<'a, Candidate<'a>>,
    ) -> Result<(&'a Profile, Sorted<'a, LookedUp<'a>>), OperationError> {
        let Candidate { value, tenant, roles } = match candidate {
            Ok(candidate) => candidate,
            Err(left_out) => return Ok((profile, Err(left_out))),
        };
        let person = Person { pool: import.pool.clone(), sub: profile.user.sub.clone() };
        // An address that nobody verified would keep its true owner from the seat that this mailbox gets.
        let (address, claimed) = match profile.account.address().cloned() {
            Some(address) if self.is_proved(&person, &tenant, profile).await? => (Some(address), None),
            claimed => (None, claimed),
        };
        let new = NewMember { person, address, roles, lift_bar: false };
        match self.is_adopted(&tenant, &new, claimed.as_ref()).await {
            Ok(already) => Ok((profile, Ok(LookedUp { value, tenant, new, claimed, already }))),
            Err(error) if concerns_all(&error) => Err(error),
            Err(error) => Ok((profile, Err((error.code(), Some(value))))),
        }
    }

    /// Whether somebody but the account itself says that the address is theirs. Of a person who comes from a provider, `email_verified` is
    /// that provider's word, which counts for the domains that its tenant owns.
    async fn is_proved(&self, person: &Person, tenant: &TenantId, profile: &Profile) -> Result<bool, OperationError> {
        let account = &profile.account;
        if !account.external {
            return Ok(account.email_verified);
        }
        let visit = Visit { now: self.now(), person, user_name: &profile.user.user_name, account, tenant };
        let facts = visit.facts(self.session()).await?;
        Ok(MailboxProof::of(account, tenant, facts.domain.as_ref(), facts.provider.as_ref()).is_ok())
    }

    async fn tenant_of(
        &self,
        import: &PoolImport,
        value: &str,
        named: &mut Named,
    ) -> Result<Option<TenantId>, OperationError> {
        if let Some(known) = named.by_value.get(value) {
            return Ok(known.clone());
        }
        if !import.map.is_empty() {
            return Ok(None);
        }
        let id = match self.find_tenant(value).await {
            Ok(tenant) => Some(self.count(tenant, named).await?),
            Err(OperationError::TenantUnknown(_)) => None,
            Err(error) => return Err(error),
        };
        named.by_value.insert(value.to_owned(), id.clone());
        Ok(id)
    }

    async fn count(&self, tenant: Tenant, named: &mut Named) -> Result<TenantId, OperationError> {
        let id = tenant.id.clone();
        if !named.tenants.contains_key(&id) {
            let seats = self.seats(&id).await?;
            let import = TenantImport {
                tenant_id: id.to_string(),
                slug: tenant.slug.to_string(),
                joins: 0,
                roles: BTreeMap::new(),
                values: BTreeMap::new(),
                already: 0,
                without_seat: 0,
                seats_used: seats.used,
                seat_limit: seats.limit,
            };
            named.tenants.insert(id.clone(), Counted { tenant, import });
        }
        Ok(id)
    }

    /// Does what was planned, each member in a transaction of their own that looks again. `seen` is told how many were gone through so
    /// far. After an error, `done` says what was done, and the same import goes on from there. For operators.
    pub async fn import_from_pool(
        &self,
        plan: &ImportPlan,
        seen: &(dyn Fn(u64) + Send + Sync),
        done: &mut ImportDone,
    ) -> Result<(), OperationError> {
        self.operators_only()?;
        let pool: PoolId = plan.pool.parse()?;
        let mut full: HashSet<&TenantId> = HashSet::new();
        for (joining, count) in plan.joining.iter().zip(1..) {
            let failed = |code| Skipped { sub: joining.sub.to_string(), code, value: Some(joining.value.clone()) };
            if full.contains(&joining.tenant) {
                done.failed.push(failed(OperationError::SeatsFull.code()));
                continue;
            }
            let new = NewMember {
                person: Person { pool: pool.clone(), sub: joining.sub.clone() },
                address: joining.address.clone(),
                roles: joining.roles.clone(),
                lift_bar: false,
            };
            match self.adopt_member(&joining.tenant, &new, joining.claimed.as_ref()).await {
                Ok((_, true)) => done.added += 1,
                Ok((_, false)) => done.already += 1,
                Err(error) if concerns_all(&error) => return Err(error),
                Err(error) => {
                    if matches!(error, OperationError::SeatsFull) {
                        full.insert(&joining.tenant);
                    }
                    done.failed.push(failed(error.code()));
                }
            }
            seen(count);
        }
        Ok(())
    }
}

/// Every further user would fail alike: unlike where one item cannot be read.
fn concerns_all(error: &OperationError) -> bool {
    error.kind() == ErrorKind::Broken
        && !matches!(error, OperationError::Broken(Broken::Unreadable { .. } | Broken::ForeignKey))
}

/// Why nothing can be said of a user, whatever their tenant.
fn unclear(profile: &Profile) -> Option<&'static str> {
    if !profile.enabled {
        return Some("USER_DISABLED");
    }
    if profile.user.status == UserStatus::Unconfirmed {
        return Some("USER_UNCONFIRMED");
    }
    // A provider can rewrite such an account, whose attributes are therefore nobody's word in particular.
    let many = profile.account.external && profile.account.only_identity().is_none();
    (profile.user.is_linked() || many).then_some("USER_LINKED")
}

fn roles_of(import: &PoolImport, profile: &Profile) -> Result<Roles, &'static str> {
    let attribute = match &import.roles {
        RolesFrom::Said(roles) => return Ok(roles.clone()),
        RolesFrom::Attribute(attribute) => attribute,
    };
    let Some(text) = profile.attribute(attribute) else { return Ok(Roles::member()) };
    let text = text.to_ascii_lowercase();
    let words = text.split([' ', ',', ';', '|']).filter(|word| !word.is_empty());
    let roles = Roles::parse(words).map_err(|_| "ROLE_INVALID")?;
    // Whoever may do everything is made by somebody, not by a text.
    if roles.rank() == Rank::Owner { Err("ROLE_OWNER") } else { Ok(roles) }
}
