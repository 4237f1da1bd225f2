//! `InitiateAuth` and its administrators' twin: sign-in and refresh.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::challenges::ask_for_new_password;
use super::{Answer, by_srp, custom};
use crate::client::Client;
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;
use crate::tokens::{self, Issued, SignIn};
use crate::triggers::Metadata;
use crate::triggers::pre_token_generation::Source;
use crate::user::{Status, User};

pub(super) type Parameters = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InitiateAuth {
    #[serde(default)]
    user_pool_id: Option<String>,
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: Parameters,
}

/// Who calls: the app, or an administrator with AWS credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    App,
    Administrator,
}

// ClientMetadata of InitiateAuth reaches pre authentication and user migration, which are not part of this pool: neither
// pre token generation nor anything else sees it.
pub(super) async fn initiate(service: &Service, input: InitiateAuth) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    start(service, &pool, &input, Caller::App).await
}

pub(super) async fn admin_initiate(service: &Service, input: InitiateAuth) -> Answer {
    let pool = admin_pool(service, input.user_pool_id.as_deref())?;
    start(service, &pool, &input, Caller::Administrator).await
}

pub(super) fn admin_pool(service: &Service, id: Option<&str>) -> Result<Arc<Pool>, ApiError> {
    service.pool(id.ok_or_else(|| ApiError::missing("UserPoolId"))?)
}

async fn start(service: &Service, pool: &Pool, input: &InitiateAuth, caller: Caller) -> Answer {
    let client = pool.client(&input.client_id)?;
    let flow = input.auth_flow.as_str();
    match (flow, caller) {
        ("USER_PASSWORD_AUTH", _) => {
            allow(&client, "USER_PASSWORD_AUTH", || {
                ApiError::invalid_parameter("USER_PASSWORD_AUTH flow not enabled for this client")
            })?;
            by_password(service, pool, &client, &input.auth_parameters).await
        }
        ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", Caller::Administrator) => {
            allow(&client, "ADMIN_USER_PASSWORD_AUTH", || {
                ApiError::invalid_parameter("Auth flow not enabled for this client")
            })?;
            by_password(service, pool, &client, &input.auth_parameters).await
        }
        ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", Caller::App) => {
            Err(ApiError::invalid_parameter("Initiate Auth method not supported."))
        }
        ("REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN", _) => {
            allow(&client, "REFRESH_TOKEN_AUTH", || {
                ApiError::invalid_parameter("Auth flow not enabled for this client")
            })?;
            by_refresh_token(service, pool, &client, &input.auth_parameters).await
        }
        ("CUSTOM_AUTH", _) => {
            allow(&client, "CUSTOM_AUTH", || {
                ApiError::invalid_parameter("CUSTOM_AUTH is not enabled for the client.")
            })?;
            custom::start(service, pool, &client, &input.auth_parameters).await
        }
        ("USER_SRP_AUTH", _) => {
            allow(&client, "USER_SRP_AUTH", || {
                ApiError::invalid_parameter("USER_SRP_AUTH is not enabled for the client.")
            })?;
            by_srp::start(service, pool, &client, &input.auth_parameters)
        }
        ("USER_AUTH", _) => Err(ApiError::invalid_parameter(format!(
            "{flow} is not part of this local user pool; it speaks USER_SRP_AUTH, CUSTOM_AUTH, USER_PASSWORD_AUTH, \
             ADMIN_USER_PASSWORD_AUTH and REFRESH_TOKEN_AUTH."
        ))),
        _ => Err(ApiError::invalid_parameter(format!(
            "1 validation error detected: Value '{flow}' at 'authFlow' failed to satisfy constraint: Member must satisfy \
             enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, \
             USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]"
        ))),
    }
}

fn allow(client: &Client, flow: &str, refusal: impl FnOnce() -> ApiError) -> Result<(), ApiError> {
    if client.settings.allows_flow(flow) { Ok(()) } else { Err(refusal()) }
}

pub(super) fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, ApiError> {
    parameters.get(name).map(String::as_str).ok_or_else(|| ApiError::missing(name))
}

async fn by_password(service: &Service, pool: &Pool, client: &Client, parameters: &Parameters) -> Answer {
    let username = parameter(parameters, "USERNAME")?;
    let password = parameter(parameters, "PASSWORD")?;
    client.check_secret_hash(parameters.get("SECRET_HASH").map(String::as_str), username)?;
    let user = check_password(service, pool, client, username, password)?;
    after_password(service, pool, client, &user, None).await
}

/// Tokens, or the question for a new password.
pub(super) async fn after_password(
    service: &Service,
    pool: &Pool,
    client: &Client,
    user: &User,
    metadata: Option<&Metadata>,
) -> Answer {
    if user.status == Status::ForceChangePassword {
        return Ok(ask_for_new_password(service, pool, client, user));
    }
    let how = SignIn::by_api(Source::Authentication, metadata);
    Ok(result(&tokens::sign_in(service, pool, client, user, how).await?))
}

/// The user whose password this is, if he may sign in, or must only choose a new one.
pub(crate) fn check_password(
    service: &Service,
    pool: &Pool,
    client: &Client,
    username: &str,
    password: &str,
) -> Result<User, ApiError> {
    let mut contents = pool.contents();
    let Some(user) = contents.user_mut(username) else {
        return Err(if client.settings.hides_users() { ApiError::bad_credentials() } else { ApiError::no_such_user() });
    };
    user.try_password(service.clock.now(), client.settings.hides_users(), |known| known.is(password))?;
    Ok(user.clone())
}

async fn by_refresh_token(service: &Service, pool: &Pool, client: &Client, parameters: &Parameters) -> Answer {
    let token = parameter(parameters, "REFRESH_TOKEN")?;
    let (grant, user) = tokens::refreshable(service, pool, client, token)?;
    // The hash is over the userName here, whatever the person typed at sign-in.
    client.check_secret_hash(parameters.get("SECRET_HASH").map(String::as_str), &user.username)?;
    let issued = tokens::issue(service, pool, client, &user, &grant, Source::RefreshTokens, None).await?;
    Ok(result(&issued))
}

pub(super) fn result(issued: &Issued) -> Value {
    json!({ "AuthenticationResult": authentication_result(issued), "ChallengeParameters": {} })
}

pub(super) fn authentication_result(issued: &Issued) -> Value {
    let mut result = json!({
        "AccessToken": issued.access_token,
        "ExpiresIn": issued.expires_in,
        "TokenType": "Bearer",
    });
    for (name, token) in [("IdToken", &issued.id_token), ("RefreshToken", &issued.refresh_token)] {
        if let (Some(result), Some(token)) = (result.as_object_mut(), token) {
            result.insert(name.to_owned(), json!(token));
        }
    }
    result
}
