//! Members, added without any proof, because an operator vouches: one by one, or many who were elsewhere before.

use domain::{
    Email, MailboxKey, MemberId, Membership, MembershipStatus, Origin, Person, Roles, Tenant, TenantId, TenantStatus,
};
use store::entity::KeyedMailbox;
use store::{Batch, Key};

use super::row::{BarChange, RowChange, unknown_mailbox};
use super::{state, superseded};
use crate::authority::Authority;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

/// A member to be, added without any proof: the operator vouches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Who.
    pub person: Person,
    /// Their mailbox, if it is known.
    pub address: Option<Email>,
    /// As what.
    pub roles: Roles,
    /// Lift the bar that a removal left on the mailbox.
    pub lift_bar: bool,
}

impl Operations {
    /// Adds a person as a member. Who was removed, suspended or superseded is not added but reinstated or resumed; who is a member
    /// with these roles already stays as they are. For operators, since nobody proves the address: an admin invites instead.
    pub async fn add_member(&self, id: &TenantId, new: &NewMember) -> Result<Membership, OperationError> {
        self.add_member_or_find(id, new).await.map(|(row, _)| row)
    }

    /// As [`Operations::add_member`]; tells whether the person was new.
    pub async fn add_member_or_find(
        &self,
        id: &TenantId,
        new: &NewMember,
    ) -> Result<(Membership, bool), OperationError> {
        self.add_over(id, new, None, Over::Requests).await
    }

    /// As [`Operations::add_member_or_find`], of many at once: a row that is there stays as it is, whatever roles it has, and nobody's
    /// request is decided by the way. `claimed` is an address that nobody proved: it gives no mailbox, but the bar on it holds.
    pub(crate) async fn adopt_member(
        &self,
        id: &TenantId,
        new: &NewMember,
        claimed: Option<&Email>,
    ) -> Result<(Membership, bool), OperationError> {
        self.add_over(id, new, claimed, Over::Nothing).await
    }

    async fn add_over(
        &self,
        id: &TenantId,
        new: &NewMember,
        claimed: Option<&Email>,
        over: Over,
    ) -> Result<(Membership, bool), OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let met = self.meet(id, new, claimed).await?;
            let addable = self.addable(new, &met, over).await?;
            let Met { tenant, before, mailbox, claimed } = met;
            let address = new.address.clone().or_else(|| before.as_ref().and_then(|row| row.address.clone()));
            if addable == Addable::Already {
                // INVARIANT: `before` is there, since somebody who is no member cannot be one already.
                return before.map(|row| (row, false)).ok_or(OperationError::Contended);
            }
            let barred = mailbox.as_ref().and_then(|keyed| keyed.mailbox.bar);
            let now = self.now();
            let after = Membership {
                person: new.person.clone(),
                tenant: id.clone(),
                member: before.as_ref().map_or_else(|| MemberId::from_random(self.bits()), |row| row.member.clone()),
                roles: new.roles.clone(),
                status: MembershipStatus::Active,
                origin: Origin::Added,
                address,
                since: mailbox.as_ref().map_or(now, |keyed| keyed.mailbox.begins(now)),
                created: before.as_ref().map_or(now, |row| row.created),
                revision: before.as_ref().map_or(0, |row| row.revision),
            };
            let member = after.member.clone();
            let deed = Deed::new("member.add", member.as_ref());
            let bar = if barred.is_some() { BarChange::Lift } else { BarChange::Keep };
            let change = RowChange { before: before.as_ref(), after, mailbox, bar, holds: true, claimed };
            if let Some(row) = self.write_row(&tenant, &Authority::Operator, change, deed, now).await? {
                return Ok((row, true));
            }
        }
        Err(OperationError::Contended)
    }

    /// What the table says of a person who is to be added, in one round trip where their address is given.
    async fn meet(&self, id: &TenantId, new: &NewMember, claimed: Option<&Email>) -> Result<Met, OperationError> {
        let (tenant_key, row_key) = (Key::tenant(id), Key::membership(&new.person, id));
        let mailbox_key = |address: &Email| Key::mailbox(id, &MailboxKey::of(id, address));
        let mut batch = Batch::default();
        let claimed = claimed.filter(|_| new.address.is_none());
        let address = new.address.as_ref().or(claimed);
        batch.add(tenant_key.clone()).add(row_key.clone()).maybe(address.map(mailbox_key));
        let found = self.session.batch(batch).await?;
        let tenant: Tenant = found.get(&tenant_key)?.ok_or_else(|| OperationError::no_tenant(id))?;
        if tenant.status == TenantStatus::Closed {
            return Err(OperationError::TenantState("closed"));
        }
        let before: Option<Membership> = found.get(&row_key)?;
        let keyed = |address: &Email| {
            let keyed: Option<KeyedMailbox> = found.get(&mailbox_key(address))?;
            Ok::<_, OperationError>(keyed.unwrap_or_else(|| unknown_mailbox(id, address)))
        };
        let claimed = claimed.map(keyed).transpose()?;
        let mailbox = match &new.address {
            Some(address) => Some(keyed(address)?),
            None => self.maybe_mailbox(id, before.as_ref().and_then(|row| row.address.as_ref())).await?,
        };
        Ok(Met { tenant, before, mailbox, claimed })
    }

    /// What adding a person would come to; an error says why nothing.
    pub(crate) async fn would_add(&self, id: &TenantId, new: &NewMember) -> Result<WouldAdd, OperationError> {
        self.operators_only()?;
        let met = self.meet(id, new, None).await?;
        Ok(match self.addable(new, &met, Over::Requests).await? {
            Addable::Already => WouldAdd::Already,
            Addable::Yes => WouldAdd::With(met.mailbox.map(Box::new)),
        })
    }

    /// Whether a person is a member already (true) or can be adopted (false); an error says why neither.
    pub(crate) async fn is_adopted(
        &self,
        id: &TenantId,
        new: &NewMember,
        claimed: Option<&Email>,
    ) -> Result<bool, OperationError> {
        self.operators_only()?;
        let met = self.meet(id, new, claimed).await?;
        Ok(self.addable(new, &met, Over::Nothing).await? == Addable::Already)
    }

    /// The row must allow it, the mailbox must not be barred, and nobody else may be a member by it.
    async fn addable(&self, new: &NewMember, met: &Met, over: Over) -> Result<Addable, OperationError> {
        let addable = may_be_added(met.before.as_ref(), &new.roles, over)?;
        if let (Addable::Yes, Some(keyed)) = (&addable, &met.mailbox) {
            self.nobody_elses(&new.person, keyed).await?;
            if let Some(bar) = keyed.mailbox.bar.filter(|_| !new.lift_bar) {
                return Err(OperationError::MailboxBarred(crate::shape::bar_reason(bar.reason)));
            }
        }
        // Whoever was removed does not come back by leaving their address unverified.
        let claimed = met.claimed.as_ref().and_then(|keyed| keyed.mailbox.bar).filter(|_| addable == Addable::Yes);
        if let Some(bar) = claimed.filter(|_| !new.lift_bar) {
            return Err(OperationError::MailboxBarred(crate::shape::bar_reason(bar.reason)));
        }
        Ok(addable)
    }

    /// A mailbox is not given to a person by word alone while somebody else is a member by it.
    pub(super) async fn nobody_elses(&self, person: &Person, keyed: &KeyedMailbox) -> Result<(), OperationError> {
        match self.row_of_holder(keyed).await? {
            Some(row) if row.person != *person && row.status.takes_seat() => {
                Err(OperationError::MemberExists(format!("with another account, as {}", row.member)))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a person can be added over the row that is there.
#[derive(Debug, PartialEq, Eq)]
enum Addable {
    Yes,
    Already,
}

/// What adding a person would come to.
#[derive(Debug)]
pub(crate) enum WouldAdd {
    /// They are a member with these roles.
    Already,
    /// They become one, and hold this mailbox, if any is known.
    With(Option<Box<KeyedMailbox>>),
}

/// Over which rows somebody may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Over a request, which this decides.
    Requests,
    /// Over none.
    Nothing,
}

/// What the table says of a person who is to be added.
struct Met {
    tenant: Tenant,
    before: Option<Membership>,
    mailbox: Option<KeyedMailbox>,
    /// The mailbox of an address that nobody proved.
    claimed: Option<KeyedMailbox>,
}

fn may_be_added(before: Option<&Membership>, roles: &Roles, over: Over) -> Result<Addable, OperationError> {
    let Some(row) = before else { return Ok(Addable::Yes) };
    match row.status {
        MembershipStatus::Requested | MembershipStatus::Denied if over == Over::Requests => Ok(Addable::Yes),
        MembershipStatus::Requested | MembershipStatus::Denied => {
            Err(state(row, "`tenantctl member approve` decides about the request"))
        }
        MembershipStatus::Active if row.roles == *roles || over == Over::Nothing => Ok(Addable::Already),
        MembershipStatus::Active => Err(OperationError::MemberExists(format!("as {}", row.roles))),
        MembershipStatus::Suspended => Err(state(row, "`tenantctl member resume` lifts the suspension")),
        MembershipStatus::Removed => Err(state(row, "`tenantctl member reinstate` takes the member back")),
        MembershipStatus::Superseded => Err(superseded(row)),
    }
}
