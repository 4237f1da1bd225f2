//! The record of who did what, written in the transaction that did it, and so the proof that it was done: nobody else draws its nonce.

use domain::TenantId;
use jiff::Timestamp;
use store::Transaction;
use store::entity::{Audit, DeploymentAudit};

use crate::commit::Part;
use crate::{OperationError, Operations};

/// What is done, for the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed<'a> {
    /// For example `member.remove`.
    pub(crate) action: &'static str,
    /// To what: an id, never an address.
    pub(crate) target: &'a str,
    /// Why, in the actor's words.
    pub(crate) reason: Option<&'a str>,
}

impl<'a> Deed<'a> {
    pub(crate) const fn new(action: &'static str, target: &'a str) -> Self {
        Self { action, target, reason: None }
    }

    pub(crate) const fn because(self, reason: Option<&'a str>) -> Self {
        Self { reason, ..self }
    }
}

/// A reason that is given says something.
pub(crate) fn check_reason(reason: Option<&str>) -> Result<(), OperationError> {
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(domain::Invalid { noun: "reason", rule: "it says something" }.into());
    }
    Ok(())
}

impl Operations {
    /// Adds the record of a deed to a tenant's transaction.
    pub(crate) fn record(
        &self,
        transaction: &mut Transaction<Part>,
        tenant: &TenantId,
        at: Timestamp,
        deed: Deed<'_>,
    ) -> Result<(), OperationError> {
        let audit = Audit {
            tenant: tenant.clone(),
            at,
            nonce: self.nonce(),
            actor: self.actor.to_string(),
            action: deed.action.to_owned(),
            target: deed.target.to_owned(),
            reason: deed.reason.map(str::to_owned),
        };
        transaction.write_proof(Part::Record, &audit)?;
        Ok(())
    }

    /// Adds the record of a deed that concerns no tenant, or all of them.
    pub(crate) fn record_for_all(
        &self,
        transaction: &mut Transaction<Part>,
        at: Timestamp,
        deed: Deed<'_>,
    ) -> Result<(), OperationError> {
        let audit = DeploymentAudit {
            at,
            nonce: self.nonce(),
            actor: self.actor.to_string(),
            action: deed.action.to_owned(),
            target: deed.target.to_owned(),
            reason: deed.reason.map(str::to_owned),
        };
        transaction.write_proof(Part::Record, &audit)?;
        Ok(())
    }

    fn nonce(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.bits()))
    }
}
