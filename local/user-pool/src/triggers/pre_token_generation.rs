//! Pre token generation: what the tokens will say (Amazon Cognito, "Pre token generation Lambda trigger").

use serde_json::{Map, Value, json};

use super::Metadata;
use super::event::{Envelope, add_metadata, user_attributes};
use super::invoke::{call, unrecognizable};
use crate::error::ApiError;
use crate::group::GroupClaims;
use crate::pool::Pool;
use crate::server::Service;
use crate::settings::PreTokenVersion;
use crate::user::User;

/// Why tokens are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    HostedAuth,
    Authentication,
    NewPasswordChallenge,
    RefreshTokens,
    ClientCredentials,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::HostedAuth => "TokenGeneration_HostedAuth",
            Self::Authentication => "TokenGeneration_Authentication",
            Self::NewPasswordChallenge => "TokenGeneration_NewPasswordChallenge",
            Self::RefreshTokens => "TokenGeneration_RefreshTokens",
            Self::ClientCredentials => "TokenGeneration_ClientCredentials",
        }
    }
}

/// What the event tells.
pub(crate) struct Issuance<'a> {
    pub(crate) source: Source,
    /// Nobody, where a machine asks.
    pub(crate) user: Option<&'a User>,
    pub(crate) client_id: &'a str,
    pub(crate) groups: &'a GroupClaims,
    pub(crate) scopes: &'a [String],
    pub(crate) metadata: Option<&'a Metadata>,
}

/// What the function changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Changes {
    pub(crate) id: ClaimChanges,
    pub(crate) access: ClaimChanges,
    pub(crate) scopes_to_add: Vec<String>,
    pub(crate) scopes_to_suppress: Vec<String>,
    /// Replaces the user's groups, also by none.
    pub(crate) groups: Option<GroupClaims>,
}

/// What the function changes in one token.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ClaimChanges {
    pub(crate) set: Map<String, Value>,
    pub(crate) suppress: Vec<String>,
}

pub(crate) async fn fire(service: &Service, pool: &Pool, issuance: &Issuance<'_>) -> Result<Changes, ApiError> {
    let triggers = pool.settings().triggers;
    let Some(function) = &triggers.pre_token_generation else { return Ok(Changes::default()) };
    let version = triggers.pre_token_version;
    // Below V3 a machine's token fires no trigger.
    if issuance.source == Source::ClientCredentials && version != PreTokenVersion::V3 {
        return Ok(Changes::default());
    }
    let trigger = match version {
        PreTokenVersion::V1 => "PreTokenGeneration",
        // What V3 is called in an error is not documented; V2's name has been seen.
        PreTokenVersion::V2 | PreTokenVersion::V3 => "PreTokenGenerationV2_0",
    };
    let response = call(service, pool, &triggers, function, trigger, &event(pool, version, issuance)).await?;
    match version {
        PreTokenVersion::V1 => read_v1(&response),
        PreTokenVersion::V2 | PreTokenVersion::V3 => read_v2(&response),
    }
}

fn event(pool: &Pool, version: PreTokenVersion, issuance: &Issuance<'_>) -> Value {
    let mut request = Map::new();
    let groups = json!({
        "groupsToOverride": issuance.groups.groups,
        "iamRolesToOverride": issuance.groups.roles,
        "preferredRole": issuance.groups.preferred_role,
    });
    let (attributes, groups) = match issuance.user {
        Some(user) => (json!(user_attributes(user)), groups),
        None => (json!({}), json!({ "groupsToOverride": null, "iamRolesToOverride": null, "preferredRole": null })),
    };
    request.insert("userAttributes".to_owned(), attributes);
    request.insert("groupConfiguration".to_owned(), groups);
    add_metadata(&mut request, issuance.metadata);
    let (number, response) = match version {
        PreTokenVersion::V1 => ("1", json!({ "claimsOverrideDetails": null })),
        PreTokenVersion::V2 => ("2", json!({ "claimsAndScopeOverrideDetails": null })),
        PreTokenVersion::V3 => ("3", json!({ "claimsAndScopeOverrideDetails": null })),
    };
    if version != PreTokenVersion::V1 {
        request.insert("scopes".to_owned(), json!(issuance.scopes));
    }
    Envelope {
        version: number,
        source: issuance.source.as_str(),
        pool,
        username: issuance.user.map_or("ClientCredentials", |user| &user.username),
        client_id: issuance.client_id,
    }
    .event(&request, &response)
}

fn read_v1(response: &Value) -> Result<Changes, ApiError> {
    let Some(details) = object(response.get("claimsOverrideDetails"))? else { return Ok(Changes::default()) };
    let id = claims(details)?;
    // Version one takes strings alone.
    if !id.set.values().all(Value::is_string) {
        return Err(unrecognizable());
    }
    Ok(Changes { id, groups: groups(details)?, ..Changes::default() })
}

fn read_v2(response: &Value) -> Result<Changes, ApiError> {
    let Some(details) = object(response.get("claimsAndScopeOverrideDetails"))? else { return Ok(Changes::default()) };
    let id = match object(details.get("idTokenGeneration"))? {
        Some(id) => claims(id)?,
        None => ClaimChanges::default(),
    };
    let Some(access) = object(details.get("accessTokenGeneration"))? else {
        return Ok(Changes { id, groups: groups(details)?, ..Changes::default() });
    };
    let scopes_to_add = strings(access.get("scopesToAdd"))?;
    // A space separates scopes in the claim (RFC 6749, section 3.3), so none can be in one.
    if scopes_to_add.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
        return Err(unrecognizable());
    }
    Ok(Changes {
        id,
        access: claims(access)?,
        scopes_to_add,
        scopes_to_suppress: strings(access.get("scopesToSuppress"))?,
        groups: groups(details)?,
    })
}

fn claims(details: &Map<String, Value>) -> Result<ClaimChanges, ApiError> {
    Ok(ClaimChanges {
        set: object(details.get("claimsToAddOrOverride"))?.cloned().unwrap_or_default(),
        suppress: strings(details.get("claimsToSuppress"))?,
    })
}

/// "If you provide an empty or null object in the response, then the groups are suppressed." A field that is not there
/// at all leaves them.
fn groups(details: &Map<String, Value>) -> Result<Option<GroupClaims>, ApiError> {
    let Some(value) = details.get("groupOverrideDetails") else { return Ok(None) };
    let Some(groups) = object(Some(value))? else { return Ok(Some(GroupClaims::default())) };
    let preferred_role = match groups.get("preferredRole") {
        None | Some(Value::Null) => None,
        Some(Value::String(role)) => Some(role.clone()).filter(|role| !role.is_empty()),
        Some(_) => return Err(unrecognizable()),
    };
    Ok(Some(GroupClaims {
        groups: strings(groups.get("groupsToOverride"))?,
        roles: strings(groups.get("iamRolesToOverride"))?,
        preferred_role,
    }))
}

fn object(value: Option<&Value>) -> Result<Option<&Map<String, Value>>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(unrecognizable()),
    }
}

fn strings(value: Option<&Value>) -> Result<Vec<String>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(unrecognizable)).collect()
        }
        Some(_) => Err(unrecognizable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_one_takes_strings_alone() {
        let response =
            |value: Value| json!({ "claimsOverrideDetails": { "claimsToAddOrOverride": { "roles": value } } });
        assert_eq!(read_v1(&response(json!("admin"))).unwrap().id.set.get("roles"), Some(&json!("admin")));
        for value in [json!(["admin"]), json!(1), json!(true), json!({}), json!(null)] {
            assert_eq!(read_v1(&response(value.clone())), Err(unrecognizable()), "{value}");
        }
    }

    #[test]
    fn null_and_empty_group_overrides_suppress_and_an_absent_one_keeps() {
        let groups = |details: Value| read_v2(&json!({ "claimsAndScopeOverrideDetails": details })).unwrap().groups;
        assert_eq!(groups(json!({})), None);
        assert_eq!(groups(json!(null)), None);
        assert_eq!(groups(json!({ "groupOverrideDetails": null })), Some(GroupClaims::default()));
        assert_eq!(groups(json!({ "groupOverrideDetails": {} })), Some(GroupClaims::default()));
        assert_eq!(
            groups(json!({ "groupOverrideDetails": { "groupsToOverride": ["g"] } })).map(|groups| groups.groups),
            Some(vec!["g".to_owned()])
        );
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for details in [
            json!([]),
            json!({ "accessTokenGeneration": "x" }),
            json!({ "accessTokenGeneration": { "scopesToAdd": "x" } }),
            json!({ "accessTokenGeneration": { "scopesToAdd": ["a b"] } }),
            json!({ "idTokenGeneration": { "claimsToSuppress": [1] } }),
            json!({ "groupOverrideDetails": { "preferredRole": 1 } }),
        ] {
            let response = json!({ "claimsAndScopeOverrideDetails": details });
            assert_eq!(read_v2(&response), Err(unrecognizable()), "{response}");
        }
    }
}
