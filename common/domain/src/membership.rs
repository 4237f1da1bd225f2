//! Memberships: a person's place in a tenant, and what it rests on.

use jiff::Timestamp;

use crate::email::{DomainName, Email};
use crate::id::{MemberId, Person, TenantId};
use crate::invitation::InvitationDigest;
use crate::provider::ProviderName;
use crate::role::Roles;

/// A person's place in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub person: Person,
    /// Where.
    pub tenant: TenantId,
    /// Stable when the person's `sub` changes through SSO.
    pub member: MemberId,
    /// As what.
    pub roles: Roles,
    /// Whether it holds.
    pub status: MembershipStatus,
    /// What it rests on.
    pub origin: Origin,
    /// The mailbox that it came with; an operator may add people without one, and erasure deletes it.
    pub address: Option<Email>,
    /// When the status was last set: an invitation must be later than a removal.
    pub since: Timestamp,
    /// When it was first made.
    pub created: Timestamp,
    /// Counts writes.
    pub revision: u64,
}

/// Whether a membership holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MembershipStatus {
    /// Waits for an admin.
    Requested,
    /// An admin said no.
    Denied,
    /// Holds, and takes a seat.
    Active,
    /// Does not hold until resumed; keeps its seat.
    Suspended,
    /// Ended; the row stays, the seat is free.
    Removed,
    /// Another `sub` of the same person took it over through the tenant's provider.
    Superseded,
}

impl MembershipStatus {
    /// Whether a membership of this status counts against the seat limit.
    pub const fn takes_seat(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }
}

/// What a membership rests on; checked at every token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Holds while the proven address is of this domain and the domain is of this generation.
    Domain {
        /// The domain.
        domain: DomainName,
        /// Its generation when the membership was made.
        generation: u64,
    },
    /// Holds while the provider is bound to the tenant and enabled.
    Provider(ProviderName),
    /// Holds of itself.
    Invitation(InvitationDigest),
    /// Holds of itself: the tenant chose open sign-up.
    Open,
    /// Holds of itself: an operator or an admin added the person.
    Added,
}
