//! The code of a challenge: eight digits that only the key's holder can compute, so that no table and no event ever holds one.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::account::{Account, Identities};
use crate::client::Client;
use crate::email::Email;
use crate::id::{Invalid, Person, PoolId, Sub, UserName};
use crate::invitation::hex;
use crate::refusal::Refusal;

/// How many digits a code has: one guess in 100,000,000.
const DIGITS: usize = 8;

/// More than the longest mailbox takes.
const MAILBOX_ROOM: usize = 256;

/// As much as the longest user name of ASCII characters takes.
const NAME_ROOM: usize = 128;

/// A text in the room of the longest one, behind it zero bytes, which none holds; nothing but zero bytes for a text that does not count. The
/// clock tells neither how long it is nor whether it counts: every place is worked out in the same way, and from a text of somebody.
fn roomy<const ROOM: usize>(text: &str, counts: bool) -> [u8; ROOM] {
    let bytes = text.as_bytes();
    let last = bytes.len().saturating_sub(1);
    // Behind a barrier: a compiler that knows what is multiplied with zero has a shorter way for it.
    let counts = Choice::from(u8::from(counts)).unwrap_u8();
    std::array::from_fn(|at| {
        let byte = bytes.get(at.min(last)).copied().unwrap_or_default();
        byte * u8::from(at <= last) * counts
    })
}

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

    /// The code of an issue. Each field ends in a zero byte, which none of them holds, so that no two inputs meet. The mailbox, which a code
    /// for nowhere lacks, takes the room of the longest one.
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
        let text = mailbox.map_or(person.sub.as_ref(), AsRef::as_ref);
        mac.update(&roomy::<MAILBOX_ROOM>(text, mailbox.is_some()));
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
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// The person.
    pub person: &'a Person,
    /// The app client, of the same pool.
    pub client: &'a Client,
    /// Where it went; absent for what went to nowhere, which is nobody's code.
    pub mailbox: Option<&'a Email>,
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

/// Whom a challenge is for: the person, or, if the user does not exist, somebody who stands for them, so that asking for them reads and
/// writes what asking for anybody does. The stand-in is worked out for everybody, and whoever it is comes as a copy: the time that these take
/// would tell who exists.
pub fn subject(pool: &PoolId, user_name: &UserName, person: Option<&Person>) -> Option<Person> {
    let stand_in = nobody(pool, user_name)?;
    Some(person.unwrap_or(&stand_in).clone())
}

/// Stands for a user who does not exist: a `sub` of the usual form, always the same for one user name in any case.
pub fn nobody(pool: &PoolId, user_name: &UserName) -> Option<Person> {
    let name = user_name.as_ref();
    let name = if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) };
    let mut room = roomy::<NAME_ROOM>(&name, true);
    room.make_ascii_lowercase();
    let mut hash = Sha256::new();
    hash.update("tenantry nobody 2\0");
    hash.update(room);
    hash.update(name.as_bytes().get(NAME_ROOM..).unwrap_or_default());
    let digits = hex(&hash.finalize());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let sub = format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30));
    Some(Person { pool: pool.clone(), sub: sub.parse::<Sub>().ok()? })
}

/// The mailbox to which a code may go: one that the person has proven, of an account that nobody else writes to. The provider of a
/// linked account can rewrite its address, and so could read the code.
pub fn mailbox(account: &Account) -> Result<&Email, Refusal> {
    if account.external || account.identities != Identities::None {
        return Err(Refusal::LinkedAccount);
    }
    let address = account.address().ok_or(Refusal::EmailNotAccepted)?;
    if account.email_verified { Ok(address) } else { Err(Refusal::EmailNotVerified) }
}

/// What is shown of where a code went before anybody proved a password: nothing. What Cognito calls a user who does not exist is not known
/// to be what was typed, so that any letter of an address would tell who exists.
pub const UNSHOWN: &str = "***@***";

/// What is shown of where a code went behind a proven password: `a***@a***.example`.
pub fn mask(address: &Email) -> String {
    let first = |text: &str| text.chars().next().unwrap_or('*');
    let domain = address.domain().as_ref();
    let top = domain.rsplit('.').next().unwrap_or_default();
    format!("{}***@{}***.{top}", first(address.as_ref()), first(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_text_takes_the_whole_room_and_one_that_does_not_count_leaves_it_empty() {
        assert_eq!(roomy::<4>("ab", true), *b"ab\0\0");
        assert_eq!(roomy::<4>("abcdef", true), *b"abcd");
        assert_eq!(roomy::<4>("ab", false), [0; 4]);
        assert_eq!(roomy::<4>("", true), [0; 4]);
    }

    #[test]
    fn a_code_is_eight_digits_and_its_own_answer() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient { person: &person, client: &client, mailbox: None };
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
    fn anything_else_is_no_answer() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient { person: &person, client: &client, mailbox: None };
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
                seen.insert(keys(key, None).code(&Recipient { person, client, mailbox }, issue).reveal());
            }
        }
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn the_previous_key_still_counts_and_any_other_does_not() {
        let (person, client) = person("eu-west-1_a", "s");
        let recipient = Recipient { person: &person, client: &client, mailbox: None };
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
            keys(1, None)
                .code(&Recipient { person: &person("eu_a", "s").0, client: &person("eu_a", "s").1, mailbox: None }, 1)
        );
        assert_eq!(shown, "CodeKeys { current: CodeKey(…), previous: Some(CodeKey(…)) } Code(…)");
    }

    #[test]
    fn a_code_goes_to_a_proven_mailbox_of_an_account_that_nobody_else_writes() {
        let identity = || crate::account::Identity { provider: "okta".into(), subject: "s".into() };
        let good = || Account {
            email: Some("ann@acme.example".parse()),
            email_verified: true,
            external: false,
            identities: Identities::None,
        };
        assert_eq!(mailbox(&good()).map(AsRef::as_ref), Ok("ann@acme.example"));
        for (account, refusal) in [
            (Account { email_verified: false, ..good() }, Refusal::EmailNotVerified),
            (Account { email: None, ..good() }, Refusal::EmailNotAccepted),
            (Account { email: Some("a b@acme.example".parse()), ..good() }, Refusal::EmailNotAccepted),
            (Account { external: true, ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::One(identity()), ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::Many, ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::Malformed, ..good() }, Refusal::LinkedAccount),
        ] {
            assert_eq!(mailbox(&account), Err(refusal), "{account:?}");
        }
    }

    #[test]
    fn c10_nobody_looks_like_somebody() {
        let pool: PoolId = "eu-west-1_a".parse().unwrap();
        let name = |text: &str| text.parse::<UserName>().unwrap();
        let sub = nobody(&pool, &name("ann@acme.example")).unwrap().sub;
        assert_eq!(sub.as_ref().len(), 36);
        assert_eq!(nobody(&pool, &name("Ann@ACME.example")).unwrap().sub, sub);
        assert_ne!(nobody(&pool, &name("bob@acme.example")).unwrap().sub, sub);
        // Longer than the room, in letters of two bytes: nothing of a name is left out, and no case counts.
        let long = |end: &str| nobody(&pool, &name(&format!("{}{end}", "é".repeat(64)))).unwrap().sub;
        assert_ne!(long("a"), long("b"));
        assert_eq!(nobody(&pool, &name(&format!("{}A", "É".repeat(64)))).unwrap().sub, long("a"));
    }

    #[test]
    fn a_mask_shows_two_letters_and_the_top_of_a_domain() {
        for (address, shown) in [
            ("ann@acme.example", "a***@a***.example"),
            ("b@mail.globex.co.uk", "b***@m***.uk"),
            ("zoe.long-name@xn--bcher-kva.example", "z***@x***.example"),
        ] {
            assert_eq!(mask(&address.parse().unwrap()), shown);
        }
    }
}
