//! The one decision by which a person becomes a member: post confirmation and pre token generation both ask it.

use jiff::Timestamp;

use crate::account::Account;
use crate::id::{MemberId, Person};
use crate::invitation::{InvitationDigest, Inviter, Terms};
use crate::mailbox::{BarReason, Mailbox};
use crate::membership::{Membership, MembershipStatus, Origin};
use crate::ownership::DomainOwner;
use crate::proof::MailboxProof;
use crate::provider::Provider;
use crate::refusal::Refusal;
use crate::role::{Rank, Roles};
use crate::sign_up::{domain_route, refusal_for};
use crate::standing::origin_stands;
use crate::tenant::{JoinMode, Tenant};

/// What the decision rests on.
#[derive(Debug)]
pub struct Facts<'a> {
    /// When.
    pub now: Timestamp,
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
    /// The person's row, if there is one.
    pub membership: Option<&'a Membership>,
    /// The invitation that pre sign-up remembered for this user, if it was to this tenant.
    pub remembered: Option<&'a InvitationDigest>,
    /// The row of the mailbox's holder, where that is somebody else.
    pub predecessor: Option<&'a Membership>,
    /// Whether who made the open invitation may still grant what it grants: see [`may_still_invite`].
    pub inviter_may: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolment {
    /// Becomes a member now.
    Join(Joining),
    /// Waits for an admin's approval.
    Request(Joining),
    /// Is a member already: nothing to do.
    Member,
    /// Does not become a member.
    Refuse(Refusal),
}

/// How somebody becomes a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// The mailbox that they have proven.
    pub proof: MailboxProof,
    /// As what.
    pub roles: Roles,
    /// What it rests on.
    pub origin: Origin,
    /// The invitation that this redeems, in the same transaction.
    pub redeems: Option<Terms>,
    /// The member whose place (roles, seat, `member_id`) the person takes over: themselves, before SSO.
    pub takes_over: Option<MemberId>,
}

/// Decides.
pub fn enrol(facts: &Facts<'_>) -> Enrolment {
    decide(facts).unwrap_or_else(Enrolment::Refuse)
}

fn decide(facts: &Facts<'_>) -> Result<Enrolment, Refusal> {
    let policy = &facts.tenant.policy;
    facts.tenant.lets_people_in()?;
    let ended = match facts.membership.map(|row| (row.status, row.since)) {
        None => None,
        Some((MembershipStatus::Active, _)) => return Ok(Enrolment::Member),
        Some((MembershipStatus::Suspended, _)) => return Err(Refusal::MembershipSuspended),
        Some((MembershipStatus::Superseded, _)) => return Err(Refusal::SsoRequired),
        Some((status, since)) => Some((status, since)),
    };
    let newer = |terms: &&Terms| match ended {
        // A request is nobody's decision, so no invitation is older than one that counts.
        None | Some((MembershipStatus::Requested, _)) => true,
        Some((_, since)) => terms.created > since,
    };
    let proof = MailboxProof::of(facts.account, &facts.tenant.id, facts.domain, facts.provider);
    // Who is invited is told to nobody who has not proven the mailbox: otherwise any address that somebody gives their account asks.
    let open = facts.mailbox.open_invitation(facts.now).filter(newer).filter(|_| proof.is_ok());
    // What nobody may grant any more closes no other way in.
    let invitation = open.filter(|_| facts.inviter_may);
    // Nothing but an invitation, newer than an end, leads past a row, so without one the row says why, whatever is or is not proven.
    match ended {
        Some((status, _)) if invitation.is_none() => return Err(refusal_of(status)),
        _ => {}
    }
    if policy.sso_required && !facts.account.external {
        return Err(Refusal::SsoRequired);
    }
    let proof = proof.map_err(refusal_for)?;
    if policy.sso_required && !proof.is_by_tenant_provider() {
        return Err(Refusal::SsoRequired);
    }
    if facts.mailbox.bar.is_some_and(|bar| bar.reason == BarReason::Suspended) {
        return Err(Refusal::MembershipSuspended);
    }
    let join = |proof, roles, origin| Joining { proof, roles, origin, redeems: None, takes_over: None };

    if let (Some(before), Some(provider)) = (former_self(facts, &proof), facts.provider)
        && ended.is_none()
        && policy.sso_required
        && facts.mailbox.bar.is_none()
    {
        let mut joining = join(proof, before.roles.clone(), Origin::Provider(provider.name.clone()));
        joining.takes_over = Some(before.member.clone());
        return Ok(Enrolment::Join(joining));
    }
    if let Some(terms) = invitation {
        let mut joining = join(proof, terms.roles.clone(), Origin::Invitation(terms.digest.clone()));
        joining.redeems = Some(terms.clone());
        return Ok(Enrolment::Join(joining));
    }
    if facts.mailbox.bar.is_some() {
        return Err(Refusal::MembershipEnded);
    }
    if let (true, Some(provider)) = (proof.is_by_tenant_provider(), facts.provider) {
        return Ok(Enrolment::Join(join(proof, policy.default_roles.clone(), Origin::Provider(provider.name.clone()))));
    }
    if let (Some(mode), Some(owner)) = (domain_route(facts.tenant, facts.domain, proof.address()), facts.domain) {
        let origin = Origin::Domain { domain: owner.domain.clone(), generation: owner.generation };
        match mode {
            JoinMode::Open | JoinMode::Automatic => {
                return Ok(Enrolment::Join(join(proof, policy.default_roles.clone(), origin)));
            }
            JoinMode::Request => return Ok(Enrolment::Request(join(proof, policy.default_roles.clone(), origin))),
            JoinMode::InvitationOnly => {}
        }
    } else if policy.join == JoinMode::Open {
        return Ok(Enrolment::Join(join(proof, policy.default_roles.clone(), Origin::Open)));
    }
    // What pre sign-up admitted, or somebody was sent, has ceased to be true: say that, not that an invitation is needed.
    let had_one = facts.remembered.is_some() || open.is_some();
    Err(if had_one { Refusal::InvitationUnusable } else { Refusal::InvitationRequired })
}

/// Whether an invitation may still be redeemed by this person: an operator's always; a member's while they stand (or, where the tenant
/// wants that, after they were removed, up to plain members), and nobody grants above themselves, nor to themselves.
///
/// `inviter`: the member's row, and whether it [stands](crate::standing::stands). `visitor`: who redeems, where that is known.
pub fn may_still_invite(
    terms: &Terms,
    inviter: Option<(&Membership, bool)>,
    tenant: &Tenant,
    visitor: Option<&Person>,
) -> bool {
    let Inviter::Member(person) = &terms.inviter else { return true };
    let Some((row, stands)) = inviter else { return false };
    let needed = terms.roles.ceiling();
    let outlives = tenant.policy.invitations_outlive_inviter && needed.rank <= Rank::Member && needed.custom.is_empty();
    let may = match row.status {
        MembershipStatus::Active => stands,
        MembershipStatus::Removed | MembershipStatus::Superseded => outlives,
        MembershipStatus::Requested | MembershipStatus::Denied | MembershipStatus::Suspended => false,
    };
    may && Some(person) != visitor && needed.allows(&row.roles)
}

/// What a row that ended, or never began, says.
const fn refusal_of(status: MembershipStatus) -> Refusal {
    match status {
        MembershipStatus::Requested => Refusal::ApprovalPending,
        MembershipStatus::Denied => Refusal::ApprovalDenied,
        _ => Refusal::MembershipEnded,
    }
}

/// The row of the same person from before SSO. A row that a provider gave is not one: who gets a leaver's address at the provider is
/// a new person, and inherits nothing.
fn former_self<'a>(facts: &Facts<'a>, proof: &MailboxProof) -> Option<&'a Membership> {
    let pool = facts.provider.map(|provider| &provider.pool);
    facts.predecessor.filter(|row| {
        row.status == MembershipStatus::Active
            && row.tenant == facts.tenant.id
            && Some(&row.person.pool) == pool
            && row.address.as_ref() == Some(proof.address())
            && !matches!(row.origin, Origin::Provider(_))
            && origin_stands(row, facts.domain, facts.provider)
    })
}
