//! The demo itself: each step of its transcript, and a program that leaves nothing behind.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use laptop::{Style, Transcript};

use super::*;

/// The transcript as it must read, ids left out.
fn transcript() -> String {
    fs::read_to_string(transcript_file()).unwrap()
}

fn transcript_file() -> PathBuf {
    root().join("tests/tests/all/journeys/transcript.txt")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_transcript_is_as_promised() {
    let laptop = Laptop::start().await;
    let mut out = Vec::new();
    let mut transcript = Transcript::new(&mut out, Style::Plain);
    let tally = laptop::walk::walk(&laptop, &laptop.town, &mut transcript).await.unwrap();
    let said = without_ids(&String::from_utf8(out).unwrap());
    laptop.stack.shutdown().await;

    if variable("UPDATE_FIXTURES").is_some() {
        fs::write(transcript_file(), &said).unwrap();
    }
    assert_eq!(said, self::transcript(), "UPDATE_FIXTURES=1 rewrites {}", transcript_file().display());
    assert!(tally.is_whole(), "{tally:?}\n{said}");
}

#[test]
fn the_transcript_has_every_journey_of_the_promise() {
    let transcript = transcript();
    for journey in [
        "Ann signs up at Acme's app",
        "a stranger",
        "invited as an admin, signs up with it",
        "signs up anew with the same invitation",
        "signs in at Globex's app, with the right password",
        "She switches to Globex",
        "becomes an admin",
        "Acme removes Bob. His app refreshes",
        "He signs in again",
        "He deletes his account, signs up anew",
        "is suspended. Zoe's app refreshes",
        "signs in with his password and the code from his mailbox",
        "tries it alone",
        "The third wrong one ends it",
        "the code from her mailbox",
        "whom nobody knows",
        "DynamoDB is switched off",
        "DynamoDB is switched on",
    ] {
        assert!(transcript.contains(journey), "{journey}");
    }
    assert!(!transcript.contains("FAIL"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long the demo takes is measured")]
fn the_program_ends_with_the_walk_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let ran = demo(&folder).arg("--exit").output().unwrap();
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(without_ids(&said), transcript());
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the state file is gone");
}

#[test]
fn refuses_to_tell_its_story_over_a_table_that_holds_tenants() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = || demo(&folder).arg("--exit").arg("--data").arg(data.path()).output().unwrap();
    assert!(demo().status.success());
    let again = demo();
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("already holds tenants"), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_process_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = demo(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let hint = lines.find(|line| line.as_ref().unwrap().contains("Ctrl-C"));
    assert!(hint.is_some(), "it waits once the walk is over");
    let state = fs::read_to_string(folder.path().join(".tenantry/local.json")).unwrap();
    let state: laptop::State = serde_json::from_str(&state).unwrap();
    let children = children_of(child.id());
    assert!(!children.is_empty(), "the triggers run as processes");

    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert!(child.wait().unwrap().success());
    for process in children {
        assert!(!fs::exists(format!("/proc/{process}")).unwrap(), "process {process} is left");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let endpoint = state.user_pool_endpoint.strip_prefix("http://").unwrap().to_owned();
    assert!(std::net::TcpStream::connect(endpoint).is_err(), "the port is free");
}

/// The direct children of a process, as Linux shows them.
#[cfg(unix)]
fn children_of(process: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    processes
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // pid (name) state parent
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
            parent == Some(&process.to_string())
        })
        .collect()
}

fn demo(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(program("tenantry-laptop"));
    command.args(["demo", "--state-dir"]).arg(folder.path()).arg("--bin-dir").arg(programs().folder());
    command
}

/// `t_…` and `m_…` instead of what differs from run to run.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split("_id ").enumerate() {
        match part.split_once('…') {
            Some((id, rest)) if at > 0 => {
                out.push_str("_id ");
                out.extend(id.chars().take(2));
                out.push('…');
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}
