//! App clients of a pool: the settings as the API spells them, and what they allow.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::password::hmac;
use crate::wire::seconds;

/// An app client's settings. The field names are the API's; what is absent has Cognito's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClientSettings {
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_name: String,
    /// Which sign-in flows are open; empty means refresh, SRP and custom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explicit_auth_flows: Vec<String>,
    /// Attributes that tokens and `GetUser` show; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_attributes: Vec<String>,
    /// Attributes that sign-up and `UpdateUserAttributes` may set; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write_attributes: Vec<String>,
    /// `COGNITO` and the names of providers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supported_identity_providers: Vec<String>,
    /// Where managed login may send people after sign-in.
    #[serde(rename = "CallbackURLs", skip_serializing_if = "Vec::is_empty")]
    pub callback_urls: Vec<String>,
    /// Where managed login may send people after sign-out.
    #[serde(rename = "LogoutURLs", skip_serializing_if = "Vec::is_empty")]
    pub logout_urls: Vec<String>,
    /// The callback where none is asked for.
    #[serde(rename = "DefaultRedirectURI", skip_serializing_if = "Option::is_none")]
    pub default_redirect_uri: Option<String>,
    /// `code`, `implicit`, `client_credentials`.
    #[serde(rename = "AllowedOAuthFlows", skip_serializing_if = "Vec::is_empty")]
    pub allowed_oauth_flows: Vec<String>,
    /// Scopes that the token endpoint and managed login may give.
    #[serde(rename = "AllowedOAuthScopes", skip_serializing_if = "Vec::is_empty")]
    pub allowed_oauth_scopes: Vec<String>,
    /// The OAuth settings are in force.
    #[serde(rename = "AllowedOAuthFlowsUserPoolClient", skip_serializing_if = "Option::is_none")]
    pub allowed_oauth_flows_user_pool_client: Option<bool>,
    /// In the unit of [`ClientSettings::token_validity_units`], hours by default; one hour by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_validity: Option<i64>,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_validity: Option<i64>,
    /// In days by default; 30 days by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_validity: Option<i64>,
    /// `seconds`, `minutes`, `hours`, `days` for `AccessToken`, `IdToken`, `RefreshToken`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub token_validity_units: BTreeMap<String, String>,
    /// `ENABLED` hides whether a user exists; `LEGACY` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_user_existence_errors: Option<String>,
    /// Refresh tokens can be revoked; true by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_token_revocation: Option<bool>,
    /// Minutes that a challenge's session lives; 3 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_session_validity: Option<i64>,
    /// Kept and shown; nothing is counted here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analytics_configuration: Option<Value>,
    /// Kept and shown; threat protection is not part of this pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_propagate_additional_user_context_data: Option<bool>,
    /// A refresh replaces the refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_rotation: Option<RefreshTokenRotation>,
}

/// `RefreshTokenRotation`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RefreshTokenRotation {
    /// `ENABLED` or `DISABLED`.
    pub feature: String,
    /// Seconds for which the replaced token still works, 0 to 60.
    pub retry_grace_period_seconds: i64,
}

impl ClientSettings {
    /// A public client for passwords and refresh, named `name`, that hides whether a user exists and lets people write
    /// only their address and name.
    pub fn for_passwords(name: impl Into<String>) -> Self {
        Self {
            client_name: name.into(),
            explicit_auth_flows: [
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ]
            .map(str::to_owned)
            .to_vec(),
            write_attributes: ["email", "name"].map(str::to_owned).to_vec(),
            prevent_user_existence_errors: Some("ENABLED".to_owned()),
            supported_identity_providers: vec!["COGNITO".to_owned()],
            ..Self::default()
        }
    }

    /// A public client for custom challenges and refresh alone, named `name`, that hides whether a user exists and lets
    /// people write only their address and name.
    pub fn for_challenges(name: impl Into<String>) -> Self {
        Self {
            explicit_auth_flows: ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec(),
            ..Self::for_passwords(name)
        }
    }

    /// A machine's client with `scopes`, for the client credentials grant.
    pub fn for_machine(name: impl Into<String>, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            client_name: name.into(),
            explicit_auth_flows: vec!["ALLOW_REFRESH_TOKEN_AUTH".to_owned()],
            allowed_oauth_flows: vec!["client_credentials".to_owned()],
            allowed_oauth_scopes: scopes.into_iter().map(Into::into).collect(),
            allowed_oauth_flows_user_pool_client: Some(true),
            ..Self::default()
        }
    }

    pub(crate) fn rotates_refresh_tokens(&self) -> bool {
        self.refresh_token_rotation.as_ref().is_some_and(|rotation| rotation.feature == "ENABLED")
    }

    /// Is a flow such as `USER_PASSWORD_AUTH` open? The old names count too.
    pub(crate) fn allows_flow(&self, flow: &str) -> bool {
        if self.explicit_auth_flows.is_empty() {
            return matches!(flow, "REFRESH_TOKEN_AUTH" | "USER_SRP_AUTH" | "CUSTOM_AUTH");
        }
        let listed = |wanted: &str| self.explicit_auth_flows.iter().any(|name| name == wanted);
        if self.explicit_auth_flows.iter().all(|name| name.starts_with("ALLOW_")) {
            return self.explicit_auth_flows.iter().any(|name| name.strip_prefix("ALLOW_") == Some(flow));
        }
        // The old names add to the default, which one of them narrows to custom challenges.
        match flow {
            "REFRESH_TOKEN_AUTH" | "CUSTOM_AUTH" => true,
            "USER_SRP_AUTH" => !listed("CUSTOM_AUTH_FLOW_ONLY"),
            "ADMIN_USER_PASSWORD_AUTH" => listed("ADMIN_NO_SRP_AUTH"),
            _ => listed(flow),
        }
    }

    pub(crate) fn hides_users(&self) -> bool {
        self.prevent_user_existence_errors.as_deref() == Some("ENABLED")
    }

    pub(crate) fn may_read(&self, attribute: &str) -> bool {
        self.read_attributes.is_empty()
            || attribute == "sub"
            || attribute == "identities"
            || self.read_attributes.iter().any(|name| name == attribute)
    }

    pub(crate) fn may_write(&self, attribute: &str) -> bool {
        self.write_attributes.is_empty() || self.write_attributes.iter().any(|name| name == attribute)
    }

    pub(crate) fn access_token_seconds(&self) -> i64 {
        self.seconds(self.access_token_validity, "AccessToken", "hours", 3_600)
    }

    pub(crate) fn id_token_seconds(&self) -> i64 {
        self.seconds(self.id_token_validity, "IdToken", "hours", 3_600)
    }

    pub(crate) fn refresh_token_seconds(&self) -> i64 {
        self.seconds(self.refresh_token_validity, "RefreshToken", "days", 30 * 86_400)
    }

    pub(crate) fn session_seconds(&self) -> i64 {
        self.auth_session_validity.unwrap_or(3) * 60
    }

    fn seconds(&self, validity: Option<i64>, token: &str, unit: &str, default: i64) -> i64 {
        // Zero means "not given" for the refresh token, as in the API.
        let Some(validity) = validity.filter(|validity| *validity > 0) else { return default };
        let unit = self.token_validity_units.get(token).map_or(unit, String::as_str);
        let factor = match unit {
            "seconds" => 1,
            "minutes" => 60,
            "days" => 86_400,
            _ => 3_600,
        };
        validity.saturating_mul(factor)
    }
}

/// An app client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) settings: ClientSettings,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl Client {
    /// Checks `SECRET_HASH`: Base64 of HMAC-SHA-256 of username and client id under the secret (Amazon Cognito,
    /// "Computing secret hash values").
    pub(crate) fn check_secret_hash(&self, given: Option<&str>, username: &str) -> Result<(), ApiError> {
        let Some(secret) = &self.secret else {
            return match given {
                None | Some("") => Ok(()),
                Some(_) => Err(ApiError::not_authorized(format!(
                    "Client {} is not configured with a secret, but a secret hash was received",
                    self.id
                ))),
            };
        };
        let Some(given) = given else {
            return Err(ApiError::not_authorized(format!(
                "Client {} is configured with secret but SECRET_HASH was not received",
                self.id
            )));
        };
        let expected = STANDARD.encode(hmac(secret.as_bytes(), &[username.as_bytes(), self.id.as_bytes()]));
        if expected == given {
            Ok(())
        } else {
            Err(ApiError::not_authorized(format!("Unable to verify secret hash for client {}", self.id)))
        }
    }

    /// Checks the secret itself, where the API or the token endpoint takes it.
    pub(crate) fn has_secret(&self, given: Option<&str>) -> bool {
        match (&self.secret, given) {
            (None, None) => true,
            (Some(secret), Some(given)) => {
                hmac(b"compare", &[secret.as_bytes()]) == hmac(b"compare", &[given.as_bytes()])
            }
            _ => false,
        }
    }

    /// As Create-, Describe- and `UpdateUserPoolClient` show it, defaults filled in.
    pub(crate) fn to_wire(&self, pool: &str) -> Value {
        let mut wire = serde_json::to_value(&self.settings).unwrap_or_else(|_| json!({}));
        let Some(fields) = wire.as_object_mut() else { return wire };
        fields.insert("UserPoolId".to_owned(), json!(pool));
        fields.insert("ClientId".to_owned(), json!(self.id));
        if let Some(secret) = &self.secret {
            fields.insert("ClientSecret".to_owned(), json!(secret));
        }
        fields.insert("CreationDate".to_owned(), json!(seconds(self.created)));
        fields.insert("LastModifiedDate".to_owned(), json!(seconds(self.modified)));
        for (name, default) in [
            ("RefreshTokenValidity", json!(30)),
            ("AllowedOAuthFlowsUserPoolClient", json!(false)),
            ("EnableTokenRevocation", json!(true)),
            ("EnablePropagateAdditionalUserContextData", json!(false)),
            ("AuthSessionValidity", json!(3)),
            ("TokenValidityUnits", json!({})),
        ] {
            fields.entry(name).or_insert(default);
        }
        wire
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_the_flows_that_are_listed_and_no_others() {
        let flows = |names: &[&str]| ClientSettings {
            explicit_auth_flows: names.iter().map(|name| (*name).to_owned()).collect(),
            ..ClientSettings::default()
        };
        for (names, flow, open) in [
            (&[][..], "REFRESH_TOKEN_AUTH", true),
            (&[][..], "USER_PASSWORD_AUTH", false),
            (&["ALLOW_USER_PASSWORD_AUTH"][..], "USER_PASSWORD_AUTH", true),
            (&["ALLOW_USER_PASSWORD_AUTH"][..], "REFRESH_TOKEN_AUTH", false),
            (&["USER_PASSWORD_AUTH"][..], "REFRESH_TOKEN_AUTH", true),
            (&["ADMIN_NO_SRP_AUTH"][..], "ADMIN_USER_PASSWORD_AUTH", true),
            (&["ADMIN_NO_SRP_AUTH"][..], "USER_SRP_AUTH", true),
            (&["ADMIN_NO_SRP_AUTH"][..], "USER_PASSWORD_AUTH", false),
            (&["CUSTOM_AUTH_FLOW_ONLY"][..], "CUSTOM_AUTH", true),
            (&["CUSTOM_AUTH_FLOW_ONLY"][..], "USER_SRP_AUTH", false),
            (&["ALLOW_CUSTOM_AUTH"][..], "CUSTOM_AUTH", true),
            (&["ALLOW_CUSTOM_AUTH"][..], "USER_SRP_AUTH", false),
            (&["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"][..], "ADMIN_USER_PASSWORD_AUTH", false),
        ] {
            assert_eq!(flows(names).allows_flow(flow), open, "{names:?} {flow}");
        }
    }

    #[test]
    fn counts_validity_in_its_unit() {
        let settings: ClientSettings = serde_json::from_value(json!({
            "AccessTokenValidity": 5, "TokenValidityUnits": { "AccessToken": "minutes" }, "RefreshTokenValidity": 2
        }))
        .unwrap();
        assert_eq!(settings.access_token_seconds(), 300);
        assert_eq!(settings.id_token_seconds(), 3_600);
        assert_eq!(settings.refresh_token_seconds(), 172_800);
    }
}
