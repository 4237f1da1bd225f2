//! The lines that the programs write, for the metric filters that count them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::Engine;
use tests::fixture::Fixture;

use super::programs::{Lambda, places, value};
use super::text;

/// A line of every kind, and one of every trigger that answered: trigger, fixture.
const ASKED: [(&str, &str); 10] = [
    ("pre-sign-up", "domain"),
    ("post-confirmation", "domain"),
    ("pre-token-generation", "v2-member"),
    ("define-auth-challenge", "and-code-begins"),
    ("create-auth-challenge", "and-code-new"),
    ("verify-auth-challenge", "wrong"),
    // Refused; refused in observe mode; refused where it comes too late; enrolled late.
    ("pre-token-generation", "client-unknown"),
    ("pre-token-generation", "observe-refused"),
    ("post-confirmation", "client-unknown"),
    ("pre-token-generation", "late-domain"),
];

pub(super) async fn facts(engine: &Engine) -> Value {
    let lambda = Lambda::start().await;
    let mut samples = vec![];
    for (trigger, case) in ASKED {
        let fixture = Fixture::all().into_iter().find(|fixture| fixture.trigger == trigger && fixture.case == case);
        let fixture = fixture.unwrap_or_else(|| panic!("{trigger}/{case}"));
        let world = fixture.world().build(engine, || Some(*b"a fixture's bits")).await;
        let environment = environment(engine, world.table().name());
        samples.push(lambda.say(trigger, &environment, &fixture.event()).await.1);
        if case == "v2-member" {
            // Broken, in both ways: the table is not there; the program was not told its settings. And an event that is none.
            let mut nowhere = environment.clone();
            nowhere.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), "http://127.0.0.1:1".to_owned()));
            samples.push(lambda.say(trigger, &nowhere, &fixture.event()).await.1);
            samples.push(lambda.say("verify-auth-challenge", &places(engine), &fixture.event()).await.1);
            samples.push(lambda.say(trigger, &environment, &json!([])).await.1);
        }
    }
    lambda.stop().await;
    let samples: Vec<Value> = samples.iter().map(|line| settled(line)).collect();
    let fields: BTreeSet<&String> = samples.iter().flat_map(|line| line.as_object().unwrap().keys()).collect();
    let messages: BTreeSet<&str> = samples.iter().filter_map(|line| line["message"].as_str()).collect();
    let operating = text("docs/operating.md");
    let (_, chapter) = operating.split_once("## The log").expect("a chapter");
    let chapter = chapter.split("\n## ").next().unwrap();
    for field in &fields {
        assert!(
            chapter.contains(&format!("\"{field}\":")) || chapter.contains(&format!("`{field}`")),
            "docs/operating.md, The log, says nothing of {field}"
        );
    }
    json!({ "fields": fields, "messages": messages, "samples": samples })
}

fn environment(engine: &Engine, table: &str) -> Vec<(String, String)> {
    let mut environment = places(engine);
    for name in ["TENANTRY_CODE_KEY", "TENANTRY_MAIL_FROM"] {
        environment.push((name.to_owned(), value(name).to_owned()));
    }
    environment.push(("TENANTRY_TABLE".to_owned(), table.to_owned()));
    environment
}

/// The line, with what differs from run to run and from system to system made the same.
fn settled(line: &str) -> Value {
    let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    assert!(line["ms"].is_u64(), "{line}");
    line["ms"] = json!(4);
    let broken = line["cause"].as_str().map(|cause| cause.split(": dispatch failure").next().unwrap().to_owned());
    if let Some(cause) = broken {
        line["cause"] = json!(cause);
        // How often it was tried again.
        if line["calls"].is_u64() {
            line["calls"] = json!(1);
        }
    }
    line
}
