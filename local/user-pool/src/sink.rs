//! Where log lines go: the caller prints them, keeps them, or drops them.

use std::fmt;
use std::sync::Arc;

/// One line of log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who said it.
    pub source: Source,
    /// What was said, without a line end.
    pub text: String,
}

/// Who wrote a log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The user pool with this id.
    Pool(String),
    /// The function with this name, on its standard output or error.
    Function(String),
    /// The local Lambda itself: starts, crashes and time-outs of the function with this name.
    Lambda(String),
    /// The mailbox that stands for SES.
    Ses,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(id) => write!(f, "pool {id}"),
            Self::Function(name) => f.write_str(name),
            Self::Lambda(name) => write!(f, "lambda {name}"),
            Self::Ses => f.write_str("ses"),
        }
    }
}

/// Takes log lines.
#[derive(Clone)]
pub struct Sink(Arc<dyn Fn(Line) + Send + Sync>);

impl Sink {
    /// A sink that hands each line to `take`.
    pub fn new(take: impl Fn(Line) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// A sink that drops everything.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn put(&self, source: Source, text: impl Into<String>) {
        (self.0)(Line { source, text: text.into() });
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}
