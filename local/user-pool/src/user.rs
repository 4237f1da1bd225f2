//! Users of a pool.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

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
            sign_up_code: None,
            password_code: None,
            pending_email: None,
            groups: BTreeSet::new(),
            created: now,
            modified: now,
        }
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
