//! A store and a post office that repeat what they were told: in their errors, in the reasons of a cancelled transaction, in items that
//! nobody can read.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde_json::{Map, Value, json};
use store::Table;

use crate::Engine;
use crate::in_process::{answer, client, operation, response};
use crate::proxy::script::items;

/// What the store does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// It answers.
    Good,
    /// Nobody is there.
    Down,
    /// It says no with this status and code, and repeats the request.
    No(u16, &'static str),
    /// It cancels transactions, with the request in the reasons.
    Cancels,
    /// It answers half.
    Half,
    /// Its items have the right values, and one attribute of each, the how manieth, is spelt so that nobody can read it.
    Odd(usize),
}

/// No item has more attributes that can be spelt otherwise.
pub(super) const ATTRIBUTES: usize = 18;

impl Day {
    /// The good one first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let days = [
            Self::Good,
            Self::Down,
            Self::No(400, "ValidationException"),
            Self::No(400, "AccessDeniedException"),
            Self::No(500, "InternalServerError"),
            Self::Cancels,
            Self::Half,
        ];
        days.into_iter().chain((0..ATTRIBUTES).map(Self::Odd))
    }
}

/// A store that has a day of some kind from its n-th request on.
#[derive(Debug, Clone, Default)]
pub(super) struct Gossip(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    day: Day,
    from: usize,
    asked: usize,
}

impl Default for State {
    fn default() -> Self {
        Self { day: Day::Good, from: 0, asked: 0 }
    }
}

impl Gossip {
    /// From here on: such a day, from the request of this number.
    pub(super) fn set(&self, day: Day, from: usize) {
        *self.0.lock().expect("a lock") = State { day, from, asked: 0 };
    }

    /// How many requests came since.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().expect("a lock").asked
    }

    /// The table, as this store has it.
    pub(super) fn table(&self, engine: &Engine, name: &str) -> Table {
        let database = Whole(engine.database().clone());
        Engine::connect_at(engine.endpoint(), name).over(client(Store { database, gossip: self.clone() }))
    }

    fn day(&self) -> Day {
        let mut state = self.0.lock().expect("a lock");
        state.asked += 1;
        if state.asked > state.from { state.day } else { Day::Good }
    }
}

#[derive(Clone)]
struct Whole(Database);

impl std::fmt::Debug for Whole {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Whole")
    }
}

#[derive(Debug, Clone)]
struct Store {
    database: Whole,
    gossip: Gossip,
}

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(request.headers().get("x-amz-target"));
        let body = request.body().bytes().unwrap_or_default();
        let said = || String::from_utf8_lossy(body).into_owned();
        let onward = || answer(&self.database.0, &operation, body);
        let no = |status: u16, code: &str, rest: Value| {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
            let body = json!({ "__type": kind, "message": said(), "CancellationReasons": rest });
            Ok(response(status, body.to_string().into_bytes()))
        };
        HttpConnectorFuture::ready(match self.gossip.day() {
            Day::Down => Err(ConnectorError::io(said().into())),
            Day::No(status, code) => no(status, code, Value::Null),
            Day::Cancels if operation == "TransactWriteItems" => {
                let asked: Value = serde_json::from_slice(body).unwrap_or_default();
                let parts = asked["TransactItems"].as_array().map_or(1, Vec::len);
                let reason =
                    json!({ "Code": "ValidationError", "Message": said(), "Item": { "said": { "S": said() } } });
                no(400, "TransactionCanceledException", vec![reason; parts].into())
            }
            Day::Half => {
                let (status, mut answer) = onward();
                answer.truncate(answer.len() / 2);
                Ok(response(status, answer))
            }
            Day::Odd(nth) => {
                let (status, answer) = onward();
                let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                for item in items(&mut answer) {
                    make_odd(item, nth);
                }
                Ok(response(status, answer.to_string().into_bytes()))
            }
            _ => {
                let (status, answer) = onward();
                Ok(response(status, answer))
            }
        })
    }
}

/// By its key and its kind an item is known: with those spelt otherwise nothing else of it is read.
const KNOWN_BY: [&str; 3] = ["pk", "sk", "kind"];

fn make_odd(item: &mut Map<String, Value>, nth: usize) {
    let mut names: Vec<String> = item.keys().filter(|name| !KNOWN_BY.contains(&name.as_str())).cloned().collect();
    names.sort();
    assert!(names.len() <= ATTRIBUTES, "{} attributes", names.len());
    if let Some(attribute) = names.get(nth).and_then(|name| item.get_mut(name)) {
        spell_oddly(attribute);
    }
}

/// Every text in an attribute, however deep.
fn spell_oddly(attribute: &mut Value) {
    match attribute {
        Value::String(text) => *text = format!("?? {text}"),
        Value::Array(list) => list.iter_mut().for_each(spell_oddly),
        // The type of a value is its only member's name.
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| *name != "N").for_each(|(_, value)| spell_oddly(value));
        }
        _ => {}
    }
}

/// A post office that takes no mail, and says which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complaints(pub(super) u16);

impl HttpConnector for Complaints {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let said = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        if self.0 == 0 {
            return HttpConnectorFuture::ready(Err(ConnectorError::io(said.into())));
        }
        let mut refused: HttpResponse = response(self.0, json!({ "message": said }).to_string().into_bytes());
        refused.headers_mut().insert("x-amzn-errortype", "MessageRejected");
        HttpConnectorFuture::ready(Ok(refused))
    }
}
