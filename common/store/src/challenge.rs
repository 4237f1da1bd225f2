//! A code's life in the table: issued once however often it is asked for, counted before it is compared, used once.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::challenge::{Issue, Issuing, Limits, Tally, Ticket, issue};
use domain::{ClientId, Person, Refusal};
use jiff::Timestamp;

use crate::batch::{Batch, Found};
use crate::broken::Broken;
use crate::codec;
use crate::entity::{Hour, Issued, milliseconds};
use crate::keys::Key;
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

/// A code is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// When.
    pub now: Timestamp,
    /// The limits.
    pub limits: &'a Limits,
    /// The password was proven before.
    pub proven: bool,
    /// This session has asked for a code before.
    pub asked: bool,
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
    pub async fn want(&self, session: &Session, want: Want<'_>, mut codes: Codes) -> Result<Wanted, Broken> {
        for round in 0..3 {
            let Want { now, limits, proven, asked } = want;
            let (next, tally) = match issue(now, limits, proven, asked, codes.last.as_ref(), codes.tally.as_ref()) {
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
                self.ask(proven, &mut batch);
                codes = self.take(proven, &session.batch(batch).await?)?;
            }
        }
        Err(Broken::Contended)
    }

    /// Says that the mail of an issue did not go out, so that the next call sends another. Not more than a try: whoever cannot say it
    /// leaves an issue that lives and that nobody knows the code of.
    pub async fn unsent(&self, session: &Session, number: u64) -> Result<(), Broken> {
        let update = self
            .update(session, &["number", "unsent", "revision"])
            .update_expression("SET #unsent = :yes ADD #revision :one")
            .condition_expression("#number = :number")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":one", number_of(1))
            .expression_attribute_values(":number", number_of(number));
        self.send(session, update).await.map(drop)
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
            .update(session, &["number", "used_by", "attempts_today", "revision"])
            // A right answer was none of the day's wrong ones.
            .update_expression("SET #used_by = :ticket, #attempts_today = #attempts_today - :one ADD #revision :one")
            .condition_expression("#number = :number AND attribute_not_exists(#used_by)")
            .expression_attribute_values(":number", number_of(number))
            .expression_attribute_values(":ticket", AttributeValue::S(ticket.as_ref().to_owned()))
            .expression_attribute_values(":one", number_of(1));
        Ok(match self.send(session, update).await? {
            Update::Done => true,
            Update::Lost(last) => last.is_some_and(|last| is_used_by(&last, number, ticket, now)),
        })
    }

    /// An update that names these attributes, each as `#` and its name: some of them, or the next, may be a word that DynamoDB reserves.
    fn update(&self, session: &Session, names: &[&str]) -> UpdateItemFluentBuilder {
        let update = session.table().client().update_item();
        names
            .iter()
            .fold(update, |update, name| update.expression_attribute_names(format!("#{name}"), *name))
            .table_name(session.table().name())
            .set_key(Some(self.key().attributes()))
            .return_values(ReturnValue::None)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn send(&self, session: &Session, update: UpdateItemFluentBuilder) -> Result<Update, Broken> {
        let lost = std::sync::Mutex::new(None);
        let answer = |error: &UpdateItemError| match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => {
                if let Ok(mut lost) = lost.lock() {
                    *lost = Some(failed.item.clone());
                }
                Some(Answer::Is(UpdateItemOutput::builder().build()))
            }
            _ => None,
        };
        session.attempt("UpdateItem", || update.clone().send(), answer).await?;
        match lost.into_inner().unwrap_or_default() {
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
    /// Forgets the codes of a person at these app clients, with their counts: an operator unlocks. Codes on their way no longer count.
    pub async fn forget_codes(&self, person: &Person, clients: &[ClientId]) -> Result<(), Broken> {
        // A transaction takes 100 parts.
        for some in clients.chunks(90) {
            let mut transaction = Transaction::new(self);
            for client in some {
                transaction.delete((), &Key::issued(person, client))?;
            }
            for proven in [true, false] {
                transaction.delete((), &Key::hour(person, proven))?;
            }
            self.commit(&transaction).await?;
        }
        Ok(())
    }
}
