//! What holds of every event: it has an answer, and nobody's fields are lost. What tenants see of each other is [`crate::campaigns`]'s.

use domain::Chain;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use tests::fixture::Fixture;
use tests::{Engine, Event, World};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The same cases in every run, unless `PROPTEST_CASES` asks for more.
fn config(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    }
}

/// Any JSON of some depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9_f64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn unknown_fields_come_back_from_every_trigger() {
    let runtime = runtime();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.with("acme").await;
        world.with_member(&tests::nouns::member("ann", "acme")).await;
        world.with("globex").await.tenant("globex", |globex| globex.policy.chain = Chain::Code).await;
        world
    });
    let created = json!({ "privateChallengeParameters": { "issue": "1", "ticket": "0".repeat(32) } });
    let events = [
        Event::define("globex", "gil", "gil@globex.example", &[("CUSTOM_CHALLENGE", true)]),
        Event::create("globex", "gil", "gil@globex.example", &[]),
        Event::verify("globex", "gil", "gil@globex.example", &created, "12345678"),
        Event::sign_up("acme", "bob", "bob@acme.example"),
        Event::confirmed("acme", "ann", "ann@acme.example"),
        Event::token("acme", "ann", "ann@acme.example"),
        Event::token("acme", "ann", "ann@acme.example").version("1"),
    ];
    let places = ["", "/request", "/response", "/callerContext", "/request/userAttributes"];
    let added = prop::collection::vec((0..places.len(), "x[a-zA-Z]{1,8}", anything()), 1..5);
    proptest!(config(60, 3), |(added in added)| {
        for event in &events {
            let mut event = event.clone();
            for (place, name, value) in &added {
                event = event.with(&format!("{}/{name}", places[*place]), value.clone());
            }
            // That all but the response is equal, the kit checks of every reply.
            let answer = runtime.block_on(world.ask(&event));
            for (_, name, _) in added.iter().filter(|(place, _, _)| places[*place] == "/response") {
                let sent: Value = serde_json::from_str(event.raw().get()).unwrap();
                prop_assert_eq!(&answer.response()[name], &sent["response"][name]);
            }
        }
    });
}

/// Every path in a JSON value.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in inner {
        let path = format!("{at}/{name}");
        paths(value, &path, found);
        found.push(path);
    }
}

fn bent(event: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut found = Vec::new();
    paths(event, "", &mut found);
    for path in found {
        let mut missing = event.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        match missing.pointer_mut(parent) {
            Some(Value::Object(map)) => drop(map.remove(&name.replace("~1", "/").replace("~0", "~"))),
            Some(Value::Array(list)) => drop(list.pop()),
            _ => {}
        }
        all.push((format!("{path} missing"), missing));
        let huge = "x".repeat(2_048);
        let deep = (0..64).fold(json!("deep"), |inner, _| json!([inner]));
        for value in [
            json!(null),
            json!(7),
            json!(true),
            json!(""),
            json!({}),
            json!([]),
            json!(huge),
            deep,
            json!("\u{0}\u{202e}é#@"),
        ] {
            let mut other = event.clone();
            *other.pointer_mut(&path).unwrap() = value.clone();
            all.push((format!("{path} = {}", value.to_string().chars().take(20).collect::<String>()), other));
        }
    }
    all
}

#[tokio::test]
async fn every_bent_event_has_an_answer() {
    let engine = Engine::start().await;
    let cases = [
        "shape-documented",
        "shape-documented-v1",
        "shape-documented-v2",
        "invitation",
        "provider",
        "v3-machine",
        "shared-hint",
    ];
    let mut asked = 0;
    for fixture in Fixture::all().iter().filter(|fixture| cases.contains(&fixture.case.as_str())) {
        let world = fixture.world().build(&engine, tests::world::counted).await;
        for (what, event) in bent(&fixture.event()) {
            // A reply that is the event but for its response, or a sentence of the list: the kit checks it.
            let answer = world.ask_trigger(&fixture.trigger, &event).await;
            assert_ne!(answer.decision, "broken", "{}/{}: {what}", fixture.trigger, fixture.case);
            asked += 1;
        }
    }
    assert!(asked > 1_000, "{asked}");
}
