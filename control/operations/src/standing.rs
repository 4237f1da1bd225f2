//! What a change of a membership means for its tenant's counters, and what losing them means.

use domain::{Membership, MembershipStatus, Rank, TenantId};
use store::Key;
use store::entity::Seats;
use store::transaction::SeatChange;

use crate::{OperationError, Operations};

/// Derived from the rows themselves, so that no operation can count otherwise: a seat is taken by active and suspended members, an
/// owner is an active one.
pub(crate) fn seat_change(before: Option<&Membership>, after: Option<&Membership>) -> SeatChange {
    let seat = |row: Option<&Membership>| i64::from(row.is_some_and(|row| row.status.takes_seat()));
    let owner = |row: Option<&Membership>| i64::from(row.is_some_and(is_active_owner));
    let owners = owner(after) - owner(before);
    SeatChange { seats: seat(after) - seat(before), owners, keep_an_owner: owners < 0 }
}

/// Whether a row counts as an owner.
pub(crate) fn is_active_owner(row: &Membership) -> bool {
    row.status == MembershipStatus::Active && row.roles.rank() == Rank::Owner
}

impl Operations {
    /// Why the counters refused a change.
    pub(crate) async fn why_seats(
        &self,
        tenant: &TenantId,
        change: SeatChange,
    ) -> Result<OperationError, OperationError> {
        let seats: Option<Seats> = self.session.get(&Key::seats(tenant)).await?;
        Ok(match seats {
            Some(seats) if change.keep_an_owner && seats.owners <= 1 => OperationError::LastOwner,
            Some(seats) if change.seats > 0 && seats.limit.is_some_and(|limit| seats.used >= limit) => {
                OperationError::SeatsFull
            }
            Some(seats) if change.seats >= 0 || seats.used > 0 => OperationError::Contended,
            _ => OperationError::SeatsDisagree,
        })
    }
}
