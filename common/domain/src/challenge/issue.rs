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
    /// Codes for one person within a day, likewise.
    pub codes_a_day: u64,
    /// What one client may send within an hour whatever the others did, so that no tenant locks people out of another.
    pub codes_of_a_client: u64,
    /// Wrong answers since the last right one, within a day, at a client that asks for a code alone.
    pub attempts_a_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            life: SignedDuration::from_mins(5),
            attempts: 5,
            again_after: SignedDuration::from_secs(60),
            codes_an_hour: 10,
            codes_a_day: 30,
            codes_of_a_client: 3,
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
    /// Which code it is: milliseconds since 1970, later for each next one, so that a number does not come back.
    pub number: u64,
    /// Which showing of the challenge issued it: whose answer from the table was lost finds its own work.
    pub by: Ticket,
    /// When it was issued.
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
    /// Codes at this client within an hour.
    pub hour: Count,
    /// Wrong answers at this client within a day, and since the last right one.
    pub day: Count,
    /// When a code was last answered right at this client.
    pub passed: Option<Timestamp>,
    /// Counts writes.
    pub revision: u64,
}

/// How often since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// When the window began.
    pub since: Timestamp,
    /// How often since.
    pub times: u64,
}

impl Count {
    /// The count as it stands now: a window that is over, or that a broken clock began, begins anew.
    fn within(count: Option<Self>, window: SignedDuration, now: Timestamp) -> Self {
        let is_open = |count: &Self| now.duration_since(count.since) < window && count.since.duration_since(now) < SKEW;
        count.filter(is_open).unwrap_or(Self { since: now, times: 0 })
    }

    const fn once_more(self) -> Self {
        Self { times: self.times + 1, ..self }
    }
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Clocks may differ by this much; what lies further ahead was written by a broken one, and is not believed.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// How many codes one person was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The password was proven before each of them.
    pub proven: bool,
    /// Within an hour.
    pub hour: Count,
    /// Within a day.
    pub day: Count,
    /// Counts writes.
    pub revision: u64,
}

/// A code is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// When.
    pub now: Timestamp,
    /// The limits.
    pub limits: &'a Limits,
    /// Which showing of the challenge it is for.
    pub ticket: &'a Ticket,
    /// The password was proven before.
    pub proven: bool,
    /// This session has asked for a code before.
    pub again: bool,
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

/// Decides.
pub fn issue(asking: &Asking<'_>, last: Option<&Issue>, tally: Option<&Tally>) -> Issuing {
    let Asking { now, limits, ticket, proven, again } = *asking;
    // What was issued without a password does not serve behind one, nor do its counts stand in the way there.
    let alike = last.filter(|last| last.proven == proven && last.sent.duration_since(now) < SKEW);
    let wrong_today = Count::within(alike.map(|last| last.day), DAY, now);
    if !proven && wrong_today.times >= limits.attempts_a_day {
        return Issuing::Refuse(Refusal::SignInLocked);
    }
    let current = alike.filter(|last| now < last.expires && last.used_by.is_none());
    let attempts = current.map_or(0, |last| last.attempts);
    if attempts >= limits.attempts {
        return Issuing::Refuse(Refusal::TooManyCodes);
    }
    let living = current.filter(|last| !last.unsent);
    if let Some(last) = living
        && (again || now.duration_since(last.sent) < limits.again_after)
    {
        return Issuing::Reuse(last.clone());
    }
    let here = Count::within(alike.map(|last| last.hour), HOUR, now);
    let hour = Count::within(tally.map(|tally| tally.hour), HOUR, now);
    let day = Count::within(tally.map(|tally| tally.day), DAY, now);
    let spent = hour.times >= limits.codes_an_hour || day.times >= limits.codes_a_day;
    if spent && here.times >= limits.codes_of_a_client {
        return living.map_or(Issuing::Refuse(Refusal::TooManyCodes), |last| Issuing::Reuse(last.clone()));
    }
    let Ok(expires) = now.checked_add(limits.life) else { return Issuing::Refuse(Refusal::TryAgain) };
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Issuing::Send {
        issue: Issue {
            number: last.map_or(0, |last| last.number.saturating_add(1)).max(milliseconds),
            by: ticket.clone(),
            sent: now,
            expires,
            attempts,
            used_by: None,
            unsent: false,
            proven,
            hour: here.once_more(),
            day: wrong_today,
            passed: last.and_then(|last| last.passed),
            revision: last.map_or(0, |last| last.revision),
        },
        tally: Tally {
            proven,
            hour: hour.once_more(),
            day: day.once_more(),
            revision: tally.map_or(0, |tally| tally.revision),
        },
    }
}
