//! The walk through the journeys: every step says what was promised, and the transcript says whether it came out so.

mod by_challenge;
mod by_domain;
mod by_invitation;
mod outage;
mod removal;
mod robot;
mod role;
mod shared_app;
mod suspension;
mod wrong_tenant;

use std::io;

use crate::front_end::{Outcome, Tokens};
use crate::transcript::Promise;
use crate::{Fault, Stack, Tally, Town, Transcript};

/// Walks through everything, in a town where nothing has happened yet.
pub async fn walk(stack: &Stack, town: &Town, transcript: &mut Transcript<'_>) -> Result<Tally, Fault> {
    let mut stage = Stage { stack, town, transcript, ann: Tokens::default(), zoe: Tokens::default() };
    stage.say(
        "Companies share one user pool: Acme, Globex, Hooli, Initech. Each has an app of its own; one more app serves everybody.\n\
         Below each step stands what the token says of the tenant, or what the person reads instead.",
    )?;
    by_domain::show(&mut stage).await?;
    by_invitation::show(&mut stage).await?;
    wrong_tenant::show(&mut stage).await?;
    shared_app::show(&mut stage).await?;
    role::show(&mut stage).await?;
    removal::show(&mut stage).await?;
    suspension::show(&mut stage).await?;
    by_challenge::show(&mut stage).await?;
    robot::show(&mut stage).await?;
    outage::show(&mut stage).await?;
    transcript.close().map_err(unwritable)?;
    Ok(transcript.tally())
}

/// What the journeys share.
struct Stage<'s, 'w> {
    stack: &'s Stack,
    town: &'s Town,
    transcript: &'s mut Transcript<'w>,
    /// Ann's tokens of Acme's app.
    ann: Tokens,
    /// Zoe's tokens of Globex's app.
    zoe: Tokens,
}

impl Stage<'_, '_> {
    fn say(&mut self, text: &str) -> Result<(), Fault> {
        self.transcript.say(text).map_err(unwritable)
    }

    fn heading(&mut self, text: &str) -> Result<(), Fault> {
        self.transcript.heading(text).map_err(unwritable)
    }

    /// One step. What the next steps need is given back; after a refusal that is nothing, and they fail in their turn.
    fn step(&mut self, happens: &str, outcome: &Outcome, promise: &Promise<'_>) -> Result<Tokens, Fault> {
        self.transcript.step(happens, outcome, promise).map_err(unwritable)?;
        Ok(outcome.clone().unwrap_or_default())
    }
}

fn unwritable(cause: io::Error) -> Fault {
    Fault::Io { what: "writing the transcript", cause }
}
