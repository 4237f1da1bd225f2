//! Pre sign-up's decision: may this person start? Nothing is proven yet, so nothing is granted.

use jiff::Timestamp;

use crate::account::Account;
use crate::client::ClientKind;
use crate::email::Email;
use crate::id::TenantId;
use crate::invitation::{Invitation, InvitationDigest};
use crate::mailbox::Mailbox;
use crate::ownership::DomainOwner;
use crate::proof::{MailboxProof, NoProof};
use crate::provider::Provider;
use crate::refusal::Refusal;
use crate::tenant::{JoinMode, Tenant};

/// How somebody starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// They sign up themselves.
    SignUp,
    /// A provider signs them in for the first time; this is the only gate before the profile is stored.
    Provider,
    /// An administrator creates them; IAM guards that.
    Administrator,
}

/// What the caller presented as an invitation, and what the table says of it.
#[derive(Debug, Clone, Copy)]
pub enum Presented<'a> {
    /// Nothing.
    Nothing,
    /// Something: a token that the table does not know, or no token at all.
    Unknown,
    /// A token that the table knows.
    Known(&'a Invitation),
}

/// What the decision rests on.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When.
    pub now: Timestamp,
    /// How.
    pub start: Start,
    /// What the client is bound to.
    pub client: &'a ClientKind,
    /// The tenant that [`target`] named, as the table has it.
    pub tenant: Option<&'a Tenant>,
    /// The account to be. For a provider: external, with the bound provider as its only identity.
    pub account: &'a Account,
    /// The invitation that came along.
    pub presented: Presented<'a>,
    /// The owner of the address's domain.
    pub domain: Option<&'a DomainOwner>,
    /// The provider, for [`Start::Provider`].
    pub provider: Option<&'a Provider>,
    /// What the tenant knows of the address. It counts only where it may: see [`crate::Policy::invitation_lookup`].
    pub mailbox: &'a Mailbox,
}

/// May this person start?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, by this route.
    Admit(Route),
    /// No.
    Refuse(Refusal),
}

/// The route that lets somebody start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The invitation that they presented: to be remembered until the address is proven.
    Invitation(InvitationDigest),
    /// An invitation that was looked up by address.
    InvitationLookup,
    /// A verified domain.
    Domain,
    /// The tenant's own provider.
    Provider,
    /// A tenant with open sign-up.
    Open,
    /// An administrator created the user. Grants nothing.
    Administrator,
}

impl Route {
    /// The route's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invitation(_) => "admit_invitation",
            Self::InvitationLookup => "admit_invitation_lookup",
            Self::Domain => "admit_domain",
            Self::Provider => "admit_provider",
            Self::Open => "admit_open",
            Self::Administrator => "admit_administrator",
        }
    }
}

/// Which tenant's rules apply: the client's; at a shared client the invitation's, else the provider's, else the domain's.
pub fn target(
    client: &ClientKind,
    presented: Presented<'_>,
    provider: Option<&Provider>,
    domain: Option<&DomainOwner>,
) -> Option<TenantId> {
    match (client, presented) {
        (ClientKind::Tenant(tenant), _) => Some(tenant.clone()),
        (ClientKind::Shared, Presented::Known(invitation)) => Some(invitation.tenant.clone()),
        (ClientKind::Shared, Presented::Nothing) => match provider.map(|provider| &provider.kind) {
            Some(crate::ProviderKind::Tenant(tenant)) => Some(tenant.clone()),
            _ => domain.and_then(|domain| domain.tenant.clone()),
        },
        (ClientKind::Shared, Presented::Unknown) | (ClientKind::Machine { .. } | ClientKind::Unbound, _) => None,
    }
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Decision {
    match admit(facts) {
        Ok(route) => Decision::Admit(route),
        Err(refusal) => Decision::Refuse(refusal),
    }
}

fn admit(facts: &Facts<'_>) -> Result<Route, Refusal> {
    if facts.start == Start::Administrator {
        return Ok(Route::Administrator);
    }
    if matches!(facts.client, ClientKind::Machine { .. } | ClientKind::Unbound) {
        return Err(Refusal::ClientNotBound);
    }
    let shared = *facts.client == ClientKind::Shared;
    if shared && !matches!(facts.presented, Presented::Nothing) {
        // At a shared client the invitation names the tenant, so whether it is good must be said before anything of the tenant.
        redeemable(facts)?;
    }
    let Some(tenant) = facts.tenant else {
        // A bound client always has its tenant; without one the table is incomplete, and that is a denial.
        return Err(if shared { Refusal::InvitationRequired } else { Refusal::ClientNotBound });
    };
    // Whose domain an address is, and how its owner is doing, is not for strangers to learn.
    let stranger = shared && matches!(facts.presented, Presented::Nothing);
    tenant.lets_people_in().map_err(|refusal| if stranger { Refusal::InvitationRequired } else { refusal })?;
    match facts.start {
        Start::Provider => by_provider(facts, tenant),
        Start::SignUp | Start::Administrator => by_oneself(facts, tenant),
    }
}

fn by_oneself(facts: &Facts<'_>, tenant: &Tenant) -> Result<Route, Refusal> {
    if tenant.policy.sso_required {
        return Err(Refusal::SsoRequired);
    }
    let address = facts.account.address().ok_or(Refusal::EmailNotAccepted)?;
    if !matches!(facts.presented, Presented::Nothing) {
        return redeemable(facts).map(Route::Invitation);
    }
    match domain_route(tenant, facts.domain, address) {
        Some(JoinMode::Open | JoinMode::Automatic | JoinMode::Request) => return Ok(Route::Domain),
        None if tenant.policy.join == JoinMode::Open => return Ok(Route::Open),
        Some(JoinMode::InvitationOnly) | None => {}
    }
    if tenant.policy.invitation_lookup && facts.mailbox.open_invitation(facts.now).is_some() {
        return Ok(Route::InvitationLookup);
    }
    Err(Refusal::InvitationRequired)
}

fn by_provider(facts: &Facts<'_>, tenant: &Tenant) -> Result<Route, Refusal> {
    if facts.provider.is_none() {
        return Err(Refusal::ProviderNotAccepted);
    }
    let proof = MailboxProof::of(facts.account, &tenant.id, facts.domain, facts.provider).map_err(refusal_for)?;
    if proof.is_by_tenant_provider() {
        return Ok(Route::Provider);
    }
    if tenant.policy.sso_required {
        return Err(Refusal::SsoRequired);
    }
    // The provider has proven the mailbox, so looking it up tells nobody anything that is not theirs.
    if facts.mailbox.open_invitation(facts.now).is_some() {
        return Ok(Route::InvitationLookup);
    }
    match domain_route(tenant, facts.domain, proof.address()) {
        Some(JoinMode::Open | JoinMode::Automatic | JoinMode::Request) => Ok(Route::Domain),
        None if tenant.policy.join == JoinMode::Open => Ok(Route::Open),
        Some(JoinMode::InvitationOnly) | None => Err(Refusal::InvitationRequired),
    }
}

/// The invitation that was presented, if this person can redeem it here. Every way in which it is not good looks alike.
fn redeemable(facts: &Facts<'_>) -> Result<InvitationDigest, Refusal> {
    match (facts.presented, facts.account.address()) {
        (Presented::Known(invitation), Some(address))
            if invitation.is_open_at(facts.now)
                && invitation.address == *address
                && facts.client.tenant().is_none_or(|own| *own == invitation.tenant) =>
        {
            Ok(invitation.terms.digest.clone())
        }
        _ => Err(Refusal::InvitationUnusable),
    }
}

/// How people of the address's domain join this tenant; `None` if the domain is not the tenant's. A function's mailbox joins by
/// invitation alone, whatever its domain allows.
pub(crate) fn domain_route(tenant: &Tenant, domain: Option<&DomainOwner>, address: &Email) -> Option<JoinMode> {
    domain
        .filter(|domain| domain.domain == *address.domain() && domain.belongs_to(&tenant.id))
        .map(|domain| domain.join.unwrap_or(tenant.policy.join))
        .map(|mode| if address.is_role_mailbox() { JoinMode::InvitationOnly } else { mode })
}

/// What a missing proof means to the person.
pub(crate) const fn refusal_for(no: NoProof) -> Refusal {
    match no {
        NoProof::Address => Refusal::EmailNotAccepted,
        NoProof::Unverified => Refusal::EmailNotVerified,
        NoProof::Linked => Refusal::LinkedAccount,
        NoProof::Provider => Refusal::ProviderNotAccepted,
    }
}
