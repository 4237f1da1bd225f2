//! Where an app client is not what it has to be: for people to read, for programs to apply.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::app_client::{CLIENT_CREDENTIALS, CODE, REFRESH, SRP};
use crate::{AppClient, Required};

/// A setting that is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What has to be set.
    pub change: Change,
    /// What it is.
    pub old: Vec<String>,
    /// What hangs on it.
    pub severity: Severity,
    /// Why, in words.
    pub because: &'static str,
    /// What somebody has to do first, where nothing here can know what to put.
    pub by_hand: Option<&'static str>,
}

/// What hangs on a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody could get around the policy. The triggers may refuse it too; nothing should rest on one gate alone.
    Around,
    /// People who should get in could not.
    LocksOut,
    /// Looser than it need be.
    Hygiene,
}

/// A setting, and what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `ExplicitAuthFlows`.
    AuthFlows(BTreeSet<String>),
    /// `AllowedOAuthFlows`, and with it `AllowedOAuthFlowsUserPoolClient`.
    OAuthFlows(BTreeSet<String>),
    /// `SupportedIdentityProviders`.
    Providers(BTreeSet<String>),
    /// `WriteAttributes`.
    WriteAttributes(BTreeSet<String>),
    /// `ReadAttributes`.
    ReadAttributes(BTreeSet<String>),
    /// `AccessTokenValidity`.
    AccessToken(SignedDuration),
    /// `IdTokenValidity`.
    IdToken(SignedDuration),
    /// `RefreshTokenValidity`.
    RefreshToken(SignedDuration),
    /// `EnableTokenRevocation`: true.
    TokenRevocation,
    /// `PreventUserExistenceErrors`: `ENABLED`.
    HideUsers,
    /// `AuthSessionValidity`.
    Session(SignedDuration),
}

impl Difference {
    /// The code, which never changes its meaning.
    pub const fn code(&self) -> &'static str {
        match self.change {
            Change::AuthFlows(_) => "CLIENT_AUTH_FLOWS",
            Change::OAuthFlows(_) => "CLIENT_OAUTH_FLOWS",
            Change::Providers(_) => "CLIENT_PROVIDERS",
            Change::WriteAttributes(_) => "CLIENT_WRITE_ATTRIBUTES",
            Change::ReadAttributes(_) => "CLIENT_READ_ATTRIBUTES",
            Change::AccessToken(_) => "CLIENT_ACCESS_TOKEN_VALIDITY",
            Change::IdToken(_) => "CLIENT_ID_TOKEN_VALIDITY",
            Change::RefreshToken(_) => "CLIENT_REFRESH_TOKEN_VALIDITY",
            Change::TokenRevocation => "CLIENT_TOKEN_REVOCATION",
            Change::HideUsers => "CLIENT_USER_EXISTENCE",
            Change::Session(_) => "CLIENT_SESSION_VALIDITY",
        }
    }

    /// The setting as the API names it.
    pub const fn setting(&self) -> &'static str {
        match self.change {
            Change::AuthFlows(_) => "ExplicitAuthFlows",
            Change::OAuthFlows(_) => "AllowedOAuthFlows",
            Change::Providers(_) => "SupportedIdentityProviders",
            Change::WriteAttributes(_) => "WriteAttributes",
            Change::ReadAttributes(_) => "ReadAttributes",
            Change::AccessToken(_) => "AccessTokenValidity",
            Change::IdToken(_) => "IdTokenValidity",
            Change::RefreshToken(_) => "RefreshTokenValidity",
            Change::TokenRevocation => "EnableTokenRevocation",
            Change::HideUsers => "PreventUserExistenceErrors",
            Change::Session(_) => "AuthSessionValidity",
        }
    }

    /// What it has to be.
    pub fn wanted(&self) -> Vec<String> {
        match &self.change {
            Change::AuthFlows(words)
            | Change::OAuthFlows(words)
            | Change::Providers(words)
            | Change::WriteAttributes(words)
            | Change::ReadAttributes(words) => words.iter().cloned().collect(),
            Change::AccessToken(time) | Change::IdToken(time) | Change::RefreshToken(time) | Change::Session(time) => {
                vec![lasting(*time)]
            }
            Change::TokenRevocation => vec!["true".to_owned()],
            Change::HideUsers => vec!["ENABLED".to_owned()],
        }
    }

    /// What goes.
    pub fn removed(&self) -> Vec<String> {
        let wanted = self.wanted();
        self.old.iter().filter(|word| !wanted.contains(word)).cloned().collect()
    }

    /// What comes.
    pub fn added(&self) -> Vec<String> {
        self.wanted().into_iter().filter(|word| !self.old.contains(word)).collect()
    }
}

/// Every setting of a client that is not what it has to be; nothing else of it matters.
pub fn differences(client: &AppClient, required: &Required) -> Vec<Difference> {
    auth_flows(client, required)
        .into_iter()
        .chain(oauth_flows(client, required))
        .chain(providers(client, required))
        .chain(attributes(client, required, true))
        .chain(attributes(client, required, false))
        .chain(lifetimes(client, required))
        .collect()
}

fn auth_flows(client: &AppClient, required: &Required) -> Option<Difference> {
    let open = client.open_flows();
    let mut choice = required.auth_flows.clone();
    if client.has_managed_login() {
        // Managed login takes the password; no flow of the API need be open for it.
        choice.some_of.clear();
    }
    let mut flows = choice.applied(&open);
    if client.rotates_refresh_tokens {
        flows.remove(REFRESH);
    }
    if flows.is_empty() {
        // An empty list would open Cognito's default.
        flows.insert(if client.rotates_refresh_tokens { required.least_flow } else { REFRESH }.to_owned());
    }
    if flows == open {
        return None;
    }
    if !client.rotates_refresh_tokens {
        // A list that is written has it, as the console's do: no policy forbids it, and rotation alone does without.
        flows.insert(REFRESH.to_owned());
    }
    let narrower = open.iter().any(|flow| !flows.contains(flow));
    Some(Difference {
        old: open.into_iter().collect(),
        severity: if narrower { Severity::Around } else { Severity::LocksOut },
        because: match (narrower, flows.contains(SRP)) {
            (true, _) => "it offers a sign-in that the policy does not ask for",
            (false, true) => "no flow takes a password",
            (false, false) => "the custom challenge runs in this flow alone",
        },
        by_hand: None,
        change: Change::AuthFlows(flows),
    })
}

fn oauth_flows(client: &AppClient, required: &Required) -> Vec<Difference> {
    let open = client.open_oauth_flows();
    let flows = required.oauth_flows.applied(&open);
    let mut found = Vec::new();
    if flows == open {
        return found;
    }
    let added: Vec<&String> = flows.difference(&open).collect();
    let by_hand = if added.iter().any(|flow| *flow == CODE) && !client.has_callback {
        Some("set a callback URL, which nobody here can know: until then nobody signs in at this client")
    } else if added.iter().any(|flow| *flow == CLIENT_CREDENTIALS)
        && (!client.has_secret || client.oauth_scopes.is_empty())
    {
        Some("a machine needs a client with a secret and a scope of a resource server: make a new one")
    } else {
        None
    };
    let narrowing = "managed login and the token endpoint run no custom challenge and know no policy";
    let left: BTreeSet<String> = open.intersection(&flows).cloned().collect();
    let narrower = left != open;
    let mut add = |old: &BTreeSet<String>, narrower, by_hand, flows| {
        found.push(Difference {
            old: old.iter().cloned().collect(),
            severity: if narrower { Severity::Around } else { Severity::LocksOut },
            because: if narrower { narrowing } else { "people, or the machine, sign in by this flow alone" },
            by_hand,
            change: Change::OAuthFlows(flows),
        });
    };
    if narrower && by_hand.is_some() {
        // What has to go waits for nobody's hand.
        add(&open, true, None, left.clone());
        add(&left, false, by_hand, flows);
    } else {
        add(&open, narrower, by_hand, flows);
    }
    found
}

fn providers(client: &AppClient, required: &Required) -> Option<Difference> {
    let providers = required.providers.applied(&client.providers);
    if providers == client.providers {
        return None;
    }
    let narrower = client.providers.iter().any(|provider| !providers.contains(provider));
    Some(Difference {
        old: client.providers.iter().cloned().collect(),
        severity: if narrower { Severity::Around } else { Severity::LocksOut },
        because: if narrower {
            "managed login offers a way in that the policy does not"
        } else {
            "people sign in by the tenant's own provider alone"
        },
        // What Cognito makes of an empty list is not documented.
        by_hand: providers.is_empty().then_some(
            "bind an identity provider of the tenant in this pool: until then nobody signs in at this client",
        ),
        change: Change::Providers(providers),
    })
}

fn attributes(client: &AppClient, required: &Required, write: bool) -> Option<Difference> {
    let (old, rule) = if write {
        (&client.write_attributes, &required.write_attributes)
    } else {
        (&client.read_attributes, &required.read_attributes)
    };
    let new = rule.applied(old);
    if new == *old {
        return None;
    }
    let stands_for = if old.is_empty() { &rule.all } else { old };
    Some(Difference {
        old: stands_for.iter().cloned().collect(),
        severity: if write { Severity::Around } else { Severity::Hygiene },
        because: if write {
            "people could write of themselves what tokens say of them"
        } else {
            "what somebody once wrote would pass for what tokens say"
        },
        by_hand: None,
        change: if write { Change::WriteAttributes(new) } else { Change::ReadAttributes(new) },
    })
}

fn lifetimes(client: &AppClient, required: &Required) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |old: String, severity, because, change| {
        found.push(Difference { change, old: vec![old], severity, because, by_hand: None });
    };
    let revoked = "what was revoked ends with the token";
    let long = |time: SignedDuration| time > required.longest_token;
    if long(client.access_token) {
        add(lasting(client.access_token), Severity::Hygiene, revoked, Change::AccessToken(required.longest_token));
    }
    if long(client.id_token) {
        add(lasting(client.id_token), Severity::Hygiene, revoked, Change::IdToken(required.longest_token));
    }
    if client.refresh_token > required.longest_refresh {
        let because = "a lost device stays signed in as long";
        let change = Change::RefreshToken(required.longest_refresh);
        add(lasting(client.refresh_token), Severity::Hygiene, because, change);
    }
    // The tombstone's bound stands for "nothing is required".
    let governed = required.longest_token < SignedDuration::MAX;
    if governed && !client.revokes_tokens {
        let because = "signing somebody out leaves their tokens good";
        add("false".to_owned(), Severity::Hygiene, because, Change::TokenRevocation);
    }
    if governed && !client.hides_users {
        let because = "strangers learn who has an account";
        add("LEGACY".to_owned(), Severity::Hygiene, because, Change::HideUsers);
    }
    if client.session < required.shortest_session {
        let because = "the session ends before the code in the mail does";
        add(lasting(client.session), Severity::LocksOut, because, Change::Session(required.shortest_session));
    }
    found
}

/// In the largest unit that says it exactly.
fn lasting(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    let (number, unit) = match seconds {
        _ if seconds % 86_400 == 0 => (seconds / 86_400, "day"),
        _ if seconds % 3_600 == 0 => (seconds / 3_600, "hour"),
        _ if seconds % 60 == 0 => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
