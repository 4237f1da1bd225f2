//! What is done to a table before a test: tenants and people are put there as they are, whatever ends or changes them goes through
//! `control/operations`.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::challenge::{Count, Issue, Ticket};
use domain::{
    Actor, BarReason, Holder, Invitation, InvitationState, MailboxKey, Membership, MembershipStatus, Rank, Tenant,
};
use jiff::Timestamp;
use operations::{Invite, Invited, Operations};
use store::Key;
use store::entity::{Issued, KeyedMailbox, Seats, SlugOwner};

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
            seats.owners += u64::from(row.status == MembershipStatus::Active && row.roles.rank() == Rank::Owner);
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
        let name = invitation.terms.digest.clone().into();
        self.operations().revoke_invitation(&invitation.tenant, &name, None).await.expect("revoked");
        self
    }

    /// Removes a member.
    pub async fn remove(&self, name: &str, tenant: &str) -> &Self {
        let member = nouns::person(name).into();
        self.operations().remove(&nouns::tenant_id(tenant), &member, None).await.expect("removed");
        self
    }

    /// Deletes a member's rows, as no operation of ours does.
    pub async fn delete_member(&self, name: &str, tenant: &str) -> &Self {
        let key = Key::membership(&nouns::person(name), &nouns::tenant_id(tenant));
        let row: Membership = self.get(&key).await.expect("a member");
        self.delete(&key).await;
        if let Some(address) = &row.address {
            self.delete(&Key::mailbox(&row.tenant, &MailboxKey::of(&row.tenant, address))).await;
        }
        self.change(&Key::seats(&row.tenant), |seats: &mut Seats| seats.used -= u64::from(row.status.takes_seat()))
            .await
    }

    /// Suspends a member.
    pub async fn suspend(&self, name: &str, tenant: &str) -> &Self {
        let member = nouns::person(name).into();
        self.operations().suspend(&nouns::tenant_id(tenant), &member, None).await.expect("suspended");
        self
    }

    /// Lifts a suspension.
    pub async fn resume(&self, name: &str, tenant: &str) -> &Self {
        let member = nouns::person(name).into();
        self.operations().resume(&nouns::tenant_id(tenant), &member, None).await.expect("resumed");
        self
    }

    /// Invites a mailbox, a minute from [`nouns::now`], so later than whatever an operator did at it.
    pub async fn invite(&self, tenant: &str, address: &str, roles: &[&str]) -> Invited {
        let invite = Invite::new(nouns::email(address)).with_roles(nouns::roles(roles));
        self.operations_at(|| nouns::minutes(1)).invite(&nouns::tenant_id(tenant), &invite).await.expect("invited")
    }

    /// A person who answered a code at an app client, yesterday.
    pub async fn with_passed_code(&self, name: &str, client: &str) -> &Self {
        let sent = nouns::minutes(-60 * 24);
        let count = Count { since: sent, times: 0 };
        let ticket = Ticket::from_random([9; 16]);
        let issue = Issue {
            number: u64::try_from(sent.as_millisecond()).expect("after 1970"),
            by: ticket.clone(),
            sent,
            expires: sent,
            attempts: 1,
            used_by: Some(ticket),
            unsent: false,
            proven: true,
            hour: count,
            day: count,
            passed: Some(sent),
            revision: 0,
        };
        self.put(&Issued { person: nouns::person(name), client: nouns::parse(client), issue }).await
    }

    /// What an operator can do to the table, at [`nouns::now`].
    pub fn operations(&self) -> Operations {
        self.operations_at(nouns::now)
    }

    /// As [`World::operations`], at another time.
    pub fn operations_at(&self, now: fn() -> Timestamp) -> Operations {
        Operations::new(self.table(), Actor::Operator("tests".to_owned()), now, fill)
    }

    /// The table adds up: seats and owners are those of the rows, and no row is of a tenant that there is not.
    pub async fn assert_sound(&self) {
        let dump = self.dump().await;
        let of_kind = |kind: &'static str| dump.values().filter(move |item| item["kind"] == kind);
        let tenants: Vec<_> = of_kind("tenant").map(|item| &item["tenant_id"]).collect();
        for row in of_kind("membership") {
            assert!(tenants.contains(&&row["tenant_id"]), "of no tenant: {row}");
        }
        for seats in of_kind("seats") {
            let rows = || of_kind("membership").filter(|row| row["tenant_id"] == seats["tenant_id"]);
            let used = rows().filter(|row| row["status"] == "active" || row["status"] == "suspended").count();
            let owners = rows().filter(|row| row["status"] == "active" && row["rank"] == 4).count();
            assert_eq!(seats["used"], used, "seats of {}", seats["tenant_id"]);
            assert_eq!(seats["owners"], owners, "owners of {}", seats["tenant_id"]);
            if let Some(limit) = seats["seat_limit"].as_u64() {
                assert!(used as u64 <= limit, "{used} of {limit} seats of {}", seats["tenant_id"]);
            }
        }
    }

    /// A mailbox that is barred without anybody having been a member.
    pub async fn bar(&self, tenant: &str, address: &str, reason: BarReason) -> &Self {
        let tenant = nouns::tenant_id(tenant);
        let address = nouns::email(address);
        let mailbox = domain::Mailbox { bar: Some(nouns::bar(reason)), ..self.mailbox(&tenant, &address).await };
        self.put(&KeyedMailbox::new(&tenant, &MailboxKey::of(&tenant, &address), mailbox)).await
    }
}

/// Bytes that nobody used before in this process. Nothing here is secret.
fn fill(bytes: &mut [u8]) {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    for chunk in bytes.chunks_mut(8) {
        // The multiplier of a well-known generator, so that the first bytes differ too.
        let bits = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        for (to, from) in chunk.iter_mut().zip(bits) {
            *to = from;
        }
    }
}
