//! What a signed-in person does with the own account, by access token.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, admin, attributes, sign_up};
use crate::error::ApiError;
use crate::outbox::MailKind;
use crate::password::Password;
use crate::server::Service;
use crate::tokens::access::{Bearer, bearer};
use crate::tokens::later;
use crate::user::{ATTRIBUTE_CODE_SECONDS, Code, PendingEmail, Status};
use crate::wire::{Attribute, attribute_list, attribute_map, delivery};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WithToken {
    access_token: String,
}

pub(super) async fn get(service: &Service, input: &WithToken) -> Answer {
    let Bearer { client, user, .. } = bearer(service, &input.access_token).await?;
    let mut shown = user.shown_attributes();
    shown.retain(|name, _| client.settings.may_read(name));
    Ok(json!({ "Username": user.username, "UserAttributes": attribute_list(&shown) }))
}

/// No trigger fires.
pub(super) async fn delete(service: &Service, input: &WithToken) -> Answer {
    let Bearer { pool, user, .. } = bearer(service, &input.access_token).await?;
    pool.contents().remove_user(&user.username);
    Ok(json!({}))
}

pub(super) async fn sign_out(service: &Service, input: &WithToken) -> Answer {
    let Bearer { pool, user, .. } = bearer(service, &input.access_token).await?;
    pool.contents().sign_out(&user.username);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateAttributes {
    access_token: String,
    user_attributes: Vec<Attribute>,
}

/// A changed address waits for its code, or takes effect unverified, as the pool is set.
pub(super) async fn update_attributes(service: &Service, input: &UpdateAttributes) -> Answer {
    let Bearer { pool, client, user, .. } = bearer(service, &input.access_token).await?;
    let mut given = attribute_map(&input.user_attributes);
    attributes::check_writable(&client, &given)?;
    attributes::check(&pool, &given)?;
    let now = service.clock.now();
    let new_email = given.remove("email").filter(|email| user.email() != Some(email));
    let code = Code { code: service.random.code(), expires: later(now, ATTRIBUTE_CODE_SECONDS) };
    let wait = pool.settings().verify_before_update;
    let changed = {
        let mut contents = pool.contents();
        if let Some(email) = &new_email {
            admin::refuse_other_owner(&contents, email, &user.username)?;
        }
        let stored = contents.user_mut(&user.username).ok_or_else(ApiError::no_such_user)?;
        for (name, value) in &given {
            if value.is_empty() {
                stored.attributes.remove(name);
            } else {
                stored.set(name, value);
            }
        }
        if let Some(email) = &new_email {
            if wait {
                stored.pending_email = Some(PendingEmail { address: Some(email.clone()), code: code.clone() });
            } else {
                stored.set("email", email);
                stored.set("email_verified", "false");
                stored.pending_email = Some(PendingEmail { address: None, code: code.clone() });
            }
        }
        stored.modified = now;
        stored.clone()
    };
    let mut sent: Vec<Value> = Vec::new();
    if let Some(email) = &new_email {
        service.mail(&pool, &changed, email, MailKind::VerifyAttribute, &code.code);
        sent.push(delivery(email));
    }
    Ok(json!({ "CodeDeliveryDetailsList": sent }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedAttribute {
    access_token: String,
    attribute_name: String,
    #[serde(default)]
    code: Option<String>,
}

fn only_email(name: &str) -> Result<(), ApiError> {
    if name == "email" {
        Ok(())
    } else {
        Err(ApiError::invalid_parameter(format!("Attribute {name} cannot be verified in this local user pool.")))
    }
}

pub(super) async fn send_attribute_code(service: &Service, input: &NamedAttribute) -> Answer {
    let Bearer { pool, user, .. } = bearer(service, &input.access_token).await?;
    only_email(&input.attribute_name)?;
    let code = Code { code: service.random.code(), expires: later(service.clock.now(), ATTRIBUTE_CODE_SECONDS) };
    let (user, to) = {
        let mut contents = pool.contents();
        let stored = contents.user_mut(&user.username).ok_or_else(ApiError::no_such_user)?;
        let address = stored.pending_email.take().and_then(|pending| pending.address);
        let to = address.clone().or_else(|| stored.email().map(str::to_owned));
        let to = to.ok_or_else(|| ApiError::invalid_parameter("The user has no email."))?;
        stored.pending_email = Some(PendingEmail { address, code: code.clone() });
        (stored.clone(), to)
    };
    service.mail(&pool, &user, &to, MailKind::VerifyAttribute, &code.code);
    Ok(json!({ "CodeDeliveryDetails": delivery(&to) }))
}

pub(super) async fn verify_attribute(service: &Service, input: &NamedAttribute) -> Answer {
    let Bearer { pool, user, .. } = bearer(service, &input.access_token).await?;
    only_email(&input.attribute_name)?;
    let given = input.code.as_deref().ok_or_else(|| ApiError::missing("Code"))?;
    let now = service.clock.now();
    let mut contents = pool.contents();
    let pending = contents
        .user(&user.username)
        .and_then(|user| user.pending_email.clone())
        .ok_or_else(|| ApiError::expired_code("Invalid code provided, please request a code again."))?;
    sign_up::check_code(&pending.code, given, now)?;
    if let Some(address) = &pending.address {
        // Somebody may have taken the address while the code was under way.
        admin::refuse_other_owner(&contents, address, &user.username)?;
    }
    let stored = contents.user_mut(&user.username).ok_or_else(ApiError::no_such_user)?;
    stored.pending_email = None;
    if let Some(address) = &pending.address {
        stored.set("email", address);
    }
    stored.set("email_verified", "true");
    stored.modified = now;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangePassword {
    access_token: String,
    previous_password: String,
    proposed_password: String,
}

pub(super) async fn change_password(service: &Service, input: &ChangePassword) -> Answer {
    let Bearer { pool, user, .. } = bearer(service, &input.access_token).await?;
    pool.settings().password_policy.check(&input.proposed_password)?;
    if user.status == Status::ExternalProvider || !user.password.is_some_and(|known| known.is(&input.previous_password))
    {
        return Err(ApiError::bad_credentials());
    }
    let mut contents = pool.contents();
    let stored = contents.user_mut(&user.username).ok_or_else(ApiError::no_such_user)?;
    stored.password = Some(Password::new(pool.id(), &stored.username, &input.proposed_password, &service.random));
    stored.modified = service.clock.now();
    Ok(json!({}))
}
