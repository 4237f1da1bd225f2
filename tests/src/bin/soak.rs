//! Runs campaigns for as long as somebody lets them: `soak [CAMPAIGN] --minutes N [--seed S] [--replay LINE]`. `cargo xtask soak` builds it
//! optimized.
#![expect(clippy::disallowed_methods, reason = "a tool for the desk: it reads the clock")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::Parser;
use tests::campaign::{self, Effort, Failed, Tally};

/// Tries to break the promises, by one campaign or by all of them in turn.
#[derive(Parser)]
#[command(name = "soak")]
struct Arguments {
    /// Which campaign; all of them in turn, if none is named
    campaign: Option<String>,
    /// For so long, shared by the campaigns; without it each does what the tests do
    #[arg(long)]
    minutes: Option<u64>,
    /// Where everything random comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this schedule: the line that a failure printed; of faults also `every PART` and `every PART of SCENARIO`
    #[arg(long, requires = "campaign")]
    replay: Option<String>,
}

type Run = fn(&Effort) -> Result<Tally, Failed>;

/// Every campaign.
const CAMPAIGNS: &[(&str, Run)] = &[
    ("addresses", campaign::addresses::run),
    ("faults", campaign::faults::run),
    ("fuzz", campaign::fuzz::run),
    ("isolation", campaign::isolation::run),
    ("leaks", campaign::leaks::run),
    ("model", campaign::model::run),
    ("mutations", campaign::mutations::run),
    ("oracles", campaign::oracles::run),
    ("races", campaign::races::run),
];

/// Does it, and says every minute how far it is and what came to its end.
fn telling<T>(name: &str, effort: &Effort, work: impl FnOnce() -> T) -> T {
    let (done, waits) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let ended = || {
                for what in effort.told() {
                    eprintln!("{name}: {what}");
                }
            };
            let mut minutes = 0_u64;
            while waits.recv_timeout(Duration::from_mins(1)) == Err(RecvTimeoutError::Timeout) {
                minutes += 1;
                ended();
                eprintln!("{name}: {minutes} min, {} steps", effort.steps.load(Ordering::Relaxed));
            }
            ended();
        });
        let result = work();
        drop(done);
        result
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let asked = |name: &str| arguments.campaign.as_deref().is_none_or(|asked| asked == name);
    let campaigns: Vec<_> = CAMPAIGNS.iter().filter(|(name, _)| asked(name)).collect();
    if campaigns.is_empty() {
        let known: Vec<_> = CAMPAIGNS.iter().map(|(name, _)| *name).collect();
        eprintln!("error: there is no such campaign; there are: {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    let mut broken = false;
    let share = u32::try_from(campaigns.len()).unwrap_or(1);
    for (name, run) in campaigns {
        let effort = match arguments.minutes {
            Some(minutes) => Effort::lasting(arguments.seed, Duration::from_secs(60 * minutes) / share),
            None => Effort::slice(arguments.seed),
        };
        let effort = Effort { only: arguments.replay.clone(), ..effort };
        println!("{name}: seed {}", arguments.seed);
        let began = Instant::now();
        // Whoever knows the line that replays a panic has caught it before.
        let result = telling(name, &effort, || catch_unwind(AssertUnwindSafe(|| run(&effort))));
        let took = began.elapsed().as_secs_f64();
        match result {
            Ok(Ok(tally)) => println!("{tally}\n{name}: nothing broke, in {took:.1} s\n"),
            Ok(Err(failed)) => {
                broken = true;
                println!("{name}: BROKEN after {took:.1} s\n{failed}\nsoak {name} --replay '{}'\n", failed.line);
            }
            Err(panic) => {
                broken = true;
                println!("{name}: BROKEN after {took:.1} s\n{}\n", campaign::words(panic.as_ref()));
            }
        }
    }
    if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
