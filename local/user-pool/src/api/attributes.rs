//! Which attributes a pool has, and who may write them.

use std::collections::BTreeMap;

use crate::client::Client;
use crate::error::ApiError;
use crate::pool::Pool;

/// The standard attributes (Amazon Cognito, "Working with user attributes"); `sub` and `identities` are never written.
const STANDARD: [&str; 19] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// The limit of an attribute's value (Amazon Cognito, "Quotas in Amazon Cognito").
const VALUE_LIMIT: usize = 2_048;

/// Does the pool have an attribute of this name?
pub(super) fn exists(pool: &Pool, name: &str) -> bool {
    known(&pool.settings().custom_attributes, name)
}

fn known(custom: &[String], name: &str) -> bool {
    match name.strip_prefix("custom:") {
        Some(name) => custom.iter().any(|custom| custom == name),
        None => STANDARD.contains(&name),
    }
}

/// Refuses attributes that the pool does not have, and values that it cannot keep.
pub(super) fn check(pool: &Pool, attributes: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let custom = pool.settings().custom_attributes;
    for (name, value) in attributes {
        if !known(&custom, name) {
            return Err(ApiError::invalid_parameter(format!(
                "Attributes did not conform to the schema: Type for attribute {{{name}}} could not be determined"
            )));
        }
        if value.len() > VALUE_LIMIT {
            return Err(ApiError::invalid_parameter(format!(
                "Attributes did not conform to the schema: {name}: String must be no longer than {VALUE_LIMIT} characters"
            )));
        }
        if name.ends_with("_verified") && !matches!(value.to_lowercase().as_str(), "true" | "false") {
            return Err(ApiError::invalid_parameter(format!("Invalid value for attribute {name}")));
        }
    }
    if let Some(email) = attributes.get("email") {
        check_email(email).map_err(|()| ApiError::invalid_parameter("Invalid email address format."))?;
    }
    Ok(())
}

/// Refuses what a person may not write through this client.
pub(super) fn check_writable(client: &Client, attributes: &BTreeMap<String, String>) -> Result<(), ApiError> {
    for name in attributes.keys() {
        if matches!(name.as_str(), "email_verified" | "phone_number_verified") {
            return Err(ApiError::invalid_parameter(format!("Cannot modify the non-mutable attribute {name}")));
        }
        if !client.settings.may_write(name) {
            return Err(ApiError::not_authorized("A client attempted to write unauthorized attribute"));
        }
    }
    Ok(())
}

/// As loose as Cognito: one `@` with something on both sides and no white space. Whoever relies on an address must
/// parse it himself.
pub(super) fn check_email(email: &str) -> Result<(), ()> {
    let (local, domain) = email.rsplit_once('@').ok_or(())?;
    if local.is_empty() || domain.is_empty() || email.len() > VALUE_LIMIT || email.contains(char::is_whitespace) {
        return Err(());
    }
    Ok(())
}
