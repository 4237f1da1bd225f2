//! Reading an app client, so completely that it can be written back: `UpdateUserPoolClient` resets what it is not given.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use domain::{ClientKind, PoolId};
use jiff::Timestamp;
use serde_json::Value;

use crate::app_client::PASSWORD;
use crate::create::{has_secret, oauth_flows_of, scopes_of};
use crate::raw_answer::RawAnswer;
use crate::region::in_region;
use crate::{AppClient, Difference, NewClient, PoolError, Required, differences, survey};

const CALL: &str = "DescribeUserPoolClient";

/// Every member of `UserPoolClientType` that the SDK knows, and the members of its members. Those in the second half an update does
/// not take, because they cannot change.
const KNOWN: &[(&str, &[&str])] = &[
    ("AccessTokenValidity", &[]),
    ("AllowedOAuthFlows", &[]),
    ("AllowedOAuthFlowsUserPoolClient", &[]),
    ("AllowedOAuthScopes", &[]),
    ("AnalyticsConfiguration", &["ApplicationArn", "ApplicationId", "ExternalId", "RoleArn", "UserDataShared"]),
    ("AuthSessionValidity", &[]),
    ("CallbackURLs", &[]),
    ("ClientName", &[]),
    ("DefaultRedirectURI", &[]),
    ("EnablePropagateAdditionalUserContextData", &[]),
    ("EnableTokenRevocation", &[]),
    ("ExplicitAuthFlows", &[]),
    ("IdTokenValidity", &[]),
    ("LogoutURLs", &[]),
    ("PreventUserExistenceErrors", &[]),
    ("ReadAttributes", &[]),
    ("RefreshTokenRotation", &["Feature", "RetryGracePeriodSeconds"]),
    ("RefreshTokenValidity", &[]),
    ("SupportedIdentityProviders", &[]),
    ("TokenValidityUnits", &["AccessToken", "IdToken", "RefreshToken"]),
    ("WriteAttributes", &[]),
    ("ClientId", &[]),
    ("ClientSecret", &[]),
    ("CreationDate", &[]),
    ("LastModifiedDate", &[]),
    ("UserPoolId", &[]),
];

/// An app client, read from its pool.
#[derive(Debug, Clone)]
pub struct Described {
    /// What of it is governed.
    pub client: AppClient,
    pub(crate) all: UserPoolClientType,
    unknown: Vec<String>,
}

impl Described {
    /// Where it is not what it has to be.
    pub fn differences(&self, required: &Required) -> Vec<Difference> {
        differences(&self.client, required)
    }

    /// Its secret, if it has one.
    pub fn secret(&self) -> Option<&str> {
        self.all.client_secret()
    }

    /// When it was made.
    pub fn created(&self) -> Option<Timestamp> {
        let created = self.all.creation_date()?;
        let nanoseconds = i32::try_from(created.subsec_nanos()).ok()?;
        Timestamp::new(created.secs(), nanoseconds).ok()
    }

    /// Whether it is what [`create`](crate::create) would make of a wish, as far as an update leaves it alone.
    pub fn is_as_asked(&self, new: &NewClient, kind: &ClientKind, required: &Required) -> bool {
        let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<String>>();
        let scopes = scopes_of(new, !oauth_flows_of(new, kind, required).is_empty()).unwrap_or_default();
        self.client.has_secret == has_secret(new, kind)
            && self.client.auth_flows.contains(PASSWORD) == new.password_flow
            && set(self.all.callback_urls()) == set(&new.callback_urls)
            && set(self.all.logout_urls()) == set(&new.logout_urls)
            && self.client.oauth_scopes == set(&scopes)
    }

    /// An error if an update would lose something.
    pub fn is_wholly_known(&self) -> Result<(), PoolError> {
        if self.unknown.is_empty() { Ok(()) } else { Err(PoolError::UnknownSettings(self.unknown.clone())) }
    }
}

/// Reads an app client.
pub async fn describe(cognito: &Client, client: &domain::Client) -> Result<Described, PoolError> {
    let raw = RawAnswer::default();
    let output = cognito
        .describe_user_pool_client()
        .user_pool_id(client.pool.as_ref())
        .client_id(client.id.as_ref())
        .customize()
        .config_override(in_region(&client.pool))
        .interceptor(raw.clone())
        .send()
        .await
        .map_err(|error| PoolError::of(CALL, &error))?;
    let all = output.user_pool_client.ok_or_else(|| PoolError::odd(CALL, "a client"))?;
    let unknown = raw.take().and_then(|body| body.get("UserPoolClient").map(unknown));
    let unknown = unknown.ok_or_else(|| PoolError::odd(CALL, "readable JSON"))?;
    Ok(Described { client: AppClient::of(&all), all, unknown: unknown.into_iter().collect() })
}

/// Reads an app client; `None`: its pool is there, and has no such client. A pool that is not there is an error, for a wrong account or
/// Region looks the same as a client that is gone.
pub async fn find(cognito: &Client, client: &domain::Client) -> Result<Option<Described>, PoolError> {
    match describe(cognito, client).await {
        Err(PoolError::Missing) => pool_is_there(cognito, &client.pool).await.map(|()| None),
        other => other.map(Some),
    }
}

/// An error if there is no such pool: Cognito says the same of a client that is not there and of a pool that is not.
pub(crate) async fn pool_is_there(cognito: &Client, pool: &PoolId) -> Result<(), PoolError> {
    survey::pool_facts(cognito, pool).await?.map(|_| ()).ok_or(PoolError::Missing)
}

/// The names of an answer's settings that are not known. What is null is not set.
fn unknown(client: &Value) -> BTreeSet<String> {
    let members = |value: &Value| -> Vec<(String, Value)> {
        let members = value.as_object().into_iter().flatten();
        members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let mut names = BTreeSet::new();
    for (name, value) in members(client) {
        match KNOWN.iter().find(|(known, _)| *known == name) {
            None => {
                names.insert(name);
            }
            Some((_, [])) => {}
            Some((_, inner)) => names.extend(
                members(&value)
                    .into_iter()
                    .filter(|(member, _)| !inner.contains(&member.as_str()))
                    .map(|(member, _)| format!("{name}.{member}")),
            ),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_later_cognito_adds_is_noticed_at_any_depth() {
        let known = json!({ "ClientId": "x", "TokenValidityUnits": { "AccessToken": "hours" }, "NewThing": null });
        assert_eq!(unknown(&known), BTreeSet::new());
        let later = json!({
            "ClientId": "x", "SignInWindow": { "Hours": 3 },
            "RefreshTokenRotation": { "Feature": "ENABLED", "MostTimes": 4 },
        });
        let names: Vec<String> = unknown(&later).into_iter().collect();
        assert_eq!(names, ["RefreshTokenRotation.MostTimes", "SignInWindow"]);
    }
}
