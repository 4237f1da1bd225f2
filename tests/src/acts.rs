//! What operators do to a table, in the fewest writes: the shape that `control/operations` leaves behind, without its checks.

use domain::{
    Bar, BarReason, Holder, Invitation, InvitationState, MailboxKey, Membership, MembershipStatus, Rank, Tenant,
};
use store::Key;
use store::entity::{KeyedMailbox, Seats, SlugOwner};

use crate::World;
use crate::nouns;

impl World {
    /// A tenant with its slug, its counters and a client of the tenant's name.
    pub async fn with_tenant(&self, tenant: Tenant) -> &Self {
        let slug = SlugOwner { slug: tenant.slug.clone(), tenant: tenant.id.clone(), revision: 0 };
        let seats = Seats { tenant: tenant.id.clone(), used: 0, owners: 0, limit: None, revision: 0 };
        let client = nouns::client_of(tenant.slug.as_ref(), tenant.slug.as_ref());
        self.put(&tenant).await.put(&slug).await.put(&seats).await.put(&client).await
    }

    /// A tenant of this name, with the domain `<name>.example` and a client of the same name.
    pub async fn with(&self, name: &str) -> &Self {
        self.with_tenant(nouns::tenant(name)).await;
        self.put(&nouns::domain_of(&format!("{name}.example"), name)).await
    }

    /// Changes a tenant.
    pub async fn tenant(&self, name: &str, change: impl FnOnce(&mut Tenant)) -> &Self {
        self.change(&Key::tenant(&nouns::tenant_id(name)), change).await
    }

    /// At most so many seats.
    pub async fn limit(&self, tenant: &str, limit: u64) -> &Self {
        self.change(&Key::seats(&nouns::tenant_id(tenant)), |seats: &mut Seats| seats.limit = Some(limit)).await
    }

    /// A member, with what it means for the mailbox and the counters.
    pub async fn with_member(&self, row: &Membership) -> &Self {
        self.put(row).await;
        if !row.status.takes_seat() {
            return self;
        }
        if let Some(address) = &row.address {
            let holder = Holder { person: row.person.clone(), member: row.member.clone() };
            self.change_mailbox(&row.tenant, address, |mailbox| mailbox.holder = Some(holder)).await;
        }
        self.change(&Key::seats(&row.tenant), |seats: &mut Seats| {
            seats.used += 1;
            seats.owners += u64::from(row.roles.rank() == Rank::Owner);
        })
        .await
    }

    /// An open invitation, in its own item and in the mailbox's.
    pub async fn with_invitation(&self, invitation: &Invitation) -> &Self {
        self.put(invitation).await;
        if invitation.state == InvitationState::Open {
            let terms = invitation.terms.clone();
            self.change_mailbox(&invitation.tenant, &invitation.address, |mailbox| mailbox.invitation = Some(terms))
                .await;
        }
        self
    }

    /// Takes an invitation back.
    pub async fn revoke(&self, invitation: &Invitation) -> &Self {
        let at = self.now;
        self.change(&Key::invitation(&invitation.terms.digest), |invitation: &mut Invitation| {
            invitation.state = InvitationState::Revoked { at };
        })
        .await;
        self.change_mailbox(&invitation.tenant, &invitation.address, |mailbox| mailbox.invitation = None).await;
        self
    }

    /// Removes a member: the row stays, the seat is free, the mailbox is barred.
    pub async fn remove(&self, name: &str, tenant: &str) -> &Self {
        self.end(name, tenant, MembershipStatus::Removed, Some(BarReason::Removed)).await
    }

    /// Suspends a member: the seat stays, the mailbox is barred.
    pub async fn suspend(&self, name: &str, tenant: &str) -> &Self {
        self.end(name, tenant, MembershipStatus::Suspended, Some(BarReason::Suspended)).await
    }

    /// Lifts a suspension.
    pub async fn resume(&self, name: &str, tenant: &str) -> &Self {
        self.end(name, tenant, MembershipStatus::Active, None).await
    }

    async fn end(&self, name: &str, tenant: &str, status: MembershipStatus, reason: Option<BarReason>) -> &Self {
        let key = Key::membership(&nouns::person(name), &nouns::tenant_id(tenant));
        let row: Membership = self.get(&key).await.expect("a member");
        let since = self.now;
        self.change(&key, |row: &mut Membership| {
            row.status = status;
            row.since = since;
        })
        .await;
        if let Some(address) = &row.address {
            let bar = reason.map(|reason| Bar { reason, since });
            self.change_mailbox(&row.tenant, address, |mailbox| mailbox.bar = bar).await;
        }
        if row.status.takes_seat() && !status.takes_seat() {
            let owner = u64::from(row.roles.rank() == Rank::Owner);
            self.change(&Key::seats(&row.tenant), |seats: &mut Seats| {
                seats.used -= 1;
                seats.owners -= owner;
            })
            .await;
        }
        self
    }

    /// A mailbox that is barred without anybody having been a member.
    pub async fn bar(&self, tenant: &str, address: &str, reason: BarReason) -> &Self {
        let tenant = nouns::tenant_id(tenant);
        let address = nouns::email(address);
        let mailbox = domain::Mailbox { bar: Some(nouns::bar(reason)), ..self.mailbox(&tenant, &address).await };
        self.put(&KeyedMailbox::new(&tenant, &MailboxKey::of(&tenant, &address), mailbox)).await
    }
}
