//! From the Lambda runtime to a trigger's handler and back: one event, one answer, one log line.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use domain::ClientId;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use crate::{
    deadline::deadline,
    diagnostic::diagnostic,
    event::{Event, Unreadable},
    log::{self, Line},
    outcome::{Cause, Failure, Outcome},
    source::Source,
};

/// The circumstances of one invocation.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// When the event arrived.
    pub now: Timestamp,
    /// When the handler is abandoned; whoever retries must look at it.
    pub deadline: Instant,
}

/// One Cognito trigger. It is safe to repeat: Cognito may call again after a timeout.
pub trait Trigger: Send + Sync {
    /// Its name in the log, such as `pre-sign-up`.
    const NAME: &'static str;

    /// Whether Cognito gets the event unchanged when something broke, rather than an error. Only for triggers that
    /// guard nothing.
    const ANSWERS_WHEN_BROKEN: bool = false;

    /// Answers one event. The future is dropped at the deadline, so every write in it stands for itself.
    fn handle(&self, event: Event, call: Call) -> impl Future<Output = Outcome> + Send;
}

/// Serves a trigger to the Lambda runtime until Lambda ends the process.
///
/// Panics if the process was not started by a Lambda runtime: see [`run`](crate::run), which says it in a sentence.
pub async fn serve<T: Trigger>(
    trigger: T,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Result<(), lambda_runtime::Error> {
    let (trigger, clock) = (&trigger, &clock);
    let service = service_fn(async |event: LambdaEvent<Payload>| {
        let now = clock();
        let deadline_ms = event.context.deadline;
        match event.payload.0 {
            Some(raw) => invoke(trigger, &raw, now, deadline_ms).await,
            None => Err(unreadable::<T>(Unreadable::NotJson, Instant::now())),
        }
    });
    // Without the runtime's own tracing layer: the one line is ours.
    Runtime::new(service).run().await
}

/// Answers one raw event: reads it, lets the trigger handle it within its deadline, and logs one line.
///
/// `now` is the moment of the arrival, `deadline_ms` Lambda's deadline in milliseconds since 1970 (0 if there is none).
pub async fn invoke<T: Trigger>(
    trigger: &T,
    raw: &RawValue,
    now: Timestamp,
    deadline_ms: u64,
) -> Result<Box<RawValue>, Diagnostic> {
    let arrived = Instant::now();
    let event = match Event::read(raw) {
        Ok(event) => event,
        Err(error) => return Err(unreadable::<T>(error, arrived)),
    };
    let said = Said::of(&event);
    let call = Call { now, deadline: deadline(deadline_ms, now, arrived) };
    let outcome = timeout_at(call.deadline, without_panic(Box::pin(trigger.handle(event, call))))
        .await
        .unwrap_or_else(|_| Outcome::broken("the deadline passed before an answer"));
    answer::<T>(raw, &said, outcome, arrived)
}

/// A panic is something broken like any other: the runtime would show its message to the person. (In the release profile
/// a panic ends the process.)
async fn without_panic(handling: impl Future<Output = Outcome> + Send) -> Outcome {
    let mut handling = pin!(handling);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Outcome::broken("the handler panicked")))
    })
    .await
}

/// What the event says of itself, for the log.
struct Said {
    source: Option<Source>,
    /// Only what can be an app client's id: an event of somebody else's making may hold anything there.
    client: Option<ClientId>,
}

/// The `sub` with which `tenantctl attach` tries a function out. Cognito gives it to nobody.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

impl Said {
    fn of(event: &Event) -> Self {
        // Nobody came to the client: what is said of nobody must not count as somebody whom it would refuse.
        let somebody = event.attribute("sub") != Some(NOBODY);
        let client = event.client_id().filter(|_| somebody).and_then(|id| id.parse().ok());
        Self { source: event.source(), client }
    }
}

fn answer<T: Trigger>(
    raw: &RawValue,
    said: &Said,
    outcome: Outcome,
    arrived: Instant,
) -> Result<Box<RawValue>, Diagnostic> {
    let Outcome { answer, mut decision, tenant, store_calls, would } = outcome;
    let mut answer = answer.and_then(|reply| reply.into_raw().map_err(Failure::broken));
    let failure = answer.as_ref().err();
    let code = failure.map(|failure| failure.refusal().code());
    let cause = failure.and_then(|failure| match failure {
        Failure::Broken(cause) => Some(log::cause(cause.as_ref())),
        Failure::Refused(_) => None,
    });
    if cause.is_some() {
        decision = "broken";
        if T::ANSWERS_WHEN_BROKEN
            && let Ok(unchanged) = Event::read(raw).map(Event::unchanged)
        {
            answer = unchanged.into_raw().map_err(Failure::broken);
        }
    }
    Line {
        trigger: T::NAME,
        source: said.source,
        client: said.client.as_ref(),
        decision,
        code,
        would: would.map(domain::Refusal::code),
        tenant: tenant.as_ref(),
        calls: store_calls,
        took: arrived.elapsed(),
        cause,
    }
    .write();
    answer.map_err(Diagnostic::from)
}

fn unreadable<T: Trigger>(error: Unreadable, arrived: Instant) -> Diagnostic {
    let refusal = domain::Refusal::UnsupportedEvent;
    Line {
        trigger: T::NAME,
        source: None,
        client: None,
        decision: "unreadable",
        code: Some(refusal.code()),
        would: None,
        tenant: None,
        calls: None,
        took: arrived.elapsed(),
        cause: Some(log::cause(&error)),
    }
    .write();
    diagnostic(refusal)
}

/// A payload that never fails to decode: the runtime would show serde's text, input quoted, to the person.
struct Payload(Option<Box<RawValue>>);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(deserializer).ok()))
    }
}

/// A trigger that could not be set up: it answers every event as broken, in a calm sentence, where a process that ends
/// would show people Lambda's own words.
pub(crate) struct Misconfigured<T> {
    cause: String,
    trigger: std::marker::PhantomData<fn() -> T>,
}

impl<T> Misconfigured<T> {
    pub(crate) fn new(cause: &Cause) -> Self {
        Self { cause: log::cause(cause.as_ref()), trigger: std::marker::PhantomData }
    }
}

impl<T: Trigger> Trigger for Misconfigured<T> {
    const NAME: &'static str = T::NAME;
    const ANSWERS_WHEN_BROKEN: bool = T::ANSWERS_WHEN_BROKEN;

    async fn handle(&self, _: Event, _: Call) -> Outcome {
        Outcome::broken(self.cause.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_client_to_which_somebody_came_and_nothing_that_is_no_client() {
        for (client, sub, expected) in [
            ("1h57kf5cpq17m0eml12EXAMPLE", "8d5a", Some("1h57kf5cpq17m0eml12EXAMPLE")),
            ("mira@acme.example", "8d5a", None),
            ("web", NOBODY, None),
        ] {
            let event = format!(
                r#"{{"triggerSource":"PreSignUp_SignUp","callerContext":{{"clientId":"{client}"}},
                    "request":{{"userAttributes":{{"sub":"{sub}"}}}}}}"#
            );
            let event = Event::read(&RawValue::from_string(event).unwrap()).unwrap();
            assert_eq!(Said::of(&event).client.as_ref().map(AsRef::as_ref), expected, "{client} {sub}");
        }
    }
}
