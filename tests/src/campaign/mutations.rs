//! Mutations: every place of every fixture's event, made missing, null, of another type, empty, huge, deep or double. Whatever comes, a
//! trigger answers in the closed list's words or with the event as it came, its `response` decided.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Dice, Effort, Failed, Tally, caught};
use crate::fixture::Fixture;
use crate::{Engine, World};

/// Cognito lets an attribute have so many characters.
const HUGE: usize = 2_048;
/// Lambda lets an event have so many bytes.
const LARGEST: usize = 6 * 1_024 * 1_024;
/// Deeper than any event, and deeper than a parser that recurses likes.
const DEEP: usize = 512;

/// What is done to one place of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not there.
    Missing,
    /// It is `null`.
    Null,
    /// It is another JSON type: number, boolean, text, list, object.
    Type(u8),
    /// It is an empty text, list or object.
    Empty(u8),
    /// It is a text of 2,048 characters.
    Huge,
    /// It is a list in a list in a list, 512 times.
    Deep,
    /// It is there twice, first as something else.
    DoubleBefore,
    /// It is there twice, then as something else.
    DoubleAfter,
    /// It is a text that makes the event as large as Lambda takes it.
    Largest,
}

const TYPES: [&str; 5] = ["7", "true", "\"text\"", "[1]", "{\"a\":1}"];
const EMPTY: [&str; 3] = ["\"\"", "[]", "{}"];

impl Kind {
    /// Every kind but the largest, which takes a while.
    const ALL: [Self; 14] = [
        Self::Missing,
        Self::Null,
        Self::Type(0),
        Self::Type(1),
        Self::Type(2),
        Self::Type(3),
        Self::Type(4),
        Self::Empty(0),
        Self::Empty(1),
        Self::Empty(2),
        Self::Huge,
        Self::Deep,
        Self::DoubleBefore,
        Self::DoubleAfter,
    ];

    /// The name in a line that replays.
    fn name(self) -> String {
        format!("{self:?}")
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Largest]).find(|kind| kind.name() == name)
    }

    /// The member `name` as JSON text, its colon included; nothing if it is left out.
    fn member(self, name: &str, value: &Value) -> Option<String> {
        let name = json!(name);
        let text = match self {
            Self::Missing => return None,
            Self::Null => "null".to_owned(),
            Self::Type(which) => TYPES[usize::from(which)].to_owned(),
            Self::Empty(which) => EMPTY[usize::from(which)].to_owned(),
            Self::Huge => format!("\"{}\"", "a".repeat(HUGE)),
            Self::Deep => format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
            Self::DoubleBefore => format!("\"something else\",{name}:{value}"),
            Self::DoubleAfter => format!("{value},{name}:\"something else\""),
            Self::Largest => format!("\"{}\"", "a".repeat(LARGEST)),
        };
        Some(format!("{name}:{text}"))
    }
}

/// Every place of an event: the names on the way to it.
pub(crate) fn places(event: &Value) -> Vec<Vec<String>> {
    fn walk(value: &Value, way: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            way.push(name.clone());
            found.push(way.clone());
            walk(inner, way, found);
            way.pop();
        }
    }
    let mut found = Vec::new();
    walk(event, &mut Vec::new(), &mut found);
    found
}

/// The event as text, with something done to one place.
pub(crate) fn mutated(value: &Value, way: &[String], kind: Kind) -> String {
    let (Some(object), Some((next, rest))) = (value.as_object(), way.split_first()) else { return value.to_string() };
    let members: Vec<_> = object.iter().filter_map(|(name, inner)| member(name, inner, next, rest, kind)).collect();
    format!("{{{}}}", members.join(","))
}

fn member(name: &str, inner: &Value, next: &str, rest: &[String], kind: Kind) -> Option<String> {
    if name != next {
        return Some(format!("{}:{inner}", json!(name)));
    }
    if rest.is_empty() {
        return kind.member(name, inner);
    }
    Some(format!("{}:{}", json!(name), mutated(inner, rest, kind)))
}

/// One thing done to one place of one fixture.
struct Case {
    fixture: usize,
    way: Vec<String>,
    kind: Kind,
}

impl Case {
    fn line(&self, fixtures: &[Fixture]) -> String {
        let Fixture { trigger, case, .. } = &fixtures[self.fixture];
        format!("{trigger}/{case} {} {}", self.way.join("."), self.kind.name())
    }

    /// As [`Case::line`] wrote it. A name on the way may hold a dot, so the way is looked up.
    fn parse(line: &str, fixtures: &[Fixture]) -> Option<Self> {
        let (fixture, rest) = line.split_once(' ')?;
        let (way, kind) = rest.rsplit_once(' ')?;
        let fixture = fixtures.iter().position(|it| format!("{}/{}", it.trigger, it.case) == fixture)?;
        let way = places(&fixtures[fixture].event()).into_iter().find(|place| place.join(".") == way)?;
        Some(Self { fixture, way, kind: Kind::parse(kind)? })
    }

    /// The kit checks what every answer has to be: a refusal is one of the closed list, and a reply is the event but for its `response`.
    async fn check(&self, world: &World, fixtures: &[Fixture]) -> Result<&'static str, String> {
        let fixture = &fixtures[self.fixture];
        let text = mutated(&fixture.event(), &self.way, self.kind);
        let answer = caught(world.ask_text(&fixture.trigger, &text)).await?;
        Ok(if answer.result.is_ok() { "answered with the event" } else { "refused in a sentence of the list" })
    }
}

/// Every kind at every place of every fixture. The slice of the tests takes a few of each fixture, and the largest at one place of each trigger.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(everywhere(effort))
}

async fn everywhere(effort: &Effort) -> Result<Tally, Failed> {
    let fixtures = Fixture::all();
    let engine = Engine::in_process().await;
    let mut tally = Tally::new();
    if let Some(line) = &effort.only {
        let case = Case::parse(line, &fixtures).ok_or_else(|| Failed::new("no such place", line))?;
        let world = world(&fixtures[case.fixture], &engine).await;
        attempt(&case, &world, &fixtures, &mut tally).await?;
        return Ok(tally);
    }
    let mut dice = Dice::new(effort.seed);
    let mut large = BTreeSet::new();
    for index in 0..fixtures.len() {
        let fixture = &fixtures[index];
        let world = world(fixture, &engine).await;
        tally.one("fixtures");
        for way in places(&fixture.event()) {
            let largest = !effort.is_slice() || (way.len() > 2 && large.insert(fixture.trigger.clone()));
            let kinds = Kind::ALL.into_iter().filter(|_| !effort.is_slice() || dice.one_in(SLICE));
            for kind in kinds.chain(largest.then_some(Kind::Largest)) {
                let case = Case { fixture: index, way: way.clone(), kind };
                attempt(&case, &world, &fixtures, &mut tally).await?;
            }
            if effort.is_over() {
                return Ok(tally);
            }
        }
    }
    Ok(tally)
}

/// The slice of the tests takes one of so many.
const SLICE: usize = 14;

async fn world(fixture: &Fixture, engine: &Engine) -> World {
    fixture.world().build(engine, || Some(*b"a fixture's bits")).await
}

async fn attempt(case: &Case, world: &World, fixtures: &[Fixture], tally: &mut Tally) -> Result<(), Failed> {
    let answered = case.check(world, fixtures).await.map_err(|what| Failed::new(what, case.line(fixtures)))?;
    tally.one("mutations");
    tally.one(answered);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_valid_json_and_says_what_its_name_says() {
        let event =
            json!({ "version": "1", "request": { "userAttributes": { "sub": "ann", "email": "ann@acme.example" } } });
        let ways = places(&event);
        assert_eq!(ways.len(), 5);
        let way = ways.iter().find(|way| way.last().is_some_and(|name| name == "email")).unwrap();
        for kind in Kind::ALL {
            let text = mutated(&event, way, kind);
            let members = text.matches("\"email\":").count();
            let expected = match kind {
                Kind::Missing => 0,
                Kind::DoubleBefore | Kind::DoubleAfter => 2,
                _ => 1,
            };
            assert_eq!(members, expected, "{text}");
            assert!(kind == Kind::Deep || serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            assert_eq!(Kind::parse(&kind.name()), Some(kind));
        }
        assert!(mutated(&event, way, Kind::Deep).contains(&"[".repeat(DEEP)));
    }
}
