//! What an app client has to be set to. A pure function: what the client is bound to and what its tenant's policy says go in.

use std::collections::BTreeSet;

use domain::claims::ClaimName;
use domain::{ClientKind, Policy, ProviderName};
use jiff::SignedDuration;

use crate::Schema;
use crate::app_client::{ADMIN, CLIENT_CREDENTIALS, CODE, COGNITO, CUSTOM, IMPLICIT, PASSWORD, REFRESH, SRP, words};

/// An access or ID token is good for an hour at most: what was revoked is gone with the next one.
pub const LONGEST_TOKEN: SignedDuration = SignedDuration::from_hours(1);
/// A refresh token is good for thirty days at most, as Cognito has it by default.
pub const LONGEST_REFRESH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A step of a sign-in by code may take as long as the code is good.
pub const SHORTEST_CODE_SESSION: SignedDuration = SignedDuration::from_mins(5);

/// What an app client has to be set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// `ExplicitAuthFlows`.
    pub auth_flows: Choice,
    /// The flow that is left where there would be none and rotation forbids refresh: an empty list would open Cognito's default.
    pub least_flow: &'static str,
    /// `AllowedOAuthFlows`; none closes OAuth altogether.
    pub oauth_flows: Choice,
    /// `SupportedIdentityProviders`, whatever their case.
    pub providers: Choice,
    /// `WriteAttributes`.
    pub write_attributes: Attributes,
    /// `ReadAttributes`.
    pub read_attributes: Attributes,
    /// An access or ID token is good for so long at most.
    pub longest_token: SignedDuration,
    /// A refresh token is good for so long at most.
    pub longest_refresh: SignedDuration,
    /// A step of a sign-in may take so long at least.
    pub shortest_session: SignedDuration,
}

/// What a list has to hold, and what it may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// These have to be there.
    pub must: BTreeSet<String>,
    /// Only these may be there; `None`: anything.
    pub may: Option<BTreeSet<String>>,
    /// One of these at least; where none is, the first.
    pub some_of: Vec<String>,
}

/// What an attribute list may not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// These may not be there.
    pub never: BTreeSet<String>,
    /// What an empty list stands for.
    pub all: BTreeSet<String>,
    /// What is left where nothing else is: an empty list would mean everything.
    pub least: BTreeSet<String>,
}

/// What an app client has to be set to, by what it is bound to (`policy` is the tenant's; shared clients have none). `providers` are
/// the tenant's enabled ones, `claims` every name that tokens say of a tenant and its members, `schema` the pool's attributes.
pub fn required(
    kind: &ClientKind,
    policy: Option<&Policy>,
    providers: &[ProviderName],
    claims: &[ClaimName],
    schema: &Schema,
) -> Required {
    // A tombstone lets nobody in, whatever it is set to.
    if *kind == ClientKind::Unbound {
        return Required {
            auth_flows: Choice::default(),
            least_flow: ADMIN,
            oauth_flows: Choice::default(),
            providers: Choice::default(),
            write_attributes: Attributes::default(),
            read_attributes: Attributes::default(),
            longest_token: SignedDuration::MAX,
            longest_refresh: SignedDuration::MAX,
            shortest_session: SignedDuration::ZERO,
        };
    }
    let chain = policy.is_some_and(|policy| policy.chain.is_more_than_password());
    let sso = policy.is_some_and(|policy| policy.sso_required);
    let (auth_flows, oauth_flows, providers) = match kind {
        ClientKind::Machine { .. } => {
            (Choice::only([REFRESH]), Choice::only([CLIENT_CREDENTIALS]).must([CLIENT_CREDENTIALS]), Choice::default())
        }
        // The side doors around a custom challenge: every flow that is not CUSTOM_AUTH, managed login, providers.
        _ if chain => (Choice::only([CUSTOM, REFRESH]).must([CUSTOM]), Choice::only([]), Choice::only([COGNITO])),
        _ if sso => {
            let names: Vec<&str> = providers.iter().map(AsRef::as_ref).collect();
            (
                Choice::only([REFRESH]),
                Choice::only([CODE]).must([CODE]),
                Choice { some_of: names.iter().map(ToString::to_string).collect(), ..Choice::only(names) },
            )
        }
        // ALLOW_USER_AUTH lets a person choose any first factor of the pool, a passkey or a code instead of the password.
        // Client credentials on a people's client are tokens of nobody, and below V3 no trigger sees them.
        _ => (
            Choice {
                some_of: [SRP, PASSWORD, ADMIN].map(str::to_owned).to_vec(),
                ..Choice::only([REFRESH, SRP, PASSWORD, ADMIN, CUSTOM])
            },
            Choice::only([CODE, IMPLICIT]),
            Choice::default(),
        ),
    };
    let never = words(claims);
    Required {
        auth_flows,
        // What needs AWS credentials is the narrowest.
        least_flow: ADMIN,
        oauth_flows,
        providers,
        write_attributes: Attributes { never: never.clone(), all: schema.writable(), least: schema.standard() },
        read_attributes: Attributes { never, all: schema.readable(), least: schema.standard() },
        longest_token: LONGEST_TOKEN,
        longest_refresh: LONGEST_REFRESH,
        shortest_session: if chain { SHORTEST_CODE_SESSION } else { SignedDuration::ZERO },
    }
}

impl Required {
    /// With the providers' names as the pool spells them, for lists that have to name one: ours are all lower case.
    #[must_use]
    pub fn spelled(mut self, names: &[String]) -> Self {
        let spell =
            |word: &String| names.iter().find(|name| alike(name, word)).map_or_else(|| word.clone(), Clone::clone);
        let choice = &mut self.providers;
        choice.must = choice.must.iter().map(spell).collect();
        choice.may = choice.may.as_ref().map(|may| may.iter().map(spell).collect());
        choice.some_of = choice.some_of.iter().map(spell).collect();
        self
    }

    /// The first of two steps from one policy to another: what the new one forbids goes, and what it asks for comes as far as the
    /// old one allows it too. Whoever stops after it has a client that is no weaker than the weaker of the two policies.
    #[must_use]
    pub fn first_step(&self, from: &Self) -> Self {
        Self {
            auth_flows: self.auth_flows.first_step(&from.auth_flows),
            // A chain takes no password: not even on a server, and not before the table says so.
            least_flow: if from.is_chain() { CUSTOM } else { self.least_flow },
            oauth_flows: self.oauth_flows.first_step(&from.oauth_flows),
            providers: self.providers.first_step(&from.providers),
            ..self.clone()
        }
    }

    fn is_chain(&self) -> bool {
        self.auth_flows.must.contains(CUSTOM)
    }
}

impl Choice {
    fn only<'a>(may: impl IntoIterator<Item = &'a str>) -> Self {
        Self { may: Some(words(may)), ..Self::default() }
    }

    fn must<'a>(self, must: impl IntoIterator<Item = &'a str>) -> Self {
        Self { must: words(must), ..self }
    }

    pub(crate) fn allows(&self, word: &str) -> bool {
        self.may.as_ref().is_none_or(|may| may.iter().any(|may| alike(may, word)))
    }

    fn first_step(&self, from: &Self) -> Self {
        Self {
            must: self.must.iter().filter(|word| from.allows(word)).cloned().collect(),
            may: self.may.clone(),
            some_of: self.some_of.iter().filter(|word| from.allows(word)).cloned().collect(),
        }
    }

    /// The list that comes out of a list: what may stay, what has to come.
    pub fn applied(&self, to: &BTreeSet<String>) -> BTreeSet<String> {
        let mut list: BTreeSet<String> = to.iter().filter(|word| self.allows(word)).cloned().collect();
        let has = |list: &BTreeSet<String>, word: &str| list.iter().any(|known| alike(known, word));
        for word in &self.must {
            if !has(&list, word) {
                list.insert(word.clone());
            }
        }
        if let Some(first) = self.some_of.first()
            && !self.some_of.iter().any(|word| has(&list, word))
        {
            list.insert(first.clone());
        }
        list
    }
}

impl Attributes {
    /// The list that comes out of a list; an empty one stands for everything.
    pub fn applied(&self, to: &BTreeSet<String>) -> BTreeSet<String> {
        let stands_for = if to.is_empty() { &self.all } else { to };
        if stands_for.is_disjoint(&self.never) {
            return to.clone();
        }
        let list: BTreeSet<String> = stands_for.difference(&self.never).cloned().collect();
        if list.is_empty() { self.least.difference(&self.never).cloned().collect() } else { list }
    }
}

/// Providers' names are compared in our canonical form, which is lower case; flows have one spelling.
fn alike(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}
