//! What may happen, and whom it happens to. Every act can be done at any time: where Cognito or an operator would be refused, the model
//! says so too, and any part of a sequence is a sequence, which is what makes shrinking quick.

use proptest::prelude::*;

use super::nouns::{Identities, Name, Typed};

/// Tenants.
pub const TENANTS: [Name; 2] = ["acme", "globex"];
/// Domains, and who owns them at first.
pub const DOMAINS: [(Name, Option<Name>); 4] = [
    ("acme.example", Some("acme")),
    ("globex.example", Some("globex")),
    ("labs.example", Some("acme")),
    ("free.example", None),
];
/// App clients: of each tenant, shared, a machine's, never bound.
pub const CLIENTS: [Name; 6] = ["acme", "globex", "portal", "robot", "fresh", "acmetwo"];
/// Providers, and whose they are at first.
pub const PROVIDERS: [(Name, Option<Name>); 4] =
    [("acmeidp", Some("acme")), ("globexidp", Some("globex")), ("google", None), ("unbound", None)];
/// Roles; the last is a custom one.
pub const ROLES: [Name; 5] = ["member", "admin", "owner", "viewer", "billing"];

const fn typed(text: Name, mailbox: Option<Name>, domain: Name, special: bool) -> Typed {
    Typed { text, mailbox, domain, special }
}

/// Addresses as people type them.
pub static ADDRESSES: [Typed; 11] = [
    typed("ann@acme.example", Some("ann@acme.example"), "acme.example", false),
    typed("bob@acme.example", Some("bob@acme.example"), "acme.example", false),
    typed("eve@elsewhere.example", Some("eve@elsewhere.example"), "elsewhere.example", false),
    typed("gil@globex.example", Some("gil@globex.example"), "globex.example", false),
    typed("lin@labs.example", Some("lin@labs.example"), "labs.example", false),
    typed("Ann@ACME.example", Some("ann@acme.example"), "acme.example", false),
    typed("support@acme.example", Some("support@acme.example"), "acme.example", true),
    typed("ann+tag@acme.example", Some("ann+tag@acme.example"), "acme.example", true),
    typed("noreply@elsewhere.example", Some("noreply@elsewhere.example"), "elsewhere.example", true),
    typed("\"ann x\"@acme.example", None, "acme.example", false),
    typed("ann@sub.acme.example", Some("ann@sub.acme.example"), "sub.acme.example", false),
];

/// A person: their names in the pool, one after another as they delete themselves and sign up anew, their first address, and how they come.
#[derive(Debug)]
pub struct Somebody {
    /// Their `sub`s.
    pub names: [Name; 3],
    /// Their first address.
    pub address: usize,
    /// Whether a provider makes their sessions.
    pub external: bool,
    /// What is linked to them, or what they are.
    pub identities: Identities,
}

const fn native(names: [Name; 3], address: usize) -> Somebody {
    Somebody { names, address, external: false, identities: Identities::None }
}

const fn by(provider: Name, names: [Name; 3], address: usize) -> Somebody {
    Somebody { names, address, external: true, identities: Identities::One(provider) }
}

/// People.
pub static PEOPLE: [Somebody; 11] = [
    native(["ann", "anna", "annb"], 0),
    native(["bob", "boba", "bobb"], 1),
    native(["eve", "evea", "eveb"], 2),
    native(["gil", "gila", "gilb"], 3),
    by("acmeidp", ["annsso", "annssoa", "annssob"], 0),
    by("acmeidp", ["bobsso", "bobssoa", "bobssob"], 1),
    by("globexidp", ["mal", "mala", "malb"], 0),
    by("google", ["sal", "sala", "salb"], 1),
    Somebody { names: ["lin", "lina", "linb"], address: 0, external: false, identities: Identities::One("acmeidp") },
    Somebody { names: ["many", "manya", "manyb"], address: 0, external: true, identities: Identities::Many },
    Somebody { names: ["odd", "odda", "oddb"], address: 0, external: false, identities: Identities::Malformed },
];

/// How a tenant is at first.
#[derive(Debug, Clone)]
pub struct Start {
    /// Join mode: place in [`JOINS`].
    pub join: usize,
    /// The way in: place in [`WAYS_IN`].
    pub ways: usize,
    /// Seats.
    pub limit: Option<usize>,
    /// Whether invitations are looked up.
    pub lookup: bool,
    /// Whether invitations outlive who made them.
    pub outlive: bool,
}

/// Join modes.
pub const JOINS: [super::nouns::Join; 4] = [
    super::nouns::Join::Automatic,
    super::nouns::Join::Request,
    super::nouns::Join::InvitationOnly,
    super::nouns::Join::Open,
];

/// Chains, and whether single sign-on is required.
pub const WAYS_IN: [(super::nouns::Chain, bool); 6] = [
    (super::nouns::Chain::Password, false),
    (super::nouns::Chain::Password, true),
    (super::nouns::Chain::PasswordAndCode, false),
    (super::nouns::Chain::PasswordAndCodeOf("admin"), false),
    (super::nouns::Chain::Code, false),
    (super::nouns::Chain::Code, true),
];

/// Seconds that may pass.
pub const PAUSES: [i64; 7] = [30, 59, 60, 299, 3_600, 86_400, 7 * 86_400];

/// What is done to a tenant's status.
#[derive(Debug, Clone, Copy)]
pub enum ToTenant {
    /// Lets nobody in for a while.
    Suspend,
    /// Lets people in again.
    Resume,
    /// Lets nobody in any more.
    Close,
    /// Opens a closed one.
    Restore,
}

/// What is done to a member.
#[derive(Debug, Clone, Copy)]
pub enum ToMember {
    /// Ends it.
    Remove,
    /// Interrupts it.
    Suspend,
    /// Goes on with it.
    Resume,
    /// Takes back who was removed.
    Reinstate,
    /// Says yes.
    Approve,
    /// Says no.
    Deny,
    /// Gives another role.
    SetRole(usize),
    /// Lifts what wrong codes did.
    Unlock,
}

/// What is done to a domain.
#[derive(Debug, Clone, Copy)]
pub enum ToDomain {
    /// Gives it up.
    Release(bool),
    /// Gives it to the other tenant.
    Transfer(bool),
    /// Takes it.
    Assume,
    /// Sets how its people join: place in [`JOINS`].
    Join(Option<usize>),
}

/// What is done to a provider.
#[derive(Debug, Clone, Copy)]
pub enum ToProvider {
    /// It counts again.
    Enable,
    /// It counts no longer.
    Disable,
    /// It is nobody's.
    Unbind,
    /// It is bound, to a tenant or to everybody.
    Bind(Option<usize>),
}

/// What is done to a client.
#[derive(Debug, Clone, Copy)]
pub enum ToClient {
    /// What is decided is only logged.
    Observe,
    /// It counts.
    Enforce,
    /// It is nobody's.
    Unbind,
    /// It is a tenant's, or everybody's.
    Bind(Option<usize>),
}

/// What is done to a policy.
#[derive(Debug, Clone, Copy)]
pub enum ToPolicy {
    /// Place in [`JOINS`].
    Join(usize),
    /// Place in [`WAYS_IN`].
    Ways(usize),
    /// Seats.
    Limit(Option<usize>),
    /// The look-up.
    Lookup(bool),
    /// Whether invitations outlive who made them.
    Outlive(bool),
    /// Place in [`ROLES`].
    Default(usize),
}

/// Something that happens. Numbers are places in the lists above.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the words of the documents")]
pub enum Act {
    /// With `token`: of the invitation at this place, counted from the latest; past the first: a made-up one.
    SignUp {
        who: usize,
        at: usize,
        token: Option<usize>,
    },
    Confirm {
        who: usize,
        at: usize,
    },
    Token {
        who: usize,
        at: usize,
        way: usize,
        hint: Option<usize>,
    },
    Machine {
        at: usize,
    },
    /// Answers: right or wrong. `pause`: how long each takes, as a place in [`PAUSES`].
    Challenge {
        who: usize,
        at: usize,
        srp: bool,
        answers: Vec<bool>,
        pause: Option<usize>,
    },
    Invite {
        tenant: usize,
        address: usize,
        role: usize,
        by: Option<usize>,
    },
    Revoke {
        tenant: usize,
        address: usize,
    },
    Member {
        tenant: usize,
        who: usize,
        what: ToMember,
    },
    DeleteUser {
        who: usize,
    },
    Address {
        who: usize,
        address: usize,
    },
    Verified {
        who: usize,
        verified: bool,
    },
    Policy {
        tenant: usize,
        what: ToPolicy,
    },
    Tenant {
        tenant: usize,
        what: ToTenant,
    },
    Domain {
        tenant: usize,
        domain: usize,
        what: ToDomain,
    },
    Provider {
        provider: usize,
        what: ToProvider,
    },
    Client {
        at: usize,
        what: ToClient,
    },
    Pool {
        observe: bool,
    },
    Pass {
        pause: usize,
    },
    /// The triggers start anew: they have guessed nothing.
    Restart,
    /// Cognito repeats the last call, or the operator the last command.
    Again,
}

/// How tenants are at first.
pub fn starts() -> impl Strategy<Value = Vec<Start>> {
    let start = (
        prop_oneof![3 => Just(0), 1 => 1..JOINS.len()],
        prop_oneof![4 => Just(0), 3 => 1..WAYS_IN.len() - 1],
        prop::option::weighted(0.2, 0..3_usize),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.7),
    )
        .prop_map(|(join, ways, limit, lookup, outlive)| Start { join, ways, limit, lookup, outlive });
    prop::collection::vec(start, TENANTS.len())
}

/// Somebody: one native of the first tenant's domain most often, so that much happens to one person.
fn who() -> impl Strategy<Value = usize> {
    prop_oneof![8 => Just(0), 4 => 1..4_usize, 3 => 4..8_usize, 1 => 8..PEOPLE.len()]
}

fn at() -> impl Strategy<Value = usize> {
    prop_oneof![10 => Just(0), 2 => Just(1), 4 => Just(2), 1 => 3..CLIENTS.len()]
}

fn tenant() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0), 1 => Just(1)]
}

fn address() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 4 => 1..5_usize, 1 => 5..ADDRESSES.len()]
}

/// One act.
pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (who(), at(), prop::option::weighted(0.4, 0..4_usize))
            .prop_map(|(who, at, token)| Act::SignUp { who, at, token }),
        8 => (who(), at()).prop_map(|(who, at)| Act::Confirm { who, at }),
        24 => (who(), at(), prop_oneof![2 => Just(0), 3 => 1..5_usize], prop::option::weighted(0.3, tenant()))
            .prop_map(|(who, at, way, hint)| Act::Token { who, at, way, hint }),
        1 => at().prop_map(|at| Act::Machine { at }),
        4 => (who(), at(), prop::bool::weighted(0.7), prop::collection::vec(prop::bool::weighted(0.6), 1..4),
              prop::option::weighted(0.15, 0..4_usize))
            .prop_map(|(who, at, srp, answers, pause)| Act::Challenge { who, at, srp, answers, pause }),
        7 => (tenant(), address(), 0..ROLES.len(), prop::option::weighted(0.3, who()))
            .prop_map(|(tenant, address, role, by)| Act::Invite { tenant, address, role, by }),
        2 => (tenant(), address()).prop_map(|(tenant, address)| Act::Revoke { tenant, address }),
        12 => (tenant(), who(), to_member()).prop_map(|(tenant, who, what)| Act::Member { tenant, who, what }),
        2 => who().prop_map(|who| Act::DeleteUser { who }),
        3 => (who(), address()).prop_map(|(who, address)| Act::Address { who, address }),
        2 => (who(), any::<bool>()).prop_map(|(who, verified)| Act::Verified { who, verified }),
        4 => (tenant(), to_policy()).prop_map(|(tenant, what)| Act::Policy { tenant, what }),
        2 => (tenant(), prop_oneof![
                Just(ToTenant::Suspend), Just(ToTenant::Resume), Just(ToTenant::Close), Just(ToTenant::Restore)
            ]).prop_map(|(tenant, what)| Act::Tenant { tenant, what }),
        3 => (tenant(), 0..DOMAINS.len(), to_domain()).prop_map(|(tenant, domain, what)| Act::Domain { tenant, domain, what }),
        2 => (0..PROVIDERS.len(), prop_oneof![
                Just(ToProvider::Enable), Just(ToProvider::Disable), Just(ToProvider::Unbind),
                prop::option::of(tenant()).prop_map(ToProvider::Bind)
            ]).prop_map(|(provider, what)| Act::Provider { provider, what }),
        1 => (at(), prop_oneof![3 => Just(ToClient::Observe), 3 => Just(ToClient::Enforce), 1 => Just(ToClient::Unbind),
                2 => prop::option::weighted(0.7, tenant()).prop_map(ToClient::Bind)])
            .prop_map(|(at, what)| Act::Client { at, what }),
        1 => any::<bool>().prop_map(|observe| Act::Pool { observe }),
        3 => (0..PAUSES.len()).prop_map(|pause| Act::Pass { pause }),
        1 => Just(Act::Restart),
        3 => Just(Act::Again),
    ]
}

fn to_member() -> impl Strategy<Value = ToMember> {
    prop_oneof![
        4 => Just(ToMember::Remove),
        3 => Just(ToMember::Suspend),
        2 => Just(ToMember::Resume),
        2 => Just(ToMember::Reinstate),
        2 => Just(ToMember::Approve),
        1 => Just(ToMember::Deny),
        2 => (0..ROLES.len()).prop_map(ToMember::SetRole),
        1 => Just(ToMember::Unlock),
    ]
}

fn to_policy() -> impl Strategy<Value = ToPolicy> {
    prop_oneof![
        2 => (0..JOINS.len()).prop_map(ToPolicy::Join),
        3 => (0..WAYS_IN.len()).prop_map(ToPolicy::Ways),
        1 => prop::option::of(0..4_usize).prop_map(ToPolicy::Limit),
        1 => any::<bool>().prop_map(ToPolicy::Lookup),
        1 => any::<bool>().prop_map(ToPolicy::Outlive),
        1 => (0..ROLES.len()).prop_map(ToPolicy::Default),
    ]
}

fn to_domain() -> impl Strategy<Value = ToDomain> {
    prop_oneof![
        2 => any::<bool>().prop_map(ToDomain::Release),
        2 => any::<bool>().prop_map(ToDomain::Transfer),
        2 => Just(ToDomain::Assume),
        2 => prop::option::of(0..JOINS.len()).prop_map(ToDomain::Join),
    ]
}
