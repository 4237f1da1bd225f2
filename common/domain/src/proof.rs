//! Proof that a person holds a mailbox: the only thing that the domain and invitation routes accept.

use crate::account::{Account, Identities};
use crate::email::Email;
use crate::id::TenantId;
use crate::ownership::DomainOwner;
use crate::provider::{Provider, ProviderKind};

/// A mailbox that its person has been shown to hold. There is no way to make one but [`MailboxProof::of`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxProof {
    address: Email,
    by: ProvedBy,
}

/// What proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProvedBy {
    Cognito,
    TenantProvider,
    SocialProvider,
}

/// Why there is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoProof {
    /// No address, or one that we do not understand.
    Address,
    /// Nobody checked the address.
    Unverified,
    /// A native account with identities linked to it, several identities, or malformed ones: a provider can rewrite its address.
    Linked,
    /// A provider that is unknown, disabled, another tenant's, or that speaks for a domain which is not this tenant's.
    Provider,
}

impl MailboxProof {
    /// The proof that this account gives towards this tenant. `domain` is the owner of the address's domain, `provider` the binding
    /// of the account's only identity, as the table has them.
    pub fn of(
        account: &Account,
        tenant: &TenantId,
        domain: Option<&DomainOwner>,
        provider: Option<&Provider>,
    ) -> Result<Self, NoProof> {
        let address = account.address().ok_or(NoProof::Address)?.clone();
        let by = match (&account.identities, account.external) {
            (Identities::None, false) if account.email_verified => ProvedBy::Cognito,
            (Identities::None, false) => return Err(NoProof::Unverified),
            (Identities::One(_), true) => {
                let provider = provider.filter(|provider| provider.enabled).ok_or(NoProof::Provider)?;
                // INVARIANT: a domain record of another name than the address's proves nothing.
                let own_domain = domain.is_some_and(|d| d.domain == *address.domain() && d.belongs_to(tenant));
                match &provider.kind {
                    ProviderKind::Tenant(own) if own == tenant && own_domain => ProvedBy::TenantProvider,
                    ProviderKind::Tenant(_) => return Err(NoProof::Provider),
                    ProviderKind::Social if account.email_verified => ProvedBy::SocialProvider,
                    ProviderKind::Social => return Err(NoProof::Unverified),
                }
            }
            _ => return Err(NoProof::Linked),
        };
        Ok(Self { address, by })
    }

    /// The mailbox.
    pub const fn address(&self) -> &Email {
        &self.address
    }

    /// Whether the tenant's own provider gave it.
    pub fn is_by_tenant_provider(&self) -> bool {
        self.by == ProvedBy::TenantProvider
    }
}
