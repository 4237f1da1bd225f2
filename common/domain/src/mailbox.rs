//! What a tenant knows of one mailbox: whether it is barred, the one open invitation, who holds the seat.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::email::Email;
use crate::id::{MemberId, Person, TenantId};
use crate::invitation::{Terms, hex};
use crate::membership::{Membership, MembershipStatus};

/// Names a mailbox within a tenant without holding its address, so that a bar outlives the erasure of a person: SHA-256 over tenant
/// and canonical address, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxKey(String);

impl MailboxKey {
    /// The name of this mailbox in this tenant.
    pub fn of(tenant: &TenantId, address: &Email) -> Self {
        let mut hash = Sha256::new();
        hash.update(tenant.as_ref());
        hash.update([0]);
        hash.update(address.as_ref());
        Self(hex(&hash.finalize()))
    }
}

impl AsRef<str> for MailboxKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// One mailbox towards one tenant. Absent in the table means the default: nothing known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Keeps its holder out, whatever account they make.
    pub bar: Option<Bar>,
    /// The last removal past which an invitation has led since: it let its redeemer in, and nobody's older account.
    pub ended: Option<Timestamp>,
    /// The one open invitation (it may have expired).
    pub invitation: Option<Terms>,
    /// The person who came with this mailbox last, and is (or was) the member.
    pub holder: Option<Holder>,
    /// Counts writes; 0 where the table holds nothing.
    pub revision: u64,
}

/// Keeps a mailbox's holder out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Why.
    pub reason: BarReason,
    /// Since when. Only an invitation made later than this, or an operator, lifts a removal's bar.
    pub since: Timestamp,
}

/// Why a mailbox is barred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarReason {
    /// The member was removed.
    Removed,
    /// The member is suspended. No invitation lifts that.
    Suspended,
}

/// Who holds the seat that this mailbox got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person: Person,
    /// Their membership's id.
    pub member: MemberId,
}

impl Mailbox {
    /// What keeps this member of the mailbox out: its bar, or a removal that is later than their membership and that an invitation of
    /// somebody else's account has lifted.
    pub fn bar_on(&self, row: &Membership) -> Option<Bar> {
        let older = |ended: &Timestamp| row.status == MembershipStatus::Active && row.since <= *ended;
        let removed = |since| Bar { reason: BarReason::Removed, since };
        self.bar.or_else(|| self.ended.filter(older).map(removed))
    }

    /// Whether somebody else than this person became a member by it last.
    pub fn is_held_by_another(&self, person: &Person) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.person != *person)
    }

    /// From when a membership counts that begins now: after every removal that is past, whatever the clock that it was made by.
    pub fn begins(&self, now: Timestamp) -> Timestamp {
        let after = |ended: Timestamp| ended.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(ended);
        self.ended.map_or(now, |ended| now.max(after(ended)))
    }

    /// Lets somebody in past a removal: what it ended for other accounts of the mailbox stays ended. It kept out whoever was there until
    /// this moment, whatever the clock that it was made by.
    pub fn let_past(&mut self, now: Timestamp) {
        let until = now.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(now);
        self.ended = self.bar.take().map(|bar| bar.since.max(until)).max(self.ended);
    }

    /// The invitation, if it is open at this time and no bar outweighs it.
    pub fn open_invitation(&self, now: Timestamp) -> Option<&Terms> {
        let terms = self.invitation.as_ref().filter(|terms| terms.is_open_at(now))?;
        match self.bar {
            None => Some(terms),
            Some(Bar { reason: BarReason::Removed, since }) if terms.created > since => Some(terms),
            Some(_) => None,
        }
    }
}
