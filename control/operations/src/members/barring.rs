//! Bars on mailboxes by themselves: what is known is an address, and no member stands by it.

use domain::{Bar, BarReason, Email, TenantId};

use super::row::{BarChange, apply_bar};
use crate::commit::Part;
use crate::record::{Deed, check_reason};
use crate::{OperationError, Operations, ROUNDS};

impl Operations {
    /// Bars a mailbox by which nobody is a member: that of somebody who was removed and whose account has another address by now. It
    /// is kept out as by a removal, until a later invitation or an operator lifts that. For operators. Tells whether it was open.
    pub async fn bar_mailbox(
        &self,
        id: &TenantId,
        address: &Email,
        reason: Option<&str>,
    ) -> Result<bool, OperationError> {
        self.operators_only()?;
        check_reason(reason)?;
        self.read_tenant(id).await?;
        for _ in 0..ROUNDS {
            let mut keyed = self.mailbox(id, address).await?;
            let invited = keyed.mailbox.invitation.as_ref().map(|terms| terms.created);
            match keyed.mailbox.bar {
                // Whoever is suspended is to be resumed one day, and the bar would end with that.
                Some(Bar { reason: BarReason::Suspended, .. }) => {
                    return Err(OperationError::MailboxBarred(crate::shape::bar_reason(BarReason::Suspended)));
                }
                Some(Bar { since, .. }) if invited.is_none_or(|invited| invited <= since) => return Ok(false),
                _ => {}
            }
            let holder = self.row_of_holder(&keyed).await?;
            let now = self.now();
            let mut transaction = self.transaction();
            match &holder {
                Some(row) if row.status.takes_seat() => {
                    return Err(OperationError::MemberExists(format!("by this address, as {}", row.member)));
                }
                // Whoever takes them back at this moment decides otherwise.
                Some(row) => {
                    transaction.unchanged(Part::Row, row)?;
                }
                None => {}
            }
            apply_bar(&mut keyed.mailbox, BarChange::Set(BarReason::Removed), now);
            transaction.write(Part::Mailbox, &keyed)?;
            self.record(&mut transaction, id, now, Deed::new("mailbox.bar", &keyed.mailbox_key).because(reason))?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(OperationError::Contended)
    }

    /// Lifts the bar on a mailbox whose member's row is gone, or that was barred by itself. For operators. Tells whether there was one.
    pub async fn lift_bar(&self, id: &TenantId, address: &Email, reason: Option<&str>) -> Result<bool, OperationError> {
        self.operators_only()?;
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let mut keyed = self.mailbox(id, address).await?;
            if keyed.mailbox.bar.take().is_none() {
                return Ok(false);
            }
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Mailbox, &keyed)?;
            self.record(&mut transaction, id, now, Deed::new("mailbox.lift_bar", &keyed.mailbox_key).because(reason))?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(OperationError::Contended)
    }
}
