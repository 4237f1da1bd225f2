//! Tenants and the policy by which their people join and sign in.

use jiff::Timestamp;

use crate::id::{Invalid, Slug, TenantId, text};
use crate::refusal::Refusal;
use crate::role::{Role, Roles};
use crate::unseen::is_unseen;

text!(
    /// What the tenant pays for, as the operator names it: 1 to 32 of `a-z`, `0-9`, `_`, `-`.
    Tier, "tier", "1 to 32 of a-z, 0-9, _ and -",
    |t| (1..=32).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
);

/// A customer of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Immutable, never used again.
    pub id: TenantId,
    /// Unique, may change.
    pub slug: Slug,
    /// For people's eyes: 1 to 100 characters, none a control character.
    pub name: String,
    /// What it pays for.
    pub tier: Tier,
    /// Whether anybody gets in.
    pub status: TenantStatus,
    /// How people join and sign in.
    pub policy: Policy,
    /// When it was made.
    pub created: Timestamp,
    /// Counts writes.
    pub revision: u64,
}

impl Tenant {
    /// Whether anybody gets in, and if not, why.
    pub const fn lets_people_in(&self) -> Result<(), Refusal> {
        match self.status {
            TenantStatus::Active => Ok(()),
            TenantStatus::Suspended => Err(Refusal::TenantSuspended),
            TenantStatus::Closed => Err(Refusal::TenantClosed),
        }
    }
}

/// Checks a tenant's name for people's eyes.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    let fits = (1..=100).contains(&name.chars().count());
    // A name stands in mails to people, and must not be a link or a mailbox there.
    let linked = name.contains(['<', '>', '@']) || name.contains("://") || name.to_lowercase().contains("www.");
    if fits && !linked && !name.chars().any(is_unseen) && name.trim() == name {
        Ok(())
    } else {
        Err(Invalid {
            noun: "name",
            rule: "1 to 100 visible characters without spaces around them, no <, >, @ or web address",
        })
    }
}

/// Whether anybody gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// Members get in.
    Active,
    /// Nobody gets in; everything is kept.
    Suspended,
    /// Nobody gets in; may be restored by an operator.
    Closed,
}

/// How people join and sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who joins without being asked.
    pub join: JoinMode,
    /// What they join as.
    pub default_roles: Roles,
    /// The steps of a sign-in.
    pub chain: Chain,
    /// Only the tenant's own identity provider signs people in. INVARIANT: then the chain is `password` (operations check it).
    pub sso_required: bool,
    /// Pre sign-up may look an address's invitation up when no token came along (managed login carries none). It tells strangers
    /// who is invited, so a tenant must choose it.
    pub invitation_lookup: bool,
    /// An invitation of a member who was removed meanwhile still holds, for roles up to member.
    pub invitations_outlive_inviter: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            join: JoinMode::Automatic,
            default_roles: Roles::member(),
            chain: Chain::Password,
            sso_required: false,
            invitation_lookup: false,
            invitations_outlive_inviter: true,
        }
    }
}

/// Who joins without an invitation. On a domain it can only say less than `Open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinMode {
    /// Everybody with a proven mailbox.
    Open,
    /// People of a verified domain.
    Automatic,
    /// People of a verified domain, once an admin approves.
    Request,
    /// Nobody.
    InvitationOnly,
}

/// The steps of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// A password.
    Password,
    /// A password, then a code by e-mail; of these roles, or of everybody.
    PasswordAndCode {
        /// `None`: of everybody.
        of: Option<Roles>,
    },
    /// A code by e-mail alone.
    Code,
}

impl Chain {
    /// Whether Cognito's paths around a custom challenge would skip a step of it. Roles do not matter: they are known only after
    /// the membership was read, and a person's roles change.
    pub const fn is_more_than_password(&self) -> bool {
        !matches!(self, Self::Password)
    }

    /// Whether somebody with these roles is asked for a code.
    pub fn asks_code_of(&self, roles: &Roles) -> bool {
        match self {
            Self::Password => false,
            Self::Code | Self::PasswordAndCode { of: None } => true,
            Self::PasswordAndCode { of: Some(of) } => of.iter().any(|role: &Role| roles.contains(role)),
        }
    }
}
