//! What the views read, of events in every shape.

use domain::{Identities, Identity};
use lambda::{Event, GroupConfiguration, Source, Unreadable};
use serde_json::{Value, json};

use crate::samples::{ALL, event, mutations, raw, sample};

fn asking(request: &Value) -> Event {
    event(&json!({ "triggerSource": "PreSignUp_SignUp", "request": request, "response": {} }).to_string())
}

#[test]
fn every_sample_names_a_source_that_we_know() {
    let mut sources: Vec<Source> = ALL.iter().filter_map(|(_, text)| event(text).source()).collect();
    assert_eq!(sources.len(), ALL.len());
    sources.push(Source::TokenGenerationRefreshTokens);
    for source in Source::ALL {
        assert!(sources.contains(&source), "{source} has no sample");
    }
}

#[test]
fn a_sample_reads_as_it_is_written() {
    let event = event(&sample("pre-token-generation.v1.authentication").to_string());
    assert_eq!(event.trigger_source(), "TokenGeneration_Authentication");
    assert_eq!(event.version(), Some("1"));
    assert_eq!(event.user_pool_id(), Some("eu-west-1_Tenantry1"));
    assert_eq!(event.client_id(), Some("1example23456789acme"));
    assert_eq!(event.user_name(), Some("6b2f1c1e-7d8e-4a53-9b6c-5f0f8f0a1c01"));
    assert_eq!(event.attribute("email"), Some("mira@acme.example"));
    assert_eq!(event.attribute("given_name"), None);
    assert_eq!(event.client_metadata("tenant"), Some("acme"));
    assert_eq!(event.validation_data("tenant"), None);
    assert_eq!(event.scopes(), [""; 0]);
    let groups = event.group_configuration().unwrap();
    assert_eq!(groups.groups_to_override, ["engineers", "buyers"]);
    assert_eq!(groups.iam_roles_to_override.len(), 2);
    assert_eq!(groups.preferred_role.as_deref(), Some("arn:aws:iam::111122223333:role/buyers"));
}

#[test]
fn what_is_no_event_is_refused_by_type() {
    for (text, expected) in [
        ("null", Unreadable::NotAnObject),
        ("[]", Unreadable::NotAnObject),
        ("\"PreSignUp_SignUp\"", Unreadable::NotAnObject),
        ("7", Unreadable::NotAnObject),
        ("{}", Unreadable::NoTriggerSource),
        (r#"{"triggerSource":null}"#, Unreadable::NoTriggerSource),
        (r#"{"triggerSource":7}"#, Unreadable::NoTriggerSource),
        (r#"{"triggerSource":"\ud800"}"#, Unreadable::NoTriggerSource),
        (r#"{"triggerSource":"x","request":[]}"#, Unreadable::RequestNotAnObject),
        (r#"{"triggerSource":"x","request":"{}"}"#, Unreadable::RequestNotAnObject),
        (r#"{"triggerSource":"x","request":{},"request":0}"#, Unreadable::RequestNotAnObject),
    ] {
        assert_eq!(Event::read(&raw(text)).err(), Some(expected), "{text}");
    }
}

#[test]
fn an_unknown_source_is_readable_and_unknown() {
    for name in ["", "PreSignUp_Telepathy", "CustomMessage_SignUp", "presignup_signup"] {
        let event = event(&json!({ "triggerSource": name }).to_string());
        assert_eq!((event.trigger_source(), event.source()), (name, None));
    }
}

#[test]
fn absent_null_and_wrong_types_are_absent() {
    let wrong =
        [json!(null), json!(true), json!(7), json!("x"), json!([]), json!([["x"]]), json!({}), json!({ "x": {} })];
    for value in &wrong {
        let event = asking(&json!({
            "userAttributes": value, "clientMetadata": value, "validationData": value, "groupConfiguration": value,
            "scopes": value,
        }));
        assert_eq!(event.attribute("x"), None, "{value}");
        assert_eq!(event.client_metadata("x"), None, "{value}");
        assert_eq!(event.validation_data("x"), None, "{value}");
        assert_eq!(event.group_configuration().is_some(), value.is_object(), "{value}");
        assert_eq!(event.scopes(), [""; 0], "{value}");
    }
    for request in [json!(null), json!({})] {
        let event = asking(&request);
        assert_eq!((event.attribute("x"), event.group_configuration()), (None, None), "{request}");
        assert_eq!((event.version(), event.user_pool_id(), event.client_id()), (None, None, None), "{request}");
    }
}

#[test]
fn booleans_and_numbers_read_as_their_text() {
    let event = asking(&json!({
        "userAttributes": { "email_verified": true, "updated_at": 1_763_704_800, "zoneinfo": null, "address": {}, "n": -0.5 },
        "scopes": ["a", 7, null, true, {}],
    }));
    assert_eq!(event.attribute("email_verified"), Some("true"));
    assert_eq!(event.attribute("updated_at"), Some("1763704800"));
    assert_eq!(event.attribute("n"), Some("-0.5"));
    assert_eq!((event.attribute("zoneinfo"), event.attribute("address")), (None, None));
    assert_eq!(event.scopes(), ["a", "7", "true"]);
}

#[test]
fn of_duplicates_the_last_wins_even_if_it_is_null() {
    let event = event(
        r#"{"triggerSource":"a","triggerSource":"PreSignUp_SignUp","userPoolId":"p","userPoolId":null,
            "request":{"userAttributes":{"email":"a"}},
            "request":{"userAttributes":{"sub":"a"},"userAttributes":{"email":"b","email":null,"name":"c","n\u0061me":"d"}}}"#,
    );
    assert_eq!(event.source(), Some(Source::PreSignUpSignUp));
    assert_eq!((event.user_pool_id(), event.attribute("sub"), event.attribute("email")), (None, None, None));
    assert_eq!(event.attribute("name"), Some("d"));
}

#[test]
fn text_that_is_no_unicode_hides_itself_alone() {
    let event = event(
        r#"{"triggerSource":"PreSignUp_SignUp","request":{"clientMetadata":{"\ud800":"x","a":"\udfff","b":"c"}}}"#,
    );
    assert_eq!((event.client_metadata("a"), event.client_metadata("b")), (None, Some("c")));
}

#[test]
fn groups_are_read_member_by_member() {
    for (configuration, expected) in [
        (json!({}), GroupConfiguration::default()),
        (
            json!({ "groupsToOverride": null, "iamRolesToOverride": "x", "preferredRole": [] }),
            GroupConfiguration::default(),
        ),
        (
            json!({ "groupsToOverride": ["a", null, "b"], "preferredRole": "" }),
            GroupConfiguration {
                groups_to_override: vec!["a".to_owned(), "b".to_owned()],
                preferred_role: Some(String::new()),
                ..GroupConfiguration::default()
            },
        ),
    ] {
        let event = asking(&json!({ "groupConfiguration": configuration }));
        assert_eq!(event.group_configuration(), Some(&expected), "{configuration}");
    }
}

#[test]
fn d1_an_address_is_verified_if_it_says_exactly_true() {
    for (value, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("false"), false),
        (json!(false), false),
        (json!("TRUE "), false),
        (json!("True"), false),
        (json!("1"), false),
        (json!(1), false),
        (json!(null), false),
        (json!(["true"]), false),
        (json!({}), false),
    ] {
        let event = asking(&json!({ "userAttributes": { "email_verified": value } }));
        assert_eq!(event.account().email_verified, expected, "{value}");
    }
    assert!(!asking(&json!({ "userAttributes": {} })).account().email_verified);
}

#[test]
fn d2_identities_that_cannot_be_read_are_not_none() {
    let one = || Identities::One(Identity { provider: "AcmeOkta".to_owned(), subject: "00u1".to_owned() });
    for (value, expected) in [
        (json!(null), Identities::None),
        (json!("[]"), Identities::None),
        (json!([]), Identities::None),
        (json!(r#"[{"providerName":"AcmeOkta","userId":"00u1","primary":true}]"#), one()),
        (json!([{ "providerName": "AcmeOkta", "userId": "00u1" }]), one()),
        (
            json!(r#"[{"providerName":"AcmeOkta","userId":17}]"#),
            Identities::One(Identity { provider: "AcmeOkta".to_owned(), subject: "17".to_owned() }),
        ),
        (json!(r#"[{"providerName":"A","userId":"1"},{"providerName":"B","userId":"2"}]"#), Identities::Many),
        (json!("[1,2]"), Identities::Many),
        (json!(""), Identities::Malformed),
        (json!("null"), Identities::Malformed),
        (json!("{}"), Identities::Malformed),
        (json!("[{}]"), Identities::Malformed),
        (json!("[null]"), Identities::Malformed),
        (json!(r#"[{"providerName":"AcmeOkta"}]"#), Identities::Malformed),
        (json!(r#"[{"userId":"00u1"}]"#), Identities::Malformed),
        (json!(r#"[{"providerName":7,"userId":"00u1"}]"#), Identities::Malformed),
        (json!(r#"[{"providerName":"AcmeOkta","userId":"00u1"}"#), Identities::Malformed),
        (json!("[] []"), Identities::Malformed),
        (json!(true), Identities::Malformed),
        (json!(0), Identities::Malformed),
        (json!({}), Identities::Malformed),
    ] {
        let event = asking(&json!({ "userAttributes": { "identities": value } }));
        assert_eq!(event.account().identities, expected, "{value}");
    }
    assert_eq!(asking(&json!({ "userAttributes": {} })).account().identities, Identities::None);
    let unreadable =
        event(r#"{"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{"identities":"[\"\ud800\"]"}}}"#);
    assert_eq!(unreadable.account().identities, Identities::Malformed);
}

#[test]
fn a_federated_account_is_seen_as_one() {
    let account = event(&sample("pre-token-generation.v2.hosted-auth").to_string()).account();
    assert!(account.external && !account.email_verified);
    assert_eq!(account.only_identity().unwrap().provider, "AcmeOkta");
    assert_eq!(account.address().unwrap().to_string(), "timo@acme.example");
}

#[test]
fn a_bent_event_is_read_or_refused_and_never_costs_another_field() {
    let (mut count, mut refused) = (0, 0);
    for (name, text) in ALL {
        for (what, bent) in mutations(&serde_json::from_str(text).unwrap()) {
            count += 1;
            let Ok(read) = Event::read(&raw(&bent.to_string())) else {
                refused += 1;
                let place = what.split(' ').next().unwrap();
                assert!(["/triggerSource", "/request"].contains(&place), "{name}: {what}");
                continue;
            };
            let text = |pointer: &str| bent.pointer(pointer).and_then(Value::as_str);
            for (pointer, found) in [
                ("/triggerSource", Some(read.trigger_source())),
                ("/userPoolId", read.user_pool_id()),
                ("/callerContext/clientId", read.client_id()),
                ("/userName", read.user_name()),
                ("/request/userAttributes/email", read.attribute("email")),
                ("/request/clientMetadata/tenant", read.client_metadata("tenant")),
                ("/request/validationData/locale", read.validation_data("locale")),
            ] {
                if let Some(expected) = text(pointer) {
                    assert_eq!(found, Some(expected), "{name}: {what}: {pointer}");
                }
            }
            let _ = (read.account(), read.unchanged());
        }
    }
    assert!(count > 1_500 && refused > 0, "{count} events, {refused} refused");
}
