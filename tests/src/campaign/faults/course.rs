//! The course of the campaign: which schedules of a scenario are played, in process with time paused, or over a real socket.

use std::cell::RefCell;
use std::fmt::Write as _;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::kinds::{self, Depth};
use super::schedule::Place;
use super::{Deliveries, Over, Peace, Ran, Scenario, Schedule, Stage, Work};
use crate::Engine;
use crate::campaign::{Dice, Effort, Failed, Tally, caught};
use crate::proxy::fault::Fault;

/// Before the line of a schedule that was played over a socket.
pub(super) const HTTP: &str = "http ";

/// A part of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Every single fault at every request, in process, however often it is delivered.
    Singles,
    /// Every delay at every request.
    Delays,
    /// Every single fault over a socket.
    SinglesOverHttp,
    /// Two faults, in one delivery or in two at the same time.
    Pairs,
    /// Two faults, in a delivery and in those that come after it.
    PairsRepeated,
    /// Two faults over a socket, where more than one request writes.
    PairsOverHttp,
}

impl Stretch {
    /// In the order in which they are played.
    pub(super) const ALL: [Self; 6] =
        [Self::Singles, Self::Delays, Self::SinglesOverHttp, Self::Pairs, Self::PairsRepeated, Self::PairsOverHttp];

    /// What it is called in a line and in a report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Singles => "singles",
            Self::Delays => "delays",
            Self::SinglesOverHttp => "singles-over-http",
            Self::Pairs => "pairs",
            Self::PairsRepeated => "pairs-repeated",
            Self::PairsOverHttp => "pairs-over-http",
        }
    }

    /// In how many shares a scenario's way is gone: one may have as many pairs as fifty others, and every processor is to work on them.
    pub(super) fn shares(self, effort: &Effort) -> usize {
        let long = matches!(self, Self::Pairs | Self::PairsRepeated | Self::PairsOverHttp);
        if long && !effort.is_slice() { 8 } else { 1 }
    }
}

/// A scenario's way through a stretch.
pub(super) struct Course<'a> {
    scenario: Scenario,
    /// Which of so many shares of it.
    share: (usize, usize),
    stretch: Stretch,
    effort: &'a Effort,
}

/// Where a scenario is played in process: always anew, for the engine looks through every transaction of the last ten minutes at each.
struct Ground {
    scenario: Scenario,
    stage: Stage,
    plays: usize,
}

impl Ground {
    /// How many schedules a stage has.
    const PLAYS: usize = 250;

    async fn set(scenario: Scenario) -> Self {
        let stage = Stage::set(&Engine::in_process().await, &scenario, Over::Process).await;
        Self { scenario, stage, plays: 0 }
    }

    /// For one more schedule.
    async fn stage(&mut self) -> &Stage {
        if self.plays == Self::PLAYS {
            *self = Self::set(self.scenario).await;
        }
        self.plays += 1;
        &self.stage
    }
}

/// How many schedules are played side by side over sockets: most of them wait.
const ABREAST: usize = 48;
/// What the tests play of a scenario, beside each kind of fault at each request: so many single faults however often it is delivered,
/// pairs, and both over a socket.
const REPEATED: usize = 4;
const PAIRS: usize = 8;
const OVER_HTTP: usize = 8;
const PAIRS_OVER_HTTP: usize = 3;

impl<'a> Course<'a> {
    pub(super) const fn new(work: Work, stretch: Stretch, effort: &'a Effort) -> Self {
        Self { scenario: work.scenario, share: (work.nth, work.shares), stretch, effort }
    }

    pub(super) fn run(&self) -> Result<Tally, Failed> {
        match self.stretch {
            Stretch::SinglesOverHttp | Stretch::PairsOverHttp => awake().block_on(self.over_http()),
            _ => paused().block_on(self.in_process()),
        }
    }

    async fn in_process(&self) -> Result<Tally, Failed> {
        let mut ground = Ground::set(self.scenario).await;
        let peace = peace(&ground.stage, &self.scenario).await?;
        let mut tally = Tally::new();
        match self.stretch {
            Stretch::Delays => {
                let step = if self.effort.is_slice() { 2_500 } else { 50 };
                for place in self.places(&ground.stage, Deliveries::Once).await {
                    for fault in kinds::delays(step) {
                        self.play(ground.stage().await, &peace, Deliveries::Once, &[(place, fault)]).await?;
                        tally.one("delays at a request, in virtual time");
                        if self.effort.is_over() {
                            return Ok(tally);
                        }
                    }
                }
            }
            Stretch::Pairs => {
                self.pairs(&mut ground, &peace, &[Deliveries::Once, Deliveries::Together], &mut tally).await?;
            }
            Stretch::PairsRepeated => {
                let repeated = [Deliveries::Twice, Deliveries::Anew, Deliveries::Around, Deliveries::Before];
                self.pairs(&mut ground, &peace, &repeated, &mut tally).await?;
            }
            _ => {
                for deliveries in Deliveries::ALL {
                    let depth = if self.effort.is_slice() { Depth::Kinds } else { Depth::All };
                    let mut singles = self.singles(&ground.stage, deliveries, depth).await;
                    if self.effort.is_slice() && deliveries != Deliveries::Once {
                        singles = some(singles, REPEATED, self.effort.seed);
                    }
                    for fault in singles {
                        self.play(ground.stage().await, &peace, deliveries, &[fault]).await?;
                        tally.one("single faults, in process");
                        if self.effort.is_over() {
                            return Ok(tally);
                        }
                    }
                }
                tally.one("scenarios");
            }
        }
        Ok(tally)
    }

    /// Every place of the first process that is asked in peace.
    async fn places(&self, stage: &Stage, deliveries: Deliveries) -> Vec<Place> {
        let ran = stage.play(&Schedule::peaceful(self.scenario, deliveries)).await;
        (0..ran.passed[0].len()).map(|nth| (0, nth)).collect()
    }

    async fn singles(&self, stage: &Stage, deliveries: Deliveries, depth: Depth) -> Vec<(Place, Fault)> {
        let ran = stage.play(&Schedule::peaceful(self.scenario, deliveries)).await;
        let of = |(nth, passed)| kinds::of(passed, depth).into_iter().map(move |fault| ((0, nth), fault));
        ran.passed[0].iter().enumerate().flat_map(of).collect()
    }

    /// Every fault, and with it every fault at every later request that then comes; in the tests some of them, as the seed says.
    async fn pairs(
        &self,
        ground: &mut Ground,
        peace: &Peace,
        all: &[Deliveries],
        tally: &mut Tally,
    ) -> Result<(), Failed> {
        let counted = if self.stretch == Stretch::Pairs {
            "pairs of faults, in process"
        } else {
            "pairs of faults in repeated deliveries"
        };
        let mut dice = Dice::new(self.effort.seed);
        for &deliveries in all {
            let singles = self.singles(&ground.stage, deliveries, Depth::Few).await;
            if self.effort.is_slice() {
                for _ in 0..PAIRS / all.len() {
                    let first = dice.pick(&singles).clone();
                    let seconds = self.seconds(&ground.stage, deliveries, &first).await;
                    if !seconds.is_empty() {
                        let second = dice.pick(&seconds).clone();
                        self.play(ground.stage().await, peace, deliveries, &[first, second]).await?;
                        tally.one(counted);
                    }
                }
                continue;
            }
            let (nth, shares) = self.share;
            for first in singles.into_iter().skip(nth).step_by(shares) {
                for second in self.seconds(&ground.stage, deliveries, &first).await {
                    self.play(ground.stage().await, peace, deliveries, &[first.clone(), second]).await?;
                    tally.one(counted);
                    if self.effort.is_over() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// What can happen besides, once this happened.
    async fn seconds(&self, stage: &Stage, deliveries: Deliveries, first: &(Place, Fault)) -> Vec<(Place, Fault)> {
        let ran = stage.play(&Schedule::with(self.scenario, deliveries, std::slice::from_ref(first))).await;
        let later = |process: usize, nth: usize| process > 0 || nth > first.0.1;
        let mut seconds = Vec::new();
        for (process, passed) in ran.passed.iter().enumerate() {
            for (nth, passed) in passed.iter().enumerate().filter(|(nth, _)| later(process, *nth)) {
                seconds.extend(kinds::of(passed, Depth::Few).into_iter().map(|fault| ((process, nth), fault)));
            }
        }
        seconds
    }

    /// Over real sockets, in real time: many tables side by side, since most of the time is spent waiting.
    async fn over_http(&self) -> Result<Tally, Failed> {
        let engine = Engine::start().await;
        let pairs = self.stretch == Stretch::PairsOverHttp;
        let first = Stage::set(&engine, &self.scenario, Over::Http).await;
        let peace = peace(&first, &self.scenario).await?;
        let depth = if self.effort.is_slice() { Depth::Kinds } else { Depth::All };
        let mut faults: Vec<Vec<(Place, Fault)>> = Vec::new();
        let bearable = |fault: &Fault| {
            // Ten seconds are waited for in virtual time.
            !matches!(fault, Fault::Late(ms) | Fault::Slow(ms) if *ms > 4_000)
        };
        if pairs {
            let ran = first.play(&Schedule::peaceful(self.scenario, Deliveries::Once)).await;
            if ran.passed[0].iter().filter(|passed| passed.writes()).count() < 2 {
                return Ok(Tally::new());
            }
            let mut dice = Dice::new(self.effort.seed);
            let singles = self.singles(&first, Deliveries::Once, Depth::Few).await;
            let firsts: Vec<_> = if self.effort.is_slice() {
                (0..PAIRS_OVER_HTTP).map(|_| dice.pick(&singles).clone()).collect()
            } else {
                singles
            };
            let (nth, shares) = self.share;
            for one in firsts.into_iter().filter(|(_, fault)| bearable(fault)).skip(nth).step_by(shares) {
                let mut seconds = self.seconds(&first, Deliveries::Once, &one).await;
                seconds.retain(|(_, fault)| bearable(fault));
                if self.effort.is_slice() {
                    seconds = if seconds.is_empty() { seconds } else { vec![dice.pick(&seconds).clone()] };
                }
                faults.extend(seconds.into_iter().map(|second| vec![one.clone(), second]));
                if self.effort.is_over() {
                    break;
                }
            }
        } else {
            let mut singles = self.singles(&first, Deliveries::Once, depth).await;
            singles.retain(|(_, fault)| bearable(fault));
            if self.effort.is_slice() {
                singles = some(singles, OVER_HTTP, self.effort.seed);
            }
            faults.extend(singles.into_iter().map(|fault| vec![fault]));
        }
        let mut stages = vec![first];
        while stages.len() < ABREAST.min(faults.len()) {
            stages.push(Stage::set(&engine, &self.scenario, Over::Http).await);
        }
        let left = RefCell::new(faults.into_iter());
        let tally = RefCell::new(Tally::new());
        let peace = &peace;
        let works = stages.iter().map(async |stage| {
            loop {
                let next = left.borrow_mut().next();
                let Some(faults) = next.filter(|_| !self.effort.is_over()) else { return Ok(()) };
                self.play(stage, peace, Deliveries::Once, &faults)
                    .await
                    .map_err(|failed| Failed { line: format!("{HTTP}{}", failed.line), ..failed })?;
                tally.borrow_mut().one(if pairs { "pairs of faults, over HTTP" } else { "single faults, over HTTP" });
            }
        });
        join_all(works).await.into_iter().collect::<Result<Vec<()>, Failed>>()?;
        Ok(tally.into_inner())
    }

    async fn play(
        &self,
        stage: &Stage,
        peace: &Peace,
        deliveries: Deliveries,
        faults: &[(Place, Fault)],
    ) -> Result<(), Failed> {
        judged(stage, peace, &Schedule::with(self.scenario, deliveries, faults)).await.map(|_| ())
    }
}

/// So many of these, as the seed says.
fn some<T>(mut of: Vec<T>, most: usize, seed: u64) -> Vec<T> {
    let mut dice = Dice::new(seed);
    while of.len() > most {
        of.swap_remove(dice.below(of.len()));
    }
    of
}

async fn peace(stage: &Stage, scenario: &Scenario) -> Result<Peace, Failed> {
    let line = || Schedule::peaceful(*scenario, Deliveries::Once).to_string();
    caught(Peace::of(stage, scenario)).await.flatten().map_err(|what| Failed::new(what, line()))
}

async fn judged(stage: &Stage, peace: &Peace, schedule: &Schedule) -> Result<Ran, Failed> {
    let failed = |what: String| Failed::new(what, schedule.to_string());
    let ran = caught(stage.play(schedule)).await.map_err(failed)?;
    peace.judge(schedule, &ran).map_err(failed)?;
    Ok(ran)
}

pub(super) fn replay(schedule: &Schedule, over: Over) -> Result<Tally, Failed> {
    let runtime = if over == Over::Http { awake() } else { paused() };
    runtime.block_on(async {
        let engine = if over == Over::Http { Engine::start().await } else { Engine::in_process().await };
        let stage = Stage::set(&engine, &schedule.scenario, over).await;
        let peace = peace(&stage, &schedule.scenario).await?;
        let failed = |what: String| Failed::new(what, schedule.to_string());
        let ran = caught(stage.play(schedule)).await.map_err(failed)?;
        let requests = requests(&ran);
        peace.judge(schedule, &ran).map_err(|what| failed(format!("{what}\n{requests}")))?;
        let mut tally = Tally::new();
        for said in ran.said.iter().chain(&ran.repaired) {
            tally.one(&format!("{said:?}"));
        }
        tally.one(&requests);
        Ok(tally)
    })
}

/// The requests in their order, as a schedule counts them.
fn requests(ran: &Ran) -> String {
    let mut text = "times these requests:".to_owned();
    for (process, passed) in ran.passed.iter().enumerate() {
        for (nth, passed) in passed.iter().enumerate() {
            let _ = write!(text, "\n{process}.{nth} {} {}", passed.operation, passed.asked());
        }
    }
    text
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

fn awake() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
