//! Everything that is not an answer.

use std::error::Error;

/// The table could not be asked, or answered nonsense. Nobody gets in; the cause is for the log alone and holds no value of an item.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The deadline passed, or too little time is left to begin.
    #[error("the store did not answer in time ({0})")]
    TimedOut(&'static str),
    /// The request failed, after its retries.
    #[error("the store failed at {operation}: {cause}")]
    Failed {
        /// Which operation.
        operation: &'static str,
        /// The SDK's or DynamoDB's code.
        cause: String,
        /// What the SDK knew.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// An answer that says nothing of what was asked: that is not "nothing is there".
    #[error("the store answered without saying anything")]
    NoAnswer,
    /// Keys were left unprocessed: that is not "absent".
    #[error("the store left keys of a batch unprocessed")]
    Unprocessed,
    /// An item for a key that nobody asked for.
    #[error("the store answered for another key")]
    ForeignKey,
    /// An item that this version cannot read.
    #[error("the table holds a {kind} that cannot be read: {why}")]
    Unreadable {
        /// What it should have been.
        kind: &'static str,
        /// The attribute and what is wrong with it.
        why: String,
    },
    /// The system gave no random bits, without which no id can be made.
    #[error("the system gave no random bits")]
    NoRandomness,
    /// The same decision lost its race too often.
    #[error("the table kept changing under a decision")]
    Contended,
}
