//! Codes: what a person was last sent at an app client, and how many they were sent within an hour. No item holds a code.

use domain::challenge::{Count, Issue, Tally};
use domain::{ClientId, Person};
use jiff::{SignedDuration, Timestamp};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, TTL};

/// Past every limit that looks back on an item: a day.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
/// That a person answered a code is kept for longer: whoever only refreshes for more than a year signs in again.
const PASSED: SignedDuration = SignedDuration::from_hours(24 * 400);

/// When an item that was last used at this time may be deleted.
pub(crate) fn forget(last: Timestamp, passed: bool) -> Timestamp {
    last.checked_add(if passed { PASSED } else { KEPT }).unwrap_or(Timestamp::MAX)
}

/// The code that a person was last sent at an app client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The person, or who stands for one who does not exist.
    pub person: Person,
    /// The app client, of the person's pool.
    pub client: ClientId,
    /// What is known of the code.
    pub issue: Issue,
}

impl Entity for Issued {
    const KIND: &'static str = "code";
    const ATTRIBUTES: &'static [&'static str] = &[
        "pool",
        "sub",
        "client",
        "number",
        "issued_by",
        "sent",
        "expires_at",
        "attempts",
        "used_by",
        "unsent",
        "proven",
        "hour",
        "codes",
        "day",
        "attempts_today",
        "passed",
        TTL,
    ];

    fn key(&self) -> Key {
        Key::issued(&self.person, &self.client)
    }

    fn revision(&self) -> u64 {
        self.issue.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.person.pool)
            .text("sub", &self.person.sub)
            .text("client", &self.client)
            .number("number", self.issue.number)
            .text("issued_by", &self.issue.by)
            .time("sent", self.issue.sent)
            .number("expires_at", milliseconds(self.issue.expires))
            .number("attempts", self.issue.attempts)
            .maybe_text("used_by", self.issue.used_by.as_ref())
            .flag("unsent", self.issue.unsent)
            .flag("proven", self.issue.proven)
            .time("hour", self.issue.hour.since)
            .number("codes", self.issue.hour.times)
            .time("day", self.issue.day.since)
            .number("attempts_today", self.issue.day.times)
            .maybe_text("passed", self.issue.passed.map(|at| at.to_string()))
            .ttl(forget(self.issue.expires, self.issue.passed.is_some()));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let expires = i64::try_from(item.number("expires_at")?).ok().map(Timestamp::from_millisecond);
        Ok(Self {
            person: Person { pool: item.parse("pool")?, sub: item.parse("sub")? },
            client: item.parse("client")?,
            issue: Issue {
                number: item.number("number")?,
                by: item.parse("issued_by")?,
                sent: item.time("sent")?,
                expires: expires.and_then(Result::ok).ok_or_else(|| item.unreadable("expires_at", "is no time"))?,
                attempts: item.number("attempts")?,
                used_by: item.maybe_parse("used_by")?,
                unsent: item.flag("unsent")?,
                proven: item.flag("proven")?,
                hour: Count { since: item.time("hour")?, times: item.number("codes")? },
                day: Count { since: item.time("day")?, times: item.number("attempts_today")? },
                passed: item.maybe_parse("passed")?,
                revision: item.number("revision")?,
            },
        })
    }
}

/// A moment as conditions compare it.
pub(crate) fn milliseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond()).unwrap_or(0)
}

/// How many codes a person was sent within an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// The person, or who stands for one who does not exist.
    pub person: Person,
    /// The count.
    pub tally: Tally,
}

impl Entity for Hour {
    const KIND: &'static str = "codes";
    const ATTRIBUTES: &'static [&'static str] = &["pool", "sub", "proven", "hour", "codes", "day", "codes_today", TTL];

    fn key(&self) -> Key {
        Key::hour(&self.person, self.tally.proven)
    }

    fn revision(&self) -> u64 {
        self.tally.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.person.pool)
            .text("sub", &self.person.sub)
            .flag("proven", self.tally.proven)
            .time("hour", self.tally.hour.since)
            .number("codes", self.tally.hour.times)
            .time("day", self.tally.day.since)
            .number("codes_today", self.tally.day.times)
            .ttl(forget(self.tally.hour.since, false));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            person: Person { pool: item.parse("pool")?, sub: item.parse("sub")? },
            tally: Tally {
                proven: item.flag("proven")?,
                hour: Count { since: item.time("hour")?, times: item.number("codes")? },
                day: Count { since: item.time("day")?, times: item.number("codes_today")? },
                revision: item.number("revision")?,
            },
        })
    }
}
