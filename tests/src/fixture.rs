//! `fixtures/<trigger>/<case>/`: an event, what the table holds, and the answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::description::Description;
use crate::dump::{Dump, changes};
use crate::{Answer, Engine};

/// One folder.
#[derive(Debug)]
pub struct Fixture {
    /// The trigger, which is the name of its folder in `triggers/`.
    pub trigger: String,
    /// What it shows, in the words of its name.
    pub case: String,
    folder: PathBuf,
}

/// What `answer.json` says. The reply is the event with this `response`; that the rest is the event is checked of every reply.
#[derive(Debug, PartialEq, Serialize)]
struct Golden {
    /// The decision that the log names.
    decision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<BTreeMap<&'static str, String>>,
    /// The refusal that was decided and not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_refuse: Option<&'static str>,
    /// Calls to the store, by a function that just started.
    store_calls: u32,
    /// The mail that went out: to whom, about what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mail: Vec<(String, String)>,
    /// What changed in the table; `null` is what is gone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    after: Dump,
}

impl Fixture {
    /// Every folder.
    pub fn all() -> Vec<Self> {
        let mut fixtures = Vec::new();
        for trigger in folders(&root()) {
            for folder in folders(&trigger) {
                fixtures.push(Self { trigger: name(&trigger), case: name(&folder), folder });
            }
        }
        fixtures
    }

    /// The event.
    pub fn event(&self) -> Value {
        self.read("event.json")
    }

    /// What the table holds, as it is written down.
    pub fn facts(&self) -> Value {
        self.read("world.json")
    }

    /// What the table holds.
    pub fn world(&self) -> Description {
        let text = self.facts();
        serde_json::from_value(text).unwrap_or_else(|error| panic!("{}/world.json: {error}", self.folder.display()))
    }

    /// The answer as written down.
    pub fn answer(&self) -> Value {
        self.read("answer.json")
    }

    /// Sends the event and compares the answer, or writes it down. Says what differs.
    pub async fn check(&self, engine: &Engine, update: bool) -> Result<Answer, String> {
        let world = self.world().build(engine, || Some(*b"a fixture's bits")).await;
        let before = world.dump().await;
        let posted = engine.post().outbox().mails().len();
        let answer = world.ask_trigger(&self.trigger, &self.event()).await;
        let after = changes(&before, &world.dump().await);
        let golden =
            Golden {
                decision: answer.decision.to_owned(),
                response: answer.result.as_ref().ok().map(|reply| reply["response"].clone()),
                refused: answer.result.as_ref().err().map(|refusal| {
                    BTreeMap::from([("code", refusal.code().to_owned()), ("message", refusal.message())])
                }),
                would_refuse: answer.would.map(domain::Refusal::code),
                store_calls: answer.calls.unwrap_or(0),
                mail: engine.post().outbox().mails().drain(posted..).map(|mail| (mail.to, mail.subject)).collect(),
                after,
            };
        let golden = serde_json::to_value(golden).expect("JSON");
        let path = self.folder.join("answer.json");
        if update {
            let text = serde_json::to_string_pretty(&golden).expect("JSON");
            fs::write(&path, format!("{text}\n")).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let expected = if path.exists() { self.answer() } else { Value::Null };
        if golden == expected {
            return Ok(answer);
        }
        Err(format!("{}/{}\n  expected {expected}\n  answered {golden}", self.trigger, self.case))
    }

    pub(crate) fn read(&self, file: &str) -> Value {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut folders: Vec<_> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned()
}
