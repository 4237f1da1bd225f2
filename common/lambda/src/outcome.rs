//! What a trigger's handler says at its end: the answer for Cognito, and the facts for the log line.

use std::{error::Error, fmt};

use domain::{Refusal, TenantId};

use crate::reply::Reply;

/// The cause of something broken: for the log alone.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why there is no reply.
#[derive(Debug)]
pub enum Failure {
    /// A decision: the person reads its sentence.
    Refused(Refusal),
    /// Anything else: the person reads [`Refusal::TryAgain`], the log the cause.
    Broken(Cause),
}

impl Failure {
    /// What broke; for `map_err(Failure::broken)`.
    pub fn broken(cause: impl Into<Cause>) -> Self {
        Self::Broken(cause.into())
    }

    /// What the person reads.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => *refusal,
            Self::Broken(_) => Refusal::TryAgain,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Says what the person reads; the cause goes another way.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.refusal().message())
    }
}

/// The end of one invocation.
#[derive(Debug)]
#[must_use]
pub struct Outcome {
    /// What Cognito gets.
    pub answer: Result<Reply, Failure>,
    /// What was decided, in a word or two of our own, such as `joined by domain`.
    pub decision: &'static str,
    /// The tenant of which the decision speaks, once our table has named it.
    pub tenant: Option<TenantId>,
    /// Round trips to the table, retries not counted; nothing when the handler did not come to its end.
    pub store_calls: Option<u32>,
    /// A refusal that was decided and not delivered: in observe mode, and where refusing comes too late.
    pub would: Option<Refusal>,
}

impl Outcome {
    /// A reply.
    pub fn reply(reply: Reply, decision: &'static str) -> Self {
        Self { answer: Ok(reply), decision, tenant: None, store_calls: None, would: None }
    }

    /// No reply.
    pub fn fail(failure: impl Into<Failure>) -> Self {
        let failure = failure.into();
        let decision = match failure {
            Failure::Refused(_) => "refused",
            Failure::Broken(_) => "broken",
        };
        Self { answer: Err(failure), decision, tenant: None, store_calls: None, would: None }
    }

    /// Something broke.
    pub fn broken(cause: impl Into<Cause>) -> Self {
        Self::fail(Failure::broken(cause))
    }

    /// Names the tenant in the log.
    pub fn of(self, tenant: impl Into<Option<TenantId>>) -> Self {
        Self { tenant: tenant.into(), ..self }
    }

    /// Counts the round trips to the table.
    pub fn after(self, store_calls: u32) -> Self {
        Self { store_calls: Some(store_calls), ..self }
    }

    /// Names the refusal that was decided and not delivered.
    pub fn would(self, refusal: impl Into<Option<Refusal>>) -> Self {
        Self { would: refusal.into(), ..self }
    }
}
