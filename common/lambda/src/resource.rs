//! A function that is no trigger: an event that CloudFormation sends, and no answer that anybody reads.
//!
//! Lambda invokes it asynchronously and, when it fails, again after a minute and once more after two [Asynchronous invocation]. So
//! what it does is safe to repeat, and it fails only where another attempt may help.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use tokio::time::Instant;

use crate::environment::{self, Environment, Unset};
use crate::log;
use crate::serve::Call;

/// Nothing is begun with less than this left: Lambda's own end would come without a line.
const MARGIN: Duration = Duration::from_secs(1);
/// How long a function has that nobody told a deadline.
const LONGEST: Duration = Duration::from_secs(25);

/// What became of one event, for the one line of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handled {
    /// What was asked for, for example `Create Custom::TenantryTenant`.
    pub request: String,
    /// What was decided, in a word or two.
    pub decision: &'static str,
    /// The code of a failure that was told to whoever asked.
    pub code: Option<&'static str>,
    /// How many requests to the table it took.
    pub calls: u32,
    /// What broke; Lambda then sends the event again.
    pub again: Option<String>,
}

/// A function behind a template's custom resources.
pub trait Resource: Send + Sync {
    /// Its name in the log.
    const NAME: &'static str;

    /// Handles one event. It has to look at the deadline itself: it owes an answer to whoever asked.
    fn handle(&self, event: Value, call: Call) -> impl Future<Output = Handled> + Send;
}

/// The whole life of the function's process. A setting that is missing is handed to `build`, which has to make a function all the same:
/// one that tells whoever asks what is missing.
pub async fn run<R: Resource>(
    variable: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    build: impl FnOnce(Result<Environment, Unset>) -> R,
) -> Result<(), lambda_runtime::Error> {
    environment::started_by_lambda(&variable)?;
    let environment = Environment::read(&variable);
    log::start(environment.as_ref().map_or(log::LevelFilter::INFO, |environment| environment.log_level));
    let resource = build(environment);
    let (resource, clock) = (&resource, &clock);
    let service = service_fn(async |event: LambdaEvent<Value>| {
        let (arrived, now) = (Instant::now(), clock());
        let deadline = deadline(event.context.deadline, now, arrived);
        invoke(resource, event.payload, Call { now, deadline }, arrived).await
    });
    Runtime::new(service).run().await
}

async fn invoke<R: Resource>(resource: &R, event: Value, call: Call, arrived: Instant) -> Result<(), Diagnostic> {
    let Handled { request, decision, code, calls, again } = resource.handle(event, call).await;
    let ms = u64::try_from(arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (function, request) = (R::NAME, request.as_str());
    let Some(cause) = again else {
        if code.is_some() {
            tracing::warn!(function, request, decision, code, calls, ms, "refused");
        } else {
            tracing::info!(function, request, decision, calls, ms, "answered");
        }
        return Ok(());
    };
    tracing::error!(function, request, decision, code, calls, ms, cause, "broken");
    Err(Diagnostic { error_type: "UNANSWERED".to_owned(), error_message: cause })
}

/// As [`crate::deadline`], for a function that nobody waits five seconds for.
fn deadline(deadline_ms: u64, now: Timestamp, arrived: Instant) -> Instant {
    let left = i64::try_from(deadline_ms).ok().and_then(|at| at.checked_sub(now.as_millisecond()));
    let left = left.and_then(|left| u64::try_from(left).ok()).filter(|left| *left > 0).map(Duration::from_millis);
    arrived + left.map_or(LONGEST, |left| left.saturating_sub(MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Told(Handled);

    impl Resource for Told {
        const NAME: &'static str = "told";

        async fn handle(&self, _: Value, _: Call) -> Handled {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn only_what_broke_is_sent_again() {
        let at = Instant::now();
        let call = Call { now: Timestamp::UNIX_EPOCH, deadline: at };
        let said = Handled { request: "Create".to_owned(), decision: "refused", code: Some("X"), ..Handled::default() };
        assert!(invoke(&Told(said.clone()), Value::Null, call, at).await.is_ok());
        let broken = Handled { again: Some("no connection".to_owned()), ..said };
        let error = invoke(&Told(broken), Value::Null, call, at).await.unwrap_err();
        assert_eq!(error.error_message, "no connection");
    }

    #[tokio::test]
    async fn a_deadline_leaves_a_margin_and_one_in_the_past_counts_as_absent() {
        let (now, arrived): (Timestamp, _) = ("2026-11-21T08:00:00Z".parse().unwrap(), Instant::now());
        let at = u64::try_from(now.as_millisecond()).unwrap();
        for (deadline_ms, expected) in [
            (at + 30_000, Duration::from_secs(29)),
            (at + 400, Duration::ZERO),
            (0, LONGEST),
            (600_000, LONGEST),
            (u64::MAX, LONGEST),
        ] {
            assert_eq!(deadline(deadline_ms, now, arrived) - arrived, expected, "{deadline_ms}");
        }
    }
}
