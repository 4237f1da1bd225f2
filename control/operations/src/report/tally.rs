//! Log lines, counted.

use std::collections::BTreeMap;

use domain::{ClientId, NO_CLIENT};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The code of whatever broke.
const BROKEN: &str = "TRY_AGAIN";
/// What is decided of an event that cannot be read.
const UNREADABLE: &str = "unreadable";
/// What is decided of a person who gets a token at a shared client that speaks of no tenant: enforced, and observed.
const WITHOUT_TENANT: [&str; 2] = ["no tenant", "observed: no tenant"];
/// From where a machine comes.
const MACHINE: &str = "TokenGeneration_ClientCredentials";

/// One log line as a trigger writes it, or many alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Which trigger.
    pub trigger: String,
    /// From where the event came.
    #[serde(default)]
    pub source: Option<String>,
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
    /// Let pass with a token that speaks of no tenant, at a shared client: enforced it gives them the same token.
    pub without_tenant: u64,
    /// Of these, whom a tenant would have taken but for a refusal; by code.
    pub without_tenant_because: BTreeMap<String, u64>,
    /// Let pass, and would be refused if the client were enforced; by code.
    pub would: BTreeMap<String, u64>,
    /// Let pass before the client was bound, when it would have been refused for that alone.
    pub before_binding: u64,
    /// Refused; by code.
    pub refused: BTreeMap<String, u64>,
    /// Something broke: no decision was come to.
    pub broken: u64,
    /// Machines that would be refused because the client is bound to none; they are in `would`, too.
    #[serde(skip)]
    machines: u64,
}

impl Counts {
    /// How many would be refused.
    pub fn would_be_refused(&self) -> u64 {
        self.would.values().sum()
    }

    /// How many were let pass with nothing to say against it, with a tenant or without.
    pub const fn let_pass(&self) -> u64 {
        self.answered + self.without_tenant
    }

    /// How many were refused although the client was bound: a client's binding ends the other refusal.
    pub fn refused_when_bound(&self) -> u64 {
        let unbound = domain::Refusal::ClientNotBound.code();
        self.refused.iter().filter(|(code, _)| *code != unbound).map(|(_, count)| count).sum()
    }

    /// All of it.
    pub fn all(&self) -> u64 {
        let let_pass = self.answered + self.without_tenant + self.before_binding + self.would_be_refused();
        let_pass + self.broken + self.refused.values().sum::<u64>()
    }

    /// At a client that is bound to people by now: what says that it is bound to nothing was said before, unless of a machine, which is
    /// refused there still.
    pub(super) fn set_apart_before_binding(&mut self) {
        let unbound = domain::Refusal::ClientNotBound.code();
        if let Some(count) = self.would.remove(unbound) {
            self.before_binding += count.saturating_sub(self.machines);
            if self.machines > 0 {
                self.would.insert(unbound.to_owned(), self.machines);
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.without_tenant += other.without_tenant;
        self.before_binding += other.before_binding;
        self.broken += other.broken;
        self.machines += other.machines;
        for (ours, theirs) in [
            (&mut self.without_tenant_because, &other.without_tenant_because),
            (&mut self.would, &other.would),
            (&mut self.refused, &other.refused),
        ] {
            for (code, count) in theirs {
                *ours.entry(code.clone()).or_default() += count;
            }
        }
    }

    fn take(&mut self, said: Said, lines: u64) {
        if WITHOUT_TENANT.contains(&&*said.decision) {
            self.without_tenant += lines;
            if let Some(would) = said.would {
                *self.without_tenant_because.entry(would).or_default() += lines;
            }
            return;
        }
        let machine = said.source.as_deref() == Some(MACHINE);
        match (said.would, said.code) {
            (Some(would), _) => {
                if machine && would == domain::Refusal::ClientNotBound.code() {
                    self.machines += lines;
                }
                *self.would.entry(would).or_default() += lines;
            }
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
    pub(super) without_client: u64,
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
    /// Counts what was said so many times, the last time then.
    pub fn add(&mut self, said: Said, lines: u64, last: Option<Timestamp>) {
        let named = said.client.as_deref().filter(|id| *id != NO_CLIENT);
        let Some(id) = named.and_then(|id| id.parse::<ClientId>().ok()) else {
            // An event that could not be read names no client; whoever it was for got no token.
            if said.decision == UNREADABLE {
                self.unreadable += lines;
            } else if named.is_none() {
                self.without_client += lines;
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
            source: None,
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
        assert_eq!(*counts, Counts { answered: 3, would, refused, broken: 4, ..Counts::default() });
        assert_eq!((tally.lines, tally.foreign, tally.unreadable, counts.all()), (10, 0, 5, 10));
        assert_eq!((tally.undated, counts.refused_when_bound()), (8, 1));
        assert_eq!(tally.last_seen(&"web".parse().unwrap()).as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn an_administrators_act_is_at_no_client() {
        let mut tally = Tally::default();
        let at = |client: Option<&str>| Said { client: client.map(str::to_owned), ..said("observed", None, None) };
        tally.add(at(Some("CLIENT_ID_NOT_APPLICABLE")), 2, None);
        tally.add(at(None), 1, None);
        tally.add(at(Some("no id!")), 4, None);
        assert_eq!((tally.lines, tally.without_client, tally.foreign, tally.clients().count()), (0, 3, 4, 0));
    }

    #[test]
    fn a_token_without_tenant_is_no_refusal_and_its_reason_stays_beside_it() {
        let mut counts = Counts::default();
        for (decision, would) in [
            ("observed: no tenant", None),
            ("observed: no tenant", Some("SEATS_FULL")),
            ("no tenant", None),
            ("observed", Some("INVITATION_REQUIRED")),
        ] {
            counts.take(said(decision, None, would), 2);
        }
        assert_eq!((counts.without_tenant, counts.would_be_refused(), counts.answered, counts.all()), (6, 2, 0, 8));
        assert_eq!(counts.without_tenant_because, BTreeMap::from([("SEATS_FULL".to_owned(), 2)]));
    }

    #[test]
    fn what_was_said_before_a_client_was_bound_is_set_apart_and_a_machine_is_refused_still() {
        let mut counts = Counts::default();
        counts.take(said("observed", None, Some("CLIENT_NOT_BOUND")), 48);
        counts.take(said("observed", None, Some("SEATS_FULL")), 1);
        let machine = Some("TokenGeneration_ClientCredentials".to_owned());
        counts.take(Said { source: machine, ..said("observed", None, Some("CLIENT_NOT_BOUND")) }, 2);
        counts.set_apart_before_binding();
        assert_eq!((counts.before_binding, counts.would_be_refused(), counts.all()), (48, 3, 51));
        assert_eq!(counts.would["CLIENT_NOT_BOUND"], 2);
    }
}
