//! The events in `tests/events`, written after those that the AWS developer guide documents.

use lambda::{Event, RawValue};
use serde_json::Value;

/// Every sample with its name.
pub(crate) const ALL: [(&str, &str); 14] = [
    ("pre-sign-up.sign-up", include_str!("../events/pre-sign-up.sign-up.json")),
    ("pre-sign-up.admin-create-user", include_str!("../events/pre-sign-up.admin-create-user.json")),
    ("pre-sign-up.external-provider", include_str!("../events/pre-sign-up.external-provider.json")),
    ("post-confirmation.confirm-sign-up", include_str!("../events/post-confirmation.confirm-sign-up.json")),
    (
        "post-confirmation.confirm-forgot-password",
        include_str!("../events/post-confirmation.confirm-forgot-password.json"),
    ),
    ("pre-token-generation.v1.authentication", include_str!("../events/pre-token-generation.v1.authentication.json")),
    ("pre-token-generation.v1.refresh-tokens", include_str!("../events/pre-token-generation.v1.refresh-tokens.json")),
    ("pre-token-generation.v2.hosted-auth", include_str!("../events/pre-token-generation.v2.hosted-auth.json")),
    (
        "pre-token-generation.v2.new-password-challenge",
        include_str!("../events/pre-token-generation.v2.new-password-challenge.json"),
    ),
    (
        "pre-token-generation.v3.authenticate-device",
        include_str!("../events/pre-token-generation.v3.authenticate-device.json"),
    ),
    (
        "pre-token-generation.v3.client-credentials",
        include_str!("../events/pre-token-generation.v3.client-credentials.json"),
    ),
    ("define-auth-challenge", include_str!("../events/define-auth-challenge.json")),
    ("create-auth-challenge", include_str!("../events/create-auth-challenge.json")),
    ("verify-auth-challenge", include_str!("../events/verify-auth-challenge.json")),
];

/// The sample of this name.
pub(crate) fn sample(name: &str) -> Value {
    let (_, text) = ALL.iter().find(|(sample, _)| *sample == name).expect("a sample of this name");
    serde_json::from_str(text).expect("samples are JSON")
}

/// A JSON text as Lambda hands it over.
pub(crate) fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// An event that reads.
pub(crate) fn event(text: &str) -> Event {
    Event::read(&raw(text)).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Every event that comes of bending one member of `event`, at any depth, with the place and what was done there.
pub(crate) fn mutations(event: &Value) -> Vec<(String, Value)> {
    let bends = [
        ("null", Value::Null),
        ("true", Value::Bool(true)),
        ("7", Value::from(7)),
        ("text", Value::from("bent")),
        ("empty text", Value::from("")),
        ("huge text", Value::from("x".repeat(2_048))),
        ("[]", Value::Array(Vec::new())),
        ("[[]]", serde_json::json!([[]])),
        ("{}", serde_json::json!({})),
        ("{x: {}}", serde_json::json!({ "x": {} })),
    ];
    let mut paths = Vec::new();
    collect(event, &mut String::new(), &mut paths);
    let mut bent = Vec::new();
    for path in paths {
        for (what, value) in &bends {
            let mut event = event.clone();
            *event.pointer_mut(&path).unwrap() = value.clone();
            bent.push((format!("{path} = {what}"), event));
        }
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut event = event.clone();
        match event.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.remove(key)),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => unreachable!("only these have members"),
        }
        bent.push((format!("{path} missing"), event));
    }
    bent
}

fn collect(value: &Value, path: &mut String, paths: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (key, value) in members {
        let length = path.len();
        path.push('/');
        path.push_str(&key);
        paths.push(path.clone());
        collect(value, path, paths);
        path.truncate(length);
    }
}
