//! The peers, as `bench/peers/peers.json` and `bench/peers/job.json` describe them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::process::Launch;
use crate::subject::{Holds, Kind, Subject};

#[derive(Deserialize)]
struct Peers {
    peers: Vec<Peer>,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
    title: String,
    does: Does,
    start: Vec<String>,
    folder: String,
    environment: BTreeMap<String, String>,
    trust: Option<String>,
    program: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Does {
    Job,
    Nothing,
}

#[derive(Deserialize)]
struct Job {
    items: Vec<Value>,
    event: Value,
    claims: BTreeMap<String, Value>,
}

/// The peers whose programs are in their folders below `built`; `path` is where the programs of this machine are.
pub(crate) fn peers(sources: &Path, built: &Path, path: &str, memory_mb: u32) -> Result<Vec<Subject>, String> {
    let Peers { peers } = read(&sources.join("peers.json"))?;
    let job: Job = read(&sources.join("job.json"))?;
    let there = peers.into_iter().filter(|peer| {
        let program = peer.program.replace("{out}", &built.join(&peer.name).to_string_lossy());
        let there = Path::new(&program).is_file();
        if !there {
            println!("{} is left out: {program} was not built", peer.name);
        }
        there
    });
    Ok(there.map(|peer| subject(peer, &job, built, path, memory_mb)).collect())
}

fn subject(peer: Peer, job: &Job, built: &Path, path: &str, memory_mb: u32) -> Subject {
    let out = built.join(&peer.name);
    let placed = |text: &str| OsString::from(text.replace("{out}", &out.to_string_lossy()));
    let mut environment: Vec<_> = peer.environment.iter().map(|(name, value)| (name.clone(), placed(value))).collect();
    environment.push(("PATH".to_owned(), path.into()));
    let works = peer.does == Does::Job;
    let claims = ["accessTokenGeneration", "idTokenGeneration"].into_iter().flat_map(|token| {
        let at = format!("/response/claimsAndScopeOverrideDetails/{token}/claimsToAddOrOverride");
        job.claims.iter().map(move |(claim, value)| (format!("{at}/{claim}"), value.clone()))
    });
    Subject {
        title: peer.title,
        kind: if works { Kind::Peer } else { Kind::Floor },
        launch: Launch {
            name: peer.name.clone(),
            command: peer.start.iter().map(|word| placed(word)).collect(),
            folder: placed(&peer.folder).into(),
            environment,
            memory_mb,
        },
        trust: peer.trust,
        holds: if works { Holds::Rows(job.items.clone()) } else { Holds::Nothing },
        events: vec![Bytes::from(job.event.to_string())],
        says: if works { claims.collect() } else { Vec::new() },
        counts: None,
        program: placed(&peer.program).into(),
        zip: peer.name.clone(),
        name: peer.name,
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
