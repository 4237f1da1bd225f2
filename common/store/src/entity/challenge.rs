//! Codes: what a person was last sent at an app client, and how many they were sent within an hour. No item holds a code.

use domain::challenge::{Issue, Tally};
use domain::{ClientId, Person};
use jiff::{SignedDuration, Timestamp};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, TTL};

/// Past every limit that looks back on an item: a day.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

fn forget(after: Timestamp) -> Timestamp {
    after.checked_add(KEPT).unwrap_or(Timestamp::MAX)
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
        "sent",
        "expires_at",
        "attempts",
        "used_by",
        "unsent",
        "proven",
        "day",
        "attempts_today",
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
            .time("sent", self.issue.sent)
            .number("expires_at", milliseconds(self.issue.expires))
            .number("attempts", self.issue.attempts)
            .maybe_text("used_by", self.issue.used_by.as_ref())
            .flag("unsent", self.issue.unsent)
            .flag("proven", self.issue.proven)
            .time("day", self.issue.day)
            .number("attempts_today", self.issue.attempts_today)
            .ttl(forget(self.issue.expires));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let expires = i64::try_from(item.number("expires_at")?).ok().map(Timestamp::from_millisecond);
        Ok(Self {
            person: Person { pool: item.parse("pool")?, sub: item.parse("sub")? },
            client: item.parse("client")?,
            issue: Issue {
                number: item.number("number")?,
                sent: item.time("sent")?,
                expires: expires.and_then(Result::ok).ok_or_else(|| item.unreadable("expires_at", "is no time"))?,
                attempts: item.number("attempts")?,
                used_by: item.maybe_parse("used_by")?,
                unsent: item.flag("unsent")?,
                proven: item.flag("proven")?,
                day: item.time("day")?,
                attempts_today: item.number("attempts_today")?,
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
    const ATTRIBUTES: &'static [&'static str] = &["pool", "sub", "proven", "since", "codes", TTL];

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
            .time("since", self.tally.since)
            .number("codes", self.tally.codes)
            .ttl(forget(self.tally.since));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            person: Person { pool: item.parse("pool")?, sub: item.parse("sub")? },
            tally: Tally {
                proven: item.flag("proven")?,
                since: item.time("since")?,
                codes: item.number("codes")?,
                revision: item.number("revision")?,
            },
        })
    }
}
