//! Campaigns: attempts to break a promise, each by one method, for as long as somebody lets it. Deterministic from a seed; whatever breaks
//! comes with a line that replays it. The tests run a slice of each, `cargo xtask soak` all of it.

#![allow(
    clippy::disallowed_methods,
    reason = "how long somebody lets it run is of their clock, not of the product's time"
)]

pub mod addresses;
pub mod faults;
pub mod fuzz;
pub mod isolation;
pub mod leaks;
pub mod model;
pub mod mutations;
pub mod oracles;
pub mod races;

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

pub use reference::Dice;

/// How far a campaign goes.
#[derive(Debug, Clone, Default)]
pub struct Effort {
    /// Where everything random comes from.
    pub seed: u64,
    /// When to stop. Without it a campaign does a fixed amount of work, the slice of the tests, whatever the clock says.
    pub until: Option<Instant>,
    /// One schedule alone: the line that a failure printed.
    pub only: Option<String>,
    /// How many things were done; whoever waits may look at it.
    pub steps: Arc<AtomicU64>,
    /// What came to its end since somebody looked.
    pub ended: Arc<Mutex<Vec<String>>>,
}

impl Effort {
    /// The fixed amount of work of the tests.
    pub fn slice(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// As much as can be done in this time.
    pub fn lasting(seed: u64, time: Duration) -> Self {
        Self { until: Some(Instant::now() + time), ..Self::slice(seed) }
    }

    /// One schedule, by its line.
    pub fn replaying(line: &str) -> Self {
        Self { only: Some(line.to_owned()), ..Self::default() }
    }

    /// Whether this is the slice of the tests: bounded by counts, not by a clock.
    pub fn is_slice(&self) -> bool {
        self.until.is_none()
    }

    /// Whether the time is over. A slice is never over. It is asked at each thing that is done, which counts it.
    pub fn is_over(&self) -> bool {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Tells whoever waits that something came to its end: what is cut short can go on from there.
    fn tell(&self, what: &str, tally: &Tally) {
        let counts: Vec<_> = tally.0.iter().map(|(what, count)| format!("{count} {what}")).collect();
        self.ended.lock().expect("a lock").push(format!("{what}: {}", counts.join(", ")));
    }

    /// What was told since somebody asked.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.ended.lock().expect("a lock"))
    }
}

/// What was done: counts, in the order in which they were first named. One line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(Vec<(String, u64)>);

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts so many more of this.
    pub fn add(&mut self, what: &str, more: u64) {
        match self.0.iter_mut().find(|(known, _)| known == what) {
            Some((_, count)) => *count += more,
            None => self.0.push((what.to_owned(), more)),
        }
    }

    /// Counts one more of this.
    pub fn one(&mut self, what: &str) {
        self.add(what, 1);
    }

    /// How many of this there were.
    pub fn count(&self, what: &str) -> u64 {
        self.0.iter().find(|(known, _)| known == what).map_or(0, |(_, count)| *count)
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (what, count)) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(out, "{end}{count:>12} {what}")?;
        }
        Ok(())
    }
}

/// Does it, or tells how it panicked: that needs a line that replays it, as whatever else breaks.
pub async fn caught<T>(doing: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(doing).catch_unwind().await.map_err(|panic| words(panic.as_ref()))
}

/// What a panic says.
pub fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without a word"))
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What broke, in words.
    pub what: String,
    /// `soak CAMPAIGN --replay 'LINE'` does it again.
    pub line: String,
}

impl Failed {
    /// What broke, and the line that replays it.
    pub fn new(what: impl Into<String>, line: impl Into<String>) -> Self {
        Self { what: what.into(), line: line.into() }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\nreplay: {}", self.what, self.line)
    }
}

impl std::error::Error for Failed {}
