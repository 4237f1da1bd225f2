//! What is done to a table, once in peace and many times on a bad day.

use futures_util::future::LocalBoxFuture;
use operations::OperationError;
use serde_json::Value;

use super::{deeds, events, pools};
use crate::beside::Seeds;
use crate::{Answer, World};

/// Something that a trigger or an operator does.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name in a replay line.
    pub name: &'static str,
    /// Who does it, and so how long it may take.
    pub by: By,
    /// The user pool beside the table, if it is asked.
    pub beside: Option<fn() -> Seeds>,
    /// Puts the table into the state in which it begins.
    pub prepare: Doing<()>,
    /// Does it.
    pub act: Doing<Said>,
    /// What comes after it in a person's life. Empty, if nothing does.
    pub then: Doing<Vec<Said>>,
    /// What the table tells of attempts.
    pub records: Records,
}

/// What the table tells of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// What was done, once, however often it was tried.
    Once,
    /// Each attempt, so that it shows how often it was tried.
    Each,
    /// What was done, if the table could be written: it is the last to be asked, and whoever did it is told where it said no.
    AtBest,
}

impl Scenario {
    /// The same, and so the table tells of attempts.
    pub(super) const fn recording(self, records: Records) -> Self {
        Self { records, ..self }
    }
}

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A trigger: within 4.5 seconds.
    Trigger,
    /// An operator at a command line, who has patience.
    Operator,
}

/// An asynchronous function of a world.
pub(super) type Doing<T> = for<'a> fn(&'a World) -> LocalBoxFuture<'a, T>;

/// What came of doing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It was done, or is done already: what the caller reads, with random parts left out.
    Done(String),
    /// No, for a reason.
    No(String),
    /// Try again: the store could not be asked, or not believed.
    Broken,
}

impl Said {
    /// What a trigger's answer says.
    pub fn of(answer: &Answer) -> Self {
        if answer.decision == "broken" {
            return Self::Broken;
        }
        match &answer.result {
            Err(domain::Refusal::TryAgain) => Self::Broken,
            Err(refusal) => Self::No(refusal.code().to_owned()),
            // Nobody was let in: the account is confirmed all the same, or the token speaks of no tenant.
            Ok(_) if matches!(answer.decision, "refused" | "no tenant") => Self::No(answer.decision.to_owned()),
            Ok(reply) if reply["response"]["answerCorrect"] == false => Self::No(answer.decision.to_owned()),
            Ok(reply) => {
                let mut response = reply["response"].clone();
                if let Some(private) = response.get_mut("privateChallengeParameters").and_then(Value::as_object_mut) {
                    // Random.
                    private.remove("ticket");
                }
                Self::Done(format!("{}: {response}", answer.decision))
            }
        }
    }

    /// What an operation's result says.
    pub fn of_operation<T: std::fmt::Debug>(result: Result<T, OperationError>) -> Self {
        match result {
            Ok(done) => Self::Done(format!("{done:?}")),
            Err(error) if error.kind() == operations::ErrorKind::Broken => Self::Broken,
            Err(error) => Self::No(error.code().to_owned()),
        }
    }
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = events::all();
    all.extend(deeds::all());
    all.extend(pools::all());
    all
}

/// Nothing comes after it.
pub(super) fn nothing(_: &World) -> LocalBoxFuture<'_, Vec<Said>> {
    Box::pin(async { Vec::new() })
}
