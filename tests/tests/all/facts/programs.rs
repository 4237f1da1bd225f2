//! The triggers' real programs, started with one variable less each time: what they cannot do without.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use laptop::TRIGGERS;
use serde_json::{Value, json};
use tests::Engine;
use user_pool::functions::Functions;
use user_pool::{Clock, Random, Sink};

use super::{quoted, text};
use crate::journeys::{program, world};

/// The variables that a trigger's program reads.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) required: Vec<String>,
    pub(super) optional: Vec<String>,
}

/// A local Lambda for the programs.
pub(super) struct Lambda(Functions);

impl Lambda {
    pub(super) async fn start() -> Self {
        let world = world();
        let (clock, random) = (Clock::new(world.now), Random::new(world.random));
        Self(Functions::start(clock, random, Sink::silent()).await.unwrap())
    }

    /// Starts a trigger's program with this environment, sends one event, and says what came back and what it logged.
    pub(super) async fn say(&self, trigger: &str, environment: &[(String, String)], event: &Value) -> (Value, String) {
        self.0.add(trigger, program(trigger), environment.to_vec());
        let url = format!("{}/2015-03-31/functions/{trigger}/invocations", self.0.url());
        let request = Request::post(url).body(Full::new(Bytes::from(event.to_string()))).unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let body = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        let answer = serde_json::from_slice(&body).unwrap();
        // The line is written before the answer, into a pipe that somebody else reads.
        for _ in 0..200 {
            if let [line] = self.0.logs(trigger).as_slice() {
                return (answer, line.clone());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{trigger} wrote not one line, but {:?}", self.0.logs(trigger))
    }

    pub(super) async fn stop(self) {
        self.0.shutdown().await;
    }
}

/// Where the table and the mail are. Lambda itself sets Region and keys.
pub(super) fn places(engine: &Engine) -> Vec<(String, String)> {
    let places = [("AWS_ENDPOINT_URL_DYNAMODB", engine.endpoint()), ("AWS_ENDPOINT_URL_SESV2", engine.post().url())];
    places.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// A value that a program takes for each variable.
pub(super) fn value(name: &str) -> &'static str {
    match name {
        "TENANTRY_LOG" => "info",
        "TENANTRY_CLAIMS" => r#"{"roles":"userRoles"}"#,
        "TENANTRY_CODE_KEY" | "TENANTRY_CODE_KEY_PREVIOUS" => "ZmFjdHMtZmFjdHMtZmFjdHMtZmFjdHMtZmFjdHMtMTI=",
        "TENANTRY_CODE_MINUTES" => "5",
        "TENANTRY_MAIL_FROM" | "TENANTRY_MAIL_NOWHERE" => "no-reply@acme.example",
        "TENANTRY_TABLE" | "TENANTRY_MAIL_CONFIGURATION_SET" => "tenantry",
        other => panic!("{other}: say here what stands in it"),
    }
}

/// The variables that each trigger reads, told apart by what its program does without them.
pub(super) async fn try_out(engine: &Engine) -> BTreeMap<&'static str, Variables> {
    // The table's default name.
    store::definition::create(&engine.connect("tenantry")).await.unwrap();
    let lambda = Lambda::start().await;
    let words = tempfile::tempdir().unwrap();
    for (file, word) in [("subject.txt", "Your code"), ("body.txt", "{code}")] {
        std::fs::write(words.path().join(file), word).unwrap();
    }
    let value = |name: &str| match name {
        "TENANTRY_MAIL_TEMPLATES" => words.path().to_str().unwrap().to_owned(),
        other => value(other).to_owned(),
    };
    let event = json!({ "version": "1", "triggerSource": "Nobody_Knows", "request": {}, "response": {} });
    let mut all = BTreeMap::new();
    for (trigger, names) in read_by_triggers() {
        let environment = |names: &[String]| -> Vec<(String, String)> {
            names.iter().map(|name| (name.clone(), value(name))).chain(places(engine)).collect()
        };
        let (mut required, mut optional) = (vec![], vec![]);
        for name in &names {
            let others: Vec<String> = names.iter().filter(|other| *other != name).cloned().collect();
            let (answer, line) = lambda.say(trigger, &environment(&others), &event).await;
            if line.contains(&format!("{name} is not set.")) {
                assert!(line.contains(r#""decision":"broken""#), "{trigger} without {name}: {line}");
                assert!(!answer.to_string().contains(name.as_str()), "people do not read of {name}: {answer}");
                required.push(name.clone());
            } else {
                assert!(!line.contains(r#""message":"broken""#), "{trigger} without {name}: {line}");
                optional.push(name.clone());
            }
        }
        let (_, line) = lambda.say(trigger, &environment(&required), &event).await;
        assert!(!line.contains(r#""message":"broken""#), "{trigger} with {required:?} alone: {line}");
        all.insert(trigger, Variables { required, optional });
    }
    lambda.stop().await;
    all
}

const ENVIRONMENT: &str = "common/lambda/src/environment.rs";

/// What each `main.rs` takes from the environment, by what the documents of the fields say.
fn read_by_triggers() -> Vec<(&'static str, Vec<String>)> {
    let fields = fields();
    let read_by = |trigger: &str| {
        let main = text(&format!("triggers/{trigger}/src/main.rs"));
        let (_, taken) = main.split_once("let Environment {").expect("main.rs takes the environment apart");
        let taken: Vec<&str> = taken.split('}').next().unwrap().split(',').map(str::trim).collect();
        let reads = |field: &str| {
            // Before there is a trigger, `lambda::run` starts the log.
            field == "log_level" || taken.contains(&field) || main.contains(&format!("challenge.{field}"))
        };
        let mut names: Vec<String> =
            fields.iter().filter(|(field, _)| reads(field)).flat_map(|(_, names)| names.clone()).collect();
        names.sort();
        names
    };
    TRIGGERS.map(|trigger| (trigger, read_by(trigger))).to_vec()
}

/// The public fields and functions of the settings, with the variables that their documents name.
fn fields() -> Vec<(String, Vec<String>)> {
    let source = text(ENVIRONMENT);
    let (mut documents, mut fields) = (String::new(), vec![]);
    for line in source.lines().map(str::trim) {
        if let Some(document) = line.strip_prefix("///") {
            documents.push_str(document);
            continue;
        }
        let names: Vec<String> =
            quoted(&documents).filter(|name| name.starts_with("TENANTRY_")).map(str::to_owned).collect();
        let field = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub "));
        if let Some(field) = field.filter(|_| !names.is_empty()) {
            fields.push((field.split([':', '(']).next().unwrap().to_owned(), names));
        }
        documents.clear();
    }
    fields
}

#[test]
fn every_variable_of_ours_is_read_by_a_trigger_and_explained_to_operators() {
    let read: BTreeSet<String> = read_by_triggers().into_iter().flat_map(|(_, names)| names).collect();
    let code = text(ENVIRONMENT);
    let code = code.split("#[cfg(test)]").next().unwrap();
    let known: BTreeSet<String> = code.split('"').filter(|word| is_name(word)).map(str::to_owned).collect();
    assert_eq!(read, known, "what the triggers take, and what the environment is asked for");
    let operating = text("docs/operating.md");
    let explained: BTreeSet<String> = operating
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split('|').next())
        .flat_map(|cell| quoted(cell).filter(|word| is_name(word)).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(read, explained, "what the triggers take, and the table in docs/operating.md");
}

fn is_name(word: &str) -> bool {
    word.starts_with("TENANTRY_") && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
