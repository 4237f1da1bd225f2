//! Log lines, counted.

use std::collections::BTreeMap;

use domain::ClientId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The code of whatever broke.
const BROKEN: &str = "TRY_AGAIN";
/// What is decided of an event that cannot be read.
const UNREADABLE: &str = "unreadable";

/// One log line as a trigger writes it, or many alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Which trigger.
    pub trigger: String,
    /// At which app client.
    #[serde(default)]
    pub client: Option<String>,
    /// What was decided.
    pub decision: String,
    /// The refusal.
    #[serde(default)]
    pub code: Option<String>,
    /// The refusal that was not delivered.
    #[serde(default)]
    pub would: Option<String>,
}

/// What was said at one trigger, or at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Let pass, with nothing to say against it.
    pub answered: u64,
    /// Let pass, and would be refused if the client were enforced; by code.
    pub would: BTreeMap<String, u64>,
    /// Refused; by code.
    pub refused: BTreeMap<String, u64>,
    /// Something broke: no decision was come to.
    pub broken: u64,
}

impl Counts {
    /// How many would be refused.
    pub fn would_be_refused(&self) -> u64 {
        self.would.values().sum()
    }

    /// How many were refused although the client was bound: a client's binding ends the other refusal.
    pub fn refused_when_bound(&self) -> u64 {
        let unbound = domain::Refusal::ClientNotBound.code();
        self.refused.iter().filter(|(code, _)| *code != unbound).map(|(_, count)| count).sum()
    }

    /// All of it.
    pub fn all(&self) -> u64 {
        self.answered + self.broken + self.would_be_refused() + self.refused.values().sum::<u64>()
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.broken += other.broken;
        for (code, count) in &other.would {
            *self.would.entry(code.clone()).or_default() += count;
        }
        for (code, count) in &other.refused {
            *self.refused.entry(code.clone()).or_default() += count;
        }
    }

    fn take(&mut self, said: Said, lines: u64) {
        match (said.would, said.code) {
            (Some(would), _) => *self.would.entry(would).or_default() += lines,
            (None, Some(code)) if code != BROKEN => *self.refused.entry(code).or_default() += lines,
            (None, Some(_)) => self.broken += lines,
            (None, None) => self.answered += lines,
        }
    }
}

/// Everything that was said. What is kept grows with the clients, not with the lines.
#[derive(Debug, Default)]
pub struct Tally {
    clients: BTreeMap<ClientId, Heard>,
    pub(super) lines: u64,
    pub(super) foreign: u64,
    pub(super) unreadable: u64,
    pub(super) undated: u64,
}

#[derive(Debug, Default)]
struct Heard {
    triggers: BTreeMap<String, Counts>,
    last: Option<Timestamp>,
}

impl Tally {
    /// Counts what was said so many times, the last time then. What names no app client is foreign.
    pub fn add(&mut self, said: Said, lines: u64, last: Option<Timestamp>) {
        let Some(id) = said.client.as_deref().and_then(|id| id.parse::<ClientId>().ok()) else {
            // An event that could not be read names no client; whoever it was for got no token.
            if said.decision == UNREADABLE {
                self.unreadable += lines;
            } else {
                self.foreign += lines;
            }
            return;
        };
        self.lines += lines;
        if last.is_none() {
            self.undated += lines;
        }
        let heard = self.clients.entry(id).or_default();
        heard.last = heard.last.max(last);
        heard.triggers.entry(said.trigger.clone()).or_default().take(said, lines);
    }

    /// Counts a line that none of ours wrote.
    pub const fn add_foreign(&mut self) {
        self.foreign += 1;
    }

    pub(super) fn clients(&self) -> impl Iterator<Item = &ClientId> {
        self.clients.keys()
    }

    pub(super) fn of(&self, id: &ClientId) -> Option<&BTreeMap<String, Counts>> {
        self.clients.get(id).map(|heard| &heard.triggers)
    }

    pub(super) fn last_seen(&self, id: &ClientId) -> Option<String> {
        let last = self.clients.get(id)?.last?;
        Some(format!("{:.0}", last.round(jiff::Unit::Second).unwrap_or(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(decision: &str, code: Option<&str>, would: Option<&str>) -> Said {
        Said {
            trigger: "pre-token-generation".to_owned(),
            client: Some("web".to_owned()),
            decision: decision.to_owned(),
            code: code.map(str::to_owned),
            would: would.map(str::to_owned),
        }
    }

    #[test]
    fn a_line_counts_as_what_became_of_the_person() {
        let mut tally = Tally::default();
        tally.add(said("member", None, None), 3, None);
        tally.add(said("observed", None, Some("SEATS_FULL")), 2, Some(Timestamp::UNIX_EPOCH));
        tally.add(said("refused", Some("SSO_REQUIRED"), None), 1, None);
        tally.add(said("broken", Some("TRY_AGAIN"), None), 4, None);
        tally.add(Said { client: None, ..said("unreadable", Some("UNSUPPORTED_EVENT"), None) }, 5, None);
        let counts = &tally.of(&"web".parse().unwrap()).unwrap()["pre-token-generation"];
        let one = |code: &str, count| BTreeMap::from([(code.to_owned(), count)]);
        let (would, refused) = (one("SEATS_FULL", 2), one("SSO_REQUIRED", 1));
        assert_eq!(*counts, Counts { answered: 3, would, refused, broken: 4 });
        assert_eq!((tally.lines, tally.foreign, tally.unreadable, counts.all()), (10, 0, 5, 10));
        assert_eq!((tally.undated, counts.refused_when_bound()), (8, 1));
        assert_eq!(tally.last_seen(&"web".parse().unwrap()).as_deref(), Some("1970-01-01T00:00:00Z"));
    }
}
