//! One invocation's use of the table: the deadline, the retries, the count of calls.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::{Instant, sleep, timeout_at};

use crate::broken::Broken;
use crate::codec::{self, Entity};
use crate::connect::Table;
use crate::keys::Key;

/// No retry begins with less than this left.
const LEAST: Duration = Duration::from_millis(500);
/// Retries after the first attempt.
const RETRIES: u32 = 2;

/// One invocation's use of the table.
#[derive(Debug)]
pub struct Session {
    table: Table,
    deadline: Option<Instant>,
    calls: AtomicU32,
}

impl Session {
    pub(crate) fn new(table: Table, deadline: Option<Instant>) -> Self {
        Self { table, deadline, calls: AtomicU32::new(0) }
    }

    /// How many requests were sent so far, retries included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }

    /// Reads one entity consistently.
    pub async fn get<E: Entity>(&self, key: &Key) -> Result<Option<E>, Broken> {
        self.item(key).await?.map(|item| codec::read(&item)).transpose()
    }

    /// Whether anything stands under a key.
    pub(crate) async fn stands(&self, key: &Key) -> Result<bool, Broken> {
        Ok(self.item(key).await?.is_some())
    }

    async fn item(&self, key: &Key) -> Result<Option<HashMap<String, AttributeValue>>, Broken> {
        let client = self.table.client();
        let request = || {
            client.get_item().table_name(self.table.name()).set_key(Some(key.attributes())).consistent_read(true).send()
        };
        let output = self.call("GetItem", request).await?;
        let Some(item) = output.item else { return Ok(None) };
        if codec::key_of(&item)? == *key { Ok(Some(item)) } else { Err(Broken::ForeignKey) }
    }

    /// Sends a request, again if that may help and enough time is left.
    pub(crate) async fn call<T, E, F>(&self, operation: &'static str, request: impl Fn() -> F) -> Result<T, Broken>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.attempt(operation, request, |_| None).await
    }

    /// As [`Session::call`]; `answer` may take an error for an answer.
    pub(crate) async fn attempt<T, E, F>(
        &self,
        operation: &'static str,
        request: impl Fn() -> F,
        answer: impl Fn(&E) -> Option<Answer<T>>,
    ) -> Result<T, Broken>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let until = self.until();
        let mut attempt = 0;
        loop {
            let now = Instant::now();
            if now >= until {
                return Err(Broken::TimedOut(operation));
            }
            self.calls.fetch_add(1, Ordering::Relaxed);
            let patience = until.min(now + self.table.patience().attempt);
            // Boxed: the SDK's futures are deep and large, and would be copied through every caller's.
            let (again, broken) = match timeout_at(patience, Box::pin(request())).await {
                Ok(Ok(output)) => return Ok(output),
                Ok(Err(error)) => {
                    let again = match error.as_service_error().and_then(&answer) {
                        Some(Answer::Is(output)) => return Ok(output),
                        Some(Answer::Again) => true,
                        Some(Answer::Broken) => false,
                        None => may_help(&error),
                    };
                    (again, Broken::Failed { operation, cause: cause(&error), source: Some(Box::new(error)) })
                }
                Err(_) => (true, Broken::TimedOut(operation)),
            };
            if !again || attempt >= RETRIES || !self.pause(attempt, until).await {
                return Err(broken);
            }
            attempt += 1;
        }
    }

    /// Waits before another attempt, longer each time and with jitter; `false`, at once, if too little time would be left for it.
    pub(crate) async fn pause(&self, attempt: u32, until: Instant) -> bool {
        let pause = Duration::from_millis(20 << attempt) + Duration::from_millis(self.table.jitter() % (20 << attempt));
        let enough = Instant::now() + pause + LEAST <= until;
        if enough {
            sleep(pause).await;
        }
        enough
    }

    pub(crate) fn until(&self) -> Instant {
        let most = Instant::now() + self.table.patience().operation;
        self.deadline.map_or(most, |deadline| deadline.min(most))
    }
}

/// What an error can mean.
pub(crate) enum Answer<T> {
    /// It is an answer.
    Is(T),
    /// Trying again may help.
    Again,
    /// It is none, and trying again does not help.
    Broken,
}

/// Whether another attempt may help: throttling, the service's own trouble, and whatever happened on the way.
fn may_help<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status();
            // A success that the SDK calls an error is an answer that was garbled on the way.
            is_passing(service.err().code()) || status.is_server_error() || status.is_success()
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        _ => false,
    }
}

/// Codes that pass (Amazon DynamoDB developer guide, "Error handling with DynamoDB").
pub(crate) fn is_passing(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "ProvisionedThroughputExceededException"
                | "ProvisionedThroughputExceeded"
                | "ThrottlingException"
                | "ThrottlingError"
                | "RequestLimitExceeded"
                | "InternalServerError"
                | "TransactionInProgressException"
                | "TransactionConflict"
                | "TransactionConflictException"
                | "ReplicatedWriteConflictException"
        )
    )
}

/// The cause of a failed request for the log: its code and status, or the kind of failure. Messages may quote requests and stay out.
fn cause<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            format!("{} ({})", service.err().code().unwrap_or("no code"), service.raw().status().as_u16())
        }
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
        _ => "a request that cannot be sent".to_owned(),
    }
}

/// A failure before or beside a request.
pub(crate) fn failed<E: Error + Send + Sync + 'static>(operation: &'static str, error: E) -> Broken {
    let boxed: Box<dyn Error + Send + Sync> = Box::new(error);
    Broken::Failed { operation, cause: boxed.to_string(), source: Some(boxed) }
}
