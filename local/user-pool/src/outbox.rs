//! Mail that a real pool would send: kept and shown instead.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

/// One mail that was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The pool's id; empty in mails through SES.
    pub pool: String,
    /// The user's `userName`; empty in mails through SES.
    pub username: String,
    /// The address it would have gone to.
    pub to: String,
    /// Why it was sent.
    pub kind: MailKind,
    /// The confirmation code, or the temporary password; empty in mails through SES.
    pub code: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub body: String,
    /// The sender, in mails through SES.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The HTML, in mails through SES that have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// SES's configuration set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_set: Option<String>,
    /// What SES answered; mails to several recipients share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
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
    /// SES v2's `SendEmail`, by a function or a program.
    Ses,
}

/// How SES fails a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SesFault {
    /// 429 `TooManyRequestsException`; nothing is sent.
    Throttled,
    /// 500; nothing is sent.
    Broken,
    /// The mail is sent, and the answer comes only after this time.
    Late(Duration),
}

/// The mails, oldest first.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    mails: Vec<Mail>,
    ses_faults: VecDeque<SesFault>,
}

impl Outbox {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, mail: Mail) {
        self.kept().mails.push(mail);
    }

    pub(crate) fn next_ses_fault(&self) -> Option<SesFault> {
        self.kept().ses_faults.pop_front()
    }

    /// Every mail, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.kept().mails.clone()
    }

    /// The code in Cognito's latest mail to an address, whatever its letters' case.
    pub fn code_for(&self, to: &str) -> Option<String> {
        self.latest(|mail| mail.kind != MailKind::Ses && mail.to.eq_ignore_ascii_case(to)).map(|mail| mail.code)
    }

    /// The latest mail through SES to an address, whatever its letters' case.
    pub fn ses_mail_to(&self, to: &str) -> Option<Mail> {
        self.latest(|mail| mail.kind == MailKind::Ses && mail.to.eq_ignore_ascii_case(to))
    }

    /// Makes SES fail the next `times` valid sends. Faults that were asked for earlier come first.
    pub fn fail_ses(&self, times: usize, fault: SesFault) {
        self.kept().ses_faults.extend(std::iter::repeat_n(fault, times));
    }

    /// Makes SES work again at once.
    pub fn heal_ses(&self) {
        self.kept().ses_faults.clear();
    }

    fn latest(&self, wanted: impl Fn(&Mail) -> bool) -> Option<Mail> {
        self.kept().mails.iter().rev().find(|mail| wanted(mail)).cloned()
    }
}
