//! Bytes that are an event: text as it is, or a fixture's event with some of its places changed, in the world of that or of another fixture.
//!
//! What begins with `{` is the event's text. Anything else is a list of records with [`END`] between them. The first one chooses the world and
//! the event, every further one changes a place: which place, how, and with what.

use std::collections::BTreeSet;

use lambda::{Event, RawValue};
use serde_json::{Map, Value, json};

use super::ring::{Ring, number};
use crate::campaign::mutations::{self, Kind};
use crate::fixture::Fixture;

/// Ends a record: a byte that no UTF-8 has.
pub(super) const END: u8 = 0xff;
/// Ends a text in a list of texts: another one.
const NEXT: u8 = 0xfe;

/// Ways to write a text twice, deep, long, or not at all: done last, since a [`Value`] cannot hold them.
const LAST: [Kind; 4] = [Kind::DoubleBefore, Kind::DoubleAfter, Kind::Deep, Kind::Huge];
/// What Cognito calls the steps of a session.
const STEPS: [&str; 11] = [
    "SRP_A",
    "PASSWORD_VERIFIER",
    "CUSTOM_CHALLENGE",
    "NEW_PASSWORD_REQUIRED",
    "SMS_MFA",
    "SOFTWARE_TOKEN_MFA",
    "EMAIL_OTP",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
    "ADMIN_NO_SRP_AUTH",
    "",
];

/// The fixtures of a trigger, taken apart.
#[derive(Debug)]
pub(super) struct Scenes {
    all: Vec<Scene>,
    by_name: Ring<usize>,
    /// Every place that any event of the trigger has.
    places: Ring<Vec<String>>,
}

#[derive(Debug)]
struct Scene {
    event: Value,
    /// The names in its world and the texts of both: whom one could also mean.
    words: Ring<String>,
    /// The app clients that its world knows.
    clients: Vec<String>,
}

/// An event to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// To the world of this fixture.
    pub(super) scene: usize,
    /// The text, which is JSON.
    pub(super) text: String,
}

impl Scenes {
    pub(super) fn of(fixtures: &[Fixture]) -> Self {
        let scenes: Vec<Scene> = fixtures.iter().map(Scene::of).collect();
        let names = fixtures.iter().enumerate().map(|(index, fixture)| (fixture.case.clone(), index));
        let places: BTreeSet<_> = scenes.iter().flat_map(|scene| mutations::places(&scene.event)).collect();
        let places = Ring::new(places.into_iter().map(|place| (place.join("."), place)));
        Self { by_name: Ring::new(names), places, all: scenes }
    }

    /// Every event as it is, in its own world; and one as text.
    pub(super) fn seeds(&self) -> Vec<Vec<u8>> {
        let text = self.all.first().map(|scene| scene.event.to_string().into_bytes());
        self.by_name.each().map(|(bytes, _)| bytes.to_vec()).chain(text).collect()
    }

    /// `None`: no JSON, which the Lambda runtime would not hand on.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Sent> {
        if bytes.starts_with(b"{") {
            let text = String::from_utf8(bytes.to_vec()).ok()?;
            let raw = RawValue::from_string(text.clone()).ok()?;
            let client = Event::read(&raw).ok().and_then(|event| event.client_id().map(str::to_owned));
            let knows = |scene: &Scene| client.as_ref().is_some_and(|client| scene.clients.contains(client));
            return Some(Sent { scene: self.all.iter().position(knows).unwrap_or(0), text });
        }
        let mut records = bytes.split(|byte| *byte == END);
        let mut first = Bytes(records.next().unwrap_or_default());
        let world = first.number();
        let scene = *self.by_name.at(world);
        let own = first.0.is_empty();
        let mut event = self.all[if own { scene } else { *self.by_name.at(first.number()) }].event.clone();
        let mut last = None;
        for record in records {
            last = self.change(&mut event, Bytes(record), &self.all[scene]).or(last);
        }
        let text = match last {
            Some((place, kind)) => mutations::mutated(&event, place, kind),
            None => event.to_string(),
        };
        Some(Sent { scene, text })
    }

    /// Changes a place, or says what is to be done with it last.
    fn change(&self, event: &mut Value, mut record: Bytes<'_>, scene: &Scene) -> Option<(&[String], Kind)> {
        let kind = usize::from(record.byte());
        let place = self.places.at(record.number());
        let before = at(event, place);
        let value = match kind % 14 {
            0 => {
                remove(event, place);
                return None;
            }
            1 => Value::Null,
            2 => json!(record.text()),
            3 => serde_json::from_slice(record.0).unwrap_or_else(|_| json!(record.text())),
            4 => json!(i64::from(record.number()) - 1_000),
            5 => json!(kind / 14 % 2 == 0),
            6 => json!(record.0.split(|byte| *byte == NEXT).map(String::from_utf8_lossy).collect::<Vec<_>>()),
            // Somebody else's value, from the world or from another event.
            7 => json!(scene.words.at(record.number())),
            8 => match at(&self.all[*self.by_name.at(record.number())].event, place) {
                Some(value) => value.clone(),
                None => return None,
            },
            9 => match at(event, self.places.at(record.number())) {
                Some(value) => value.clone(),
                None => return None,
            },
            10 => json!(format!("{}{}", words(before), record.text())),
            11 => json!(swapped(&words(before))),
            12 => {
                let steps = record.0.iter().map(|byte| step(usize::from(*byte))).collect();
                set(event, &["request".to_owned(), "session".to_owned()], steps);
                return None;
            }
            _ => return Some((place, LAST[kind / 14 % LAST.len()])),
        };
        set(event, place, value);
        None
    }
}

impl Scene {
    fn of(fixture: &Fixture) -> Self {
        let (event, world) = (fixture.event(), fixture.read("world.json"));
        let mut words = BTreeSet::from(["true".to_owned(), "false".to_owned(), String::new()]);
        gather(&world, &mut words);
        gather(&event, &mut words);
        let clients = world["clients"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
        Self { words: Ring::new(words.into_iter().map(|word| (word.clone(), word))), clients, event }
    }
}

/// Every text in a value, and in the world the names of things.
fn gather(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(words.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|value| gather(value, words)),
        Value::Object(members) => {
            for (name, value) in members {
                words.insert(name.clone());
                gather(value, words);
            }
        }
        _ => {}
    }
}

fn at<'a>(event: &'a Value, place: &[String]) -> Option<&'a Value> {
    place.iter().try_fold(event, |value, name| value.get(name))
}

/// Makes the place if it is not there.
fn set(event: &mut Value, place: &[String], value: Value) {
    let mut slot = event;
    for name in place {
        if !slot.is_object() {
            *slot = json!({});
        }
        slot = &mut slot[name.as_str()];
    }
    *slot = value;
}

fn remove(event: &mut Value, place: &[String]) {
    let Some((name, parents)) = place.split_last() else { return };
    let parent = parents.iter().try_fold(event, |value, name| value.get_mut(name));
    if let Some(members) = parent.and_then(Value::as_object_mut) {
        members.remove(name);
    }
}

fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// In the other case.
fn swapped(text: &str) -> String {
    let swap = |letter: char| {
        if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}

fn step(number: usize) -> Value {
    let result = [json!(true), json!(false), Value::Null, json!("true")];
    json!({
        "challengeName": STEPS[number % STEPS.len()],
        "challengeResult": result[number / STEPS.len() % result.len()],
        "challengeMetadata": null,
    })
}

/// What is left of a record. Past its end it is zeros.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u32 {
        number([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenes() -> (Vec<Fixture>, Scenes) {
        let fixtures: Vec<_> = Fixture::all().into_iter().filter(|it| it.trigger == "pre-sign-up").collect();
        let scenes = Scenes::of(&fixtures);
        (fixtures, scenes)
    }

    #[test]
    fn a_seed_is_a_fixture_as_it_is() {
        let (fixtures, scenes) = scenes();
        let mut seen = BTreeSet::new();
        for seed in scenes.seeds().iter().filter(|seed| !seed.starts_with(b"{")) {
            let sent = scenes.read(seed).unwrap();
            assert_eq!(sent.text, fixtures[sent.scene].event().to_string());
            seen.insert(sent.scene);
        }
        assert_eq!(seen.len(), fixtures.len());
    }

    #[test]
    fn a_record_changes_the_place_that_it_chooses() {
        let (_, scenes) = scenes();
        let head = scenes.seeds()[0].clone();
        let way = ["request", "userAttributes", "email"].map(str::to_owned);
        let place = scenes.places.each().find(|(_, place)| **place == way).unwrap().0;
        let email = |kind: u8, rest: &[u8]| {
            let record: Vec<u8> = [&head[..], &[END, kind], &place, rest].concat();
            scenes.read(&record).unwrap().text
        };
        for (kind, rest, said) in [
            (1, &b""[..], "\"email\":null"),
            (2, b"x@y.example", "\"email\":\"x@y.example\""),
            (3, b"{\"a\":[1]}", "\"email\":{\"a\":[1]}"),
            (6, b"a\xfeb", "\"email\":[\"a\",\"b\"]"),
            (13, b"", "\"email\":\"something else\""),
        ] {
            let text = email(kind, rest);
            assert!(text.contains(said), "{text}");
        }
        assert!(!email(0, b"").contains("\"email\":"));
        let session = [&head[..], &[END, 12, 0, 0, 0, 0, 0, 13]].concat();
        let session: Value = serde_json::from_str(&scenes.read(&session).unwrap().text).unwrap();
        assert_eq!(session["request"]["session"][1]["challengeName"], "CUSTOM_CHALLENGE");
        assert_eq!(session["request"]["session"][1]["challengeResult"], false);
    }

    #[test]
    fn a_text_is_sent_as_it_is_if_it_is_json() {
        let (_, scenes) = scenes();
        assert_eq!(scenes.read(b"{\"a\":1e999}").unwrap().text, "{\"a\":1e999}");
        assert_eq!(scenes.read(b"{\"a\":"), None);
    }
}
