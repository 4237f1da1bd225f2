//! What the templates in `cdk/` must know of the functions, measured rather than written: the table, the variables, the requests, the
//! log. `UPDATE_FACTS=1` writes `cdk/lib/facts.json`; without it the file is compared.

mod log;
mod programs;
mod registrar;
mod requests;

use std::collections::BTreeSet;
use std::fs;

use domain::Refusal;
use domain::claims::{ClaimName, Fact, LONGEST_NAME, RESERVED, TAKEN};
use laptop::TRIGGERS;
use serde_json::{Map, Value, json};
use store::keys::{INDEX, TTL};
use tests::Engine;

use self::programs::Variables;
use self::requests::Requests;
use super::journeys::{root, variable};

/// A file of the project.
fn text(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Everything between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn table() -> Value {
    let [(partition, _), (sort, _)] = store::definition::TABLE;
    let [(list, _), (list_key, _)] = store::definition::LIST;
    json!({
        "partitionKey": partition,
        "sortKey": sort,
        "timeToLive": TTL,
        "index": { "name": INDEX, "partitionKey": list, "sortKey": list_key },
    })
}

/// What a claim may be called. The letters are measured; no two claims have the same name (`NameMap`).
fn claim_rule() -> Value {
    let letters: String =
        (0..=127_u8).map(char::from).filter(|letter| letter.to_string().parse::<ClaimName>().is_ok()).collect();
    for (name, may) in [
        ("x".repeat(LONGEST_NAME), true),
        ("x".repeat(LONGEST_NAME + 1), false),
        ("ä".into(), false),
        (String::new(), false),
    ] {
        assert_eq!(name.parse::<ClaimName>().is_ok(), may, "{name}");
    }
    for name in TAKEN.iter().map(|taken| (*taken).to_owned()).chain(RESERVED.iter().map(|begin| format!("{begin}x"))) {
        assert!(name.parse::<ClaimName>().is_err(), "{name}");
    }
    json!({ "letters": letters, "longest": LONGEST_NAME, "reservedPrefixes": RESERVED, "taken": TAKEN })
}

/// The member of Cognito's `LambdaConfig`, which the sources of a trigger's events begin with.
fn slot(source: &str) -> String {
    match source.split('_').next().unwrap() {
        "TokenGeneration" => "PreTokenGeneration".to_owned(),
        other => other.to_owned(),
    }
}

async fn facts() -> Value {
    let engine = Engine::start().await;
    let (requests, variables) = (requests::recorded().await, programs::try_out(&engine).await);
    let mut triggers = Map::new();
    for trigger in TRIGGERS {
        let Requests { source, reads, writes, mails, decisions } = &requests[trigger];
        let Variables { required, optional } = &variables[trigger];
        let facts = json!({
            "slot": slot(source),
            "environment": { "required": required, "optional": optional },
            "read": reads.keys().collect::<Vec<_>>(),
            "write": writes.keys().collect::<Vec<_>>(),
            "reads": reads,
            "writes": writes,
            "mail": mails,
            "decisions": decisions,
        });
        triggers.insert(trigger.to_owned(), facts);
    }
    let (reads, writes) = registrar::recorded().await;
    json!({
        "table": table(),
        "triggers": triggers,
        "registrar": { "reads": reads, "writes": writes },
        "claimRule": claim_rule(),
        "claims": Fact::ALL.map(Fact::name),
        "codes": Refusal::ALL.map(Refusal::code),
        "log": log::facts(&engine).await,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_know_what_the_functions_do() {
    let measured = facts().await;
    let path = root().join("cdk/lib/facts.json");
    if variable("UPDATE_FACTS").is_some() {
        let text = serde_json::to_string_pretty(&measured).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
    }
    let written: Value = serde_json::from_str(&text("cdk/lib/facts.json")).unwrap();
    let differences = differences("", &written, &measured);
    assert!(
        differences.is_empty(),
        "UPDATE_FACTS=1 cargo test -p tenantry-tests --test all facts:: writes cdk/lib/facts.json anew\n{}",
        differences.join("\n")
    );
}

/// Where two files say something else; a whole file beside a whole file is hard to read.
fn differences(at: &str, written: &Value, measured: &Value) -> Vec<String> {
    match (written, measured) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            let of = |map: &Map<String, Value>, name: &str| map.get(name).cloned().unwrap_or(Value::Null);
            names
                .into_iter()
                .flat_map(|name| differences(&format!("{at}/{name}"), &of(left, name), &of(right, name)))
                .collect()
        }
        _ if written == measured => vec![],
        _ => vec![format!("{at}: the file says {written}, the functions {measured}")],
    }
}

#[tokio::test]
async fn each_readme_lists_the_permissions_that_its_trigger_uses() {
    for (trigger, Requests { reads, writes, mails, .. }) in requests::recorded().await {
        let readme = text(&format!("triggers/{trigger}/README.md"));
        let (_, listed) = readme.split_once("Permissions:").unwrap_or_else(|| panic!("{trigger}: no permissions"));
        let listed = listed.split("\n\n").next().unwrap();
        let listed: BTreeSet<&str> = quoted(listed).filter(|word| word.contains(':')).collect();
        let mail = mails.then_some("ses:SendEmail");
        let used = reads.keys().chain(writes.keys()).map(String::as_str).chain(mail).collect();
        assert_eq!(listed, used, "{trigger}: what its README lists, and what it does");
    }
}
