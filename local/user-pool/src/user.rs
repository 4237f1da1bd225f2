//! Users of a pool.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::lockout::Lockout;
use crate::password::Password;
use crate::provider::Identity;
use crate::wire::seconds;

/// How long a code for a new account is good (Amazon Cognito, "Signing up and confirming user accounts").
pub(crate) const SIGN_UP_CODE_SECONDS: i64 = 24 * 3_600;
/// How long a code for a forgotten password is good (Amazon Cognito, "Passwords, account recovery, and password policies").
pub(crate) const PASSWORD_CODE_SECONDS: i64 = 3_600;
/// How long a code for a changed address is good.
pub(crate) const ATTRIBUTE_CODE_SECONDS: i64 = 24 * 3_600;

/// A user's status, in Cognito's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
    ResetRequired,
    ExternalProvider,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

/// A code that was mailed.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) code: String,
    pub(crate) expires: Timestamp,
}

/// An address that waits for its code before it becomes the user's.
#[derive(Debug, Clone)]
pub(crate) struct PendingEmail {
    /// The new address; `None` if the present one is to be verified.
    pub(crate) address: Option<String>,
    pub(crate) code: Code,
}

/// A user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) sub: String,
    /// The `userName` of events and tokens: the `sub`, or `Provider_id`.
    pub(crate) username: String,
    /// Everything but `sub` and `identities`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) status: Status,
    pub(crate) enabled: bool,
    pub(crate) password: Option<Password>,
    pub(crate) temporary_password_expires: Option<Timestamp>,
    pub(crate) lockout: Lockout,
    pub(crate) sign_up_code: Option<Code>,
    pub(crate) password_code: Option<Code>,
    pub(crate) pending_email: Option<PendingEmail>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl User {
    pub(crate) fn new(sub: String, status: Status, now: Timestamp) -> Self {
        Self {
            username: sub.clone(),
            sub,
            attributes: BTreeMap::new(),
            identities: Vec::new(),
            status,
            enabled: true,
            password: None,
            temporary_password_expires: None,
            lockout: Lockout::default(),
            sign_up_code: None,
            password_code: None,
            pending_email: None,
            groups: BTreeSet::new(),
            created: now,
            modified: now,
        }
    }

    /// May this user sign in with this proof of a password? Wrong ones are counted.
    pub(crate) fn try_password(
        &mut self,
        now: Timestamp,
        hides_users: bool,
        proof: impl FnOnce(&Password) -> bool,
    ) -> Result<(), ApiError> {
        let disabled = || ApiError::not_authorized("User is disabled.");
        // Where the client hides who exists, only the password's owner learns this (Amazon Cognito, "Managing user
        // existence error responses").
        if !self.enabled && !hides_users {
            return Err(disabled());
        }
        // Before the password, whatever it is (amazon-cognito-identity-js #288).
        match self.status {
            Status::Unconfirmed => return Err(ApiError::user_not_confirmed("User is not confirmed.")),
            Status::ResetRequired => {
                return Err(ApiError::password_reset_required("Password reset required for the user"));
            }
            Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => {}
        }
        self.lockout.check(now)?;
        if !self.password.as_ref().is_some_and(proof) {
            self.lockout.count_wrong(now);
            return Err(ApiError::bad_credentials());
        }
        self.lockout.forget();
        if !self.enabled {
            return Err(disabled());
        }
        if self.temporary_password_expires.is_some_and(|expires| expires <= now) {
            return Err(ApiError::not_authorized(
                "Temporary password has expired and must be reset by an administrator.",
            ));
        }
        Ok(())
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.attributes.get("email").map(String::as_str)
    }

    pub(crate) fn email_is_verified(&self) -> bool {
        self.attributes.get("email_verified").is_some_and(|verified| verified == "true")
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.attributes.insert(name.to_owned(), value.to_owned());
    }

    /// Every attribute as strings, `sub` and `identities` included, as the API and the events show them.
    pub(crate) fn shown_attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = self.attributes.clone();
        attributes.insert("sub".to_owned(), self.sub.clone());
        if !self.identities.is_empty() {
            let identities: Vec<Value> = self.identities.iter().map(Identity::in_attribute).collect();
            attributes.insert("identities".to_owned(), Value::from(identities).to_string());
        }
        attributes
    }

    /// As `AdminCreateUser` and `ListUsers` show a user; `AdminGetUser` names the attributes otherwise.
    pub(crate) fn to_wire(&self, attributes_key: &str, wanted: Option<&[String]>) -> Value {
        let attributes = self
            .shown_attributes()
            .into_iter()
            .filter(|(name, _)| wanted.is_none_or(|wanted| wanted.contains(name)))
            .collect();
        let mut wire = json!({
            "Username": self.username,
            "UserCreateDate": seconds(self.created),
            "UserLastModifiedDate": seconds(self.modified),
            "Enabled": self.enabled,
            "UserStatus": self.status.as_str(),
        });
        if let Some(wire) = wire.as_object_mut() {
            wire.insert(attributes_key.to_owned(), crate::wire::attribute_list(&attributes));
        }
        wire
    }
}
