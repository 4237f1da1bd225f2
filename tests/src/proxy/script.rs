//! Which request meets which fault, and what passed: the same over a socket and in process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::fault::{Fault, Reason, Reasons};

/// What is to happen to the requests of one connection, counted from zero, and what happened.
#[derive(Debug, Clone)]
pub struct Script(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// How many requests are on their way, those included whose sender gave up.
    under_way: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    faults: BTreeMap<usize, Fault>,
    passed: Vec<Passed>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Of the API.
    pub operation: String,
    /// What it asked for: JSON, read by whoever wants to know.
    pub asked: Vec<u8>,
    /// When it was sent.
    pub sent: Instant,
    /// What the engine said, if it was asked and said so by now.
    pub answered: Option<Vec<u8>>,
}

impl Passed {
    /// What it asked for.
    pub fn asked(&self) -> Value {
        serde_json::from_slice(&self.asked).unwrap_or_default()
    }

    /// What the engine said.
    pub fn answered(&self) -> Option<Value> {
        self.answered.as_ref().map(|answer| serde_json::from_slice(answer).unwrap_or_default())
    }

    /// Whether it would change the table.
    pub fn writes(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query" | "Scan" | "DescribeTable")
    }
}

/// What the sender sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// A status and a body.
    Answer(u16, Vec<u8>),
    /// The connection is cut after these bytes of a body; before any answer if there are none.
    Cut(Vec<u8>),
}

impl Default for Script {
    fn default() -> Self {
        let (under_way, _) = watch::channel(0);
        Self(Arc::new(Inner { state: Mutex::default(), under_way }))
    }
}

impl Script {
    /// Begins anew, with these faults.
    pub fn set(&self, faults: impl IntoIterator<Item = (usize, Fault)>) {
        *self.0.state.lock().expect("a lock") = State { faults: faults.into_iter().collect(), passed: Vec::new() };
    }

    /// What came since it began, or since this was asked.
    pub fn passed(&self) -> Vec<Passed> {
        std::mem::take(&mut self.0.state.lock().expect("a lock").passed)
    }

    /// Waits until nothing is on its way any more, whoever still waits for it.
    pub async fn settled(&self) {
        let mut under_way = self.0.under_way.subscribe();
        // The sender lives as long as this script.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Lets a request pass, with whatever is to happen to it. `onward` asks the engine. The request goes on if the sender gives up.
    pub async fn pass<F>(
        &self,
        operation: String,
        body: Vec<u8>,
        onward: impl FnOnce(Vec<u8>) -> F + Send + 'static,
    ) -> Passage
    where
        F: Future<Output = (u16, Vec<u8>)> + Send,
    {
        let (nth, fault) = {
            let mut state = self.0.state.lock().expect("a lock");
            let nth = state.passed.len();
            let passed =
                Passed { operation: operation.clone(), asked: body.clone(), sent: Instant::now(), answered: None };
            state.passed.push(passed);
            (nth, state.faults.get(&nth).cloned())
        };
        let Some(fault) = fault else {
            // Without a fault nothing waits: no task is needed to outlive the sender.
            let (status, answer) = onward(body).await;
            self.note(nth, &answer);
            return Passage::Answer(status, answer);
        };
        if let Some(passage) = instead(&fault) {
            return passage;
        }
        self.0.under_way.send_modify(|count| *count += 1);
        let script = self.clone();
        let going = tokio::spawn(async move {
            if let Fault::Late(ms) = fault {
                sleep(Duration::from_millis(ms)).await;
            }
            let asked = body.clone();
            let (status, answer) = onward(body).await;
            script.note(nth, &answer);
            script.0.under_way.send_modify(|count| *count -= 1);
            if let Fault::Slow(ms) = fault {
                sleep(Duration::from_millis(ms)).await;
            }
            bend(&fault, &operation, &asked, status, answer)
        });
        going.await.expect("the engine answers")
    }

    fn note(&self, nth: usize, answer: &[u8]) {
        // A request of an earlier run may come late.
        if let Some(passed) = self.0.state.lock().expect("a lock").passed.get_mut(nth) {
            passed.answered = Some(answer.to_vec());
        }
    }
}

const PAGE: &[u8] = b"<html><body><h1>Bad gateway</h1></body></html>";

/// What is said in the engine's place.
fn instead(fault: &Fault) -> Option<Passage> {
    let error = |status: u16, code: &str, rest: Value| {
        let mut body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "a bad day" });
        if let (Some(body), Value::Object(rest)) = (body.as_object_mut(), rest) {
            body.extend(rest);
        }
        Some(Passage::Answer(status, body.to_string().into_bytes()))
    };
    match fault {
        Fault::Cut => Some(Passage::Cut(Vec::new())),
        Fault::Status(status) => Some(Passage::Answer(*status, PAGE.to_vec())),
        Fault::Code(code) => error(if code == "InternalServerError" { 500 } else { 400 }, code, Value::Null),
        Fault::Cancelled(Reasons::Nowhere) => error(400, "TransactionCanceledException", Value::Null),
        Fault::Cancelled(Reasons::Are(reasons)) => {
            let reason = |reason: &Reason| match reason.code() {
                Some(code) => json!({ "Code": code }),
                None => json!({}),
            };
            let reasons: Vec<Value> = reasons.iter().map(reason).collect();
            error(400, "TransactionCanceledException", json!({ "CancellationReasons": reasons }))
        }
        _ => None,
    }
}

/// What becomes of the engine's answer.
fn bend(fault: &Fault, operation: &str, asked: &[u8], status: u16, answer: Vec<u8>) -> Passage {
    let half = |mut answer: Vec<u8>| {
        answer.truncate(answer.len() / 2);
        answer
    };
    match fault {
        Fault::Lost => Passage::Cut(Vec::new()),
        Fault::Torn => Passage::Cut(half(answer)),
        Fault::Half => Passage::Answer(status, half(answer)),
        Fault::Page => Passage::Answer(status, PAGE.to_vec()),
        Fault::Empty => Passage::Answer(status, Vec::new()),
        Fault::Bare => Passage::Answer(status, b"{}".to_vec()),
        Fault::Other => Passage::Answer(status, br#"["a list"]"#.to_vec()),
        Fault::Left(_) | Fault::Foreign | Fault::Schema(_) | Fault::Missing(..) | Fault::Type(..) => {
            let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            match fault {
                Fault::Left(which) if operation == "BatchGetItem" => {
                    leave(*which, &serde_json::from_slice(asked).unwrap_or_default(), &mut answer);
                }
                _ => {}
            }
            for (at, item) in items(&mut answer).into_iter().enumerate() {
                disfigure(fault, at, item);
            }
            Passage::Answer(status, answer.to_string().into_bytes())
        }
        _ => Passage::Answer(status, answer),
    }
}

/// Every item of an answer, wherever it stands.
pub(crate) fn items(answer: &mut Value) -> Vec<&mut Map<String, Value>> {
    let Some(answer) = answer.as_object_mut() else { return Vec::new() };
    let mut all = Vec::new();
    for (name, value) in answer {
        match (name.as_str(), value) {
            ("Item", Value::Object(item)) => all.push(item),
            ("Items", Value::Array(list)) => all.extend(list.iter_mut().filter_map(Value::as_object_mut)),
            ("Responses", Value::Object(tables)) => {
                let lists = tables.values_mut().filter_map(Value::as_array_mut);
                all.extend(lists.flatten().filter_map(Value::as_object_mut));
            }
            _ => {}
        }
    }
    all
}

fn disfigure(fault: &Fault, at: usize, item: &mut Map<String, Value>) {
    match fault {
        Fault::Foreign => {
            for key in [store::keys::PK, store::keys::SK] {
                item.insert(key.to_owned(), json!({ "S": "SOMEBODY#else" }));
            }
        }
        Fault::Schema(which) if *which == at => {
            item.insert("schema".to_owned(), json!({ "N": "2" }));
        }
        Fault::Missing(which, name) if *which == at => {
            item.remove(name);
        }
        Fault::Type(which, name) if *which == at => {
            let other = if item.get(name).is_some_and(|value| value.get("NULL").is_some()) { "B" } else { "NULL" };
            let other = if other == "B" { json!({ "B": "AA==" }) } else { json!({ "NULL": true }) };
            item.insert(name.clone(), other);
        }
        _ => {}
    }
}

fn leave(which: Option<usize>, asked: &Value, answer: &mut Value) {
    for (table, request) in asked["RequestItems"].as_object().into_iter().flatten() {
        let keys: Vec<&Value> = request["Keys"].as_array().into_iter().flatten().collect();
        let left: Vec<&Value> = keys
            .iter()
            .enumerate()
            .filter(|(at, _)| which.is_none_or(|which| which == *at))
            .map(|(_, key)| *key)
            .collect();
        if left.is_empty() {
            continue;
        }
        let is_left = |item: &Value| left.iter().any(|key| key["pk"] == item["pk"] && key["sk"] == item["sk"]);
        if let Some(items) = answer["Responses"][table].as_array_mut() {
            items.retain(|item| !is_left(item));
        }
        answer["UnprocessedKeys"][table] = json!({ "Keys": left, "ConsistentRead": true });
    }
}
