//! Where one text becomes a noun.

use domain::challenge::{Asks, Next, Step, StepName, define, proved_password};
use domain::{DomainName, Email, Identities, InvitationToken, ProviderName};
use lambda::{Event, RawValue};
use serde_json::{Value, json};

use crate::{addresses, nouns};

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// An address that is taken is plain ASCII with one `@`, means what it says, and is its own canonical form.
pub(super) fn address(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(email) = text.parse::<Email>() else { return };
    let canonical = email.to_string();
    assert_eq!(canonical, text.to_ascii_lowercase(), "nothing but capitals is folded");
    assert!(canonical.len() <= 254 && canonical.bytes().all(|byte| byte.is_ascii_graphic()), "{canonical:?}");
    assert!(!canonical.contains(['"', '(', ')', '<', '>', ',', ';', ':', '\\', '[', ']', '%', '!']), "{canonical:?}");
    let parts: Vec<&str> = canonical.split('@').collect();
    let [local, domain] = parts[..] else { panic!("one @ in {canonical:?}") };
    assert!((1..=64).contains(&local.len()), "{canonical:?}");
    assert_eq!(email.local(), local);
    assert_eq!(domain.parse::<DomainName>().as_ref(), Ok(email.domain()), "the domain of an address is one");
    assert_eq!(canonical.parse::<Email>().as_ref(), Ok(&email), "the canonical form means the same");
    // The same mailbox in other letters.
    assert_eq!(text.to_ascii_uppercase().parse::<Email>().as_ref(), Ok(&email), "{text:?}");
}

pub(super) fn addresses() -> Vec<Vec<u8>> {
    addresses::hostile(7, 400).into_iter().map(String::into_bytes).step_by(8).collect()
}

/// A domain that is taken is its own canonical form, and no label of it is more than letters, digits and hyphens.
pub(super) fn domain_name(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(domain) = text.parse::<DomainName>() else { return };
    let canonical = domain.to_string();
    assert_eq!(canonical, text.to_ascii_lowercase(), "nothing is mapped");
    assert!(canonical.len() <= 253 && canonical.split('.').count() >= 2, "{canonical:?}");
    for label in canonical.split('.') {
        let plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(plain && (1..=63).contains(&label.len()), "{canonical:?}");
        assert!(!label.starts_with('-') && !label.ends_with('-'), "{canonical:?}");
    }
    assert_eq!(canonical.parse::<DomainName>().as_ref(), Ok(&domain), "the canonical form means the same");
    // Nobody has an address of more than 254 characters.
    if canonical.len() <= 250 {
        let email: Email = format!("ann@{canonical}").parse().expect("people live at a domain");
        assert_eq!(email.domain(), &domain);
    }
}

pub(super) fn domain_names() -> Vec<Vec<u8>> {
    let names = ["acme.example", "ACME.co.uk", "xn--strae-oqa.example", "a.b-c.d1", "acme.com.xn--", "xn--acme-.com"];
    let mut seeds: Vec<Vec<u8>> = names.map(|name| name.as_bytes().to_vec()).to_vec();
    seeds.push(format!("{}.example", "a".repeat(63)).into_bytes());
    seeds.push("acme\u{3002}com".into());
    seeds
}

/// A token has one spelling, and another spelling is another token. The bytes are two texts with a line's end between them.
pub(super) fn invitation_token(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    let tokens = [one, other].map(|text| InvitationToken::parse(text).ok().map(|token| (text, token)));
    for (text, token) in tokens.iter().flatten() {
        assert_eq!(token.reveal(), *text, "one spelling");
        assert_eq!(token.digest().to_string().parse().as_ref(), Ok(&token.digest()));
        assert!(!token.digest().to_string().contains(text), "the digest does not show the token");
        assert!(!format!("{token:?}").contains(text), "nor does what a log would say");
    }
    if let [Some((one, first)), Some((other, second))] = &tokens {
        assert_eq!(first.digest() == second.digest(), one == other);
    }
}

pub(super) fn invitation_tokens() -> Vec<Vec<u8>> {
    let token = |byte| nouns::token(byte).reveal();
    let mut other = token(7);
    // The last of 43 characters has two bits that mean nothing, and that nobody may set.
    assert_eq!(other.pop(), Some('c'));
    other.push('d');
    let lines = [token(7), format!("{}\n{}", token(7), token(8)), format!("{}=", token(255)), other, String::new()];
    lines.map(String::into_bytes).to_vec()
}

const NAMES: [StepName; 10] = [
    StepName::SrpA,
    StepName::PasswordVerifier,
    StepName::Custom,
    StepName::NewPasswordRequired,
    StepName::SmsMfa,
    StepName::SoftwareTokenMfa,
    StepName::EmailOtp,
    StepName::DeviceSrpAuth,
    StepName::DevicePasswordVerifier,
    StepName::Other,
];
const ASKS: [Asks; 3] = [Asks::Password, Asks::PasswordAndCode, Asks::Code];
const RESULTS: [Option<bool>; 3] = [Some(true), Some(false), None];

/// However long a session is and whatever stands in it: tokens come after the exact chain alone, and never for nobody. The first byte is what
/// is asked for and of whom, every other one a step.
pub(super) fn challenge_session(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (asks, exists) = (ASKS[usize::from(first >> 1) % ASKS.len()], first & 1 == 0);
    let steps: Vec<Step> = rest.iter().map(|byte| step(usize::from(*byte))).collect();
    let next = define(asks, &steps, exists);
    if !exists {
        assert_ne!(next, Next::Tokens, "nobody gets tokens: {steps:?}");
        // Who does not exist is asked for all that somebody who does is asked for.
        let of_somebody = define(asks, &steps, true);
        assert!(next == of_somebody || of_somebody == Next::Tokens, "{steps:?}");
    }
    if next == Next::Tokens {
        exact(asks, &steps);
    }
}

fn step(number: usize) -> Step {
    Step { name: NAMES[number % NAMES.len()], result: RESULTS[number / NAMES.len() % RESULTS.len()] }
}

fn exact(asks: Asks, steps: &[Step]) {
    let passed = |name: StepName| steps.iter().filter(|step| step.name == name && step.result == Some(true)).count();
    let failed = |name: StepName| steps.iter().filter(|step| step.name == name && step.result != Some(true)).count();
    let (password, code) = (usize::from(asks != Asks::Code), usize::from(asks != Asks::Password));
    assert_eq!(passed(StepName::SrpA), password, "{steps:?}");
    assert_eq!(passed(StepName::PasswordVerifier), password, "{steps:?}");
    assert_eq!(passed(StepName::Custom), code, "{steps:?}");
    assert_eq!(proved_password(steps), password == 1, "{steps:?}");
    assert!(failed(StepName::Custom) < 3, "a third wrong code ends the session: {steps:?}");
    assert!(asks != Asks::Password || failed(StepName::Custom) == 0, "no code was asked for: {steps:?}");
    for name in NAMES {
        let lenient = name == StepName::Custom;
        assert!(lenient || failed(name) == 0, "what was not passed ends the session: {steps:?}");
    }
    assert!(!steps.iter().any(|step| step.name == StepName::Other), "nobody knows what it proves: {steps:?}");
}

pub(super) fn challenge_sessions() -> Vec<Vec<u8>> {
    vec![vec![0, 0, 1], vec![2, 0, 1, 12, 2], vec![4, 2], vec![3, 0, 1, 2], vec![4, 12, 22, 12, 2], vec![0, 0, 3, 1, 4]]
}

/// Whatever an account's attributes are: it is without identities only if the event shows none, and what is read has the spelling of the
/// event. And no name of a provider is read out of a user name that does not begin with it.
pub(super) fn identities(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let list = serde_json::from_str::<Value>(text).ok();
    // Cognito writes the list as JSON inside a string; as JSON itself it means the same.
    held(&json!(text).to_string(), list.as_ref());
    if serde_json::from_str::<Box<RawValue>>(text).is_ok() && !text.trim_start().starts_with(['"', 'n']) {
        held(text, list.as_ref());
    }
    for name in ProviderName::candidates(text) {
        let ascii = |text: &str| text.bytes().filter(u8::is_ascii).count();
        let begins = text
            .match_indices('_')
            .filter_map(|(at, _)| text.get(..at))
            .find(|part| part.to_lowercase() == name.as_ref());
        let begins = begins.unwrap_or_else(|| panic!("{name} of {text:?}"));
        assert_eq!(ascii(begins), ascii(name.as_ref()), "no letter from beyond ASCII becomes an ASCII one: {text:?}");
        assert_eq!(ProviderName::fold(name.as_ref()).as_ref(), Some(&name), "one canonical form");
    }
}

fn held(attribute: &str, list: Option<&Value>) {
    let event = format!(
        r#"{{"triggerSource":"TokenGeneration_Authentication","request":{{"userAttributes":{{"sub":"ann","email":"ann@acme.example","identities":{attribute}}}}}}}"#
    );
    let raw = RawValue::from_string(event).expect("JSON");
    let event = Event::read(&raw).expect("an event");
    let account = event.account();
    assert_eq!(event.attribute("sub"), Some("ann"), "no attribute costs another");
    assert!(account.address().is_some() && !account.email_verified && !account.external);
    match account.identities {
        Identities::None => assert_eq!(list.and_then(Value::as_array).map(Vec::len), Some(0), "{attribute}"),
        Identities::One(identity) => {
            let one = list.and_then(Value::as_array).filter(|list| list.len() == 1).map(|list| &list[0]);
            // Of what the parser with a limit cannot hold, nothing is compared.
            if let Some(one) = one {
                assert_eq!(one["providerName"].as_str(), Some(identity.provider.as_str()), "{attribute}");
            }
        }
        Identities::Many => {
            assert!(list.is_none_or(|list| list.as_array().is_some_and(|list| list.len() > 1)), "{attribute}");
        }
        Identities::Malformed => {}
    }
}

pub(super) fn identities_seeds() -> Vec<Vec<u8>> {
    let one =
        json!([{ "userId": "1", "providerName": "Okta", "providerType": "SAML", "issuer": null, "primary": "true" }]);
    let two = json!([{ "userId": 1, "providerName": "Okta" }, { "userId": "2", "providerName": "Google" }]);
    let texts = [one.to_string(), two.to_string(), "[]".into(), "{}".into(), "acme_Okta_bob_1".into(), "[null]".into()];
    texts.map(String::into_bytes).to_vec()
}
