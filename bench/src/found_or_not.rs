//! C10: the decision core of a sign-in with a code, for users who exist and users who do not, sample by sample in turn.

use std::hint::black_box;
use std::time::Duration;

use domain::challenge::{
    Asking, Asks, CodeKey, CodeKeys, Issuing, Limits, Recipient, Step, StepName, Ticket, define, issue, mailbox,
    subject,
};
use domain::{Account, Client, Email, Identities, Person, UserName};
use jiff::Timestamp;

use crate::samples::Samples;

const SAMPLES: usize = 10_000;
/// Decisions a sample, so that the clock's own grain does not show.
const EACH: u64 = 20;

struct Who {
    user_name: UserName,
    person: Option<Person>,
    account: Account,
}

/// Measures and prints.
pub(crate) fn measure(clock: &dyn Fn() -> Duration) {
    let Some((keys, client, found, unknown)) = people() else { return };
    let mut samples = [Samples::default(), Samples::default()];
    for round in 0..SAMPLES + 500 {
        // Whoever comes second may find a warmer cache: they take turns.
        let turn = [(0, &found), (1, &unknown)];
        let turn = if round % 2 == 0 { turn } else { [turn[1], turn[0]] };
        for (at, who) in turn {
            let began = clock();
            for number in 0..EACH {
                black_box(decide(&keys, &client, who, number));
            }
            let took = clock().saturating_sub(began);
            if round >= 500
                && let Some(samples) = samples.get_mut(at)
            {
                samples.push(took.as_secs_f64() * 1e6 / f64::from(u32::try_from(EACH).unwrap_or(1)));
            }
        }
    }
    let [mut found, mut unknown] = samples;
    println!(
        "The decision core of define, create and verify, in microseconds, {} samples each of {EACH} decisions:\n",
        found.len()
    );
    println!("| | p1 | p10 | p50 | p90 | p99 |\n|---|---|---|---|---|---|");
    let shares = [1, 10, 50, 90, 99];
    for (name, samples) in [("found", &mut found), ("not found", &mut unknown)] {
        let row: Vec<String> = shares.iter().map(|share| format!("{:.2}", samples.percentile(*share))).collect();
        println!("| {name} | {} |", row.join(" | "));
    }
    let ratios: Vec<String> =
        shares.iter().map(|share| format!("{:.3}", unknown.percentile(*share) / found.percentile(*share))).collect();
    println!("| not found / found | {} |", ratios.join(" | "));
}

/// What the three triggers decide between their calls to the store: who it is, what comes next, which code, whether the answer is right.
fn decide(keys: &CodeKeys, client: &Client, who: &Who, number: u64) -> bool {
    let exists = who.person.is_some();
    let Some(person) = subject(&client.pool, &who.user_name, who.person.clone()) else {
        return false;
    };
    let session = [Step { name: StepName::Custom, result: Some(false) }];
    let next = define(Asks::Code, &session, exists);
    let (limits, ticket) = (Limits::default(), Ticket::from_random([7; 16]));
    let asking = Asking { now: Timestamp::UNIX_EPOCH, limits: &limits, ticket: &ticket, proven: false, again: true };
    let issuing = issue(&asking, None, None);
    let mailbox = mailbox(&who.account).ok().filter(|_| exists);
    let recipient = Recipient { person: &person, client, mailbox };
    let code = keys.code(&recipient, number);
    let matches = keys.matches(&recipient, number, "00000000");
    black_box((next, matches!(issuing, Issuing::Send { .. }), code));
    matches && mailbox.is_some()
}

fn people() -> Option<(CodeKeys, Client, Who, Who)> {
    let keys = CodeKeys::new(CodeKey::parse("YSBrZXkgb2YgYSBtZWFzdXJlbWVudCBpcyBubyBzZWNyZXQ=").ok()?, None);
    let client = Client { pool: "eu-west-1_Measured1".parse().ok()?, id: "client".parse().ok()? };
    let sub = "4c0ffee0-0000-4000-8000-000000000001";
    let address: Email = "ann@acme.example".parse().ok()?;
    let found = Who {
        user_name: sub.parse().ok()?,
        person: Some(Person { pool: client.pool.clone(), sub: sub.parse().ok()? }),
        account: Account {
            email: Some(Ok(address)),
            email_verified: true,
            external: false,
            identities: Identities::None,
        },
    };
    let unknown = Who {
        user_name: "amy@acme.example".parse().ok()?,
        person: None,
        account: Account { email: None, email_verified: false, external: false, identities: Identities::None },
    };
    Some((keys, client, found, unknown))
}
