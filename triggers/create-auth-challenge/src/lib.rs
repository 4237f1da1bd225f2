//! Create auth challenge: issues the code and sends it. Users who do not exist cause the same reads and writes, and a mail to nowhere.

mod mail;
mod words;

use domain::challenge::{self, CodeKeys, Issue, Limits, Recipient, Ticket, mailbox, mask, proved_password};
use domain::{Chain, Client, ClientKind, Email, Mode, Refusal, Tenant, TenantId, TenantStatus};
use jiff::Timestamp;
use lambda::{Call, Challenged, Event, Failure, Outcome, Shown, Source, Trigger};
pub use mail::{Mail, MailSettings, Unsent};
use store::challenge::{Asked, Want, Wanted};
use store::clients::{self, Bound, Guesses};
use store::{Session, Table};
pub use words::{Unusable, Words};

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
    /// Where the code may go, if the user exists.
    mailbox: Result<Email, Refusal>,
    /// The account's address, whether or not a code may go there.
    address: Option<Email>,
    /// The password was proven.
    proven: bool,
    /// This session has asked for a code before.
    asked: bool,
}

/// A code that is on its way.
struct Issued {
    issue: Issue,
    ticket: Ticket,
    decision: &'static str,
}

impl CreateAuthChallenge {
    async fn answer(&self, event: Event, client: &Client, whom: &Challenged, call: Call, session: &Session) -> Outcome {
        let Some(steps) = event.challenge().session() else { return Outcome::fail(Refusal::UnsupportedEvent) };
        let account = event.account();
        let request = Request {
            client,
            whom,
            mailbox: mailbox(&account).cloned(),
            address: account.address().filter(|_| whom.exists).cloned(),
            proven: proved_password(steps),
            asked: steps.iter().any(|step| step.name == challenge::StepName::Custom),
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
        let may = may_ask(&bound, request.proven);
        if bound.binding.as_ref().is_some_and(|binding| binding.mode == Mode::Observe) {
            return Outcome::reply(event.unchanged(), "observed").would(may.err()).of(tenant_id);
        }
        let issued = match may {
            Err(refusal) => Err(Failure::from(refusal)),
            Ok(tenant) => self.issue(&request, &asked, &bound, tenant, call, session).await,
        };
        let outcome = match issued {
            Err(failure) => Outcome::fail(failure),
            Ok(issued) => {
                let shown = self.shown(&request, &issued, call.now);
                Outcome::reply(
                    event.show(&Shown {
                        public: &shown,
                        private: &[
                            ("issue", issued.issue.number.to_string()),
                            ("ticket", issued.ticket.as_ref().to_owned()),
                        ],
                        metadata: issued.issue.number.to_string(),
                    }),
                    issued.decision,
                )
            }
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
    ) -> Result<Issued, Failure> {
        // Somebody who proved the password may know why there is no code. Anybody else must not learn that there is an account.
        let mailbox = match &request.mailbox {
            Ok(address) if request.whom.exists => Some(address),
            Err(refusal) if request.whom.exists && request.proven => return Err(Failure::from(*refusal)),
            _ => None,
        };
        let ticket = (self.random)().map(Ticket::from_random).ok_or_else(|| Failure::broken("no random bits"))?;
        let want = Want { now: call.now, limits: &self.limits, proven: request.proven, asked: request.asked };
        let codes = asked.take(request.proven, &bound.found).map_err(Failure::broken)?;
        let (issue, is_new) = match asked.want(session, want, codes).await.map_err(Failure::broken)? {
            Wanted::Refused(refusal) => return Err(Failure::from(refusal)),
            Wanted::Sent(issue) => (issue, false),
            Wanted::New(issue) => (issue, true),
        };
        if !is_new {
            return Ok(Issued { issue, ticket, decision: "the code was sent before" });
        }
        let code = self.keys.code(&Recipient { person: &request.whom.person, client: request.client }, issue.number);
        let minutes = self.limits.life.as_mins();
        if let Err(unsent) = self.mail.send(mailbox, &tenant.name, code, minutes, call.deadline).await {
            // Without this the next call would wait with the person for a mail that never comes. If it fails too, they wait a minute.
            let said = asked.unsent(session, issue.number).await;
            drop(said);
            return Err(Failure::broken(unsent));
        }
        let decision = if mailbox.is_some() { "a code was sent" } else { "a code was sent to nobody" };
        Ok(Issued { issue, ticket, decision })
    }

    /// What the client may show. It says as much of a user who does not exist, and of an account that no code can go to.
    fn shown(&self, request: &Request<'_>, issued: &Issued, now: Timestamp) -> [(&'static str, String); 4] {
        let left = issued.issue.expires.duration_since(now).as_mins().clamp(1, self.limits.life.as_mins());
        [
            ("medium", "EMAIL".to_owned()),
            ("destination", mask(request.address.as_ref(), &request.whom.user_name)),
            ("digits", "8".to_owned()),
            ("minutes", left.to_string()),
        ]
    }
}

/// Whether this client's tenant asks for codes in such a session. What the define trigger decided is not believed.
fn may_ask(bound: &Bound, proven: bool) -> Result<&Tenant, Refusal> {
    let kind = bound.binding.as_ref().map(|binding| &binding.kind);
    let (Some(ClientKind::Tenant(_)), Some(tenant)) = (kind, &bound.tenant) else {
        return Err(Refusal::ClientNotBound);
    };
    match tenant.status {
        TenantStatus::Active => {}
        TenantStatus::Suspended => return Err(Refusal::TenantSuspended),
        TenantStatus::Closed => return Err(Refusal::TenantClosed),
    }
    match (&tenant.policy.chain, proven) {
        _ if tenant.policy.sso_required => Err(Refusal::SsoRequired),
        (Chain::Code, _) | (Chain::PasswordAndCode { .. }, true) => Ok(tenant),
        (Chain::PasswordAndCode { .. }, false) | (Chain::Password, _) => Err(Refusal::SignInAgain),
    }
}
