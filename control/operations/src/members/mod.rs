//! Members: add, find, list, change roles, approve, deny, suspend, resume, remove, reinstate; and bars on mailboxes.

mod adding;
mod barring;
mod changing;
mod naming;
mod row;

use domain::Membership;

use crate::OperationError;

pub use adding::NewMember;
pub(crate) use adding::WouldAdd;
pub use changing::Barring;
pub use naming::{MemberName, parse_person};
pub(crate) use row::{BarChange, apply_bar};

fn state(row: &Membership, instead: &'static str) -> OperationError {
    OperationError::MemberState { status: crate::shape::membership_status(row.status), instead }
}

fn superseded(row: &Membership) -> OperationError {
    state(row, "the person signs in through the company account now; name them by member id or address")
}
