//! Addresses: one strict ASCII grammar and one canonical form, at claim, invitation, sign-up and token alike.
//!
//! No crate's grammar is safe here: display names, quoted local parts, encoded words and mapped Unicode are all ways to mean
//! another mailbox. What this refuses can still use Cognito; it just cannot join a tenant.

use std::fmt;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::id::{Invalid, Text};

/// A DNS name in canonical form: lower-case ASCII, at least two labels, at most 253 characters, no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(String);

impl DomainName {
    const fn invalid(rule: &'static str) -> Invalid {
        Invalid { noun: "domain", rule }
    }
}

impl FromStr for DomainName {
    type Err = Invalid;

    /// Lower-cases ASCII and nothing else; never maps one character to another (UTS #46 mapping is how look-alikes get in).
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() > 253 {
            return Err(Self::invalid("at most 253 characters"));
        }
        let name = text.to_ascii_lowercase();
        let mut labels = 0;
        for label in name.split('.') {
            labels += 1;
            let plain = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if label.is_empty() || label.len() > 63 || !plain || label.starts_with('-') || label.ends_with('-') {
                return Err(Self::invalid("labels of 1 to 63 ASCII letters, digits and inner hyphens"));
            }
            if label.starts_with("xn--") {
                round_trips(label)?;
            } else if label.get(2..4) == Some("--") {
                return Err(Self::invalid("hyphens in the third and fourth place are reserved (RFC 5891, 4.2.3.1)"));
            }
        }
        if labels < 2 {
            return Err(Self::invalid("at least two labels, as in acme.example"));
        }
        if name.rsplit('.').next().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Self::invalid("the last label is not a number"));
        }
        Ok(Self(name))
    }
}

/// An `xn--` label must decode and encode back to itself (CVE-2024-12224: `xn--acme-` decodes to plain `acme`).
fn round_trips(label: &str) -> Result<(), Invalid> {
    let refused = DomainName::invalid("xn-- labels are valid Punycode of a valid label");
    let uts46 = Uts46::new();
    let (unicode, decoded) = uts46.to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if decoded.is_err() || unicode.is_ascii() {
        return Err(refused);
    }
    match uts46.to_ascii(unicode.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify) {
        Ok(ascii) if ascii == label => Ok(()),
        _ => Err(refused),
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A mailbox in canonical form: a dot-atom local part of at most 64 characters, `@`, a [`DomainName`]; lower-case, at most 254
/// characters in all (RFC 5321, 4.5.3.1). Two texts mean the same mailbox here exactly if their canonical forms are equal bytes;
/// `+tag` is part of the mailbox and never folded.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email {
    // INVARIANT: `text` is `<local>@<domain>`, and `at` is where the only `@` stands.
    text: String,
    domain: DomainName,
}

impl Email {
    const fn invalid(rule: &'static str) -> Invalid {
        Invalid { noun: "e-mail address", rule }
    }

    /// The domain behind the `@`.
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.text.split('@').next().unwrap_or_default()
    }

    /// Whether this is a function's or a machine's mailbox, or a tagged one: help desks and mailing lists show mail for these to
    /// people who are not their owner (the "ticket trick"), so they never join by domain.
    pub fn is_role_mailbox(&self) -> bool {
        let local = self.local();
        local.contains('+') || ROLE_MAILBOXES.contains(&local)
    }
}

impl Text for Email {
    fn text(&self) -> &String {
        &self.text
    }
}

/// From RFC 2142 and the names that ticket systems and mailers use.
const ROLE_MAILBOXES: &[&str] = &[
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "all",
    "alerts",
    "billing",
    "bounce",
    "bounces",
    "career",
    "careers",
    "contact",
    "customer-service",
    "customercare",
    "customerservice",
    "daemon",
    "devnull",
    "dns",
    "donotreply",
    "do-not-reply",
    "everyone",
    "feedback",
    "finance",
    "ftp",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "inquiries",
    "invoice",
    "invoices",
    "it",
    "jira",
    "jobs",
    "legal",
    "list",
    "list-request",
    "mail",
    "mailer-daemon",
    "maildaemon",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "no_reply",
    "nobody",
    "noc",
    "noreply",
    "notifications",
    "notify",
    "office",
    "operations",
    "orders",
    "payments",
    "postmaster",
    "press",
    "privacy",
    "recruiting",
    "register",
    "reply",
    "root",
    "sales",
    "security",
    "service",
    "servicedesk",
    "spam",
    "ssl",
    "ssladmin",
    "ssladministrator",
    "sslwebmaster",
    "staff",
    "subscribe",
    "support",
    "sysadmin",
    "system",
    "team",
    "tech",
    "ticket",
    "tickets",
    "undisclosed-recipients",
    "unsubscribe",
    "usenet",
    "uucp",
    "webmaster",
    "www",
    "zendesk",
];

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() > 254 {
            return Err(Self::invalid("at most 254 characters"));
        }
        let (local, domain) = text.split_once('@').ok_or(Self::invalid("one @ between mailbox and domain"))?;
        if local.is_empty() || local.len() > 64 {
            return Err(Self::invalid("1 to 64 characters before the @"));
        }
        // Of RFC 5322's atext only what mail systems agree about: `%` and `!` once routed mail, `=` and `?` make encoded words,
        // the rest invites shells and SQL of systems behind us.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'\'' | b'&' | b'~');
        if !local.bytes().all(plain) {
            return Err(Self::invalid("letters, digits and . _ - + ' & ~ before the @"));
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(Self::invalid("dots before the @ only between other characters"));
        }
        let domain: DomainName = domain.parse()?;
        let text = format!("{}@{domain}", local.to_ascii_lowercase());
        Ok(Self { text, domain })
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// For people's eyes and the wire; logs never get it.
impl fmt::Display for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Says only that it is an address: a debug line must not leak one.
impl fmt::Debug for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Email(…@{})", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_plain_addresses_and_gives_them_one_form() {
        for (text, canonical) in [
            ("a@acme.example", "a@acme.example"),
            ("A@ACME.Example", "a@acme.example"),
            ("first.last+tag@mail.acme.example", "first.last+tag@mail.acme.example"),
            ("o'brien&co~x_1-2@acme.example", "o'brien&co~x_1-2@acme.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<Email>().map(|email| email.to_string()).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn refuses_every_other_way_to_mean_a_mailbox() {
        let long = format!("{}@acme.example", "a".repeat(65));
        let longer = format!("a@{}.example", ["a".repeat(63).as_str(); 4].join("."));
        for text in [
            "",
            "@",
            "a@",
            "@acme.example",
            "acme.example",
            "a@acme",
            "a@localhost",
            "a@acme.example.",
            "a@.acme.example",
            "a@acme..example",
            "a@-acme.example",
            "a@acme-.example",
            "a@ac_me.example",
            "a@acme.123",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "\"a\"@acme.example",
            "\"a@evil.example x\"@acme.example",
            "a@evil.example@acme.example",
            "a%evil.example@acme.example",
            "evil.example!a@acme.example",
            "a(c)@acme.example",
            "a@acme.example,b@evil.example",
            "N <a@acme.example>",
            "<a@acme.example>",
            "=?utf-8?q?=40evil.example=00?=@acme.example",
            ".a@acme.example",
            "a.@acme.example",
            "a..b@acme.example",
            " a@acme.example",
            "a@acme.example ",
            "a@acme.example\r\n",
            "a\0@acme.example",
            "a@acme.com.xn--",
            "a@xn--acme-.com",
            "a@xn--.com",
            "a@xn--a.com",
            "a@ab--cd.example",
            "a@асме.com",
            "a@ａｃｍｅ.com",
            "a@acme。com",
            "a@\u{212a}.example",
            "\u{212a}@acme.example",
            "a\u{200b}@acme.example",
            "a@ac\u{ad}me.example",
            "a@acme.example\u{202e}",
            "é@acme.example",
            long.as_str(),
            longer.as_str(),
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn takes_what_is_as_long_as_it_may_be_and_nothing_longer() {
        // 63 characters a label, 253 a name, 64 before the @, 254 in all (RFC 1035, 2.3.4; RFC 5321, 4.5.3.1).
        let label = |length: usize| "a".repeat(length);
        let name = |last: usize| format!("{0}.{0}.{0}.{1}", label(63), label(last));
        for (domain, fits) in [
            (format!("{}.ex", label(63)), true),
            (format!("{}.ex", label(64)), false),
            (name(61), true),
            (name(62), false),
        ] {
            assert_eq!(domain.parse::<DomainName>().is_ok(), fits, "{} characters", domain.len());
        }
        let email = |local: usize, last: usize| format!("{}@{}.{}.{}", label(local), label(63), label(63), label(last));
        for (email, fits) in
            [(email(64, 61), true), (email(64, 62), false), (email(65, 20), false), (email(63, 62), true)]
        {
            assert_eq!(email.parse::<Email>().is_ok(), fits, "{} characters", email.len());
        }
    }

    #[test]
    fn a_debug_line_has_the_domain_and_not_the_mailbox() {
        assert_eq!(format!("{:?}", "ann@acme.example".parse::<Email>().unwrap()), "Email(…@acme.example)");
    }

    #[test]
    fn knows_the_mailboxes_of_functions() {
        for local in ["support", "NoReply", "postmaster", "x+ticket1", "admin"] {
            assert!(format!("{local}@acme.example").parse::<Email>().unwrap().is_role_mailbox(), "{local}");
        }
        for local in ["ann", "supporter", "info.ann"] {
            assert!(!format!("{local}@acme.example").parse::<Email>().unwrap().is_role_mailbox(), "{local}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_idempotent_and_only_lower_cases(text in "\\PC{0,20}@\\PC{0,30}|[a-zA-Z0-9.+_-]{1,12}@[a-zA-Z0-9.-]{1,24}") {
            if let Ok(email) = text.parse::<Email>() {
                prop_assert_eq!(email.as_ref(), text.to_ascii_lowercase());
                prop_assert_eq!(email.as_ref().parse::<Email>().unwrap(), email);
            }
        }
    }
}
