//! Very many people at the door of a tenant with few seats, all at once: not one member too many, and nobody hears anything but a calm
//! sentence. Transactions conflict as on AWS, where two of them cannot write one item at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::tests::bulk::Bulk;
use ::tests::{Answer, Event, World, nouns};
use domain::{MembershipStatus, Refusal};
use tokio::task::JoinSet;

use crate::bad_day::BadDay;

/// People at a tenant's door.
#[derive(Debug, Clone, Copy)]
struct Wave {
    /// The tenant's name.
    tenant: &'static str,
    people: usize,
    seats: usize,
    /// The pause between one and the next.
    apart: Duration,
}

/// The worst there is; and the most that Cognito lets through where nobody raised its quota: 50 requests a second that create or confirm
/// a user, two of them for everybody.
const WAVES: [Wave; 2] = [
    Wave { tenant: "surge", people: 200, seats: 50, apart: Duration::ZERO },
    Wave { tenant: "stream", people: 200, seats: 50, apart: Duration::from_millis(40) },
];

/// How long a transaction holds its items.
const HELD: Duration = Duration::from_millis(5);
/// How often somebody who reads "try again in a moment" does so.
const PATIENCE: usize = 60;

/// Measures and prints; an error if there is another number of members than seats.
pub(crate) async fn measure(world: &World, random: fn() -> u64) -> Result<(), String> {
    for wave in WAVES {
        roll(world, wave, random).await?;
    }
    Ok(())
}

async fn roll(world: &World, wave: Wave, random: fn() -> u64) -> Result<(), String> {
    let Wave { tenant, people, seats, apart } = wave;
    let limit = u64::try_from(seats).map_err(|error| error.to_string())?;
    let mut bulk = Bulk::default();
    bulk.tenant(&nouns::tenant(tenant), 0, Some(limit));
    world.engine().load(world.table(), bulk);
    let proxy = BadDay::start(world.engine().endpoint(), Some(HELD)).await?;
    let process = Arc::new(world.at(proxy.url(), random));

    let pace = if apart.is_zero() { "at once".to_owned() } else { format!("{} ms apart", apart.as_millis()) };
    println!("{people} people {pace}, {seats} seats; a transaction holds its items for {} ms:\n", HELD.as_millis());
    println!("| | people | what came of it | requests | transactions in conflict |\n|---|--:|---|--:|--:|");
    let everybody: Vec<usize> = (0..people).collect();
    let mut said = Said { proxy: &proxy, apart, requests: 0, conflicts: 0 };
    let event = |at: usize| Event::sign_up(tenant, &wave.name(at), &wave.address(at));
    let answers = said.round(&process, &everybody, event).await?;
    said.row("sign-up", people, answers.values());
    let event = |at: usize| Event::confirmed(tenant, &wave.name(at), &wave.address(at));
    let answers = said.round(&process, &everybody, event).await?;
    said.row("confirmation", people, answers.values());
    let mut left = everybody;
    let mut last: BTreeMap<usize, Answer> = BTreeMap::new();
    for attempt in 1..=PATIENCE {
        let event = |at: usize| Event::token(tenant, &wave.name(at), &wave.address(at));
        let asked = left.len();
        let answers = said.round(&process, &left, event).await?;
        left.retain(|at| answers.get(at).and_then(Answer::code) == Some(Refusal::TryAgain.code()));
        if attempt == 1 {
            said.row("first token", asked, answers.values());
        }
        last.extend(answers);
        if left.is_empty() {
            said.row(&format!("every token, after {attempt} attempts"), people, last.values());
            break;
        }
    }
    let tokens = last.values().filter(|answer| answer.is_reply()).count();
    let full = last.values().filter(|answer| answer.code() == Some(Refusal::SeatsFull.code())).count();
    let members = world.members(tenant).await;
    let members = members.iter().filter(|row| row.status == MembershipStatus::Active).count();
    let used = world.seats(tenant).await.used;
    println!("\n{used} seats are taken, by {members} members; {full} people read that there is no free seat.\n");
    if used == limit && members == seats && tokens == seats && full == people - seats {
        Ok(())
    } else {
        Err(format!(
            "{seats} seats, {used} taken, {members} members, {tokens} tokens, {} without an answer",
            left.len()
        ))
    }
}

impl Wave {
    fn name(self, at: usize) -> String {
        format!("{}{at}", self.tenant)
    }

    fn address(self, at: usize) -> String {
        format!("{}@{}.example", self.name(at), self.tenant)
    }
}

/// What the rows say, each beside what the one before it had counted.
struct Said<'a> {
    proxy: &'a BadDay,
    apart: Duration,
    requests: u64,
    conflicts: u64,
}

impl Said<'_> {
    /// Everybody's event, one after another's beginning, whether that one was answered or not.
    async fn round(
        &self,
        process: &Arc<World>,
        people: &[usize],
        event: impl Fn(usize) -> Event,
    ) -> Result<BTreeMap<usize, Answer>, String> {
        let mut asked = JoinSet::new();
        for (number, at) in (0_u32..).zip(people.iter().copied()) {
            let (process, event, wait) = (Arc::clone(process), event(at), self.apart * number);
            asked.spawn(async move {
                tokio::time::sleep(wait).await;
                (at, process.ask(&event).await)
            });
        }
        let mut answers = BTreeMap::new();
        while let Some(answered) = asked.join_next().await {
            let (at, answer) = answered.map_err(|error| error.to_string())?;
            answers.insert(at, answer);
        }
        Ok(answers)
    }

    fn row<'a>(&mut self, what: &str, people: usize, answers: impl Iterator<Item = &'a Answer>) {
        let requests = self.proxy.calls();
        let conflicts = self.proxy.tally().get("conflict").copied().unwrap_or(0);
        let (more, in_conflict) = (requests - self.requests, conflicts - self.conflicts);
        println!("| {what} | {people} | {} | {more} | {in_conflict} |", counts(answers.map(outcome)));
        (self.requests, self.conflicts) = (requests, conflicts);
    }
}

/// The decision, with the refusal that belongs to it.
fn outcome(answer: &Answer) -> String {
    match answer.code().or(answer.would_code()) {
        Some(code) => format!("{} {code}", answer.decision),
        None => answer.decision.to_owned(),
    }
}

/// What there is, and how often each.
pub(crate) fn counts(of: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for what in of {
        *counts.entry(what).or_default() += 1;
    }
    let said: Vec<String> = counts.iter().map(|(what, times)| format!("{times} {what}")).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_counted_by_its_name() {
        assert_eq!(counts([].into_iter()), "-");
        let of = ["joined", "broken", "joined"].map(str::to_owned);
        assert_eq!(counts(of.into_iter()), "1 broken, 2 joined");
    }

    #[tokio::test]
    async fn a_wave_takes_every_seat_and_not_one_more() {
        let world = World::new().await;
        let wave = Wave { tenant: "surge", people: 12, seats: 4, apart: Duration::ZERO };
        roll(&world, wave, || 0x5eed).await.unwrap();
        world.assert_sound().await;
    }
}
