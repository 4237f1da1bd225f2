//! The rules of sign-up, enrolment and tokens once more: written from the README and the documents, not from the code, and as naively
//! as they can be said.

use super::nouns::{
    Account, Bar, Binding, Chain, Code, Identities, Invitation, InvitationState, Join, Kind, Model, Name, Origin, Row,
    Status, TenantStatus, Typed, Way,
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

/// Post confirmation knows of no tenant that might be meant.
pub const NO_TENANT: Code = "no tenant";

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

    /// How somebody with this address joins: as the domain says, or else as its tenant does; by no domain of the tenant's, only where
    /// everybody may. Functions' and tagged mailboxes never join by the tenant's domain.
    fn join(&self, tenant: Name, email: &Typed) -> Join {
        let tenants = self.tenants[tenant].join;
        match self.domains.get(email.domain).filter(|found| found.owner == Some(tenant)) {
            Some(_) if email.special => Join::InvitationOnly,
            Some(found) => found.join.unwrap_or(tenants),
            None if tenants == Join::Open => Join::Open,
            None => Join::InvitationOnly,
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

    /// Pre sign-up, of somebody who chose a password. A token that nobody made is `Some(None)`.
    pub fn sign_up(&mut self, client: Name, account: &Account, token: Option<Option<usize>>) -> Result<(), Code> {
        let binding = self.binding(client)?;
        let good = |at: &usize| {
            let one = &self.invitations[*at];
            let here = match binding.kind {
                Kind::Tenant(tenant) => one.tenant == tenant,
                _ => true,
            };
            here && Some(one.address) == account.mailbox() && self.is_open(one)
        };
        let shown = token.map(|token| token.filter(good).ok_or("INVITATION_UNUSABLE"));
        let tenant = match (binding.kind, shown) {
            (Kind::Unbound | Kind::Machine(..), _) => return Err("CLIENT_NOT_BOUND"),
            (Kind::Tenant(tenant), _) => tenant,
            (Kind::Shared, Some(shown)) => self.invitations[shown?].tenant,
            (Kind::Shared, None) => self.met_by_domain(account)?,
        };
        self.open(tenant)?;
        if self.tenants[tenant].sso {
            return Err("SSO_REQUIRED");
        }
        let mailbox = account.mailbox().ok_or("EMAIL_NOT_ACCEPTED")?;
        if let Some(shown) = shown {
            shown?;
            if !binding.observe {
                self.presented.insert(account.person, (tenant, mailbox));
            }
            return Ok(());
        }
        self.may_start(tenant, account, self.tenants[tenant].lookup)
    }

    /// The tenant that a stranger at a shared client can only mean: the owner of their domain. How it is doing is not theirs to learn.
    fn met_by_domain(&self, account: &Account) -> Result<Name, Code> {
        let owner = account.mailbox().and(account.email).and_then(|email| self.owner(email.domain));
        owner.filter(|tenant| self.open(tenant).is_ok()).ok_or("INVITATION_REQUIRED")
    }

    /// The routes that need no token: domain, open sign-up, and the look-up where it may be.
    fn may_start(&self, tenant: Name, account: &Account, lookup: bool) -> Result<(), Code> {
        let (Some(email), Some(mailbox)) = (account.email, account.mailbox()) else { return Err("EMAIL_NOT_ACCEPTED") };
        let by_rule = self.join(tenant, email) != Join::InvitationOnly;
        if by_rule || (lookup && self.invitation(tenant, mailbox).is_some()) {
            Ok(())
        } else {
            Err("INVITATION_REQUIRED")
        }
    }

    /// Pre sign-up, of somebody whom a provider sends.
    pub fn sign_up_by(&self, client: Name, account: &Account, provider: Name) -> Result<(), Code> {
        let binding = self.binding(client)?;
        let found = self.providers.get(provider);
        let tenant = match (binding.kind, found.and_then(|found| found.of)) {
            (Kind::Unbound | Kind::Machine(..), _) => return Err("CLIENT_NOT_BOUND"),
            (Kind::Tenant(tenant), _) => tenant,
            (Kind::Shared, Some(tenant)) if self.open(tenant).is_ok() => tenant,
            (Kind::Shared, Some(_)) => return Err("INVITATION_REQUIRED"),
            (Kind::Shared, None) => self.met_by_domain(account)?,
        };
        self.open(tenant)?;
        let (_, own) =
            if found.is_some() { self.proof(account, tenant)? } else { return Err("PROVIDER_NOT_ACCEPTED") };
        if own {
            return Ok(());
        }
        if self.tenants[tenant].sso {
            return Err("SSO_REQUIRED");
        }
        // The provider has proven the mailbox: looking it up tells nobody anything that is not theirs.
        self.may_start(tenant, account, true)
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

    /// Whether a membership's origin would let somebody in still.
    fn lets_in_still(&self, tenant: Name, origin: Origin) -> bool {
        match origin {
            Origin::Domain(name, generation) => self
                .domains
                .get(name)
                .is_some_and(|found| (found.owner, found.generation) == (Some(tenant), generation)),
            Origin::Provider(name) => {
                self.providers.get(name).is_some_and(|found| (found.of, found.enabled) == (Some(tenant), true))
            }
            Origin::Invitation | Origin::Open | Origin::Added => true,
        }
    }

    /// Whether somebody is an active member whom nothing keeps out: no bar on the mailbox with which they came, no removal that was later,
    /// nor the end of what let them in.
    pub fn stands(&self, tenant: Name, person: Name) -> bool {
        let row = self.rows.get(&(person, tenant)).filter(|row| row.status == Status::Active);
        row.is_some_and(|row| {
            let barred = row.address.is_some_and(|mailbox| {
                let ended = self.ended.get(&(tenant, mailbox));
                self.bars.contains_key(&(tenant, mailbox)) || ended.is_some_and(|ended| row.since <= *ended)
            });
            !barred && self.lets_in_still(tenant, row.origin)
        })
    }

    /// Whoever invited must still be able to: an operator always; a member as what they are now, while they stand; one who was removed,
    /// as what they were, for roles up to member, where the tenant's policy says so; one who is suspended not; and nobody invites themselves.
    fn inviter_may(&self, invitation: &Invitation, redeems: Name) -> bool {
        let Some(inviter) = invitation.inviter else { return true };
        if inviter == redeems {
            return false;
        }
        match self.rows.get(&(inviter, invitation.tenant)) {
            Some(row) if row.status == Status::Active => {
                self.stands(invitation.tenant, inviter) && may_grant(row.role, invitation.role)
            }
            Some(row) if matches!(row.status, Status::Removed | Status::Superseded) => {
                let low = matches!(invitation.role, "viewer" | "member");
                low && self.tenants[invitation.tenant].outlive && may_grant(row.role, invitation.role)
            }
            _ => false,
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
            Status::Superseded => "SSO_REQUIRED",
            Status::Removed | Status::Active => "MEMBERSHIP_ENDED",
        }
    }

    /// Enrolment: what becomes of a person at a tenant. Writes what it decides, unless it is only asked for.
    pub fn enrol(&mut self, tenant: Name, account: &Account, write: bool) -> Result<Came, Code> {
        self.open(tenant)?;
        let row = self.rows.get(&(account.person, tenant)).copied();
        match row.map(|row| row.status) {
            Some(Status::Active) => return Ok(Came::Joined),
            Some(status @ (Status::Suspended | Status::Superseded)) => return Err(Self::ended(status)),
            _ => {}
        }
        let proof = self.proof(account, tenant);
        let found = proof.ok().and_then(|(mailbox, _)| self.invitation(tenant, mailbox));
        let after = |row: Row, at: usize| row.status == Status::Requested || self.invitations[at].made > row.since;
        let open = found.filter(|at| row.is_none_or(|row| after(row, *at)));
        // What its inviter may not grant any more is no invitation.
        let found = open.filter(|at| self.inviter_may(&self.invitations[*at], account.person));
        // Nothing but an invitation to a mailbox that they have proven leads past a request; past an end, only a newer one.
        if let (Some(row), None) = (row, found) {
            return Err(Self::ended(row.status));
        }
        let sso = self.tenants[tenant].sso;
        if sso && !account.external {
            return Err("SSO_REQUIRED");
        }
        let (mailbox, own) = proof?;
        if sso && !own {
            return Err("SSO_REQUIRED");
        }
        let bar = self.bars.get(&(tenant, mailbox)).copied();
        if bar.is_some_and(|bar| bar.suspended) {
            return Err("MEMBERSHIP_SUSPENDED");
        }
        if own
            && sso
            && row.is_none()
            && bar.is_none()
            && let Some(former) = self.place_of(tenant, mailbox)
        {
            if write {
                self.take_over(tenant, former, account, mailbox);
            }
            return Ok(Came::Joined);
        }
        if let Some(at) = found {
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
        if bar.is_some() {
            return Err("MEMBERSHIP_ENDED");
        }
        let email = account.email.ok_or("EMAIL_NOT_ACCEPTED")?;
        let owned = self.owner(email.domain) == Some(tenant);
        let (origin, status) = match (account.identities, self.join(tenant, email)) {
            (Identities::One(name), _) if own => (Origin::Provider(name), Status::Active),
            (_, Join::Open | Join::Automatic) if owned => (self.by_domain(email.domain), Status::Active),
            (_, Join::Open | Join::Automatic) => (Origin::Open, Status::Active),
            (_, Join::Request) => (self.by_domain(email.domain), Status::Requested),
            (_, Join::InvitationOnly) if open.is_some() || self.reminder(account) == Some(tenant) => {
                return Err("INVITATION_UNUSABLE");
            }
            (_, Join::InvitationOnly) => return Err("INVITATION_REQUIRED"),
        };
        if status == Status::Active && !self.has_seat(tenant) {
            return Err("SEATS_FULL");
        }
        if write {
            self.join_as(tenant, account, mailbox, self.tenants[tenant].default_role, origin, status);
        }
        if status == Status::Active { Ok(Came::Joined) } else { Ok(Came::Requested) }
    }

    /// The tenant whose invitation somebody presented when they signed up with the mailbox that they have now.
    fn reminder(&self, account: &Account) -> Option<Name> {
        let (tenant, mailbox) = self.presented.get(account.person)?;
        (Some(*mailbox) == account.mailbox()).then_some(*tenant)
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
        self.forget(account.person, tenant);
        if status == Status::Active {
            // Who is let in past a removal is let in alone: what it ended for their other accounts stays ended.
            if let Some(bar) = self.bars.remove(&(tenant, mailbox)) {
                let ended = self.ended.entry((tenant, mailbox)).or_insert(bar.since);
                *ended = bar.since.max(*ended);
            }
            self.holders.insert((tenant, mailbox), account.person);
        }
    }

    fn forget(&mut self, person: Name, tenant: Name) {
        if self.presented.get(person).is_some_and(|(of, _)| *of == tenant) {
            self.presented.remove(person);
        }
    }

    /// The person whose place a first sign-in through the tenant's own provider takes over.
    fn place_of(&self, tenant: Name, mailbox: Name) -> Option<Name> {
        let holder = self.holders.get(&(tenant, mailbox))?;
        let row = self.rows.get(&(*holder, tenant))?;
        // Whoever came by the provider was there before, and who gets their address there is a new person. Nor is what a domain gave
        // handed on once the tenant lost it.
        let is_former = match row.origin {
            Origin::Provider(_) => false,
            Origin::Domain(name, _) => mailbox.ends_with(&format!("@{name}")) && self.lets_in_still(tenant, row.origin),
            Origin::Invitation | Origin::Open | Origin::Added => true,
        };
        (is_former && row.status == Status::Active && row.address == Some(mailbox)).then_some(*holder)
    }

    fn take_over(&mut self, tenant: Name, former: Name, account: &Account, mailbox: Name) {
        let Identities::One(name) = account.identities else { return };
        let now = self.now;
        let Some(old) = self.rows.get_mut(&(former, tenant)) else { return };
        let row = Row { origin: Origin::Provider(name), address: Some(mailbox), since: now, ..*old };
        old.status = Status::Superseded;
        old.since = now;
        self.rows.insert((account.person, tenant), row);
        self.forget(account.person, tenant);
        self.holders.insert((tenant, mailbox), account.person);
    }

    /// The tenant that a newcomer at a shared client can only mean.
    fn meant(&self, account: &Account) -> Option<Name> {
        if let Some(tenant) = self.reminder(account) {
            return Some(tenant);
        }
        if let Identities::One(name) = account.identities
            && account.external
            && let Some(tenant) = self.providers.get(name).and_then(|found| found.of)
        {
            return Some(tenant);
        }
        self.owner(account.mailbox().and(account.email)?.domain)
    }

    /// Post confirmation: the account is confirmed whatever comes of it.
    pub fn confirm(&mut self, client: Name, account: &Account) -> Result<Came, Code> {
        let binding = self.binding(client)?;
        let tenant = match binding.kind {
            Kind::Unbound | Kind::Machine(..) => return Err(NO_TENANT),
            Kind::Tenant(tenant) => tenant,
            Kind::Shared => self.meant(account).ok_or(NO_TENANT)?,
        };
        self.enrol(tenant, account, !binding.observe)
    }

    /// What a membership rests on, at this moment.
    fn rests(&self, tenant: Name, row: &Row, account: &Account) -> Result<(), Code> {
        match row.origin {
            Origin::Domain(domain, generation) => {
                let (Some(email), _) = (account.email, self.proof(account, tenant)?) else {
                    return Err("EMAIL_NOT_ACCEPTED");
                };
                let Some(found) = self.domains.get(email.domain) else { return Err("MEMBERSHIP_ENDED") };
                let same = email.domain == domain && found.generation == generation;
                // The tenant renamed itself: another of its domains by which they could join this moment.
                let renamed =
                    email.domain != domain && matches!(self.join(tenant, email), Join::Open | Join::Automatic);
                if found.owner == Some(tenant) && (same || renamed) { Ok(()) } else { Err("MEMBERSHIP_ENDED") }
            }
            Origin::Provider(name) => {
                let came = account.external && account.identities == Identities::One(name);
                if came && self.by_own_provider(account, tenant) { Ok(()) } else { Err("PROVIDER_NOT_ACCEPTED") }
            }
            Origin::Invitation | Origin::Open | Origin::Added => Ok(()),
        }
    }

    /// Whether a tenant lets somebody in *this way*.
    fn this_way(&self, tenant: Name, account: &Account, way: Way) -> Result<(), Code> {
        let policy = &self.tenants[tenant];
        if policy.chain != Chain::Password && matches!(way, Way::Hosted | Way::NewPassword | Way::Device) {
            return Err("SIGN_IN_AGAIN");
        }
        if !account.external {
            return if policy.sso { Err("SSO_REQUIRED") } else { Ok(()) };
        }
        let Identities::One(name) = account.identities else { return Err("LINKED_ACCOUNT") };
        match self.providers.get(name) {
            Some(found) if found.of.is_none() && policy.sso => Err("SSO_REQUIRED"),
            Some(found) if found.enabled && found.of.is_none_or(|of| of == tenant) => Ok(()),
            _ => Err("PROVIDER_NOT_ACCEPTED"),
        }
    }

    /// Whether a tenant asks somebody with this role for a code.
    pub fn asks_code(&self, tenant: Name, role: Option<Name>) -> bool {
        match self.tenants[tenant].chain {
            Chain::Password => false,
            Chain::PasswordAndCode | Chain::Code => true,
            Chain::PasswordAndCodeOf(of) => role.is_none_or(|role| role == of),
        }
    }

    /// As whom a person stands in this tenant now, signing in this way at this client. Enrols who has no place yet.
    pub fn member(
        &mut self,
        tenant: Name,
        account: &Account,
        way: Way,
        client: Name,
        write: bool,
    ) -> Result<Row, Code> {
        self.open(tenant)?;
        self.this_way(tenant, account, way)?;
        let answered = self.answered.contains(&(account.person, client));
        let had = self.rows.get(&(account.person, tenant)).is_some_and(|row| row.status == Status::Active);
        // Whoever is asked for a code does not get in by enrolment either before they answered one.
        let closed = !had && self.tenants[tenant].chain != Chain::Password && !answered;
        let mut after = self.clone();
        let came = after.enrol(tenant, account, true)?;
        if closed {
            return Err("SIGN_IN_AGAIN");
        }
        if write {
            *self = after.clone();
        }
        if came == Came::Requested {
            return Err("APPROVAL_PENDING");
        }
        let row = after.rows[&(account.person, tenant)];
        // The bar of an address that they merely gave their account is told to nobody who came with another one.
        let claimed =
            row.address.is_some_and(|own| account.mailbox() != Some(own)) && self.proof(account, tenant).is_err();
        for mailbox in [account.mailbox().filter(|_| !claimed), row.address].into_iter().flatten() {
            match after.bars.get(&(tenant, mailbox)) {
                Some(Bar { suspended: true, .. }) => return Err("MEMBERSHIP_SUSPENDED"),
                Some(_) => return Err("MEMBERSHIP_ENDED"),
                None => {}
            }
            let own = row.address.is_none_or(|own| own == mailbox);
            if own && after.ended.get(&(tenant, mailbox)).is_some_and(|ended| row.since <= *ended) {
                return Err("MEMBERSHIP_ENDED");
            }
        }
        after.rests(tenant, &row, account)?;
        if self.asks_code(tenant, Some(row.role)) && !answered { Err("SIGN_IN_AGAIN") } else { Ok(row) }
    }

    /// Pre token generation, of a person.
    pub fn token(&mut self, client: Name, account: &Account, way: Way, hint: Option<Name>) -> Result<Speaks, Code> {
        let binding = self.binding(client)?;
        match (binding.kind, hint) {
            (Kind::Unbound | Kind::Machine(..), _) => Err("CLIENT_NOT_BOUND"),
            (Kind::Tenant(tenant), _) => {
                let row = self.member(tenant, account, way, client, !binding.observe)?;
                Ok(Speaks::Of(tenant, row.member, row.role))
            }
            (Kind::Shared, Some(tenant)) => {
                // Whether there is such a tenant, and how it signs people in, is not for strangers to learn.
                let has_row = self.rows.contains_key(&(account.person, tenant));
                let stays_out = self.open(tenant).is_err() || self.left_out(tenant).is_err();
                if !has_row && stays_out {
                    return Err("INVITATION_REQUIRED");
                }
                self.left_out(tenant)?;
                let row = self.member(tenant, account, way, client, !binding.observe)?;
                Ok(Speaks::Of(tenant, row.member, row.role))
            }
            (Kind::Shared, None) => self.shared(account, way, client, !binding.observe),
        }
    }

    /// Shared clients never speak of a tenant whose sign-in they cannot enforce.
    fn left_out(&self, tenant: Name) -> Result<(), Code> {
        match (self.tenants[tenant].sso, self.tenants[tenant].chain) {
            (true, _) => Err("SSO_REQUIRED"),
            (_, Chain::Password) => Ok(()),
            _ => Err("SIGN_IN_AGAIN"),
        }
    }

    fn shared(&mut self, account: &Account, way: Way, client: Name, write: bool) -> Result<Speaks, Code> {
        let mine: Vec<Row> =
            self.rows.iter().filter(|((of, _), _)| *of == account.person).map(|(_, row)| *row).collect();
        if mine.is_empty() {
            let meant = self.meant(account).filter(|tenant| self.left_out(tenant).is_ok());
            let Some(tenant) = meant else { return Ok(Speaks::OfNone(None)) };
            let invited = self.reminder(account).is_some();
            return match self.member(tenant, account, way, client, write) {
                Ok(row) => Ok(Speaks::Of(tenant, row.member, row.role)),
                // Whom an invitation admitted is told what became of it.
                Err(code) if invited => Err(code),
                Err(code) => Ok(Speaks::OfNone(Some(code))),
            };
        }
        let mut found = Vec::new();
        for tenant in self.tenants.keys().copied().collect::<Vec<_>>() {
            let active = self.rows.get(&(account.person, tenant)).is_some_and(|row| row.status == Status::Active);
            if active
                && self.left_out(tenant).is_ok()
                && let Ok(row) = self.member(tenant, account, way, client, write)
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
