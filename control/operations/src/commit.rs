//! The parts of every transaction, and what it means to lose one.

use store::{Commit, Transaction};

use crate::{OperationError, Operations};

/// The parts of a transaction of any operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Actor,
    Binding,
    Catalogue,
    Claim,
    Domain,
    FormerClaim,
    FormerInvitation,
    FormerSlug,
    Intent,
    Invitation,
    Mailbox,
    Pool,
    Provider,
    Record,
    Registration,
    Remembered,
    Row,
    Seats,
    Slug,
    Tenant,
}

impl Operations {
    /// Commits; what was lost is empty when everything was written.
    pub(crate) async fn commit(&self, transaction: &Transaction<Part>) -> Result<Vec<Part>, OperationError> {
        match self.session.commit(transaction).await? {
            Commit::Done => Ok(Vec::new()),
            Commit::Lost(lost) => Ok(lost),
        }
    }

    pub(crate) fn transaction(&self) -> Transaction<Part> {
        Transaction::new(&self.session)
    }
}
