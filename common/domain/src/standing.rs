//! Whether a membership stands as far as the table alone tells: what the right of whoever acts or invites is judged by, since no event shows
//! their account then.

use crate::mailbox::Mailbox;
use crate::membership::{Membership, MembershipStatus, Origin};
use crate::ownership::DomainOwner;
use crate::provider::Provider;

/// What the table says beside a membership's own row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ground<'a> {
    /// What the tenant knows of the mailbox with which the member came.
    pub mailbox: Option<&'a Mailbox>,
    /// The owner of the domain that let them in.
    pub domain: Option<&'a DomainOwner>,
    /// The provider that let them in.
    pub provider: Option<&'a Provider>,
}

/// Whether somebody is an active member whom nothing keeps out.
pub fn stands(row: &Membership, ground: &Ground<'_>) -> bool {
    row.status == MembershipStatus::Active
        && ground.mailbox.is_none_or(|mailbox| mailbox.bar_on(row).is_none())
        && origin_stands(row, ground.domain, ground.provider)
}

/// Whether what let a member in would do so still: the domain was not given up since, the provider is the tenant's and enabled.
pub fn origin_stands(row: &Membership, domain: Option<&DomainOwner>, provider: Option<&Provider>) -> bool {
    match &row.origin {
        Origin::Invitation(_) | Origin::Open | Origin::Added => true,
        Origin::Provider(name) => provider.is_some_and(|provider| {
            provider.name == *name && provider.pool == row.person.pool && provider.serves(&row.tenant)
        }),
        Origin::Domain { domain: name, generation } => domain.is_some_and(|owner| {
            owner.domain == *name && owner.generation == *generation && owner.belongs_to(&row.tenant)
        }),
    }
}
