//! The engine without a socket: the real SDK hands its requests to the engine's library in the same process. It is faster, and it works
//! while tokio's time is paused, when whatever waits for a socket looks idle.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::proxy::script::{Passage, Script};

static WRITES: AtomicU64 = AtomicU64::new(0);

/// How many requests of this process wanted to change a table of an engine in process. If it stays the same, nothing has changed.
pub fn writes() -> u64 {
    WRITES.load(Ordering::Relaxed)
}

/// What the engine answers to a request: status and body, as its server does.
pub fn answer(database: &Database, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    if matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems") {
        WRITES.fetch_add(1, Ordering::Relaxed);
    }
    let answered = match operation {
        "CreateTable" => of(body, |asked| database.create_table(asked)),
        "DeleteTable" => of(body, |asked| database.delete_table(asked)),
        "DescribeTable" => of(body, |asked| database.describe_table(asked)),
        "UpdateTimeToLive" => of(body, |asked| database.update_time_to_live(asked)),
        "DescribeTimeToLive" => of(body, |asked| database.describe_time_to_live(asked)),
        "GetItem" => of(body, |asked| database.get_item(asked)),
        "BatchGetItem" => of(body, |asked| database.batch_get_item(asked)),
        "PutItem" => of(body, |asked| database.put_item(asked)),
        "UpdateItem" => of(body, |asked| database.update_item(asked)),
        "DeleteItem" => of(body, |asked| database.delete_item(asked)),
        "TransactWriteItems" => of(body, |asked| database.transact_write_items(asked)),
        "Query" => of(body, |asked| database.query(asked)),
        "Scan" => of(body, |asked| database.scan(asked)),
        other => panic!("the engine in process knows no {other}: add it"),
    };
    match answered {
        Ok(answer) => (200, answer),
        Err(error) => (error.status_code(), error.to_json().into_bytes()),
    }
}

fn of<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    ask: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let asked = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(format!("in process: {error}")))?;
    Ok(serde_json::to_vec(&ask(asked)?).expect("an answer"))
}

/// The operation that a request names in its header.
pub(crate) fn operation(target: Option<&str>) -> String {
    target.unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned()
}

/// Stands for the network between the SDK and the engine.
#[derive(Clone)]
pub(crate) struct Wire {
    database: Database,
    script: Option<Script>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Wire")
    }
}

impl Wire {
    /// To this engine.
    pub(crate) const fn new(database: Database) -> Self {
        Self { database, script: None }
    }

    /// To this engine, with whatever is to happen on the way.
    pub(crate) const fn scripted(database: Database, script: Script) -> Self {
        Self { database, script: Some(script) }
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(request.headers().get("x-amz-target"));
        let body = request.body().bytes().unwrap_or_default();
        let Some(script) = self.script.clone() else {
            let (status, body) = answer(&self.database, &operation, body);
            return HttpConnectorFuture::ready(Ok(response(status, body)));
        };
        let (body, database) = (body.to_vec(), self.database.clone());
        HttpConnectorFuture::new(async move {
            let asked = operation.clone();
            let onward = async move |body: Vec<u8>| answer(&database, &asked, &body);
            match script.pass(operation, body, onward).await {
                Passage::Answer(status, body) => Ok(response(status, body)),
                Passage::Cut(_) => Err(ConnectorError::io("the connection is cut".into())),
            }
        })
    }
}

/// A response of the wire.
pub(crate) fn response(status: u16, body: Vec<u8>) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

/// An HTTP client that is this connector.
pub(crate) fn client(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Stands for SES where no socket may be: takes every mail and keeps it.
#[derive(Debug, Clone, Default)]
pub struct Post(Arc<Mutex<Vec<Value>>>);

impl Post {
    /// The requests that were taken, the oldest first.
    pub fn sent(&self) -> Vec<Value> {
        self.0.lock().expect("a lock").clone()
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.0.lock().expect("a lock").clear();
    }
}

impl HttpConnector for Post {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mail = serde_json::from_slice(request.body().bytes().unwrap_or_default()).expect("a mail");
        self.0.lock().expect("a lock").push(mail);
        HttpConnectorFuture::ready(Ok(response(200, br#"{"MessageId":"1"}"#.to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Engine, Event, World, nouns};

    #[tokio::test(start_paused = true)]
    async fn a_person_signs_up_while_time_stands_still() {
        let engine = Engine::in_process().await;
        let world = World::on(&engine, domain::claims::NameMap::default(), crate::world::counted).await;
        world.with("acme").await;
        let before = tokio::time::Instant::now();
        let (client, name, email) = ("acme", "ann", "ann@acme.example");
        assert!(world.ask(&Event::sign_up(client, name, email)).await.is_reply());
        assert_eq!(world.ask(&Event::confirmed(client, name, email)).await.decision, "joined");
        let token = world.ask(&Event::token(client, name, email)).await;
        assert_eq!(token.speaks_of(), Some(nouns::tenant_id("acme")));
        world.assert_sound().await;
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
