//! A reference model: the rules once more, as naively as possible, and random decisions and sequences of operations against it.
//!
//! The sequences are plain vectors of acts: every act can be done at any time, so any part of a sequence is one, and proptest's own
//! shrinking applies. `proptest-state-machine` would ask for a synchronous product and hand over one transition at a time.

#![allow(
    clippy::option_option,
    clippy::similar_names,
    clippy::explicit_auto_deref,
    clippy::unnecessary_wraps,
    clippy::match_same_arms,
    clippy::single_match_else,
    reason = "a token that nobody made, short names, a `pick` that takes a slice for a string, a callback's type; a rule reads best as one row each"
)]

pub mod acts;
pub mod story;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

pub use reference::model::{claims, codes, facts, nouns, operators, rules};

use self::acts::{Act, Start};
use self::story::Done;
use super::{Effort, Failed, Tally, caught};
use crate::Engine;

/// What is played.
type Script = (Vec<Start>, Vec<Act>);

/// The longest sequence of everything.
const MOST_ACTS: usize = 32;

fn scripts() -> impl Strategy<Value = Script> {
    (acts::starts(), acts::acts(MOST_ACTS))
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// An engine and the runtime that it is asked in.
struct Stage {
    runtime: Runtime,
    engine: Engine,
}

impl Stage {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = runtime.block_on(Engine::in_process());
        Self { runtime, engine }
    }

    fn play(&self, (starts, acts): &Script) -> Result<Done, String> {
        self.runtime.block_on(caught(story::play(&self.engine, starts, acts))).flatten()
    }

    /// Plays the sequence of a seed; one that fails is made as short as it can be.
    fn sequence(&self, tally: &mut Tally, seed: u64) -> Result<(), Failed> {
        let mut tree = scripts().new_tree(&mut runner(seed)).expect("a script");
        let script = tree.current();
        let mut what = match self.play(&script) {
            Ok(done) => {
                tally.one("sequences");
                tally.add("steps of sequences", script.1.len() as u64);
                tally.add("decisions of triggers", done.decisions);
                tally.add("operations", done.operations);
                tally.add("memberships compared in the end", done.memberships);
                for (code, times) in done.said {
                    tally.add(&format!("answers {code}"), times);
                }
                return Ok(());
            }
            Err(what) => what,
        };
        let mut shortest = script;
        let mut more = tree.simplify();
        while more {
            let script = tree.current();
            match self.play(&script) {
                Err(words) => {
                    (what, shortest) = (words, script);
                    more = tree.simplify();
                }
                Ok(_) => more = tree.complicate(),
            }
        }
        let acts: Vec<String> = shortest.1.iter().map(|act| format!("{act:?}")).collect();
        Err(Failed::new(format!("{what}\nafter {:?}\n  {}", shortest.0, acts.join("\n  ")), format!("sequence {seed}")))
    }
}

/// How many sequences the tests play.
const SLICE: u64 = 2_500;

/// How many facts are drawn beside each sequence.
const DRAWS: u64 = 25;

/// How many sequences an engine plays. It looks through every transaction of the last ten minutes at each new one.
const PER_STAGE: usize = 200;

/// Plays sequences and draws facts until the effort is spent, on every processor. What is done depends on the seed alone.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    let Some(line) = &effort.only else { return everywhere(effort) };
    let seed = |word| line.strip_prefix(word).and_then(|seed| seed.trim().parse().ok());
    if let Some(seed) = seed("facts ") {
        draw(&mut tally, seed)?;
    } else if let Some(seed) = seed("sequence ") {
        Stage::new().sequence(&mut tally, seed)?;
    } else {
        return Err(Failed::new("a line of this campaign is `sequence SEED` or `facts SEED`", line));
    }
    Ok(tally)
}

fn everywhere(effort: &Effort) -> Result<Tally, Failed> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, broken) = (AtomicU64::new(0), AtomicBool::new(false));
    let work = || -> Result<Tally, Failed> {
        let (mut stage, mut played, mut tally) = (Stage::new(), 0, Tally::new());
        while !effort.is_over() && !broken.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if effort.is_slice() && place >= SLICE {
                break;
            }
            if played == PER_STAGE {
                (stage, played) = (Stage::new(), 0);
            }
            played += 1;
            let seed = effort.seed.wrapping_shl(40).wrapping_add(place);
            let done = stage.sequence(&mut tally, seed).and_then(|()| {
                (0..DRAWS).try_for_each(|draws| draw(&mut tally, seed.wrapping_mul(DRAWS).wrapping_add(draws)))
            });
            if let Err(failed) = done {
                broken.store(true, Ordering::Relaxed);
                return Err(failed);
            }
        }
        Ok(tally)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Tally::new();
        let mut first = Ok(());
        for worker in workers {
            match worker.join().expect("a worker that reports") {
                Ok(tally) => all.merge(&tally),
                Err(failed) => first = first.and(Err(failed)),
            }
        }
        first.map(|()| all)
    })
}

fn draw(tally: &mut Tally, seed: u64) -> Result<(), Failed> {
    let decisions = facts::draw(seed).map_err(|what| Failed::new(what, format!("facts {seed}")))?;
    tally.add("decisions of pure functions", decisions);
    Ok(())
}
