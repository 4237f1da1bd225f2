//! The attributes that a pool's users can have.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::UserPoolType;

use crate::app_client::words;

/// Attributes that Cognito keeps for itself: no app client's list may name them.
const NEVER_LISTED: [&str; 2] = ["sub", "identities"];
/// Attributes that Cognito alone sets.
const NEVER_WRITTEN: [&str; 2] = ["email_verified", "phone_number_verified"];

/// The names of a pool's attributes, custom ones with `custom:`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    names: BTreeSet<String>,
}

impl Schema {
    /// Of these attributes.
    pub fn new<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        let mut names = words(names);
        // `dev:` attributes are of administrators alone.
        names.retain(|name| !NEVER_LISTED.contains(&name.as_str()) && !name.starts_with("dev:"));
        Self { names }
    }

    /// Of a described pool.
    pub fn of(pool: &UserPoolType) -> Self {
        Self::new(pool.schema_attributes().iter().filter_map(|attribute| attribute.name()))
    }

    /// What a client can be allowed to read; all of it is what a client without a list reads.
    pub fn readable(&self) -> BTreeSet<String> {
        self.names.clone()
    }

    /// What a client can be allowed to write; all of it is what a client without a list writes.
    // The API's reference says "the standard attributes", the console "all", custom ones too: the wider reading is the safe one.
    pub fn writable(&self) -> BTreeSet<String> {
        let mut names = self.names.clone();
        names.retain(|name| !NEVER_WRITTEN.contains(&name.as_str()));
        names
    }

    /// What of it is `OpenID` Connect's own: what a new client may write.
    pub fn standard(&self) -> BTreeSet<String> {
        let mut names = self.writable();
        names.retain(|name| !name.starts_with("custom:"));
        names
    }
}
