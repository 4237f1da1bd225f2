//! Every "no" that a person can read: one closed list, a sentence and a stable code each.

/// A "no", as product text. [`std::fmt::Display`] gives the sentence alone; [`Refusal::message`] the sentence with its code, which
/// is what Cognito shows behind `PreSignUp failed with error `.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No route leads this person into the tenant.
    #[error("You need an invitation to join this workspace. Ask its admin.")]
    InvitationRequired,
    /// The invitation is unknown, expired, used, revoked, or for somebody else: all look alike.
    #[error(
        "This invitation cannot be used with this account. Sign in with the invited address or ask for a new invitation."
    )]
    InvitationUnusable,
    /// The member was removed.
    #[error("You no longer have access to this workspace. Ask its admin.")]
    MembershipEnded,
    /// The member is suspended.
    #[error("Your access to this workspace is paused. Ask its admin.")]
    MembershipSuspended,
    /// An admin has not decided yet.
    #[error("Your request to join this workspace waits for its admin.")]
    ApprovalPending,
    /// An admin said no.
    #[error("Your request to join this workspace was declined. Ask its admin.")]
    ApprovalDenied,
    /// Every seat is taken.
    #[error("This workspace has no free seat. Ask its admin.")]
    SeatsFull,
    /// The tenant is suspended.
    #[error("This workspace is suspended. Ask its owner to contact support.")]
    TenantSuspended,
    /// The tenant is closed.
    #[error("This workspace is closed.")]
    TenantClosed,
    /// The tenant's own provider must sign people in.
    #[error("This workspace signs in through its company account.")]
    SsoRequired,
    /// The provider is not this tenant's, is disabled, or speaks for a foreign domain.
    #[error("This company account cannot be used for this workspace. Ask its admin.")]
    ProviderNotAccepted,
    /// The address is not verified.
    #[error("Verify your e-mail address, then sign in again.")]
    EmailNotVerified,
    /// There is no address, or one that we do not accept.
    #[error("This e-mail address cannot be used here. Use a plain work address.")]
    EmailNotAccepted,
    /// An account with linked identities.
    #[error("This account is linked to other sign-ins and cannot join by its address. Ask the workspace's admin.")]
    LinkedAccount,
    /// This path goes around the tenant's sign-in chain.
    #[error("Sign in again through the workspace's own sign-in page.")]
    SignInAgain,
    /// So many codes were asked for, or so many were wrong, that there is none for a while.
    #[error("Too many codes were asked for or entered. Wait a while, then sign in again.")]
    TooManyCodes,
    /// The daily budget of wrong codes is spent.
    #[error("Sign-in is locked after too many wrong codes. Try again tomorrow or ask the workspace's admin.")]
    SignInLocked,
    /// The app client is not bound, is another kind of client, or belongs to another pool.
    #[error("This application is not set up for sign-in. Ask its provider.")]
    ClientNotBound,
    /// An event that this trigger does not know.
    #[error("This way of signing in is not supported.")]
    UnsupportedEvent,
    /// The claims would not fit into a token.
    #[error("Your access could not be written into a token. Ask support.")]
    ClaimsTooLarge,
    /// Something is broken; the cause is in the log alone.
    #[error("Something went wrong on our side. Try again in a moment.")]
    TryAgain,
}

impl Refusal {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 21] = [
        Self::InvitationRequired,
        Self::InvitationUnusable,
        Self::MembershipEnded,
        Self::MembershipSuspended,
        Self::ApprovalPending,
        Self::ApprovalDenied,
        Self::SeatsFull,
        Self::TenantSuspended,
        Self::TenantClosed,
        Self::SsoRequired,
        Self::ProviderNotAccepted,
        Self::EmailNotVerified,
        Self::EmailNotAccepted,
        Self::LinkedAccount,
        Self::SignInAgain,
        Self::TooManyCodes,
        Self::SignInLocked,
        Self::ClientNotBound,
        Self::UnsupportedEvent,
        Self::ClaimsTooLarge,
        Self::TryAgain,
    ];

    /// The code, which never changes its meaning.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvitationRequired => "INVITATION_REQUIRED",
            Self::InvitationUnusable => "INVITATION_UNUSABLE",
            Self::MembershipEnded => "MEMBERSHIP_ENDED",
            Self::MembershipSuspended => "MEMBERSHIP_SUSPENDED",
            Self::ApprovalPending => "APPROVAL_PENDING",
            Self::ApprovalDenied => "APPROVAL_DENIED",
            Self::SeatsFull => "SEATS_FULL",
            Self::TenantSuspended => "TENANT_SUSPENDED",
            Self::TenantClosed => "TENANT_CLOSED",
            Self::SsoRequired => "SSO_REQUIRED",
            Self::ProviderNotAccepted => "PROVIDER_NOT_ACCEPTED",
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::EmailNotAccepted => "EMAIL_NOT_ACCEPTED",
            Self::LinkedAccount => "LINKED_ACCOUNT",
            Self::SignInAgain => "SIGN_IN_AGAIN",
            Self::TooManyCodes => "TOO_MANY_CODES",
            Self::SignInLocked => "SIGN_IN_LOCKED",
            Self::ClientNotBound => "CLIENT_NOT_BOUND",
            Self::UnsupportedEvent => "UNSUPPORTED_EVENT",
            Self::ClaimsTooLarge => "CLAIMS_TOO_LARGE",
            Self::TryAgain => "TRY_AGAIN",
        }
    }

    /// What the person reads and the front end parses: `<sentence> (<CODE>)`.
    pub fn message(self) -> String {
        format!("{self} ({})", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c16_codes_differ_and_sentences_are_sentences() {
        let codes: std::collections::BTreeSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert!(refusal.to_string().ends_with('.'), "{refusal}");
            assert!(refusal.code().bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{refusal:?}");
            assert!(refusal.message().len() < 160, "{refusal}");
        }
    }
}
