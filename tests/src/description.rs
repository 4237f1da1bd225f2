//! `world.json`: what the table of a fixture holds, as a person would write it down.

use std::collections::BTreeMap;

use domain::challenge::{Count, Issue, Limits, Tally, Ticket};
use domain::claims::NameMap;
use domain::{
    Bar, BarReason, Binding, Catalogue, Chain, Client, ClientKind, DomainOwner, Email, Groups, Invitation,
    InvitationState, InvitationToken, Inviter, JoinMode, MailboxKey, Membership, MembershipStatus, Mode, Origin,
    Person, Pool, PoolId, Provider, ProviderKind, RoleGrant, Roles, Sub, Tenant, TenantId, TenantStatus, Terms,
    UserName,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use store::entity::{Hour, Issued, Remembered, Seats};

use crate::nouns::{self, minutes, parse};
use crate::{Engine, World};

/// What the table holds. Everything may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Description {
    /// What the fixture is about, for whoever reads it.
    pub shows: String,
    /// The pool of everything; the tests' own if it is left out.
    pub user_pool: Option<String>,
    /// When the event arrives.
    pub now: Option<String>,
    /// `TENANTRY_CLAIMS`.
    pub claims: Option<Value>,
    /// The pool's own item.
    pub pool: Option<PoolItem>,
    /// By slug.
    pub tenants: BTreeMap<String, TenantItem>,
    /// By id.
    pub clients: BTreeMap<String, ClientItem>,
    /// By name.
    pub domains: BTreeMap<String, DomainItem>,
    /// By name.
    pub providers: BTreeMap<String, ProviderItem>,
    /// Rows.
    pub members: Vec<MemberItem>,
    /// Barred mailboxes.
    pub barred: Vec<BarItem>,
    /// Invitations.
    pub invitations: Vec<InvitationItem>,
    /// What pre sign-up remembered.
    pub remembered: Vec<RememberedItem>,
    /// Codes that were sent.
    pub codes: Vec<CodeItem>,
    /// By role.
    pub catalogue: Option<BTreeMap<String, GrantItem>>,
}

/// A pool.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolItem {
    observe_unbound: bool,
    dedicated_to: Option<String>,
}

/// A tenant.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantItem {
    tier: Option<String>,
    status: Option<StatusWord>,
    join: Option<JoinWord>,
    default_roles: Option<Vec<String>>,
    chain: Option<ChainWord>,
    /// Of which roles a code is asked, if not of everybody.
    code_of: Option<Vec<String>>,
    sso_required: bool,
    invitation_lookup: bool,
    seat_limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    Active,
    Suspended,
    Closed,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum JoinWord {
    Open,
    Automatic,
    Request,
    InvitationOnly,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChainWord {
    Password,
    PasswordAndCode,
    Code,
}

/// A client: of a tenant, shared, a machine of a tenant with roles, or unbound.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientItem {
    tenant: Option<String>,
    shared: bool,
    unbound: bool,
    machine_roles: Option<Vec<String>>,
    observe: bool,
    replace_groups: bool,
    suppress_account_scope: bool,
}

/// A domain; without a tenant it was released.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainItem {
    tenant: Option<String>,
    generation: Option<u64>,
    join: Option<JoinWord>,
}

/// A provider; without a tenant it is a social one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderItem {
    tenant: Option<String>,
    disabled: bool,
}

/// A membership; active and added by an operator unless it says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberItem {
    sub: String,
    tenant: String,
    member_id: String,
    roles: Option<Vec<String>>,
    status: Option<MemberWord>,
    origin: Option<OriginItem>,
    address: Option<String>,
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MemberWord {
    Requested,
    Denied,
    Active,
    Suspended,
    Removed,
    Superseded,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum OriginItem {
    Domain(String, u64),
    Provider(String),
    Invitation(String),
    Open,
}

/// A bar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarItem {
    tenant: String,
    address: String,
    reason: ReasonWord,
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonWord {
    Removed,
    Suspended,
}

/// An invitation; an operator's open one, as `member`, unless it says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationItem {
    token: String,
    tenant: String,
    address: String,
    roles: Option<Vec<String>>,
    invited: Option<String>,
    expires: Option<String>,
    inviter: Option<String>,
    accepted_by: Option<String>,
    #[serde(default)]
    revoked: bool,
}

/// A reminder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedItem {
    user_name: String,
    tenant: String,
    token: String,
    address: String,
}

/// A code that was sent to somebody at a client; a minute ago, after a proven password, unless it says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeItem {
    sub: String,
    client: String,
    /// In seconds before the event.
    age: Option<i64>,
    #[serde(default)]
    attempts: u64,
    #[serde(default)]
    attempts_today: u64,
    used_by: Option<String>,
    #[serde(default)]
    unproven: bool,
    #[serde(default)]
    unsent: bool,
    /// A code was answered right at this client before.
    #[serde(default)]
    passed: bool,
    /// How many at this client within the hour.
    #[serde(default)]
    here: u64,
    /// How many within the hour; one if it is left out.
    hour: Option<u64>,
}

/// What a role stands for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrantItem {
    permissions: Vec<String>,
    scopes: Vec<String>,
}

impl Description {
    /// A world that is as described.
    pub async fn build(&self, engine: &Engine, random: crate::world::Random) -> World {
        let claims = self.claims.as_ref().map(Value::to_string);
        let names: NameMap = pre_token_generation::name_map(claims.as_deref()).expect("names for the claims");
        let mut world = World::on(engine, names, random).await;
        if let Some(now) = &self.now {
            world.now = parse(now);
        }
        self.put_places(&world).await;
        self.put_people(&world).await;
        world
    }

    fn pool(&self) -> PoolId {
        self.user_pool.as_deref().map_or_else(nouns::pool, parse)
    }

    async fn put_places(&self, world: &World) {
        let pool = self.pool();
        if let Some(item) = &self.pool {
            let dedicated_to = item.dedicated_to.as_deref().map(nouns::tenant_id);
            let pool = Pool { id: pool.clone(), observe_unbound: item.observe_unbound, dedicated_to, revision: 0 };
            world.put(&pool).await;
        }
        for (slug, item) in &self.tenants {
            let tenant = item.tenant(slug);
            let seats = Seats { tenant: tenant.id.clone(), used: 0, owners: 0, limit: item.seat_limit, revision: 0 };
            world.put(&tenant).await.put(&seats).await;
        }
        for (id, item) in &self.clients {
            world.put(&item.binding(&pool, id)).await;
        }
        for (domain, item) in &self.domains {
            let owner = DomainOwner {
                domain: parse(domain),
                tenant: item.tenant.as_deref().map(nouns::tenant_id),
                generation: item.generation.unwrap_or(1),
                join: item.join.map(Into::into),
                revision: 0,
            };
            world.put(&owner).await;
        }
        for (name, item) in &self.providers {
            let kind =
                item.tenant.as_deref().map_or(ProviderKind::Social, |of| ProviderKind::Tenant(nouns::tenant_id(of)));
            let provider =
                Provider { pool: pool.clone(), name: parse(name), kind, enabled: !item.disabled, revision: 0 };
            world.put(&provider).await;
        }
        if let Some(roles) = &self.catalogue {
            let grant = |item: &GrantItem| RoleGrant {
                permissions: item.permissions.iter().cloned().collect(),
                scopes: item.scopes.iter().cloned().collect(),
            };
            let roles = roles.iter().map(|(role, item)| (parse(role), grant(item))).collect();
            world.put(&Catalogue::new(roles, 0).expect("a catalogue")).await;
        }
    }

    async fn put_people(&self, world: &World) {
        let pool = self.pool();
        for item in &self.members {
            world.with_member(&item.membership(&pool)).await;
        }
        for item in &self.barred {
            let (tenant, address): (TenantId, Email) = (nouns::tenant_id(&item.tenant), parse(&item.address));
            let since = item.since.as_deref().map_or_else(|| minutes(-30), parse);
            let bar = Bar { reason: item.reason.into(), since };
            world.change_mailbox(&tenant, &address, |mailbox| mailbox.bar = Some(bar)).await;
        }
        for item in &self.invitations {
            world.with_invitation(&item.invitation(&pool)).await;
        }
        for item in &self.codes {
            let (issued, hour) = item.written(&pool, world.now);
            world.put(&issued).await.put(&hour).await;
        }
        for item in &self.remembered {
            let tenant = nouns::tenant_id(&item.tenant);
            let remembered = Remembered {
                pool: pool.clone(),
                user_name: parse::<UserName>(&item.user_name),
                mailbox: MailboxKey::of(&tenant, &parse(&item.address)).as_ref().to_owned(),
                tenant,
                invitation: token(&item.token).digest(),
                forget: minutes(60 * 24 * 90),
                revision: 0,
            };
            world.put(&remembered).await;
        }
    }
}

fn token(text: &str) -> InvitationToken {
    InvitationToken::parse(text).expect("43 characters of URL-safe base64")
}

fn roles(names: Option<&Vec<String>>) -> Roles {
    names.map_or_else(Roles::member, |names| Roles::parse(names.iter().map(String::as_str)).expect("roles"))
}

fn time(text: Option<&String>, or: Timestamp) -> Timestamp {
    text.map_or(or, |text| parse(text))
}

impl TenantItem {
    fn tenant(&self, slug: &str) -> Tenant {
        let mut tenant = nouns::tenant(slug);
        if let Some(tier) = &self.tier {
            tenant.tier = parse(tier);
        }
        tenant.status = match self.status {
            None | Some(StatusWord::Active) => TenantStatus::Active,
            Some(StatusWord::Suspended) => TenantStatus::Suspended,
            Some(StatusWord::Closed) => TenantStatus::Closed,
        };
        let policy = &mut tenant.policy;
        if let Some(join) = self.join {
            policy.join = join.into();
        }
        policy.default_roles = roles(self.default_roles.as_ref());
        policy.chain = match self.chain {
            None | Some(ChainWord::Password) => Chain::Password,
            Some(ChainWord::PasswordAndCode) => {
                Chain::PasswordAndCode { of: self.code_of.as_ref().map(|names| roles(Some(names))) }
            }
            Some(ChainWord::Code) => Chain::Code,
        };
        policy.sso_required = self.sso_required;
        policy.invitation_lookup = self.invitation_lookup;
        tenant
    }
}

impl ClientItem {
    fn binding(&self, pool: &PoolId, id: &str) -> Binding {
        let tenant = self.tenant.as_deref().map(nouns::tenant_id);
        let kind = match (tenant, &self.machine_roles) {
            (Some(tenant), None) => ClientKind::Tenant(tenant),
            (Some(tenant), Some(names)) => ClientKind::Machine { tenant, roles: roles(Some(names)) },
            (None, _) if self.shared => ClientKind::Shared,
            (None, _) if self.unbound => ClientKind::Unbound,
            (None, _) => panic!("client {id} is of a tenant, shared or unbound"),
        };
        Binding {
            client: Client { pool: pool.clone(), id: parse(id) },
            kind,
            mode: if self.observe { Mode::Observe } else { Mode::Enforce },
            groups: if self.replace_groups { Groups::Replace } else { Groups::Carry },
            suppress_account_scope: self.suppress_account_scope,
            revision: 0,
        }
    }
}

impl MemberItem {
    fn membership(&self, pool: &PoolId) -> Membership {
        let since = time(self.since.as_ref(), minutes(-60 * 24));
        Membership {
            person: Person { pool: pool.clone(), sub: parse::<Sub>(&self.sub) },
            tenant: nouns::tenant_id(&self.tenant),
            member: nouns::member_id(&self.member_id),
            roles: roles(self.roles.as_ref()),
            status: match self.status {
                None | Some(MemberWord::Active) => MembershipStatus::Active,
                Some(MemberWord::Requested) => MembershipStatus::Requested,
                Some(MemberWord::Denied) => MembershipStatus::Denied,
                Some(MemberWord::Suspended) => MembershipStatus::Suspended,
                Some(MemberWord::Removed) => MembershipStatus::Removed,
                Some(MemberWord::Superseded) => MembershipStatus::Superseded,
            },
            origin: match &self.origin {
                None => Origin::Added,
                Some(OriginItem::Open) => Origin::Open,
                Some(OriginItem::Domain(domain, generation)) => {
                    Origin::Domain { domain: parse(domain), generation: *generation }
                }
                Some(OriginItem::Provider(name)) => Origin::Provider(parse(name)),
                Some(OriginItem::Invitation(text)) => Origin::Invitation(token(text).digest()),
            },
            address: self.address.as_deref().map(parse),
            since,
            created: since,
            revision: 0,
        }
    }
}

impl CodeItem {
    fn written(&self, pool: &PoolId, now: Timestamp) -> (Issued, Hour) {
        let person = Person { pool: pool.clone(), sub: parse(&self.sub) };
        let sent = now - SignedDuration::from_secs(self.age.unwrap_or(60));
        let issue = Issue {
            number: u64::try_from(sent.as_millisecond()).expect("after 1970"),
            sent,
            expires: sent + Limits::default().life,
            attempts: self.attempts,
            used_by: self.used_by.as_deref().map(parse),
            unsent: self.unsent,
            proven: !self.unproven,
            by: Ticket::from_random([9; 16]),
            hour: Count { since: sent, times: self.here.max(1) },
            day: Count { since: sent, times: self.attempts_today },
            passed: (self.passed || self.used_by.is_some()).then_some(sent),
            revision: 0,
        };
        let count = Count { since: sent, times: self.hour.unwrap_or(1) };
        let tally = Tally { proven: !self.unproven, hour: count, day: count, revision: 0 };
        (Issued { person: person.clone(), client: parse(&self.client), issue }, Hour { person, tally })
    }
}

impl InvitationItem {
    fn invitation(&self, pool: &PoolId) -> Invitation {
        let member = |sub: &str| Person { pool: pool.clone(), sub: parse(sub) };
        let state = match (&self.accepted_by, self.revoked) {
            (Some(by), _) => InvitationState::Accepted { by: member(by), at: minutes(-10) },
            (None, true) => InvitationState::Revoked { at: minutes(-10) },
            (None, false) => InvitationState::Open,
        };
        Invitation {
            tenant: nouns::tenant_id(&self.tenant),
            address: parse(&self.address),
            terms: Terms {
                digest: token(&self.token).digest(),
                roles: roles(self.roles.as_ref()),
                inviter: self.inviter.as_deref().map_or(Inviter::Operator, |sub| Inviter::Member(member(sub))),
                created: time(self.invited.as_ref(), minutes(-60)),
                expires: time(self.expires.as_ref(), minutes(60 * 24 * 7)),
            },
            state,
            revision: 0,
        }
    }
}

impl From<JoinWord> for JoinMode {
    fn from(word: JoinWord) -> Self {
        match word {
            JoinWord::Open => Self::Open,
            JoinWord::Automatic => Self::Automatic,
            JoinWord::Request => Self::Request,
            JoinWord::InvitationOnly => Self::InvitationOnly,
        }
    }
}

impl From<ReasonWord> for BarReason {
    fn from(word: ReasonWord) -> Self {
        match word {
            ReasonWord::Removed => Self::Removed,
            ReasonWord::Suspended => Self::Suspended,
        }
    }
}
