//! What pre token generation answers: claims, scopes and groups of the tokens to come [Pre token generation Lambda
//! trigger].
//!
//! Groups are always written on purpose: an absent or empty `groupOverrideDetails` takes the person's groups away.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::event::GroupConfiguration;

/// The answer to a V1 event: claims of the ID token, strings alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimsOverrideDetails {
    /// Claims to set.
    pub claims_to_add_or_override: BTreeMap<String, String>,
    /// Claims to leave out; a claim in both lists is left out.
    pub claims_to_suppress: Vec<String>,
    /// The groups of the token.
    pub group_override_details: GroupOverrideDetails,
}

impl ClaimsOverrideDetails {
    /// Its key in `response`.
    pub const KEY: &str = "claimsOverrideDetails";
}

/// The answer to a V2 or V3 event: claims and scopes of both tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimsAndScopeOverrideDetails {
    /// The ID token; there is none for a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_generation: Option<IdTokenGeneration>,
    /// The access token.
    pub access_token_generation: AccessTokenGeneration,
    /// The groups of both tokens.
    pub group_override_details: GroupOverrideDetails,
}

impl ClaimsAndScopeOverrideDetails {
    /// Its key in `response`.
    pub const KEY: &str = "claimsAndScopeOverrideDetails";
}

/// What to change in an ID token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdTokenGeneration {
    /// Claims to set.
    pub claims_to_add_or_override: BTreeMap<String, Value>,
    /// Claims to leave out.
    pub claims_to_suppress: Vec<String>,
}

/// What to change in an access token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenGeneration {
    /// Claims to set.
    pub claims_to_add_or_override: BTreeMap<String, Value>,
    /// Claims to leave out.
    pub claims_to_suppress: Vec<String>,
    /// Scopes to add to those that the client asked for.
    pub scopes_to_add: Vec<String>,
    /// Scopes to leave out.
    pub scopes_to_suppress: Vec<String>,
}

/// The groups of the tokens; made by [`carried`](Self::carried) or [`replaced`](Self::replaced), so that nobody loses
/// them by accident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupOverrideDetails {
    groups_to_override: Vec<String>,
    iam_roles_to_override: Vec<String>,
    preferred_role: Option<String>,
}

impl GroupOverrideDetails {
    /// The groups that the event came with, its roles included.
    pub fn carried(groups: Option<&GroupConfiguration>) -> Self {
        let GroupConfiguration { groups_to_override, iam_roles_to_override, preferred_role } =
            groups.cloned().unwrap_or_default();
        Self { groups_to_override, iam_roles_to_override, preferred_role }
    }

    /// These groups and no others. The roles are emptied, since they came from the groups that go.
    pub fn replaced(groups: Vec<String>) -> Self {
        Self { groups_to_override: groups, iam_roles_to_override: Vec::new(), preferred_role: Some(String::new()) }
    }
}
