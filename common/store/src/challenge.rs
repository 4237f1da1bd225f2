//! A code's life in the table: issued once however often it is asked for, counted before it is compared, used once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::challenge::{Asking, Issue, Issuing, Limits, Tally, Ticket, issue};
use domain::{ClientId, Person, Refusal};
use jiff::Timestamp;

use crate::batch::{Batch, Found};
use crate::broken::Broken;
use crate::codec;
use crate::entity::{Hour, Issued, forget, milliseconds};
use crate::keys::{ISSUED, Key, TTL};
use crate::query::Page;
use crate::session::{Answer, Session};
use crate::transaction::{Commit, Transaction};

/// Somebody who is asked for a code at an app client.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The person, or who stands for one who does not exist.
    pub person: &'a Person,
    /// The app client, of the person's pool.
    pub client: &'a ClientId,
}

/// What the table knows of somebody's codes.
#[derive(Debug)]
pub struct Codes {
    last: Option<Issue>,
    tally: Option<Tally>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This call wrote it: the mail is this call's to send.
    New(Issue),
    /// It was sent before.
    Sent(Issue),
    /// No code.
    Refused(Refusal),
}

/// An answer that wants to be compared.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// When.
    pub now: Timestamp,
    /// The limits.
    pub limits: &'a Limits,
    /// To which issue.
    pub number: u64,
    /// By whom it was shown.
    pub ticket: &'a Ticket,
}

impl Asked<'_> {
    fn key(&self) -> Key {
        Key::issued(self.person, self.client)
    }

    /// Adds the keys to a batch.
    pub fn ask(&self, proven: bool, batch: &mut Batch) {
        batch.add(self.key()).add(Key::hour(self.person, proven));
    }

    /// Takes what the batch found.
    pub fn take(&self, proven: bool, found: &Found) -> Result<Codes, Broken> {
        let last: Option<Issued> = found.get(&self.key())?;
        let hour: Option<Hour> = found.get(&Key::hour(self.person, proven))?;
        Ok(Codes { last: last.map(|issued| issued.issue), tally: hour.map(|hour| hour.tally) })
    }

    /// Issues a code, or finds the one that was sent. Of calls that run at the same time one writes, and sends.
    pub async fn want(&self, session: &Session, asking: &Asking<'_>, mut codes: Codes) -> Result<Wanted, Broken> {
        for round in 0..3 {
            // Whose commit was done and whose answer was lost finds their own issue: nobody else sends it.
            if let Some(own) = codes.last.take_if(|last| round > 0 && last.by == *asking.ticket) {
                return Ok(Wanted::New(own));
            }
            let (next, tally) = match issue(asking, codes.last.as_ref(), codes.tally.as_ref()) {
                Issuing::Reuse(last) => return Ok(Wanted::Sent(last)),
                Issuing::Refuse(refusal) => return Ok(Wanted::Refused(refusal)),
                Issuing::Send { issue, tally } => (issue, tally),
            };
            let issued = Issued { person: self.person.clone(), client: self.client.clone(), issue: next };
            let mut transaction = Transaction::new(session);
            transaction.write((), &issued)?.write((), &Hour { person: self.person.clone(), tally })?;
            if session.commit(&transaction).await? == Commit::Done {
                return Ok(Wanted::New(issued.issue));
            }
            if round < 2 {
                let mut batch = Batch::default();
                self.ask(asking.proven, &mut batch);
                codes = self.take(asking.proven, &session.batch(batch).await?)?;
            }
        }
        Err(Broken::Contended)
    }

    /// Says that the mail of an issue did not go out, so that the next call sends another. If nobody can say whether it was taken, it is
    /// counted among those that were sent. Not more than a try: whoever cannot say it leaves an issue that nobody knows the code of, for
    /// a minute.
    pub async fn unsent(&self, session: &Session, issue: &Issue, taken: Taken) -> Result<(), Broken> {
        let update = self
            .update(session, &["number", "unsent", "revision"])
            .update_expression("SET #unsent = :yes ADD #revision :one")
            .condition_expression("#number = :number")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":one", number_of(1))
            .expression_attribute_values(":number", number_of(issue.number));
        self.send(session, update).await?;
        if taken == Taken::No {
            let key = Key::hour(self.person, issue.proven);
            let update = update_of(session, &key, &["codes", "codes_today", "revision"])
                .update_expression("SET #codes = #codes - :one, #codes_today = #codes_today - :one ADD #revision :one")
                .condition_expression("#codes >= :one AND #codes_today >= :one")
                .expression_attribute_values(":one", number_of(1));
            attempt(session, update).await?;
        }
        Ok(())
    }

    /// Counts an answer, in one write, before anybody compares it. `false`: it must not be compared, because the issue is another, has
    /// expired, was used, or had as many answers as it may have.
    ///
    /// An issue that was used by the same showing may be compared again without being counted: Cognito repeats calls, and the same right
    /// answer is right again.
    pub async fn count(&self, session: &Session, answered: Answered<'_>) -> Result<bool, Broken> {
        let Answered { now, limits, number, ticket } = answered;
        let update = self
            .update(session, &["number", "expires_at", "attempts", "used_by", "proven", "attempts_today", "revision"])
            .update_expression("ADD #attempts :one, #attempts_today :one, #revision :one")
            .condition_expression(
                "#number = :number AND #expires_at > :now AND #attempts < :attempts AND attribute_not_exists(#used_by) \
                 AND (#proven = :yes OR #attempts_today < :today)",
            )
            .expression_attribute_values(":number", number_of(number))
            .expression_attribute_values(":now", number_of(milliseconds(now)))
            .expression_attribute_values(":attempts", number_of(limits.attempts))
            .expression_attribute_values(":today", number_of(limits.attempts_a_day))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":one", number_of(1));
        Ok(match self.send(session, update).await? {
            Update::Done => true,
            Update::Lost(last) => last.is_some_and(|last| is_used_by(&last, number, ticket, now)),
        })
    }

    /// Uses an issue up, after a right answer. `false`: somebody else did.
    pub async fn use_up(
        &self,
        session: &Session,
        number: u64,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<bool, Broken> {
        let update = self
            .update(session, &["number", "used_by", "attempts_today", "passed", TTL, "revision"])
            // The day's wrong answers are those since the last right one: repeated calls were counted too, and are nobody's guesses.
            .update_expression(
                "SET #used_by = :ticket, #attempts_today = :none, #passed = :now, #ttl = :ttl ADD #revision :one",
            )
            .condition_expression("#number = :number AND attribute_not_exists(#used_by)")
            .expression_attribute_values(":number", number_of(number))
            .expression_attribute_values(":ticket", AttributeValue::S(ticket.as_ref().to_owned()))
            .expression_attribute_values(":none", number_of(0))
            .expression_attribute_values(":now", AttributeValue::S(now.to_string()))
            .expression_attribute_values(":ttl", AttributeValue::N(forget(now, true).as_second().to_string()))
            .expression_attribute_values(":one", number_of(1));
        Ok(match self.send(session, update).await? {
            Update::Done => true,
            Update::Lost(last) => last.is_some_and(|last| is_used_by(&last, number, ticket, now)),
        })
    }

    fn update(&self, session: &Session, names: &[&str]) -> UpdateItemFluentBuilder {
        update_of(session, &self.key(), names)
    }

    async fn send(&self, session: &Session, update: UpdateItemFluentBuilder) -> Result<Update, Broken> {
        match attempt(session, update).await? {
            None => Ok(Update::Done),
            Some(None) => Ok(Update::Lost(None)),
            Some(Some(item)) => {
                if codec::key_of(&item)? != self.key() {
                    return Err(Broken::ForeignKey);
                }
                Ok(Update::Lost(Some(codec::read::<Issued>(&item)?.issue)))
            }
        }
    }
}

/// An update that names these attributes, each as `#` and its name: some of them, or the next, may be a word that DynamoDB reserves.
fn update_of(session: &Session, key: &Key, names: &[&str]) -> UpdateItemFluentBuilder {
    let update = session.table().client().update_item();
    names
        .iter()
        .fold(update, |update, name| update.expression_attribute_names(format!("#{name}"), *name))
        .table_name(session.table().name())
        .set_key(Some(key.attributes()))
        .return_values(ReturnValue::None)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

/// Sends an update: `None` if it was done, else the item of which its condition did not hold.
async fn attempt(
    session: &Session,
    update: UpdateItemFluentBuilder,
) -> Result<Option<Option<HashMap<String, AttributeValue>>>, Broken> {
    let lost = Mutex::new(None);
    let answer = |error: &UpdateItemError| match error {
        UpdateItemError::ConditionalCheckFailedException(failed) => {
            // A lock that somebody dropped in a panic still holds what was lost: "done" must not come of it.
            *lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed.item.clone());
            Some(Answer::Is(UpdateItemOutput::builder().build()))
        }
        _ => None,
    };
    session.attempt("UpdateItem", || update.clone().send(), answer).await?;
    Ok(lost.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Whether a mail was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Certainly not.
    No,
    /// Nobody can say.
    Perhaps,
}

/// Whether a person has answered a code at an app client.
pub fn ask_passed(person: &Person, client: &ClientId, batch: &mut Batch) {
    batch.add(Key::issued(person, client));
}

/// See [`ask_passed`].
pub fn take_passed(person: &Person, client: &ClientId, found: &Found) -> Result<bool, Broken> {
    let issued: Option<Issued> = found.get(&Key::issued(person, client))?;
    Ok(issued.is_some_and(|issued| issued.issue.passed.is_some()))
}

/// What became of a conditional write.
enum Update {
    Done,
    /// The condition did not hold of this.
    Lost(Option<Issue>),
}

fn is_used_by(last: &Issue, number: u64, ticket: &Ticket, now: Timestamp) -> bool {
    last.number == number && last.used_by.as_ref() == Some(ticket) && now < last.expires
}

fn number_of(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

impl Session {
    /// Lifts the locks of a person at these app clients: counts begin anew, codes on their way no longer count. That a code was
    /// answered stays known. `everywhere` also lifts the limit on codes that all clients of the pool share.
    pub async fn forget_codes(&self, person: &Person, clients: &[ClientId], everywhere: bool) -> Result<(), Broken> {
        for client in clients {
            self.forget_code(person, client).await?;
        }
        if everywhere {
            let mut transaction = Transaction::new(self);
            for proven in [true, false] {
                transaction.delete((), &Key::hour(person, proven))?;
            }
            self.commit(&transaction).await?;
        }
        Ok(())
    }

    /// Deletes all that is known of a person's codes; how many app clients that was at.
    pub async fn erase_codes(&self, person: &Person) -> Result<u64, Broken> {
        let mut erased = 0;
        let mut from = None;
        loop {
            // A transaction takes 100 parts.
            let page: Page<Issued> = self.under(&Key::challenges(person), ISSUED, 90, from).await?;
            let mut transaction = Transaction::new(self);
            for issued in &page.entities {
                transaction.delete((), &Key::issued(person, &issued.client))?;
            }
            for proven in [true, false] {
                transaction.delete((), &Key::hour(person, proven))?;
            }
            if self.commit(&transaction).await? != Commit::Done {
                return Err(Broken::Contended);
            }
            erased += page.entities.len() as u64;
            from = page.next;
            if from.is_none() {
                return Ok(erased);
            }
        }
    }

    async fn forget_code(&self, person: &Person, client: &ClientId) -> Result<(), Broken> {
        for _ in 0..5 {
            let issued: Option<Issued> = self.get(&Key::issued(person, client)).await?;
            let Some(mut issued) = issued else { return Ok(()) };
            issued.issue.unsent = true;
            issued.issue.expires = issued.issue.sent;
            issued.issue.attempts = 0;
            issued.issue.hour.times = 0;
            issued.issue.day.times = 0;
            let mut transaction = Transaction::new(self);
            transaction.write((), &issued)?;
            if self.commit(&transaction).await? == Commit::Done {
                return Ok(());
            }
        }
        Err(Broken::Contended)
    }
}
