//! A person at a tenant's door: the facts that decide, and the one transaction in which somebody becomes a member.

use domain::enrol::{self, Enrolment, Joining, may_still_invite};
use domain::{
    Account, Bar, DomainOwner, Holder, Invitation, InvitationState, Inviter, Mailbox, MailboxKey, MailboxProof,
    MemberId, Membership, MembershipStatus, Origin, Person, Provider, Rank, Refusal, Tenant, TenantId, Terms, UserName,
};
use jiff::Timestamp;

use crate::batch::{Batch, Found};
use crate::broken::Broken;
use crate::codec::Entity;
use crate::entity::{KeyedMailbox, Remembered, Seats};
use crate::keys::Key;
use crate::session::Session;
use crate::standing::Standing;
use crate::transaction::{Commit, Condition, SeatChange, Transaction};
use crate::waiting::is_for;

/// Somebody at a tenant's door.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// When.
    pub now: Timestamp,
    /// Who.
    pub person: &'a Person,
    /// Under which user name.
    pub user_name: &'a UserName,
    /// What the event shows of the account.
    pub account: &'a Account,
    /// At whose door.
    pub tenant: &'a TenantId,
}

/// What the table says of a visit.
#[derive(Debug)]
pub struct Facts {
    /// The tenant; without it nothing can be decided.
    pub tenant: Option<Tenant>,
    /// The person's row.
    pub membership: Option<Membership>,
    /// What the tenant knows of the address.
    pub mailbox: Mailbox,
    /// The owner of the address's domain.
    pub domain: Option<DomainOwner>,
    /// The binding of the account's only identity.
    pub provider: Option<Provider>,
    /// The bar on the mailbox that the membership came with, where the account has another address by now: see [`Visit::look_back`].
    pub former_bar: Option<Bar>,
}

impl Visit<'_> {
    fn tenant_key(&self) -> Key {
        Key::tenant(self.tenant)
    }

    fn membership_key(&self) -> Key {
        Key::membership(self.person, self.tenant)
    }

    fn mailbox(&self) -> Option<MailboxKey> {
        self.account.address().map(|address| MailboxKey::of(self.tenant, address))
    }

    fn mailbox_key(&self) -> Option<Key> {
        self.mailbox().map(|mailbox| Key::mailbox(self.tenant, &mailbox))
    }

    fn domain_key(&self) -> Option<Key> {
        self.account.address().map(|address| Key::domain(address.domain()))
    }

    fn provider_key(&self) -> Option<Key> {
        Some(Key::provider(&self.person.pool, &self.account.provider_name()?))
    }

    fn remembered_key(&self) -> Key {
        Key::enrolment(&self.person.pool, self.user_name)
    }

    /// Adds the keys of the facts to a batch.
    pub fn ask(&self, batch: &mut Batch) {
        batch
            .add(self.tenant_key())
            .add(self.membership_key())
            .maybe(self.mailbox_key())
            .maybe(self.domain_key())
            .maybe(self.provider_key());
    }

    /// Takes the facts from what the batch found.
    pub fn take(&self, found: &Found) -> Result<Facts, Broken> {
        let mailbox: Option<KeyedMailbox> = found.maybe(self.mailbox_key().as_ref())?;
        Ok(Facts {
            tenant: found.get(&self.tenant_key())?,
            membership: found.get(&self.membership_key())?,
            mailbox: mailbox.map(|keyed| keyed.mailbox).unwrap_or_default(),
            domain: found.maybe(self.domain_key().as_ref())?,
            provider: found.maybe(self.provider_key().as_ref())?,
            former_bar: None,
        })
    }

    /// Reads the bar on the mailbox that an active membership came with, if the account has another address by now: who changes their
    /// address does not leave a bar behind. It costs those people one round trip, and nobody else.
    pub async fn look_back(&self, session: &Session, facts: &mut Facts) -> Result<(), Broken> {
        let row = facts.membership.as_ref().filter(|row| row.status == MembershipStatus::Active);
        let former = row.and_then(|row| row.address.as_ref()).filter(|former| Some(*former) != self.account.address());
        if let Some(former) = former {
            let key = Key::mailbox(self.tenant, &MailboxKey::of(self.tenant, former));
            let mailbox: Option<KeyedMailbox> = session.get(&key).await?;
            facts.former_bar = mailbox.zip(row).and_then(|(keyed, row)| keyed.mailbox.bar_on(row));
        }
        Ok(())
    }

    /// Reads the facts alone.
    pub async fn facts(&self, session: &Session) -> Result<Facts, Broken> {
        let mut batch = Batch::default();
        self.ask(&mut batch);
        self.take(&session.batch(batch).await?)
    }

    /// Reads what only enrolment needs: what pre sign-up remembered, and the row of the mailbox's other holder.
    async fn aside(&self, session: &Session, facts: &Facts, known: Reminder) -> Result<Aside, Broken> {
        let proof = MailboxProof::of(self.account, self.tenant, facts.domain.as_ref(), facts.provider.as_ref());
        // The tenant's provider alone makes somebody the successor of who held the mailbox. For anybody else the holder is not read: that an
        // address is a member's must not show in the calls for an account that was merely given it.
        let proven = proof.is_ok();
        let succeeds = proof.is_ok_and(|proof| proof.is_by_tenant_provider());
        let other = facts.mailbox.holder.as_ref().filter(|holder| succeeds && holder.person != *self.person);
        let other_key = other.map(|holder| Key::membership(&holder.person, self.tenant));
        let remembered_key = matches!(known, Reminder::Unread).then(|| self.remembered_key());
        // Nor is the inviter's row, for the same reason.
        let inviter_key =
            facts.mailbox.open_invitation(self.now).filter(|_| proven).and_then(|terms| match &terms.inviter {
                Inviter::Member(inviter) => Some(Key::membership(inviter, self.tenant)),
                Inviter::Operator => None,
            });
        let mut batch = Batch::default();
        batch.maybe(other_key.clone()).maybe(inviter_key.clone()).maybe(remembered_key.clone());
        // An empty batch costs no round trip.
        let found = session.batch(batch).await?;
        let inviter = match found.maybe(inviter_key.as_ref())? {
            Some(row) => Some(session.standing(row).await?),
            None => None,
        };
        Ok(Aside {
            remembered: match known {
                Reminder::Read(remembered) => remembered,
                Reminder::Unread => found.maybe(remembered_key.as_ref())?,
            },
            predecessor: found.maybe(other_key.as_ref())?,
            inviter,
        })
    }
}

/// What only enrolment needs.
struct Aside {
    remembered: Option<Remembered>,
    predecessor: Option<Membership>,
    /// Who made the open invitation, if that is a member.
    inviter: Option<Standing>,
}

/// What pre sign-up remembered for a user, if that was read already.
#[derive(Debug, Default)]
pub enum Reminder {
    /// It was not read.
    #[default]
    Unread,
    /// It was read, and may be absent.
    Read(Option<Remembered>),
}

/// What became of a person at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolled {
    /// Became a member, just now.
    Joined,
    /// Asked an admin, just now.
    Requested,
    /// Was a member already.
    Member,
    /// Did not become one; nothing was written.
    Refused(Refusal),
}

/// Asks [`enrol::enrol`] (the pure decision) and commits what it says, in one conditional transaction. If the table changed meanwhile, the facts are read
/// and the question is asked again. `reminder` may be passed if it was read already.
pub async fn enrol(
    session: &Session,
    visit: &Visit<'_>,
    mut facts: Facts,
    mut reminder: Reminder,
    fresh: MemberId,
) -> Result<Enrolled, Broken> {
    for round in 0..3 {
        let aside = visit.aside(session, &facts, std::mem::take(&mut reminder)).await?;
        let Some(tenant) = &facts.tenant else { return Ok(Enrolled::Refused(Refusal::ClientNotBound)) };
        let decision = decide(visit, tenant, &facts, &aside);
        let (joining, status, done) = match decision {
            Enrolment::Join(joining) => (joining, MembershipStatus::Active, Enrolled::Joined),
            Enrolment::Request(joining) => (joining, MembershipStatus::Requested, Enrolled::Requested),
            Enrolment::Member => return Ok(Enrolled::Member),
            Enrolment::Refuse(refusal) => return Ok(Enrolled::Refused(refusal)),
        };
        let transaction = write(session, visit, &facts, &aside, tenant, &joining, status, &fresh)?;
        let lost = match session.commit(&transaction).await? {
            Commit::Done => return Ok(done),
            Commit::Lost(lost) => lost,
        };
        let stale = |part: &Part| !matches!(part, Part::Seats | Part::Invitation);
        if !lost.iter().any(stale) {
            // Everything that was read still stands, so asking again would say the same.
            let used = lost.contains(&Part::Invitation);
            return Ok(Enrolled::Refused(if used { Refusal::InvitationUnusable } else { Refusal::SeatsFull }));
        }
        if round < 2 {
            facts = visit.facts(session).await?;
        }
    }
    Err(Broken::Contended)
}

/// What [`enrol()`] would answer, without writing: for clients in observe mode, and for whoever has to answer a code first.
pub async fn foresee(
    session: &Session,
    visit: &Visit<'_>,
    facts: &Facts,
    reminder: Reminder,
) -> Result<Enrolment, Broken> {
    let aside = visit.aside(session, facts, reminder).await?;
    let Some(tenant) = &facts.tenant else { return Ok(Enrolment::Refuse(Refusal::ClientNotBound)) };
    let decision = decide(visit, tenant, facts, &aside);
    if let Enrolment::Join(joining) = &decision
        && let Some(refusal) = in_the_way(session, tenant, joining).await?
    {
        return Ok(Enrolment::Refuse(refusal));
    }
    Ok(decision)
}

/// Whether who made an invitation may still grant what it grants, whoever redeems it.
pub async fn inviter_may(session: &Session, tenant: &Tenant, terms: &Terms) -> Result<bool, Broken> {
    let Inviter::Member(inviter) = &terms.inviter else { return Ok(true) };
    let inviter = match session.get(&Key::membership(inviter, &tenant.id)).await? {
        Some(row) => Some(session.standing(row).await?),
        None => None,
    };
    Ok(may_still_invite(terms, inviter.as_ref().map(|inviter| (&inviter.row, inviter.stands())), tenant, None))
}

/// What nobody but the transaction of [`enrol()`] asks: whether there is a seat.
async fn in_the_way(session: &Session, tenant: &Tenant, joining: &Joining) -> Result<Option<Refusal>, Broken> {
    if joining.takes_over.is_some() {
        return Ok(None);
    }
    let seats_key = Key::seats(&tenant.id);
    let mut batch = Batch::default();
    batch.add(seats_key.clone());
    let seats: Option<Seats> = session.batch(batch).await?.get(&seats_key)?;
    let full = seats.is_some_and(|seats| seats.limit.is_some_and(|limit| seats.used >= limit));
    Ok(full.then_some(Refusal::SeatsFull))
}

fn decide(visit: &Visit<'_>, tenant: &Tenant, facts: &Facts, aside: &Aside) -> Enrolment {
    let ours = |known: &&Remembered| known.tenant == tenant.id && is_for(known, visit.account);
    let remembered = aside.remembered.as_ref().filter(ours);
    let inviter = aside.inviter.as_ref().map(|inviter| (&inviter.row, inviter.stands()));
    let open = facts.mailbox.open_invitation(visit.now);
    enrol::enrol(&enrol::Facts {
        now: visit.now,
        tenant,
        account: visit.account,
        domain: facts.domain.as_ref(),
        provider: facts.provider.as_ref(),
        mailbox: &facts.mailbox,
        membership: facts.membership.as_ref(),
        remembered: remembered.map(|known| &known.invitation),
        predecessor: aside.predecessor.as_ref(),
        inviter_may: open.is_none_or(|terms| may_still_invite(terms, inviter, tenant, Some(visit.person))),
    })
}

/// The parts of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Row,
    Mailbox,
    Seats,
    Invitation,
    Inviter,
    Tenant,
    Domain,
    Provider,
    Remembered,
    Predecessor,
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call site, and each argument is another thing that the transaction rests on"
)]
fn write(
    session: &Session,
    visit: &Visit<'_>,
    facts: &Facts,
    aside: &Aside,
    tenant: &Tenant,
    joining: &Joining,
    status: MembershipStatus,
    fresh: &MemberId,
) -> Result<Transaction<Part>, Broken> {
    let mut transaction = Transaction::new(session);
    let before = facts.membership.as_ref();
    let member =
        joining.takes_over.clone().or_else(|| before.map(|row| row.member.clone())).unwrap_or_else(|| fresh.clone());
    let mut known = facts.mailbox.clone();
    if joining.redeems.is_some() {
        known.invitation = None;
        known.let_past(visit.now);
    }
    let row = Membership {
        person: visit.person.clone(),
        tenant: tenant.id.clone(),
        member: member.clone(),
        roles: joining.roles.clone(),
        status,
        origin: joining.origin.clone(),
        address: Some(joining.proof.address().clone()),
        since: known.begins(visit.now),
        created: before.map_or(visit.now, |row| row.created),
        revision: before.map_or(0, |row| row.revision),
    };
    transaction.write(Part::Row, &row)?.unchanged(Part::Tenant, tenant)?;

    // INVARIANT: what the decision rested on is unchanged when it is written.
    let rests_on_domain = joining.proof.is_by_tenant_provider() || matches!(joining.origin, Origin::Domain { .. });
    if let (true, Some(domain)) = (rests_on_domain, &facts.domain) {
        transaction.unchanged(Part::Domain, domain)?;
    }
    if let Some(provider) = &facts.provider {
        transaction.unchanged(Part::Provider, provider)?;
    }

    let address = joining.proof.address();
    let mut mailbox = KeyedMailbox::new(&tenant.id, &MailboxKey::of(&tenant.id, address), known);
    if status == MembershipStatus::Active {
        mailbox.mailbox.holder = Some(Holder { person: visit.person.clone(), member });
        transaction.write(Part::Mailbox, &mailbox)?;
        if joining.takes_over.is_none() {
            let owners = i64::from(joining.roles.rank() == Rank::Owner);
            transaction.seats(Part::Seats, &tenant.id, SeatChange { seats: 1, owners, keep_an_owner: false })?;
        }
    } else if facts.mailbox.revision == 0 {
        transaction.check(
            Part::Mailbox,
            &Key::mailbox_named(&tenant.id, &mailbox.mailbox_key),
            Condition::revision(0),
        )?;
    } else {
        transaction.unchanged(Part::Mailbox, &mailbox)?;
    }

    if let (Some(_), Some(predecessor)) = (&joining.takes_over, &aside.predecessor) {
        let superseded = Membership { status: MembershipStatus::Superseded, since: visit.now, ..predecessor.clone() };
        transaction.write(Part::Predecessor, &superseded)?;
    }
    if let Some(terms) = &joining.redeems {
        let accepted = Invitation {
            tenant: tenant.id.clone(),
            address: address.clone(),
            terms: terms.clone(),
            state: InvitationState::Accepted { by: visit.person.clone(), at: visit.now },
            revision: 1,
        };
        let now = u64::try_from(visit.now.as_second()).unwrap_or(0);
        let open = Condition::new("#state = :open AND #expires > :now AND #tenant = :tenant AND #address = :address")
            .name("#state", "state")
            .name("#expires", "expires_at")
            .name("#tenant", "tenant_id")
            .name("#address", "address")
            .text(":open", "open")
            .number(":now", now)
            .text(":tenant", &tenant.id)
            .text(":address", address);
        transaction.write_if(Part::Invitation, &accepted, open)?;
        if let Some(inviter) = &aside.inviter {
            transaction.unchanged(Part::Inviter, &inviter.row)?;
            inviter.guard(&mut transaction, Part::Inviter)?;
        }
    }
    if let Some(remembered) = &aside.remembered
        && remembered.tenant == tenant.id
    {
        transaction.delete(Part::Remembered, &visit.remembered_key())?;
    }
    Ok(transaction)
}

/// Remembers an invitation for a user, unless it is remembered already. A reminder of another mailbox gives way: it is of an earlier
/// sign-up under the same user name that nobody confirmed.
pub async fn remember(session: &Session, remembered: &Remembered) -> Result<(), Broken> {
    let mut next = remembered.clone();
    for _ in 0..3 {
        let mut transaction = Transaction::new(session);
        transaction.write((), &next)?;
        if session.commit(&transaction).await? == Commit::Done {
            return Ok(());
        }
        // INVARIANT: nobody is told that an invitation is remembered of whom it is not.
        let before: Option<Remembered> = session.get(&remembered.key()).await?;
        match before {
            Some(before) if before.mailbox == remembered.mailbox => return Ok(()),
            before => next.revision = before.map_or(0, |before| before.revision),
        }
    }
    Err(Broken::Contended)
}
