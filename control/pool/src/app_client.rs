//! An app client as its pool has it: the settings by which somebody could get around a policy.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType,
    UserPoolClientType,
};
use jiff::SignedDuration;

/// An app client's governed settings. Words are the API's.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, not a state")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppClient {
    /// `ClientName`.
    pub name: String,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// `ExplicitAuthFlows` as listed; empty means Cognito's default. [`AppClient::open_flows`] says what it comes to.
    pub auth_flows: BTreeSet<String>,
    /// `AllowedOAuthFlowsUserPoolClient`: without it nothing of OAuth counts.
    pub oauth: bool,
    /// `AllowedOAuthFlows`.
    pub oauth_flows: BTreeSet<String>,
    /// `AllowedOAuthScopes`.
    pub oauth_scopes: BTreeSet<String>,
    /// Whether managed login knows where to send people afterwards.
    pub has_callback: bool,
    /// `SupportedIdentityProviders`.
    pub providers: BTreeSet<String>,
    /// `ReadAttributes`; empty means Cognito's default.
    pub read_attributes: BTreeSet<String>,
    /// `WriteAttributes`; empty means Cognito's default.
    pub write_attributes: BTreeSet<String>,
    /// How long an access token is good.
    pub access_token: SignedDuration,
    /// How long an ID token is good.
    pub id_token: SignedDuration,
    /// How long a refresh token is good.
    pub refresh_token: SignedDuration,
    /// Whether a refresh replaces the refresh token: Cognito then refuses `ALLOW_REFRESH_TOKEN_AUTH`.
    pub rotates_refresh_tokens: bool,
    /// `EnableTokenRevocation`.
    pub revokes_tokens: bool,
    /// `PreventUserExistenceErrors` is `ENABLED`.
    pub hides_users: bool,
    /// How long one step of a sign-in may take (`AuthSessionValidity`).
    pub session: SignedDuration,
}

pub(crate) const CUSTOM: &str = "ALLOW_CUSTOM_AUTH";
pub(crate) const REFRESH: &str = "ALLOW_REFRESH_TOKEN_AUTH";
pub(crate) const SRP: &str = "ALLOW_USER_SRP_AUTH";
pub(crate) const PASSWORD: &str = "ALLOW_USER_PASSWORD_AUTH";
pub(crate) const ADMIN: &str = "ALLOW_ADMIN_USER_PASSWORD_AUTH";
/// The provider that stands for the pool's own users.
pub(crate) const COGNITO: &str = "COGNITO";
/// The OAuth flow of people's apps.
pub(crate) const CODE: &str = "code";
/// The OAuth flow that is no longer recommended.
pub(crate) const IMPLICIT: &str = "implicit";
/// The OAuth flow of machines.
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";

impl AppClient {
    /// What of a described client is governed.
    pub fn of(client: &UserPoolClientType) -> Self {
        let units = client.token_validity_units.as_ref();
        let hour = SignedDuration::from_hours(1);
        let month = SignedDuration::from_hours(30 * 24);
        let validity = |value: Option<i32>, unit: Option<&TimeUnitsType>, usual: &TimeUnitsType, absent| match value {
            // Zero is how Cognito says "not given" for the refresh token.
            None | Some(0) => absent,
            Some(value) => lasting(value, unit.unwrap_or(usual)),
        };
        Self {
            name: client.client_name().unwrap_or_default().to_owned(),
            has_secret: client.client_secret.is_some(),
            auth_flows: words(client.explicit_auth_flows().iter().map(ExplicitAuthFlowsType::as_str)),
            oauth: client.allowed_o_auth_flows_user_pool_client() == Some(true),
            oauth_flows: words(client.allowed_o_auth_flows().iter().map(OAuthFlowType::as_str)),
            oauth_scopes: words(client.allowed_o_auth_scopes()),
            has_callback: !client.callback_urls().is_empty(),
            providers: words(client.supported_identity_providers()),
            read_attributes: words(client.read_attributes()),
            write_attributes: words(client.write_attributes()),
            access_token: validity(
                client.access_token_validity,
                units.and_then(|units| units.access_token()),
                &TimeUnitsType::Hours,
                hour,
            ),
            id_token: validity(
                client.id_token_validity,
                units.and_then(|units| units.id_token()),
                &TimeUnitsType::Hours,
                hour,
            ),
            refresh_token: validity(
                Some(client.refresh_token_validity),
                units.and_then(|units| units.refresh_token()),
                &TimeUnitsType::Days,
                month,
            ),
            rotates_refresh_tokens: client
                .refresh_token_rotation()
                .is_some_and(|rotation| *rotation.feature() == FeatureType::Enabled),
            // Clients from before there was revocation do not have it until somebody switches it on.
            revokes_tokens: client.enable_token_revocation() == Some(true),
            hides_users: client.prevent_user_existence_errors() == Some(&PreventUserExistenceErrorTypes::Enabled),
            session: SignedDuration::from_mins(i64::from(client.auth_session_validity().unwrap_or(3))),
        }
    }

    /// The flows that are really open, by their present names: an empty list and the names of old mean more than they say.
    pub fn open_flows(&self) -> BTreeSet<String> {
        let mut open = BTreeSet::new();
        let mut old = false;
        for flow in &self.auth_flows {
            let name = match flow.as_str() {
                "ADMIN_NO_SRP_AUTH" => ADMIN,
                "USER_PASSWORD_AUTH" => PASSWORD,
                "CUSTOM_AUTH_FLOW_ONLY" => CUSTOM,
                present => {
                    open.insert(present.to_owned());
                    continue;
                }
            };
            old = true;
            open.insert(name.to_owned());
        }
        if old || self.auth_flows.is_empty() {
            // Beside the names of old, refresh needs none, and SRP is open unless they say custom alone.
            if !self.rotates_refresh_tokens {
                open.insert(REFRESH.to_owned());
            }
            if !self.auth_flows.contains("CUSTOM_AUTH_FLOW_ONLY") {
                open.extend(words([SRP, CUSTOM]));
            }
        }
        open
    }

    /// The OAuth flows that count.
    pub fn open_oauth_flows(&self) -> BTreeSet<String> {
        if self.oauth { self.oauth_flows.clone() } else { BTreeSet::new() }
    }

    /// Whether people can sign in at managed login.
    pub fn has_managed_login(&self) -> bool {
        let open = self.open_oauth_flows();
        open.contains(CODE) || open.contains(IMPLICIT)
    }
}

fn lasting(value: i32, unit: &TimeUnitsType) -> SignedDuration {
    let value = i64::from(value);
    let seconds = match unit {
        TimeUnitsType::Seconds => value,
        TimeUnitsType::Minutes => value * 60,
        TimeUnitsType::Days => value * 86_400,
        // Hours, and whatever unit may come: longer than it is, so that it shows.
        _ => value * 3_600,
    };
    SignedDuration::from_secs(seconds)
}

pub(crate) fn words<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    texts.into_iter().map(|text| text.as_ref().to_owned()).collect()
}
