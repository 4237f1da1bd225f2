//! What may happen, and whom it happens to. Every act can be done at any time: where Cognito or an operator would be refused, the model
//! says so too, and any part of a sequence is a sequence, which is what makes shrinking quick.

use proptest::prelude::*;

use reference::model::cast::{ADDRESSES, CLIENTS, DOMAINS, JOINS, PAUSES, PEOPLE, PROVIDERS, ROLES, TENANTS, WAYS_IN};

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
    prop_oneof![5 => Just(0), 4 => 1..5_usize, 2 => 5..ADDRESSES.len()]
}

/// A sequence: of everything most often, half of them short, since a short one meets everything as it began; else one in which people
/// ask to join, or for codes, again and again, since what only the twentieth time brings about would never come about among everything.
pub fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    prop_oneof![
        4 => prop::collection::vec(act(), 1..=most / 3),
        4 => prop::collection::vec(act(), 0..most),
        1 => prop::collection::vec(prop_oneof![1 => act(), 2 => asking_to_join()], 0..most),
        1 => prop::collection::vec(prop_oneof![1 => act(), 6 => asking_for_codes()], 0..2 * most),
    ]
}

/// Native people of the first tenant's domain, at its client, and its admin.
fn asking_to_join() -> impl Strategy<Value = Act> {
    /// Place in [`JOINS`].
    const ON_REQUEST: usize = 1;
    let who = || 0..2_usize;
    prop_oneof![
        4 => who().prop_map(|who| Act::SignUp { who, at: 0, token: None }),
        4 => who().prop_map(|who| Act::Confirm { who, at: 0 }),
        3 => who().prop_map(|who| Act::Token { who, at: 0, way: 0, hint: None }),
        2 => who().prop_map(|who| Act::DeleteUser { who }),
        2 => Just(Act::Policy { tenant: 0, what: ToPolicy::Join(ON_REQUEST) }),
        4 => (who(), prop_oneof![2 => Just(ToMember::Deny), 1 => Just(ToMember::Approve), 1 => Just(ToMember::Remove)])
            .prop_map(|(who, what)| Act::Member { tenant: 0, who, what }),
    ]
}

/// One person at one client, most often wrong.
fn asking_for_codes() -> impl Strategy<Value = Act> {
    /// Place in [`WAYS_IN`].
    const CODE_ALONE: usize = 4;
    prop_oneof![
        1 => Just(Act::Policy { tenant: 0, what: ToPolicy::Ways(CODE_ALONE) }),
        5 => (prop::bool::weighted(0.1), prop::collection::vec(prop::bool::weighted(0.05), 1..4))
            .prop_map(|(srp, answers)| Act::Challenge { who: 0, at: 0, srp, answers, pause: None }),
        4 => (2..5_usize).prop_map(|pause| Act::Pass { pause }),
    ]
}

/// One act.
fn act() -> impl Strategy<Value = Act> {
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
