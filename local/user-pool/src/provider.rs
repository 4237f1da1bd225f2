//! Identity providers of a pool, and what they assert about a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A provider that people may sign in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityProvider {
    /// Its name, the first half of a federated `userName`.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: ProviderKind,
    /// User pool attribute -> the provider's name for it.
    #[serde(default)]
    pub attribute_mapping: BTreeMap<String, String>,
    /// A disabled provider signs nobody in.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// The entity id of a SAML provider, which `identities` shows as `issuer`.
    #[serde(default)]
    pub issuer: Option<String>,
}

fn enabled() -> bool {
    true
}

impl IdentityProvider {
    /// An enabled provider that maps `email` to its own `email`, and nothing else.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        Self {
            name: name.into(),
            kind,
            attribute_mapping: BTreeMap::from([("email".to_owned(), "email".to_owned())]),
            enabled: true,
            issuer: None,
        }
    }

    /// Maps the provider's `theirs` to the pool's `ours` as well.
    #[must_use]
    pub fn map(mut self, ours: impl Into<String>, theirs: impl Into<String>) -> Self {
        self.attribute_mapping.insert(ours.into(), theirs.into());
        self
    }
}

impl IdentityProvider {
    /// The provider's names of what is kept of its word. The subject is the user name; a mapping of it, as Cognito keeps
    /// one for OIDC, says nothing more.
    pub(crate) fn asserted(&self) -> BTreeSet<&str> {
        let kept = self.attribute_mapping.iter().filter(|(ours, _)| !matches!(ours.as_str(), "username" | "sub"));
        kept.map(|(_, theirs)| theirs.as_str()).collect()
    }
}

/// What kind of provider it is, in Cognito's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProviderKind {
    /// SAML 2.0.
    #[serde(rename = "SAML")]
    Saml,
    /// OpenID Connect.
    #[serde(rename = "OIDC")]
    Oidc,
    /// Google.
    Google,
    /// Facebook.
    Facebook,
    /// Login with Amazon.
    LoginWithAmazon,
    /// Sign in with Apple.
    SignInWithApple,
}

impl ProviderKind {
    /// Cognito's word for it, as in `identities[].providerType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saml => "SAML",
            Self::Oidc => "OIDC",
            Self::Google => "Google",
            Self::Facebook => "Facebook",
            Self::LoginWithAmazon => "LoginWithAmazon",
            Self::SignInWithApple => "SignInWithApple",
        }
    }
}

/// One entry of a user's `identities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) user_id: String,
    pub(crate) provider_name: String,
    pub(crate) provider_type: &'static str,
    pub(crate) issuer: Option<String>,
    pub(crate) primary: bool,
    pub(crate) created_ms: i64,
}

impl Identity {
    pub(crate) fn is(&self, provider: &str, user_id: &str) -> bool {
        self.provider_name == provider && self.user_id == user_id
    }

    /// As in the attribute `identities` of users and events: booleans and numbers.
    pub(crate) fn in_attribute(&self) -> Value {
        json!({
            "userId": self.user_id,
            "providerName": self.provider_name,
            "providerType": self.provider_type,
            "issuer": self.issuer,
            "primary": self.primary,
            "dateCreated": self.created_ms,
        })
    }

    /// As in the claim `identities` of ID tokens: strings throughout.
    pub(crate) fn in_token(&self) -> Value {
        json!({
            "userId": self.user_id,
            "providerName": self.provider_name,
            "providerType": self.provider_type,
            "issuer": self.issuer,
            "primary": self.primary.to_string(),
            "dateCreated": self.created_ms.to_string(),
        })
    }
}
