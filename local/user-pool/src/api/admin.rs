//! What an administrator does with users.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, attributes, sign_up};
use crate::error::ApiError;
use crate::outbox::MailKind;
use crate::password::Password;
use crate::server::Service;
use crate::tokens::later;
use crate::triggers::{Metadata, post_confirmation, pre_sign_up};
use crate::user::{Code, PASSWORD_CODE_SECONDS, Status, User};
use crate::wire::{Attribute, attribute_map};

/// A pool and a user of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    user_pool_id: String,
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateUser {
    user_pool_id: String,
    username: String,
    #[serde(default)]
    temporary_password: Option<String>,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    validation_data: Option<Vec<Attribute>>,
    #[serde(default)]
    message_action: Option<String>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

/// Pre sign-up fires; post confirmation never does.
pub(super) async fn create(service: &Service, input: CreateUser) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let settings = pool.settings();
    let given = attribute_map(&input.user_attributes);
    attributes::check(&pool, &given)?;
    let attributes = sign_up::with_email(&input.username, given)?;
    let now = service.clock.now();
    let password = input.temporary_password.unwrap_or_else(|| settings.password_policy.invent(&service.random));
    settings.password_policy.check(&password)?;
    let expires = later(now, settings.password_policy.temporary_password_validity_days * 86_400);
    let taken = || ApiError::username_exists("An account with the given email already exists.");

    if input.message_action.as_deref() == Some("RESEND") {
        let mut contents = pool.contents();
        let user = contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?;
        if user.status != Status::ForceChangePassword {
            return Err(ApiError::invalid_parameter("Resend not possible. User status is not FORCE_CHANGE_PASSWORD"));
        }
        user.password = Some(Password::new(pool.id(), &user.username, &password, &service.random));
        user.temporary_password_expires = Some(expires);
        let user = user.clone();
        drop(contents);
        service.mail(&pool, &user, user.email().unwrap_or_default(), MailKind::TemporaryPassword, &password);
        return Ok(json!({ "User": user.to_wire("Attributes", None) }));
    }

    if pool.contents().native_with_email(&input.username).is_some() {
        return Err(taken());
    }
    let sub = service.random.uuid();
    let validation_data = input.validation_data.as_deref().map(attribute_map);
    let candidate = pre_sign_up::Candidate {
        source: pre_sign_up::Source::AdminCreateUser,
        username: &sub,
        client_id: None,
        attributes: &attributes,
        validation_data: validation_data.as_ref(),
        metadata: input.client_metadata.as_ref(),
    };
    pre_sign_up::fire(service, &pool, &candidate).await?;

    let mut user = User::new(sub, Status::ForceChangePassword, now);
    user.attributes = attributes;
    user.password = Some(Password::new(pool.id(), &user.username, &password, &service.random));
    user.temporary_password_expires = Some(expires);
    {
        let mut contents = pool.contents();
        if contents.native_with_email(&input.username).is_some() {
            return Err(taken());
        }
        contents.users.insert(user.username.clone(), user.clone());
    }
    if input.message_action.as_deref() != Some("SUPPRESS") {
        service.mail(&pool, &user, user.email().unwrap_or_default(), MailKind::TemporaryPassword, &password);
    }
    Ok(json!({ "User": user.to_wire("Attributes", None) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetPassword {
    user_pool_id: String,
    username: String,
    password: String,
    #[serde(default)]
    permanent: bool,
}

pub(super) fn set_password(service: &Service, input: &SetPassword) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let policy = pool.settings().password_policy;
    policy.check(&input.password)?;
    let now = service.clock.now();
    let mut contents = pool.contents();
    let user = contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?;
    if user.status == Status::ExternalProvider {
        return Err(ApiError::invalid_parameter("A user of an identity provider has no password."));
    }
    user.password = Some(Password::new(pool.id(), &user.username, &input.password, &service.random));
    user.status = if input.permanent { Status::Confirmed } else { Status::ForceChangePassword };
    user.temporary_password_expires =
        (!input.permanent).then(|| later(now, policy.temporary_password_validity_days * 86_400));
    user.sign_up_code = None;
    user.modified = now;
    Ok(json!({}))
}

/// The user must choose a new password with the code that is mailed here.
pub(super) fn reset_password(service: &Service, input: &Named) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let code = Code { code: service.random.code(), expires: later(service.clock.now(), PASSWORD_CODE_SECONDS) };
    let user = {
        let mut contents = pool.contents();
        let user = contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?;
        if !matches!(user.status, Status::Confirmed | Status::ResetRequired) {
            return Err(ApiError::not_authorized("User password cannot be reset in the current state."));
        }
        if !user.email_is_verified() {
            return Err(ApiError::invalid_parameter(
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            ));
        }
        user.status = Status::ResetRequired;
        user.password_code = Some(code.clone());
        user.modified = service.clock.now();
        user.clone()
    };
    service.mail(&pool, &user, user.email().unwrap_or_default(), MailKind::ForgotPassword, &code.code);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminConfirm {
    user_pool_id: String,
    username: String,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

/// Post confirmation fires, and names no app client. The address stays unverified.
pub(super) async fn confirm_sign_up(service: &Service, input: AdminConfirm) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let user = {
        let mut contents = pool.contents();
        let user = contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?;
        if user.status != Status::Unconfirmed {
            return Err(ApiError::not_authorized(format!(
                "User cannot be confirmed. Current status is {}",
                user.status.as_str()
            )));
        }
        user.status = Status::Confirmed;
        user.sign_up_code = None;
        user.modified = service.clock.now();
        user.clone()
    };
    let source = post_confirmation::Source::ConfirmSignUp;
    post_confirmation::fire(service, &pool, source, &user, None, input.client_metadata.as_ref()).await?;
    Ok(json!({}))
}

pub(super) fn get(service: &Service, input: &Named) -> Answer {
    let user = service.pool(&input.user_pool_id)?.user(&input.username)?;
    Ok(user.to_wire("UserAttributes", None))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateAttributes {
    user_pool_id: String,
    username: String,
    user_attributes: Vec<Attribute>,
}

/// An administrator writes what he likes, `email_verified` included; an address that he does not vouch for is unverified.
pub(super) fn update_attributes(service: &Service, input: &UpdateAttributes) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let given = attribute_map(&input.user_attributes);
    attributes::check(&pool, &given)?;
    let mut contents = pool.contents();
    let username = contents.user(&input.username).ok_or_else(ApiError::no_such_user)?.username.clone();
    if let Some(email) = given.get("email") {
        refuse_other_owner(&contents, email, &username)?;
    }
    let user = contents.user_mut(&username).ok_or_else(ApiError::no_such_user)?;
    let changes_email = given.get("email").is_some_and(|email| user.email() != Some(email));
    if changes_email && !given.contains_key("email_verified") {
        user.set("email_verified", "false");
    }
    for (name, value) in &given {
        if value.is_empty() {
            user.attributes.remove(name);
        } else if name.ends_with("_verified") {
            user.set(name, &value.to_lowercase());
        } else {
            user.set(name, value);
        }
    }
    if changes_email {
        user.pending_email = None;
    }
    user.modified = service.clock.now();
    Ok(json!({}))
}

/// Addresses are sign-in names: each belongs to one native user.
pub(super) fn refuse_other_owner(
    contents: &crate::pool::Contents,
    email: &str,
    username: &str,
) -> Result<(), ApiError> {
    let native = contents.users.get(username).is_some_and(|user| user.status != Status::ExternalProvider);
    match contents.native_with_email(email) {
        Some(owner) if native && owner.username != username => {
            Err(ApiError::alias_exists("An account with the given email already exists."))
        }
        _ => Ok(()),
    }
}

/// No trigger fires.
pub(super) fn delete(service: &Service, input: &Named) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    let username = contents.user(&input.username).ok_or_else(ApiError::no_such_user)?.username.clone();
    contents.remove_user(&username);
    Ok(json!({}))
}

pub(super) fn enable(service: &Service, input: &Named, enabled: bool) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    let user = contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?;
    user.enabled = enabled;
    user.modified = service.clock.now();
    let username = user.username.clone();
    if !enabled {
        contents.sign_out(&username);
    }
    Ok(json!({}))
}

pub(super) fn sign_out(service: &Service, input: &Named) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    let username = contents.user(&input.username).ok_or_else(ApiError::no_such_user)?.username.clone();
    contents.sign_out(&username);
    Ok(json!({}))
}
