//! Oracles: what somebody outside could learn from two answers. Who exists, who is invited, who is a member: the answers to those who
//! must not learn it are the same to the byte, and so are the calls that were made for them, one by one. What a clock could tell is
//! measured when there is time for it, and judged where decisions alone are timed.

mod cases;
mod clock;

use serde_json::{Map, Value, json};

use self::cases::{Case, Group};
use super::{Effort, Failed, Tally};
use crate::proxy::script::{Passed, Script};
use crate::world::counted;
use crate::{Answer, Engine, World};

pub use clock::{BOUND, EACH, Sampled, found_or_not};

/// Compares all groups; with time given, it looks at a clock too. A line is the name of a group, or `clock`.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    let only = effort.only.as_deref();
    for group in cases::groups().iter().filter(|group| only.is_none_or(|only| only == group.name)) {
        tally.merge(&compare(group)?);
    }
    if only == Some("clock") || (only.is_none() && !effort.is_slice()) {
        clock::judge(effort, &mut tally)?;
    }
    Ok(tally)
}

/// The names of the groups.
pub fn groups() -> Vec<&'static str> {
    cases::groups().iter().map(|group| group.name).collect()
}

/// Compares one group, by name.
pub fn one(name: &str) -> Result<Tally, Failed> {
    let groups = cases::groups();
    let group = groups.iter().find(|group| group.name == name);
    compare(group.ok_or_else(|| Failed::new("there is no such group", name))?)
}

/// Everything about an answer that somebody outside, or a clock beside the store, could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outside {
    /// The reply's own part, or the refusal's code, with what is random told by its length.
    said: String,
    /// Each request to the store: its operation, and its body with what is somebody's own told by its length.
    calls: Vec<String>,
    /// How many mails were handed over.
    mails: usize,
}

fn compare(group: &Group) -> Result<Tally, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut tally = Tally::new();
        let mut first: Option<(String, Vec<Outside>)> = None;
        for warm in [false, true] {
            for case in &group.cases {
                let seen = observe(group, case, warm).await;
                tally.add("answers compared", seen.len() as u64);
                let name = format!("{} ({})", case.name, if warm { "warm" } else { "cold" });
                match &first {
                    None => first = Some((name, seen)),
                    Some((like, expected)) if *expected != seen => {
                        let what = differs(expected, &seen);
                        return Err(Failed::new(
                            format!("{}: {name} is not as {like}: {what}", group.name),
                            group.name,
                        ));
                    }
                    Some(_) => {}
                }
            }
            // What a function remembers may save a call, for everybody alike.
            first = None;
        }
        tally.one("groups of cases that look alike");
        tally.add("cases", group.cases.len() as u64);
        Ok(tally)
    })
}

/// Plays a case in a table of its own: what was answered to each of its events, and what each asked of the store.
async fn observe(group: &Group, case: &Case, warm: bool) -> Vec<Outside> {
    let engine = Engine::in_process().await;
    let world = World::on(&engine, domain::claims::NameMap::default(), counted).await;
    (group.ground)(&world).await;
    (case.ground)(&world).await;
    let script = Script::default();
    let watched = World::of_table(&engine, engine.connect_scripted(world.table().name(), &script));
    if warm {
        for event in (group.warm)() {
            watched.ask(&event).await;
        }
    }
    let mut seen = Vec::new();
    let mut before = json!({});
    for step in &case.steps {
        script.set([]);
        let mails = engine.mails().sent().len();
        let answer = watched.ask(&step(&before)).await;
        let calls = script.passed().iter().map(skeleton).collect();
        let mails = engine.mails().sent().len() - mails;
        seen.push(Outside { said: said(&answer), calls, mails });
        if let Ok(reply) = &answer.result
            && reply["response"].get("privateChallengeParameters").is_some()
        {
            before = reply["response"].clone();
        }
    }
    seen
}

/// What the caller reads, and Cognito keeps for them: parameters that are random by design are told by their length.
fn said(answer: &Answer) -> String {
    match &answer.result {
        Err(refusal) => format!("{}: {}", refusal.code(), refusal.message()),
        Ok(reply) => {
            let mut response = reply["response"].clone();
            for random in
                ["/privateChallengeParameters/ticket", "/privateChallengeParameters/issue", "/challengeMetadata"]
            {
                if let Some(value) = response.pointer_mut(random) {
                    *value = json!(value.to_string().len());
                }
            }
            response.to_string()
        }
    }
}

/// A request to the store without what is somebody's own: names, conditions and flags stay, values are told by their kind.
fn skeleton(passed: &Passed) -> String {
    format!("{} {}", passed.operation, bare(&passed.asked()))
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), kind(name, value))).collect();
            Value::Object(kept)
        }
        Value::Array(list) => list.iter().map(bare).collect(),
        other => other.clone(),
    }
}

/// Attribute values say what they are of; the SDK's own token of a request is random.
fn kind(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("S", Value::String(text)) => json!(text.split('#').next().filter(|_| text.contains('#'))),
        ("N", Value::String(_)) => json!("a number"),
        ("ClientRequestToken", _) => json!("a token"),
        _ => bare(value),
    }
}

fn differs(expected: &[Outside], seen: &[Outside]) -> String {
    for (at, (expected, seen)) in expected.iter().zip(seen).enumerate() {
        if expected.said != seen.said {
            return format!("answer {at} is\n  {}\nand not\n  {}", seen.said, expected.said);
        }
        if expected.calls != seen.calls {
            let (seen, expected) = (seen.calls.join("\n  "), expected.calls.join("\n  "));
            return format!("answer {at} took the calls\n  {seen}\nand not\n  {expected}");
        }
        if expected.mails != seen.mails {
            return format!("answer {at} sent {} mails, and not {}", seen.mails, expected.mails);
        }
    }
    format!("{} answers, and not {}", seen.len(), expected.len())
}
