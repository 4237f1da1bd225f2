//! The code of a challenge: eight digits that only the key's holder can compute, so that no table and no event ever holds one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::challenge::padded::{MAILBOX, padded_or};
use crate::client::Client;
use crate::email::Email;
use crate::id::{Invalid, Person};

/// How many digits a code has: one guess in 100,000,000.
const DIGITS: usize = 8;

/// The secret that codes are computed with: 32 random bytes or more. `Debug` shows nothing, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct CodeKey(SecretSlice<u8>);

impl CodeKey {
    /// From base64 with padding, as `openssl rand -base64 32` writes it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = Invalid {
            noun: "key",
            rule: "32 to 1,024 random bytes as base64, such as `openssl rand -base64 32` gives",
        };
        let bytes = STANDARD.decode(text.trim()).map_err(|_| invalid)?;
        // Bytes that are all the same were not drawn at random.
        let varied = bytes.iter().any(|byte| Some(byte) != bytes.first());
        if (32..=1024).contains(&bytes.len()) && varied { Ok(Self(bytes.into())) } else { Err(invalid) }
    }

    /// The code of an issue. Each field ends in a zero byte, which none of them holds, so that no two inputs meet.
    fn code(&self, recipient: &Recipient<'_>, issue: u64) -> Code {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            // HMAC takes keys of every length; if it ever did not, no answer would match.
            return Code([0; DIGITS]);
        };
        let Recipient { person, client, mailbox } = recipient;
        for field in ["tenantry code 2", person.pool.as_ref(), person.sub.as_ref(), client.id.as_ref()] {
            mac.update(field.as_bytes());
            mac.update(&[0]);
        }
        mac.update(mailbox);
        mac.update(&issue.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        // 64 bits over 10^8 values: no digit is likelier than another by more than one in 10^11.
        let mut number = tag.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let mut digits = [0; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        Code(digits)
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("CodeKey(…)")
    }
}

/// The keys of a deployment.
#[derive(Debug, Clone)]
pub struct CodeKeys {
    current: CodeKey,
    previous: Option<CodeKey>,
}

impl CodeKeys {
    /// Codes are made with the current key; those that the previous one made are still believed.
    pub const fn new(current: CodeKey, previous: Option<CodeKey>) -> Self {
        Self { current, previous }
    }

    /// The code to send.
    pub fn code(&self, recipient: &Recipient<'_>, issue: u64) -> Code {
        self.current.code(recipient, issue)
    }

    /// Whether an answer is the code of this issue, in a time that does not depend on the answer's digits. Spaces and hyphens, with
    /// which mail programs and people group digits, do not matter.
    pub fn matches(&self, recipient: &Recipient<'_>, issue: u64, answer: &str) -> bool {
        // Nobody groups eight digits with more than this.
        let answer = if answer.len() <= 64 { answer } else { "" };
        let typed: Vec<u8> = answer.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
        let is = |key: &CodeKey| key.code(recipient, issue).0.ct_eq(&typed);
        let current = is(&self.current);
        // Without a previous key the current one is asked twice: the same work.
        let previous = is(self.previous.as_ref().unwrap_or(&self.current));
        (current | previous).into()
    }
}

/// Whom a code is for: a person at an app client, in a mailbox. At another client, or once the address has changed, it is no code.
/// `Debug` does not show the mailbox.
#[derive(Clone)]
pub struct Recipient<'a> {
    person: &'a Person,
    client: &'a Client,
    /// In the room of the longest one; nothing but zero bytes for what went to nowhere.
    mailbox: [u8; MAILBOX],
}

impl<'a> Recipient<'a> {
    /// The person, an app client of the same pool, and where it went; no mailbox for what went to nowhere, which is nobody's code.
    pub fn new(person: &'a Person, client: &'a Client, mailbox: Option<&Email>) -> Self {
        let mailbox = padded_or(mailbox, &client.id, &[0; MAILBOX]);
        Self { person, client, mailbox }
    }
}

impl fmt::Debug for Recipient<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { person, client, mailbox: _ } = self;
        out.debug_struct("Recipient").field("person", person).field("client", client).finish_non_exhaustive()
    }
}

/// A code. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code([u8; DIGITS]);

impl Code {
    /// The digits, for the mail alone.
    pub fn reveal(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PoolId;

    fn keys(current: u8, previous: Option<u8>) -> CodeKeys {
        let key = |byte: u8| {
            let mut bytes = [byte; 32];
            bytes[0] = !byte;
            CodeKey::parse(&STANDARD.encode(bytes)).unwrap()
        };
        CodeKeys::new(key(current), previous.map(key))
    }

    fn person(pool: &str, sub: &str) -> (Person, Client) {
        let pool: PoolId = pool.parse().unwrap();
        (Person { pool: pool.clone(), sub: sub.parse().unwrap() }, Client { pool, id: "client".parse().unwrap() })
    }

    #[test]
    fn a_code_is_eight_digits_and_its_own_answer() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient::new(&person, &client, None);
        for issue in [0, 1, 1_700_000_000_000, u64::MAX] {
            let code = keys(1, None).code(&recipient, issue).reveal();
            let (head, tail) = code.split_at(4);
            assert!(code.len() == 8 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
            for typed in [code.clone(), format!("{head} {tail}"), format!(" {head}-{tail} ")] {
                assert!(keys(1, None).matches(&recipient, issue, &typed), "{typed}");
            }
        }
    }

    #[test]
    fn a_code_stays_what_it_is_from_version_to_version() {
        let (ann, client) = person("eu-west-1_a", "ann");
        let key = CodeKey::parse(&STANDARD.encode((0..32).collect::<Vec<u8>>())).unwrap();
        let address: Email = "ann@acme.example".parse().unwrap();
        // HMAC-SHA-256 of the fields, by another program: the mailbox in 256 bytes, the issue in eight.
        for (mailbox, code) in [(Some(&address), "37961841"), (None, "18165658")] {
            assert_eq!(key.code(&Recipient::new(&ann, &client, mailbox), 1_700_000_000_000).reveal(), code);
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient::new(&person, &client, None);
        let code = keys(1, None).code(&recipient, 7).reveal();
        let (seven, _) = code.split_at(7);
        let (_, rest) = code.split_at(1);
        let other = if code.starts_with('0') { "1" } else { "0" };
        let long = "1".repeat(100_000);
        let spaced = format!("{code}{}1", " ".repeat(80));
        for typed in
            ["", "0", seven, &format!("{code}0"), &format!("{other}{rest}"), "１２３４５６７８", &long, &spaced, "-"]
        {
            assert!(!keys(1, None).matches(&recipient, 7, typed), "{}", typed.len());
        }
    }

    #[test]
    fn another_pool_person_client_mailbox_issue_or_key_has_another_code() {
        let (ann, client) = person("eu-west-1_a", "ann");
        let (bob, _) = person("eu-west-1_a", "bob");
        let (foreign, theirs) = person("eu-west-1_b", "ann");
        let other = Client { pool: client.pool.clone(), id: "other".parse().unwrap() };
        let address: Email = "ann@acme.example".parse().unwrap();
        let changed: Email = "ann@globex.example".parse().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for (person, client, issue, key) in [
            (&ann, &client, 1, 1),
            (&bob, &client, 1, 1),
            (&foreign, &theirs, 1, 1),
            (&ann, &other, 1, 1),
            (&ann, &client, 2, 1),
            (&ann, &client, 1, 2),
        ] {
            for mailbox in [None, Some(&address), Some(&changed)] {
                seen.insert(keys(key, None).code(&Recipient::new(person, client, mailbox), issue).reveal());
            }
        }
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn the_previous_key_still_counts_and_any_other_does_not() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient::new(&person, &client, None);
        let code = keys(1, None).code(&recipient, 7).reveal();
        assert!(keys(2, Some(1)).matches(&recipient, 7, &code));
        assert!(!keys(2, Some(3)).matches(&recipient, 7, &code));
        assert_ne!(keys(2, Some(1)).code(&recipient, 7).reveal(), code);
    }

    #[test]
    fn keys_are_long_and_random_and_never_shown() {
        for text in ["", "secret", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 32]), &STANDARD.encode([7; 2000])] {
            assert!(CodeKey::parse(text).is_err(), "{text}");
        }
        let shown = format!(
            "{:?} {:?}",
            keys(1, Some(2)),
            keys(1, None).code(&Recipient::new(&person("eu_a", "s").0, &person("eu_a", "s").1, None), 1)
        );
        assert_eq!(shown, "CodeKeys { current: CodeKey(…), previous: Some(CodeKey(…)) } Code(…)");
    }

    #[test]
    fn where_a_code_went_is_not_shown() {
        let (ann, client) = person("eu-west-1_a", "ann-1");
        let shown = |mailbox: Option<&Email>| format!("{:?}", Recipient::new(&ann, &client, mailbox));
        assert_eq!(shown(Some(&"ann@acme.example".parse().unwrap())), shown(None));
        assert!(shown(None).contains("ann-1"), "{}", shown(None));
    }
}
