//! The user pool API: `POST /` with `X-Amz-Target`, AWS JSON 1.1. One file per family of operations.

mod account;
mod admin;
mod attributes;
mod auth;
mod by_srp;
mod challenges;
mod client_rules;
mod clients;
mod custom;
mod forgot_password;
mod groups;
mod links;
mod list_users;
mod pools;
mod providers;
mod refresh;
mod sign_up;
mod update_pool;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ApiError;
use crate::server::Service;

pub(crate) use auth::check_password;

/// What an operation answers.
type Answer = Result<Value, ApiError>;

const TARGET: &str = "AWSCognitoIdentityProviderService.";

pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let Some(operation) = target.strip_prefix(TARGET) else {
        return ApiError::unknown_operation("The operation is missing from X-Amz-Target.").into_response();
    };
    let Ok(body) = body else {
        return ApiError::request_too_large("The request is larger than this local user pool takes.").into_response();
    };
    let signed = headers.contains_key("authorization");
    // The operation outlives a caller who hangs up, as it does at AWS: a commit is never half done.
    let operation = operation.to_owned();
    let request_id = service.random.uuid();
    let answer = tokio::spawn(async move { dispatch(&service, &operation, signed, &body).await }).await;
    let mut response = match answer {
        Ok(Ok(value)) => ([("content-type", "application/x-amz-json-1.1")], value.to_string()).into_response(),
        Ok(Err(error)) => error.into_response(),
        Err(_) => ApiError::internal("The operation ended unexpectedly.").into_response(),
    };
    if let Ok(id) = request_id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

async fn dispatch(service: &Service, operation: &str, signed: bool, body: &[u8]) -> Answer {
    // Any credentials do, but an administrator's call without a signature would fail at AWS, so it fails here.
    if !signed && !PUBLIC.contains(&operation) {
        return Err(ApiError::missing_authentication("Missing Authentication Token"));
    }
    match operation {
        "SignUp" => sign_up::sign_up(service, read(body)?).await,
        "ConfirmSignUp" => sign_up::confirm(service, read(body)?).await,
        "ResendConfirmationCode" => sign_up::resend(service, &read(body)?),
        "InitiateAuth" => auth::initiate(service, read(body)?).await,
        "AdminInitiateAuth" => auth::admin_initiate(service, read(body)?).await,
        "RespondToAuthChallenge" => challenges::respond(service, read(body)?).await,
        "AdminRespondToAuthChallenge" => challenges::admin_respond(service, read(body)?).await,
        "GetTokensFromRefreshToken" => refresh::tokens_from_refresh_token(service, read(body)?).await,
        "RevokeToken" => refresh::revoke(service, &read(body)?),
        "AdminCreateUser" => admin::create(service, read(body)?).await,
        "AdminSetUserPassword" => admin::set_password(service, &read(body)?),
        "AdminResetUserPassword" => admin::reset_password(service, &read(body)?),
        "AdminConfirmSignUp" => admin::confirm_sign_up(service, read(body)?).await,
        "AdminGetUser" => admin::get(service, &read(body)?),
        "AdminUpdateUserAttributes" => admin::update_attributes(service, &read(body)?),
        "AdminDeleteUser" => admin::delete(service, &read(body)?),
        "AdminLinkProviderForUser" => links::link(service, read(body)?),
        "AdminDisableUser" => admin::enable(service, &read(body)?, false),
        "AdminEnableUser" => admin::enable(service, &read(body)?, true),
        "AdminUserGlobalSignOut" => admin::sign_out(service, &read(body)?),
        "ListUsers" => list_users::list(service, &read(body)?),
        "GetUser" => account::get(service, &read(body)?).await,
        "DeleteUser" => account::delete(service, &read(body)?).await,
        "UpdateUserAttributes" => account::update_attributes(service, &read(body)?).await,
        "GetUserAttributeVerificationCode" => account::send_attribute_code(service, &read(body)?).await,
        "VerifyUserAttribute" => account::verify_attribute(service, &read(body)?).await,
        "ChangePassword" => account::change_password(service, &read(body)?).await,
        "GlobalSignOut" => account::sign_out(service, &read(body)?).await,
        "ForgotPassword" => forgot_password::forgot(service, &read(body)?),
        "ConfirmForgotPassword" => forgot_password::confirm(service, read(body)?).await,
        "CreateGroup" => groups::create(service, read(body)?),
        "AdminAddUserToGroup" => groups::add_user(service, &read(body)?),
        "AdminRemoveUserFromGroup" => groups::remove_user(service, &read(body)?),
        "AdminListGroupsForUser" => groups::of_user(service, &read(body)?),
        "CreateUserPoolClient" => clients::create(service, body),
        "DescribeUserPoolClient" => clients::describe(service, &read(body)?),
        "UpdateUserPoolClient" => clients::update(service, body),
        "DeleteUserPoolClient" => clients::delete(service, &read(body)?),
        "ListUserPoolClients" => clients::list(service, &read(body)?),
        "ListIdentityProviders" => providers::list(service, &read(body)?),
        "DescribeUserPool" => pools::describe(service, &read(body)?),
        "GetUserPoolMfaConfig" => pools::factors(service, &read(body)?),
        "UpdateUserPool" => update_pool::update(service, body),
        _ => Err(ApiError::unknown_operation(format!("{operation} is not part of this local user pool."))),
    }
}

/// Operations that need no AWS credentials.
const PUBLIC: [&str; 16] = [
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "InitiateAuth",
    "RespondToAuthChallenge",
    "GetTokensFromRefreshToken",
    "RevokeToken",
    "GetUser",
    "DeleteUser",
    "UpdateUserAttributes",
    "GetUserAttributeVerificationCode",
    "VerifyUserAttribute",
    "ChangePassword",
    "GlobalSignOut",
    "ForgotPassword",
    "ConfirmForgotPassword",
];

/// Reads an operation's input. Unknown fields are left alone; a missing or mistyped one is the caller's error.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// Says it as Cognito does: whoever knows its API knows nothing of our parser.
fn unreadable(error: &serde_json::Error) -> ApiError {
    if !error.is_data() {
        return ApiError::serialization("The request is not JSON.");
    }
    let said = error.to_string();
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let Some(missing) = missing else {
        return ApiError::serialization("A value in the request is of a type that this operation does not take there.");
    };
    let mut letters = missing.chars();
    let name: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
    ApiError::invalid_parameter(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}
