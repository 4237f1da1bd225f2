//! One conditional transaction: every part holds its own condition, and a lost part is named.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem, Update};
use domain::TenantId;

use crate::broken::Broken;
use crate::codec::{Entity, SCHEMA, Writer};
use crate::keys::{Key, PK};
use crate::session::{Answer, Session, failed, is_passing};

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit<L> {
    /// Everything was written.
    Done,
    /// Nothing was written: the conditions of these parts did not hold.
    Lost(Vec<L>),
}

/// Writes that happen together or not at all. `L` names a part, for whoever must know which one lost.
#[derive(Debug)]
pub struct Transaction<L> {
    table: String,
    parts: Vec<(L, TransactWriteItem)>,
    proof: Option<Key>,
}

/// A condition with the values that it speaks of; `#pk` and `#rev` are always named.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// Begins with a text over `#name` and `:value` placeholders.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), names: HashMap::new(), values: HashMap::new() }
    }

    /// Names a placeholder's attribute.
    #[must_use]
    pub fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names.insert(placeholder.to_owned(), attribute.to_owned());
        self
    }

    /// Gives a placeholder its text.
    #[must_use]
    pub fn text(mut self, placeholder: &str, text: impl AsRef<str>) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::S(text.as_ref().to_owned()));
        self
    }

    /// Gives a placeholder its number.
    #[must_use]
    pub fn number(mut self, placeholder: &str, number: u64) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::N(number.to_string()));
        self
    }

    /// The item is as it was read: absent for revision 0, else of this revision.
    pub fn revision(revision: u64) -> Self {
        if revision == 0 {
            Self::new("attribute_not_exists(#pk)").name("#pk", PK)
        } else {
            Self::new("#rev = :rev").name("#rev", "revision").number(":rev", revision)
        }
    }

    /// The item is there.
    pub fn exists() -> Self {
        Self::new("attribute_exists(#pk)").name("#pk", PK)
    }
}

impl<L: Clone + Send + Sync> Transaction<L> {
    /// An empty one for this session's table.
    pub fn new(session: &Session) -> Self {
        Self { table: session.table().name().to_owned(), parts: Vec::new(), proof: None }
    }

    /// Writes an entity over the revision that it was read at (0: it must not be there). Attributes that this version does not know
    /// are kept.
    pub fn write<E: Entity>(&mut self, part: L, entity: &E) -> Result<&mut Self, Broken> {
        self.write_if(part, entity, Condition::revision(entity.revision()))
    }

    /// Writes an entity that is new, and under whose key nobody else writes: where it stands, this transaction was committed.
    pub fn write_proof<E: Entity>(&mut self, part: L, entity: &E) -> Result<&mut Self, Broken> {
        self.proof = Some(entity.key());
        self.write(part, entity)
    }

    /// Writes an entity under another condition than its revision.
    pub fn write_if<E: Entity>(&mut self, part: L, entity: &E, condition: Condition) -> Result<&mut Self, Broken> {
        let mut writer = Writer::default();
        writer.text("kind", E::KIND).number("schema", SCHEMA).number("revision", entity.revision() + 1);
        entity.write(&mut writer);
        let attributes = writer.into_attributes();
        let mut update = Update::builder().table_name(&self.table).set_key(Some(entity.key().attributes()));
        let mut set = Vec::new();
        for (at, (name, value)) in attributes.iter().enumerate() {
            set.push(format!("#s{at} = :s{at}"));
            update = update
                .expression_attribute_names(format!("#s{at}"), *name)
                .expression_attribute_values(format!(":s{at}"), value.clone());
        }
        let mut expression = format!("SET {}", set.join(", "));
        let absent = E::ATTRIBUTES.iter().filter(|name| !attributes.iter().any(|(set, _)| set == *name));
        let mut remove = Vec::new();
        for (at, name) in absent.enumerate() {
            remove.push(format!("#r{at}"));
            update = update.expression_attribute_names(format!("#r{at}"), *name);
        }
        if !remove.is_empty() && entity.revision() > 0 {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        } else {
            // DynamoDB refuses names that the expression does not use.
            for placeholder in &remove {
                let mut names = update.get_expression_attribute_names().clone().unwrap_or_default();
                names.remove(placeholder);
                update = update.set_expression_attribute_names(Some(names));
            }
        }
        for (placeholder, name) in condition.names {
            update = update.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in condition.values {
            update = update.expression_attribute_values(placeholder, value);
        }
        let update = update.update_expression(expression).condition_expression(condition.text).build();
        let update = update.map_err(|error| failed("TransactWriteItems", error))?;
        self.parts.push((part, TransactWriteItem::builder().update(update).build()));
        Ok(self)
    }

    /// Only if this holds of the item under this key.
    pub fn check(&mut self, part: L, key: &Key, condition: Condition) -> Result<&mut Self, Broken> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression(condition.text)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()))
            .build()
            .map_err(|error| failed("TransactWriteItems", error))?;
        self.parts.push((part, TransactWriteItem::builder().condition_check(check).build()));
        Ok(self)
    }

    /// Only if this entity is as it was read.
    pub fn unchanged<E: Entity>(&mut self, part: L, entity: &E) -> Result<&mut Self, Broken> {
        self.check(part, &entity.key(), Condition::revision(entity.revision()))
    }

    /// Whether it does something with the item under this key.
    pub fn names(&self, key: &Key) -> bool {
        let attributes = key.attributes();
        self.parts.iter().any(|(_, item)| key_of(item) == Some(&attributes))
    }

    /// Deletes what is under this key, there or not.
    pub fn delete(&mut self, part: L, key: &Key) -> Result<&mut Self, Broken> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key.attributes())).build();
        let delete = delete.map_err(|error| failed("TransactWriteItems", error))?;
        self.parts.push((part, TransactWriteItem::builder().delete(delete).build()));
        Ok(self)
    }

    /// Deletes an entity, if it is as it was read.
    pub fn delete_entity<E: Entity>(&mut self, part: L, entity: &E) -> Result<&mut Self, Broken> {
        let condition = Condition::revision(entity.revision());
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(entity.key().attributes()))
            .condition_expression(condition.text)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()))
            .build()
            .map_err(|error| failed("TransactWriteItems", error))?;
        self.parts.push((part, TransactWriteItem::builder().delete(delete).build()));
        Ok(self)
    }

    /// Takes or frees a seat, and counts owners. A taken seat must be within the limit; a leaving owner must not be the last one.
    ///
    /// The counter is written by arithmetic, not by revision: many people joining at once do not spoil each other's transaction.
    pub fn seats(&mut self, part: L, tenant: &TenantId, change: SeatChange) -> Result<&mut Self, Broken> {
        if change == SeatChange::default() {
            return Ok(self);
        }
        let mut condition = vec!["attribute_exists(#pk)"];
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::seats(tenant).attributes()))
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#used", "used")
            .expression_attribute_names("#owners", "owners")
            .expression_attribute_names("#rev", "revision")
            .expression_attribute_values(":used", number(change.seats))
            .expression_attribute_values(":owners", number(change.owners))
            .expression_attribute_values(":one", number(1));
        if change.seats > 0 {
            condition.push("(attribute_not_exists(#limit) OR #used < #limit)");
            update = update.expression_attribute_names("#limit", "seat_limit");
        }
        if change.seats < 0 {
            condition.push("#used > :zero");
            update = update.expression_attribute_values(":zero", number(0));
        }
        if change.owners < 0 && change.keep_an_owner {
            condition.push("#owners > :one");
        }
        let update = update
            .update_expression("ADD #used :used, #owners :owners, #rev :one")
            .condition_expression(condition.join(" AND "))
            .build()
            .map_err(|error| failed("TransactWriteItems", error))?;
        self.parts.push((part, TransactWriteItem::builder().update(update).build()));
        Ok(self)
    }
}

/// What a membership's change means for its tenant's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatChange {
    /// Seats taken (1) or freed (-1).
    pub seats: i64,
    /// Owners that came (1) or left (-1).
    pub owners: i64,
    /// Refuse if no owner is left.
    pub keep_an_owner: bool,
}

impl Session {
    /// Commits. Conflicts and throttling are tried again; a part whose condition did not hold makes it [`Commit::Lost`].
    ///
    /// An attempt whose answer was lost may have committed: the next one then loses to itself. Where the transaction writes a proof, that
    /// is looked for; else whoever decided reads again and finds their own work. The SDK's request token stays random, since a derived one
    /// would make DynamoDB answer "done" for a row that was deleted meanwhile.
    pub async fn commit<L: Clone + Send + Sync>(&self, transaction: &Transaction<L>) -> Result<Commit<L>, Broken> {
        let items: Vec<_> = transaction.parts.iter().map(|(_, item)| item.clone()).collect();
        let lost = Mutex::new(Vec::new());
        let sent = AtomicU32::new(0);
        let request = || {
            sent.fetch_add(1, Ordering::Relaxed);
            self.table().client().transact_write_items().set_transact_items(Some(items.clone())).send()
        };
        let answer = |error: &TransactWriteItemsError| match classify(error, &transaction.parts) {
            Cancelled::Lost(parts) => {
                // A lock that somebody dropped in a panic still holds what was lost: "done" must not come of it.
                *lost.lock().unwrap_or_else(PoisonError::into_inner) = parts;
                Some(Answer::Is(TransactWriteItemsOutput::builder().build()))
            }
            Cancelled::Passing => Some(Answer::Again),
            Cancelled::Broken => Some(Answer::Broken),
            Cancelled::Other => None,
        };
        self.attempt("TransactWriteItems", request, answer).await?;
        let lost = lost.into_inner().unwrap_or_else(PoisonError::into_inner);
        if lost.is_empty() {
            return Ok(Commit::Done);
        }
        // One attempt that lost wrote nothing, and there is nothing to look for.
        Ok(match &transaction.proof {
            Some(proof) if sent.load(Ordering::Relaxed) > 1 && self.stands(proof).await? => Commit::Done,
            _ => Commit::Lost(lost),
        })
    }
}

/// What an action of a transaction is about.
fn key_of(item: &TransactWriteItem) -> Option<&HashMap<String, AttributeValue>> {
    let written = item.update().map(Update::key);
    written.or_else(|| item.condition_check().map(ConditionCheck::key)).or_else(|| item.delete().map(Delete::key))
}

/// Why a transaction was cancelled.
enum Cancelled<L> {
    Lost(Vec<L>),
    Passing,
    Broken,
    Other,
}

/// A reason per part, in their order. A conflict or a throttle beside a condition means that not every part was looked at against the
/// same table, so the transaction is tried again before anybody believes the condition.
fn classify<L: Clone>(error: &TransactWriteItemsError, parts: &[(L, TransactWriteItem)]) -> Cancelled<L> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return if is_passing(error.code()) { Cancelled::Passing } else { Cancelled::Other };
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
    if codes.len() != parts.len() {
        return Cancelled::Broken;
    }
    let passing = |code: &str| {
        is_passing(Some(code))
            || matches!(code, "ThrottlingError" | "ProvisionedThroughputExceeded" | "TransactionConflict")
    };
    if !codes.iter().all(|code| matches!(*code, "None" | "ConditionalCheckFailed") || passing(code)) {
        return Cancelled::Broken;
    }
    if codes.iter().any(|code| passing(code)) {
        return Cancelled::Passing;
    }
    let lost: Vec<L> = codes
        .iter()
        .zip(parts)
        .filter(|(code, _)| **code == "ConditionalCheckFailed")
        .map(|(_, (part, _))| part.clone())
        .collect();
    if lost.is_empty() { Cancelled::Broken } else { Cancelled::Lost(lost) }
}
