//! A reference model: the rules once more, as naively as possible, and random decisions and sequences of operations against it.
//!
//! The sequences are plain vectors of acts: every act can be done at any time, so any part of a sequence is one, and proptest's own
//! shrinking applies. `proptest-state-machine` would ask for a synchronous product and hand over one transition at a time.

pub mod acts;
pub mod codes;
pub mod nouns;
pub mod operators;
pub mod rules;
pub mod story;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

use self::acts::{Act, Start};
use self::story::Done;
use super::{Effort, Failed, Tally};
use crate::Engine;

/// What is played.
type Script = (Vec<Start>, Vec<Act>);

/// The longest sequence.
const MOST_ACTS: usize = 24;

fn scripts() -> impl Strategy<Value = Script> {
    (acts::starts(), proptest::collection::vec(acts::act(), 0..MOST_ACTS))
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// An engine and the runtime that it is asked in.
#[derive(Debug)]
pub struct Stage {
    runtime: Runtime,
    engine: Engine,
}

impl Stage {
    /// Sets it up.
    #[allow(clippy::new_without_default, reason = "it is some work")]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = runtime.block_on(Engine::in_process());
        Self { runtime, engine }
    }

    fn play(&self, (starts, acts): &Script) -> Result<Done, String> {
        let played = catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(story::play(&self.engine, starts, acts))));
        played.unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().cloned();
            Err(words.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default())
        })
    }

    /// One sequence, counted.
    pub fn one(&self, seed: u64) -> Result<Tally, Failed> {
        let mut tally = Tally::new();
        count(&mut tally, self.sequence(seed)?);
        Ok(tally)
    }

    /// Plays the sequence of a seed; one that fails is made as short as it can be.
    fn sequence(&self, seed: u64) -> Result<(Done, usize), Failed> {
        let mut tree = scripts().new_tree(&mut runner(seed)).expect("a script");
        let script = tree.current();
        let mut what = match self.play(&script) {
            Ok(done) => return Ok((done, script.1.len())),
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
        let acts: String = shortest.1.iter().map(|act| format!("\n  {act:?}")).collect();
        Err(Failed::new(format!("{what}\nafter {:?}{acts}", shortest.0), format!("sequence {seed}")))
    }
}

/// How many sequences the tests play.
const SLICE: u64 = 400;

/// Plays sequences until the effort is spent.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    if let Some(line) = &effort.only {
        let seed = line.strip_prefix("sequence ").and_then(|seed| seed.parse().ok());
        let seed = seed.ok_or_else(|| Failed::new("a line of this campaign is `sequence SEED`", line))?;
        count(&mut tally, Stage::new().sequence(seed)?);
        return Ok(tally);
    }
    let stage = Stage::new();
    for next in 0.. {
        if effort.is_over() || (effort.is_slice() && next >= SLICE) {
            break;
        }
        count(&mut tally, stage.sequence(effort.seed.wrapping_mul(1 << 32).wrapping_add(next))?);
    }
    Ok(tally)
}

fn count(tally: &mut Tally, (done, acts): (Done, usize)) {
    tally.one("sequences");
    tally.add("acts", acts as u64);
    tally.add("decisions of triggers", done.decisions);
    tally.add("operations", done.operations);
    tally.add("memberships in the end", done.memberships);
}
