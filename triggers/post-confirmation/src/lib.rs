//! Post confirmation: what pre sign-up admitted becomes a membership. The account is confirmed whatever we answer, so the answer is
//! always the event; what did not work out is asked again at the first token.

use domain::enrol::Enrolment;
use domain::{Account, Binding, Client, ClientKind, MemberId, Mode, NO_CLIENT, Person, TenantId, UserName};
use jiff::Timestamp;
use lambda::{Call, Event, Outcome, Source, Trigger};
use store::enrolment::{Enrolled, Facts, Reminder, Visit, enrol, foresee};
use store::entity::Remembered;
use store::waiting::{Awaited, Waiting};
use store::{Batch, Broken, Session, Table, clients};

/// The trigger.
#[derive(Debug)]
pub struct PostConfirmation {
    table: Table,
    random: fn() -> Option<[u8; 16]>,
    guesses: clients::Guesses,
}

impl PostConfirmation {
    /// Over this table; `random` makes the ids of members.
    pub fn new(table: Table, random: fn() -> Option<[u8; 16]>) -> Self {
        Self { table, random, guesses: clients::Guesses::default() }
    }
}

impl Trigger for PostConfirmation {
    const NAME: &'static str = "post-confirmation";
    // The first token repairs what breaks here; an error would only alarm the person.
    const ANSWERS_WHEN_BROKEN: bool = true;

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        match event.source() {
            Some(Source::PostConfirmationConfirmSignUp) => {}
            // A removed member can reset their password: that proves the mailbox and grants nothing.
            Some(Source::PostConfirmationConfirmForgotPassword) => {
                return Outcome::reply(event.unchanged(), "grants nothing").after(0);
            }
            _ => return Outcome::fail(domain::Refusal::UnsupportedEvent),
        }
        let session = self.table.session(Some(call.deadline));
        let client = event.client().filter(|client| client.id.as_ref() != NO_CLIENT);
        let confirmed = match (client, event.person(), event.user()) {
            (Some(client), Some(person), Some(user_name)) => {
                Confirmed { now: call.now, client, person, user_name, account: event.account() }
            }
            // AdminConfirmSignUp names no client: the first token knows it.
            _ => return Outcome::reply(event.unchanged(), "left to the first token").after(0),
        };
        let outcome = match confirmed.answer(self, &session).await {
            Ok(answer) => Outcome::reply(event.unchanged(), answer.decision).would(answer.refusal).of(answer.tenant),
            Err(broken) => Outcome::broken(broken),
        };
        outcome.after(session.calls())
    }
}

/// Somebody whose account was confirmed just now.
struct Confirmed {
    now: Timestamp,
    client: Client,
    person: Person,
    user_name: UserName,
    account: Account,
}

/// What the log says of it.
struct Answer {
    decision: &'static str,
    refusal: Option<domain::Refusal>,
    tenant: Option<TenantId>,
}

impl Confirmed {
    async fn answer(&self, trigger: &PostConfirmation, session: &Session) -> Result<Answer, Broken> {
        let read = self.read(&trigger.guesses, session).await?;
        let Some(binding) = read.binding else {
            return Ok(Answer { decision: "refused", refusal: Some(domain::Refusal::ClientNotBound), tenant: None });
        };
        let (Some(tenant), Some(facts)) = (read.tenant, read.facts) else {
            return Ok(Answer { decision: "no tenant", refusal: None, tenant: None });
        };
        let visit = self.visit(&tenant);
        let reminder = Reminder::Read(read.remembered);
        let (decision, refusal) = if binding.mode == Mode::Observe {
            match foresee(session, &visit, &facts, reminder).await? {
                Enrolment::Refuse(refusal) => ("observed", Some(refusal)),
                _ => ("observed", None),
            }
        } else {
            let fresh = MemberId::from_random((trigger.random)().ok_or(Broken::NoRandomness)?);
            match enrol(session, &visit, facts, reminder, fresh).await? {
                Enrolled::Joined => ("joined", None),
                Enrolled::Requested => ("requested", None),
                Enrolled::Member => ("member", None),
                Enrolled::Refused(refusal) => ("refused", Some(refusal)),
            }
        };
        Ok(Answer { decision, refusal, tenant: Some(tenant) })
    }

    const fn visit<'a>(&'a self, tenant: &'a TenantId) -> Visit<'a> {
        Visit { now: self.now, person: &self.person, user_name: &self.user_name, account: &self.account, tenant }
    }

    /// One round trip if the client's tenant was guessed rightly, else two.
    async fn read(&self, guesses: &clients::Guesses, session: &Session) -> Result<Read, Broken> {
        let guess = guesses.of(&self.client).and_then(|kind| kind.tenant().cloned());
        let waiting = Waiting::of(&self.person, &self.user_name, &self.account);
        let mut batch = Batch::default();
        clients::ask_binding(&self.client, &mut batch);
        waiting.ask(&mut batch);
        if let Some(tenant) = &guess {
            self.visit(tenant).ask(&mut batch);
        }
        let found = session.batch(batch).await?;
        let Awaited { remembered, tenant: awaited } = waiting.take(&found)?;
        let binding = clients::take_binding(&self.client, &found)?;
        let mut read = Read { binding, remembered, tenant: None, facts: None };
        let Some(binding) = &read.binding else { return Ok(read) };
        guesses.learn(&self.client, &binding.kind);
        read.tenant = match &binding.kind {
            ClientKind::Tenant(tenant) => Some(tenant.clone()),
            ClientKind::Shared => awaited,
            ClientKind::Machine { .. } | ClientKind::Unbound => None,
        };
        if let Some(tenant) = &read.tenant {
            let visit = self.visit(tenant);
            read.facts = Some(if read.tenant == guess { visit.take(&found)? } else { visit.facts(session).await? });
        }
        Ok(read)
    }
}

/// What the table says of it.
struct Read {
    binding: Option<Binding>,
    remembered: Option<Remembered>,
    tenant: Option<TenantId>,
    facts: Option<Facts>,
}
