//! Hostile addresses: what looks like one mailbox and is read as another, made from the tricks that worked elsewhere.

use std::collections::BTreeSet;

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
