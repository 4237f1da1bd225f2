//! Pre token generation's question: does this person, signing in this way, stand in this tenant right now?

use jiff::Timestamp;

use crate::account::Account;
use crate::mailbox::{Bar, BarReason, Mailbox};
use crate::membership::{Membership, MembershipStatus, Origin};
use crate::ownership::DomainOwner;
use crate::proof::{MailboxProof, NoProof};
use crate::provider::{Provider, ProviderKind};
use crate::refusal::Refusal;
use crate::sign_up::{domain_route, refusal_for};
use crate::tenant::{JoinMode, Tenant};

/// By which path of Cognito the token comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A sign-in through the API, a custom challenge, or one kind of refresh.
    Authentication,
    /// Managed login, a federated sign-in, or the authorization code.
    ManagedLogin,
    /// A temporary password was changed.
    NewPassword,
    /// A remembered device.
    Device,
    /// Another kind of refresh.
    Refresh,
}

/// What the answer rests on.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When.
    pub now: Timestamp,
    /// How.
    pub way: Way,
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The person's account as the event shows it.
    pub account: &'a Account,
    /// The owner of the address's domain.
    pub domain: Option<&'a DomainOwner>,
    /// The binding of the account's only identity.
    pub provider: Option<&'a Provider>,
    /// What the tenant knows of the address.
    pub mailbox: &'a Mailbox,
    /// The bar on the mailbox that the membership came with, where the account has another address by now.
    pub former_bar: Option<Bar>,
    /// The person's row, if there is one.
    pub membership: Option<&'a Membership>,
    /// The person has answered a code at this app client.
    pub code_passed: bool,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<'a> {
    /// Yes: this membership holds.
    Granted(&'a Membership),
    /// There is no row that decides: ask [`crate::enrol::enrol`].
    Enrol,
    /// No.
    Refused(Refusal),
}

/// Decides.
pub fn decide<'a>(facts: &Facts<'a>) -> Access<'a> {
    match standing(facts) {
        Ok(Some(membership)) => Access::Granted(membership),
        Ok(None) => Access::Enrol,
        Err(refusal) => Access::Refused(refusal),
    }
}

fn standing<'a>(facts: &Facts<'a>) -> Result<Option<&'a Membership>, Refusal> {
    facts.tenant.lets_people_in()?;
    this_way(facts)?;
    let Some(membership) = facts.membership else { return Ok(None) };
    match membership.status {
        MembershipStatus::Active => {
            not_barred(facts, membership)?;
            still_holds(facts, membership)?;
            // Whoever has never answered a code here came before the tenant, or this person's roles, asked for one, or came around it.
            if facts.tenant.policy.chain.asks_code_of(&membership.roles) && !facts.code_passed {
                return Err(Refusal::SignInAgain);
            }
            Ok(Some(membership))
        }
        MembershipStatus::Suspended => Err(Refusal::MembershipSuspended),
        MembershipStatus::Superseded => Err(Refusal::SsoRequired),
        // An invitation may lead past these (past an end, only a newer one); whether it does, enrolment says.
        MembershipStatus::Removed | MembershipStatus::Requested | MembershipStatus::Denied => Ok(None),
    }
}

/// May they sign in this way?
fn this_way(facts: &Facts<'_>) -> Result<(), Refusal> {
    let policy = &facts.tenant.policy;
    if policy.chain.is_more_than_password() && matches!(facts.way, Way::ManagedLogin | Way::NewPassword | Way::Device) {
        return Err(Refusal::SignInAgain);
    }
    if facts.account.external {
        // A session that some provider made counts only where that provider does, whoever the person is there.
        if facts.account.only_identity().is_none() {
            return Err(Refusal::LinkedAccount);
        }
        match facts.provider {
            Some(provider) if provider.serves(&facts.tenant.id) => Ok(()),
            Some(Provider { kind: ProviderKind::Social, enabled: true, .. }) if !policy.sso_required => Ok(()),
            Some(Provider { kind: ProviderKind::Social, .. }) if policy.sso_required => Err(Refusal::SsoRequired),
            _ => Err(Refusal::ProviderNotAccepted),
        }
    } else if policy.sso_required {
        Err(Refusal::SsoRequired)
    } else {
        Ok(())
    }
}

/// A removal or suspension of the same mailbox under another account. Changing the account's address does not shake it off; nor does an
/// address that somebody merely gives their account tell them whose membership ended.
fn not_barred(facts: &Facts<'_>, membership: &Membership) -> Result<(), Refusal> {
    let moved = membership.address.as_ref().is_some_and(|own| facts.account.address() != Some(own));
    let proof = || MailboxProof::of(facts.account, &facts.tenant.id, facts.domain, facts.provider);
    let bar = if moved { facts.mailbox.bar.filter(|_| proof().is_ok()) } else { facts.mailbox.bar_on(membership) };
    match bar.or(facts.former_bar).map(|bar| bar.reason) {
        None => Ok(()),
        Some(BarReason::Suspended) => Err(Refusal::MembershipSuspended),
        Some(BarReason::Removed) => Err(Refusal::MembershipEnded),
    }
}

/// Does what the membership rests on still stand?
fn still_holds(facts: &Facts<'_>, membership: &Membership) -> Result<(), Refusal> {
    match &membership.origin {
        Origin::Invitation(_) | Origin::Open | Origin::Added => Ok(()),
        Origin::Provider(name) => match facts.provider {
            Some(provider) if provider.name == *name && provider.serves(&facts.tenant.id) => Ok(()),
            _ => Err(Refusal::ProviderNotAccepted),
        },
        Origin::Domain { domain, generation } => {
            let proof = MailboxProof::of(facts.account, &facts.tenant.id, facts.domain, facts.provider).map_err(
                |no| match no {
                    // The provider's session is not what the membership rests on.
                    NoProof::Provider => Refusal::ProviderNotAccepted,
                    other => refusal_for(other),
                },
            )?;
            let here = facts
                .domain
                .filter(|owner| owner.belongs_to(&facts.tenant.id) && owner.domain == *proof.address().domain());
            match here {
                Some(owner) if owner.domain == *domain && owner.generation == *generation => Ok(()),
                // The tenant renamed itself: another of its domains, by which the person could join this moment, carries over.
                Some(owner) if owner.domain != *domain => {
                    match domain_route(facts.tenant, facts.domain, proof.address()) {
                        Some(JoinMode::Open | JoinMode::Automatic) => Ok(()),
                        _ => Err(Refusal::MembershipEnded),
                    }
                }
                _ => Err(Refusal::MembershipEnded),
            }
        }
    }
}
