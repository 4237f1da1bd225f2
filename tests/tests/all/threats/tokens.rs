//! C1 to C3, C6 to C9, C16, C17, C20: what a token says, and what it does not listen to.

use domain::{ClientKind, Membership, Origin, Refusal, claims::Fact};
use serde_json::{Value, json};
use tests::fixture::Fixture;
use tests::nouns::{by_domain, client, email, member, provider_of, tenant_id, token};
use tests::{Answer, Event, World};

async fn two_tenants() -> World {
    let world = World::new().await;
    world.with("acme").await.with("globex").await;
    world.put(&client("portal", ClientKind::Shared)).await;
    world.with_member(&member("ann", "acme")).await;
    world
}

fn ann(client: &str) -> Event {
    Event::token(client, "ann", "ann@acme.example")
}

#[tokio::test]
async fn c1_no_right_comes_from_an_attribute() {
    let world = two_tenants().await;
    let b = tenant_id("globex");
    let attributes = [
        ("custom:tenant_id", b.as_ref()),
        ("custom:tenantId", b.as_ref()),
        ("tenant_id", b.as_ref()),
        ("tenant_slug", "globex"),
        ("member_id", "m_otheraaaaaaaaaaaaaaaaaaaaa"),
        ("roles", "owner"),
        ("custom:roles", "owner"),
        ("userRole", "owner"),
        ("permissions", "everything"),
        ("profile", "owner"),
        ("cognito:groups", "owner"),
        ("dev:custom:tenant_id", b.as_ref()),
    ];
    for client in ["acme", "portal", "globex"] {
        let mut posing = ann(client);
        for (name, value) in attributes {
            posing = posing.attribute(name, value);
        }
        for version in ["1", "2", "3"] {
            let plain = world.ask(&ann(client).version(version)).await;
            let posed = world.ask(&posing.clone().version(version)).await;
            let said =
                |answer: &Answer| answer.result.as_ref().map(|reply| reply["response"].clone()).map_err(|no| no.code());
            assert_eq!(said(&plain), said(&posed), "{client} V{version}");
        }
        // Every name of ours is set or suppressed, so nothing of these shows under it.
        if let Ok(reply) = world.ask(&posing).await.result {
            for token in ["idTokenGeneration", "accessTokenGeneration"] {
                let details = &reply["response"]["claimsAndScopeOverrideDetails"][token];
                for fact in Fact::ALL {
                    let set = details["claimsToAddOrOverride"].get(fact.name()).is_some();
                    let suppressed = details["claimsToSuppress"].as_array().unwrap().contains(&json!(fact.name()));
                    assert!(set != suppressed, "{client} {token} {}", fact.name());
                }
            }
        }
    }
    // Nor at the other triggers.
    for event in
        [Event::sign_up("acme", "eve", "eve@elsewhere.example"), Event::token("acme", "eve", "eve@elsewhere.example")]
    {
        let posing = event.attribute("custom:tenant_id", tenant_id("acme").as_ref()).attribute("custom:roles", "owner");
        assert_eq!(world.ask(&posing).await.code(), Some("INVITATION_REQUIRED"));
    }
}

#[tokio::test]
async fn c2_metadata_is_a_hint_that_the_table_must_confirm() {
    let world = two_tenants().await;
    let values = [
        json!(tenant_id("acme").as_ref()),
        json!(tenant_id("globex").as_ref()),
        json!("acme"),
        json!("owner"),
        json!(token(9).reveal()),
        json!(""),
        json!(null),
        json!(true),
        json!({ "tenant_id": tenant_id("acme").as_ref() }),
        json!("x".repeat(2_048)),
    ];
    let keys = [
        "tenant_id",
        "tenantId",
        "tenant",
        "custom:tenant_id",
        "roles",
        "role",
        "member_id",
        "sub",
        "email",
        "email_verified",
        "groups",
        "invitation_id",
        "token",
        "client_id",
        "userPoolId",
        "__proto__",
        "constructor",
        "a.b",
        "",
    ];
    let said = |answer: Answer| (answer.result.map(|reply| reply["response"].clone()), answer.would);
    let eve = "eve@elsewhere.example";
    let events = [
        Event::sign_up("acme", "eve", eve),
        Event::sign_up("portal", "eve", eve),
        Event::confirmed("acme", "eve", eve),
        Event::confirmed("portal", "eve", eve),
        Event::token("acme", "eve", eve),
        ann("acme"),
        ann("globex"),
    ];
    let before = world.dump().await;
    for event in &events {
        let plain = said(world.ask(event).await);
        for key in keys {
            for value in &values {
                let hinted = event.clone().metadata(key, value.clone());
                assert_eq!(said(world.ask(&hinted).await), plain, "{key} = {value} at {}", event.0["triggerSource"]);
            }
        }
    }
    assert_eq!(world.dump().await, before, "and nothing was written");

    // At a shared client the one hint counts as far as a membership confirms it.
    assert_eq!(
        world.ask(&ann("portal").metadata("tenant_id", tenant_id("acme").as_ref())).await.speaks_of(),
        Some(tenant_id("acme"))
    );
    for value in &values[1..] {
        let asked = world.ask(&ann("portal").metadata("tenant_id", value.clone())).await;
        match asked.result {
            // What is no text is no hint: the only membership counts.
            Ok(_) => assert!(value.is_null() || value.is_object(), "{value}"),
            Err(refusal) => assert_eq!(refusal, Refusal::InvitationRequired, "{value}"),
        }
    }
}

#[tokio::test]
async fn c3_a_member_of_one_tenant_is_nobody_at_anothers_client() {
    let world = two_tenants().await;
    for way in ["HostedAuth", "Authentication", "RefreshTokens", "AuthenticateDevice", "NewPasswordChallenge"] {
        let event = ann("globex").source(&format!("TokenGeneration_{way}"));
        assert_eq!(world.ask(&event).await.code(), Some("INVITATION_REQUIRED"), "{way}");
    }
    assert_eq!(world.membership("ann", "globex").await, None);
}

#[tokio::test]
async fn c6_a_removed_member_is_denied_at_the_next_refresh() {
    let world = two_tenants().await;
    assert_eq!(world.ask(&ann("acme")).await.speaks_of(), Some(tenant_id("acme")));
    world.remove("ann", "acme").await;
    // The trigger that guessed yesterday, and one that just started.
    assert_eq!(world.ask(&Event::refresh("acme", "ann", "ann@acme.example")).await.code(), Some("MEMBERSHIP_ENDED"));
    assert_eq!(world.restarted().ask(&ann("acme")).await.code(), Some("MEMBERSHIP_ENDED"));
    assert_eq!(world.ask(&ann("portal")).await.speaks_of(), None);
    world.assert_sound().await;
}

#[tokio::test]
async fn c6_a_changed_role_shows_at_the_next_refresh() {
    let world = two_tenants().await;
    assert_eq!(world.ask(&ann("acme")).await.id_token()["roles"], json!(["member"]));
    let name = tests::nouns::person("ann").into();
    world.operations().set_roles(&tenant_id("acme"), &name, &tests::nouns::roles(&["admin"])).await.unwrap();
    assert_eq!(world.ask(&ann("acme")).await.id_token()["roles"], json!(["admin"]));
}

#[tokio::test]
async fn c7_an_admin_created_user_is_enrolled_at_the_first_token() {
    let world = two_tenants().await;
    let created = Event::created("acme", "bob", "bob@acme.example").attribute("email_verified", "true");
    let before = world.dump().await;
    assert_eq!(world.ask(&created).await.decision, "admit_administrator");
    assert_eq!(world.dump().await, before, "creating grants nothing");
    let first =
        |name: &str, address: &str| Event::token("acme", name, address).source("TokenGeneration_NewPasswordChallenge");
    assert_eq!(world.ask(&first("bob", "bob@acme.example")).await.speaks_of(), Some(tenant_id("acme")));
    assert_eq!(world.membership("bob", "acme").await.unwrap().origin, by_domain("acme.example"));
    // A temporary password verifies no address.
    let unverified = first("cat", "cat@acme.example").attribute("email_verified", "false");
    assert_eq!(world.ask(&unverified).await.code(), Some("EMAIL_NOT_VERIFIED"));
    assert_eq!(world.ask(&first("eve", "eve@elsewhere.example")).await.code(), Some("INVITATION_REQUIRED"));
    assert_eq!(world.membership("cat", "acme").await, None);
    world.assert_sound().await;
}

#[tokio::test]
async fn c8_a_forgotten_password_grants_nothing() {
    let world = two_tenants().await;
    world.remove("ann", "acme").await;
    let before = world.dump().await;
    for (name, address) in [("ann", "ann@acme.example"), ("bob", "bob@acme.example")] {
        let reset = Event::confirmed("acme", name, address).source("PostConfirmation_ConfirmForgotPassword");
        let answer = world.ask(&reset).await;
        assert_eq!((answer.decision, answer.calls), ("grants nothing", Some(0)));
    }
    assert_eq!(world.dump().await, before);
    assert_eq!(world.ask(&ann("acme")).await.code(), Some("MEMBERSHIP_ENDED"));
}

#[tokio::test]
async fn c9_groups_are_what_somebody_meant_them_to_be() {
    let world = two_tenants().await;
    let foreign = format!("{}:owner", tenant_id("globex"));
    let event = ann("acme")
        .with("/request/groupConfiguration/groupsToOverride", json!([foreign, "eng"]))
        .with("/request/groupConfiguration/iamRolesToOverride", json!(["arn:aws:iam::000000000000:role/x"]))
        .with("/request/groupConfiguration/preferredRole", json!("arn:aws:iam::000000000000:role/x"));
    let carried = world.ask(&event).await;
    assert_eq!(carried.groups(), [foreign.as_str(), "eng"]);
    let details = |answer: &Answer| answer.response()["claimsAndScopeOverrideDetails"]["groupOverrideDetails"].clone();
    assert_eq!(details(&carried), event.0["request"]["groupConfiguration"]);

    world.bind("acme", |binding| binding.groups = domain::Groups::Replace).await;
    let replaced = world.ask(&event).await;
    assert_eq!(replaced.groups(), [format!("{}:member", tenant_id("acme"))]);
    assert_eq!(details(&replaced)["iamRolesToOverride"], json!([]));
    assert_eq!(details(&replaced)["preferredRole"], json!(""));
}

/// Of every answer that the kit gets it checks that it is of the list; here, that the list says nothing else, and that fixtures show
/// all of it.
#[test]
fn c16_whatever_a_person_reads_is_of_the_closed_list() {
    let answers: Vec<String> = Fixture::all().iter().map(|fixture| fixture.answer().to_string()).collect();
    let shown = |refusal: Refusal| {
        let message = format!("\"message\":{}", json!(refusal.message()));
        let would = format!("\"would_refuse\":{}", json!(refusal.code()));
        answers.iter().any(|answer| answer.contains(&message) || answer.contains(&would))
    };
    for refusal in Refusal::ALL {
        let message = refusal.message();
        for forbidden in ["t_", "m_", "@", "#", "arn:", "Dynamo", "aws", "{", "\"", "http"] {
            assert!(!message.contains(forbidden), "{message}");
        }
        assert!(!message.bytes().any(|byte| byte.is_ascii_digit()), "{message}");
        // Broken needs a broken store, which no fixture has.
        assert!(shown(refusal) || refusal == Refusal::TryAgain, "no fixture shows {}", refusal.code());
    }
}

/// The other half of this row, that the functions' resource policies name `SourceArn` and `SourceAccount`, is an assertion about the
/// deployment's template and comes with it.
#[tokio::test]
async fn c17_a_known_client_id_in_a_foreign_pool_is_denied() {
    let world = two_tenants().await;
    let before = world.dump().await;
    for pool in [
        "eu-west-1_Foreign01",
        "us-east-1_Example01",
        "eu-west-1_example01",
        "eu-west-1_Example0",
        "",
        "eu-west-1_Example01#acme",
    ] {
        let foreign = |event: Event| event.with("/userPoolId", json!(pool));
        assert_eq!(world.ask(&foreign(ann("acme"))).await.code().map(denied), Some(true), "{pool}");
        let start = foreign(Event::sign_up("acme", "bob", "bob@acme.example"));
        assert_eq!(world.ask(&start).await.code(), Some("CLIENT_NOT_BOUND"), "{pool}");
        let confirmed = world.ask(&foreign(Event::confirmed("acme", "bob", "bob@acme.example"))).await;
        assert_ne!(confirmed.decision, "joined", "{pool}");
        let machine = world.ask(&foreign(Event::machine("acme"))).await;
        assert_eq!(machine.code(), Some("CLIENT_NOT_BOUND"), "{pool}");
    }
    assert_eq!(world.dump().await, before);
}

/// Where the event does not even name a person, it is no event that can be answered.
fn denied(code: &str) -> bool {
    matches!(code, "CLIENT_NOT_BOUND" | "UNSUPPORTED_EVENT")
}

#[tokio::test]
async fn c20_what_is_unknown_is_denied() {
    let world = two_tenants().await;
    let before = world.dump().await;
    for client in ["unknown", "ACME", "acme ", "", "acme#BINDING", "a-b"] {
        assert_eq!(world.ask(&ann(client)).await.code(), Some("CLIENT_NOT_BOUND"), "{client:?}");
        let start = Event::sign_up(client, "bob", "bob@acme.example");
        assert_eq!(world.ask(&start).await.code(), Some("CLIENT_NOT_BOUND"), "{client:?}");
        assert_ne!(
            world.ask(&Event::confirmed(client, "bob", "bob@acme.example")).await.decision,
            "joined",
            "{client:?}"
        );
        assert_eq!(world.ask(&Event::machine(client)).await.code(), Some("CLIENT_NOT_BOUND"), "{client:?}");
    }
    for absent in ["/callerContext/clientId", "/callerContext", "/userPoolId"] {
        assert!(world.ask(&ann("acme").without(absent)).await.code().is_some_and(denied), "{absent}");
        assert!(
            world
                .ask(&Event::sign_up("acme", "bob", "bob@acme.example").without(absent))
                .await
                .code()
                .is_some_and(denied)
        );
    }
    assert_eq!(
        world.ask(&Event::sign_up("acme", "bob", "bob@unknown.example")).await.code(),
        Some("INVITATION_REQUIRED")
    );
    assert_eq!(
        world.ask(&Event::token("acme", "bob", "bob@unknown.example")).await.code(),
        Some("INVITATION_REQUIRED")
    );
    let unknown = Event::external_sign_up("acme", "Unknown_1", "bob@acme.example");
    assert_eq!(world.ask(&unknown).await.code(), Some("PROVIDER_NOT_ACCEPTED"));
    for source in
        ["PreSignUp_", "PreSignUp_signup", "PostConfirmation_X", "TokenGeneration_X", "CustomMessage_SignUp", "", "x"]
    {
        let event = Event::token("acme", "ann", "ann@acme.example").source(source);
        assert_eq!(world.ask(&event).await.code(), Some("UNSUPPORTED_EVENT"), "{source:?}");
    }
    for version in [json!("4"), json!("0"), json!(""), json!("2 "), Value::Null] {
        assert_eq!(
            world.ask(&ann("acme").with("/version", version.clone())).await.code(),
            Some("UNSUPPORTED_EVENT"),
            "{version}"
        );
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn c3_a_session_that_one_tenants_provider_made_reaches_no_other() {
    let world = two_tenants().await;
    world.put(&provider_of("okta", "acme")).await;
    world
        .with_member(&Membership {
            origin: Origin::Open,
            address: Some(email("ann@acme.example")),
            ..member("ann", "globex")
        })
        .await;
    let federated = |client: &str| ann(client).federated("okta", "1").source("TokenGeneration_HostedAuth");
    assert_eq!(world.ask(&federated("acme")).await.speaks_of(), Some(tenant_id("acme")));
    assert_eq!(world.ask(&federated("globex")).await.code(), Some("PROVIDER_NOT_ACCEPTED"));
    // At the shared client the session counts where its provider does, and nowhere else.
    assert_eq!(world.ask(&federated("portal")).await.speaks_of(), Some(tenant_id("acme")));
}
