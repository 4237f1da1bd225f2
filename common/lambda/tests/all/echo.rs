//! What was not decided goes back as it came: equal as JSON, and indeed to the byte.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{ALL, event};

/// JSON text of every kind, with what decoders stumble over: numbers past `f64`, lone surrogates, escapes, depth,
/// duplicate keys, blanks.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number,
        key(),
        (1..600_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" ,"))),
            members(inner).prop_map(|members| format!("{{ {members} }}")),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just(r#""\ud800""#.to_owned()),
        Just(r#""r\u0065sponse""#.to_owned()),
        Just(r#""a\/b\n""#.to_owned()),
        "\"[a-c]\"",
    ]
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((key(), value), 0..6).prop_map(|members| {
        members.iter().map(|(key, value)| format!("{key} : {value}")).collect::<Vec<_>>().join(", ")
    })
}

fn and(members: &str) -> String {
    if members.is_empty() { String::new() } else { format!(", {members}") }
}

/// An event with arbitrary members at its top, in its request and in its response.
fn unknown() -> impl Strategy<Value = (String, String, String)> {
    // Another `response` at the top would be one to replace, and is tested on its own.
    let top = members(json_text()).prop_filter("another response", |members| !members.contains("sponse"));
    let response = members(json_text()).prop_filter("another claim", |members| !members.contains("autoConfirm"));
    (top, members(json_text()), response)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn an_unchanged_event_is_the_same_text((top, request, response) in unknown()) {
        let text = format!(
            r#"{{"triggerSource":"PreSignUp_SignUp","request":{{{request}}} , "response":{{{response}}}{}}}"#,
            and(&top),
        );
        let reply = event(&text).unchanged().into_raw().unwrap();
        prop_assert_eq!(reply.get(), text);
    }

    #[test]
    fn an_answer_changes_its_own_key_alone((top, request, response) in unknown()) {
        let with = |answer: &str| format!(
            r#"{{"triggerSource":"PreSignUp_SignUp","request":{{{request}}} , "response":{{"autoConfirmUser":{answer}{}}}{}}}"#,
            and(&response),
            and(&top),
        );
        let reply = event(&with("false")).respond("autoConfirmUser", &json!({ "a": 1 })).into_raw().unwrap();
        prop_assert_eq!(reply.get(), with(r#"{"a":1}"#));
    }

    #[test]
    fn any_json_at_all_is_read_or_refused(text in json_text(), source in any::<String>()) {
        let _ = lambda::Event::read(&crate::samples::raw(&text)).map(|event| (event.account(), event.unchanged().into_raw()));
        let text = json!({ "triggerSource": source }).to_string().replace('}', &format!(r#","request":{{"userAttributes":{text}}}}}"#));
        if let Ok(raw) = lambda::RawValue::from_string(text) {
            let _ = lambda::Event::read(&raw).map(|event| (event.account(), event.unchanged().into_raw()));
        }
    }
}

#[test]
fn every_sample_comes_back() {
    for (name, text) in ALL {
        assert_eq!(event(text.trim()).unchanged().into_raw().unwrap().get(), text.trim(), "{name}");
    }
}

#[test]
fn a_reply_always_has_a_response_object() {
    for (response, expected) in [
        ("", r#","response":{}"#),
        (r#","response":null"#, r#","response":{}"#),
        (r#","response":"x""#, r#","response":{}"#),
        (r#","response":[1]"#, r#","response":{}"#),
        (r#","response":{"a":1}"#, r#","response":{"a":1}"#),
        (r#","response":{"a":1},"response":null"#, r#","response":{},"response":{}"#),
    ] {
        let text = |response: &str| format!(r#"{{"triggerSource":"PreSignUp_SignUp"{response}}}"#);
        assert_eq!(event(&text(response)).unchanged().into_raw().unwrap().get(), text(expected), "{response}");
    }
}

#[test]
fn an_answer_finds_its_place() {
    for (response, expected) in [
        ("", r#","response":{"k":7}"#),
        (r#","response":null"#, r#","response":{"k":7}"#),
        (r#","response":{"k":null}"#, r#","response":{"k":7}"#),
        (r#","response":{"a":1e400}"#, r#","response":{"a":1e400,"k":7}"#),
        (r#","response":{"a":1},"response":{"b":2}"#, r#","response":{"b":2,"k":7},"response":{"b":2,"k":7}"#),
    ] {
        let text = |response: &str| format!(r#"{{"triggerSource":"PreSignUp_SignUp"{response}}}"#);
        assert_eq!(event(&text(response)).respond("k", &7).into_raw().unwrap().get(), text(expected), "{response}");
    }
}

#[test]
fn a_missing_request_stays_missing() {
    for request in ["", r#""request":null,"#] {
        let text = format!(r#"{{{request}"triggerSource":"PreSignUp_SignUp","response":{{}}}}"#);
        assert_eq!(event(&text).unchanged().into_raw().unwrap().get(), text);
    }
}

#[test]
fn six_megabytes_and_deep_ones_come_back() {
    for unknown in [
        format!("\"{}\"", "x".repeat(3_000_000)),
        format!("[{}0]", "0,".repeat(1_200_000)),
        format!("{}0{}", r#"{"a":"#.repeat(200_000), "}".repeat(200_000)),
    ] {
        let text = format!(
            r#"{{"triggerSource":"PreSignUp_SignUp","x":{unknown},"request":{{"x":{unknown}}},"response":{{}}}}"#
        );
        assert_eq!(event(&text).unchanged().into_raw().unwrap().get(), text);
        let answered = event(&text).respond("k", &true).into_raw().unwrap();
        assert_eq!(answered.get().len(), text.len() + r#""k":true"#.len());
    }
}

#[test]
fn a_value_that_json_cannot_hold_is_an_error_and_no_panic() {
    let keys_are_lists = std::collections::BTreeMap::from([(vec![1], 1)]);
    assert!(event(ALL[0].1).respond("k", &keys_are_lists).into_raw().is_err());
}

#[test]
fn neither_events_nor_replies_say_what_they_hold() {
    let text = r#"{"triggerSource":"canary","request":{"userAttributes":{"email":"canary"}}}"#;
    assert!(!format!("{:?} {:?}", event(text), event(text).unchanged()).contains("canary"));
}
