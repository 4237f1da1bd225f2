//! What went wrong, as a sentence for the person at the terminal.

use std::fmt;

/// A sentence that says what is wrong and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// A failure of the operating system, with what was being tried.
    pub(crate) fn because(tried: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self(format!("{tried}: {cause}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
