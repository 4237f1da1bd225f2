//! C10: what a clock tells. The decision core of a sign-in with a code is judged, by Welch's t over very many samples; whole sign-ins,
//! whose time is mostly the engine's, are reported.

use std::collections::VecDeque;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::challenge::{
    Asking, Asks, CodeKey, CodeKeys, Issuing, Limits, Recipient, Step, StepName, Ticket, define, issue, mailbox,
    subject,
};
use domain::{Account, Chain, Client, Email, Identities, Person, UserName};
use jiff::Timestamp;

use super::super::{Dice, Effort, Failed, Tally};
use crate::world::counted;
use crate::{Engine, Event, World};

/// Samples of each kind.
const SAMPLES: usize = 10_000;
/// Before these nothing is warm.
const FIRST: usize = 500;
/// Decisions a sample, so that the clock's own grain does not show.
pub const EACH: u64 = 20;
/// From this |t| on, the two take different times: the usual bound of leakage tests.
pub const BOUND: f64 = 4.5;
/// The share of all samples, in percent, that is compared: what is slower was somebody else's work on the same machine.
const KEPT: usize = 90;
/// So many people lie in memory at a time, with up to so many bytes between them.
const CROWD: usize = 64;
const GAP: usize = 1_024;
/// A sample's stack begins up to so many frames further down.
const FRAMES: usize = 128;
/// Whole sign-ins of each kind.
const SIGN_INS: usize = 300;

/// Times of users who exist and of users who do not, in microseconds.
#[derive(Debug, Clone, Default)]
pub struct Sampled {
    /// Of those who exist.
    pub found: Vec<f64>,
    /// Of those who do not.
    pub unknown: Vec<f64>,
}

impl Sampled {
    /// Welch's t of those samples that nothing else on the machine made slow, by one bound for both kinds.
    pub fn welch(&self) -> f64 {
        let mut all: Vec<f64> = self.found.iter().chain(&self.unknown).copied().collect();
        all.sort_by(f64::total_cmp);
        let bound = all.get(all.len() * KEPT / 100).copied().unwrap_or(f64::INFINITY);
        let kept = |samples: &[f64]| samples.iter().copied().filter(|sample| *sample < bound).collect::<Vec<_>>();
        welch(&kept(&self.found), &kept(&self.unknown))
    }
}

impl fmt::Display for Sampled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = |samples: &[f64]| {
            let mut samples = samples.to_vec();
            samples.sort_by(f64::total_cmp);
            samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
        };
        let (found, unknown) = (median(&self.found), median(&self.unknown));
        write!(
            out,
            "found p50 {found:.2} us, not found p50 {unknown:.2} us, {} and {} samples, Welch's t {:.2}",
            self.found.len(),
            self.unknown.len(),
            self.welch()
        )
    }
}

fn welch(one: &[f64], other: &[f64]) -> f64 {
    let moments = |samples: &[f64]| {
        let count = f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX));
        let mean = samples.iter().sum::<f64>() / count;
        let variance = samples.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((one, by), (other, and)) = (moments(one), moments(other));
    (one - other) / (by + and).sqrt()
}

/// Times the core and fails where the two can be told apart; times whole sign-ins and says what it saw.
pub(super) fn judge(effort: &Effort, tally: &mut Tally) -> Result<(), Failed> {
    let began = Instant::now();
    let core = found_or_not(&|| began.elapsed(), effort.seed);
    println!("the decision core of define, create and verify, {EACH} decisions a sample: {core}");
    println!("whole sign-ins in process, reported and not judged: {}", sign_ins(effort.seed));
    tally.add("samples of the decision core", (core.found.len() + core.unknown.len()) as u64);
    let t = core.welch();
    if t.abs() < BOUND {
        Ok(())
    } else {
        Err(Failed::new(format!("|t| is {:.2}, and {BOUND} is the bound", t.abs()), "clock"))
    }
}

struct Who {
    user_name: UserName,
    person: Option<Person>,
    account: Account,
    /// What the other kind is made of, looked at by nobody. Without it the allocator would give the decisions about one kind other addresses,
    /// and the clock would tell those: nanoseconds, of the reading of an event and not of what is decided.
    _beside: Other,
}

/// What a decision about this kind does not see.
enum Other {
    OfFound { _typed: UserName },
    OfUnknown { _sub: UserName, _person: Person, _address: Email },
}

/// Times the decision core for users who exist and users who do not, in an order that dice decide.
pub fn found_or_not(clock: &dyn Fn() -> Duration, seed: u64) -> Sampled {
    let key = CodeKey::parse("YSBrZXkgb2YgYSBtZWFzdXJlbWVudCBpcyBubyBzZWNyZXQ=").expect("a key");
    let keys = CodeKeys::new(key, None);
    let client =
        Client { pool: "eu-west-1_Measured1".parse().expect("a pool"), id: "client".parse().expect("a client") };
    let (mut samples, mut dice) = (Sampled::default(), Dice::new(seed));
    let mut crowd = VecDeque::new();
    for round in 0..SAMPLES + FIRST {
        // Whoever comes second may find a warmer cache.
        let unknown_first = dice.one_in(2);
        for second in [false, true] {
            let is_unknown = unknown_first != second;
            // Where in memory somebody lies costs nanoseconds, too: each sample is of somebody who lies elsewhere.
            let gap = vec![0_u8; dice.below(GAP)];
            crowd.push_back((gap, somebody(&client, is_unknown, &mut dice)));
            if crowd.len() > CROWD {
                crowd.pop_front();
            }
            let Some((_, who)) = crowd.back() else { continue };
            let took = deeper(dice.below(FRAMES), &mut || {
                // The first time what they are is fetched from memory, and of who exists there is more.
                black_box(decide(black_box(&keys), &client, black_box(who), EACH));
                let began = clock();
                for number in 0..EACH {
                    black_box(decide(black_box(&keys), &client, black_box(who), number));
                }
                clock().saturating_sub(began)
            });
            let took = took.as_secs_f64() * 1e6 / f64::from(u32::try_from(EACH).unwrap_or(1));
            if round >= FIRST {
                if is_unknown { samples.unknown.push(took) } else { samples.found.push(took) }
            }
        }
    }
    samples
}

/// Does the work so many frames further down the stack: where that lies, beside what is read, costs nanoseconds as well.
#[inline(never)]
fn deeper(frames: usize, work: &mut dyn FnMut() -> Duration) -> Duration {
    let frame = black_box([0_u8; 32]);
    let took = if frames == 0 { work() } else { deeper(frames - 1, work) };
    black_box(frame);
    took
}

/// What the three triggers decide between their calls to the store: who it is, what comes next, which code, whether the answer is right.
fn decide(keys: &CodeKeys, client: &Client, who: &Who, number: u64) -> bool {
    let exists = who.person.is_some();
    let Some(person) = subject(&client.pool, &who.user_name, who.person.as_ref()) else {
        return false;
    };
    let session = [Step { name: StepName::Custom, result: Some(false) }];
    let next = define(Asks::Code, &session, exists);
    let (limits, ticket) = (Limits::default(), Ticket::from_random([7; 16]));
    let asking = Asking { now: Timestamp::UNIX_EPOCH, limits: &limits, ticket: &ticket, proven: false, again: true };
    let issuing = issue(&asking, None, None);
    let mailbox = mailbox(&who.account, exists);
    let recipient = Recipient::new(&person, client, mailbox);
    let code = keys.code(&recipient, number);
    let matches = keys.matches(&recipient, number, "00000000");
    black_box((next, matches!(issuing, Issuing::Send { .. }), code));
    matches && mailbox.is_some()
}

/// Somebody else each time, and who they are is as long as the others: what a digit costs, and a name's length, tells nobody who exists.
fn somebody(client: &Client, is_unknown: bool, dice: &mut Dice) -> Who {
    let mut digits = |count: usize| (0..count).map(|_| char::from(*dice.pick(b"0123456789abcdef"))).collect::<String>();
    let typed: UserName = format!("amy.{}@acme.example", digits(19)).parse().expect("a name");
    let sub = format!("{}-{}-4{}-8{}-{}", digits(8), digits(4), digits(3), digits(3), digits(12));
    let address: Email = format!("{}@acme.example", digits(8)).parse().expect("an address");
    let person = Person { pool: client.pool.clone(), sub: sub.parse().expect("a sub") };
    let sub: UserName = sub.parse().expect("a name");
    let account =
        |email, email_verified| Account { email, email_verified, external: false, identities: Identities::None };
    if is_unknown {
        let beside = Other::OfUnknown { _sub: sub, _person: person, _address: address };
        Who { user_name: typed, person: None, account: account(None, false), _beside: beside }
    } else {
        let beside = Other::OfFound { _typed: typed };
        Who { user_name: sub, person: Some(person), account: account(Some(Ok(address)), true), _beside: beside }
    }
}

/// Whole sign-ins with a code: asked what comes, given a code, answered wrong. Each is of somebody else, for nobody gets many codes.
fn sign_ins(seed: u64) -> Sampled {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let engine = Engine::in_process().await;
        let world = World::on(&engine, domain::claims::NameMap::default(), counted).await;
        world.with("acme").await.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
        let (mut samples, mut dice) = (Sampled::default(), Dice::new(seed));
        for round in 0..SIGN_INS + 20 {
            let unknown_first = dice.one_in(2);
            for second in [false, true] {
                let is_unknown = unknown_first != second;
                let name = format!("p{round}");
                let address = format!("{name}@acme.example");
                let typed = format!("q{round}@acme.example");
                let of = |event: Event| if is_unknown { event.of_nobody(&typed) } else { event };
                let began = Instant::now();
                world.ask(&of(Event::define("acme", &name, &address, &[]))).await;
                let shown = world.ask(&of(Event::create("acme", &name, &address, &[]))).await;
                world.ask(&of(Event::verify("acme", &name, &address, shown.response(), "00000000"))).await;
                let took = began.elapsed().as_secs_f64() * 1e6;
                if round >= 20 {
                    if is_unknown { samples.unknown.push(took) } else { samples.found.push(took) }
                }
            }
        }
        samples
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welch_tells_two_means_apart_and_one_from_itself_not() {
        let mut dice = Dice::new(1);
        let mut noise =
            |mean: f64| (0..1_000).map(|_| mean + f64::from(u32::try_from(dice.below(100)).unwrap()) / 100.0).collect();
        let (one, same, other): (Vec<f64>, Vec<f64>, Vec<f64>) = (noise(10.0), noise(10.0), noise(10.2));
        let sampled = |unknown: &[f64]| Sampled { found: one.clone(), unknown: unknown.to_vec() };
        assert!(sampled(&same).welch().abs() < BOUND, "{}", sampled(&same));
        assert!(sampled(&other).welch().abs() > BOUND, "{}", sampled(&other));
    }
}
