//! Fuzzing: whatever bytes somebody sends, at every door where text is read and at every trigger from the event to the answer. Here is what is
//! done with the bytes and what must hold of it; `fuzz/` lets libFuzzer find the bytes (`cargo xtask fuzz`). The campaign does without
//! libFuzzer: it sends the committed corpora, and what dice make of them.

mod check;
mod corpus;
mod event;
mod import;
mod nouns;
mod ring;
mod stage;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::stage::Stage;
use super::{Dice, Effort, Failed, Tally, words};

/// One door.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: that of its file in `fuzz/fuzz_targets/`, and of its folder in `fuzz/corpus/`.
    pub name: &'static str,
    strike: Strike,
}

#[derive(Clone, Copy)]
enum Strike {
    /// A function, and what it is fed with at first.
    Pure(fn(&[u8]), fn() -> Vec<Vec<u8>>),
    /// A trigger, by its folder.
    Trigger(&'static str),
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

const fn pure(name: &'static str, strike: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, strike: Strike::Pure(strike, seeds) }
}

const fn trigger(name: &'static str, folder: &'static str) -> Target {
    Target { name, strike: Strike::Trigger(folder) }
}

/// Every target.
pub const TARGETS: [Target; 12] = [
    pure("address", nouns::address, nouns::addresses),
    pure("domain_name", nouns::domain_name, nouns::domain_names),
    pure("invitation_token", nouns::invitation_token, nouns::invitation_tokens),
    pure("challenge_session", nouns::challenge_session, nouns::challenge_sessions),
    pure("identities", nouns::identities, nouns::identities_seeds),
    pure("import_file", import::import_file, import::import_files),
    trigger("pre_sign_up", "pre-sign-up"),
    trigger("post_confirmation", "post-confirmation"),
    trigger("pre_token_generation", "pre-token-generation"),
    trigger("define_auth_challenge", "define-auth-challenge"),
    trigger("create_auth_challenge", "create-auth-challenge"),
    trigger("verify_auth_challenge", "verify-auth-challenge"),
];

impl Target {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }
}

/// What the targets stand on: tables and triggers, built when they are first needed.
#[derive(Debug, Default)]
pub struct Rig(BTreeMap<&'static str, Stage>);

impl Rig {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends these bytes to this target. Panics where something does not hold.
    pub fn strike(&mut self, target: Target, bytes: &[u8]) {
        match target.strike {
            Strike::Pure(strike, _) => strike(bytes),
            Strike::Trigger(folder) => {
                // A stage on which something broke is not used again.
                let mut stage = self.stage(folder);
                stage.strike(bytes);
                self.0.insert(folder, stage);
            }
        }
    }

    /// What a target begins with: for the triggers every fixture's event as it is.
    pub fn seeds(&mut self, target: Target) -> Vec<Vec<u8>> {
        match target.strike {
            Strike::Pure(_, seeds) => seeds(),
            Strike::Trigger(folder) => {
                let stage = self.stage(folder);
                let seeds = stage.seeds();
                self.0.insert(folder, stage);
                seeds
            }
        }
    }

    fn stage(&mut self, folder: &'static str) -> Stage {
        self.0.remove(folder).unwrap_or_else(|| Stage::of(folder))
    }
}

/// Of each target, in the slice of the tests: so many inputs that dice make. A trigger's take a thousand times as long as a function's.
const PURE: u64 = 2_000;
const TRIGGERS: u64 = 120;

/// Every committed input and every seed of every target, and then what dice make of them.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let (mut rig, mut tally) = (Rig::new(), Tally::new());
    if let Some(line) = &effort.only {
        let (target, bytes) = replayed(line).ok_or_else(|| Failed::new("no such target, or no such bytes", line))?;
        attempt(&mut rig, target, &bytes, &mut tally)?;
        return Ok(tally);
    }
    let mut dice = Dice::new(effort.seed);
    let mut inputs = Vec::new();
    for target in TARGETS {
        let known: Vec<Vec<u8>> = corpus::committed(target.name).into_iter().chain(rig.seeds(target)).collect();
        for bytes in &known {
            attempt(&mut rig, target, bytes, &mut tally)?;
        }
        inputs.push((target, known));
    }
    let mut rounds = 0;
    while if effort.is_slice() { rounds == 0 } else { !effort.is_over() } {
        for (target, known) in &inputs {
            for _ in 0..if matches!(target.strike, Strike::Pure(..)) { PURE } else { TRIGGERS } {
                let bytes = corpus::mutated(&mut dice, known);
                attempt(&mut rig, *target, &bytes, &mut tally)?;
            }
        }
        rounds += 1;
    }
    Ok(tally)
}

fn attempt(rig: &mut Rig, target: Target, bytes: &[u8], tally: &mut Tally) -> Result<(), Failed> {
    let struck = catch_unwind(AssertUnwindSafe(|| rig.strike(target, bytes)));
    struck.map_err(|panic| Failed::new(words(panic.as_ref()), line(target, bytes)))?;
    tally.one("inputs");
    tally.one(&format!("inputs of {}", target.name));
    Ok(())
}

/// `address 61406162`: the bytes in hexadecimal digits.
fn line(target: Target, bytes: &[u8]) -> String {
    use fmt::Write;
    let mut line = format!("{} ", target.name);
    for byte in bytes {
        write!(line, "{byte:02x}").expect("a string takes everything");
    }
    line
}

fn replayed(line: &str) -> Option<(Target, Vec<u8>)> {
    let (name, digits) = line.split_once(' ')?;
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    Some((Target::named(name)?, pairs.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_target_and_its_bytes() {
        let target = TARGETS[0];
        for bytes in [&b""[..], b"\x00\xffab"] {
            let (read, again) = replayed(&line(target, bytes)).unwrap();
            assert_eq!((read.name, again.as_slice()), (target.name, bytes));
        }
        for broken in ["address", "nowhere 00", "address 0", "address zz", "address é0"] {
            assert!(replayed(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn no_two_targets_have_one_name() {
        for target in TARGETS {
            assert_eq!(TARGETS.iter().filter(|other| other.name == target.name).count(), 1, "{target:?}");
        }
    }
}
