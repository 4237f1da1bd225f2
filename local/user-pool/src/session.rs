//! Sessions: challenges that wait for their answers, bound to a person and an app client, each good once.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::ApiError;
use crate::pool::Contents;
use crate::srp::Exchange;
use crate::tokens::later;
use crate::triggers::challenge::Answered;

/// Whose sign-in it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Person {
    /// By `userName`.
    Known(String),
    /// Nobody, played so that the caller cannot tell.
    Unknown {
        /// What was typed.
        typed: String,
        /// The `userName` that the caller is shown, always the same for what was typed.
        invented: String,
    },
}

impl Person {
    /// The `userName` that the caller is shown.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Known(username) => username,
            Self::Unknown { invented, .. } => invented,
        }
    }
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) person: Person,
    pub(crate) client_id: String,
    pub(crate) expires: Timestamp,
    pub(crate) awaits: Awaited,
}

/// What is awaited.
#[derive(Debug, Clone)]
pub(crate) enum Awaited {
    NewPassword,
    /// The proof that the client knows the password.
    Password {
        exchange: Exchange,
        /// What came before, in `CUSTOM_AUTH`.
        history: Option<Vec<Answered>>,
    },
    /// The answer to the question that create auth challenge asked.
    Custom {
        history: Vec<Answered>,
        private: BTreeMap<String, String>,
        metadata: Option<String>,
        /// SRP that was started, for a chain that wants the password later.
        exchange: Option<Exchange>,
    },
}

impl Awaited {
    /// SRP without a chain around it.
    pub(crate) fn is_plain_password(&self) -> bool {
        matches!(self, Self::Password { history: None, .. })
    }

    /// The challenge's name in the API.
    pub(crate) fn challenge(&self) -> &'static str {
        match self {
            Self::NewPassword => "NEW_PASSWORD_REQUIRED",
            Self::Password { .. } => "PASSWORD_VERIFIER",
            Self::Custom { .. } => "CUSTOM_CHALLENGE",
        }
    }
}

/// Sessions that nobody answers are kept as long as this after their end, to be told apart from those that never were.
const KEPT_SECONDS: i64 = 3_600;
/// With fewer than so many there is nothing to clear away.
const MANY: usize = 1_024;

impl Contents {
    pub(crate) fn put_session(&mut self, id: String, session: Session, now: Timestamp) {
        if self.sessions.len() >= MANY {
            self.sessions.retain(|_, known| later(known.expires, KEPT_SECONDS) > now);
        }
        self.sessions.insert(id, session);
    }

    /// Uses up a session, if it is this client's and this person's and awaits this challenge.
    pub(crate) fn take_session(
        &mut self,
        id: &str,
        client_id: &str,
        username: &str,
        challenge: &str,
        now: Timestamp,
    ) -> Result<Session, ApiError> {
        let invalid = || ApiError::not_authorized("Invalid session for the user.");
        let known = self.sessions.get(id).ok_or_else(invalid)?;
        let same_person = match &known.person {
            Person::Known(name) => self.user(username).is_some_and(|user| user.username == *name),
            Person::Unknown { typed, invented } => {
                username.to_lowercase() == typed.to_lowercase() || username == invented
            }
        };
        if known.client_id != client_id || !same_person || known.awaits.challenge() != challenge {
            return Err(invalid());
        }
        let session = self.sessions.remove(id).ok_or_else(invalid)?;
        if session.expires <= now {
            return Err(ApiError::not_authorized("Invalid session for the user, session is expired."));
        }
        Ok(session)
    }
}
