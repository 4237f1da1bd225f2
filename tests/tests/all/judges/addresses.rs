//! Thousands of hostile addresses before readers that nobody here wrote: where two of them could mean different mailboxes, ours means none.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tests::addresses::{Said, crates, hostile, judge, not_canonical};

/// The same addresses in every run.
const SEED: u64 = 2_026;

fn ask(mut command: Command, texts: &[String]) -> Said {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(serde_json::to_string(texts).unwrap().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn javascript(texts: &[String]) -> Said {
    let mut command = Command::new("node");
    let script = super::folder().join("javascript/addresses.mjs");
    command.arg(script).arg(super::handed("TENANTRY_JAVASCRIPT_JUDGES_DIR"));
    ask(command, texts)
}

fn python(texts: &[String]) -> Said {
    let mut command = Command::new(super::handed("TENANTRY_MINISTACK_PYTHON"));
    command.arg(super::folder().join("python/addresses.py"));
    ask(command, texts)
}

#[test]
fn where_readers_disagree_about_the_mailbox_ours_refuses() {
    let texts = hostile(SEED, 6_000);
    let mut said = javascript(&texts);
    said.extend(python(&texts));
    said.extend(crates(&texts));
    assert_eq!(said.len(), 8, "{:?}", said.keys());
    for (reader, answers) in &said {
        assert_eq!(answers.len(), texts.len(), "{reader}");
    }
    let verdict = judge(&texts, &said);
    let wrong: Vec<_> = verdict.wrong.iter().map(|(_, words)| words.as_str()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    // Neither side is vacuous: readers do disagree, and ours takes what is innocent.
    assert!(verdict.disagreements > 500, "{} disagreements", verdict.disagreements);
    assert!(verdict.accepted > 100, "{} accepted", verdict.accepted);
}

#[test]
fn the_canonical_form_of_every_address_is_its_own() {
    for text in hostile(SEED, 6_000) {
        assert_eq!(not_canonical(&text), None);
    }
}
