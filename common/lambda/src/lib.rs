//! Lambda and Cognito's wire format: the event as it is sent, the answer as it is understood, and all that lies between
//! the runtime and a trigger's handler.
//!
//! Invariants: no other crate names `lambda_runtime`; nothing here knows a tenancy rule or a table; whatever a trigger
//! did not decide goes back to Cognito as it came; whatever a person reads is a sentence of [`domain::Refusal`].
//!
//! # Example
//!
//! The `main.rs` of a trigger:
//!
//! ```no_run
//! use lambda::{Call, Environment, Event, Outcome, Trigger};
//!
//! struct Open;
//!
//! impl Trigger for Open {
//!     const NAME: &'static str = "open";
//!
//!     async fn handle(&self, event: Event, _: Call) -> Outcome {
//!         Outcome::reply(event.unchanged(), "let through")
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! #[expect(clippy::disallowed_methods, reason = "main.rs makes time and environment")]
//! async fn main() -> Result<(), lambda::Error> {
//!     let environment = |name: &str| std::env::var(name).ok();
//!     lambda::run(environment, jiff::Timestamp::now, async |environment: Environment| {
//!         println!("{}", environment.table);
//!         Ok(Open)
//!     })
//!     .await
//! }
//! ```

mod challenge;
mod deadline;
mod diagnostic;
pub mod environment;
mod event;
mod json;
pub mod log;
mod nouns;
mod outcome;
mod reply;
pub mod resource;
mod serve;
mod source;
pub mod tokens;

use jiff::Timestamp;
pub use lambda_runtime::{Diagnostic, Error};
pub use serde_json::value::RawValue;

pub use crate::{
    challenge::{Challenge, Shown},
    deadline::{LONGEST, MARGIN, deadline},
    environment::Environment,
    event::{Event, GroupConfiguration, Unreadable},
    nouns::Challenged,
    outcome::{Cause, Failure, Outcome},
    reply::Reply,
    serve::{Call, Trigger, invoke, serve},
    source::Source,
};

/// The whole life of a trigger's process: reads the environment, starts the log, builds the trigger and serves it.
///
/// Fails at once if no Lambda runtime started the process. A setting that is missing or wrong, and a trigger that
/// `build` could not make, are logged and answered as broken at every event: were the process to end, Cognito would show
/// people Lambda's own words.
pub async fn run<T: Trigger>(
    variable: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    build: impl AsyncFnOnce(Environment) -> Result<T, Cause>,
) -> Result<(), Error> {
    environment::started_by_lambda(&variable)?;
    let environment = Environment::read(&variable);
    log::start(environment.as_ref().map_or(log::LevelFilter::INFO, |environment| environment.log_level));
    let trigger = match environment {
        Ok(environment) => build(environment).await,
        Err(error) => Err(Cause::from(error)),
    };
    match trigger {
        Ok(trigger) => serve(trigger, clock).await,
        Err(cause) => serve(serve::Misconfigured::<T>::new(&cause), clock).await,
    }
}
