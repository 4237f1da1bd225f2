//! What becomes of members: change roles, approve, deny, suspend, resume, remove, reinstate.

use domain::{
    Bar, BarReason, Email, Invalid, Membership, MembershipStatus, Origin, Person, Rank, Roles, TenantId, TenantStatus,
};

use super::row::{BarChange, RowChange, ending};
use super::{MemberName, state, superseded};
use crate::record::{Deed, check_reason};
use crate::{OperationError, Operations, ROUNDS};

/// Which mailbox a removal or a suspension bars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Barring {
    /// The one with which the member came.
    #[default]
    Own,
    /// This one, of a member who came without any; it becomes theirs.
    Address(Email),
    /// None: only this account is kept out. For an account that is not the person's any more, or never was.
    Without,
}

/// What a decision makes of a row; written unless nothing changes.
#[derive(Debug)]
struct Next {
    status: MembershipStatus,
    roles: Roles,
    origin: Origin,
    bar: BarChange,
    /// The person holds the mailbox from now on.
    holds: bool,
}

impl Next {
    fn of(row: &Membership, status: MembershipStatus) -> Self {
        let (roles, origin) = (row.roles.clone(), row.origin.clone());
        Self { status, roles, origin, bar: BarChange::Keep, holds: false }
    }
}

/// Nobody bars somebody else's mailbox by a slip.
const OTHER_ADDRESS: Invalid = Invalid {
    noun: "address of this member",
    rule: "it is the one with which they came, and need not be said; `tenantctl member bar` bars another",
};

impl Operations {
    /// Changes what a member is. The last owner stays one.
    pub async fn set_roles(
        &self,
        id: &TenantId,
        name: &MemberName,
        roles: &Roles,
    ) -> Result<Membership, OperationError> {
        self.change(id, name, "member.role", None, |row, _| match row.status {
            MembershipStatus::Active | MembershipStatus::Suspended => {
                let mut next = Next::of(row, row.status);
                next.roles = roles.clone();
                Ok(next)
            }
            MembershipStatus::Requested | MembershipStatus::Denied => {
                Err(state(row, "`tenantctl member approve --role` decides about the request"))
            }
            MembershipStatus::Removed => Err(state(row, "`tenantctl member reinstate --role` takes the member back")),
            MembershipStatus::Superseded => Err(superseded(row)),
        })
        .await
    }

    /// Lets somebody in who asked to join (or whose request was declined), with these roles or the ones they would have got.
    pub async fn approve(
        &self,
        id: &TenantId,
        name: &MemberName,
        roles: Option<&Roles>,
    ) -> Result<Membership, OperationError> {
        self.change(id, name, "member.approve", None, |row, bar| match row.status {
            MembershipStatus::Requested | MembershipStatus::Denied => {
                if let Some(bar) = bar {
                    return Err(OperationError::MailboxBarred(crate::shape::bar_reason(bar.reason)));
                }
                let mut next = Next::of(row, MembershipStatus::Active);
                next.roles = roles.cloned().unwrap_or_else(|| row.roles.clone());
                next.holds = true;
                Ok(next)
            }
            MembershipStatus::Active if roles.is_none_or(|roles| *roles == row.roles) => Ok(Next::of(row, row.status)),
            MembershipStatus::Active => Err(state(row, "`tenantctl member role` changes roles")),
            MembershipStatus::Suspended => Err(state(row, "`tenantctl member resume` lifts the suspension")),
            MembershipStatus::Removed => Err(state(row, "`tenantctl member reinstate` takes the member back")),
            MembershipStatus::Superseded => Err(superseded(row)),
        })
        .await
    }

    /// Says no to somebody who asked to join.
    pub async fn deny(
        &self,
        id: &TenantId,
        name: &MemberName,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.change(id, name, "member.deny", reason, |row, _| match row.status {
            MembershipStatus::Requested | MembershipStatus::Denied => Ok(Next::of(row, MembershipStatus::Denied)),
            MembershipStatus::Superseded => Err(superseded(row)),
            _ => Err(state(row, "only a request can be declined; `tenantctl member remove` ends a membership")),
        })
        .await
    }

    /// Lets a member in no more until they are resumed, whatever account they come with that has the mailbox with which they came.
    /// They keep their seat.
    pub async fn suspend(
        &self,
        id: &TenantId,
        name: &MemberName,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.suspend_barring(id, name, &Barring::Own, reason).await
    }

    /// As [`Operations::suspend`]; `barring` says which mailbox is kept out with the account.
    pub async fn suspend_barring(
        &self,
        id: &TenantId,
        name: &MemberName,
        barring: &Barring,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.change_barring(id, name, barring, "member.suspend", reason, |row, _| match row.status {
            MembershipStatus::Active | MembershipStatus::Suspended => {
                let mut next = Next::of(row, MembershipStatus::Suspended);
                next.bar = BarChange::Set(BarReason::Suspended);
                Ok(next)
            }
            MembershipStatus::Requested | MembershipStatus::Denied => {
                Err(state(row, "`tenantctl member deny` declines a request"))
            }
            MembershipStatus::Removed => Err(state(row, "who was removed is kept out already")),
            MembershipStatus::Superseded => Err(superseded(row)),
        })
        .await
    }

    /// Lets a suspended member in again.
    pub async fn resume(
        &self,
        id: &TenantId,
        name: &MemberName,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.change(id, name, "member.resume", reason, |row, bar| match row.status {
            MembershipStatus::Active | MembershipStatus::Suspended => {
                let mut next = Next::of(row, MembershipStatus::Active);
                if bar.is_some_and(|bar| bar.reason == BarReason::Suspended) {
                    next.bar = BarChange::Lift;
                }
                Ok(next)
            }
            MembershipStatus::Superseded => Err(superseded(row)),
            _ => Err(state(row, "only a suspended member can be resumed")),
        })
        .await
    }

    /// Ends a membership: the row stays, the seat is free, and the mailbox with which the member came is barred until a later
    /// invitation or an operator lifts that. The one that their account has now, if it is another, is not:
    /// [`Operations::bar_mailbox`].
    pub async fn remove(
        &self,
        id: &TenantId,
        name: &MemberName,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.remove_barring(id, name, &Barring::Own, reason).await
    }

    /// As [`Operations::remove`]; `barring` says which mailbox is kept out with the account.
    pub async fn remove_barring(
        &self,
        id: &TenantId,
        name: &MemberName,
        barring: &Barring,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.change_barring(id, name, barring, "member.remove", reason, |row, bar| match row.status {
            MembershipStatus::Superseded => Err(superseded(row)),
            // Whose user was deleted, or who was removed without a bar, is kept out from now on.
            MembershipStatus::Removed if bar.is_some() => Ok(Next::of(row, MembershipStatus::Removed)),
            _ => {
                let mut next = Next::of(row, MembershipStatus::Removed);
                // A suspension of the mailbox ends with the membership that was suspended, and with no other.
                let others = bar.is_some_and(|bar| bar.reason == BarReason::Suspended)
                    && row.status != MembershipStatus::Suspended;
                next.bar = if others { BarChange::Keep } else { BarChange::Set(BarReason::Removed) };
                Ok(next)
            }
        })
        .await
    }

    /// Ends the membership, or the request, of a person whose user is deleted from the pool, and frees the seat. It bars nobody: a
    /// deleted user is not a removed member, and whoever registers the address anew is let in, or not, as before. Somebody who is
    /// suspended stays so. Tells whether the membership is over. For operators.
    pub(crate) async fn release_deleted(
        &self,
        id: &TenantId,
        person: &Person,
        reason: &str,
    ) -> Result<bool, OperationError> {
        self.operators_only()?;
        let name = MemberName::Person(person.clone());
        let ended = self.change(id, &name, "member.release", Some(reason), |row, _| match row.status {
            MembershipStatus::Active | MembershipStatus::Requested => Ok(Next::of(row, MembershipStatus::Removed)),
            _ => Ok(Next::of(row, row.status)),
        });
        match ended.await {
            Ok(row) => Ok(row.status != MembershipStatus::Suspended),
            Err(OperationError::MemberUnknown) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Takes a removed member back, or one on whom nothing rests any more, with these roles or the former ones; for whoever asks anew, it
    /// lifts the bar alone. For operators: an admin invites instead.
    pub async fn reinstate(
        &self,
        id: &TenantId,
        name: &MemberName,
        roles: Option<&Roles>,
        reason: Option<&str>,
    ) -> Result<Membership, OperationError> {
        self.operators_only()?;
        self.change(id, name, "member.reinstate", reason, |row, bar| match row.status {
            MembershipStatus::Removed => {
                let mut next = Next::of(row, MembershipStatus::Active);
                next.roles = roles.cloned().unwrap_or_else(|| row.roles.clone());
                next.origin = Origin::Added;
                next.bar = if bar.is_some() { BarChange::Lift } else { BarChange::Keep };
                next.holds = true;
                Ok(next)
            }
            MembershipStatus::Active if roles.is_none_or(|roles| *roles == row.roles) => {
                let mut next = Next::of(row, MembershipStatus::Active);
                // What the membership rested on may be gone: from now on the operator vouches.
                next.origin = Origin::Added;
                if bar.is_some_and(|bar| bar.reason == BarReason::Removed) {
                    next.bar = BarChange::Lift;
                }
                Ok(next)
            }
            MembershipStatus::Active => Err(state(row, "`tenantctl member role` changes roles")),
            MembershipStatus::Suspended => Err(state(row, "`tenantctl member resume` lifts the suspension")),
            // Whoever asked anew is let in by no approval while the mailbox is barred; whether they are, that decides still.
            MembershipStatus::Requested | MembershipStatus::Denied
                if roles.is_none() && bar.is_some_and(|bar| bar.reason == BarReason::Removed) =>
            {
                let mut next = Next::of(row, row.status);
                next.bar = BarChange::Lift;
                Ok(next)
            }
            MembershipStatus::Requested | MembershipStatus::Denied => {
                Err(state(row, "`tenantctl member approve` decides about the request"))
            }
            MembershipStatus::Superseded => Err(superseded(row)),
        })
        .await
    }

    async fn change(
        &self,
        id: &TenantId,
        name: &MemberName,
        action: &'static str,
        reason: Option<&str>,
        decide: impl Fn(&Membership, Option<Bar>) -> Result<Next, OperationError> + Send + Sync,
    ) -> Result<Membership, OperationError> {
        self.change_barring(id, name, &Barring::Own, action, reason, decide).await
    }

    /// Reads a row and its mailbox, lets `decide` say what becomes of them, and writes that over what was read. `decide` sees the
    /// mailbox's bar.
    async fn change_barring(
        &self,
        id: &TenantId,
        name: &MemberName,
        barring: &Barring,
        action: &'static str,
        reason: Option<&str>,
        decide: impl Fn(&Membership, Option<Bar>) -> Result<Next, OperationError> + Send + Sync,
    ) -> Result<Membership, OperationError> {
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let tenant = self.read_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let before = self.named(id, name).await?;
            let mut mailbox = self.maybe_mailbox(id, before.address.as_ref()).await?;
            if authority.is_outdated_by(&before, mailbox.as_ref()) {
                continue;
            }
            let mut next = decide(&before, mailbox.as_ref().and_then(|keyed| keyed.mailbox.bar_on(&before)))?;
            authority.may_change(&before)?;
            let mut address = before.address.clone();
            if matches!(next.bar, BarChange::Set(_)) {
                match (barring, &before.address) {
                    (Barring::Without, _) => {
                        // The suspension of the mailbox ends with the suspended membership: nobody is left to be resumed.
                        let ends = before.status == MembershipStatus::Suspended && next.status != before.status;
                        let bar = mailbox.as_ref().and_then(|keyed| keyed.mailbox.bar);
                        let suspended = bar.is_some_and(|bar| bar.reason == BarReason::Suspended);
                        next.bar = if ends && suspended { BarChange::Lift } else { BarChange::Keep };
                    }
                    // Another account of the mailbox came after the removal: what they are is not decided here.
                    (Barring::Own, Some(_))
                        if before.status == MembershipStatus::Removed
                            && mailbox
                                .as_ref()
                                .is_some_and(|keyed| keyed.mailbox.is_held_by_another(&before.person)) =>
                    {
                        next.bar = BarChange::Keep;
                    }
                    (Barring::Own, Some(_)) => {}
                    // Who is removed already, and perhaps erased, has no mailbox that could be barred by itself.
                    (Barring::Own, None) if before.status == MembershipStatus::Removed => next.bar = BarChange::Keep,
                    (Barring::Own, None) => return Err(OperationError::AddressUnknown),
                    (Barring::Address(given), Some(own)) if given == own => {}
                    (Barring::Address(_), Some(_)) => return Err(OTHER_ADDRESS.into()),
                    (Barring::Address(given), None) => {
                        let keyed = self.mailbox(id, given).await?;
                        self.nobody_elses(&before.person, &keyed).await?;
                        (mailbox, address) = (Some(keyed), Some(given.clone()));
                    }
                }
            }
            if next.roles != before.roles || next.status == MembershipStatus::Active {
                authority.may_grant(&next.roles)?;
            }
            if next.status == MembershipStatus::Active
                && before.status != MembershipStatus::Active
                && tenant.status == TenantStatus::Closed
            {
                return Err(OperationError::TenantState("closed"));
            }
            let now = self.now();
            let mut after = before.clone();
            after.roles = next.roles;
            after.origin = next.origin;
            after.address = address;
            if after.status != next.status {
                after.status = next.status;
                after.since = match &mailbox {
                    Some(keyed) if next.status == MembershipStatus::Removed => ending(&keyed.mailbox, now),
                    Some(keyed) if next.status == MembershipStatus::Active => keyed.mailbox.begins(now),
                    _ => now,
                };
            }
            let deed = Deed::new(action, before.member.as_ref()).because(reason);
            let change =
                RowChange { before: Some(&before), after, mailbox, bar: next.bar, holds: next.holds, claimed: None };
            if let Some(row) = self.write_row(&tenant, &authority, change, deed, now).await? {
                return Ok(row);
            }
        }
        Err(OperationError::Contended)
    }
}
