//! D1 to D4, D14, D15, D17: who somebody is, and what their address proves.

use domain::{Membership, MembershipStatus, Origin};
use serde_json::{Value, json};
use tests::event::identities;
use tests::nouns::{
    by_domain, client, domain_of, email, invitation, member, member_id, now, person, provider_of, roles, tenant_id,
    token,
};
use tests::{Event, World};

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world
}

#[tokio::test]
async fn d1_an_unverified_address_joins_nothing() {
    let world = acme().await;
    let unverified = [
        json!("false"),
        json!(false),
        Value::Null,
        json!("TRUE "),
        json!("True"),
        json!("yes"),
        json!("1"),
        json!(1),
        json!(""),
    ];
    for (at, value) in unverified.into_iter().enumerate() {
        let name = format!("ann{at}");
        let address = format!("{name}@acme.example");
        let admitted =
            world.ask(&Event::sign_up("acme", &name, &address).attribute("email_verified", value.clone())).await;
        // It may start, for nothing is granted; and nothing verifies the address but its owner.
        assert_eq!(admitted.response()["autoVerifyEmail"], json!(false), "{value}");
        assert_eq!(admitted.response()["autoConfirmUser"], json!(false), "{value}");
        let confirmed =
            world.ask(&Event::confirmed("acme", &name, &address).attribute("email_verified", value.clone())).await;
        assert_eq!(confirmed.decision, "refused", "{value}");
        let asked = world.ask(&Event::token("acme", &name, &address).attribute("email_verified", value.clone())).await;
        assert_eq!(asked.code(), Some("EMAIL_NOT_VERIFIED"), "{value}");
        assert_eq!(world.membership(&name, "acme").await, None, "{value}");
    }
    let absent = Event::token("acme", "abe", "abe@acme.example").without("/request/userAttributes/email_verified");
    assert_eq!(world.ask(&absent).await.code(), Some("EMAIL_NOT_VERIFIED"));
    assert_eq!(world.membership("abe", "acme").await, None);
    for (name, value) in [("ben", json!("true")), ("bea", json!(true))] {
        let event = Event::token("acme", name, &format!("{name}@acme.example")).attribute("email_verified", value);
        assert_eq!(world.ask(&event).await.speaks_of(), Some(tenant_id("acme")), "{name}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn d1_whatever_cognito_is_told_at_sign_up_stays_as_it_came() {
    let world = acme().await;
    for flag in ["autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"] {
        let event = Event::sign_up("acme", "ann", "ann@acme.example").with(&format!("/response/{flag}"), json!(true));
        assert_eq!(world.ask(&event).await.response(), &event.0["response"]);
    }
}

#[tokio::test]
async fn d2_a_provider_speaks_for_its_tenants_own_domains_at_its_tenant() {
    let world = acme().await;
    world.with("globex").await;
    world.put(&provider_of("globexidp", "globex")).await;
    let before = world.dump().await;
    // Globex's provider says that somebody is of Acme, at Acme's client and at its own.
    for (client, code) in [("acme", "PROVIDER_NOT_ACCEPTED"), ("globex", "PROVIDER_NOT_ACCEPTED")] {
        let start =
            Event::external_sign_up(client, "globexidp_1", "ceo@acme.example").attribute("email_verified", "true");
        assert_eq!(world.ask(&start).await.code(), Some(code), "sign-up at {client}");
        let federated = |event: Event| event.federated("globexidp", "1").attribute("email_verified", "true");
        let confirmed = world.ask(&federated(Event::confirmed(client, "eve", "ceo@acme.example"))).await;
        assert_eq!(confirmed.would_code(), Some(code), "confirmation at {client}");
        let asked = world.ask(&federated(Event::token(client, "eve", "ceo@acme.example"))).await;
        assert_eq!(asked.code(), Some(code), "token at {client}");
    }
    assert_eq!(world.dump().await, before, "nothing was written");
}

#[tokio::test]
async fn d2_identities_that_cannot_be_read_prove_nothing() {
    let world = acme().await;
    world.put(&provider_of("okta", "acme")).await;
    let before = world.dump().await;
    let malformed = [
        json!("["),
        json!(""),
        json!("{}"),
        json!("null"),
        json!("okta"),
        json!("[{}]"),
        json!("[null]"),
        json!("[[]]"),
        json!(r#"[{"providerName":5,"userId":"1"}]"#),
        json!(r#"[{"providerName":"okta"}]"#),
        json!({ "providerName": "okta" }),
        json!(true),
        json!([1]),
        json!(identities(&[("okta", "1"), ("okta", "2")])),
    ];
    for value in malformed {
        for external in [false, true] {
            let status = if external { "EXTERNAL_PROVIDER" } else { "CONFIRMED" };
            let event = Event::token("acme", "eve", "eve@acme.example")
                .attribute("identities", value.clone())
                .attribute("cognito:user_status", status);
            assert_eq!(world.ask(&event).await.code(), Some("LINKED_ACCOUNT"), "{value} {status}");
        }
    }
    // No identities at all, and yet a provider's account.
    let event = Event::token("acme", "eve", "eve@acme.example").attribute("cognito:user_status", "EXTERNAL_PROVIDER");
    assert_eq!(world.ask(&event).await.code(), Some("LINKED_ACCOUNT"));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn d3_a_new_account_inherits_nothing_of_an_old_address() {
    let world = acme().await;
    let admin = Membership { roles: roles(&["admin"]), origin: Origin::Open, ..member("ann", "acme") };
    world.with_member(&admin).await;
    let partner = Membership { address: Some(email("pat@partner.example")), ..member("pat", "acme") };
    world.with_member(&partner).await;
    // The address, and the domain behind it, have a new holder. Their own proof gives what it gives to anybody.
    let heir = world.ask(&Event::token("acme", "heir", "ann@acme.example")).await;
    assert_eq!(heir.id_token()["roles"], json!(["member"]));
    assert_ne!(heir.id_token()["member_id"], json!(member_id("annacme").as_ref()));
    let stranger = world.ask(&Event::token("acme", "heir2", "pat@partner.example")).await;
    assert_eq!(stranger.code(), Some("INVITATION_REQUIRED"));
    world.assert_sound().await;
}

#[tokio::test]
async fn d4_role_mailboxes_never_join_by_domain() {
    let world = acme().await;
    let before = world.dump().await;
    for local in
        ["support", "noreply", "postmaster", "Support", "x+ticket1", "ann+", "abuse", "security", "helpdesk", "admin"]
    {
        let address = format!("{local}@acme.example");
        assert_eq!(
            world.ask(&Event::sign_up("acme", "eve", &address)).await.code(),
            Some("INVITATION_REQUIRED"),
            "{address}"
        );
        let confirmed = world.ask(&Event::confirmed("acme", "eve", &address)).await;
        assert_eq!(confirmed.would_code(), Some("INVITATION_REQUIRED"), "{address}");
        assert_eq!(
            world.ask(&Event::token("acme", "eve", &address)).await.code(),
            Some("INVITATION_REQUIRED"),
            "{address}"
        );
    }
    assert_eq!(world.dump().await, before);
    // By invitation they may.
    world.with_invitation(&invitation(1, "acme", "support@acme.example")).await;
    let invited = Event::sign_up("acme", "sue", "support@acme.example").invited(&token(1));
    assert!(world.ask(&invited).await.is_reply());
    assert_eq!(world.ask(&Event::confirmed("acme", "sue", "support@acme.example")).await.decision, "joined");
}

#[tokio::test]
async fn d14_a_tagged_address_is_an_identity_of_its_own() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben+acme@partner.example")).await;
    world.with_invitation(&invitation(2, "acme", "cat@partner.example")).await;
    for (address, byte) in [
        ("ben@partner.example", 1),
        ("ben+other@partner.example", 1),
        ("cat+x@partner.example", 2),
        ("c.at@partner.example", 2),
    ] {
        let start = Event::sign_up("acme", "eve", address).invited(&token(byte));
        assert_eq!(world.ask(&start).await.code(), Some("INVITATION_UNUSABLE"), "{address}");
        assert_eq!(
            world.ask(&Event::token("acme", "eve", address)).await.code(),
            Some("INVITATION_REQUIRED"),
            "{address}"
        );
    }
    assert_eq!(
        world.ask(&Event::token("acme", "ben", "Ben+Acme@partner.example")).await.speaks_of(),
        Some(tenant_id("acme"))
    );
}

#[tokio::test]
async fn d15_a_changed_address_ends_what_the_domain_gave_and_nothing_else() {
    let world = acme().await;
    world.with("globex").await;
    world.put(&client("portal", domain::ClientKind::Shared)).await;
    world.with_member(&Membership { origin: by_domain("acme.example"), ..member("ann", "acme") }).await;
    let invited = Origin::Invitation(token(1).digest());
    world
        .with_member(&Membership {
            origin: invited,
            address: Some(email("ann@acme.example")),
            ..member("ann", "globex")
        })
        .await;
    assert_eq!(
        world.ask(&Event::refresh("acme", "ann", "ann@acme.example")).await.speaks_of(),
        Some(tenant_id("acme"))
    );
    // Two tenants and no hint.
    assert_eq!(world.ask(&Event::refresh("portal", "ann", "ann@acme.example")).await.speaks_of(), None);

    for address in ["ann@elsewhere.example", "ann@globex.example", "ann@sub.acme.example"] {
        let asked = world.ask(&Event::refresh("acme", "ann", address)).await;
        assert_eq!(asked.code(), Some("MEMBERSHIP_ENDED"), "{address}");
        assert_eq!(
            world.ask(&Event::refresh("globex", "ann", address)).await.speaks_of(),
            Some(tenant_id("globex")),
            "{address}"
        );
        // One of the two holds, so it is the only one.
        assert_eq!(
            world.ask(&Event::refresh("portal", "ann", address)).await.speaks_of(),
            Some(tenant_id("globex")),
            "{address}"
        );
    }
    // Changed, and not verified: nobody says whose it is.
    let unverified = Event::refresh("acme", "ann", "ann@acme.example").attribute("email_verified", "false");
    assert_eq!(world.ask(&unverified).await.code(), Some("EMAIL_NOT_VERIFIED"));
    let unverified = Event::refresh("globex", "ann", "ann@acme.example").attribute("email_verified", "false");
    assert_eq!(world.ask(&unverified).await.speaks_of(), Some(tenant_id("globex")));
    // Changed back, it holds again: nothing was written meanwhile.
    assert_eq!(
        world.ask(&Event::refresh("acme", "ann", "ann@acme.example")).await.speaks_of(),
        Some(tenant_id("acme"))
    );
}

#[tokio::test]
async fn d17_a_disabled_provider_lets_nobody_in_on_any_path() {
    let world = acme().await;
    world.put(&provider_of("okta", "acme")).await;
    let start = Event::external_sign_up("acme", "okta_1", "ann@acme.example");
    let confirm = Event::confirmed("acme", "ann", "ann@acme.example").federated("okta", "1");
    let asks = ["HostedAuth", "Authentication", "RefreshTokens"].map(|way| {
        Event::token("acme", "ann", "ann@acme.example").federated("okta", "1").source(&format!("TokenGeneration_{way}"))
    });
    assert!(world.ask(&start).await.is_reply());
    assert_eq!(world.ask(&confirm).await.decision, "joined");
    assert_eq!(world.ask(&asks[0]).await.speaks_of(), Some(tenant_id("acme")));

    let operations = world.operations();
    operations.enable_provider(&person("ann").pool, &provider_of("okta", "acme").name, false).await.unwrap();
    let late = Event::confirmed("acme", "bob", "bob@acme.example").federated("okta", "2");
    assert_eq!(world.ask(&start).await.code(), Some("PROVIDER_NOT_ACCEPTED"));
    assert_eq!(world.ask(&late).await.would_code(), Some("PROVIDER_NOT_ACCEPTED"));
    for ask in &asks {
        assert_eq!(world.ask(ask).await.code(), Some("PROVIDER_NOT_ACCEPTED"));
    }
    assert_eq!(world.membership("bob", "acme").await, None);

    // A row that rests on something else does not help a session that this provider made.
    let added = Membership { origin: Origin::Added, ..member("cat", "acme") };
    world.with_member(&added).await;
    let cat = Event::token("acme", "cat", "cat@acme.example").federated("okta", "3");
    assert_eq!(world.ask(&cat).await.code(), Some("PROVIDER_NOT_ACCEPTED"));

    operations.enable_provider(&person("ann").pool, &provider_of("okta", "acme").name, true).await.unwrap();
    assert_eq!(world.ask(&asks[2]).await.speaks_of(), Some(tenant_id("acme")));
    let row = world.membership("ann", "acme").await.unwrap();
    assert_eq!((row.status, row.since), (MembershipStatus::Active, now()));
    world.assert_sound().await;
}

#[tokio::test]
async fn d11_only_the_very_domain_matches() {
    let world = acme().await;
    world.put(&domain_of("sub.acme.example", "acme")).await;
    for domain in
        ["evilacme.example", "acme.example.evil.example", "deep.sub.acme.example", "acme.exampl", "cme.example"]
    {
        let address = format!("eve@{domain}");
        assert_eq!(
            world.ask(&Event::sign_up("acme", "eve", &address)).await.code(),
            Some("INVITATION_REQUIRED"),
            "{address}"
        );
        assert_eq!(
            world.ask(&Event::token("acme", "eve", &address)).await.code(),
            Some("INVITATION_REQUIRED"),
            "{address}"
        );
    }
    assert_eq!(
        world.ask(&Event::token("acme", "ann", "ann@sub.acme.example")).await.speaks_of(),
        Some(tenant_id("acme"))
    );
}
