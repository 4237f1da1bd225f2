//! How often a code may be asked for and guessed at: one live issue per person and app client, counted before it is compared.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::id::{Invalid, text};
use crate::refusal::Refusal;

text!(
    /// Names one showing of a challenge: 32 random hexadecimal digits. Whoever answered right with it may answer again (Cognito repeats
    /// calls); nobody else may use the same issue.
    Ticket, "ticket", "32 hexadecimal digits, lower case",
    |t| t.len() == 32 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);

impl Ticket {
    /// A new one from 128 random bits.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(crate::invitation::hex(&bits))
    }
}

/// The limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a code counts.
    pub life: SignedDuration,
    /// Answers that are looked at while codes of one person at one client live, however many sessions ask.
    pub attempts: u64,
    /// Another sign-in within this time goes on with the code that was just sent: a repeated call sends nothing.
    pub again_after: SignedDuration,
    /// Codes for one person within an hour, at every client together; apart with and without a proven password.
    pub codes_an_hour: u64,
    /// Wrong answers within a day at a client that asks for a code alone.
    pub attempts_a_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            life: SignedDuration::from_mins(5),
            attempts: 5,
            again_after: SignedDuration::from_secs(60),
            codes_an_hour: 10,
            attempts_a_day: 20,
        }
    }
}

impl Limits {
    /// With codes that count for this many minutes, 1 to 15.
    pub fn lasting(minutes: i64) -> Result<Self, Invalid> {
        if (1..=15).contains(&minutes) {
            Ok(Self { life: SignedDuration::from_mins(minutes), ..Self::default() })
        } else {
            Err(Invalid { noun: "life of a code", rule: "1 to 15 minutes" })
        }
    }
}

/// What one person was last sent at one app client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Which code it is: milliseconds since 1970, later for each next one, so that a number never comes back.
    pub number: u64,
    /// When the mail went out.
    pub sent: Timestamp,
    /// From this moment on it does not count.
    pub expires: Timestamp,
    /// Answers that were counted. A code that takes the place of a living one goes on counting.
    pub attempts: u64,
    /// Which showing of it was answered right.
    pub used_by: Option<Ticket>,
    /// The mail did not go out.
    pub unsent: bool,
    /// The password was proven before.
    pub proven: bool,
    /// When the day began.
    pub day: Timestamp,
    /// Wrong answers since.
    pub attempts_today: u64,
    /// Counts writes.
    pub revision: u64,
}

impl Issue {
    fn lives_at(&self, now: Timestamp) -> bool {
        now < self.expires && self.used_by.is_none() && !self.unsent
    }
}

/// How many codes one person was sent within an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The password was proven before each of them.
    pub proven: bool,
    /// When the hour began.
    pub since: Timestamp,
    /// Codes since.
    pub codes: u64,
    /// Counts writes.
    pub revision: u64,
}

/// What to do about a code.
#[derive(Clone, PartialEq, Eq)]
pub enum Issuing {
    /// Go on with the code that was sent.
    Reuse(Issue),
    /// Write these, then send.
    Send {
        /// The new issue.
        issue: Issue,
        /// The tally with it.
        tally: Tally,
    },
    /// No code.
    Refuse(Refusal),
}

impl fmt::Debug for Issuing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Reuse(_) => "Reuse",
            Self::Send { .. } => "Send",
            Self::Refuse(_) => "Refuse",
        })
    }
}

/// Decides. `asked` says that this session has asked for a code before.
pub fn issue(
    now: Timestamp,
    limits: &Limits,
    proven: bool,
    asked: bool,
    last: Option<&Issue>,
    tally: Option<&Tally>,
) -> Issuing {
    let since = |then: Timestamp| now.duration_since(then);
    let today = last.filter(|last| since(last.day) < SignedDuration::from_hours(24));
    let attempts_today = today.map_or(0, |last| last.attempts_today);
    if !proven && attempts_today >= limits.attempts_a_day {
        return Issuing::Refuse(Refusal::SignInLocked);
    }
    let living = last.filter(|last| last.lives_at(now));
    if let Some(last) = living {
        if last.attempts >= limits.attempts {
            return Issuing::Refuse(Refusal::TooManyCodes);
        }
        // What was issued for a proven password does not serve without one.
        if last.proven == proven && (asked || since(last.sent) < limits.again_after) {
            return Issuing::Reuse(last.clone());
        }
    }
    let hour = tally.filter(|tally| since(tally.since) < SignedDuration::from_hours(1));
    let codes = hour.map_or(0, |tally| tally.codes);
    if codes >= limits.codes_an_hour {
        return match living {
            Some(last) if last.proven == proven => Issuing::Reuse(last.clone()),
            _ => Issuing::Refuse(Refusal::TooManyCodes),
        };
    }
    let Ok(expires) = now.checked_add(limits.life) else { return Issuing::Refuse(Refusal::TryAgain) };
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Issuing::Send {
        issue: Issue {
            number: last.map_or(0, |last| last.number.saturating_add(1)).max(milliseconds),
            sent: now,
            expires,
            attempts: last.filter(|last| now < last.expires && last.used_by.is_none()).map_or(0, |last| last.attempts),
            used_by: None,
            unsent: false,
            proven,
            day: today.map_or(now, |last| last.day),
            attempts_today,
            revision: last.map_or(0, |last| last.revision),
        },
        tally: Tally {
            proven,
            since: hour.map_or(now, |tally| tally.since),
            codes: codes + 1,
            revision: tally.map_or(0, |tally| tally.revision),
        },
    }
}
