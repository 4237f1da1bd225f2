//! The talk with a judge in another language: it asks for what a person finds in the mail or an operator does, and says what it saw.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, Command};

use super::expectations::Seen;
use super::ground::{Ground, Version};
use super::town::{People, TENANTS};

/// Runs a script of `tests/judges/javascript` to its end; `people` are named so that no two stories meet the same ones.
pub(super) async fn story(ground: &Ground, script: &str, people: &str) -> Seen {
    let path = super::folder().join("javascript").join(script);
    let mut child = Command::new("node")
        .arg(path)
        .arg(super::handed("TENANTRY_JAVASCRIPT_JUDGES_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let people = People::of(people);
    let mut seen = Seen::new();
    let mut done = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        // A library may print a warning of its own between the lines.
        let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(what) = said["ask"].as_str() {
            let of = said["of"].as_str().unwrap_or_default();
            say(&mut answers, &answer(ground, &people, what, of).await).await;
        } else if let Some(expectation) = said["saw"].as_str() {
            seen.insert(expectation.to_owned(), people.named(&ground.named(&said["seen"])));
        } else {
            done = said["done"] == true;
        }
    }
    let output = child.wait_with_output().await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let seen_so_far = seen.keys().map(String::as_str).collect::<Vec<_>>().join("; ");
    assert!(
        output.status.success() && done,
        "{script} on {}: {error}\nseen: {seen_so_far}\n{}",
        ground.name(),
        ground.log()
    );
    seen.insert("mails with a code for two sign-ins".to_owned(), ground.sign_in_codes(&people.bob).await.len().into());
    seen
}

async fn say(to: &mut ChildStdin, answer: &Value) {
    to.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
}

async fn answer(ground: &Ground, people: &People, what: &str, of: &str) -> Value {
    match what {
        "pool" => {
            let (url, pool) = (ground.url(), ground.pool(Version::V3));
            let clients: BTreeMap<_, _> = TENANTS.map(|name| (name, &ground.client(Version::V3, name).id)).into();
            let jwks = format!("{url}/{pool}/.well-known/jwks.json");
            json!({ "endpoint": url, "pool": pool, "jwks": jwks, "clients": clients, "people": people })
        }
        "code" => json!(ground.code(of).await),
        "signInCode" => json!(ground.sign_in_codes(of).await.pop().unwrap_or_else(|| panic!("no code came to {of}"))),
        "confirmed" => ground.verified(Version::V3, of).await,
        "remove" => {
            ground.tenantctl(&["member", "remove", "acme", of]).await;
            Value::Null
        }
        _ => panic!("nobody knows what {what} is"),
    }
}
