//! The usual facts, to be bent.

use domain::access::Way;
use domain::*;
use jiff::{SignedDuration, Timestamp};

/// Makes a case out of the usual one.
pub(crate) type Bend<T> = Box<dyn Fn(&mut T)>;

pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

pub(crate) fn tenant_id(n: u8) -> TenantId {
    TenantId::from_random([n; 16])
}

pub(crate) fn tenant() -> Tenant {
    Tenant {
        id: tenant_id(1),
        slug: "acme".parse().unwrap(),
        name: "Acme".into(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        policy: Policy::default(),
        created: ago(1_000),
        revision: 1,
    }
}

pub(crate) fn native(email: &str) -> Account {
    Account { email: Some(email.parse()), email_verified: true, external: false, identities: Identities::None }
}

pub(crate) fn federated(email: &str) -> Account {
    let identity = Identity { provider: "Okta".into(), subject: "1".into() };
    Account { email: Some(email.parse()), email_verified: false, external: true, identities: Identities::One(identity) }
}

pub(crate) fn person(sub: &str) -> Person {
    Person { pool: "local_Pool1".parse().unwrap(), sub: sub.parse().unwrap() }
}

pub(crate) fn provider(kind: ProviderKind) -> Provider {
    Provider { pool: "local_Pool1".parse().unwrap(), name: "okta".parse().unwrap(), kind, enabled: true, revision: 1 }
}

pub(crate) fn own_domain() -> DomainOwner {
    DomainOwner {
        domain: "acme.example".parse().unwrap(),
        tenant: Some(tenant_id(1)),
        generation: 3,
        join: None,
        revision: 1,
    }
}

pub(crate) fn terms(created: Timestamp) -> Terms {
    Terms {
        digest: InvitationToken::from_random([9; 32]).digest(),
        roles: Roles::parse(["admin"]).unwrap(),
        inviter: Inviter::Operator,
        created,
        expires: now() + SignedDuration::from_hours(24),
    }
}

pub(crate) fn invitation(address: &str) -> Invitation {
    Invitation {
        tenant: tenant_id(1),
        address: address.parse().unwrap(),
        terms: terms(ago(1)),
        state: InvitationState::Open,
        revision: 1,
    }
}

pub(crate) fn row(status: MembershipStatus, origin: Origin) -> Membership {
    Membership {
        person: person("old"),
        tenant: tenant_id(1),
        member: MemberId::from_random([5; 16]),
        roles: Roles::parse(["owner"]).unwrap(),
        status,
        origin,
        address: Some("ann@acme.example".parse().unwrap()),
        since: ago(10),
        created: ago(100),
        revision: 4,
    }
}

pub(crate) fn given_by_domain() -> Origin {
    Origin::Domain { domain: "acme.example".parse().unwrap(), generation: 3 }
}

/// A confirmed person of the domain, to be bent.
pub(crate) struct Visit {
    pub(crate) tenant: Tenant,
    pub(crate) account: Account,
    pub(crate) domain: Option<DomainOwner>,
    pub(crate) provider: Option<Provider>,
    pub(crate) mailbox: Mailbox,
    pub(crate) membership: Option<Membership>,
    pub(crate) remembered: Option<InvitationDigest>,
    pub(crate) predecessor: Option<Membership>,
    pub(crate) inviter_may: bool,
    pub(crate) former_bar: Option<Bar>,
    pub(crate) way: Way,
    pub(crate) code_passed: bool,
}

pub(crate) fn visit(bend: impl FnOnce(&mut Visit)) -> Visit {
    let mut v = Visit {
        tenant: tenant(),
        account: native("ann@acme.example"),
        domain: Some(own_domain()),
        provider: None,
        mailbox: Mailbox::default(),
        membership: None,
        remembered: None,
        predecessor: None,
        inviter_may: true,
        former_bar: None,
        code_passed: false,
        way: Way::Authentication,
    };
    bend(&mut v);
    v
}

pub(crate) fn by_own_provider(v: &mut Visit) {
    v.account = federated("ann@acme.example");
    v.provider = Some(provider(ProviderKind::Tenant(tenant_id(1))));
}
