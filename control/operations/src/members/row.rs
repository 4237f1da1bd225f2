//! A member's row with the mailbox and the counters that belong to it, written together.

use domain::{Bar, BarReason, Email, Holder, Mailbox, MailboxKey, Membership, Tenant, TenantId};
use jiff::Timestamp;
use store::Key;
use store::entity::KeyedMailbox;

use crate::authority::Authority;
use crate::commit::Part;
use crate::record::Deed;
use crate::standing::seat_change;
use crate::{OperationError, Operations};

/// What becomes of a mailbox's bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BarChange {
    Keep,
    Set(BarReason),
    Lift,
}

/// A row's change with what belongs to it.
#[derive(Debug)]
pub(crate) struct RowChange<'a> {
    pub(crate) before: Option<&'a Membership>,
    pub(crate) after: Membership,
    pub(crate) mailbox: Option<KeyedMailbox>,
    pub(crate) bar: BarChange,
    pub(crate) holds: bool,
    /// A mailbox that has to be as it was read, and is given to nobody; never together with `mailbox`.
    pub(crate) claimed: Option<KeyedMailbox>,
}

impl Operations {
    /// Writes a row, its mailbox and the counters in one transaction. `None`: something changed meanwhile, decide again.
    pub(crate) async fn write_row(
        &self,
        tenant: &Tenant,
        authority: &Authority,
        change: RowChange<'_>,
        deed: Deed<'_>,
        now: Timestamp,
    ) -> Result<Option<Membership>, OperationError> {
        let RowChange { before, mut after, mailbox, bar, holds, claimed } = change;
        let mut transaction = self.transaction();
        let row_changes = before != Some(&after);
        if row_changes {
            transaction.write(Part::Row, &after)?;
        } else if let Some(before) = before {
            // Row and mailbox were decided upon together: what is not written is as it was read.
            transaction.unchanged(Part::Row, before)?;
        }
        if let Some(claimed) = &claimed {
            // A bar that is set at the same moment holds.
            transaction.unchanged(Part::Mailbox, claimed)?;
        }
        let mut mailbox_changes = false;
        if let Some(keyed) = mailbox {
            let mut changed = keyed.clone();
            apply_bar(&mut changed.mailbox, bar, now);
            if holds {
                changed.mailbox.holder = Some(Holder { person: after.person.clone(), member: after.member.clone() });
            }
            mailbox_changes = changed != keyed;
            if mailbox_changes {
                transaction.write(Part::Mailbox, &changed)?;
            } else {
                transaction.unchanged(Part::Mailbox, &keyed)?;
            }
        }
        if !row_changes && !mailbox_changes {
            return Ok(Some(after));
        }
        let seats = seat_change(before, Some(&after));
        transaction.seats(Part::Seats, &tenant.id, seats)?;
        authority.guard(&mut transaction)?;
        self.record(&mut transaction, &tenant.id, now, deed)?;
        let lost = self.commit(&transaction).await?;
        if lost.is_empty() {
            after.revision += u64::from(row_changes);
            return Ok(Some(after));
        }
        if lost == [Part::Seats] {
            return match self.why_seats(&tenant.id, seats).await? {
                OperationError::Contended => Ok(None),
                error => Err(error),
            };
        }
        Ok(None)
    }

    /// What a tenant knows of a mailbox.
    pub(crate) async fn mailbox(&self, id: &TenantId, address: &Email) -> Result<KeyedMailbox, OperationError> {
        let key = MailboxKey::of(id, address);
        let found: Option<KeyedMailbox> = self.session.get(&Key::mailbox(id, &key)).await?;
        Ok(found.unwrap_or_else(|| unknown_mailbox(id, address)))
    }

    /// The row of whom a mailbox points to, while that row is of this mailbox: who was let in anew with another one left this behind.
    pub(crate) async fn row_of_holder(&self, keyed: &KeyedMailbox) -> Result<Option<Membership>, OperationError> {
        let Some(holder) = &keyed.mailbox.holder else { return Ok(None) };
        let row: Option<Membership> = self.session.get(&Key::membership(&holder.person, &keyed.tenant)).await?;
        let own = |row: &Membership| {
            row.address.as_ref().is_some_and(|own| MailboxKey::of(&keyed.tenant, own).as_ref() == keyed.mailbox_key)
        };
        Ok(row.filter(own))
    }

    pub(super) async fn maybe_mailbox(
        &self,
        id: &TenantId,
        address: Option<&Email>,
    ) -> Result<Option<KeyedMailbox>, OperationError> {
        match address {
            Some(address) => self.mailbox(id, address).await.map(Some),
            None => Ok(None),
        }
    }
}

pub(crate) fn apply_bar(mailbox: &mut Mailbox, change: BarChange, now: Timestamp) {
    match change {
        BarChange::Keep => {}
        BarChange::Lift => {
            // Who lifts a removal means the mailbox; a suspension of one account says nothing of a removal that was before it.
            if mailbox.bar.take().is_none_or(|bar| bar.reason == BarReason::Removed) {
                mailbox.ended = None;
            }
        }
        BarChange::Set(BarReason::Removed) => {
            mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ending(mailbox, now) });
        }
        BarChange::Set(BarReason::Suspended) if mailbox.bar.is_some_and(|bar| bar.reason == BarReason::Suspended) => {}
        BarChange::Set(reason) => mailbox.bar = Some(Bar { reason, since: now }),
    }
}

/// When a removal counts from: no invitation that was there before is later, whatever the clock that it was made by.
pub(super) fn ending(mailbox: &Mailbox, now: Timestamp) -> Timestamp {
    let invited = mailbox.invitation.as_ref().map(|terms| terms.created);
    let barred = mailbox.bar.map(|bar| bar.since);
    [invited, barred].into_iter().flatten().fold(now, Timestamp::max)
}

/// A mailbox of which the table holds nothing.
pub(super) fn unknown_mailbox(id: &TenantId, address: &Email) -> KeyedMailbox {
    KeyedMailbox::new(id, &MailboxKey::of(id, address), Mailbox::default())
}
