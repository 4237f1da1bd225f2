//! What must not leak, in every form in which it could, and the few places where it may be.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use serde_json::Value;

/// A kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A mail address.
    Address,
    /// Who it is: `sub` or user name.
    Person,
    /// What an invitation's link carries.
    Invitation,
    /// A token that Cognito signed, or that refreshes one.
    Token,
    /// A code by mail, or an answer to a challenge.
    Code,
    /// A password.
    Password,
    /// A tenant's name.
    TenantName,
    /// What else a person says of themselves: attributes, metadata.
    Attribute,
    /// A key of ours, or of AWS; an address to which only we may write.
    Key,
}

/// Where something is said or kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The log of a function.
    Log,
    /// An error, whoever reads it.
    Error,
    /// What a trigger decided. The rest of its reply is the event as Cognito sent it.
    Response,
    /// The table.
    Table,
    /// The rows of the table that say who did what.
    Record,
    /// What the command line answers to whoever asked.
    Answer,
    /// The one answer that hands a new secret over.
    Issue,
    /// The log of the local user pool, in whose place a developer reads the mail.
    PoolLog,
}

/// Where a secret may be, and why. What does not stand here may be nowhere.
pub const ALLOWED: &[(Kind, Place, &str)] = &[
    (Kind::Address, Place::Table, "members and invitations are of an address"),
    (Kind::Person, Place::Table, "rows are of a person"),
    (Kind::TenantName, Place::Table, "the tenant's own item"),
    (Kind::Person, Place::Record, "what was done to a member is recorded by member, person or client id"),
    (Kind::Address, Place::Answer, "an operator asks who is a member"),
    (Kind::Person, Place::Answer, "an operator asks who is a member"),
    (Kind::TenantName, Place::Answer, "an operator asks for tenants"),
    (Kind::Address, Place::Issue, "whom the new invitation is for"),
    (Kind::TenantName, Place::Issue, "of which tenant it is"),
    (Kind::Invitation, Place::Issue, "a new invitation's token is shown once, to be sent to its address"),
    (Kind::Address, Place::PoolLog, "a mail's text is shown instead of sent"),
    (Kind::Code, Place::PoolLog, "a mail's text is shown instead of sent"),
    (Kind::TenantName, Place::PoolLog, "a mail's text is shown instead of sent"),
];

fn allowed(kind: Kind, place: Place) -> bool {
    ALLOWED.iter().any(|(of, at, _)| (*of, *at) == (kind, place))
}

/// Everything that must not leak.
#[derive(Debug, Clone, Default)]
pub struct Canaries(Vec<Canary>);

#[derive(Debug, Clone)]
struct Canary {
    kind: Kind,
    text: String,
    forms: Forms,
}

impl Canaries {
    /// Knows one more. What is too short to be told from chance is an error of whoever calls.
    pub fn add(&mut self, kind: Kind, text: &str) {
        assert!(text.len() >= 6, "{text:?} could be anything");
        if !self.0.iter().any(|known| known.kind == kind && known.text == text) {
            self.0.push(Canary { kind, text: text.to_owned(), forms: Forms::of(text) });
        }
    }

    /// Knows these, too.
    pub fn extend(&mut self, more: &Self) {
        for canary in &more.0 {
            self.add(canary.kind, &canary.text);
        }
    }

    /// The first that is where it must not be, and how it was written.
    pub fn hit(&self, place: Place, text: &str) -> Option<String> {
        let folded = text.to_lowercase();
        let mut found = self.0.iter().filter(|canary| !allowed(canary.kind, place));
        let (canary, form) = found.find_map(|canary| Some((canary, canary.forms.find(text, &folded)?)))?;
        let around: String = text.chars().take(600).collect();
        Some(format!("{:?} {:?} as {form:?} in {place:?}: {around}", canary.kind, canary.text))
    }

    /// As [`Canaries::hit`], of something that is kept as JSON.
    pub fn hit_json(&self, place: Place, value: &Value) -> Option<String> {
        self.hit(place, &value.to_string())
    }

    /// How many of a kind are known.
    pub fn count(&self, kind: Kind) -> u64 {
        self.0.iter().filter(|canary| canary.kind == kind).count() as u64
    }
}

/// Every text in a value, names included.
pub fn leaves<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(list) => list.iter().for_each(|value| leaves(value, into)),
        Value::Object(members) => {
            for (name, value) in members {
                into.push(name);
                leaves(value, into);
            }
        }
        _ => {}
    }
}

/// One text in all its disguises.
#[derive(Debug, Clone)]
struct Forms {
    /// In small letters: in capitals they are the same.
    folded: BTreeSet<String>,
    exact: BTreeSet<String>,
}

impl Forms {
    fn of(text: &str) -> Self {
        let json = quoted(text);
        let mut folded = BTreeSet::from([
            text.to_owned(),
            quoted(&json),
            ascii(&json),
            format!("{text:?}").trim_matches('"').to_owned(),
            percent(text, false),
            percent(text, true),
            text.bytes().fold(String::new(), |mut hex, byte| {
                // Writing to a text does not fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            }),
        ]);
        folded.insert(json);
        let folded = folded.into_iter().map(|form| form.to_lowercase()).collect();
        let exact = [STANDARD, URL_SAFE].iter().flat_map(|alphabet| base64(text, alphabet)).collect();
        Self { folded, exact }
    }

    fn find(&self, text: &str, folded: &str) -> Option<&str> {
        let form = self.folded.iter().find(|form| folded.contains(form.as_str()));
        form.or_else(|| self.exact.iter().find(|form| text.contains(form.as_str()))).map(String::as_str)
    }
}

/// As JSON writes it, without the quotes around it.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// As JSON writes it that keeps to ASCII.
fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::new(), |mut all, c| {
        if c.is_ascii() {
            all.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a text does not fail.
                let _ = write!(all, "\\u{unit:04x}");
            }
        }
        all
    })
}

/// As URLs write it; `form`: with a plus for a space.
fn percent(text: &str, form: bool) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => all.push(char::from(byte)),
            b' ' if form => all.push('+'),
            // Writing to a text does not fail.
            _ => drop(write!(all, "%{byte:02x}")),
        }
        all
    })
}

/// What is sure to stand in base64 of anything that this is a part of: three, by how many bytes stand before it.
fn base64(text: &str, alphabet: &Alphabet) -> Vec<String> {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    let of = |before: usize| {
        let encoded = engine.encode([&vec![0; before], text.as_bytes()].concat());
        // Digits that hold bits of what stands before or after say nothing sure.
        let first = [0, 2, 3][before];
        let last = (before + text.len()) * 8 / 6;
        encoded.chars().take(last).skip(first).collect()
    };
    (0..3).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Zoë's \"50 %\" & 7";

    #[test]
    fn a_canary_is_found_in_every_form() {
        let mut canaries = Canaries::default();
        canaries.add(Kind::Password, SECRET);
        let json = Value::from(SECRET).to_string();
        let standard = GeneralPurpose::new(&STANDARD, NO_PAD);
        let url = GeneralPurpose::new(&URL_SAFE, NO_PAD);
        let hex: Vec<String> = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        for text in [
            format!("before {SECRET} after"),
            SECRET.to_uppercase(),
            format!("{SECRET:?}"),
            json.clone(),
            Value::from(json.clone()).to_string(),
            json.replace('ë', "\\u00EB"),
            "zo%C3%AB%27s%20%2250%20%25%22%20%26%207".to_owned(),
            "zo%c3%ab%27s+%2250+%25%22+%26+7".to_owned(),
            hex.concat(),
            standard.encode(SECRET),
            standard.encode(format!("a{SECRET}")),
            standard.encode(format!("ab{SECRET}cd")),
            url.encode(format!("ab{SECRET}c")),
            url.encode(format!("{{\"a\":\"{SECRET}\"}}")),
        ] {
            assert!(canaries.hit(Place::Log, &text).is_some(), "{text}");
        }
        assert_eq!(canaries.hit(Place::Log, "Zoe's \"50 %\" & 7"), None);
    }

    #[test]
    fn a_canary_may_be_where_the_table_says_and_nowhere_else() {
        let mut canaries = Canaries::default();
        canaries.add(Kind::Address, "ann@acme.example");
        let kept = serde_json::json!({ "address": "ann@acme.example" });
        assert_eq!(canaries.hit_json(Place::Table, &kept), None);
        assert!(canaries.hit_json(Place::Record, &kept).is_some());
        // A text that is JSON itself.
        assert!(canaries.hit_json(Place::Log, &Value::from(kept.to_string())).is_some());
    }

    #[test]
    fn no_code_password_token_or_key_is_ever_kept() {
        for (kind, place, why) in ALLOWED {
            let secret = matches!(
                kind,
                Kind::Code | Kind::Password | Kind::Token | Kind::Invitation | Kind::Key | Kind::Attribute
            );
            assert!(!secret || matches!(place, Place::Issue | Place::PoolLog), "{kind:?} in {place:?}: {why}");
            assert!(!matches!(place, Place::Log | Place::Error | Place::Response), "{kind:?} in {place:?}: {why}");
        }
    }
}
