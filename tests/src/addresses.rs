//! Hostile addresses: what looks like one mailbox and is read as another, made from the tricks that worked elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use domain::Email;

use crate::campaign::Dice;

/// What addresses are made of here. Some are as innocent as can be: whoever refused everything would look perfect.
const LOCALS: [&str; 12] =
    ["ann", "ann.lee", "ann+tag", "ann_lee", "o'ann", "a", "ANN", "ann-lee", "postmaster", "a.b.c", "ann1", "x=y"];
const DOMAINS: [&str; 10] = [
    "acme.example",
    "ACME.example",
    "mail.acme.example",
    "acme-corp.example",
    "xn--strae-oqa.example",
    "a.b.c.acme.example",
    "1acme.example",
    "evil.example",
    "acme.co.uk",
    "127.0.0.1",
];

/// What is put in somewhere.
const TRICKS: [&str; 76] = [
    "@",
    "@@",
    "@evil.example",
    "@evil.example,",
    ",",
    ", b@evil.example",
    ";",
    "; b@evil.example",
    " ",
    "\t",
    "\r\n",
    "\n",
    "\0",
    "\u{7f}",
    "\u{1b}[0m",
    "\"",
    "\"\"",
    "\"a@evil.example \"",
    "\\",
    "\\\"",
    "\\@",
    "(",
    ")",
    "(c)",
    "(@evil.example)",
    "(a)(b)",
    "<",
    ">",
    "<b@evil.example>",
    "N <",
    ":",
    "g:",
    "g:b@evil.example;",
    "[",
    "]",
    "[127.0.0.1]",
    "[IPv6:::1]",
    "%",
    "%evil.example",
    "%40evil.example",
    "!",
    "evil.example!",
    "?",
    "?cc=b@evil.example",
    "&",
    "#",
    "/",
    "//",
    "mailto:",
    "=?utf-8?q?=40evil.example=00?=",
    "=?utf-8?b?QA==?=",
    "=40",
    "&AEA-",
    ".",
    "..",
    "-",
    "--",
    "_",
    "xn--",
    "xn--a-",
    "\u{3002}",
    "\u{ff0e}",
    "\u{ff61}",
    "\u{2024}",
    "\u{ff20}",
    "\u{fe6b}",
    "\u{200b}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{feff}",
    "\u{212a}",
    "\u{430}",
    "\u{df}",
    "e\u{301}",
    "\u{1f4a9}",
];

/// So many different ones at least, the same for the same seed; every tenth or so is innocent.
pub fn hostile(seed: u64, least: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let mut found = BTreeSet::new();
    for local in LOCALS {
        for domain in DOMAINS {
            found.insert(format!("{local}@{domain}"));
        }
    }
    // Each trick alone, at every place of one address.
    let innocent = "ann.lee@acme.example";
    for trick in TRICKS {
        for place in 0..=innocent.len() {
            let (before, after) = innocent.split_at(place);
            found.insert(format!("{before}{trick}{after}"));
        }
    }
    // Then several at once.
    while found.len() < least {
        let mut address: Vec<char> = format!("{}@{}", dice.pick(&LOCALS), dice.pick(&DOMAINS)).chars().collect();
        for _ in 0..=dice.below(3) {
            let place = dice.below(address.len() + 1);
            address.splice(place..place, dice.pick(&TRICKS).chars());
        }
        found.insert(address.into_iter().collect());
    }
    found.into_iter().collect()
}

/// What somebody takes a text for: local part and domain.
pub type Mailbox = (String, String);

/// What readers said, by their name, address by address.
pub type Said = BTreeMap<String, Vec<Option<Mailbox>>>;

/// What crates say that nobody here wrote.
pub fn crates(texts: &[String]) -> Said {
    type Reader = fn(&str) -> Option<Mailbox>;
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

/// What we say.
pub fn ours(text: &str) -> Option<Mailbox> {
    let email: Email = text.parse().ok()?;
    let (local, domain) = email.as_ref().split_once('@')?;
    Some((local.to_owned(), domain.to_owned()))
}

/// Capitals are the same letters in both parts: `Email` says so, and no mailbox provider of companies says otherwise.
fn folded((local, domain): &Mailbox) -> Mailbox {
    (local.to_ascii_lowercase(), domain.to_ascii_lowercase())
}

/// How we stand beside others.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many texts are an address to us.
    pub accepted: usize,
    /// About how many texts others disagree with each other.
    pub disagreements: usize,
    /// Text and words: an address to us, and another mailbox to somebody else.
    pub wrong: Vec<(String, String)>,
}

/// Holds us against what others said of the same texts.
pub fn judge(texts: &[String], said: &Said) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, text) in texts.iter().enumerate() {
        let theirs: Vec<(&str, Mailbox)> =
            said.iter().filter_map(|(name, all)| Some((name.as_str(), folded(all[index].as_ref()?)))).collect();
        verdict.disagreements += usize::from(theirs.windows(2).any(|pair| pair[0].1 != pair[1].1));
        let Some(ours) = ours(text) else { continue };
        verdict.accepted += 1;
        if let Some((reader, other)) = theirs.iter().find(|(_, mailbox)| *mailbox != ours) {
            verdict.wrong.push((text.clone(), format!("{text:?}: ours means {ours:?}, {reader} means {other:?}")));
        }
    }
    verdict
}

/// The canonical form of an address is its own, and nothing but capitals is folded; what is wrong with it otherwise.
pub fn not_canonical(text: &str) -> Option<String> {
    let email: Email = text.parse().ok()?;
    let again: Result<Email, _> = email.as_ref().parse();
    let same = again.is_ok_and(|again| again == email && again.as_ref() == email.as_ref());
    let folded = text.to_ascii_lowercase() == email.as_ref();
    (!same || !folded).then(|| format!("{text:?} becomes {:?}", email.as_ref()))
}
