//! `ForgotPassword` and `ConfirmForgotPassword`.

use serde::Deserialize;
use serde_json::json;

use super::Answer;
use super::sign_up::{check_code, unknown};
use crate::error::ApiError;
use crate::outbox::MailKind;
use crate::password::Password;
use crate::server::Service;
use crate::tokens::later;
use crate::triggers::{Metadata, post_confirmation};
use crate::user::{Code, PASSWORD_CODE_SECONDS, Status};
use crate::wire::delivery;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Forgot {
    client_id: String,
    username: String,
    #[serde(default)]
    secret_hash: Option<String>,
}

pub(super) fn forgot(service: &Service, input: &Forgot) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    client.check_secret_hash(input.secret_hash.as_deref(), &input.username)?;
    let code = Code { code: service.random.code(), expires: later(service.clock.now(), PASSWORD_CODE_SECONDS) };
    let user = {
        let mut contents = pool.contents();
        let Some(user) = contents.user_mut(&input.username) else {
            // An invented delivery: nobody learns who has an account.
            if client.settings.hides_users() {
                return Ok(json!({ "CodeDeliveryDetails": delivery(&input.username) }));
            }
            return Err(unknown(&client, ApiError::no_such_user));
        };
        if !user.enabled {
            return Err(ApiError::not_authorized("User is disabled."));
        }
        if matches!(user.status, Status::ForceChangePassword | Status::ExternalProvider) {
            return Err(ApiError::not_authorized("User password cannot be reset in the current state."));
        }
        if !user.email_is_verified() {
            return Err(ApiError::invalid_parameter(
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            ));
        }
        user.password_code = Some(code.clone());
        user.clone()
    };
    let to = user.email().unwrap_or_default();
    service.mail(&pool, &user, to, MailKind::ForgotPassword, &code.code);
    Ok(json!({ "CodeDeliveryDetails": delivery(to) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Confirm {
    client_id: String,
    username: String,
    confirmation_code: String,
    password: String,
    #[serde(default)]
    secret_hash: Option<String>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

/// Post confirmation fires as `PostConfirmation_ConfirmForgotPassword`.
pub(super) async fn confirm(service: &Service, input: Confirm) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    client.check_secret_hash(input.secret_hash.as_deref(), &input.username)?;
    pool.settings().password_policy.check(&input.password)?;
    let now = service.clock.now();
    let expired = || ApiError::expired_code("Invalid code provided, please request a code again.");
    let user = {
        let mut contents = pool.contents();
        let Some(user) = contents.user_mut(&input.username) else { return Err(unknown(&client, expired)) };
        let code = user.password_code.as_ref().ok_or_else(expired)?;
        check_code(code, &input.confirmation_code, now)?;
        user.password_code = None;
        user.password = Some(Password::new(pool.id(), &user.username, &input.password, &service.random));
        user.status = Status::Confirmed;
        // The code came to this address.
        user.set("email_verified", "true");
        user.modified = now;
        user.clone()
    };
    let source = post_confirmation::Source::ConfirmForgotPassword;
    post_confirmation::fire(service, &pool, source, &user, Some(&client.id), input.client_metadata.as_ref()).await?;
    Ok(json!({}))
}
