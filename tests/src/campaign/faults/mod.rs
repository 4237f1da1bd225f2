//! Faults at the store: whatever happens to whichever request of whatever is done, nobody gets in who must not, everybody hears a calm
//! sentence in time, and doing it once more on a good day leaves the table that good days leave.

mod course;
mod deeds;
mod events;
mod judge;
mod kinds;
mod pools;
mod scenario;
mod schedule;
mod stage;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub use judge::Peace;
pub use kinds::Depth;
pub use scenario::{By, Said, Scenario, all};
pub use schedule::{Deliveries, Schedule};
pub use stage::{Left, Over, Ran, Stage};

use self::course::{Course, Stretch};
use super::{Dice, Effort, Failed, Tally};

/// Before the name of a part of it, in a line, and of one scenario's way through it: `every pairs of sign-up`.
const EVERY: &str = "every ";
const OF: &str = " of ";

/// Before the share of a scenario, where it is worked on in shares: `every pairs of sign-up/3`.
const SHARE: char = '/';

/// Enumerates: every fault at every request of every scenario, and pairs of them. Fails with the first schedule that breaks a promise.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let Some(line) = &effort.only else { return enumerate(&Stretch::ALL, &all(), None, effort) };
    let Some(part) = line.strip_prefix(EVERY) else { return replay(line) };
    let (part, scenario) = part.split_once(OF).map_or((part, None), |(part, scenario)| (part, Some(scenario)));
    let (scenario, share) = match scenario.and_then(|scenario| scenario.split_once(SHARE)) {
        Some((scenario, share)) => (Some(scenario), Some(share)),
        None => (scenario, None),
    };
    let unknown = |what: &str, known: Vec<&str>| Failed::new(format!("{what}; there are: {}", known.join(", ")), line);
    let Some(stretch) = Stretch::ALL.into_iter().find(|stretch| stretch.name() == part) else {
        return Err(unknown("there is no such part", Stretch::ALL.map(Stretch::name).to_vec()));
    };
    let scenarios: Vec<_> = all().into_iter().filter(|known| scenario.is_none_or(|name| known.name == name)).collect();
    if scenarios.is_empty() {
        return Err(unknown("there is no such scenario", all().iter().map(|known| known.name).collect()));
    }
    let shares = stretch.shares(effort);
    let share = match share {
        None => None,
        Some(share) => Some(
            share
                .parse()
                .ok()
                .filter(|nth| *nth < shares)
                .ok_or_else(|| Failed::new(format!("there is no such share; there are {shares}, from 0"), line))?,
        ),
    };
    enumerate(&[stretch], &scenarios, share, effort)
}

/// What one thread does at a time: a scenario, or a share of it.
#[derive(Clone, Copy)]
struct Work {
    scenario: Scenario,
    nth: usize,
    shares: usize,
}

impl Work {
    /// As [`run`] takes it.
    fn line(&self, stretch: Stretch) -> String {
        let whole = format!("{EVERY}{}{OF}{}", stretch.name(), self.scenario.name);
        if self.shares == 1 { whole } else { format!("{whole}{SHARE}{}", self.nth) }
    }
}

fn enumerate(
    stretches: &[Stretch],
    scenarios: &[Scenario],
    only: Option<usize>,
    effort: &Effort,
) -> Result<Tally, Failed> {
    let tally = Mutex::new(Tally::new());
    let failed = Mutex::new(None);
    for &stretch in stretches {
        let shares = stretch.shares(effort);
        let of = |scenario: &Scenario| {
            let scenario = *scenario;
            (0..shares).filter(|nth| only.is_none_or(|only| only == *nth)).map(move |nth| Work {
                scenario,
                nth,
                shares,
            })
        };
        let mut works: Vec<Work> = scenarios.iter().flat_map(of).collect();
        // A run that the clock cuts short begins elsewhere with another seed.
        let first = Dice::new(effort.seed).below(works.len());
        works.rotate_left(first);
        let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
                scope.spawn(|| {
                    while let Some(work) = works.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if over.load(Ordering::Relaxed) || effort.is_over() {
                            return;
                        }
                        match Course::new(*work, stretch, effort).run() {
                            Ok(counts) => {
                                if !effort.is_slice() && !effort.is_over() {
                                    effort.tell(&work.line(stretch), &counts);
                                }
                                tally.lock().expect("a lock").merge(&counts);
                            }
                            Err(what) => {
                                over.store(true, Ordering::Relaxed);
                                failed.lock().expect("a lock").get_or_insert(what);
                            }
                        }
                    }
                });
            }
        });
        if let Some(failed) = failed.lock().expect("a lock").take() {
            return Err(failed);
        }
        if !effort.is_slice() {
            let end = if effort.is_over() { "cut short by the clock" } else { "enumerated to the end" };
            tally.lock().expect("a lock").one(&format!("{}: {end}", stretch.name()));
        }
    }
    Ok(tally.into_inner().expect("a lock"))
}

/// One schedule, as a failure printed it: `http` before it, if it was played over a socket.
fn replay(line: &str) -> Result<Tally, Failed> {
    let (over, line) = match line.strip_prefix(course::HTTP) {
        Some(rest) => (Over::Http, rest),
        None => (Over::Process, line),
    };
    let schedule = Schedule::parse(line).map_err(|what| Failed::new(what, line))?;
    course::replay(&schedule, over)
}
