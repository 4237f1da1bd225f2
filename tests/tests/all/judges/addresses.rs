//! Thousands of hostile addresses before readers that nobody here wrote: where two of them could mean different mailboxes, ours means none.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use domain::Email;
use tests::addresses::hostile;

/// What somebody takes a text for: local part and domain.
type Mailbox = (String, String);

/// What readers said, by their name, address by address.
type Said = BTreeMap<String, Vec<Option<Mailbox>>>;

/// Finds the mailbox in a text.
type Reader = fn(&str) -> Option<Mailbox>;

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

fn rust(texts: &[String]) -> Said {
    let crates: [(&str, Reader); 2] = [
        ("email_address", |text| {
            let address: email_address::EmailAddress = text.parse().ok()?;
            Some((address.local_part().to_owned(), address.domain().to_owned()))
        }),
        ("lettre", |text| {
            let address: lettre::Address = text.parse().ok()?;
            Some((address.user().to_owned(), address.domain().to_owned()))
        }),
    ];
    let said = |reader: Reader| texts.iter().map(|text| reader(text)).collect();
    crates.into_iter().map(|(name, reader)| (name.to_owned(), said(reader))).collect()
}

fn ours(text: &str) -> Option<Mailbox> {
    let email: Email = text.parse().ok()?;
    let (local, domain) = email.as_ref().split_once('@')?;
    Some((local.to_owned(), domain.to_owned()))
}

/// Capitals are the same letters in both parts: `Email` says so, and no mailbox provider of companies says otherwise.
fn folded((local, domain): &Mailbox) -> Mailbox {
    (local.to_ascii_lowercase(), domain.to_ascii_lowercase())
}

#[test]
fn where_readers_disagree_about_the_mailbox_ours_refuses() {
    let texts = hostile(SEED, 6_000);
    let mut said = javascript(&texts);
    said.extend(python(&texts));
    said.extend(rust(&texts));
    assert_eq!(said.len(), 8, "{:?}", said.keys());
    for (reader, answers) in &said {
        assert_eq!(answers.len(), texts.len(), "{reader}");
    }
    let (mut accepted, mut disagreements, mut wrong) = (0, 0, Vec::new());
    for (index, text) in texts.iter().enumerate() {
        let ours = ours(text);
        let theirs: Vec<(&str, Mailbox)> =
            said.iter().filter_map(|(name, all)| Some((name.as_str(), folded(all[index].as_ref()?)))).collect();
        let disagree = theirs.windows(2).any(|pair| pair[0].1 != pair[1].1);
        disagreements += usize::from(disagree);
        if let Some(ours) = ours {
            accepted += 1;
            if let Some((reader, other)) = theirs.iter().find(|(_, mailbox)| *mailbox != ours) {
                wrong.push(format!("{text:?}: ours means {ours:?}, {reader} means {other:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    // Neither side is vacuous: readers do disagree, and ours takes what is innocent.
    assert!(disagreements > 500, "{disagreements} disagreements");
    assert!(accepted > 100, "{accepted} accepted");
}

#[test]
fn the_canonical_form_of_every_address_is_its_own() {
    for text in hostile(SEED, 6_000) {
        let Ok(email) = text.parse::<Email>() else { continue };
        let again: Email = email.as_ref().parse().unwrap();
        assert_eq!(again, email, "{text:?}");
        assert_eq!(again.as_ref(), email.as_ref(), "{text:?}");
        assert_eq!(text.to_ascii_lowercase(), email.as_ref(), "nothing but capitals is folded: {text:?}");
    }
}
