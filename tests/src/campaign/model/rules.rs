//! The rules of sign-up, enrolment and tokens once more: written from the README and the documents, not from the code, and as naively
//! as they can be said.

use super::nouns::{
    Account, Bar, Binding, Chain, Code, Identities, Invitation, InvitationState, Join, Kind, Model, Name, Origin, Row,
    Status, TenantStatus, Way,
};

/// What a token speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Of no tenant; the refusal says why, where a tenant might have been meant.
    OfNone(Option<Code>),
    /// Of this tenant and this membership.
    Of(Name, usize, Name),
    /// Of this tenant: a machine with this role.
    OfMachine(Name, Name),
}

/// What enrolment came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// There is an active row.
    Joined,
    /// An admin is asked.
    Requested,
}

const LADDER: [Name; 4] = ["viewer", "member", "admin", "owner"];

/// The step on the ladder; custom roles are on none.
pub fn step(role: Name) -> usize {
    LADDER.iter().position(|name| *name == role).map_or(0, |place| place + 1)
}

/// Nobody grants above themselves; a custom role is granted by owners, and by who holds it.
pub fn may_grant(giver: Name, role: Name) -> bool {
    if step(role) == 0 { giver == role || giver == "owner" } else { step(giver) >= step(role) }
}

impl Model {
    /// What a client is bound to: what the table says of it, or else what it says of the pool.
    pub fn binding(&self, client: Name) -> Result<Binding, Code> {
        if let Some(binding) = self.clients.get(client) {
            return Ok(*binding);
        }
        if let Some(tenant) = self.pool.dedicated_to {
            return Ok(Binding { kind: Kind::Tenant(tenant), observe: false });
        }
        if self.pool.observe_unbound {
            return Ok(Binding { kind: Kind::Unbound, observe: true });
        }
        Err("CLIENT_NOT_BOUND")
    }

    /// Whether what is decided at this client only goes into the log.
    pub fn observes(&self, client: Name) -> bool {
        self.binding(client).is_ok_and(|binding| binding.observe)
    }

    /// Whether a tenant lets anybody in.
    pub fn open(&self, tenant: Name) -> Result<(), Code> {
        match self.tenants[tenant].status {
            TenantStatus::Active => Ok(()),
            TenantStatus::Suspended => Err("TENANT_SUSPENDED"),
            TenantStatus::Closed => Err("TENANT_CLOSED"),
        }
    }

    /// The tenant that owns a domain.
    fn owner(&self, domain: Name) -> Option<Name> {
        self.domains.get(domain).and_then(|domain| domain.owner)
    }

    /// How people of a domain join: as the domain says, or else as its tenant does.
    fn join(&self, tenant: Name, domain: Name) -> Join {
        let tenants = self.tenants[tenant].join;
        match self.domains.get(domain) {
            Some(found) if found.owner == Some(tenant) => found.join.unwrap_or(tenants),
            _ if tenants == Join::Open => Join::Open,
            _ => Join::InvitationOnly,
        }
    }

    fn is_open(&self, invitation: &Invitation) -> bool {
        invitation.state == InvitationState::Open && self.now < invitation.expires
    }

    /// The invitation that the holder of a mailbox could redeem now: open, not expired, and later than a removal.
    fn invitation(&self, tenant: Name, mailbox: Name) -> Option<usize> {
        let meant = |one: &Invitation| one.tenant == tenant && one.address == mailbox && self.is_open(one);
        let found = self.invitations.iter().position(meant)?;
        match self.bars.get(&(tenant, mailbox)) {
            Some(bar) if bar.suspended || self.invitations[found].made <= bar.since => None,
            _ => Some(found),
        }
    }

    /// Pre sign-up, of somebody who chose a password.
    pub fn sign_up(&mut self, client: Name, account: &Account, token: Option<Option<usize>>) -> Result<(), Code> {
        let binding = self.binding(client)?;
        if matches!(binding.kind, Kind::Unbound | Kind::Machine(..)) {
            return Err("CLIENT_NOT_BOUND");
        }
        let (Some(email), Some(mailbox)) = (account.email, account.mailbox()) else { return Err("EMAIL_NOT_ACCEPTED") };
        let shown = token.map(|token| token.map(|at| (at, self.invitations[at].clone())));
        let tenant = match (binding.kind, &shown) {
            (Kind::Tenant(tenant), _) => tenant,
            (_, Some(Some((_, invitation)))) => invitation.tenant,
            (_, Some(None)) => return Err("INVITATION_UNUSABLE"),
            (_, None) => self.owner(email.domain).ok_or("INVITATION_REQUIRED")?,
        };
        self.open(tenant)?;
        if self.tenants[tenant].sso {
            return Err("SSO_REQUIRED");
        }
        if let Some(shown) = shown {
            let good = |one: &Invitation| one.tenant == tenant && one.address == mailbox && self.is_open(one);
            let (at, _) = shown.filter(|(_, invitation)| good(invitation)).ok_or("INVITATION_UNUSABLE")?;
            if !binding.observe {
                self.presented.insert(account.person, at);
            }
            return Ok(());
        }
        self.may_start(tenant, account)
    }

    /// The routes that need no token: domain, open sign-up, and the look-up where the tenant has chosen it.
    fn may_start(&self, tenant: Name, account: &Account) -> Result<(), Code> {
        let (Some(email), Some(mailbox)) = (account.email, account.mailbox()) else { return Err("EMAIL_NOT_ACCEPTED") };
        let by_rule = match self.join(tenant, email.domain) {
            Join::Open => true,
            Join::Automatic | Join::Request => !email.special,
            Join::InvitationOnly => false,
        };
        if by_rule || (self.tenants[tenant].lookup && self.invitation(tenant, mailbox).is_some()) {
            return Ok(());
        }
        Err("INVITATION_REQUIRED")
    }

    /// Pre sign-up, of somebody whom a provider sends.
    pub fn sign_up_by(&self, client: Name, account: &Account, provider: Name) -> Result<(), Code> {
        let binding = self.binding(client)?;
        if matches!(binding.kind, Kind::Unbound | Kind::Machine(..)) {
            return Err("CLIENT_NOT_BOUND");
        }
        let (Some(email), Some(_)) = (account.email, account.mailbox()) else { return Err("EMAIL_NOT_ACCEPTED") };
        let found = self.providers.get(provider).filter(|found| found.enabled).ok_or("PROVIDER_NOT_ACCEPTED")?;
        let tenant = match (binding.kind, found.of) {
            (Kind::Tenant(tenant), _) | (_, Some(tenant)) => tenant,
            _ => self.owner(email.domain).ok_or("INVITATION_REQUIRED")?,
        };
        self.open(tenant)?;
        match found.of {
            Some(own) if own == tenant && self.owner(email.domain) == Some(tenant) => Ok(()),
            Some(_) => Err("PROVIDER_NOT_ACCEPTED"),
            None if self.tenants[tenant].sso => Err("SSO_REQUIRED"),
            None if !account.verified => Err("EMAIL_NOT_VERIFIED"),
            None => self.may_start(tenant, account),
        }
    }

    /// The mailbox that an account has proven towards a tenant, and whether the tenant's own provider did.
    fn proof(&self, account: &Account, tenant: Name) -> Result<(Name, bool), Code> {
        let (Some(email), Some(mailbox)) = (account.email, account.mailbox()) else { return Err("EMAIL_NOT_ACCEPTED") };
        match account.identities {
            Identities::None if !account.external => {
                if account.verified {
                    Ok((mailbox, false))
                } else {
                    Err("EMAIL_NOT_VERIFIED")
                }
            }
            Identities::One(name) if account.external => match self.providers.get(name) {
                Some(found) if !found.enabled => Err("PROVIDER_NOT_ACCEPTED"),
                Some(found) if found.of == Some(tenant) && self.owner(email.domain) == Some(tenant) => {
                    Ok((mailbox, true))
                }
                Some(found) if found.of.is_none() && account.verified => Ok((mailbox, false)),
                Some(found) if found.of.is_none() => Err("EMAIL_NOT_VERIFIED"),
                _ => Err("PROVIDER_NOT_ACCEPTED"),
            },
            _ => Err("LINKED_ACCOUNT"),
        }
    }

    /// Whether somebody comes by the tenant's own provider, and by nothing else.
    fn by_own_provider(&self, account: &Account, tenant: Name) -> bool {
        let Identities::One(name) = account.identities else { return false };
        account.external && self.providers.get(name).is_some_and(|found| found.enabled && found.of == Some(tenant))
    }

    /// Whoever invited must still be able to: an operator always; a member as what they are now; one who was removed, for roles up to
    /// member, where the tenant's policy says so.
    fn inviter_may(&self, invitation: &Invitation) -> bool {
        let Some(inviter) = invitation.inviter else { return true };
        match self.rows.get(&(inviter, invitation.tenant)) {
            Some(row) if row.status == Status::Active => may_grant(row.role, invitation.role),
            _ => self.tenants[invitation.tenant].outlive && matches!(invitation.role, "viewer" | "member"),
        }
    }

    /// Who takes seats.
    pub fn seats(&self, tenant: Name) -> usize {
        let takes = |row: &Row| matches!(row.status, Status::Active | Status::Suspended);
        self.rows.iter().filter(|((_, of), row)| *of == tenant && takes(row)).count()
    }

    /// Whether there is a seat left.
    pub fn has_seat(&self, tenant: Name) -> bool {
        self.tenants[tenant].limit.is_none_or(|limit| self.seats(tenant) < limit)
    }

    /// What a row says that lets nobody in.
    fn ended(status: Status) -> Code {
        match status {
            Status::Requested => "APPROVAL_PENDING",
            Status::Denied => "APPROVAL_DENIED",
            Status::Suspended => "MEMBERSHIP_SUSPENDED",
            Status::Removed | Status::Superseded | Status::Active => "MEMBERSHIP_ENDED",
        }
    }

    /// Enrolment: what becomes of a person at a tenant. Writes what it decides, unless it is only asked for.
    pub fn enrol(&mut self, tenant: Name, account: &Account, write: bool) -> Result<Came, Code> {
        self.open(tenant)?;
        let row = self.rows.get(&(account.person, tenant)).copied();
        match row.map(|row| row.status) {
            Some(Status::Active) => return Ok(Came::Joined),
            Some(Status::Suspended) => return Err("MEMBERSHIP_SUSPENDED"),
            Some(Status::Superseded) => return Err("MEMBERSHIP_ENDED"),
            _ => {}
        }
        if self.tenants[tenant].sso && !self.by_own_provider(account, tenant) {
            return Err("SSO_REQUIRED");
        }
        let proof = self.proof(account, tenant);
        let Ok((mailbox, own)) = proof else {
            return Err(row.map_or(proof.unwrap_err_code(), |row| Self::ended(row.status)));
        };
        let found = self.invitation(tenant, mailbox);
        // A removed member needs an invitation that is later than the removal.
        let found = found
            .filter(|at| row.is_none_or(|row| row.status != Status::Removed || self.invitations[*at].made > row.since));
        let good = found.filter(|at| self.inviter_may(&self.invitations[*at]));
        if let Some(at) = good {
            if !self.has_seat(tenant) {
                return Err("SEATS_FULL");
            }
            if write {
                let role = self.invitations[at].role;
                self.invitations[at].state = InvitationState::Accepted;
                self.join_as(tenant, account, mailbox, role, Origin::Invitation, Status::Active);
            }
            return Ok(Came::Joined);
        }
        if let Some(row) = row {
            return Err(Self::ended(row.status));
        }
        match self.bars.get(&(tenant, mailbox)) {
            Some(Bar { suspended: true, .. }) => return Err("MEMBERSHIP_SUSPENDED"),
            Some(_) => return Err("MEMBERSHIP_ENDED"),
            None => {}
        }
        if own
            && self.tenants[tenant].sso
            && let Some(former) = self.place_of(tenant, mailbox)
        {
            if write {
                self.take_over(tenant, former, account, mailbox);
            }
            return Ok(Came::Joined);
        }
        let default = self.tenants[tenant].default_role;
        let email = account.email.ok_or("EMAIL_NOT_ACCEPTED")?;
        let (origin, status) = match self.join(tenant, email.domain) {
            _ if own => {
                let Identities::One(name) = account.identities else { return Err("LINKED_ACCOUNT") };
                (Origin::Provider(name), Status::Active)
            }
            Join::Open => (Origin::Open, Status::Active),
            Join::Automatic if !email.special => (self.by_domain(email.domain), Status::Active),
            Join::Request if !email.special => (self.by_domain(email.domain), Status::Requested),
            _ if found.is_some() || self.presented.contains_key(account.person) => return Err("INVITATION_UNUSABLE"),
            _ => return Err("INVITATION_REQUIRED"),
        };
        if status == Status::Active && !self.has_seat(tenant) {
            return Err("SEATS_FULL");
        }
        if write {
            self.join_as(tenant, account, mailbox, default, origin, status);
        }
        if status == Status::Active { Ok(Came::Joined) } else { Ok(Came::Requested) }
    }

    fn by_domain(&self, domain: Name) -> Origin {
        Origin::Domain(domain, self.domains[domain].generation)
    }

    fn join_as(&mut self, tenant: Name, account: &Account, mailbox: Name, role: Name, origin: Origin, status: Status) {
        let before = self.rows.get(&(account.person, tenant)).copied();
        let member = before.map_or(self.members, |row| row.member);
        self.members += usize::from(before.is_none());
        let row = Row { member, role, status, origin, address: Some(mailbox), since: self.now };
        self.rows.insert((account.person, tenant), row);
        self.presented.remove(account.person);
        if status == Status::Active {
            self.bars.remove(&(tenant, mailbox));
            self.holders.insert((tenant, mailbox), account.person);
        }
    }

    /// The person whose place a first sign-in through the tenant's own provider takes over.
    fn place_of(&self, tenant: Name, mailbox: Name) -> Option<Name> {
        let holder = self.holders.get(&(tenant, mailbox))?;
        self.rows.get(&(*holder, tenant)).filter(|row| row.status == Status::Active).map(|_| *holder)
    }

    fn take_over(&mut self, tenant: Name, former: Name, account: &Account, mailbox: Name) {
        let Identities::One(name) = account.identities else { return };
        let now = self.now;
        let Some(old) = self.rows.get_mut(&(former, tenant)) else { return };
        let row = Row { origin: Origin::Provider(name), address: Some(mailbox), since: now, ..*old };
        old.status = Status::Superseded;
        old.since = now;
        self.rows.insert((account.person, tenant), row);
        self.presented.remove(account.person);
        self.holders.insert((tenant, mailbox), account.person);
    }

    /// The tenant that a newcomer at a shared client can only mean.
    fn meant(&self, account: &Account) -> Option<Name> {
        if let Some(at) = self.presented.get(account.person) {
            return Some(self.invitations[*at].tenant);
        }
        if let Identities::One(name) = account.identities
            && let Some(tenant) = self.providers.get(name).and_then(|found| found.of)
        {
            return Some(tenant);
        }
        self.owner(account.email?.domain)
    }

    /// Post confirmation: the account is confirmed whatever comes of it.
    pub fn confirm(&mut self, client: Name, account: &Account) -> Result<Came, Code> {
        let binding = self.binding(client)?;
        let tenant = match binding.kind {
            Kind::Unbound | Kind::Machine(..) => return Err("CLIENT_NOT_BOUND"),
            Kind::Tenant(tenant) => tenant,
            Kind::Shared => self.meant(account).ok_or("INVITATION_REQUIRED")?,
        };
        self.enrol(tenant, account, !binding.observe)
    }

    /// What a membership rests on, at this moment.
    fn rests(&self, tenant: Name, row: &Row, account: &Account) -> Result<(), Code> {
        match row.origin {
            Origin::Domain(domain, generation) => {
                let kept = self.domains.get(domain);
                if !kept.is_some_and(|kept| kept.owner == Some(tenant) && kept.generation == generation) {
                    return Err("MEMBERSHIP_ENDED");
                }
                self.proof(account, tenant)?;
                if account.email.is_some_and(|email| email.domain == domain) { Ok(()) } else { Err("MEMBERSHIP_ENDED") }
            }
            Origin::Provider(name) => {
                let bound = self.providers.get(name).is_some_and(|found| found.enabled && found.of == Some(tenant));
                if bound { Ok(()) } else { Err("PROVIDER_NOT_ACCEPTED") }
            }
            Origin::Invitation | Origin::Open | Origin::Added => Ok(()),
        }
    }

    /// Whether a tenant lets somebody in *this way*.
    fn this_way(&self, tenant: Name, account: &Account, way: Way) -> Result<(), Code> {
        let policy = &self.tenants[tenant];
        if policy.sso && !self.by_own_provider(account, tenant) {
            return Err("SSO_REQUIRED");
        }
        if let Identities::One(name) = account.identities
            && account.external
            && !self.providers.get(name).is_some_and(|found| found.enabled && found.of.is_none_or(|of| of == tenant))
        {
            return Err("PROVIDER_NOT_ACCEPTED");
        }
        if policy.chain != Chain::Password && matches!(way, Way::Hosted | Way::NewPassword | Way::Device) {
            return Err("SIGN_IN_AGAIN");
        }
        Ok(())
    }

    /// Whether a tenant asks somebody with this role for a code.
    pub fn asks_code(&self, tenant: Name, role: Option<Name>) -> bool {
        match self.tenants[tenant].chain {
            Chain::Password => false,
            Chain::PasswordAndCode | Chain::Code => true,
            Chain::PasswordAndCodeOf(of) => role.is_none_or(|role| role == of),
        }
    }

    /// Whether a person is a member of this tenant now, all told. Enrols who has no place yet.
    fn member(&mut self, tenant: Name, account: &Account, way: Way, write: bool) -> Result<Row, Code> {
        self.open(tenant)?;
        self.this_way(tenant, account, way)?;
        let mut probe = self.clone();
        let came = probe.enrol(tenant, account, true);
        if write {
            *self = probe.clone();
        }
        match came? {
            Came::Joined => {}
            Came::Requested => return Err("APPROVAL_PENDING"),
        }
        let row = probe.rows[&(account.person, tenant)];
        probe.rests(tenant, &row, account)?;
        for mailbox in [account.mailbox(), row.address].into_iter().flatten() {
            match probe.bars.get(&(tenant, mailbox)) {
                Some(Bar { suspended: true, .. }) => return Err("MEMBERSHIP_SUSPENDED"),
                Some(_) => return Err("MEMBERSHIP_ENDED"),
                None => {}
            }
        }
        Ok(row)
    }

    /// Pre token generation, of a person.
    pub fn token(&mut self, client: Name, account: &Account, way: Way, hint: Option<Name>) -> Result<Speaks, Code> {
        let binding = self.binding(client)?;
        let write = !binding.observe;
        match binding.kind {
            Kind::Unbound | Kind::Machine(..) => Err("CLIENT_NOT_BOUND"),
            Kind::Tenant(tenant) => {
                let row = self.member(tenant, account, way, write)?;
                if self.asks_code(tenant, Some(row.role)) && !self.answered.contains(&(account.person, client)) {
                    return Err("SIGN_IN_AGAIN");
                }
                Ok(Speaks::Of(tenant, row.member, row.role))
            }
            Kind::Shared => self.shared(account, way, hint, write),
        }
    }

    fn shared(&mut self, account: &Account, way: Way, hint: Option<Name>, write: bool) -> Result<Speaks, Code> {
        let left_out = |model: &Self, tenant: Name| {
            let policy = &model.tenants[tenant];
            match (policy.sso, policy.chain) {
                (true, _) => Err("SSO_REQUIRED"),
                (_, Chain::Password) => Ok(()),
                _ => Err("SIGN_IN_AGAIN"),
            }
        };
        if let Some(tenant) = hint {
            if !self.rows.contains_key(&(account.person, tenant)) {
                return Err("INVITATION_REQUIRED");
            }
            self.open(tenant)?;
            left_out(self, tenant)?;
            let row = self.member(tenant, account, way, write)?;
            return Ok(Speaks::Of(tenant, row.member, row.role));
        }
        let mine: Vec<Name> =
            self.rows.keys().filter(|(person, _)| *person == account.person).map(|(_, of)| *of).collect();
        if mine.is_empty() {
            let Some(tenant) = self.meant(account) else { return Ok(Speaks::OfNone(None)) };
            let came = left_out(self, tenant).and_then(|()| self.member(tenant, account, way, write));
            return Ok(
                came.map_or_else(|code| Speaks::OfNone(Some(code)), |row| Speaks::Of(tenant, row.member, row.role))
            );
        }
        let mut found = Vec::new();
        for tenant in mine {
            if left_out(self, tenant).is_ok()
                && self.rows[&(account.person, tenant)].status == Status::Active
                && let Ok(row) = self.member(tenant, account, way, write)
            {
                found.push(Speaks::Of(tenant, row.member, row.role));
            }
        }
        Ok(if let [only] = found[..] { only } else { Speaks::OfNone(None) })
    }

    /// Pre token generation, of a machine.
    pub fn machine(&self, client: Name) -> Result<Speaks, Code> {
        let Kind::Machine(tenant, role) = self.binding(client)?.kind else { return Err("CLIENT_NOT_BOUND") };
        self.open(tenant)?;
        Ok(Speaks::OfMachine(tenant, role))
    }
}

/// The code of a proof that is none.
trait NoProof {
    fn unwrap_err_code(&self) -> Code;
}

impl NoProof for Result<(Name, bool), Code> {
    fn unwrap_err_code(&self) -> Code {
        self.err().unwrap_or("EMAIL_NOT_ACCEPTED")
    }
}
