//! What the token says, in the words of the event's version.

use std::collections::BTreeMap;

use domain::claims::{self, Claims, NameMap, SESSION_TAGS, Scopes, Speaker, Value};
use domain::{Binding, Catalogue, Groups, Refusal, TenantId};
use lambda::tokens::{
    AccessTokenGeneration, ClaimsAndScopeOverrideDetails, ClaimsOverrideDetails, GroupOverrideDetails,
    IdTokenGeneration,
};
use lambda::{Event, Reply};
use serde_json::json;

/// The version of the event's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// ID token alone, strings alone.
    V1,
    /// Both tokens.
    V2,
    /// Both tokens, and client credentials.
    V3,
}

impl Version {
    /// As the event names it.
    pub fn of(event: &Event) -> Option<Self> {
        match event.version()? {
            "1" => Some(Self::V1),
            "2" => Some(Self::V2),
            "3" => Some(Self::V3),
            _ => None,
        }
    }
}

/// Writes the answer: every mapped name is set or suppressed, in both tokens, and groups are carried or replaced on purpose.
pub fn write(
    event: Event,
    version: Version,
    names: &NameMap,
    binding: &Binding,
    speaker: Option<Speaker<'_>>,
    catalogue: &Catalogue,
) -> Result<Reply, Refusal> {
    let said = claims::claims(names, speaker, catalogue)?;
    let groups = match (binding.groups, speaker) {
        (Groups::Carry, _) => GroupOverrideDetails::carried(event.group_configuration()),
        (Groups::Replace, Some(speaker)) => GroupOverrideDetails::replaced(claims::groups(speaker)),
        (Groups::Replace, None) => GroupOverrideDetails::replaced(Vec::new()),
    };
    if version == Version::V1 {
        return Ok(event.respond(ClaimsOverrideDetails::KEY, &strings(said, groups)));
    }
    let machine = speaker.is_some_and(|speaker| speaker.member.is_none());
    let roles = speaker.map(|speaker| speaker.roles);
    let Scopes { add, suppress } =
        claims::scopes(event.scopes(), roles, catalogue, binding.suppress_account_scope && !machine);
    let set: BTreeMap<String, serde_json::Value> =
        said.set.iter().map(|(name, value)| (name.to_string(), json(value))).collect();
    let names: Vec<String> = said.suppress.iter().map(ToString::to_string).collect();
    let details = ClaimsAndScopeOverrideDetails {
        id_token_generation: (!machine).then(|| id_token(set.clone(), names.clone(), said.session_tag.as_ref())),
        access_token_generation: AccessTokenGeneration {
            claims_to_add_or_override: set,
            claims_to_suppress: names,
            scopes_to_add: add,
            scopes_to_suppress: suppress,
        },
        group_override_details: groups,
    };
    Ok(event.respond(ClaimsAndScopeOverrideDetails::KEY, &details))
}

/// STS reads the session tags from the ID token alone.
fn id_token(
    mut set: BTreeMap<String, serde_json::Value>,
    mut suppress: Vec<String>,
    tenant: Option<&TenantId>,
) -> IdTokenGeneration {
    match tenant {
        Some(tenant) => {
            let tags =
                json!({ "principal_tags": { "tenant_id": [tenant.as_ref()] }, "transitive_tag_keys": ["tenant_id"] });
            set.insert(SESSION_TAGS.to_owned(), tags);
        }
        None => suppress.push(SESSION_TAGS.to_owned()),
    }
    IdTokenGeneration { claims_to_add_or_override: set, claims_to_suppress: suppress }
}

/// V1 takes strings alone, so lists are space-separated, and session tags, which are an object, cannot be said.
fn strings(said: Claims, groups: GroupOverrideDetails) -> ClaimsOverrideDetails {
    let text = |value: Value| match value {
        Value::Text(text) => text,
        Value::List(texts) => texts.join(" "),
    };
    let mut suppress: Vec<String> = said.suppress.iter().map(ToString::to_string).collect();
    suppress.push(SESSION_TAGS.to_owned());
    ClaimsOverrideDetails {
        claims_to_add_or_override: said.set.into_iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        claims_to_suppress: suppress,
        group_override_details: groups,
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::List(texts) => json!(texts),
    }
}
