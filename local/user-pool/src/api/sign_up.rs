//! `SignUp`, `ConfirmSignUp`, `ResendConfirmationCode`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{Answer, attributes};
use crate::client::Client;
use crate::error::ApiError;
use crate::outbox::MailKind;
use crate::password::Password;
use crate::pool::Pool;
use crate::server::Service;
use crate::tokens::later;
use crate::triggers::{Metadata, post_confirmation, pre_sign_up};
use crate::user::{Code, SIGN_UP_CODE_SECONDS, Status, User};
use crate::wire::{Attribute, attribute_map, delivery};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SignUp {
    client_id: String,
    username: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    secret_hash: Option<String>,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    validation_data: Option<Vec<Attribute>>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

pub(super) async fn sign_up(service: &Service, input: SignUp) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    client.check_secret_hash(input.secret_hash.as_deref(), &input.username)?;
    let settings = pool.settings();
    if settings.admin_create_only {
        return Err(ApiError::not_authorized("SignUp is not permitted for this user pool"));
    }
    let password = input.password.ok_or_else(|| ApiError::missing("PASSWORD"))?;
    settings.password_policy.check(&password)?;
    let given = attribute_map(&input.user_attributes);
    attributes::check_writable(&client, &given)?;
    attributes::check(&pool, &given)?;
    let attributes = with_email(&input.username, given)?;
    refuse_taken(&pool, &input.username)?;

    let sub = service.random.uuid();
    let validation_data = input.validation_data.as_deref().map(attribute_map);
    let candidate = pre_sign_up::Candidate {
        source: pre_sign_up::Source::SignUp,
        username: &sub,
        client_id: Some(&client.id),
        attributes: &attributes,
        validation_data: validation_data.as_ref(),
        metadata: input.client_metadata.as_ref(),
    };
    let decision = pre_sign_up::fire(service, &pool, &candidate).await?;

    let now = service.clock.now();
    let mut user = User::new(sub, if decision.auto_confirm { Status::Confirmed } else { Status::Unconfirmed }, now);
    user.attributes = attributes;
    user.set("email_verified", if decision.auto_verify_email { "true" } else { "false" });
    user.password = Some(Password::new(pool.id(), &user.username, &password, &service.random));
    let mut answer = json!({ "UserConfirmed": decision.auto_confirm, "UserSub": user.sub });
    let mut mail = None;
    if !decision.auto_confirm {
        let code = service.random.code();
        user.sign_up_code = Some(Code { code: code.clone(), expires: later(now, SIGN_UP_CODE_SECONDS) });
        mail = Some((user.email().unwrap_or_default().to_owned(), code));
    }
    {
        // Somebody may have signed up with this address while the trigger ran.
        let mut contents = pool.contents();
        if contents.native_with_email(&input.username).is_some() {
            return Err(taken());
        }
        contents.users.insert(user.username.clone(), user.clone());
    }
    if let Some((to, code)) = mail {
        service.mail(&pool, &user, &to, MailKind::SignUp, &code);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("CodeDeliveryDetails".to_owned(), delivery(&to));
        }
    } else {
        let source = post_confirmation::Source::ConfirmSignUp;
        post_confirmation::fire(service, &pool, source, &user, Some(&client.id), input.client_metadata.as_ref())
            .await?;
    }
    Ok(answer)
}

/// The user name is the address: it becomes the attribute, and an attribute that says otherwise is refused.
pub(super) fn with_email(
    username: &str,
    mut attributes: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    attributes::check_email(username).map_err(|()| ApiError::invalid_parameter("Username should be an email."))?;
    let email = attributes.entry("email".to_owned()).or_insert_with(|| username.to_owned());
    if email.to_lowercase() != username.to_lowercase() {
        return Err(ApiError::invalid_parameter("The email attribute is not the username."));
    }
    Ok(attributes)
}

fn refuse_taken(pool: &Pool, email: &str) -> Result<(), ApiError> {
    if pool.contents().native_with_email(email).is_some() { Err(taken()) } else { Ok(()) }
}

fn taken() -> ApiError {
    ApiError::username_exists("User already exists")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConfirmSignUp {
    client_id: String,
    username: String,
    confirmation_code: String,
    #[serde(default)]
    secret_hash: Option<String>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

pub(super) async fn confirm(service: &Service, input: ConfirmSignUp) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    client.check_secret_hash(input.secret_hash.as_deref(), &input.username)?;
    let now = service.clock.now();
    let user = {
        let mut contents = pool.contents();
        let Some(user) = contents.user_mut(&input.username) else {
            return Err(unknown(&client, || {
                ApiError::expired_code("Invalid code provided, please request a code again.")
            }));
        };
        if user.status != Status::Unconfirmed {
            return Err(ApiError::not_authorized(format!(
                "User cannot be confirmed. Current status is {}",
                user.status.as_str()
            )));
        }
        let Some(code) = &user.sign_up_code else {
            return Err(ApiError::expired_code("Invalid code provided, please request a code again."));
        };
        check_code(code, &input.confirmation_code, now)?;
        user.sign_up_code = None;
        user.status = Status::Confirmed;
        user.set("email_verified", "true");
        user.modified = now;
        user.clone()
    };
    let source = post_confirmation::Source::ConfirmSignUp;
    post_confirmation::fire(service, &pool, source, &user, Some(&client.id), input.client_metadata.as_ref()).await?;
    Ok(json!({}))
}

/// Compares a code with the one that was mailed.
pub(super) fn check_code(mailed: &Code, given: &str, now: jiff::Timestamp) -> Result<(), ApiError> {
    if mailed.expires <= now {
        return Err(ApiError::expired_code("Invalid code provided, please request a code again."));
    }
    if mailed.code != given {
        return Err(ApiError::code_mismatch("Invalid verification code provided, please try again."));
    }
    Ok(())
}

/// What a client learns about a user who is not there.
pub(super) fn unknown(client: &Client, hidden: impl FnOnce() -> ApiError) -> ApiError {
    if client.settings.hides_users() {
        hidden()
    } else {
        ApiError::user_not_found("Username/client id combination not found.")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resend {
    client_id: String,
    username: String,
    #[serde(default)]
    secret_hash: Option<String>,
}

pub(super) fn resend(service: &Service, input: &Resend) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    let client = pool.client(&input.client_id)?;
    client.check_secret_hash(input.secret_hash.as_deref(), &input.username)?;
    let now = service.clock.now();
    let code = service.random.code();
    let user = {
        let mut contents = pool.contents();
        let Some(user) = contents.user_mut(&input.username) else {
            if client.settings.hides_users() {
                return Ok(json!({ "CodeDeliveryDetails": delivery(&input.username) }));
            }
            return Err(unknown(&client, ApiError::no_such_user));
        };
        if user.status != Status::Unconfirmed {
            return Err(ApiError::invalid_parameter("User is already confirmed."));
        }
        user.sign_up_code = Some(Code { code: code.clone(), expires: later(now, SIGN_UP_CODE_SECONDS) });
        user.clone()
    };
    let to = user.email().unwrap_or_default();
    service.mail(&pool, &user, to, MailKind::SignUp, &code);
    Ok(json!({ "CodeDeliveryDetails": delivery(to) }))
}
