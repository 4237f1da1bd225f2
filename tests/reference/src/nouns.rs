//! Tenants, people and whatever belongs to them, from a short name each; change a field where a test needs another.

use std::str::FromStr;

use domain::{
    Bar, BarReason, Binding, Client, ClientKind, DomainName, DomainOwner, Email, Groups, Invitation, InvitationState,
    InvitationToken, Inviter, MemberId, Membership, MembershipStatus, Mode, Origin, Person, Policy, PoolId, Provider,
    ProviderKind, ProviderName, Roles, Sub, Tenant, TenantId, TenantStatus, Terms,
};
use jiff::{SignedDuration, Timestamp};

/// The pool in which everybody lives.
pub const POOL: &str = "eu-west-1_Example01";

/// A noun from its text, which is valid.
pub fn parse<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no {}", std::any::type_name::<T>()))
}

/// The moment at which time stands still.
pub fn now() -> Timestamp {
    parse("2026-11-21T09:00:00Z")
}

/// So many minutes after [`now`]; before it if negative.
pub fn minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// [`POOL`].
pub fn pool() -> PoolId {
    parse(POOL)
}

/// A readable id: `acme` is `t_acmeaaaaaaaaaaaaaaaaaaaaaa`.
pub fn tenant_id(name: &str) -> TenantId {
    parse(&format!("t_{}", padded(name)))
}

/// A readable id, as [`tenant_id`].
pub fn member_id(name: &str) -> MemberId {
    parse(&format!("m_{}", padded(name)))
}

fn padded(name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_lowercase).take(26).collect();
    format!("{letters:a<26}")
}

/// A person's `sub`: the bytes of the name in the shape of a UUID. A UUID stands for itself.
pub fn sub(name: &str) -> Sub {
    if name.len() == 36 {
        return parse(name);
    }
    let mut bytes = [0_u8; 16];
    for (slot, byte) in bytes.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    let n = u128::from_be_bytes(bytes);
    let part = |shift: u32, bits: u32| (n >> shift) & ((1 << bits) - 1);
    parse(&format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 32),
        part(80, 16),
        part(64, 16),
        part(48, 16),
        part(0, 48)
    ))
}

/// A person of [`POOL`].
pub fn person(name: &str) -> Person {
    Person { pool: pool(), sub: sub(name) }
}

/// An address.
pub fn email(text: &str) -> Email {
    parse(text)
}

/// A domain.
pub fn domain_name(text: &str) -> DomainName {
    parse(text)
}

/// Roles.
pub fn roles(names: &[&str]) -> Roles {
    Roles::parse(names.iter().copied()).expect("valid roles")
}

/// An active tenant with the default policy.
pub fn tenant(name: &str) -> Tenant {
    Tenant {
        id: tenant_id(name),
        slug: parse(name),
        name: name.to_owned(),
        tier: parse("standard"),
        status: TenantStatus::Active,
        policy: Policy::default(),
        created: minutes(-60 * 24 * 30),
        revision: 0,
    }
}

/// A client of [`POOL`], enforced.
pub fn client(id: &str, kind: ClientKind) -> Binding {
    Binding {
        client: Client { pool: pool(), id: parse(id) },
        kind,
        mode: Mode::Enforce,
        groups: Groups::Carry,
        suppress_account_scope: false,
        revision: 0,
    }
}

/// A client of the tenant of this name.
pub fn client_of(id: &str, tenant: &str) -> Binding {
    client(id, ClientKind::Tenant(tenant_id(tenant)))
}

/// A verified domain of the tenant of this name.
pub fn domain_of(domain: &str, tenant: &str) -> DomainOwner {
    DomainOwner { domain: domain_name(domain), tenant: Some(tenant_id(tenant)), generation: 1, join: None, revision: 0 }
}

/// An enabled provider of the tenant of this name.
pub fn provider_of(name: &str, tenant: &str) -> Provider {
    Provider {
        pool: pool(),
        name: provider_name(name),
        kind: ProviderKind::Tenant(tenant_id(tenant)),
        enabled: true,
        revision: 0,
    }
}

/// A provider for everybody.
pub fn social(name: &str) -> Provider {
    Provider { kind: ProviderKind::Social, ..provider_of(name, "acme") }
}

/// A provider's name.
pub fn provider_name(name: &str) -> ProviderName {
    ProviderName::fold(name).expect("a provider's name")
}

/// An active `member` whom an operator added, with the address `<name>@<tenant>.example`.
pub fn member(name: &str, tenant: &str) -> Membership {
    Membership {
        person: person(name),
        tenant: tenant_id(tenant),
        member: member_id(&format!("{name}{tenant}")),
        roles: Roles::member(),
        status: MembershipStatus::Active,
        origin: Origin::Added,
        address: format!("{name}@{tenant}.example").parse().ok(),
        since: minutes(-60 * 24),
        created: minutes(-60 * 24),
        revision: 0,
    }
}

/// The origin of somebody who came with a domain of the first generation.
pub fn by_domain(domain: &str) -> Origin {
    Origin::Domain { domain: domain_name(domain), generation: 1 }
}

/// A token from one byte.
pub fn token(byte: u8) -> InvitationToken {
    InvitationToken::from_random([byte; 32])
}

/// An operator's open invitation as `member`, made an hour ago, good for a week; its token is [`token`] of the byte.
pub fn invitation(byte: u8, tenant: &str, address: &str) -> Invitation {
    Invitation {
        tenant: tenant_id(tenant),
        address: email(address),
        terms: Terms {
            digest: token(byte).digest(),
            roles: Roles::member(),
            inviter: Inviter::Operator,
            created: minutes(-60),
            expires: minutes(60 * 24 * 7),
        },
        state: InvitationState::Open,
        revision: 0,
    }
}

/// A bar of half an hour ago.
pub fn bar(reason: BarReason) -> Bar {
    Bar { reason, since: minutes(-30) }
}
