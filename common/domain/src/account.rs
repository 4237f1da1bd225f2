//! What Cognito says of the account that signs up or in: facts about it, and what its owner wrote into it.

use crate::email::Email;
use crate::id::Invalid;
use crate::provider::ProviderName;

/// An account of the pool, as the event shows it. Which of it proves anything is [`crate::proof`]'s to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The `email` attribute: absent, or an address, or something that is none.
    pub email: Option<Result<Email, Invalid>>,
    /// Whether `email_verified` is exactly true.
    pub email_verified: bool,
    /// Whether `cognito:user_status` is `EXTERNAL_PROVIDER`.
    pub external: bool,
    /// The identities that are linked to the account, or that it is.
    pub identities: Identities,
}

impl Account {
    /// The address, if there is a usable one.
    pub fn address(&self) -> Option<&Email> {
        self.email.as_ref().and_then(|email| email.as_ref().ok())
    }

    /// The one provider that signed this account in, if it is an unlinked federated one.
    pub fn only_identity(&self) -> Option<&Identity> {
        match &self.identities {
            Identities::One(identity) if self.external => Some(identity),
            _ => None,
        }
    }

    /// The canonical name of the one provider that signed this account in.
    pub fn provider_name(&self) -> Option<ProviderName> {
        ProviderName::fold(&self.only_identity()?.provider)
    }
}

/// The `identities` attribute, which Cognito writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identities {
    /// Absent or an empty list.
    None,
    /// Exactly one.
    One(Identity),
    /// Several, whoever they are.
    Many,
    /// Not what Cognito writes: believed in nothing.
    Malformed,
}

/// One identity at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's name as the event spells it; case may differ from its binding.
    pub provider: String,
    /// The person's id there.
    pub subject: String,
}
