//! The rules of what a token says once more, from the documents.

#![allow(missing_docs, reason = "the words are those of the documents")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::nouns::{Code, Name};

/// What the names are mapped to: fact, name, and whether a list is one string.
pub type Names = Vec<(Name, String, bool)>;

/// As whom a token speaks.
#[derive(Debug, Clone, Copy)]
pub struct Voice<'a> {
    pub tenant: &'a str,
    pub slug: &'a str,
    pub tier: &'a str,
    pub member: Option<&'a str>,
    pub roles: &'a BTreeSet<Name>,
}

/// What roles stand for: permissions and scopes, by role.
pub type Grants = BTreeMap<Name, (BTreeSet<Name>, BTreeSet<Name>)>;

fn granted(grants: &Grants, roles: &BTreeSet<Name>, scopes: bool) -> BTreeSet<Name> {
    let of =
        |role| grants.get(role).map(|(permissions, of)| if scopes { of } else { permissions }).into_iter().flatten();
    roles.iter().flat_map(of).copied().collect()
}

/// Every mapped name: set, or suppressed (`None`). Nothing is truncated: what does not fit into a kilobyte is refused, and what is nearly
/// that large is not judged here (`Err(None)`).
pub fn claims(
    names: &Names,
    voice: Option<Voice<'_>>,
    grants: &Grants,
) -> Result<BTreeMap<String, Option<Value>>, Option<Code>> {
    let mut claims = BTreeMap::new();
    for (fact, name, spaced) in names {
        let list = |words: BTreeSet<Name>| match (words.is_empty(), spaced) {
            (true, _) => None,
            (_, true) => Some(json!(words.into_iter().collect::<Vec<_>>().join(" "))),
            (_, false) => Some(json!(words)),
        };
        let value = voice.and_then(|voice| match *fact {
            "tenant_id" => Some(json!(voice.tenant)),
            "tenant_slug" => Some(json!(voice.slug)),
            "tenant_tier" => Some(json!(voice.tier)),
            "member_id" => voice.member.map(|member| json!(member)),
            "roles" => list(voice.roles.clone()),
            _ => list(granted(grants, voice.roles, false)),
        });
        claims.insert(name.clone(), value);
    }
    let set: BTreeMap<_, _> = claims.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
    match json!(set).to_string().len() {
        0..=850 => Ok(claims),
        1_200.. => Err(Some("CLAIMS_TOO_LARGE")),
        _ => Err(None),
    }
}

/// The scopes to add and to take: granted are those of the roles, governed are those of any role; the account's goes where the binding
/// says so.
pub fn scopes(
    requested: &BTreeSet<Name>,
    roles: Option<&BTreeSet<Name>>,
    grants: &Grants,
    suppress_account: bool,
) -> (BTreeSet<Name>, BTreeSet<Name>) {
    let granted = roles.map(|roles| granted(grants, roles, true)).unwrap_or_default();
    let governed: BTreeSet<Name> = grants.values().flat_map(|(_, scopes)| scopes).copied().collect();
    let mut take: BTreeSet<Name> = governed.difference(&granted).copied().collect();
    if suppress_account {
        take.insert("aws.cognito.signin.user.admin");
    }
    (granted.difference(requested).copied().collect(), take)
}
