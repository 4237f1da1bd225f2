//! What Cognito refuses in an app client's settings.

use super::attributes;
use crate::client::ClientSettings;
use crate::error::ApiError;
use crate::pool::Pool;

/// Scopes that every pool has.
const STANDARD_SCOPES: [&str; 5] = ["phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"];

const FLOWS: [&str; 9] = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH",
];
const OAUTH_FLOWS: [&str; 3] = ["implicit", "client_credentials", "code"];
const UNITS: [&str; 4] = ["seconds", "minutes", "hours", "days"];
const EXISTENCE: [&str; 2] = ["LEGACY", "ENABLED"];

/// Minutes that a challenge's session may live.
const SESSION_MINUTES: (i64, i64) = (3, 15);
/// Five minutes to a day.
const TOKEN_SECONDS: (i64, i64) = (300, 86_400);
/// An hour to ten years.
const REFRESH_TOKEN_SECONDS: (i64, i64) = (3_600, 315_360_000);
/// Seconds for which a replaced refresh token may still work.
const GRACE_SECONDS: (i64, i64) = (0, 60);

/// A client that is made or changed.
pub(super) struct Candidate<'a> {
    pub(super) settings: &'a ClientSettings,
    pub(super) has_secret: bool,
    /// `creating` or `updating`, for Cognito's sentences.
    pub(super) doing: &'a str,
}

pub(super) fn check(pool: &Pool, candidate: &Candidate<'_>) -> Result<(), ApiError> {
    check_words(candidate.settings)?;
    check_numbers(candidate.settings)?;
    check_flows(candidate.settings)?;
    check_oauth(candidate)?;
    check_attributes(pool, candidate)?;
    check_names(pool, candidate.settings)
}

fn check_words(settings: &ClientSettings) -> Result<(), ApiError> {
    let existence = settings.prevent_user_existence_errors.iter();
    one_of("explicitAuthFlows", settings.explicit_auth_flows.iter(), &FLOWS)?;
    one_of("allowedOAuthFlows", settings.allowed_oauth_flows.iter(), &OAUTH_FLOWS)?;
    one_of("tokenValidityUnits", settings.token_validity_units.values(), &UNITS)?;
    one_of("preventUserExistenceErrors", existence, &EXISTENCE)
}

fn one_of<'a>(field: &str, given: impl Iterator<Item = &'a String>, known: &[&str]) -> Result<(), ApiError> {
    for value in given {
        if !known.contains(&value.as_str()) {
            return Err(ApiError::invalid_parameter(format!(
                "1 validation error detected: Value '[{value}]' at '{field}' failed to satisfy constraint: Member must \
                 satisfy enum value set: [{}]",
                known.join(", ")
            )));
        }
    }
    Ok(())
}

fn check_numbers(settings: &ClientSettings) -> Result<(), ApiError> {
    within("authSessionValidity", settings.auth_session_validity, SESSION_MINUTES)?;
    let grace = settings.refresh_token_rotation.as_ref().map(|rotation| rotation.retry_grace_period_seconds);
    within("refreshTokenRotation.retryGracePeriodSeconds", grace, GRACE_SECONDS)?;
    for (seconds, (least, most)) in [
        (settings.access_token_seconds(), TOKEN_SECONDS),
        (settings.id_token_seconds(), TOKEN_SECONDS),
        (settings.refresh_token_seconds(), REFRESH_TOKEN_SECONDS),
    ] {
        if !(least..=most).contains(&seconds) {
            return Err(ApiError::invalid_parameter("Invalid range for token validity."));
        }
    }
    Ok(())
}

fn within(field: &str, given: Option<i64>, (least, most): (i64, i64)) -> Result<(), ApiError> {
    let refuse = |value, what| {
        Err(ApiError::invalid_parameter(format!(
            "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must have \
             value {what}"
        )))
    };
    match given {
        Some(value) if value < least => refuse(value, format!("greater than or equal to {least}")),
        Some(value) if value > most => refuse(value, format!("less than or equal to {most}")),
        _ => Ok(()),
    }
}

fn check_flows(settings: &ClientSettings) -> Result<(), ApiError> {
    let flows = &settings.explicit_auth_flows;
    let new = flows.iter().filter(|flow| flow.starts_with("ALLOW_")).count();
    // The rule is the API reference's, the sentence is ours.
    if new > 0 && new < flows.len() {
        return Err(ApiError::invalid_parameter(
            "ExplicitAuthFlows with the prefix ALLOW_ cannot be combined with those without it.",
        ));
    }
    if settings.rotates_refresh_tokens() && flows.iter().any(|flow| flow == "ALLOW_REFRESH_TOKEN_AUTH") {
        return Err(ApiError::invalid_parameter(
            "Refresh token rotation cannot be enabled with ALLOW_REFRESH_TOKEN_AUTH in ExplicitAuthFlows.",
        ));
    }
    Ok(())
}

fn check_oauth(candidate: &Candidate<'_>) -> Result<(), ApiError> {
    let settings = candidate.settings;
    let (flows, scopes) = (&settings.allowed_oauth_flows, &settings.allowed_oauth_scopes);
    let enabled = settings.allowed_oauth_flows_user_pool_client == Some(true);
    if enabled && (flows.is_empty() || scopes.is_empty()) {
        return Err(ApiError::invalid_oauth_flow(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
        ));
    }
    if flows.iter().any(|flow| flow == "client_credentials") {
        if flows.len() > 1 {
            return Err(ApiError::invalid_oauth_flow(
                "client_credentials flow can not be selected along with code flow or implicit flow.",
            ));
        }
        if !candidate.has_secret {
            return Err(ApiError::invalid_oauth_flow(
                "client_credentials flow can not be selected if client does not have a client secret.",
            ));
        }
        if let Some(scope) = scopes.iter().find(|scope| STANDARD_SCOPES.contains(&scope.as_str())) {
            return Err(ApiError::invalid_oauth_flow(format!("{scope} is not supported with client_credentials flow")));
        }
    }
    Ok(())
}

/// A client must be able to write the address: it is required in these pools.
fn check_attributes(pool: &Pool, candidate: &Candidate<'_>) -> Result<(), ApiError> {
    let Candidate { settings, doing, .. } = candidate;
    let written = &settings.write_attributes;
    let unwritable = |name: &String| name.ends_with("_verified") || !attributes::exists(pool, name);
    if written.iter().any(unwritable) || !written.is_empty() && !written.iter().any(|name| name == "email") {
        return Err(ApiError::invalid_parameter(format!("Invalid write attributes specified while {doing} a client")));
    }
    let readable = |name: &String| matches!(name.as_str(), "sub" | "identities") || attributes::exists(pool, name);
    if !settings.read_attributes.iter().all(readable) {
        return Err(ApiError::invalid_parameter(format!("Invalid read attributes specified while {doing} a client")));
    }
    Ok(())
}

fn check_names(pool: &Pool, settings: &ClientSettings) -> Result<(), ApiError> {
    let known = pool.settings();
    for scope in &settings.allowed_oauth_scopes {
        let custom = scope.rsplit_once('/').is_some_and(|(identifier, name)| {
            let servers = &known.resource_servers;
            servers
                .iter()
                .any(|server| server.identifier == identifier && server.scopes.iter().any(|scope| scope == name))
        });
        if !custom && !STANDARD_SCOPES.contains(&scope.as_str()) {
            return Err(ApiError::scope_does_not_exist(format!("Invalid scope requested: {scope}")));
        }
    }
    for provider in &settings.supported_identity_providers {
        if provider != "COGNITO" && !known.providers.iter().any(|known| known.name == *provider) {
            return Err(ApiError::invalid_parameter(format!(
                "The provider {provider} does not exist for User Pool {}.",
                pool.id()
            )));
        }
    }
    Ok(())
}
