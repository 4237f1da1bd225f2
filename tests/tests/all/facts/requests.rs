//! What each trigger asks of the table: every fixture, sent twice, through a proxy that notes the requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use store::keys::PK;
use tests::Engine;
use tests::fixture::Fixture;
use tests::proxy::Proxy;
use tokio::sync::OnceCell;

/// Beginnings of the partition keys, by the action that IAM asks for.
pub(super) type Actions = BTreeMap<String, BTreeSet<String>>;

/// What a trigger was seen to do.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// A source of its events.
    pub(super) source: String,
    pub(super) reads: Actions,
    pub(super) writes: Actions,
    pub(super) mails: bool,
    /// What its log lines call what was decided.
    pub(super) decisions: BTreeSet<&'static str>,
}

/// Runs every fixture, once for all tests. The second time finds the work of the first, as a call that Cognito repeats does.
pub(super) async fn recorded() -> &'static BTreeMap<String, Requests> {
    static RECORDED: OnceCell<BTreeMap<String, Requests>> = OnceCell::const_new();
    RECORDED.get_or_init(record).await
}

async fn record() -> BTreeMap<String, Requests> {
    let engine = &Engine::start().await;
    let (noted, proxy) = noting(engine).await;
    let mut all: BTreeMap<String, Requests> = BTreeMap::new();
    for fixture in Fixture::all() {
        for (trigger, event) in asked(&fixture) {
            let built = fixture.world().build(engine, || Some(*b"a fixture's bits")).await;
            let world = built.through(&proxy);
            let posted = engine.post().outbox().mails().len();
            let seen = all.entry(trigger.to_owned()).or_default();
            for _ in 0..2 {
                seen.decisions.insert(world.ask_trigger(trigger, &event).await.decision);
            }
            // Some fixtures hold an event of another trigger, to see it refused; these do not.
            if fixture.trigger == trigger && fixture.case.starts_with("shape-documented") {
                event["triggerSource"].as_str().unwrap().clone_into(&mut seen.source);
            }
            seen.mails |= engine.post().outbox().mails().len() > posted;
            for (operation, asked) in noted.lock().unwrap().drain(..) {
                note_down(&operation, &asked, &mut seen.reads, &mut seen.writes);
            }
        }
    }
    all
}

/// What passed, until somebody takes it away.
pub(super) type Noted = Arc<Mutex<Vec<(String, Value)>>>;

/// A proxy before the engine that notes each operation and what it asked for.
pub(super) async fn noting(engine: &Engine) -> (Noted, Proxy) {
    let noted = Noted::default();
    let written = Arc::clone(&noted);
    let note = move |operation: &str, asked: &Value, _: &mut Value| {
        written.lock().unwrap().push((operation.to_owned(), asked.clone()));
    };
    (noted, Proxy::start(engine, Arc::new(note)).await)
}

/// Notes what IAM asks for at one request.
pub(super) fn note_down(operation: &str, asked: &Value, reads: &mut Actions, writes: &mut Actions) {
    for (action, key) in actions(operation, asked) {
        let kind = if is_write(&action) { &mut *writes } else { &mut *reads };
        kind.entry(action).or_default().insert(beginning(&key));
    }
}

/// The fixture's own event. Two triggers enrol, by the same rules: what one of them has a fixture for, the other is asked too.
fn asked(fixture: &Fixture) -> Vec<(&str, Value)> {
    let event = fixture.event();
    let as_if = |source: &str, version: &str| {
        let mut event = event.clone();
        event["triggerSource"] = Value::from(source);
        event["version"] = Value::from(version);
        event
    };
    let other = match fixture.trigger.as_str() {
        "post-confirmation" => Some(("pre-token-generation", as_if("TokenGeneration_Authentication", "2"))),
        "pre-token-generation" => Some(("post-confirmation", as_if("PostConfirmation_ConfirmSignUp", "1"))),
        _ => None,
    };
    std::iter::once((fixture.trigger.as_str(), event.clone())).chain(other).collect()
}

fn is_write(action: &str) -> bool {
    // A condition is checked by whoever writes: IAM has an action of its own for it, and no reader needs it.
    !matches!(action, "dynamodb:BatchGetItem" | "dynamodb:GetItem" | "dynamodb:Query" | "dynamodb:Query on an index")
}

/// `TENANT#` of `TENANT#t_…`.
fn beginning(key: &str) -> String {
    key.split_inclusive('#').next().unwrap_or_default().to_owned()
}

/// The actions that IAM asks for at one request, each with the partition key that it is about (Service Authorization Reference,
/// "Actions, resources, and condition keys for Amazon DynamoDB": a transaction needs the action of each of its parts).
fn actions(operation: &str, asked: &Value) -> Vec<(String, String)> {
    let key = |key: &Value| key[PK]["S"].as_str().unwrap_or("no partition key").to_owned();
    let action = |name: &str| format!("dynamodb:{name}");
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![(action(operation), key(&asked["Key"]))],
        "PutItem" => vec![(action(operation), key(&asked["Item"]))],
        "BatchGetItem" => {
            let tables = asked["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.flat_map(|(_, table)| list(&table["Keys"]));
            keys.map(|asked| (action(operation), key(&asked))).collect()
        }
        "Query" => {
            let partition = asked["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or("no partition key");
            let index = if asked["IndexName"].is_string() { " on an index" } else { "" };
            vec![(format!("{}{index}", action(operation)), partition.to_owned())]
        }
        "TransactWriteItems" => list(&asked["TransactItems"])
            .iter()
            .flat_map(|part| part.as_object().cloned().unwrap_or_default())
            .map(|(kind, part)| match kind.as_str() {
                "Put" => (action("PutItem"), key(&part["Item"])),
                "ConditionCheck" => (action("ConditionCheckItem"), key(&part["Key"])),
                kind => (action(&format!("{kind}Item")), key(&part["Key"])),
            })
            .collect(),
        // Shows in the facts, where somebody reads it.
        other => vec![(action(other), "unknown".to_owned())],
    }
}

#[test]
fn a_transaction_asks_for_the_action_of_each_part() {
    let key = |pk: &str| serde_json::json!({ "pk": { "S": pk }, "sk": { "S": "x" } });
    let asked = serde_json::json!({ "TransactItems": [
        { "Update": { "Key": key("PERSON#p#s") } },
        { "ConditionCheck": { "Key": key("TENANT#t") } },
        { "Delete": { "Key": key("ENROLMENT#p#u#x") } },
        { "Put": { "Item": key("CATALOGUE") } },
    ] });
    let noted: Vec<_> =
        actions("TransactWriteItems", &asked).into_iter().map(|(action, key)| (action, beginning(&key))).collect();
    let expected = [
        ("dynamodb:UpdateItem", "PERSON#"),
        ("dynamodb:ConditionCheckItem", "TENANT#"),
        ("dynamodb:DeleteItem", "ENROLMENT#"),
        ("dynamodb:PutItem", "CATALOGUE"),
    ];
    assert_eq!(noted, expected.map(|(action, key)| (action.to_owned(), key.to_owned())));
}
