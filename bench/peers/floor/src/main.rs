//! Answers every event with an empty object: what is left when a function does nothing.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::IgnoredAny;

/// `{}`
#[derive(Serialize)]
struct Nothing {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |_event: LambdaEvent<IgnoredAny>| Ok::<_, Error>(Nothing {}))).await
}
