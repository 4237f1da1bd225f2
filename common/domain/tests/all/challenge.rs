//! What sign-in by challenge decides, against tables and a model that was written another way.

use domain::challenge::{
    Asking, Asks, Count, Issue, Issuing, Limits, Next, Step, StepName, Tally, Ticket, asks, define, issue,
    proved_password,
};
use domain::{Chain, ClientKind, Membership, MembershipStatus, Refusal, Roles};
use jiff::{SignedDuration, Timestamp};

use crate::facts::{given_by_domain, row, tenant};

const ASKS: [Asks; 3] = [Asks::Password, Asks::PasswordAndCode, Asks::Code];
const NAMES: [StepName; 10] = [
    StepName::SrpA,
    StepName::PasswordVerifier,
    StepName::Custom,
    StepName::NewPasswordRequired,
    StepName::SmsMfa,
    StepName::SoftwareTokenMfa,
    StepName::EmailOtp,
    StepName::DeviceSrpAuth,
    StepName::DevicePasswordVerifier,
    StepName::Other,
];
const RESULTS: [Option<bool>; 3] = [Some(true), Some(false), None];

/// The model: a session spelled in letters, looked up in a list of what leads on.
fn model(asks: Asks, session: &[Step]) -> Next {
    let spelled: String = session
        .iter()
        .enumerate()
        .map(|(at, step)| match (step.name, step.result) {
            (StepName::SrpA, Some(true)) => "S",
            (StepName::PasswordVerifier, Some(true)) => "P",
            (StepName::Custom, Some(true)) => "C",
            (StepName::Custom, _) => "c",
            (StepName::SrpA | StepName::PasswordVerifier | StepName::Other, _) => "x",
            (_, Some(true)) if at > 0 => "",
            _ => "x",
        })
        .collect();
    match (asks, spelled.as_str()) {
        (Asks::Password | Asks::PasswordAndCode, "S") => Next::Password,
        (Asks::PasswordAndCode, "SP" | "SPc" | "SPcc") | (Asks::Code, "" | "c" | "cc") => Next::Code,
        (Asks::Password, "SP")
        | (Asks::PasswordAndCode, "SPC" | "SPcC" | "SPccC")
        | (Asks::Code, "C" | "cC" | "ccC") => Next::Tokens,
        _ => Next::Failed,
    }
}

fn each_session(length: usize, look: &mut impl FnMut(&[Step])) {
    let steps: Vec<Step> = NAMES.iter().flat_map(|name| RESULTS.map(|result| Step { name: *name, result })).collect();
    let mut places = vec![0; length];
    loop {
        let session: Vec<Step> = places.iter().map(|at: &usize| steps[*at]).collect();
        look(&session);
        let Some(place) = places.iter().rposition(|at| at + 1 < steps.len()) else { return };
        places[place] += 1;
        places[place + 1..].fill(0);
    }
}

#[test]
fn c13_tokens_only_after_the_exact_chain_over_every_session_up_to_length_4() {
    let mut tokens = [0; 3];
    for length in 0..=4 {
        each_session(length, &mut |session| {
            for (at, asks) in ASKS.into_iter().enumerate() {
                let next = define(asks, session, true);
                assert_eq!(next, model(asks, session), "{asks:?} {session:?}");
                tokens[at] += usize::from(next == Next::Tokens);
                // Who does not exist gets no tokens, and otherwise the same.
                let unknown = define(asks, session, false);
                let expected = if next == Next::Tokens { Next::Failed } else { next };
                assert_eq!(unknown, expected, "{asks:?} {session:?}");
            }
        });
    }
    assert!(tokens.iter().all(|count| *count > 0), "{tokens:?}");
}

#[test]
fn three_wrong_answers_end_a_session_and_a_right_one_after_them_does_not_help() {
    let step = |name, result| Step { name, result: Some(result) };
    let wrong = step(StepName::Custom, false);
    let right = step(StepName::Custom, true);
    let password = [step(StepName::SrpA, true), step(StepName::PasswordVerifier, true)];
    for (asks, before) in [(Asks::Code, &[][..]), (Asks::PasswordAndCode, &password[..])] {
        for (answers, next) in [
            (&[wrong, wrong][..], Next::Code),
            (&[wrong, wrong, right], Next::Tokens),
            (&[wrong, wrong, wrong], Next::Failed),
            (&[wrong, wrong, wrong, right], Next::Failed),
            (&[right, right], Next::Failed),
            (&[right, wrong], Next::Failed),
        ] {
            assert_eq!(define(asks, &[before, answers].concat(), true), next, "{asks:?} {answers:?}");
        }
    }
}

#[test]
fn a_temporary_password_that_was_replaced_stands_for_no_step() {
    let step = |name| Step { name, result: Some(true) };
    let session = [StepName::SrpA, StepName::PasswordVerifier, StepName::NewPasswordRequired].map(step);
    assert_eq!(define(Asks::PasswordAndCode, &session, true), Next::Code);
    assert_eq!(define(Asks::Password, &session, true), Next::Tokens);
    assert_eq!(define(Asks::Code, &session, true), Next::Failed);
    assert_eq!(define(Asks::Code, &session[2..], true), Next::Failed);
    assert!(proved_password(&session) && !proved_password(&session[..1]));
}

#[test]
fn a_code_of_some_roles_is_asked_of_those_and_of_whom_no_roles_are_known() {
    let roles = |names: &[&str]| Roles::parse(names.iter().copied()).unwrap();
    let of_admins = Chain::PasswordAndCode { of: Some(roles(&["owner", "admin"])) };
    for (chain, held, asks) in [
        (&Chain::Password, Some(roles(&["owner"])), Asks::Password),
        (&Chain::Code, Some(roles(&["viewer"])), Asks::Code),
        (&Chain::PasswordAndCode { of: None }, Some(roles(&["viewer"])), Asks::PasswordAndCode),
        (&of_admins, Some(roles(&["admin"])), Asks::PasswordAndCode),
        (&of_admins, Some(roles(&["member"])), Asks::Password),
        (&of_admins, None, Asks::PasswordAndCode),
    ] {
        assert_eq!(chain.asks(held.as_ref()), asks, "{chain:?} {held:?}");
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// Asks at a time, and keeps what was sent.
struct Person {
    proven: bool,
    last: Option<Issue>,
    tally: Option<Tally>,
}

impl Person {
    const fn new(proven: bool) -> Self {
        Self { proven, last: None, tally: None }
    }

    fn asks(&mut self, now: i64, asked: bool) -> Result<(u64, bool), Refusal> {
        let (limits, ticket) = (Limits::default(), Ticket::from_random([1; 16]));
        let asking = Asking { now: at(now), limits: &limits, ticket: &ticket, proven: self.proven, again: asked };
        match issue(&asking, self.last.as_ref(), self.tally.as_ref()) {
            Issuing::Reuse(issue) => Ok((issue.number, false)),
            Issuing::Send { issue, tally } => {
                let number = issue.number;
                (self.last, self.tally) = (Some(issue), Some(tally));
                Ok((number, true))
            }
            Issuing::Refuse(refusal) => Err(refusal),
        }
    }

    fn last(&mut self) -> &mut Issue {
        self.last.as_mut().unwrap()
    }
}

#[test]
fn a_repeated_call_sends_nothing_and_a_new_sign_in_after_a_minute_sends_a_new_code() {
    let mut ann = Person::new(true);
    let (first, sent) = ann.asks(0, false).unwrap();
    assert!(sent);
    assert_eq!(ann.asks(0, false), Ok((first, false)));
    assert_eq!(ann.asks(59, false), Ok((first, false)));
    assert_eq!(ann.asks(250, true), Ok((first, false)), "the same session goes on with its code");
    let (second, sent) = ann.asks(60, false).unwrap();
    assert!(sent && second > first);
}

#[test]
fn a_code_that_is_used_unsent_or_expired_is_followed_by_a_new_one() {
    for (what, spoil) in [
        ("used", (|issue: &mut Issue| issue.used_by = Some("0".repeat(32).parse().unwrap())) as fn(&mut Issue)),
        ("unsent", |issue| issue.unsent = true),
        ("expired", |issue| issue.expires = at(1)),
    ] {
        let mut ann = Person::new(false);
        let (first, _) = ann.asks(0, false).unwrap();
        spoil(ann.last());
        let (second, sent) = ann.asks(1, true).unwrap();
        assert!(sent && second > first, "{what}");
    }
}

#[test]
fn c12_asking_for_another_code_does_not_buy_more_guesses() {
    let mut eve = Person::new(true);
    eve.asks(0, false).unwrap();
    eve.last().attempts = 4;
    eve.asks(70, false).unwrap();
    assert_eq!(eve.last().attempts, 4);
    eve.last().attempts = 5;
    for (now, asked) in [(75, true), (140, false), (369, false)] {
        assert_eq!(eve.asks(now, asked), Err(Refusal::TooManyCodes), "{now}");
    }
    assert!(eve.asks(370, false).is_ok_and(|(_, sent)| sent), "when the last one expired");
    assert_eq!(eve.last().attempts, 0);
}

#[test]
fn ten_codes_an_hour_and_then_the_last_one_serves_as_long_as_it_lives() {
    let mut ann = Person::new(true);
    for round in 0..10 {
        assert!(ann.asks(round * 61, false).is_ok_and(|(_, sent)| sent), "{round}");
    }
    let last = ann.last().number;
    assert_eq!(ann.asks(610, false), Ok((last, false)));
    assert_eq!(ann.asks(900, false), Err(Refusal::TooManyCodes));
    assert!(ann.asks(3600, false).is_ok_and(|(_, sent)| sent));
}

#[test]
fn a_mail_that_did_not_go_out_does_not_buy_more_guesses() {
    let mut eve = Person::new(true);
    eve.asks(0, false).unwrap();
    eve.last().attempts = 5;
    eve.last().unsent = true;
    assert_eq!(eve.asks(1, false), Err(Refusal::TooManyCodes));
}

#[test]
fn what_other_clients_sent_leaves_three_an_hour_to_each() {
    let mut ann = Person::new(false);
    ann.asks(0, false).unwrap();
    let spent = Count { since: at(0), times: 100 };
    ann.tally = Some(Tally { proven: false, hour: spent, day: spent, revision: 1 });
    for round in 1..3 {
        assert!(ann.asks(round * 301, false).is_ok_and(|(_, sent)| sent), "{round}");
    }
    assert_eq!(ann.asks(3 * 301, false), Err(Refusal::TooManyCodes));
}

#[test]
fn thirty_codes_a_day_whatever_the_hour() {
    let mut ann = Person::new(true);
    let mut sent = 0;
    for round in 0..60 {
        sent += usize::from(ann.asks(round * 400, false).is_ok_and(|(_, sent)| sent));
    }
    // Three an hour stay to one client: 60 rounds of 400 seconds are less than seven hours.
    assert!((30..=30 + 21).contains(&sent), "{sent}");
    assert_eq!(ann.tally.as_ref().map(|tally| tally.day.times), Some(sent as u64));
}

#[test]
fn what_a_broken_clock_wrote_is_not_believed_for_years() {
    let mut ann = Person::new(false);
    let (ahead, _) = ann.asks(86_400 * 365, false).unwrap();
    ann.last().day.times = 20;
    let (number, sent) = ann.asks(0, false).unwrap();
    assert!(sent && number > ahead);
    let hour = ann.tally.as_ref().map(|tally| tally.hour);
    assert_eq!(hour, Some(Count { since: at(0), times: 1 }));
}

#[test]
fn a_clock_may_be_ahead_by_less_than_ten_minutes() {
    for (ahead, believed) in [(599, true), (600, false)] {
        let mut ann = Person::new(false);
        let (first, _) = ann.asks(ahead, false).unwrap();
        assert_eq!(ann.asks(0, true).unwrap() == (first, false), believed, "{ahead} s: the code");
        // At another client, where only what all of them share is known.
        let mut ann = Person::new(false);
        ann.asks(ahead, false).unwrap();
        ann.last = None;
        ann.asks(0, false).unwrap();
        assert_eq!(ann.tally.unwrap().hour.times, if believed { 2 } else { 1 }, "{ahead} s: the count");
    }
}

#[test]
fn what_was_decided_of_a_code_shows_without_it() {
    let mut ann = Person::new(false);
    let (limits, ticket) = (Limits::default(), Ticket::from_random([1; 16]));
    let asking = Asking { now: at(0), limits: &limits, ticket: &ticket, proven: false, again: false };
    let shown = |ann: &Person| format!("{:?}", issue(&asking, ann.last.as_ref(), None));
    assert_eq!(shown(&ann), "Send");
    ann.asks(0, false).unwrap();
    assert_eq!(shown(&ann), "Reuse");
    ann.last().attempts = limits.attempts;
    assert_eq!(shown(&ann), "Refuse");
}

#[test]
fn that_a_code_was_answered_stays_known() {
    let mut ann = Person::new(true);
    ann.asks(0, false).unwrap();
    ann.last().passed = Some(at(1));
    ann.last().used_by = Some(Ticket::from_random([3; 16]));
    ann.asks(2, false).unwrap();
    assert_eq!(ann.last().passed, Some(at(1)));
}

#[test]
fn m16_the_daily_budget_is_of_those_who_proved_no_password() {
    for (proven, expected) in [(true, None), (false, Some(Refusal::SignInLocked))] {
        let mut victim = Person::new(proven);
        victim.asks(0, false).unwrap();
        victim.last().day.times = 20;
        assert_eq!(victim.asks(400, false).err(), expected, "{proven}");
        assert_eq!(victim.asks(86_399, false).err(), expected, "{proven}");
        assert_eq!(victim.asks(86_400, false).err(), None, "{proven}");
    }
}

#[test]
fn a_code_that_was_sent_without_a_password_does_not_serve_behind_one() {
    let mut ann = Person::new(false);
    let (first, _) = ann.asks(0, false).unwrap();
    ann.proven = true;
    assert!(ann.asks(1, false).is_ok_and(|(number, sent)| sent && number > first));
}

#[test]
fn numbers_never_come_back_whatever_the_clock_does() {
    let mut ann = Person::new(true);
    let (first, _) = ann.asks(1_000, false).unwrap();
    ann.last().unsent = true;
    let (second, sent) = ann.asks(-5_000, false).unwrap();
    assert!(sent && second > first);
}

#[test]
fn the_life_of_a_code_is_1_to_15_minutes() {
    for (minutes, good) in [(0, false), (1, true), (5, true), (15, true), (16, false), (-1, false)] {
        assert_eq!(Limits::lasting(minutes).is_ok(), good, "{minutes}");
    }
    assert_eq!(Limits::lasting(7).unwrap().life, SignedDuration::from_mins(7));
    assert_eq!(Limits::default().life, SignedDuration::from_mins(5));
}

#[test]
fn a_code_is_asked_of_the_roles_that_a_member_has_now() {
    let mut tenant = tenant();
    tenant.policy.chain = Chain::PasswordAndCode { of: Some(Roles::parse(["admin"]).unwrap()) };
    let own = ClientKind::Tenant(tenant.id.clone());
    let asked = |row: Option<Membership>| asks(Some(&own), Some(&tenant), row.as_ref());
    let with = |role, status| {
        asked(Some(Membership { roles: Roles::parse([role]).unwrap(), ..row(status, given_by_domain()) }))
    };
    assert_eq!(with("viewer", MembershipStatus::Active), Ok(Asks::Password));
    assert_eq!(with("admin", MembershipStatus::Active), Ok(Asks::PasswordAndCode));
    // Of whom no roles are known, who may be about to get any, everything is asked.
    assert_eq!(with("viewer", MembershipStatus::Removed), Ok(Asks::PasswordAndCode));
    assert_eq!(asked(None), Ok(Asks::PasswordAndCode));
}
