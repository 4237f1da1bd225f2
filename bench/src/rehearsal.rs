//! Before anything is timed: each subject once against the embedded engine, which says what is right, what it costs, and what to answer
//! when time counts.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::endpoint::answers::{Asked, Canned, Engine};
use crate::endpoint::count::Counted;
use crate::endpoint::{Answers, Endpoint, Settings};
use crate::process::{Function, Launch, Outside};
use crate::subject::{Holds, Subject, description};

/// Long enough that calls which are sent together overlap on the busiest machine; short of the triggers' own time-outs.
const DELAY: Duration = Duration::from_millis(60);

/// What was seen.
#[derive(Debug, Clone)]
pub(crate) struct Rehearsed {
    pub(crate) subject: Subject,
    pub(crate) table: String,
    /// What a process's first invocation asked for.
    pub(crate) first: Counted,
    /// What the others did; they all asked for as much.
    pub(crate) warm: Counted,
    pub(crate) canned: Arc<Canned>,
}

/// Lets a subject answer all of its events.
pub(crate) async fn rehearse(subject: Subject, engine: &tests::Engine, outside: Outside) -> Result<Rehearsed, String> {
    let real = Engine { table: engine.endpoint().to_owned(), post: engine.post().url().to_owned() };
    let table = settle(&subject, engine, &real).await?;
    let endpoint = Endpoint::start(Settings {
        answers: Answers::Engine(real),
        delay: DELAY,
        authority: None,
        clock: outside.clock,
    })?;
    let launch = launch(&subject, &endpoint.url(), &table, None);
    let (mut function, _) = Function::start(&launch, None, outside).await?;
    let mut counted = Vec::new();
    // A subject with a single event needs warm invocations too. No code and no confirmation comes twice.
    let again = if subject.events.len() == 1 { 3 } else { 1 };
    for event in subject.events.iter().cycle().take(subject.events.len() * again) {
        endpoint.take();
        let answered = function.invoke(event).await.map_err(|error| because(&endpoint, &error))?;
        check(&subject, &answered.answer)?;
        counted.push(Counted::of(&endpoint.take()));
    }
    let mut counted = counted.into_iter();
    let (Some(first), Some(warm)) = (counted.next(), counted.next()) else {
        return Err(format!("{} has no events", subject.name));
    };
    if let Some(other) = counted.find(|other| other.operations != warm.operations) {
        let name = &subject.name;
        return Err(format!("{name} asked for {:?} once and then for {:?}", warm.operations, other.operations));
    }
    Ok(Rehearsed { canned: Arc::new(endpoint.kept()), subject, table, first, warm })
}

/// A subject's process, told where AWS is.
pub(crate) fn launch(subject: &Subject, url: &str, table: &str, root: Option<&std::path::Path>) -> Launch {
    let mut launch = subject.launch.clone();
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SESV2"] {
        launch.environment.push((name.to_owned(), url.into()));
    }
    for name in ["TENANTRY_TABLE", "TABLE"] {
        launch.environment.push((name.to_owned(), table.into()));
    }
    if let (Some(variable), Some(root)) = (&subject.trust, root) {
        launch.environment.push((variable.clone(), root.into()));
    }
    launch
}

/// An answer that is not the right one is no measurement.
pub(crate) fn check(subject: &Subject, answer: &Bytes) -> Result<(), String> {
    let said: Value = serde_json::from_slice(answer).unwrap_or_default();
    for (pointer, expected) in &subject.says {
        if said.pointer(pointer) != Some(expected) {
            return Err(format!("{} did not say {expected} at {pointer}: {said}", subject.name));
        }
    }
    Ok(())
}

/// What went wrong at the endpoint, if anything did, is why a function failed.
pub(crate) fn because(endpoint: &Endpoint, error: &str) -> String {
    endpoint.failed().map_or_else(|| error.to_owned(), |cause| format!("the endpoint: {cause}; {error}"))
}

async fn settle(subject: &Subject, engine: &tests::Engine, real: &Engine) -> Result<String, String> {
    match &subject.holds {
        Holds::World(world) => {
            let world = description(world)?.build(engine, tests::world::counted).await;
            Ok(world.table().name().to_owned())
        }
        Holds::Rows(rows) => {
            let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
            let string = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
            let table = format!("peer-{}", subject.name);
            let create = json!({
                "TableName": table, "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
                "AttributeDefinitions": [string("pk"), string("sk")],
            });
            ask(real, "CreateTable", create).await?;
            for row in rows {
                ask(real, "PutItem", json!({ "TableName": table, "Item": row })).await?;
            }
            Ok(table)
        }
        Holds::Nothing => Ok("none".to_owned()),
    }
}

async fn ask(engine: &Engine, operation: &str, body: Value) -> Result<(), String> {
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut headers = HeaderMap::new();
    let target = format!("DynamoDB_20120810.{operation}");
    let signed =
        "AWS4-HMAC-SHA256 Credential=bench/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    for (name, value) in [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.0"),
        ("authorization", signed),
        ("x-amz-date", "20260101T000000Z"),
    ] {
        headers.insert(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    let asked = Asked { operation: operation.to_owned(), path: "/".to_owned(), headers, body };
    let answer = engine.answer(&http, &asked).await?;
    if answer.status == 200 { Ok(()) } else { Err(format!("{operation}: {}", String::from_utf8_lossy(&answer.body))) }
}
