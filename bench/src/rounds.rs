//! Timed: cold starts and warm invocations, the subjects in turn, so that whatever else the machine does is everybody's.

use std::path::Path;
use std::time::{Duration, Instant};

use hyper::body::Bytes;

use crate::endpoint::count::Counted;
use crate::endpoint::tls::Authority;
use crate::endpoint::{Answers, Endpoint, Settings};
use crate::process::{Answered, Function, Outside};
use crate::rehearsal::{Rehearsed, because, check, launch};
use crate::samples::Samples;
use crate::share::Shares;

/// How much is measured, and under what.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Processes of each subject.
    pub(crate) cold: usize,
    /// Invocations of one process of each.
    pub(crate) warm: usize,
    /// What an AWS call takes.
    pub(crate) delay: Duration,
    pub(crate) shares: Option<Shares>,
    pub(crate) authority: Option<Authority>,
}

/// Invocations between a process's first and those that count.
const WARMING: usize = 20;

/// The figures of one subject. Times are in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) init: Samples,
    pub(crate) init_cpu: Samples,
    pub(crate) first: Samples,
    /// Both, of the same process.
    pub(crate) init_and_first: Samples,
    pub(crate) warm: Samples,
    pub(crate) warm_cpu: Samples,
    pub(crate) peak_kb: Option<u64>,
    /// The longest line of its log.
    pub(crate) line_bytes: Option<usize>,
    /// Invocations that asked for something else than at the rehearsal: a call was repeated.
    pub(crate) strays: usize,
}

struct Place<'a> {
    rehearsed: &'a Rehearsed,
    endpoint: Endpoint,
    measured: Measured,
}

/// Measures; `root` is the file of the authority's root.
pub(crate) async fn rounds(
    subjects: &[Rehearsed],
    plan: &Plan,
    root: Option<&Path>,
    outside: Outside,
) -> Result<Vec<Measured>, String> {
    let mut places = Vec::new();
    for rehearsed in subjects {
        let endpoint = Endpoint::start(Settings {
            answers: Answers::Canned(rehearsed.canned.clone()),
            delay: plan.delay,
            authority: plan.authority.clone(),
            clock: outside.clock,
        })?;
        places.push(Place { rehearsed, endpoint, measured: Measured::default() });
    }
    let mut said = Said::new(outside);
    for round in 0..plan.cold {
        said.at("cold starts", round, plan.cold);
        for at in turn(round, places.len()) {
            if let Some(place) = places.get_mut(at) {
                place.start(plan, root, outside).await?;
            }
        }
    }
    let mut running = Vec::new();
    for place in &mut places {
        let mut function = place.start(plan, root, outside).await?;
        for round in 0..WARMING {
            place.invoke(&mut function, place.event(round)?).await?;
        }
        running.push(function);
    }
    for round in 0..plan.warm {
        said.at("warm invocations", round, plan.warm);
        for at in turn(round, places.len()) {
            if let (Some(place), Some(function)) = (places.get_mut(at), running.get_mut(at)) {
                place.warm(function, round).await?;
            }
        }
    }
    for (place, function) in places.iter_mut().zip(&running) {
        place.measured.peak_kb = function.peak_kb();
        place.measured.line_bytes = function.lines().iter().map(String::len).max();
    }
    Ok(places.into_iter().map(|place| place.measured).collect())
}

/// Whoever comes after a large process may find a colder cache: in every round somebody else begins.
fn turn(round: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..of).map(move |at| (at + round) % of)
}

impl Place<'_> {
    /// A process, from its start to its first answer.
    async fn start(&mut self, plan: &Plan, root: Option<&Path>, outside: Outside) -> Result<Function, String> {
        let Rehearsed { subject, table, .. } = self.rehearsed;
        let first = subject.events.first().ok_or_else(|| format!("{} has no events", subject.name))?;
        let launch = launch(subject, &self.endpoint.url(), table, root);
        let (mut function, init) = Function::start(&launch, plan.shares.as_ref(), outside).await?;
        let answered = self.invoke(&mut function, first).await?;
        let counted = Counted::of(&self.endpoint.take());
        self.measured.strays += usize::from(counted.operations != self.rehearsed.first.operations);
        let measured = &mut self.measured;
        measured.init.push(ms(init.took));
        measured.first.push(ms(answered.took));
        measured.init_and_first.push(ms(init.took + answered.took));
        if let Some(cpu) = init.cpu {
            measured.init_cpu.push(ms(cpu));
        }
        Ok(function)
    }

    async fn warm(&mut self, function: &mut Function, round: usize) -> Result<(), String> {
        let event = self.event(round)?;
        let answered = self.invoke(function, event).await?;
        let counted = Counted::of(&self.endpoint.take());
        self.measured.strays += usize::from(counted.operations != self.rehearsed.warm.operations);
        self.measured.warm.push(ms(answered.took));
        if let Some(cpu) = answered.cpu {
            self.measured.warm_cpu.push(ms(cpu));
        }
        Ok(())
    }

    /// The event of a warm invocation: the first one is a new process's.
    fn event(&self, round: usize) -> Result<&Bytes, String> {
        let Rehearsed { subject, .. } = self.rehearsed;
        let others = subject.events.get(1..).filter(|others| !others.is_empty()).unwrap_or(&subject.events);
        let event = round.checked_rem(others.len()).and_then(|at| others.get(at));
        event.ok_or_else(|| format!("{} has no events", subject.name))
    }

    async fn invoke(&self, function: &mut Function, event: &Bytes) -> Result<Answered, String> {
        self.endpoint.take();
        let answered = function.invoke(event).await.map_err(|error| because(&self.endpoint, &error))?;
        check(&self.rehearsed.subject, &answered.answer)?;
        Ok(answered)
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// A word now and then, for whoever waits.
struct Said {
    outside: Outside,
    last: Instant,
}

impl Said {
    const PAUSE: Duration = Duration::from_secs(10);

    fn new(outside: Outside) -> Self {
        Self { outside, last: (outside.clock)() }
    }

    fn at(&mut self, what: &str, round: usize, of: usize) {
        let now = (self.outside.clock)();
        if now.saturating_duration_since(self.last) >= Self::PAUSE {
            self.last = now;
            eprintln!("   {what}: {round} of {of}");
        }
    }
}
