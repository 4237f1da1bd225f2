//! Define auth challenge: which step comes next, by the policy of the tenant whose app client this is.

use domain::challenge::{self, Next};
use domain::{Binding, Client, Membership, Mode, Refusal, Tenant, TenantId};
use lambda::{Call, Challenged, Event, Outcome, Source, Trigger};
use store::clients::{self, Bound, Guesses};
use store::{Broken, Key, Session, Table};

/// The trigger.
#[derive(Debug)]
pub struct DefineAuthChallenge {
    table: Table,
    guesses: Guesses,
}

impl DefineAuthChallenge {
    /// Over this table.
    pub fn new(table: Table) -> Self {
        Self { table, guesses: Guesses::default() }
    }
}

impl Trigger for DefineAuthChallenge {
    const NAME: &'static str = "define-auth-challenge";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        let session = self.table.session(Some(call.deadline));
        let known = event.source() == Some(Source::DefineAuthChallenge);
        let outcome = match (event.client(), event.challenged().filter(|_| known)) {
            (None, _) => Outcome::fail(Refusal::ClientNotBound),
            (Some(client), Some(whom)) => self.answer(event, &client, &whom, &session).await,
            // Nobody knows such an event yet: refused, unless the client is being observed.
            (Some(client), None) if clients::observes(&session, &client).await => {
                Outcome::reply(event.unchanged(), "observed").would(Refusal::UnsupportedEvent)
            }
            _ => Outcome::fail(Refusal::UnsupportedEvent),
        };
        outcome.after(session.calls())
    }
}

/// What the table says of it.
struct Facts {
    binding: Option<Binding>,
    tenant: Option<Tenant>,
    membership: Option<Membership>,
}

impl DefineAuthChallenge {
    async fn answer(&self, event: Event, client: &Client, whom: &Challenged, session: &Session) -> Outcome {
        let facts = match self.facts(client, whom, session).await {
            Ok(facts) => facts,
            Err(_) if clients::observes(session, client).await => {
                return Outcome::reply(event.unchanged(), "observed").would(Refusal::TryAgain);
            }
            Err(broken) => return Outcome::broken(broken),
        };
        let tenant: Option<TenantId> = facts.tenant.as_ref().map(|tenant| tenant.id.clone());
        let kind = facts.binding.as_ref().map(|binding| &binding.kind);
        let asks = challenge::asks(kind, facts.tenant.as_ref(), facts.membership.as_ref());
        let outcome = match (facts.binding.map(|binding| binding.mode), asks) {
            (Some(Mode::Observe), asks) => Outcome::reply(event.unchanged(), "observed").would(asks.err()),
            (_, Err(refusal)) => Outcome::fail(refusal),
            (_, Ok(asks)) => {
                // A history that cannot be read leads nowhere.
                let next = event
                    .challenge()
                    .session()
                    .map_or(Next::Failed, |steps| challenge::define(asks, steps, whom.exists));
                Outcome::reply(event.define(next), word(next))
            }
        };
        outcome.of(tenant)
    }

    /// Binding, tenant and the person's membership, since a chain may ask a code of some roles alone.
    async fn facts(&self, client: &Client, whom: &Challenged, session: &Session) -> Result<Facts, Broken> {
        let membership = |tenant: &TenantId| Key::membership(&whom.person, tenant);
        let Bound { binding, tenant, found } = clients::bound(session, &self.guesses, client, |tenant, batch| {
            batch.maybe(tenant.map(membership));
        })
        .await?;
        let membership = found.maybe(tenant.as_ref().map(|tenant| membership(&tenant.id)).as_ref())?;
        Ok(Facts { binding, tenant, membership })
    }
}

const fn word(next: Next) -> &'static str {
    match next {
        Next::Password => "asks for the password",
        Next::Code => "asks for a code",
        Next::Tokens => "every step was passed",
        Next::Failed => "the session ends",
    }
}
