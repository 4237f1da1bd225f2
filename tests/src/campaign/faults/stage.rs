//! A table on which one scenario is played again and again, each time from the same beginning, through up to three processes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dynoxide::Database;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::scenario::{By, Said, Scenario};
use super::schedule::{Deliveries, Schedule};
use crate::beside::{Beside, Clients};
use crate::dump::Dump;
use crate::proxy::faulty::Faulty;
use crate::proxy::script::{Passed, Script};
use crate::{Engine, World, in_process};

/// A table with a scenario's beginning.
#[derive(Debug)]
pub struct Stage {
    engine: Engine,
    table: String,
    by: By,
    processes: Vec<Process>,
    /// Reached without a fault.
    good: Process,
    /// The user pool that is asked, too, and what was in it at the beginning.
    beside: Option<(Beside, Dump)>,
    /// The items as they stand at the beginning.
    beginning: BTreeMap<(String, String), Value>,
    /// The same, to be read.
    readable: Dump,
    /// What a good day makes of the beginning, where nothing came of the deliveries: with the event once more, and without.
    anew: RefCell<BTreeMap<bool, (Vec<Said>, Left)>>,
}

/// A process of a trigger, or an operator's command, with its own connection.
#[derive(Debug)]
struct Process {
    script: Script,
    world: World,
    /// Over a real socket, if there is one.
    _proxy: Option<Faulty>,
}

/// What changed: an item is null that is gone.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// In the table.
    pub table: Dump,
    /// In the user pool beside it.
    pub pool: Dump,
}

/// What came of a schedule.
#[derive(Debug)]
pub struct Ran {
    /// What each delivery said.
    pub said: Vec<Said>,
    /// The requests of each process.
    pub passed: Vec<Vec<Passed>>,
    /// The longest that a delivery took.
    pub took: Duration,
    /// A write that began later than any may, after so long.
    pub late_write: Option<Duration>,
    /// What changed by the deliveries.
    pub between: Left,
    /// What was said when it was done once more on a good day, and what comes after it.
    pub repaired: Vec<Said>,
    /// What changed in the end.
    pub end: Left,
}

/// Over what the requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The engine's library.
    Process,
    /// A real HTTP proxy.
    Http,
}

impl Left {
    fn is_empty(&self) -> bool {
        self.table.is_empty() && self.pool.is_empty()
    }
}

impl Stage {
    /// Puts a scenario's beginning into a new table.
    pub async fn set(engine: &Engine, scenario: &Scenario, over: Over) -> Self {
        let beside = scenario.beside.map(|seeds| Beside::new(seeds()));
        let clients = beside.as_ref().map(|beside| beside.clients().clone());
        let world = World::of_table(engine, engine.table().await).beside(clients.clone());
        (scenario.prepare)(&world).await;
        let table = world.table().name().to_owned();
        let mut processes = Vec::new();
        for _ in 0..3 {
            processes.push(Process::new(engine, &table, scenario.by, over, clients.clone()).await);
        }
        let beginning = items(engine.database(), &table);
        let good = Process::new(engine, &table, scenario.by, Over::Process, clients).await;
        let beside = match beside {
            Some(beside) => {
                beside.anew().await;
                let contents = beside.contents().await;
                Some((beside, contents))
            }
            None => None,
        };
        let readable = readable(&beginning);
        let (engine, anew) = (engine.clone(), RefCell::default());
        Self { engine, table, by: scenario.by, processes, good, beside, beginning, readable, anew }
    }

    /// The table at the beginning.
    pub const fn beginning(&self) -> &Dump {
        &self.readable
    }

    /// Plays a schedule of this scenario, and puts the table back.
    pub async fn play(&self, schedule: &Schedule) -> Ran {
        let Schedule { scenario, deliveries, faults } = schedule;
        for (number, process) in self.processes.iter().enumerate() {
            process
                .script
                .set(faults.iter().filter(|((of, _), _)| *of == number).map(|((_, nth), fault)| (*nth, fault.clone())));
        }
        if let Some((beside, _)) = &self.beside {
            beside.anew().await;
        }
        // Processes that just started: nothing that was guessed in another schedule is known.
        let worlds: Vec<World> = self.processes.iter().map(|process| process.world.forgetful()).collect();
        let mut took = Vec::new();
        let mut said = Vec::new();
        let act = async |process: usize| {
            let began = Instant::now();
            let said = (scenario.act)(&worlds[process]).await;
            (said, Span { process, began, took: began.elapsed() })
        };
        let mut done = |(what, span): (Said, Span)| {
            said.push(what);
            took.push(span);
        };
        match deliveries {
            Deliveries::Once => done(act(0).await),
            Deliveries::Twice => {
                done(act(0).await);
                done(act(0).await);
            }
            Deliveries::Thrice => {
                done(act(0).await);
                done(act(0).await);
                done(act(0).await);
            }
            Deliveries::Anew => {
                done(act(0).await);
                done(act(1).await);
            }
            Deliveries::Together => join_all([act(0), act(1)]).await.into_iter().for_each(done),
            Deliveries::Crowd => join_all([act(0), act(1), act(2)]).await.into_iter().for_each(done),
            Deliveries::Around => {
                done(act(0).await);
                (scenario.then)(&worlds[1]).await;
                done(act(0).await);
            }
            Deliveries::Before => {
                (scenario.then)(&worlds[1]).await;
                done(act(0).await);
            }
        }
        for process in &self.processes {
            process.script.settled().await;
        }
        let passed: Vec<Vec<Passed>> = self.processes.iter().map(|process| process.script.passed()).collect();
        let mut touched: BTreeSet<(String, String)> = passed.iter().flatten().flat_map(touched).collect();
        let between = self.changes(&touched).await;
        // What was answered well is not asked for again: what comes after it must do.
        let again = !said.iter().any(|said| matches!(said, Said::Done(_))) || deliveries == &Deliveries::Thrice;
        let known = Some(()).filter(|()| between.is_empty()).and_then(|()| self.anew.borrow().get(&again).cloned());
        let (repaired, end) = match known {
            Some(known) => known,
            None => self.repair(scenario, again, &mut touched).await,
        };
        if between.is_empty() {
            self.anew.borrow_mut().entry(again).or_insert_with(|| (repaired.clone(), end.clone()));
        }
        Ran {
            said,
            late_write: (self.by == By::Trigger).then(|| late_write(&took, &passed)).flatten(),
            passed,
            took: took.iter().map(|span| span.took).max().unwrap_or_default(),
            between,
            repaired,
            end,
        }
    }

    /// A good day, and a process that knows nothing. Afterwards the table is as it was at the beginning.
    async fn repair(
        &self,
        scenario: &Scenario,
        again: bool,
        touched: &mut BTreeSet<(String, String)>,
    ) -> (Vec<Said>, Left) {
        self.good.script.set([]);
        let good = self.good.world.forgetful();
        let mut repaired = Vec::new();
        if again {
            repaired.push((scenario.act)(&good).await);
        }
        repaired.extend((scenario.then)(&good).await);
        touched.extend(self.good.script.passed().iter().flat_map(self::touched));
        let end = self.changes(touched).await;
        self.put_back(touched);
        (repaired, end)
    }

    /// Which of these items are not as they were, and how they are; and whatever is otherwise in the pool.
    async fn changes(&self, touched: &BTreeSet<(String, String)>) -> Left {
        let changed = touched.iter().filter_map(|key| {
            let now = self.item(key);
            (self.beginning.get(key) != now.as_ref()).then(|| (name(key), now.as_ref().map_or(Value::Null, plain)))
        });
        let mut pool = Dump::new();
        if let Some((beside, before)) = &self.beside {
            pool = beside.contents().await;
            for name in before.keys() {
                pool.entry(name.clone()).or_insert(Value::Null);
            }
            pool.retain(|name, now| before.get(name) != Some(now));
        }
        Left { table: changed.collect(), pool }
    }

    fn item(&self, (pk, sk): &(String, String)) -> Option<Value> {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let asked = json!({ "TableName": self.table, "Key": key, "ConsistentRead": true });
        let mut answer = ask(self.engine.database(), "GetItem", &asked);
        Some(answer["Item"].take()).filter(|item| !item.is_null())
    }

    /// The items that were touched become as they were.
    fn put_back(&self, touched: &BTreeSet<(String, String)>) {
        let database = self.engine.database();
        for key in touched {
            if let Some(item) = self.beginning.get(key) {
                ask(database, "PutItem", &json!({ "TableName": self.table, "Item": item }));
            } else {
                let (pk, sk) = key;
                let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
                ask(database, "DeleteItem", &json!({ "TableName": self.table, "Key": key }));
            }
        }
    }
}

/// The keys of the items that a request would write.
fn touched(passed: &Passed) -> Vec<(String, String)> {
    let key = |key: &Value| Some((key["pk"]["S"].as_str()?.to_owned(), key["sk"]["S"].as_str()?.to_owned()));
    if !passed.writes() {
        return Vec::new();
    }
    let asked = passed.asked();
    let parts = asked["TransactItems"].as_array().into_iter().flatten();
    let keys = parts.filter_map(|part| {
        let part = ["Update", "Put", "Delete"].iter().find_map(|kind| part.get(kind))?;
        key(&part["Key"]).or_else(|| key(&part["Item"]))
    });
    keys.chain(key(&asked["Key"])).chain(key(&asked["Item"])).collect()
}

impl Process {
    async fn new(engine: &Engine, table: &str, by: By, over: Over, clients: Option<Clients>) -> Self {
        match over {
            Over::Process => {
                let script = Script::default();
                let table = match by {
                    By::Trigger => engine.connect_scripted(table, &script),
                    By::Operator => engine.tool_scripted(table, &script),
                };
                Self { script, world: World::of_table(engine, table).beside(clients), _proxy: None }
            }
            Over::Http => {
                let proxy = Faulty::start(engine).await;
                let table = match by {
                    By::Trigger => Engine::connect_at(proxy.endpoint(), table),
                    By::Operator => Engine::tool_at(proxy.endpoint(), table),
                };
                let world = World::of_table(engine, table).beside(clients);
                Self { script: proxy.script().clone(), world, _proxy: Some(proxy) }
            }
        }
    }
}

/// When a delivery was at work.
struct Span {
    process: usize,
    began: Instant,
    took: Duration,
}

/// A trigger's writes begin before its deadline, whatever happens.
fn late_write(spans: &[Span], passed: &[Vec<Passed>]) -> Option<Duration> {
    let mut late = None;
    for span in spans {
        let ended = span.began + span.took;
        for request in passed[span.process].iter().filter(|request| request.writes()) {
            let own = request.sent >= span.began && request.sent <= ended;
            let after = request.sent.saturating_duration_since(span.began);
            if own && after > lambda::LONGEST {
                late = late.max(Some(after));
            }
        }
    }
    late
}

fn ask(database: &Database, operation: &str, asked: &Value) -> Value {
    let (status, answer) = in_process::answer(database, operation, asked.to_string().as_bytes());
    let answer = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// Every item as the engine gives it, by its key.
fn items(database: &Database, table: &str) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    let mut from = Value::Null;
    loop {
        let mut asked = json!({ "TableName": table, "ConsistentRead": true });
        if !from.is_null() {
            asked["ExclusiveStartKey"] = from;
        }
        let mut page = ask(database, "Scan", &asked);
        for item in page["Items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
            let key = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            all.insert((key("pk"), key("sk")), item);
        }
        from = page["LastEvaluatedKey"].take();
        if from.is_null() {
            return all;
        }
    }
}

fn readable(items: &BTreeMap<(String, String), Value>) -> Dump {
    items.iter().map(|(key, item)| (name(key), plain(item))).collect()
}

fn name((pk, sk): &(String, String)) -> String {
    format!("{pk} | {sk}")
}

fn plain(item: &Value) -> Value {
    let hidden = [store::keys::PK, store::keys::SK, store::keys::LIST_PK, store::keys::LIST_SK];
    let attributes = item.as_object().into_iter().flatten().filter(|(name, _)| !hidden.contains(&name.as_str()));
    attributes.map(|(name, value)| (name.clone(), value_of(value))).collect()
}

fn value_of(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute.as_object().and_then(|attribute| attribute.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("N", Value::String(digits)) => digits.parse::<i64>().map_or(Value::Null, Value::from),
        ("L", Value::Array(list)) => list.iter().map(value_of).collect(),
        ("M", Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), value_of(value))).collect(),
        (_, value) => value.clone(),
    }
}
