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
use crate::process::Outside;

const PEOPLE: usize = 200;
const SEATS: u64 = 50;
const TENANT: &str = "wave";
/// How long a transaction holds its items.
const HELD: Duration = Duration::from_millis(5);
/// How often somebody who reads "try again in a moment" does so.
const PATIENCE: usize = 40;

/// Measures and prints; an error if there is another number of members than seats.
pub(crate) async fn measure(world: &World, random: fn() -> u64, outside: Outside) -> Result<(), String> {
    let mut bulk = Bulk::default();
    bulk.tenant(&nouns::tenant(TENANT), 0, Some(SEATS));
    world.engine().load(world.table(), bulk);
    let proxy = BadDay::start(world.engine().endpoint(), Some(HELD)).await?;
    let process = Arc::new(world.at(proxy.url(), random));

    println!("{PEOPLE} people at once, {SEATS} seats; a transaction holds its items for {} ms:\n", HELD.as_millis());
    println!("| | people | what came of it | requests | transactions in conflict | s |\n|---|--:|---|--:|--:|--:|");
    let everybody: Vec<usize> = (0..PEOPLE).collect();
    let mut said = Said { proxy: &proxy, outside, requests: 0, conflicts: 0 };
    let event = |at: usize| Event::sign_up(TENANT, &name(at), &address(at));
    said.round(&process, "sign-up", &everybody, event).await?;
    let event = |at: usize| Event::confirmed(TENANT, &name(at), &address(at));
    said.round(&process, "confirmation", &everybody, event).await?;
    let mut left = everybody;
    let (mut tokens, mut full) = (0, 0);
    for attempt in 1..=PATIENCE {
        let event = |at: usize| Event::token(TENANT, &name(at), &address(at));
        let answers = said.round(&process, &format!("token, attempt {attempt}"), &left, event).await?;
        let refused = |at: &usize| answers.get(at).and_then(|answer| answer.result.as_ref().err().copied());
        tokens += left.iter().filter(|at| refused(at).is_none()).count();
        full += left.iter().filter(|at| refused(at) == Some(Refusal::SeatsFull)).count();
        left.retain(|at| refused(at) == Some(Refusal::TryAgain));
        if left.is_empty() {
            break;
        }
    }
    let members = world.members(TENANT).await;
    let members = members.iter().filter(|row| row.status == MembershipStatus::Active).count();
    let seats = world.seats(TENANT).await.used;
    println!(
        "\n{seats} seats are taken, by {members} members; {tokens} tokens, {full} people read that there is no free seat.\n"
    );
    let expected = usize::try_from(SEATS).unwrap_or(0);
    let right = seats == SEATS && members == expected && tokens == expected && full == PEOPLE - expected;
    if right { Ok(()) } else { Err(format!("{SEATS} seats, and not as many members: {left:?} were left")) }
}

fn name(at: usize) -> String {
    format!("w{at}")
}

fn address(at: usize) -> String {
    format!("{}@{TENANT}.example", name(at))
}

/// What the rounds say, each beside what the one before it had counted.
struct Said<'a> {
    proxy: &'a BadDay,
    outside: Outside,
    requests: u64,
    conflicts: u64,
}

impl Said<'_> {
    /// Everybody's event at once.
    async fn round(
        &mut self,
        process: &Arc<World>,
        what: &str,
        people: &[usize],
        event: impl Fn(usize) -> Event,
    ) -> Result<BTreeMap<usize, Answer>, String> {
        let began = (self.outside.clock)();
        let mut asked = JoinSet::new();
        for at in people.iter().copied() {
            let (process, event) = (Arc::clone(process), event(at));
            asked.spawn(async move { (at, process.ask(&event).await) });
        }
        let mut answers = BTreeMap::new();
        while let Some(answered) = asked.join_next().await {
            let (at, answer) = answered.map_err(|error| format!("{what}: {error}"))?;
            answers.insert(at, answer);
        }
        let took = (self.outside.clock)().saturating_duration_since(began);
        let requests = self.proxy.calls();
        let conflicts = self.proxy.tally().get("conflict").copied().unwrap_or(0);
        println!(
            "| {what} | {} | {} | {} | {} | {:.2} |",
            people.len(),
            counts(answers.values().map(outcome)),
            requests - self.requests,
            conflicts - self.conflicts,
            took.as_secs_f64(),
        );
        (self.requests, self.conflicts) = (requests, conflicts);
        Ok(answers)
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

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wave_takes_every_seat_and_not_one_more() {
        let world = World::new().await;
        let outside = Outside { clock: tokio_clock, now: nouns::now };
        measure(&world, || 0x5eed, outside).await.unwrap();
    }

    fn tokio_clock() -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }
}
