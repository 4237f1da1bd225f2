//! Create auth challenge: issues the code and sends it. Users who do not exist cause the same reads and writes, and a mail to nowhere.

mod mail;
mod words;

use std::time::Duration;

use domain::challenge::{
    self, Asking, CodeKeys, Issue, Limits, Recipient, Ticket, UNSHOWN, mailbox, mask, no_mailbox, proved_password,
};
use domain::{Account, Client, Mode, Refusal, Tenant, TenantId};
use lambda::{Call, Challenged, Event, Failure, Outcome, Shown, Source, Trigger};
pub use mail::{Mail, MailSettings, Unsent};
use store::challenge::{Asked, Wanted};
use store::clients::{self, Bound, Guesses};
use store::{Session, Table};
use tokio::time::Instant;
pub use words::{Unusable, Words};

/// Kept back of the time for a mail, to say that it did not go out.
const ASIDE: Duration = Duration::from_millis(600);
/// With less than this left nothing is issued: a code without its mail helps nobody.
const LEAST: Duration = Duration::from_millis(1_500);

/// The trigger.
#[derive(Debug)]
pub struct CreateAuthChallenge {
    table: Table,
    guesses: Guesses,
    keys: CodeKeys,
    limits: Limits,
    mail: Mail,
    random: fn() -> Option<[u8; 16]>,
}

impl CreateAuthChallenge {
    /// Over this table, with the keys of the verify trigger; `random` makes tickets.
    pub fn new(table: Table, keys: CodeKeys, limits: Limits, mail: Mail, random: fn() -> Option<[u8; 16]>) -> Self {
        Self { table, guesses: Guesses::default(), keys, limits, mail, random }
    }
}

impl Trigger for CreateAuthChallenge {
    const NAME: &'static str = "create-auth-challenge";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        let session = self.table.session(Some(call.deadline));
        // The password is Cognito's to look at: it asks us for no other challenge.
        let known = event.source() == Some(Source::CreateAuthChallenge) && event.challenge().is_custom();
        let outcome = match (event.client(), event.challenged().filter(|_| known)) {
            (None, _) => Outcome::fail(Refusal::ClientNotBound),
            (Some(client), Some(whom)) => self.answer(event, &client, &whom, call, &session).await,
            // Nobody knows such an event yet: refused, unless the client is being observed.
            (Some(client), None) if clients::observes(&session, &client).await => {
                Outcome::reply(event.unchanged(), "observed").would(Refusal::UnsupportedEvent)
            }
            _ => Outcome::fail(Refusal::UnsupportedEvent),
        };
        outcome.after(session.calls())
    }
}

/// Who asks for a code, and what the session proved.
struct Request<'a> {
    client: &'a Client,
    whom: &'a Challenged,
    /// With the mailbox to which a code may go, if the user exists.
    account: &'a Account,
    /// The password was proven.
    proven: bool,
    /// This session has asked for a code before.
    again: bool,
}

impl Request<'_> {
    /// Somebody who proved the password may know where a code goes, and why there is none. Anybody else must not learn that there is an account.
    const fn may_know(&self) -> bool {
        self.whom.exists && self.proven
    }
}

/// A challenge to show: a code is on its way.
struct Showing {
    issue: Issue,
    ticket: Ticket,
    decision: &'static str,
}

impl CreateAuthChallenge {
    async fn answer(&self, event: Event, client: &Client, whom: &Challenged, call: Call, session: &Session) -> Outcome {
        let steps = event.challenge().session();
        let account = event.account();
        let request = Request {
            client,
            whom,
            account: &account,
            proven: steps.is_some_and(proved_password),
            again: steps.into_iter().flatten().any(|step| step.name == challenge::StepName::Custom),
        };
        let asked = Asked { person: &whom.person, client: &client.id };
        let bound = clients::bound(session, &self.guesses, client, |_, batch| asked.ask(request.proven, batch)).await;
        let bound = match bound {
            Ok(bound) => bound,
            Err(_) if clients::observes(session, client).await => {
                return Outcome::reply(event.unchanged(), "observed").would(Refusal::TryAgain);
            }
            Err(broken) => return Outcome::broken(broken),
        };
        let tenant_id: Option<TenantId> = bound.tenant.as_ref().map(|tenant| tenant.id.clone());
        // A history that cannot be read proves nothing, and asks for nothing.
        let kind = bound.binding.as_ref().map(|binding| &binding.kind);
        let sends = || challenge::sends(kind, bound.tenant.as_ref(), request.proven);
        let may = steps.ok_or(Refusal::UnsupportedEvent).and_then(|_| sends());
        if bound.binding.as_ref().is_some_and(|binding| binding.mode == Mode::Observe) {
            return Outcome::reply(event.unchanged(), "observed").would(may.err()).of(tenant_id);
        }
        let issued = match may {
            Err(refusal) => Err(Failure::from(refusal)),
            Ok(tenant) => self.issue(&request, &asked, &bound, tenant, call, session).await,
        };
        let outcome = match issued {
            Err(failure) => Outcome::fail(failure),
            Ok(issued) => Outcome::reply(
                event.show(&Shown {
                    public: &[("destination", shown(&request))],
                    private: &[
                        ("issue", issued.issue.number.to_string()),
                        ("ticket", issued.ticket.as_ref().to_owned()),
                    ],
                    metadata: issued.issue.number.to_string(),
                }),
                issued.decision,
            ),
        };
        outcome.of(tenant_id)
    }

    /// Issues a code, and sends it if this call was the one that issued it.
    async fn issue(
        &self,
        request: &Request<'_>,
        asked: &Asked<'_>,
        bound: &Bound,
        tenant: &Tenant,
        call: Call,
        session: &Session,
    ) -> Result<Showing, Failure> {
        if request.may_know()
            && let Some(refusal) = no_mailbox(request.account)
        {
            return Err(Failure::from(refusal));
        }
        let mailbox = mailbox(request.account, request.whom.exists);
        let ticket = (self.random)().map(Ticket::from_random).ok_or_else(|| Failure::broken("no random bits"))?;
        if Instant::now() + LEAST > call.deadline {
            return Err(Failure::broken("too little time is left for a mail"));
        }
        let Request { proven, again, .. } = *request;
        let asking = Asking { now: call.now, limits: &self.limits, ticket: &ticket, proven, again };
        let codes = asked.take(proven, &bound.found).map_err(Failure::broken)?;
        let (issue, is_new) = match asked.want(session, &asking, codes).await.map_err(Failure::broken)? {
            Wanted::Refused(refusal) => return Err(Failure::from(refusal)),
            Wanted::Sent(issue) => (issue, false),
            Wanted::New(issue) => (issue, true),
        };
        if !is_new {
            return Ok(Showing { issue, ticket, decision: "the code was sent before" });
        }
        let recipient = Recipient::new(&request.whom.person, request.client, mailbox);
        let code = self.keys.code(&recipient, issue.number);
        let minutes = self.limits.life.as_mins();
        if let Err(unsent) = self.mail.send(mailbox, &tenant.name, code, minutes, call.deadline - ASIDE).await {
            // Without this the next call would wait with the person for a mail that never comes. If it fails too, they wait a minute.
            let _ = asked.unsent(session, &issue, unsent.taken()).await;
            return Err(Failure::broken(unsent));
        }
        let decision = if mailbox.is_some() { "a code was sent" } else { "a code was sent to nobody" };
        Ok(Showing { issue, ticket, decision })
    }
}

/// What the client may show. Before a password is proven it says the same to everybody.
fn shown(request: &Request<'_>) -> String {
    mailbox(request.account, request.may_know()).map_or_else(|| UNSHOWN.to_owned(), mask)
}
