//! Mail that a real pool would send: kept and shown instead.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// One mail that was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The pool's id.
    pub pool: String,
    /// The user's `userName`.
    pub username: String,
    /// The address it would have gone to.
    pub to: String,
    /// Why it was sent.
    pub kind: MailKind,
    /// The confirmation code, or the temporary password.
    pub code: String,
    /// The subject, in Cognito's words.
    pub subject: String,
    /// The text, in Cognito's words.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// Why a mail was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// `SignUp`, `ResendConfirmationCode`.
    SignUp,
    /// `ForgotPassword`.
    ForgotPassword,
    /// A changed address, `GetUserAttributeVerificationCode`.
    VerifyAttribute,
    /// `AdminCreateUser`: the code is the temporary password.
    TemporaryPassword,
}

/// The mails, oldest first.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<Vec<Mail>>);

impl Outbox {
    pub(crate) fn put(&self, mail: Mail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }

    /// Every mail, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The code in the latest mail to an address, whatever its letters' case.
    pub fn code_for(&self, to: &str) -> Option<String> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(to)).map(|mail| mail.code.clone())
    }
}
