//! Invitations: create, list, revoke, resend. One open invitation per tenant and address; its token is shown once.

use std::str::FromStr;

use domain::{
    BarReason, Email, Invalid, Invitation, InvitationDigest, InvitationState, InvitationToken, Inviter,
    MembershipStatus, Rank, Roles, Tenant, TenantId, Terms,
};
use jiff::{SignedDuration, Timestamp};
use store::Key;
use store::entity::KeyedMailbox;

use crate::authority::Authority;
use crate::commit::Part;
use crate::record::{Deed, check_reason};
use crate::{OperationError, Operations, ROUNDS};

/// The longest that an invitation is open.
const MOST_DAYS: i64 = 90;

/// An invitation to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Who is invited.
    pub address: Email,
    /// What they become; `None`: what the tenant's policy says for everybody.
    pub roles: Option<Roles>,
    /// How long it is open: one minute to 90 days, in whole seconds.
    pub open_for: SignedDuration,
    /// Revoke the open invitation of this address, if there is one, in the same transaction.
    pub replaces: bool,
}

impl Invite {
    /// For a week, with the tenant's default roles.
    pub const fn new(address: Email) -> Self {
        Self { address, roles: None, open_for: SignedDuration::from_hours(24 * 7), replaces: false }
    }

    /// With these roles.
    #[must_use]
    pub fn with_roles(self, roles: Roles) -> Self {
        Self { roles: Some(roles), ..self }
    }
}

/// A new invitation with its secret, which nothing will ever show again.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The secret, for the invited person alone.
    pub token: InvitationToken,
    /// What the table keeps.
    pub invitation: Invitation,
    /// The open invitation that this one replaced.
    pub replaced: Option<InvitationDigest>,
}

/// How somebody names an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationName {
    /// By its id, or the first 8 digits of it or more.
    Digest(String),
    /// The one open invitation of an address.
    Address(Email),
}

impl FromStr for InvitationName {
    type Err = Invalid;

    /// An address, or 8 to 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.contains('@') {
            return text.parse().map(Self::Address);
        }
        let digits = (8..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if digits {
            Ok(Self::Digest(text.to_owned()))
        } else {
            Err(Invalid { noun: "invitation", rule: "an e-mail address, or 8 to 64 hexadecimal digits of its id" })
        }
    }
}

impl From<InvitationDigest> for InvitationName {
    fn from(digest: InvitationDigest) -> Self {
        Self::Digest(digest.to_string())
    }
}

impl From<Email> for InvitationName {
    fn from(address: Email) -> Self {
        Self::Address(address)
    }
}

impl Operations {
    /// Invites the holder of a mailbox.
    pub async fn invite(&self, id: &TenantId, invite: &Invite) -> Result<Invited, OperationError> {
        self.invite_over(id, invite, None).await
    }

    /// `former`: the open invitation that the new one takes the place of, and no other.
    async fn invite_over(
        &self,
        id: &TenantId,
        invite: &Invite,
        former: Option<&InvitationDigest>,
    ) -> Result<Invited, OperationError> {
        let whole = SignedDuration::from_secs(invite.open_for.as_secs());
        if whole < SignedDuration::from_mins(1) || whole > SignedDuration::from_hours(24 * MOST_DAYS) {
            return Err(OperationError::InvitationLifetime { most: MOST_DAYS });
        }
        let token = InvitationToken::from_random(self.bits());
        for _ in 0..ROUNDS {
            let tenant = self.open_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let roles = invite.roles.clone().unwrap_or_else(|| tenant.policy.default_roles.clone());
            authority.may_grant(&roles)?;
            let mailbox = self.mailbox(id, &invite.address).await?;
            self.invitable(&mailbox).await?;
            if former.is_some() && former != mailbox.mailbox.invitation.as_ref().map(|terms| &terms.digest) {
                return Err(OperationError::InvitationSettled("used, revoked or replaced"));
            }
            let now = self.now();
            if mailbox.mailbox.open_invitation(now).is_some() && !invite.replaces {
                return Err(OperationError::InvitationExists);
            }
            let made = made_after(&mailbox, now);
            let terms = Terms {
                digest: token.digest(),
                roles,
                inviter: inviter(&authority),
                created: made,
                expires: whole_seconds(made, whole),
            };
            if let Some((invitation, replaced)) =
                self.issue(&tenant, &authority, mailbox, &invite.address, terms, now, "invitation.create").await?
            {
                return Ok(Invited { token, invitation, replaced });
            }
        }
        Err(OperationError::Contended)
    }

    /// Every invitation of a tenant that the table still holds, the oldest first.
    pub async fn invitations(&self, id: &TenantId) -> Result<Vec<Invitation>, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        Ok(self.session.list_all(id.as_ref(), "INVITATION#").await?)
    }

    /// The invitation that somebody named. For operators and the tenant's admins.
    pub async fn find_invitation(&self, id: &TenantId, name: &InvitationName) -> Result<Invitation, OperationError> {
        self.authority(&self.read_tenant(id).await?, Rank::Admin).await?;
        self.named_invitation(id, name).await
    }

    /// As [`Operations::find_invitation`], for an actor whose authority is known.
    async fn named_invitation(&self, id: &TenantId, name: &InvitationName) -> Result<Invitation, OperationError> {
        let digest = match name {
            InvitationName::Address(address) => {
                self.mailbox(id, address).await?.mailbox.invitation.map(|terms| terms.digest)
            }
            InvitationName::Digest(digits) => {
                if let Ok(digest) = digits.parse() {
                    Some(digest)
                } else {
                    let listed = self.invitations(id).await?;
                    let mut like = listed.into_iter().filter(|one| one.terms.digest.as_ref().starts_with(digits));
                    match (like.next(), like.next()) {
                        (Some(one), None) => Some(one.terms.digest),
                        _ => None,
                    }
                }
            }
        };
        let digest = digest.ok_or(OperationError::InvitationUnknown)?;
        let found: Option<Invitation> = self.session.get(&Key::invitation(&digest)).await?;
        // INVARIANT: an invitation of another tenant is as unknown as one that never was.
        found.filter(|one| one.tenant == *id).ok_or(OperationError::InvitationUnknown)
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(
        &self,
        id: &TenantId,
        name: &InvitationName,
        reason: Option<&str>,
    ) -> Result<Invitation, OperationError> {
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let tenant = self.read_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let mut invitation = self.named_invitation(id, name).await?;
            match invitation.state {
                InvitationState::Revoked { .. } => return Ok(invitation),
                InvitationState::Accepted { .. } => return Err(OperationError::InvitationSettled("used")),
                InvitationState::Open => {}
            }
            let now = self.now();
            invitation.state = InvitationState::Revoked { at: now };
            let mut transaction = self.transaction();
            transaction.write(Part::Invitation, &invitation)?;
            let mut mailbox = self.mailbox(id, &invitation.address).await?;
            if mailbox.mailbox.invitation.as_ref().is_some_and(|terms| terms.digest == invitation.terms.digest) {
                mailbox.mailbox.invitation = None;
                transaction.write(Part::Mailbox, &mailbox)?;
            }
            authority.guard(&mut transaction)?;
            let deed = Deed::new("invitation.revoke", invitation.terms.digest.as_ref()).because(reason);
            self.record(&mut transaction, id, now, deed)?;
            if self.commit(&transaction).await?.is_empty() {
                invitation.revision += 1;
                return Ok(invitation);
            }
        }
        Err(OperationError::Contended)
    }

    /// Revokes an invitation that was not used and makes a new one with the same roles, in one transaction: the old token is shown to
    /// nobody again, not even here.
    pub async fn resend_invitation(
        &self,
        id: &TenantId,
        name: &InvitationName,
        open_for: SignedDuration,
    ) -> Result<Invited, OperationError> {
        let invitation = self.find_invitation(id, name).await?;
        match invitation.state {
            InvitationState::Open => {}
            InvitationState::Accepted { .. } => return Err(OperationError::InvitationSettled("used")),
            InvitationState::Revoked { .. } => return Err(OperationError::InvitationSettled("revoked")),
        }
        let invite =
            Invite { address: invitation.address, roles: Some(invitation.terms.roles), open_for, replaces: true };
        self.invite_over(id, &invite, Some(&invitation.terms.digest)).await
    }

    /// An invitation would not help a member, nor somebody who is suspended.
    async fn invitable(&self, mailbox: &KeyedMailbox) -> Result<(), OperationError> {
        if mailbox.mailbox.bar.is_some_and(|bar| bar.reason == BarReason::Suspended) {
            return Err(OperationError::MailboxBarred("suspended"));
        }
        match self.row_of_holder(mailbox).await? {
            Some(row) if row.status == MembershipStatus::Active => {
                Err(OperationError::MemberExists(format!("as {}", row.roles)))
            }
            _ => Ok(()),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site, and each argument is another part of the transaction"
    )]
    async fn issue(
        &self,
        tenant: &Tenant,
        authority: &Authority,
        mut mailbox: KeyedMailbox,
        address: &Email,
        terms: Terms,
        now: Timestamp,
        action: &'static str,
    ) -> Result<Option<(Invitation, Option<InvitationDigest>)>, OperationError> {
        let mut invitation = Invitation {
            tenant: tenant.id.clone(),
            address: address.clone(),
            terms: terms.clone(),
            state: InvitationState::Open,
            revision: 0,
        };
        let mut transaction = self.transaction();
        transaction.write(Part::Invitation, &invitation)?;
        let former = mailbox.mailbox.invitation.replace(terms);
        transaction.write(Part::Mailbox, &mailbox)?;
        let mut replaced = None;
        if let Some(former) = former {
            let found: Option<Invitation> = self.session.get(&Key::invitation(&former.digest)).await?;
            if let Some(mut found) = found.filter(|found| found.state == InvitationState::Open) {
                found.state = InvitationState::Revoked { at: now };
                transaction.write(Part::FormerInvitation, &found)?;
                replaced = Some(former.digest);
            }
        }
        authority.guard(&mut transaction)?;
        let deed = Deed::new(action, invitation.terms.digest.as_ref());
        self.record(&mut transaction, &tenant.id, now, deed)?;
        let lost = self.commit(&transaction).await?;
        if lost.is_empty() {
            invitation.revision = 1;
            return Ok(Some((invitation, replaced)));
        }
        if lost.contains(&Part::Invitation) {
            // The token is new and random: only an attempt of our own whose answer was lost can have written it.
            let own: Option<Invitation> = self.session.get(&Key::invitation(&invitation.terms.digest)).await?;
            return Ok(own.map(|own| (own, replaced)));
        }
        Ok(None)
    }
}

fn inviter(authority: &Authority) -> Inviter {
    match authority {
        Authority::Operator => Inviter::Operator,
        Authority::Member(own) => Inviter::Member(own.row.person.clone()),
    }
}

/// Only an invitation that is later than a removal lifts its bar: a clock that lags behind the remover's must not make it useless.
fn made_after(mailbox: &KeyedMailbox, now: Timestamp) -> Timestamp {
    match mailbox.mailbox.bar {
        Some(bar) if bar.since >= now => bar.since.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(bar.since),
        _ => now,
    }
}

/// The table keeps whole seconds.
fn whole_seconds(from: Timestamp, open_for: SignedDuration) -> Timestamp {
    Timestamp::from_second(from.as_second().saturating_add(open_for.as_secs())).unwrap_or(Timestamp::MAX)
}
