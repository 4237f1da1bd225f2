//! What all fuzz targets do around their bodies, which are in the test kit (`tests/src/campaign/fuzz/`): they look at the clock.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::time::{ClockId, clock_gettime};
use tests::campaign::fuzz::{Rig, Target};

/// Nothing takes longer.
const LONGEST: Duration = Duration::from_millis(50);
/// What is not slower than this is not told.
const QUICK: Duration = Duration::from_millis(1);
/// What is needed for the first time has to be built, and a processor that others use, too, is slower: the quickest of so many times counts.
const TIMES: u32 = 5;

static RUN: Mutex<Option<Run>> = Mutex::new(None);

struct Run {
    rig: Rig,
    target: Target,
    slowest: Duration,
}

/// Before the first input. `TENANTRY_FUZZ_SEEDS` names a folder into which the target writes what it wants to begin with.
///
/// # Panics
///
/// If there is no such target, or the folder cannot be written.
pub fn begin(name: &str) {
    let target = Target::named(name).unwrap_or_else(|| panic!("the test kit has no target {name}"));
    let mut rig = Rig::new();
    if let Some(folder) = env::var_os("TENANTRY_FUZZ_SEEDS") {
        for (number, seed) in rig.seeds(target).into_iter().enumerate() {
            let file = Path::new(&folder).join(format!("seed-{number:03}"));
            fs::write(&file, seed).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Run { rig, target, slowest: QUICK });
}

/// One input. Panics where something does not hold, and where it takes too long.
///
/// # Panics
///
/// libFuzzer is told so.
pub fn strike(bytes: &[u8]) {
    let mut run = RUN.lock().unwrap_or_else(PoisonError::into_inner);
    let run = run.as_mut().expect("`begin` comes first");
    let began = Instant::now();
    run.rig.strike(run.target, bytes);
    if began.elapsed() <= run.slowest {
        return;
    }
    // Somebody else may have had the processor: what counts is this thread's own time.
    let Some(took) = (0..TIMES).map(|_| run.timed(bytes)).min() else { return };
    if took > run.slowest {
        run.slowest = took;
        eprintln!("slowest: {} us, {} bytes", took.as_micros(), bytes.len());
    }
    assert!(took <= LONGEST, "it takes {} ms, and nothing may take {}", took.as_millis(), LONGEST.as_millis());
}

impl Run {
    fn timed(&mut self, bytes: &[u8]) -> Duration {
        let began = own_time();
        self.rig.strike(self.target, bytes);
        own_time().saturating_sub(began)
    }
}

/// For how long this thread had a processor.
fn own_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).expect("every thread has a clock")
}
