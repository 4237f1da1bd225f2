//! What is measured: our triggers, each with the events of a day like any other, and the peers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use domain::challenge::Recipient;
use domain::{Client, Email, Person};
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tests::description::Description;
use tests::event::PASSWORD;
use tests::{Event, nouns};

use crate::process::Launch;

/// Whose it is. Peers go by their own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of our triggers.
    Ours,
    /// Somebody else's way.
    Peer,
    /// The runtime alone.
    Floor,
}

/// One row of the report.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: Kind,
    /// How it is started; what says where AWS is comes later.
    pub(crate) launch: Launch,
    /// The variable that names the file of the run's root.
    pub(crate) trust: Option<String>,
    pub(crate) holds: Holds,
    /// The first is a process's first one; the others come in turn.
    pub(crate) events: Vec<Bytes>,
    /// What an answer says, by JSON pointers.
    pub(crate) says: Vec<(String, Value)>,
    /// Calls and serial round trips: of a process's first invocation, and of the others.
    pub(crate) counts: Option<Counts>,
    pub(crate) program: PathBuf,
    /// Its zip's name in the folder of zips, without the ending.
    pub(crate) zip: String,
}

/// What a subject's table holds.
#[derive(Debug, Clone)]
pub(crate) enum Holds {
    /// Tenantry's table, in the words of `tests`.
    World(Value),
    /// A table of keys `pk` and `sk`.
    Rows(Vec<Value>),
    /// No table.
    Nothing,
}

/// What is counted of one invocation of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls and serial round trips of the first.
    pub(crate) first: (usize, usize),
    /// Of every further one.
    pub(crate) warm: (usize, usize),
}

/// As long as those that Cognito gives.
const CLIENT: &str = "1h57kf5cpq17m0eml12example";
const PEOPLE: usize = 4;
/// How long before the run the codes were sent, in seconds.
const CODE_AGE: i64 = 10;

/// The function of the row that the peers are held against.
pub(crate) const TOKEN: &str = "pre-token-generation";

struct Trigger<'a> {
    program: &'a str,
    /// Which of its events this row is about, if there are several.
    of: &'a str,
    title: &'a str,
    world: Value,
    event: &'a dyn Fn(&str, &str) -> Event,
    says: (&'a str, Value),
    counts: Counts,
}

/// Our triggers; `now` is the moment of the run, for what ages.
pub(crate) fn ours(programs: &Path, memory_mb: u32, now: Timestamp) -> Result<Vec<Subject>, String> {
    let now = Timestamp::from_second(now.as_second()).map_err(|error| error.to_string())?;
    let members: Vec<Value> = (0..PEOPLE)
        .map(|at| {
            let name = name(at);
            let (sub, address) = (nouns::sub(&name).to_string(), address(&name));
            json!({ "sub": sub, "tenant": "acme", "member_id": letters(at), "address": address, "roles": ["admin", "billing"] })
        })
        .collect();
    let codes: Vec<Value> = (0..PEOPLE)
        .map(|at| json!({ "sub": nouns::sub(&name(at)).to_string(), "client": CLIENT, "age": CODE_AGE }))
        .collect();
    let place = |chain: &str, members: &[Value], codes: &[Value]| {
        json!({
            "now": now.to_string(),
            "tenants": { "acme": { "chain": chain } },
            "clients": { CLIENT: { "tenant": "acme" }, "robot": { "tenant": "acme", "machine_roles": ["viewer"] } },
            "domains": { "acme.example": { "tenant": "acme" } },
            "members": members,
            "codes": codes,
        })
    };
    let strangers = place("password", &[], &[]);
    let people = place("password", &members, &[]);
    let chained = place("password_and_code", &members, &[]);
    let with_codes = place("password_and_code", &members, &codes);
    let claim = "/response/claimsAndScopeOverrideDetails/accessTokenGeneration/claimsToAddOrOverride/tenant_slug";
    let counts = |first, warm| Counts { first, warm };
    let verify = |name: &str, address: &str| right_answer(name, address, now);
    let triggers = [
        Trigger {
            program: TOKEN,
            of: "",
            title: "pre token generation",
            world: people.clone(),
            event: &|name, address| Event::token(CLIENT, name, address),
            says: (claim, json!("acme")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: TOKEN,
            of: "refresh",
            title: "pre token generation, refresh",
            world: people.clone(),
            event: &|name, address| Event::refresh(CLIENT, name, address),
            says: (claim, json!("acme")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: TOKEN,
            of: "v1",
            title: "pre token generation, V1",
            world: people.clone(),
            event: &|name, address| Event::token(CLIENT, name, address).version("1"),
            says: ("/response/claimsOverrideDetails/claimsToAddOrOverride/tenant_slug", json!("acme")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: TOKEN,
            of: "v3",
            title: "pre token generation, V3",
            world: people.clone(),
            event: &|name, address| Event::token(CLIENT, name, address).version("3"),
            says: (claim, json!("acme")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: TOKEN,
            of: "machine",
            title: "pre token generation, a machine",
            world: people,
            event: &|_, _| Event::machine("robot"),
            says: (claim, json!("acme")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: "pre-sign-up",
            of: "",
            title: "pre sign-up, by domain",
            world: strangers.clone(),
            event: &|name, address| Event::sign_up(CLIENT, name, address),
            says: ("/response/autoConfirmUser", json!(false)),
            counts: counts((2, 2), (2, 2)),
        },
        Trigger {
            program: "post-confirmation",
            of: "",
            title: "post confirmation, by domain",
            world: strangers,
            event: &|name, address| Event::confirmed(CLIENT, name, address),
            says: ("/response", json!({})),
            counts: counts((3, 3), (2, 2)),
        },
        Trigger {
            program: "define-auth-challenge",
            of: "",
            title: "define auth challenge",
            world: chained.clone(),
            event: &|name, address| Event::define(CLIENT, name, address, PASSWORD),
            says: ("/response/challengeName", json!("CUSTOM_CHALLENGE")),
            counts: counts((2, 2), (1, 1)),
        },
        Trigger {
            program: "create-auth-challenge",
            of: "",
            title: "create auth challenge, with a mail",
            world: chained,
            event: &|name, address| Event::create(CLIENT, name, address, PASSWORD),
            says: ("/response/publicChallengeParameters/destination", json!("p***@a***.example")),
            counts: counts((4, 4), (3, 3)),
        },
        Trigger {
            program: "verify-auth-challenge",
            of: "",
            title: "verify auth challenge, a right answer",
            world: with_codes,
            event: &verify,
            says: ("/response/answerCorrect", json!(true)),
            counts: counts((2, 2), (2, 2)),
        },
    ];
    triggers.into_iter().map(|trigger| subject(trigger, programs, memory_mb)).collect()
}

fn subject(trigger: Trigger<'_>, programs: &Path, memory_mb: u32) -> Result<Subject, String> {
    let Trigger { program: name, of, title, world, event, says: (pointer, value), counts } = trigger;
    let program = programs.join(name);
    if !program.is_file() {
        return Err(format!("{} is not there: `cargo xtask bench` builds it", program.display()));
    }
    let events = (0..PEOPLE).map(|at| {
        let name = self::name(at);
        Bytes::from(event(&name, &address(&name)).0.to_string())
    });
    let environment = [
        ("TENANTRY_MAIL_FROM", "Acme <no-reply@acme.example>"),
        // The one of the tests: it is no secret.
        ("TENANTRY_CODE_KEY", "dGVzdHMgYXJlIG5vIHBsYWNlIGZvciBhIHNlY3JldCE="),
    ];
    Ok(Subject {
        name: if of.is_empty() { name.to_owned() } else { format!("{name}-{of}") },
        title: title.to_owned(),
        kind: Kind::Ours,
        launch: Launch {
            name: name.to_owned(),
            command: vec![OsString::from(&program)],
            folder: programs.to_path_buf(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.into())).into(),
            memory_mb,
        },
        trust: Some("AWS_CA_BUNDLE".to_owned()),
        holds: Holds::World(world),
        events: events.collect(),
        says: vec![(pointer.to_owned(), value)],
        counts: Some(counts),
        program,
        zip: name.to_owned(),
    })
}

/// The code that this person's mailbox was sent, typed at once.
fn right_answer(name: &str, address: &str, now: Timestamp) -> Event {
    let number = (now.as_millisecond() - CODE_AGE * 1_000).unsigned_abs();
    let client = Client { pool: nouns::pool(), id: nouns::parse(CLIENT) };
    let person: Person = nouns::person(name);
    let address: Email = nouns::email(address);
    let recipient = Recipient::new(&person, &client, Some(&address));
    let code = tests::world::code_keys().code(&recipient, number).reveal();
    let ticket = "0123456789abcdef0123456789abcdef";
    let created = json!({ "privateChallengeParameters": { "issue": number.to_string(), "ticket": ticket } });
    Event::verify(CLIENT, name, address.as_ref(), &created, &code)
}

fn name(at: usize) -> String {
    format!("p{at}")
}

fn address(name: &str) -> String {
    format!("{name}@acme.example")
}

/// A name of letters alone.
fn letters(at: usize) -> String {
    "p".repeat(at + 1)
}

/// The words of a world, read.
pub(crate) fn description(world: &Value) -> Result<Description, String> {
    serde_json::from_value(world.clone()).map_err(|error| format!("a world of the bench: {error}"))
}
