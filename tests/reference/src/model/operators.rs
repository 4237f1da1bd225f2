//! What operators and admins do to the table once more, from the documents. `Err`: it is refused, and nothing changes.

use super::nouns::{
    Bar, Binding, Chain, Domain, Invitation, InvitationState, Join, Kind, Model, Name, Origin, Provider, Row, Status,
    Tenant, TenantStatus,
};
use super::rules::{may_grant, step};

/// It cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct No;

type Done = Result<(), No>;

const fn only_if(it: bool) -> Done {
    if it { Ok(()) } else { Err(No) }
}

impl Model {
    fn row(&self, tenant: Name, person: Name) -> Result<Row, No> {
        self.rows.get(&(person, tenant)).copied().ok_or(No)
    }

    fn set(&mut self, tenant: Name, person: Name, status: Status, change: impl FnOnce(&mut Row)) {
        let now = self.now;
        if let Some(row) = self.rows.get_mut(&(person, tenant)) {
            if row.status != status {
                row.since = now;
            }
            row.status = status;
            change(row);
        }
    }

    fn is_last_owner(&self, tenant: Name, person: Name) -> bool {
        let owner = |row: &Row| row.status == Status::Active && row.role == "owner";
        self.rows.get(&(person, tenant)).is_some_and(owner)
            && self.rows.iter().filter(|((_, of), row)| *of == tenant && owner(row)).count() == 1
    }

    /// Bars the mailbox that somebody came with. A suspension that is there already stays, until its own member is removed or resumed.
    fn bar(&mut self, tenant: Name, row: &Row, suspended: bool) {
        let Some(mailbox) = row.address else { return };
        let before = self.bars.get(&(tenant, mailbox));
        if !before.is_some_and(|bar| bar.suspended && (suspended || row.status != Status::Suspended)) {
            self.bars.insert((tenant, mailbox), Bar { suspended, since: self.now });
        }
    }

    fn not_closed(&self, tenant: Name) -> Done {
        only_if(self.tenants[tenant].status != TenantStatus::Closed)
    }

    /// Nobody comes back to a closed tenant.
    fn comes_back(&self, tenant: Name, row: &Row) -> Done {
        if row.status == Status::Active { Ok(()) } else { self.not_closed(tenant) }
    }

    /// Invites the holder of a mailbox, for a week; what was open for them is replaced. Gives the invitation's place in the list.
    pub fn invite(&mut self, tenant: Name, mailbox: Name, role: Name, inviter: Option<Name>) -> Result<usize, No> {
        self.not_closed(tenant)?;
        if let Some(inviter) = inviter {
            only_if(self.tenants[tenant].status == TenantStatus::Active)?;
            let row = self.row(tenant, inviter)?;
            only_if(self.stands(tenant, inviter) && step(row.role) >= step("admin") && may_grant(row.role, role))?;
        }
        // Nobody invites around a suspension, or who is a member already.
        only_if(!self.bars.get(&(tenant, mailbox)).is_some_and(|bar| bar.suspended))?;
        let holder = self.holders.get(&(tenant, mailbox)).and_then(|holder| self.rows.get(&(*holder, tenant)));
        only_if(!holder.is_some_and(|row| row.status == Status::Active && row.address == Some(mailbox)))?;
        let made = self.now;
        for one in &mut self.invitations {
            if one.tenant == tenant && one.address == mailbox && one.state == InvitationState::Open {
                one.state = InvitationState::Revoked;
            }
        }
        let expires = made + 7 * 24 * 3_600;
        let state = InvitationState::Open;
        self.invitations.push(Invitation { tenant, address: mailbox, role, inviter, made, expires, state });
        Ok(self.invitations.len() - 1)
    }

    /// Takes the open invitation of a mailbox back.
    pub fn revoke(&mut self, tenant: Name, mailbox: Name) -> Done {
        let open = |one: &&mut Invitation| {
            one.tenant == tenant && one.address == mailbox && one.state == InvitationState::Open
        };
        let one = self.invitations.iter_mut().find(open).ok_or(No)?;
        one.state = InvitationState::Revoked;
        Ok(())
    }

    /// Removes a member: the row stays, the seat is free, the mailbox is barred.
    pub fn remove(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        match row.status {
            Status::Superseded => return Err(No),
            // Once more bars a mailbox that is not barred, unless it is another account's by now.
            Status::Removed => {
                let Some(mailbox) = row.address else { return Ok(()) };
                let holder = self.holders.get(&(tenant, mailbox));
                if holder.is_none_or(|holder| *holder == person) && !self.bars.contains_key(&(tenant, mailbox)) {
                    self.bar(tenant, &row, false);
                }
                return Ok(());
            }
            _ => only_if(!self.is_last_owner(tenant, person))?,
        }
        self.bar(tenant, &row, false);
        self.set(tenant, person, Status::Removed, |_| {});
        Ok(())
    }

    /// Suspends a member.
    pub fn suspend(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        match row.status {
            Status::Suspended => {}
            Status::Active => only_if(!self.is_last_owner(tenant, person))?,
            _ => return Err(No),
        }
        self.bar(tenant, &row, true);
        self.set(tenant, person, Status::Suspended, |_| {});
        Ok(())
    }

    /// Lifts a suspension.
    pub fn resume(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        only_if(matches!(row.status, Status::Active | Status::Suspended))?;
        self.comes_back(tenant, &row)?;
        if let Some(mailbox) = row.address
            && self.bars.get(&(tenant, mailbox)).is_some_and(|bar| bar.suspended)
        {
            self.bars.remove(&(tenant, mailbox));
        }
        self.set(tenant, person, Status::Active, |_| {});
        Ok(())
    }

    /// Takes a removed member back, as somebody whom an operator added.
    pub fn reinstate(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        let mailbox = row.address.ok_or(No)?;
        // Of whoever asks anew it lifts the bar alone.
        if matches!(row.status, Status::Requested | Status::Denied) {
            only_if(self.bars.get(&(tenant, mailbox)).is_some_and(|bar| !bar.suspended))?;
            self.bars.remove(&(tenant, mailbox));
            self.ended.remove(&(tenant, mailbox));
            return Ok(());
        }
        self.comes_back(tenant, &row)?;
        match row.status {
            // What the membership rested on may be gone: from now on the operator vouches.
            Status::Active => {
                let bar = self.bars.get(&(tenant, mailbox)).copied();
                let ended = self.ended.get(&(tenant, mailbox)).is_some_and(|ended| row.since <= *ended);
                if bar.is_some_and(|bar| !bar.suspended) || (bar.is_none() && ended) {
                    self.bars.remove(&(tenant, mailbox));
                    self.ended.remove(&(tenant, mailbox));
                }
            }
            Status::Removed => {
                only_if(self.has_seat(tenant))?;
                if self.bars.remove(&(tenant, mailbox)).is_some_and(|bar| !bar.suspended) {
                    self.ended.remove(&(tenant, mailbox));
                }
                self.holders.insert((tenant, mailbox), person);
            }
            _ => return Err(No),
        }
        self.set(tenant, person, Status::Active, |row| row.origin = Origin::Added);
        Ok(())
    }

    /// Changes what a member is.
    pub fn set_role(&mut self, tenant: Name, person: Name, role: Name) -> Done {
        let row = self.row(tenant, person)?;
        only_if(matches!(row.status, Status::Active | Status::Suspended))?;
        only_if(role == "owner" || !self.is_last_owner(tenant, person))?;
        self.set(tenant, person, row.status, |row| row.role = role);
        Ok(())
    }

    /// Lets somebody in who asked.
    pub fn approve(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        self.comes_back(tenant, &row)?;
        match row.status {
            Status::Active => return Ok(()),
            Status::Requested | Status::Denied => only_if(self.has_seat(tenant))?,
            _ => return Err(No),
        }
        if let Some(mailbox) = row.address {
            only_if(!self.bars.contains_key(&(tenant, mailbox)))?;
            self.holders.insert((tenant, mailbox), person);
        }
        self.set(tenant, person, Status::Active, |_| {});
        Ok(())
    }

    /// Says no to somebody who asked.
    pub fn deny(&mut self, tenant: Name, person: Name) -> Done {
        let row = self.row(tenant, person)?;
        only_if(matches!(row.status, Status::Requested | Status::Denied))?;
        self.set(tenant, person, Status::Denied, |_| {});
        Ok(())
    }

    /// Sets a tenant's status: anything but what is closed, which has to be restored first.
    pub fn set_status(&mut self, tenant: Name, from: &[TenantStatus], to: TenantStatus) -> Done {
        let found = self.tenants.get_mut(tenant).ok_or(No)?;
        only_if(found.status == to || from.contains(&found.status))?;
        found.status = to;
        Ok(())
    }

    /// Sets how people join.
    pub fn set_join(&mut self, tenant: Name, join: Join) -> Done {
        self.tenants.get_mut(tenant).ok_or(No)?.join = join;
        Ok(())
    }

    /// Sets how people sign in: a chain, or single sign-on, not both; and not single sign-on without a provider and a domain.
    pub fn set_ways(&mut self, tenant: Name, chain: Chain, sso: bool) -> Done {
        only_if(!sso || chain == Chain::Password)?;
        let had = self.tenants[tenant].sso;
        only_if(!sso || had || self.providers.values().any(|one| one.of == Some(tenant) && one.enabled))?;
        only_if(!sso || had || self.domains.values().any(|one| one.owner == Some(tenant)))?;
        let found = self.tenants.get_mut(tenant).ok_or(No)?;
        (found.chain, found.sso) = (chain, sso);
        Ok(())
    }

    /// Gives a domain up. Those whose membership rests on it stay, or do not.
    pub fn release(&mut self, tenant: Name, domain: Name, keep: bool) -> Done {
        self.hand_over(tenant, domain, None, keep)
    }

    /// Gives a domain to another tenant.
    pub fn transfer(&mut self, from: Name, domain: Name, to: Name, keep: bool) -> Done {
        self.not_closed(to)?;
        self.hand_over(from, domain, Some(to), keep)
    }

    fn hand_over(&mut self, from: Name, domain: Name, to: Option<Name>, keep: bool) -> Done {
        let found = self.domains.get(domain).ok_or(No)?.clone();
        let again = found.owner == to && self.claims.get(&(domain, from)) == Some(&false);
        only_if(found.owner == Some(from) || again)?;
        let generation = if again { found.generation.saturating_sub(1) } else { found.generation };
        let rests = |row: &Row| {
            let status = matches!(row.status, Status::Active | Status::Suspended | Status::Requested);
            status && row.origin == Origin::Domain(domain, generation)
        };
        let owner = |row: &Row| row.status == Status::Active && row.role == "owner";
        let goes = self.rows.iter().any(|((_, of), row)| *of == from && owner(row) && rests(row));
        // No owner of a tenant that is not closed loses what they rest on.
        let closed = self.tenants[from].status == TenantStatus::Closed;
        only_if(again || keep || closed || !goes)?;
        if keep {
            let rows = self.rows.iter_mut().filter(|((_, of), _)| *of == from).map(|(_, row)| row);
            rows.filter(|row| rests(row)).for_each(|row| row.origin = Origin::Added);
        }
        if !again {
            self.domains.insert(domain, Domain { owner: to, generation: found.generation + 1, join: None });
            if let Some(claim) = self.claims.get_mut(&(domain, from)) {
                *claim = false;
            }
            if let Some(to) = to {
                self.claims.insert((domain, to), true);
            }
        }
        Ok(())
    }

    /// Makes a tenant the owner of a domain that nobody owns.
    pub fn assume(&mut self, tenant: Name, domain: Name) -> Done {
        self.not_closed(tenant)?;
        let found = self.domains.get_mut(domain).ok_or(No)?;
        if found.owner == Some(tenant) {
            return Ok(());
        }
        only_if(found.owner.is_none())?;
        found.owner = Some(tenant);
        found.generation += 1;
        found.join = None;
        self.claims.insert((domain, tenant), true);
        Ok(())
    }

    /// Sets how people of a domain join.
    pub fn set_domain_join(&mut self, tenant: Name, domain: Name, join: Option<Join>) -> Done {
        self.not_closed(tenant)?;
        let found = self.domains.get_mut(domain).filter(|found| found.owner == Some(tenant)).ok_or(No)?;
        only_if(join != Some(Join::Open))?;
        found.join = join;
        Ok(())
    }

    /// Leaves a tombstone.
    pub fn unbind(&mut self, client: Name) -> Done {
        let found = self.clients.get_mut(client).ok_or(No)?;
        (found.kind, found.observe) = (Kind::Unbound, false);
        Ok(())
    }

    /// Lets what is decided at a client count, or only be logged.
    pub fn set_mode(&mut self, client: Name, observe: bool) -> Done {
        let found = self.clients.get_mut(client).filter(|found| found.kind != Kind::Unbound).ok_or(No)?;
        found.observe = observe;
        Ok(())
    }

    /// Sets what of a policy restricts nobody.
    pub fn set_policy(&mut self, tenant: Name, change: impl FnOnce(&mut Tenant)) -> Done {
        change(self.tenants.get_mut(tenant).ok_or(No)?);
        Ok(())
    }

    /// Sets how many seats there are, whoever sits on them already.
    pub fn set_limit(&mut self, tenant: Name, limit: Option<usize>) -> Done {
        self.set_policy(tenant, |policy| policy.limit = limit)
    }

    /// Sets what people join as who join by themselves: nothing above a member.
    pub fn set_default_role(&mut self, tenant: Name, role: Name) -> Done {
        only_if(step(role) <= step("member"))?;
        self.set_policy(tenant, |policy| policy.default_role = role)
    }

    /// Lets a provider count, or not.
    pub fn enable(&mut self, provider: Name, enabled: bool) -> Done {
        self.providers.get_mut(provider).ok_or(No)?.enabled = enabled;
        Ok(())
    }

    /// Makes a provider nobody's.
    pub fn unbind_provider(&mut self, provider: Name) -> Done {
        self.providers.remove(provider).map(drop).ok_or(No)
    }

    /// Binds a provider that nobody has: to a tenant, or to everybody.
    pub fn bind_provider(&mut self, provider: Name, of: Option<Name>) -> Done {
        if let Some(of) = of {
            self.not_closed(of)?;
        }
        match self.providers.get(provider) {
            Some(found) => only_if(found.of == of)?,
            None => drop(self.providers.insert(provider, Provider { of, enabled: true })),
        }
        Ok(())
    }

    /// Lifts what wrong codes did to a person at a tenant's clients.
    pub fn unlock_at(&mut self, tenant: Name, person: Name) -> Done {
        let of_tenant = |binding: &Binding| binding.kind == Kind::Tenant(tenant);
        let clients: Vec<Name> =
            self.clients.iter().filter(|(_, binding)| of_tenant(binding)).map(|(name, _)| *name).collect();
        only_if(!clients.is_empty())?;
        self.unlock(person, &clients);
        Ok(())
    }

    /// Binds a client. One that passed unbound observes from now on: binding alone locks nobody out.
    pub fn bind(&mut self, client: Name, kind: Kind) -> Done {
        if let Kind::Tenant(tenant) = kind {
            self.not_closed(tenant)?;
        }
        let observe = match self.clients.get(client) {
            Some(found) if found.kind == kind => return Ok(()),
            Some(found) => return only_if(found.kind == Kind::Unbound).map(|()| self.put_binding(client, kind, false)),
            None => self.observes(client),
        };
        self.put_binding(client, kind, observe);
        Ok(())
    }

    fn put_binding(&mut self, client: Name, kind: Kind, observe: bool) {
        self.clients.insert(client, Binding { kind, observe });
    }
}
