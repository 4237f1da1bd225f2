//! Races: very many callers, each a task of its own on a runtime of several threads, with the real triggers and operations over the real SDK,
//! want the same thing at the same moment. Exactly one gets it, or exactly as many as there are; the others are told so in a sentence of the
//! closed list, and afterwards the table adds up.
//!
//! Most rounds are played in process on a wire where everybody takes turns at every request (`turns`), every eighth over sockets.

mod ending;
mod joining;
mod proving;
mod turns;

use std::pin::Pin;
use std::sync::Arc;

use operations::Operations;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{Dice, Effort, Failed, Tally, caught};
use crate::in_process::client;
use crate::{Answer, Engine, Event, World, sound};
use turns::{Turns, stand_back};

/// The fewest callers of a round, and as many as the tests have.
pub const FEWEST: usize = 64;
/// The most callers of a round.
pub const MOST: usize = 200;
/// How often a schedule is played again when it is replayed: threads make no promise to meet in the same way twice.
const REPLAYS: u64 = 100;

type Round = for<'a> fn(&'a Stage, usize, Dice) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// A race: its name, what is wanted, and one round of it.
const RACES: &[(&str, &str, Round)] = &[
    ("i3", "one invitation", |stage, callers, dice| Box::pin(joining::one_invitation(stage, callers, dice))),
    ("i3-repeated", "one person, delivered over and over", |stage, callers, dice| {
        Box::pin(joining::one_person(stage, callers, dice))
    }),
    ("i4", "a few seats", |stage, callers, dice| Box::pin(joining::few_seats(stage, callers, dice))),
    ("d13", "one domain", |stage, callers, dice| Box::pin(proving::one_domain(stage, callers, dice))),
    ("c12", "five guesses", |stage, callers, dice| Box::pin(proving::five_guesses(stage, callers, dice))),
    ("c12-right", "one session for a right code", |stage, callers, dice| {
        Box::pin(proving::one_session(stage, callers, dice))
    }),
    ("m1", "a way back in during a removal", |stage, callers, dice| Box::pin(ending::removal(stage, callers, dice))),
    ("m19", "an inviter's power while it ends", |stage, callers, dice| {
        Box::pin(ending::inviter_ends(stage, callers, dice))
    }),
    ("last-owner", "the last owner's end", |stage, callers, dice| Box::pin(ending::last_owner(stage, callers, dice))),
];

/// The names of all races.
pub fn names() -> impl Iterator<Item = &'static str> {
    RACES.iter().map(|(name, _, _)| *name)
}

/// Runs all races in turn: a few rounds each in the slice of the tests, else for as long as there is time.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    if let Some(line) = &effort.only {
        return replay(line);
    }
    let mut tally = Tally::new();
    let mut dice = Dice::new(effort.seed);
    let runtime = threads();
    let rounds = if effort.is_slice() { 8 } else { u64::MAX };
    for round in 0..rounds {
        for (name, _, _) in RACES {
            if effort.is_over() {
                return Ok(tally);
            }
            let seed = dice.next();
            let callers = if effort.is_slice() { FEWEST } else { FEWEST + dice.below(MOST - FEWEST + 1) };
            let schedule = Schedule { race: name, callers, http: round % 8 == 7, seed };
            tally.merge(&schedule.play(&runtime)?);
        }
    }
    Ok(tally)
}

/// So many rounds of one race, the last of them over sockets.
pub fn rounds(race: &str, callers: usize, rounds: u64, seed: u64) -> Result<Tally, Failed> {
    let (mut tally, mut dice) = (Tally::new(), Dice::new(seed));
    let runtime = threads();
    for round in 1..=rounds {
        let schedule = Schedule { race, callers, http: round == rounds, seed: dice.next() };
        tally.merge(&schedule.play(&runtime)?);
    }
    Ok(tally)
}

fn threads() -> Runtime {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("a runtime")
}

/// One round of one race.
#[derive(Debug, Clone, Copy)]
struct Schedule<'a> {
    race: &'a str,
    callers: usize,
    http: bool,
    seed: u64,
}

impl<'a> Schedule<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let (race, callers) = (words.next()?, words.next()?.parse().ok()?);
        let http = words.next()? == "http";
        Some(Self { race, callers, http, seed: words.next()?.parse().ok()? })
    }

    fn line(&self) -> String {
        format!("{} {} {} {}", self.race, self.callers, if self.http { "http" } else { "process" }, self.seed)
    }

    fn play(&self, runtime: &Runtime) -> Result<Tally, Failed> {
        let found = RACES.iter().find(|(name, _, _)| *name == self.race);
        let (_, wanted, round) = found.ok_or_else(|| Failed::new("there is no such race", self.line()))?;
        let played = runtime.block_on(caught(async {
            let stage = Stage::new(self).await;
            round(&stage, self.callers, Dice::new(self.seed)).await?;
            sound::unsound(&stage.world.dump().await)
        }));
        played.flatten().map_err(|what| Failed::new(format!("{} ({wanted}): {what}", self.race), self.line()))?;
        let mut tally = Tally::new();
        tally.one(&format!("rounds of {}: {wanted}", self.race));
        tally.add("callers", self.callers as u64);
        tally.add("rounds over sockets", u64::from(self.http));
        Ok(tally)
    }
}

fn replay(line: &str) -> Result<Tally, Failed> {
    let schedule =
        Schedule::parse(line).ok_or_else(|| Failed::new("a line is RACE CALLERS process|http SEED", line))?;
    let runtime = threads();
    let mut tally = Tally::new();
    for _ in 0..REPLAYS {
        tally.merge(&schedule.play(&runtime)?);
    }
    Ok(tally)
}

/// A table of its own for a round.
struct Stage {
    /// As whoever prepares and looks at it reaches it.
    world: World,
    /// As the callers reach it.
    callers: World,
}

impl Stage {
    async fn new(schedule: &Schedule<'_>) -> Self {
        if schedule.http {
            let world = World::new().await;
            return Self { callers: world.restarted(), world };
        }
        let engine = Engine::in_process().await;
        let world = World::on(&engine, domain::claims::NameMap::default(), crate::world::counted).await;
        let wire = client(Turns::new(engine.database().clone(), schedule.seed));
        let table = engine.connect(world.table().name()).over(wire);
        Self { callers: World::of_table(&engine, table), world }
    }

    /// A caller's functions, which just started.
    fn caller(&self) -> World {
        self.callers.forgetful()
    }

    /// What a caller can do as an operator.
    fn operations(&self) -> Operations {
        self.callers.operations()
    }

    /// Sends all events at the same moment, and whatever broke once more, alone: Cognito's caller is told to try again, and does. In the
    /// order of the events.
    async fn race(&self, events: &[Event]) -> Vec<Answer> {
        let asked = events.iter().cloned().map(|event| {
            let world = self.caller();
            async move { world.ask(&event).await }
        });
        let answers = together(asked.collect()).await;
        let mut settled = Vec::new();
        for (event, answer) in events.iter().zip(answers) {
            settled.push(self.settle(event, answer).await);
        }
        settled
    }

    async fn settle(&self, event: &Event, answer: Answer) -> Answer {
        let broken = answer.decision == "broken" || answer.decision.is_empty();
        if broken { self.world.ask(event).await } else { answer }
    }
}

/// Does all of it at the same moment, each in a task of its own. What came of it, in the same order.
async fn together<T: Send + 'static>(all: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let start = Arc::new(Barrier::new(all.len()));
    let mut tasks = JoinSet::new();
    for (at, task) in all.into_iter().enumerate() {
        let start = start.clone();
        tasks.spawn(async move {
            start.wait().await;
            (at, task.await)
        });
    }
    let mut done = tasks.join_all().await;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, what)| what).collect()
}

/// Ends a round that broke a promise.
macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}
use ensure;
