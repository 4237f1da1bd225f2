//! Steps with a heading, a time, a sign of life while they last, and a table at the end.

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::house::watched;

/// How often a long step says that it is still at work where nobody sees cargo's progress bar.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// A run of steps.
pub(crate) struct Steps {
    planned: usize,
    keep_going: bool,
    only: Vec<String>,
    began: Instant,
    finished: Vec<Finished>,
}

struct Finished {
    name: &'static str,
    took: Duration,
    outcome: Result<String, Failure>,
}

/// A step failed, and the person did not ask to go on.
pub(crate) struct Stopped;

impl Steps {
    /// `only` names the steps to do; if it names none, all of them are.
    pub(crate) fn new(planned: usize, keep_going: bool, only: &[String]) -> Self {
        let planned = if only.is_empty() { planned } else { only.len() };
        Self { planned, keep_going, only: only.to_vec(), began: Instant::now(), finished: Vec::new() }
    }

    /// Does one step, if it is one of those to do. Its sentence stands in the table.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<(), Stopped> {
        if !self.only.is_empty() && !self.only.iter().any(|only| only == name) {
            return Ok(());
        }
        println!("\n== {}/{} {name} ({} so far)", self.finished.len() + 1, self.planned, time(self.began.elapsed()));
        let began = Instant::now();
        let outcome = with_signs_of_life(name, work);
        let took = began.elapsed();
        match &outcome {
            Ok(sentence) if sentence.is_empty() => println!("   {name}: {}", time(took)),
            Ok(sentence) => println!("   {name}: {sentence} ({})", time(took)),
            Err(failure) => eprintln!("   {name} FAILED after {}: {failure}", time(took)),
        }
        let failed = outcome.is_err();
        self.finished.push(Finished { name, took, outcome });
        if failed && !self.keep_going { Err(Stopped) } else { Ok(()) }
    }

    /// Prints the table and says how it went.
    pub(crate) fn close(self) -> ExitCode {
        println!("\n== summary");
        for step in &self.finished {
            let (sign, sentence) = match &step.outcome {
                Ok(sentence) => ("ok    ", sentence.clone()),
                Err(failure) => ("FAILED", failure.to_string()),
            };
            let sentence = sentence.lines().next().unwrap_or_default();
            println!("   {sign} {:<12} {:>8}  {sentence}", step.name, time(step.took));
        }
        let failed = self.finished.iter().filter(|step| step.outcome.is_err()).count();
        let left = self.planned.saturating_sub(self.finished.len());
        println!("   in all {}{}", time(self.began.elapsed()), not_reached(left));
        println!("steps: {} passed, {failed} failed", self.finished.len() - failed);
        for step in self.finished.iter().filter(|step| step.outcome.is_err()) {
            eprintln!("error: the step `{}` failed; its output is above", step.name);
        }
        // A step that is named and not there was not done.
        let missed = if self.only.is_empty() { 0 } else { left };
        if failed + missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn not_reached(steps: usize) -> String {
    if steps == 0 { String::new() } else { format!("; {steps} not reached (`--keep-going` goes on after a failure)") }
}

fn with_signs_of_life<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    let began = Instant::now();
    let heart = (!watched()).then(|| {
        thread::spawn(move || {
            while waiting.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
                println!("   ... {name}, {}", time(began.elapsed()));
            }
        })
    });
    let outcome = work();
    drop(done);
    if let Some(heart) = heart {
        let _ended = heart.join();
    }
    outcome
}

/// `9.3 s`, `2 min 05 s`.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_at_the_first_failure() {
        let mut steps = Steps::new(2, false, &[]);
        assert!(steps.step("good", || Ok(String::new())).is_ok());
        assert!(steps.step("bad", || Err(Failure::new("as planned"))).is_err());
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }

    #[test]
    fn keeps_going_when_asked_and_still_fails() {
        let mut steps = Steps::new(2, true, &[]);
        assert!(steps.step("bad", || Err(Failure::new("as planned"))).is_ok());
        assert!(steps.step("good", || Ok(String::new())).is_ok());
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }

    #[test]
    fn does_the_named_steps_alone_and_a_name_of_none_is_a_failure() {
        let mut steps = Steps::new(2, false, &["good".to_owned()]);
        assert!(steps.step("bad", || Err(Failure::new("not asked for"))).is_ok());
        assert!(steps.step("good", || Ok(String::new())).is_ok());
        assert_eq!(steps.close(), ExitCode::SUCCESS);
        let mut steps = Steps::new(2, false, &["godo".to_owned()]);
        assert!(steps.step("good", || Ok(String::new())).is_ok());
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }

    #[test]
    fn says_times_as_people_do() {
        for (seconds, said) in [(0.04, "0.0 s"), (9.26, "9.3 s"), (60.0, "1 min 00 s"), (125.9, "2 min 05 s")] {
            assert_eq!(time(Duration::from_secs_f64(seconds)), said);
        }
    }
}
