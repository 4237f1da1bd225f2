//! The record of who did what, written in the transaction that did it.

use domain::TenantId;
use jiff::Timestamp;
use store::entity::{Audit, DeploymentAudit};
use store::{Entity as _, Key, Transaction};

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

/// Where a record stands, once its transaction is committed.
#[derive(Debug)]
pub(crate) enum Record {
    OfTenant(Key),
    OfAll(Key),
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
    ) -> Result<Record, OperationError> {
        let audit = Audit {
            tenant: tenant.clone(),
            at,
            nonce: self.nonce(),
            actor: self.actor.to_string(),
            action: deed.action.to_owned(),
            target: deed.target.to_owned(),
            reason: deed.reason.map(str::to_owned),
        };
        transaction.write(Part::Record, &audit)?;
        Ok(Record::OfTenant(audit.key()))
    }

    /// Adds the record of a deed that concerns no tenant, or all of them.
    pub(crate) fn record_for_all(
        &self,
        transaction: &mut Transaction<Part>,
        at: Timestamp,
        deed: Deed<'_>,
    ) -> Result<Record, OperationError> {
        let audit = DeploymentAudit {
            at,
            nonce: self.nonce(),
            actor: self.actor.to_string(),
            action: deed.action.to_owned(),
            target: deed.target.to_owned(),
            reason: deed.reason.map(str::to_owned),
        };
        transaction.write(Part::Record, &audit)?;
        Ok(Record::OfAll(audit.key()))
    }

    /// Commits a transaction that writes its record alone, and tells whether it stands. Tried again after a lost answer, such a transaction
    /// loses to itself, and nothing else shows it: the record is looked for. Nobody else draws its nonce.
    pub(crate) async fn commit_record(
        &self,
        transaction: &Transaction<Part>,
        record: &Record,
    ) -> Result<bool, OperationError> {
        let lost = self.commit(transaction).await?;
        if lost != [Part::Record] {
            return Ok(lost.is_empty());
        }
        Ok(match record {
            Record::OfTenant(key) => self.session().get::<Audit>(key).await?.is_some(),
            Record::OfAll(key) => self.session().get::<DeploymentAudit>(key).await?.is_some(),
        })
    }

    fn nonce(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.bits()))
    }
}
