//! D5 to D10: addresses that systems read differently. Ours refuses wherever two readers could disagree.

use std::str::FromStr;

use domain::{DomainName, Email};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tests::{Event, World};

/// Quoted local parts.
const D5: &[&str] = &[
    "\"a@evil.example x\"@acme.example",
    "\"a\"@acme.example",
    "\"\"@acme.example",
    "\"a b\"@acme.example",
    "a.\"b\".c@acme.example",
    "\"a\\\"b\"@acme.example",
    "\"a@evil.example\"@acme.example",
];

/// Encoded words.
const D6: &[&str] = &[
    "=?utf-8?q?=40evil.example=00?=@acme.example",
    "=?x?q?=41=42?=collab@acme.example",
    "=?utf-8?b?YUBldmlsLmV4YW1wbGU=?=@acme.example",
    "=?utf-7?q?&AGEAQA-evil.example&ACA-?=@acme.example",
];

/// More than one address in an address.
const D7: &[&str] = &[
    "a%evil.example@acme.example",
    "evil.example!a@acme.example",
    "a(c)@acme.example",
    "(c)a@acme.example",
    "a@acme.example(c)",
    "a@acme.example,b@evil.example",
    "a@acme.example;b@evil.example",
    "a@acme.example b@evil.example",
    "N <a@acme.example>",
    "<a@acme.example>",
    "a@acme.example@evil.example",
    "@evil.example:a@acme.example",
    "@acme.example",
    "a@",
    "a",
    "@",
    "",
    " ",
    "a@@acme.example",
    " a@acme.example",
    "a@acme.example ",
    "a @acme.example",
    "a@ acme.example",
    "mailto:a@acme.example",
    "a@acme.example?x=y",
    "a/b@acme.example",
    "a\\b@acme.example",
    "a:b@acme.example",
    "a[b@acme.example",
    "a`b@acme.example",
    "a|b@acme.example",
    "a$b@acme.example",
    "a#b@acme.example",
    "a*b@acme.example",
    "a=b@acme.example",
    "a?b@acme.example",
    "a^b@acme.example",
    "a{b}@acme.example",
    "a,b@acme.example",
    "a;b@acme.example",
];

/// Characters that look, map or decode to others.
const D8: &[&str] = &[
    "a@acme.com.xn--",
    "a@xn--acme-.com",
    "a@xn--acme.com",
    "a@xn--a.com",
    "a@xn--0.com",
    "a@xn--zca-.com",
    "a@xn--fa-hia.com.xn--",
    "a@ac--me.com",
    "a@\u{430}\u{441}\u{43c}\u{435}.com",
    "\u{430}@acme.com",
    "a@\u{ff41}\u{ff43}\u{ff4d}\u{ff45}.com",
    "a@acme\u{3002}com",
    "a@acme\u{ff0e}com",
    "a@acme\u{ff61}com",
    "a\u{ff20}acme.com",
    "a\u{fe6b}acme.com",
    "\u{212a}@acme.com",
    "a@\u{212a}.com",
    "a@ac\u{200b}me.com",
    "a@ac\u{200d}me.com",
    "a@ac\u{ad}me.com",
    "a\u{ad}@acme.com",
    "a\0@acme.com",
    "a@acme.com\0",
    "a@acme.com\0@evil.com",
    "a@acme.com\r\n",
    "a@acme.com\r\nbcc: b@evil.com",
    "a@acme.com\n",
    "a\n@acme.com",
    "a@acme.com\u{202e}",
    "\u{202e}a@acme.com",
    "a@\u{202e}moc.emca",
    "a@acme.com\u{feff}",
    "\u{feff}a@acme.com",
    "a@acme\u{2024}com",
    "a@stra\u{df}e.com",
    "a@xn--strae-oqa.com.",
    "a@fa\u{df}.de",
    "a@ACME.\u{130}stanbul",
    "\u{e9}@acme.com",
    "e\u{301}@acme.com",
    "a@acme.c\u{f6}m",
    "a@\u{1f4a9}.com",
    "a@acme.com\u{7f}",
    "a\u{1b}[0m@acme.com",
    "a@ac\tme.com",
];

/// What is no mailbox of a company on the Internet.
const D10: &[&str] = &[
    "a@acme.com.",
    "a@.acme.com",
    "a@acme..com",
    "a@.",
    "a@..",
    "a@-acme.com",
    "a@acme-.com",
    "a@acme.com-",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@127.0.0.1",
    "a@1.2",
    "a@acme.123",
    "a@localhost",
    "a@com",
    "a@acme_.com",
    "a@acme.com:25",
    ".a@acme.com",
    "a.@acme.com",
    "a..b@acme.com",
    ".@acme.com",
];

fn all() -> impl Iterator<Item = &'static str> {
    [D5, D6, D7, D8, D10].into_iter().flatten().copied()
}

fn refuses(addresses: &[&str]) {
    for address in addresses {
        assert!(address.parse::<Email>().is_err(), "{address:?}");
    }
}

#[test]
fn d5_no_quoted_local_parts() {
    refuses(D5);
}

#[test]
fn d6_no_encoded_words() {
    refuses(D6);
}

#[test]
fn d7_one_at_sign_and_atoms_only() {
    refuses(D7);
}

#[test]
fn d8_ascii_alone_and_never_mapped() {
    refuses(D8);
    // A valid internationalized domain is itself, and its ASCII form alone.
    assert_eq!("a@XN--STRAE-oqa.example".parse::<Email>().unwrap().as_ref(), "a@xn--strae-oqa.example");
    assert!("a@straße.example".parse::<Email>().is_err());
}

#[test]
fn d10_one_form_and_limits() {
    refuses(D10);
    let long = |n: usize| "l".repeat(n);
    for (address, fits) in [
        (format!("{}@acme.com", long(64)), true),
        (format!("{}@acme.com", long(65)), false),
        (format!("a@{}.com", long(63)), true),
        (format!("a@{}.com", long(64)), false),
        (format!("{}@{}.{}.{}.com", long(60), long(63), long(63), long(61)), true),
        (format!("{}@{}.{}.{}.com", long(64), long(63), long(63), long(61)), false),
    ] {
        assert_eq!(address.parse::<Email>().is_ok(), fits, "{} characters: {address}", address.len());
    }
    assert_eq!("A@ACME.COM".parse::<Email>().unwrap().as_ref(), "a@acme.com");
    assert_eq!("a@acme.com".parse::<Email>().unwrap(), "A@Acme.Com".parse().unwrap());
}

#[tokio::test]
async fn d5_to_d10_no_trigger_takes_them() {
    let world = World::new().await;
    world.with("acme").await;
    world.put(&tests::nouns::domain_of("acme.com", "acme")).await;
    let before = world.dump().await;
    for address in all() {
        let start = world.ask(&Event::sign_up("acme", "eve", address)).await;
        assert_eq!(start.code(), Some("EMAIL_NOT_ACCEPTED"), "{address:?}");
        let confirmed = world.ask(&Event::confirmed("acme", "eve", address)).await;
        assert_eq!(confirmed.would_code(), Some("EMAIL_NOT_ACCEPTED"), "{address:?}");
        let asked = world.ask(&Event::token("acme", "eve", address)).await;
        assert_eq!(asked.code(), Some("EMAIL_NOT_ACCEPTED"), "{address:?}");
    }
    assert_eq!(world.dump().await, before);
}

/// What other parsers take the two parts to be. Both are wrong about something; together they are the judges of what we accept.
fn theirs(address: &str) -> [Option<(String, String)>; 2] {
    let first = email_address::EmailAddress::from_str(address).ok();
    let second = lettre::Address::from_str(address).ok();
    [
        first.map(|found| (found.local_part().to_owned(), found.domain().to_owned())),
        second.map(|found| (found.user().to_owned(), found.domain().to_owned())),
    ]
}

/// INVARIANT: whatever we accept, everybody accepts and reads alike.
fn judged(address: &str) -> Result<bool, String> {
    let Ok(ours) = address.parse::<Email>() else { return Ok(false) };
    for (judge, theirs) in ["email_address", "lettre"].into_iter().zip(theirs(address)) {
        let Some((local, domain)) = theirs else { return Err(format!("{judge} refuses {address:?}")) };
        let alike = local.eq_ignore_ascii_case(ours.local()) && domain.eq_ignore_ascii_case(ours.domain().as_ref());
        if !alike {
            return Err(format!("{judge} reads {address:?} as {local:?} at {domain:?}"));
        }
    }
    Ok(true)
}

#[test]
fn d7_whatever_we_accept_other_parsers_read_alike() {
    let locals = [
        "a",
        "A",
        "ann",
        "ann.lee",
        "ann+x",
        "o'neil",
        "a_b",
        "a-b",
        "a&b",
        "a~b",
        "0",
        "a.b.c",
        "support",
        "a%b",
        "a!b",
        "a..b",
        ".a",
        "a.",
        "\"a\"",
        "\"a@b\"",
        "a b",
        "a(b)",
        "=?utf-8?q?a?=",
        "a=b",
        "a\u{e9}",
        "\u{430}",
        "a\0",
        "a\n",
        "",
        "a,b",
        "a:b",
        "a;b",
        "<a",
        "a>",
        "[a]",
        "a\\b",
        "a/b",
        "a|b",
        "#",
        "$a",
        "*",
        "a?b",
        "^",
        "`",
        "{a}",
        "a\u{200b}",
        "\u{202e}a",
    ];
    let domains = [
        "acme.example",
        "ACME.example",
        "a-b.example",
        "a.b.c.example",
        "xn--strae-oqa.example",
        "1.example",
        "a1.example",
        "acme.example.",
        ".acme.example",
        "acme..example",
        "-acme.example",
        "acme-.example",
        "ac--me.example",
        "xn--acme-.example",
        "acme.xn--",
        "localhost",
        "example",
        "127.0.0.1",
        "[127.0.0.1]",
        "[::1]",
        "acme.1",
        "acme_b.example",
        "acme\u{3002}example",
        "acme.ex\u{e4}mple",
        "\u{ff41}cme.example",
        "ac\u{ad}me.example",
        "ac me.example",
        "acme.example\0",
        "acme.example\n",
        "acme.example,",
        "acme.example>",
        "acme.example(c)",
        "acme.example:25",
        "acme.example@evil.example",
        "evil.example%acme.example",
        "",
        ".",
        "-",
        "a\u{2024}example",
    ];
    let (mut seen, mut accepted) = (0_u32, 0_u32);
    for local in locals {
        for domain in domains {
            for address in [
                format!("{local}@{domain}"),
                format!(" {local}@{domain}"),
                format!("<{local}@{domain}>"),
                format!("N <{local}@{domain}>"),
            ] {
                seen += 1;
                accepted += u32::from(judged(&address).unwrap());
            }
        }
    }
    for address in all() {
        assert_eq!(judged(address), Ok(false));
    }
    assert!(seen >= 5_000 && accepted >= 50, "{accepted} of {seen}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn d9_canonical_is_idempotent_and_equal_means_equal_bytes(text in "[a-zA-Z0-9.+_'-]{1,20}@[a-zA-Z0-9-]{1,12}(\\.[a-zA-Z]{2,6}){1,2}") {
        if let Ok(canonical) = text.parse::<Email>() {
            prop_assert_eq!(canonical.as_ref(), text.to_ascii_lowercase());
            prop_assert_eq!(&canonical.as_ref().parse::<Email>().unwrap(), &canonical);
            prop_assert_eq!(&text.to_ascii_uppercase().parse::<Email>().unwrap(), &canonical);
            prop_assert_eq!(canonical.domain().as_ref().parse::<DomainName>().unwrap(), canonical.domain().clone());
        } else {
            prop_assert!(text.to_ascii_uppercase().parse::<Email>().is_err());
        }
    }

    #[test]
    fn d9_two_addresses_are_one_only_if_their_lower_case_bytes_are(one in "[aAbB.]{1,3}@[aAbB]\\.(com|COM)", other in "[aAbB.]{1,3}@[aAbB]\\.(com|COM)") {
        if let (Ok(a), Ok(b)) = (one.parse::<Email>(), other.parse::<Email>()) {
            prop_assert_eq!(a == b, one.eq_ignore_ascii_case(&other));
        }
    }

    #[test]
    fn d7_no_text_is_accepted_that_others_read_differently(text in "\\PC{0,40}") {
        prop_assert!(judged(&text).is_ok());
        let joined = format!("{text}@acme.example");
        prop_assert_eq!(judged(&joined).err(), None);
        let joined = format!("a@{text}");
        prop_assert_eq!(judged(&joined).err(), None);
    }

    #[test]
    fn d7_no_printable_ascii_is_accepted_that_others_read_differently(text in "[ -~]{1,12}@[ -~]{1,16}") {
        prop_assert_eq!(judged(&text).err(), None);
    }
}
