//! Members: add, find, list, change roles, approve, deny, suspend, resume, remove, reinstate.

use std::str::FromStr;

use domain::{
    Bar, BarReason, Email, Holder, Invalid, Mailbox, MailboxKey, MemberId, Membership, MembershipStatus, Origin,
    Person, Rank, Roles, Tenant, TenantId, TenantStatus,
};
use jiff::Timestamp;
use store::entity::KeyedMailbox;
use store::{Batch, Key};

use crate::authority::Authority;
use crate::commit::Part;
use crate::domains::check_reason;
use crate::record::Deed;
use crate::standing::seat_change;
use crate::{OperationError, Operations, ROUNDS};

/// How somebody names a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberName {
    /// By `member_id`.
    Member(MemberId),
    /// By the address with which they came.
    Address(Email),
    /// By pool and sub.
    Person(Person),
}

impl FromStr for MemberName {
    type Err = Invalid;

    /// An address (which may begin with `m_`, too), `m_…`, or `POOL:SUB`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.contains('@') {
            return text.parse().map(Self::Address);
        }
        if text.starts_with("m_") {
            return text.parse().map(Self::Member);
        }
        parse_person(text).map(Self::Person)
    }
}

/// `POOL:SUB`.
pub fn parse_person(text: &str) -> Result<Person, Invalid> {
    let invalid = Invalid { noun: "member", rule: "a member id (m_…), an e-mail address, or POOL:SUB" };
    let (pool, sub) = text.split_once(':').ok_or(invalid)?;
    Ok(Person { pool: pool.parse()?, sub: sub.parse()? })
}

impl From<MemberId> for MemberName {
    fn from(member: MemberId) -> Self {
        Self::Member(member)
    }
}

impl From<Email> for MemberName {
    fn from(address: Email) -> Self {
        Self::Address(address)
    }
}

impl From<Person> for MemberName {
    fn from(person: Person) -> Self {
        Self::Person(person)
    }
}

impl From<&Membership> for MemberName {
    fn from(row: &Membership) -> Self {
        Self::Person(row.person.clone())
    }
}

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

/// What becomes of a mailbox's bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BarChange {
    Keep,
    Set(BarReason),
    Lift,
}

/// What a decision makes of a row; written unless nothing changes.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) status: MembershipStatus,
    pub(crate) roles: Roles,
    pub(crate) origin: Origin,
    pub(crate) bar: BarChange,
    /// The person holds the mailbox from now on.
    pub(crate) holds: bool,
}

impl Next {
    fn of(row: &Membership, status: MembershipStatus) -> Self {
        let (roles, origin) = (row.roles.clone(), row.origin.clone());
        Self { status, roles, origin, bar: BarChange::Keep, holds: false }
    }
}

/// Nobody bars somebody else's mailbox by a slip.
const OTHER_ADDRESS: Invalid =
    Invalid { noun: "address of this member", rule: "it is the one with which they came, and need not be said" };

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
            let addable = self.addable(id, new, &met, over).await?;
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
                since: now,
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

    /// Whether a person is a member already (true) or can be added (false); an error says why neither.
    pub(crate) async fn is_already(&self, id: &TenantId, new: &NewMember) -> Result<bool, OperationError> {
        self.would_be(id, new, None, Over::Requests).await
    }

    /// As [`Operations::is_already`], for [`Operations::adopt_member`].
    pub(crate) async fn is_adopted(
        &self,
        id: &TenantId,
        new: &NewMember,
        claimed: Option<&Email>,
    ) -> Result<bool, OperationError> {
        self.would_be(id, new, claimed, Over::Nothing).await
    }

    async fn would_be(
        &self,
        id: &TenantId,
        new: &NewMember,
        claimed: Option<&Email>,
        over: Over,
    ) -> Result<bool, OperationError> {
        self.operators_only()?;
        let met = self.meet(id, new, claimed).await?;
        Ok(self.addable(id, new, &met, over).await? == Addable::Already)
    }

    /// The row must allow it, the mailbox must not be barred, and nobody else may be a member by it.
    async fn addable(&self, id: &TenantId, new: &NewMember, met: &Met, over: Over) -> Result<Addable, OperationError> {
        let addable = may_be_added(met.before.as_ref(), &new.roles, over)?;
        if let (Addable::Yes, Some(keyed)) = (&addable, &met.mailbox) {
            self.nobody_elses(id, &new.person, keyed).await?;
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
    async fn nobody_elses(&self, id: &TenantId, person: &Person, keyed: &KeyedMailbox) -> Result<(), OperationError> {
        let Some(holder) = keyed.mailbox.holder.as_ref().filter(|holder| holder.person != *person) else {
            return Ok(());
        };
        let row: Option<Membership> = self.session.get(&Key::membership(&holder.person, id)).await?;
        match row {
            Some(row) if row.status.takes_seat() => {
                Err(OperationError::MemberExists(format!("with another account, as {}", row.member)))
            }
            _ => Ok(()),
        }
    }

    /// The member whom somebody named. A superseded row gives way to the one that took it over.
    pub async fn find_member(&self, id: &TenantId, name: &MemberName) -> Result<Membership, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        self.named(id, name).await
    }

    /// As [`Operations::find_member`], for an actor whose authority is known.
    async fn named(&self, id: &TenantId, name: &MemberName) -> Result<Membership, OperationError> {
        let person = match name {
            MemberName::Person(person) => person.clone(),
            MemberName::Member(member) => self.person_of_member(id, member).await?,
            MemberName::Address(address) => self.person_of_address(id, address).await?,
        };
        self.session.get(&Key::membership(&person, id)).await?.ok_or(OperationError::MemberUnknown)
    }

    async fn person_of_member(&self, id: &TenantId, member: &MemberId) -> Result<Person, OperationError> {
        // The index is only a guess of where the row is; the row itself decides.
        let rows: Vec<Membership> = self.session.list_all(id.as_ref(), &format!("MEMBER#{member}#")).await?;
        rows.into_iter()
            .min_by_key(|row| row.status == MembershipStatus::Superseded)
            .map(|row| row.person)
            .ok_or(OperationError::MemberUnknown)
    }

    async fn person_of_address(&self, id: &TenantId, address: &Email) -> Result<Person, OperationError> {
        if let Some(holder) = self.mailbox(id, address).await?.mailbox.holder {
            return Ok(holder.person);
        }
        // Whoever waits for an approval holds no seat, so no mailbox points to them.
        let rows: Vec<Membership> = self.session.list_all(id.as_ref(), "MEMBER#").await?;
        rows.into_iter()
            .filter(|row| row.address.as_ref() == Some(address))
            .min_by_key(|row| row.status)
            .map(|row| row.person)
            .ok_or(OperationError::MemberUnknown)
    }

    /// Every row of a tenant, whatever its status. From the index: what was written a moment ago may be missing.
    pub async fn members(&self, id: &TenantId) -> Result<Vec<Membership>, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        Ok(self.session.list_all(id.as_ref(), "MEMBER#").await?)
    }

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

    /// Lets a member in no more until they are resumed, whatever account they come with. They keep their seat.
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

    /// Ends a membership: the row stays, the seat is free, and the mailbox is barred until a later invitation or an operator lifts
    /// that.
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
            MembershipStatus::Removed => Ok(Next::of(row, MembershipStatus::Removed)),
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

    /// Takes a removed member back, or one on whom nothing rests any more, with these roles or the former ones. For operators: an admin invites instead.
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
            MembershipStatus::Requested | MembershipStatus::Denied => {
                Err(state(row, "`tenantctl member approve` decides about the request"))
            }
            MembershipStatus::Superseded => Err(superseded(row)),
        })
        .await
    }

    /// Lifts the bar on a mailbox whose member's row is gone. For operators. Tells whether there was one.
    pub async fn lift_bar(&self, id: &TenantId, address: &Email, reason: Option<&str>) -> Result<bool, OperationError> {
        self.operators_only()?;
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let mut keyed = self.mailbox(id, address).await?;
            if keyed.mailbox.bar.take().is_none() {
                return Ok(false);
            }
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Mailbox, &keyed)?;
            self.record(&mut transaction, id, now, Deed::new("mailbox.lift_bar", &keyed.mailbox_key).because(reason))?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(OperationError::Contended)
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
            if authority.is_outdated_by(&before) {
                continue;
            }
            let mut mailbox = self.maybe_mailbox(id, before.address.as_ref()).await?;
            let mut next = decide(&before, mailbox.as_ref().and_then(|keyed| keyed.mailbox.bar))?;
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
                    (Barring::Own, Some(_)) => {}
                    (Barring::Own, None) => return Err(OperationError::AddressUnknown),
                    (Barring::Address(given), Some(own)) if given == own => {}
                    (Barring::Address(_), Some(_)) => return Err(OTHER_ADDRESS.into()),
                    (Barring::Address(given), None) => {
                        let keyed = self.mailbox(id, given).await?;
                        self.nobody_elses(id, &before.person, &keyed).await?;
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

    /// Writes a row, its mailbox and the counters in one transaction. `None`: something changed meanwhile, decide again.
    pub(crate) async fn write_row(
        &self,
        tenant: &Tenant,
        authority: &Authority,
        change: RowChange<'_>,
        deed: Deed<'_>,
        now: Timestamp,
    ) -> Result<Option<Membership>, OperationError> {
        let RowChange { before, mut after, mailbox, bar, holds, claimed } = change;
        let mut transaction = self.transaction();
        let row_changes = before != Some(&after);
        if row_changes {
            transaction.write(Part::Row, &after)?;
        }
        if let Some(claimed) = &claimed {
            // A bar that is set at the same moment holds.
            transaction.unchanged(Part::Mailbox, claimed)?;
        }
        let mut mailbox_changes = false;
        if let Some(keyed) = mailbox {
            let mut changed = keyed.clone();
            apply_bar(&mut changed.mailbox, bar, now);
            if holds {
                changed.mailbox.holder = Some(Holder { person: after.person.clone(), member: after.member.clone() });
            }
            mailbox_changes = changed != keyed;
            if mailbox_changes {
                transaction.write(Part::Mailbox, &changed)?;
            }
        }
        if !row_changes && !mailbox_changes {
            return Ok(Some(after));
        }
        let seats = seat_change(before, Some(&after));
        transaction.seats(Part::Seats, &tenant.id, seats)?;
        authority.guard(&mut transaction, row_changes.then_some(&after.person))?;
        self.record(&mut transaction, &tenant.id, now, deed)?;
        let lost = self.commit(&transaction).await?;
        if lost.is_empty() {
            after.revision += u64::from(row_changes);
            return Ok(Some(after));
        }
        if lost == [Part::Seats] {
            return match self.why_seats(&tenant.id, seats).await? {
                OperationError::Contended => Ok(None),
                error => Err(error),
            };
        }
        Ok(None)
    }

    /// What a tenant knows of a mailbox.
    pub(crate) async fn mailbox(&self, id: &TenantId, address: &Email) -> Result<KeyedMailbox, OperationError> {
        let key = MailboxKey::of(id, address);
        let found: Option<KeyedMailbox> = self.session.get(&Key::mailbox(id, &key)).await?;
        Ok(found.unwrap_or_else(|| unknown_mailbox(id, address)))
    }

    async fn maybe_mailbox(
        &self,
        id: &TenantId,
        address: Option<&Email>,
    ) -> Result<Option<KeyedMailbox>, OperationError> {
        match address {
            Some(address) => self.mailbox(id, address).await.map(Some),
            None => Ok(None),
        }
    }

    /// The tenant, unless it is closed.
    pub(crate) async fn open_tenant(&self, id: &TenantId) -> Result<Tenant, OperationError> {
        let tenant = self.read_tenant(id).await?;
        if tenant.status == TenantStatus::Closed { Err(OperationError::TenantState("closed")) } else { Ok(tenant) }
    }
}

/// A row's change with what belongs to it.
#[derive(Debug)]
pub(crate) struct RowChange<'a> {
    pub(crate) before: Option<&'a Membership>,
    pub(crate) after: Membership,
    pub(crate) mailbox: Option<KeyedMailbox>,
    pub(crate) bar: BarChange,
    pub(crate) holds: bool,
    /// A mailbox that has to be as it was read, and is given to nobody; never together with `mailbox`.
    pub(crate) claimed: Option<KeyedMailbox>,
}

pub(crate) fn apply_bar(mailbox: &mut Mailbox, change: BarChange, now: Timestamp) {
    match change {
        BarChange::Keep => {}
        BarChange::Lift => mailbox.bar = None,
        BarChange::Set(BarReason::Removed) => {
            mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ending(mailbox, now) });
        }
        BarChange::Set(BarReason::Suspended) if mailbox.bar.is_some_and(|bar| bar.reason == BarReason::Suspended) => {}
        BarChange::Set(reason) => mailbox.bar = Some(Bar { reason, since: now }),
    }
}

/// When a removal counts from: no invitation that was there before is later, whatever the clock that it was made by.
fn ending(mailbox: &Mailbox, now: Timestamp) -> Timestamp {
    let invited = mailbox.invitation.as_ref().map(|terms| terms.created);
    let barred = mailbox.bar.map(|bar| bar.since);
    [invited, barred].into_iter().flatten().fold(now, Timestamp::max)
}

/// Whether a person can be added over the row that is there.
#[derive(Debug, PartialEq, Eq)]
enum Addable {
    Yes,
    Already,
}

/// Over which rows somebody may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Over a request, which this decides.
    Requests,
    /// Over none.
    Nothing,
}

/// A mailbox of which the table holds nothing.
fn unknown_mailbox(id: &TenantId, address: &Email) -> KeyedMailbox {
    KeyedMailbox::new(id, &MailboxKey::of(id, address), Mailbox::default())
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

fn state(row: &Membership, instead: &'static str) -> OperationError {
    OperationError::MemberState { status: crate::shape::membership_status(row.status), instead }
}

fn superseded(row: &Membership) -> OperationError {
    state(row, "the person signs in through the company account now; name them by member id or address")
}
