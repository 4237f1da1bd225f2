//! The protocol itself: whoever asks is answered, whatever happened, and the address for the answer stays a secret.

use std::time::Duration;

use registrar::{Failure, Post, Registrar};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::world::{World, ask, receiver};

const KIND: &str = "Custom::TenantryTenant";

fn acme() -> Value {
    json!({ "Slug": "acme" })
}

#[tokio::test]
async fn an_odd_request_is_answered_and_an_unknown_type_can_be_deleted() {
    let world = World::new().await;
    let mut odd = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
    odd["RequestType"] = "Read".into();
    assert_eq!(world.send(odd).await.code(), "REQUEST_UNREADABLE");
    let told = ask("Custom::Other", "Acme").create(&world, &acme()).await;
    assert_eq!(told.code(), "RESOURCE_TYPE_UNKNOWN");
    ask("Custom::Other", "Acme").delete(&world, &told.physical, &acme()).await.done();
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told_at_once() {
    let world = World::without_table().await;
    let told = ask(KIND, "Acme").create(&world, &acme()).await;
    assert_eq!((told.code(), told.physical.as_str()), ("TABLE_MISSING", "not-made"));
}

#[tokio::test]
async fn a_missing_setting_is_told_too() {
    let world = World::new().await;
    let post = Post::new(Some("http://127.0.0.1:1"));
    let registrar = Registrar::new(Err(Failure::Settings("AWS_REGION is not set".to_owned())), post);
    let mut event = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
    event["ResponseURL"] = world.url.clone().into();
    let handled = world.handle(&registrar, event, Duration::from_secs(9)).await;
    assert_eq!((handled.code, handled.again), (Some("FUNCTION_SETTINGS"), None));
    let (_, body) = world.received.lock().unwrap().pop().unwrap();
    assert!(body["Reason"].as_str().unwrap().contains("AWS_REGION"), "{body}");
}

#[tokio::test]
async fn the_answer_comes_before_the_deadline_however_slow_the_table_is() {
    // Something that takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let environment = lambda::Environment::read(|name| (name == "AWS_ENDPOINT_URL").then(|| endpoint.clone()));
    let ground =
        registrar::ground(environment.unwrap(), Some(endpoint.clone()), crate::world::now, crate::world::random);
    let registrar = Registrar::new(ground, Post::new(Some(&endpoint)));
    let world = World::new().await;
    let mut event = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
    event["ResponseURL"] = world.url.clone().into();
    let began = Instant::now();
    let handled = world.handle(&registrar, event, Duration::from_secs(3)).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!((handled.code, handled.again), (Some("TIMED_OUT"), None));
    let (_, body) = world.received.lock().unwrap().pop().unwrap();
    assert_eq!(body["Status"], "FAILED");
}

#[tokio::test]
async fn an_answer_that_is_turned_away_is_sent_again() {
    let world = World::new().await;
    let (url, received) = receiver(2).await;
    let mut event = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
    event["ResponseURL"] = url.into();
    let handled = world.handle(&world.registrar, event, Duration::from_secs(9)).await;
    assert_eq!((handled.code, handled.again), (None, None));
    assert_eq!(received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_takes_makes_lambda_send_the_event_again_and_the_address_is_not_told() {
    let world = World::new().await;
    let mut event = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
    event["ResponseURL"] = "http://127.0.0.1:1/answer?X-Amz-Signature=canary".into();
    let handled = world.handle(&world.registrar, event.clone(), Duration::from_secs(2)).await;
    let said = format!("{handled:?}");
    assert!(handled.again.is_some() && !said.contains("canary") && !said.contains("127.0.0.1"), "{said}");
    // The second time somebody is there, and the tenant is the one that the first time made.
    let told = world.send(event).await.done();
    assert_eq!(told.physical, world.ops.find_tenant("acme").await.unwrap().id.to_string());
}

#[tokio::test]
async fn an_event_with_another_address_does_nothing_and_sends_nothing() {
    let world = World::new().await;
    for url in ["http://169.254.169.254/latest/api/token", "https://evil.example/s3.amazonaws.com", "", "ftp://x"] {
        let mut event = ask(KIND, "Acme").event("Create", None, &acme(), &Value::Null);
        event["ResponseURL"] = url.into();
        let handled = world.handle(&world.registrar, event, Duration::from_secs(3)).await;
        assert_eq!((handled.decision, handled.again), ("unanswerable", None), "{url}");
    }
    let handled = world.handle(&world.registrar, json!("canary"), Duration::from_secs(3)).await;
    assert_eq!(handled.decision, "unanswerable");
    assert!(world.ops.tenants().await.unwrap().is_empty());
}
