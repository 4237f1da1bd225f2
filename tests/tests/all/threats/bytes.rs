//! What a caller can write where, followed to what it decides: the fields of an event that the other rows do not show.

use std::time::Duration;

use domain::challenge::Recipient;
use domain::{Chain, Client, ClientKind, UserName};
use serde_json::{Value, json};
use store::Key;
use store::entity::{Issued, Remembered};
use tests::event::identities;
use tests::nouns::*;
use tests::world::code_keys;
use tests::{Answer, Event, World};
use tokio::time::Instant;

const ANN: &str = "ann@acme.example";

/// Acme, of which Ann is a member, Beta, and a client that both share.
async fn town() -> World {
    let world = World::new().await;
    world.with("acme").await.with("beta").await;
    world.with_member(&member("ann", "acme")).await;
    world.put(&client("web", ClientKind::Shared)).await;
    world
}

/// The same user under another name, as pools have it whose people choose theirs.
fn named(event: Event, user_name: &str) -> Event {
    event.with("/userName", json!(user_name))
}

fn hint(event: Event, tenant: &str) -> Event {
    event.metadata("tenant_id", tenant_id(tenant).as_ref())
}

#[tokio::test]
async fn what_nobody_reads_changes_no_answer() {
    let world = town().await;
    world.tenant("beta", |beta| beta.policy.chain = Chain::Code).await;
    world.with_member(&member("bob", "beta")).await;
    world.put(&client("robot", ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) })).await;
    let events = [
        Event::sign_up("acme", "bea", "bea@acme.example"),
        Event::sign_up("acme", "bea", "bea@elsewhere.example"),
        Event::sign_up("web", "bea", "bea@acme.example"),
        Event::external_sign_up("acme", "okta_1", "bea@acme.example"),
        Event::confirmed("acme", "ann", ANN),
        Event::token("acme", "ann", ANN),
        Event::token("acme", "ann", ANN).version("1"),
        Event::token("beta", "ann", ANN),
        Event::refresh("web", "ann", ANN),
        Event::machine("robot"),
        Event::define("beta", "bob", "bob@beta.example", &[]),
        Event::create("beta", "bob", "bob@beta.example", &[]),
    ];
    let said = |answer: Answer| {
        let public = |reply: Value| {
            let response = &reply["response"];
            // A ticket is new at every showing.
            if response["publicChallengeParameters"].is_object() {
                response["publicChallengeParameters"].clone()
            } else {
                response.clone()
            }
        };
        (answer.result.map(public), answer.decision, answer.would, answer.tenant, answer.calls)
    };
    for event in &events {
        world.ask(event).await;
        let plain = said(world.ask(event).await);
        for (place, value) in [
            ("/region", json!("'; DROP TABLE tenantry; --")),
            ("/callerContext/awsSdkVersion", json!("owner")),
            ("/callerContext/clientMetadata", json!({ "tenant_id": tenant_id("beta").as_ref() })),
            ("/request/userAttributes/name", json!("<b>owner</b>")),
            ("/request/userAttributes/preferred_username", json!("okta_1")),
            ("/request/userAttributes/phone_number", json!("+4912345")),
            ("/request/userAttributes/phone_number_verified", json!("true")),
            ("/request/userAttributes/cognito:email_alias", json!(ANN)),
            ("/request/userAttributes/cognito:mfa_enabled", json!("true")),
            ("/request/userAttributes/Email_Verified", json!("true")),
            ("/request/userAttributes/SUB", json!(sub("ann").as_ref())),
            ("/request/userAttributes/updated_at", json!(1)),
            ("/request/newDeviceUsed", json!(true)),
            ("/request/linkParameter", json!("https://evil.example")),
            ("/request/tenant_id", json!(tenant_id("beta").as_ref())),
            ("/request/email_verified", json!(true)),
            ("/tenant_id", json!(tenant_id("beta").as_ref())),
            ("/clientId", json!("beta")),
        ] {
            let answer = said(world.ask(&event.clone().with(place, value)).await);
            assert_eq!(answer, plain, "{place} at {}", event.0["triggerSource"]);
        }
    }
}

#[tokio::test]
async fn words_count_as_cognito_spells_them_and_in_no_other_way() {
    let world = town().await;
    world.put(&provider_of("okta", "acme")).await;
    let odd = ["external_provider", "External_Provider", "EXTERNAL_PROVIDER ", "EXTERNAL PROVIDER", "CONFIRMED", ""];
    for status in odd.map(Value::from).into_iter().chain([json!(true), json!(1), json!(["EXTERNAL_PROVIDER"])]) {
        // The company account whose session is not said to be one: nobody knows who signed in.
        let event = Event::token("acme", "bea", "bea@acme.example")
            .attribute("identities", identities(&[("okta", "1")]))
            .attribute("cognito:user_status", status.clone());
        assert_eq!(world.ask(&event).await.code(), Some("LINKED_ACCOUNT"), "{status}");
    }
    // And the other way round: without an identity there is no provider to believe.
    let bare = Event::token("acme", "bea", "bea@acme.example").attribute("cognito:user_status", "EXTERNAL_PROVIDER");
    assert_eq!(world.ask(&bare).await.code(), Some("LINKED_ACCOUNT"));
    for source in ["tokengeneration_authentication", "TokenGeneration_Authentication ", "TokenGeneration", ""] {
        let answer =
            world.ask_trigger("pre-token-generation", &Event::token("acme", "ann", ANN).source(source).0).await;
        assert_eq!(answer.code(), Some("UNSUPPORTED_EVENT"), "{source:?}");
    }
    for version in ["02", "2.0", " 2", "2 ", "4", ""] {
        let event = Event::token("acme", "ann", ANN).with("/version", json!(version));
        assert_eq!(world.ask(&event).await.code(), Some("UNSUPPORTED_EVENT"), "{version:?}");
    }
    let id = tenant_id("acme").to_string();
    for odd in [id.to_uppercase(), format!(" {id}"), format!("{id}\n"), format!("{id}%00"), "acme".to_owned()] {
        let answer = world.ask(&Event::token("web", "ann", ANN).metadata("tenant_id", odd.as_str())).await;
        assert_eq!(answer.code(), Some("INVITATION_REQUIRED"), "{odd:?}");
    }
    world.with_invitation(&invitation(1, "acme", "cid@ext.example")).await;
    let secret = token(1).reveal();
    for odd in [format!("{secret} "), format!("{secret}="), secret.replace('A', "%41"), secret.to_lowercase()] {
        let event = Event::sign_up("acme", "cid", "cid@ext.example").metadata(pre_sign_up::INVITATION, odd.as_str());
        assert_eq!(world.ask(&event).await.code(), Some("INVITATION_UNUSABLE"), "{odd:?}");
    }
    // A step counts by its exact name and a result that is true, and the user is there only with a `sub`.
    world.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
    let step = |name: &str, result: Value| json!([{ "challengeName": name, "challengeResult": result }]);
    let define = |session: Value| Event::define("acme", "ann", ANN, &[]).with("/request/session", session);
    for result in [json!("true"), json!("True"), json!(1), json!([true]), Value::Null] {
        let answer = world.ask(&define(step("CUSTOM_CHALLENGE", result.clone()))).await;
        assert_eq!(answer.response()["issueTokens"], json!(false), "{result}");
    }
    for name in ["custom_challenge", "CUSTOM_CHALLENGE ", "CUSTOM", "PASSWORD_VERIFIER", ""] {
        let answer = world.ask(&define(step(name, json!(true)))).await;
        assert_eq!(answer.response()["failAuthentication"], json!(true), "{name}");
    }
    let whole = define(step("CUSTOM_CHALLENGE", json!(true)));
    assert_eq!(world.ask(&whole).await.response()["issueTokens"], json!(true));
    for not_found in [json!(true), json!("true"), json!("TRUE"), json!(0), Value::Null] {
        let nobody = whole.clone().of_nobody(ANN).with("/request/userNotFound", not_found.clone());
        assert_eq!(world.ask(&nobody).await.response()["issueTokens"], json!(false), "{not_found}");
    }
}

#[tokio::test]
async fn m12_a_provider_whose_name_begins_anothers_gets_no_further_than_the_start() {
    let world = town().await;
    world.put(&provider_of("okta", "beta")).await.put(&provider_of("okta_acme", "acme")).await;
    // Beta's provider chooses the id behind its own name, and so a user name that might be one of Acme's provider.
    let (address, subject) = ("ceo@acme.example", "acme_1");
    let before = world.dump().await;
    for app in ["acme", "web"] {
        let start = Event::external_sign_up(app, "okta_acme_1", address);
        assert_eq!(world.ask(&start).await.decision, "admit_provider", "{app}");
    }
    let rogue = |event: Event| event.federated("okta", subject).attribute("email_verified", "true");
    for app in ["acme", "beta", "web"] {
        let confirmed = world.ask(&rogue(Event::confirmed(app, "eve", address))).await;
        assert_eq!(confirmed.would_code(), Some("PROVIDER_NOT_ACCEPTED"), "{app}");
        let hinted = world.ask(&rogue(hint(Event::token(app, "eve", address), "acme"))).await;
        assert_eq!(hinted.code(), Some("PROVIDER_NOT_ACCEPTED"), "{app}");
    }
    assert_eq!(world.ask(&rogue(Event::token("web", "eve", address))).await.speaks_of(), None);
    assert_eq!(world.dump().await, before, "nothing was written");
    let own = Event::token("acme", "bea", "bea@acme.example").federated("okta_acme", "1");
    assert_eq!(world.ask(&own).await.speaks_of(), Some(tenant_id("acme")));
}

#[tokio::test]
async fn m12_a_provider_that_only_looks_like_another_is_not_that_one() {
    let world = town().await;
    world.put(&provider_of("kerb", "acme")).await;
    let before = world.dump().await;
    // The Kelvin sign's lower case is a plain k.
    for name in ["\u{212a}erb", "\u{212a}ERB", "\u{ff2b}erb", "kerb\u{200b}", "kerb ", "k\u{435}rb", "kerb\u{0}"] {
        let start = Event::external_sign_up("acme", &format!("{name}_1"), "bea@acme.example");
        assert_eq!(world.ask(&start).await.code(), Some("PROVIDER_NOT_ACCEPTED"), "{name:?}");
        for app in ["acme", "web"] {
            let event = hint(Event::token(app, "bea", "bea@acme.example"), "acme").federated(name, "1");
            // What cannot be a user name is no event of Cognito's.
            let code = if name.contains('\0') { "UNSUPPORTED_EVENT" } else { "PROVIDER_NOT_ACCEPTED" };
            assert_eq!(world.ask(&event).await.code(), Some(code), "{name:?} at {app}");
        }
    }
    assert_eq!(world.dump().await, before);
    let own = Event::token("acme", "bea", "bea@acme.example").federated("Kerb", "1");
    assert_eq!(world.ask(&own).await.speaks_of(), Some(tenant_id("acme")));
}

#[tokio::test]
async fn names_of_a_megabyte_keep_nobody_waiting() {
    let world = town().await;
    for long in ["_".repeat(1 << 20), "a_".repeat(1 << 19), "_a".repeat(1 << 19), "\u{1f511}_".repeat(1 << 17)] {
        for event in [
            named(Event::external_sign_up("acme", "", "bea@acme.example"), &long),
            named(Event::sign_up("acme", "bea", "bea@elsewhere.example"), &long),
            named(Event::token("web", "ann", ANN), &long),
            Event::token("acme", "bea", "bea@acme.example").federated(&long, "1"),
            Event::sign_up("acme", "bea", &format!("{long}@acme.example")),
            Event::sign_up("acme", "bea", &format!("bea@{}", long.replace('_', "."))),
            Event::sign_up("acme", "bea", "bea@elsewhere.example").metadata(pre_sign_up::INVITATION, long.as_str()),
            Event::token("web", "ann", ANN).metadata("tenant_id", long.as_str()),
            Event::token("acme", "bea", "bea@acme.example").attribute("identities", long.as_str()),
        ] {
            let began = Instant::now();
            let answer = world.ask(&event).await;
            assert!(answer.code().is_some(), "{}", event.0["triggerSource"]);
            assert!(began.elapsed() < Duration::from_secs(2), "{:?} {}", began.elapsed(), event.0["triggerSource"]);
        }
    }
}

#[tokio::test]
async fn a_user_name_that_looks_like_a_key_is_nobody_elses() {
    let world = town().await;
    world.with_invitation(&invitation(1, "acme", "bob@ext.example")).await;
    world.with_invitation(&invitation(2, "beta", "mal@ext.example")).await;
    let bobs = Key::enrolment(&pool(), &parse::<UserName>("bob"));
    let sign_up = Event::sign_up("web", "bob", "bob@ext.example").invited(&token(1));
    assert!(world.ask(&named(sign_up, "bob")).await.is_reply());
    let remembered: Option<Remembered> = world.get(&bobs).await;
    assert!(remembered.is_some());
    let before = world.dump().await;
    let long = "\u{1f511}".repeat(128);
    let names = [
        "BOB",
        "bob ",
        " bob",
        "bob#",
        "#bob",
        "bob#ENROLMENT",
        "bob | ENROLMENT",
        "eu-west-1_Example01#bob",
        "bob%00",
        "bob%23",
        "b\u{43e}b",
        "bob\u{ff03}",
        "b\u{f6}b",
        "bo\u{308}b",
        "../bob",
        "TENANT",
        long.as_str(),
    ];
    for name in names {
        let event = Event::sign_up("web", "mal", "mal@ext.example").invited(&token(2));
        assert!(world.ask(&named(event, name)).await.is_reply(), "{name}");
        assert_eq!(world.get::<Remembered>(&bobs).await, remembered, "{name}");
    }
    let written = tests::dump::changes(&before, &world.dump().await);
    assert_eq!(written.len(), names.len(), "each has a reminder of its own");
    assert!(written.keys().all(|key| key.starts_with("ENROLMENT#eu-west-1_Example01#")), "and nothing else");
    // What cannot be a user name is no key at all.
    for name in ["", "bob\0", "bob\n", &"b".repeat(129)] {
        let event = Event::sign_up("web", "mal", "mal@ext.example").invited(&token(2));
        world.ask(&named(event, name)).await;
    }
    assert_eq!(tests::dump::changes(&before, &world.dump().await).len(), names.len());
    let confirmed = world.ask(&named(Event::confirmed("web", "bob", "bob@ext.example"), "bob")).await;
    assert_eq!((confirmed.decision, confirmed.tenant), ("joined", Some(tenant_id("acme"))));
}

#[tokio::test]
async fn a_stranger_who_signs_up_under_ones_user_name_costs_a_hint_and_no_place() {
    let bob = "bob@ext.example";
    for (who, address, first) in
        [("with another address", "mal@ext.example", None), ("with the same address", bob, Some("beta"))]
    {
        let world = town().await;
        world.with_invitation(&invitation(1, "acme", bob)).await;
        world.with_invitation(&invitation(2, "beta", address)).await;
        assert!(world.ask(&Event::sign_up("web", "bob", bob).invited(&token(1))).await.is_reply());
        // Nobody here has seen whether Cognito asks for a name that is taken before it says so.
        assert!(world.ask(&Event::sign_up("web", "bob", address).invited(&token(2))).await.is_reply());
        world.ask(&Event::confirmed("web", "bob", bob)).await;
        // At a client that names no tenant the reminder says which of those that invited one's own mailbox comes first; without one, none.
        let plain = world.ask(&Event::token("web", "bob", bob)).await;
        assert_eq!(plain.speaks_of(), first.map(tenant_id), "{who}");
        let hinted = world.ask(&hint(Event::token("web", "bob", bob), "acme")).await;
        assert_eq!(hinted.speaks_of(), Some(tenant_id("acme")), "{who}");
        let own = world.ask(&Event::token("acme", "bob", bob)).await;
        assert_eq!(own.speaks_of(), Some(tenant_id("acme")), "{who}");
        let rows: Vec<_> = world.memberships(&person("bob")).await.into_iter().map(|row| row.tenant).collect();
        let places: Vec<_> = ["acme"].into_iter().chain(first).map(tenant_id).collect();
        assert_eq!(rows, places, "{who}: at those alone that invited this mailbox");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn what_was_kept_for_the_answer_counts_to_the_letter() {
    let world = town().await;
    world.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
    let created = world.ask(&Event::create("acme", "ann", ANN, &[])).await;
    let kept = created.response()["privateChallengeParameters"].clone();
    let number: u64 = kept["issue"].as_str().unwrap().parse().unwrap();
    let ticket = kept["ticket"].as_str().unwrap().to_owned();
    let (ann, app) = (person("ann"), Client { pool: pool(), id: parse("acme") });
    let mailbox = email(ANN);
    let right = |number| code_keys().code(&Recipient::new(&ann, &app, Some(&mailbox)), number).reveal();
    let before = world.dump().await;
    let answer = async |kept: Value, typed: &str| {
        let response = json!({ "privateChallengeParameters": kept });
        let answer = world.ask(&Event::verify("acme", "ann", ANN, &response, typed)).await;
        answer.response()["answerCorrect"].clone()
    };
    let issue = |issue: Value| json!({ "issue": issue, "ticket": ticket });
    let shown = |ticket: Value| json!({ "issue": number.to_string(), "ticket": ticket });
    for bent in [
        json!({}),
        Value::Null,
        issue(Value::Null),
        issue(json!("")),
        issue(json!(format!("{number} "))),
        issue(json!(format!("-{number}"))),
        issue(json!(format!("{number}.0"))),
        issue(json!("18446744073709551616")),
        issue(json!([number])),
        shown(Value::Null),
        shown(json!("")),
        shown(json!("A".repeat(32))),
        shown(json!("a".repeat(31))),
        shown(json!(format!("{ticket} "))),
    ] {
        assert_eq!(answer(bent.clone(), &right(number)).await, json!(false), "{bent}");
    }
    // Another issue has another code, which nobody was sent; it is not even compared.
    for other in [0, number - 1, number + 1, u64::MAX] {
        assert_eq!(answer(issue(json!(other.to_string())), &right(other)).await, json!(false), "{other}");
    }
    assert_eq!(world.dump().await, before, "and none of it was counted against Ann");
    assert_eq!(answer(kept, &right(number)).await, json!(true));
    let issued: Issued = world.get(&Key::issued(&ann, &app.id)).await.unwrap();
    assert_eq!(issued.issue.attempts, 1);
}
