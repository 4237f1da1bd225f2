//! Verify auth challenge response: is this the code? Counted before it is compared, in constant time, across sessions.

use domain::challenge::{CodeKeys, Limits, Recipient, Ticket, mailbox};
use domain::{Client, Refusal};
use jiff::Timestamp;
use lambda::{Call, Challenged, Event, Outcome, Source, Trigger};
use store::challenge::{Answered, Asked};
use store::{Broken, Session, Table, clients};

/// The trigger.
#[derive(Debug)]
pub struct VerifyAuthChallenge {
    table: Table,
    keys: CodeKeys,
    limits: Limits,
}

impl VerifyAuthChallenge {
    /// Over this table, with the keys of the create trigger.
    pub const fn new(table: Table, keys: CodeKeys, limits: Limits) -> Self {
        Self { table, keys, limits }
    }
}

impl Trigger for VerifyAuthChallenge {
    const NAME: &'static str = "verify-auth-challenge";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        let session = self.table.session(Some(call.deadline));
        let known = event.source() == Some(Source::VerifyAuthChallengeResponse);
        let outcome = match (event.client(), event.challenged().filter(|_| known)) {
            (None, _) => Outcome::fail(Refusal::ClientNotBound),
            // Nobody knows such an event yet, or it is of a challenge that somebody else made: refused or wrong, unless the client is being
            // observed.
            (Some(client), whom)
                if (whom.is_none() || kept(&event).is_none()) && clients::observes(&session, &client).await =>
            {
                Outcome::reply(event.unchanged(), "observed").would(Refusal::UnsupportedEvent)
            }
            (_, None) => Outcome::fail(Refusal::UnsupportedEvent),
            (Some(client), Some(whom)) => match self.judge(&event, &client, &whom, call.now, &session).await {
                Ok(Judged::Right) => Outcome::reply(event.verify(true), "the code is right"),
                Ok(Judged::Wrong) => Outcome::reply(event.verify(false), "the code is wrong"),
                Ok(Judged::NotCompared) => Outcome::reply(event.verify(false), "not compared"),
                Err(broken) => Outcome::broken(broken),
            },
        };
        outcome.after(session.calls())
    }
}

/// What became of an answer.
enum Judged {
    Right,
    Wrong,
    /// The code had expired, was used, or had as many answers as it may have.
    NotCompared,
}

impl VerifyAuthChallenge {
    async fn judge(
        &self,
        event: &Event,
        client: &Client,
        whom: &Challenged,
        now: Timestamp,
        session: &Session,
    ) -> Result<Judged, Broken> {
        let Some((number, ticket)) = kept(event) else { return Ok(Judged::NotCompared) };
        let asked = Asked { person: &whom.person, client: &client.id };
        let answered = Answered { now, limits: &self.limits, number, ticket: &ticket };
        // INVARIANT: nothing is compared that was not counted before, in a write that everybody else's guesses go through too.
        if !asked.count(session, answered).await? {
            return Ok(Judged::NotCompared);
        }
        let account = event.account();
        // To nobody, and to an account without a mailbox for it, no code went: whatever was typed is a guess.
        let mailbox = mailbox(&account, whom.exists);
        let recipient = Recipient::new(&whom.person, client, mailbox);
        let matches = self.keys.matches(&recipient, number, event.challenge().answer());
        if matches && mailbox.is_some() && asked.use_up(session, number, &ticket, now).await? {
            Ok(Judged::Right)
        } else {
            Ok(Judged::Wrong)
        }
    }
}

/// What the create trigger kept: the issue, and who showed it.
fn kept(event: &Event) -> Option<(u64, Ticket)> {
    let challenge = event.challenge();
    Some((challenge.private("issue")?.parse().ok()?, challenge.private("ticket")?.parse().ok()?))
}
