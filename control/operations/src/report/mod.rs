//! What the triggers' log lines say of each app client: whom it let pass, whom it would refuse once it is enforced, and what follows.

mod advice;
mod tally;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Binding, Client, ClientId, ClientKind, Mode};
use serde::Serialize;

pub use advice::advice;
pub use tally::{Counts, Said, Tally};
pub use who::{RefusedUser, Who};

use crate::shape::client_kind;
use crate::{OperationError, Operations};

/// What an app client's log lines come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It observes, tokens were asked for, and the log knows no reason against enforcing it. Who did not come, it does not know. At a
    /// shared client some tokens may speak of no tenant, as they will when it is enforced.
    Safe,
    /// It observes, and in this time somebody was refused all the same, or something broke: the log says too little.
    Unclear,
    /// It observes, and somebody would have been refused.
    WouldRefuse,
    /// It observes, and nobody asked for a token.
    Unseen,
    /// It is enforced already.
    Enforced,
    /// It was never bound, and its pool lets it pass for now.
    NeverBound,
    /// It is bound to nothing, and denied.
    Denied,
    /// The table does not know it, and all that the log has of it broke.
    Unknown,
}

/// One app client.
#[derive(Debug, Serialize)]
pub struct ReportedClient {
    /// Its pool; `None`: the table does not know the client, and a log line names no pool.
    pub pool: Option<String>,
    /// Its id.
    pub client_id: String,
    /// What it is bound to.
    pub kind: &'static str,
    /// Of which tenant.
    pub tenant_id: Option<String>,
    /// `observe`, `enforce`, or `unbound`.
    pub mode: &'static str,
    /// What follows.
    pub verdict: Verdict,
    /// When it was last seen, if the log says when.
    pub last_seen: Option<String>,
    /// What was said at each trigger.
    pub triggers: BTreeMap<String, Counts>,
    /// The command to run next.
    pub next: Option<String>,
}

impl ReportedClient {
    /// What was said at all triggers together, of those that refuse anybody: post confirmation never does, the token after it decides.
    pub fn deciding(&self) -> Counts {
        let mut all = Counts::default();
        for (_, counts) in self.triggers.iter().filter(|(trigger, _)| *trigger != "post-confirmation") {
            all.add(counts);
        }
        all
    }

    /// What was said of tokens.
    pub fn tokens(&self) -> Counts {
        self.triggers.get("pre-token-generation").cloned().unwrap_or_default()
    }
}

/// Every app client.
#[derive(Debug, Default, Serialize)]
pub struct ClientsReport {
    /// From when on.
    pub since: Option<String>,
    /// Lines that spoke of an app client.
    pub lines: u64,
    /// Lines of ours that spoke of none: an administrator acted, or nobody came.
    pub without_client: u64,
    /// Lines that none of ours wrote, or that could not be read.
    pub foreign: u64,
    /// Events that a function could not read, at whatever client: they failed.
    pub unreadable: u64,
    /// Lines without a time, which count whatever was asked for.
    pub undated: u64,
    /// Pools whose app clients could not be listed: clients that were never bound and that nobody used may be missing.
    pub pools_unread: Vec<String>,
    /// The clients: those that would refuse somebody first.
    pub clients: Vec<ReportedClient>,
}

impl ClientsReport {
    /// How many clients have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.clients.iter().filter(|client| client.verdict == verdict).count()
    }

    /// Adds app clients of a pool that were never bound ([`Operations::unbound_clients`]): the log knows those alone that somebody used,
    /// and the others are denied like them when the pool lets unbound clients pass no more.
    pub fn add_unbound(&mut self, unbound: &[Client]) {
        for client in unbound {
            let (pool, id) = (client.pool.to_string(), client.id.to_string());
            let seen = self.clients.iter_mut().find(|known| known.client_id == id);
            if let Some(seen) = seen {
                if seen.verdict == Verdict::NeverBound && seen.pool.is_none() {
                    seen.next = Some(binding_command(Some(&pool), &id));
                    seen.pool = Some(pool);
                }
                continue;
            }
            self.clients.push(ReportedClient {
                next: Some(binding_command(Some(&pool), &id)),
                pool: Some(pool),
                client_id: id,
                kind: "unbound",
                tenant_id: None,
                mode: "unbound",
                verdict: Verdict::NeverBound,
                last_seen: None,
                triggers: BTreeMap::new(),
            });
        }
        sort(&mut self.clients);
    }
}

impl Operations {
    /// Holds what was said against the bindings; of one client, or of all. For operators.
    pub async fn report_clients(&self, tally: &Tally, only: Option<&Client>) -> Result<ClientsReport, OperationError> {
        self.operators_only()?;
        let bindings = match only {
            Some(client) => match self.read_binding(client).await {
                Ok(binding) => vec![binding],
                Err(OperationError::ClientUnknown) if tally.of(&client.id).is_some() => Vec::new(),
                Err(error) => return Err(error),
            },
            None => self.clients(None).await?,
        };
        let known: BTreeSet<&ClientId> = bindings.iter().map(|binding| &binding.client.id).collect();
        let mut clients: Vec<ReportedClient> = bindings
            .iter()
            // A tombstone at which nobody knocks is no news.
            .filter(|binding| binding.kind != ClientKind::Unbound || tally.of(&binding.client.id).is_some())
            .map(|binding| reported(binding, tally))
            .collect();
        let strangers = tally.clients().filter(|id| !known.contains(id));
        let strangers = strangers.filter(|id| only.is_none_or(|only| only.id == **id));
        clients.extend(strangers.map(|id| stranger(id, only, tally)));
        sort(&mut clients);
        Ok(ClientsReport {
            since: None,
            lines: tally.lines,
            without_client: tally.without_client,
            foreign: tally.foreign,
            unreadable: tally.unreadable,
            undated: tally.undated,
            clients,
            ..ClientsReport::default()
        })
    }
}

/// Those that would refuse somebody first.
fn sort(clients: &mut [ReportedClient]) {
    let order = |client: &ReportedClient| {
        let rank = match client.verdict {
            Verdict::WouldRefuse => 0,
            Verdict::Unclear => 1,
            Verdict::NeverBound => 2,
            Verdict::Unknown => 3,
            Verdict::Unseen => 4,
            Verdict::Safe => 5,
            Verdict::Denied => 6,
            Verdict::Enforced => 7,
        };
        (rank, std::cmp::Reverse(client.deciding().would_be_refused()))
    };
    clients.sort_by(|one, other| order(one).cmp(&order(other)).then_with(|| one.client_id.cmp(&other.client_id)));
}

fn reported(binding: &Binding, tally: &Tally) -> ReportedClient {
    let named = format!("{}:{}", binding.client.pool, binding.client.id);
    let mut triggers = tally.of(&binding.client.id).cloned().unwrap_or_default();
    for (trigger, counts) in &mut triggers {
        if speaks_of_before(trigger, &binding.kind) {
            counts.set_apart_before_binding();
        }
    }
    let mut client = ReportedClient {
        pool: Some(binding.client.pool.to_string()),
        client_id: binding.client.id.to_string(),
        kind: client_kind(&binding.kind),
        tenant_id: binding.kind.tenant().map(ToString::to_string),
        mode: if binding.mode == Mode::Observe { "observe" } else { "enforce" },
        verdict: Verdict::Enforced,
        last_seen: tally.last_seen(&binding.client.id),
        triggers,
        next: None,
    };
    let all = client.deciding();
    client.verdict = match (&binding.kind, binding.mode) {
        (ClientKind::Unbound, _) => Verdict::Denied,
        (_, Mode::Enforce) => Verdict::Enforced,
        _ if all.would_be_refused() > 0 => Verdict::WouldRefuse,
        // An observed client refuses nobody, so the client was another's to decide then, or what refused is none of ours to observe.
        _ if all.broken > 0 || all.refused_when_bound() > 0 => Verdict::Unclear,
        // Signing up is not signing in: the token is where people get in or not.
        _ if client.tokens().let_pass() == 0 => Verdict::Unseen,
        _ => Verdict::Safe,
    };
    client.next = match (client.verdict, &binding.kind) {
        // The log knows who came; `--who` asks for everybody, and says when to enforce.
        (Verdict::Safe | Verdict::WouldRefuse | Verdict::Unclear | Verdict::Unseen, ClientKind::Tenant(_)) => {
            Some(format!("tenantctl client report {named} --who"))
        }
        (Verdict::Safe, _) => Some(format!("tenantctl client enforce {named}")),
        _ => None,
    };
    client
}

/// Whether "the client is bound to nothing" is from before the binding that it has. Codes are asked for at clients of one tenant alone, so
/// that a challenge at a shared one is refused still.
fn speaks_of_before(trigger: &str, kind: &ClientKind) -> bool {
    match kind {
        ClientKind::Tenant(_) => true,
        ClientKind::Shared => !trigger.ends_with("-auth-challenge"),
        ClientKind::Machine { .. } | ClientKind::Unbound => false,
    }
}

/// A client that the table does not know by itself: its pool's default decided.
fn stranger(id: &ClientId, named: Option<&Client>, tally: &Tally) -> ReportedClient {
    let pool = named.map(|client| client.pool.to_string());
    let mut client = ReportedClient {
        client_id: id.to_string(),
        kind: "unbound",
        tenant_id: None,
        mode: "unbound",
        verdict: Verdict::Enforced,
        last_seen: tally.last_seen(id),
        triggers: tally.of(id).cloned().unwrap_or_default(),
        next: None,
        pool,
    };
    let all = client.deciding();
    let unbound = domain::Refusal::ClientNotBound.code();
    client.verdict = if all.would.contains_key(unbound) {
        Verdict::NeverBound
    } else if all.refused.contains_key(unbound) {
        Verdict::Denied
    } else if all.let_pass() + all.refused_when_bound() + all.would_be_refused() == 0 {
        Verdict::Unknown
    } else {
        // A dedicated pool's: its tenant's rules count there without a binding.
        Verdict::Enforced
    };
    if client.verdict == Verdict::NeverBound {
        client.next = Some(binding_command(client.pool.as_deref(), &client.client_id));
    }
    client
}

fn binding_command(pool: Option<&str>, id: &str) -> String {
    format!("tenantctl client bind {}:{id} --tenant TENANT --observe", pool.unwrap_or("POOL"))
}
