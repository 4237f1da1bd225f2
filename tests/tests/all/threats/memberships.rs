//! M1 to M6, M8 to M14: how a membership ends, and what does not bring it back.

use domain::{BarReason, Catalogue, ClientKind, Membership, MembershipStatus, Origin, RoleGrant};
use operations::Invite;
use serde_json::json;
use store::Key;
use tests::event::identities;
use tests::nouns::{
    by_domain, client, email, invitation, member, minutes, parse, person, provider_of, roles, social, tenant_id, token,
};
use tests::proxy::{Proxy, Unprocessed};
use tests::{Event, World};

const ANN: &str = "ann@acme.example";

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world.put(&provider_of("okta", "acme")).await;
    world
}

/// Every automatic route that could bring somebody with this address in, under this name.
fn routes(name: &str) -> Vec<(&'static str, Event)> {
    let token = |name: &str| Event::token("acme", name, ANN);
    vec![
        ("refresh", Event::refresh("acme", name, ANN)),
        ("sign-in", token(name)),
        ("managed login", token(name).source("TokenGeneration_HostedAuth")),
        ("temporary password", token(name).source("TokenGeneration_NewPasswordChallenge")),
        ("provider", token(name).federated("okta", "1").source("TokenGeneration_HostedAuth")),
        ("upper case", Event::token("acme", name, "ANN@ACME.EXAMPLE")),
    ]
}

#[tokio::test]
async fn m1_a_removal_outlives_every_automatic_route() {
    let world = acme().await;
    world.with_member(&Membership { origin: by_domain("acme.example"), ..member("ann", "acme") }).await;
    world.with_invitation(&invitation(1, "acme", ANN)).await;
    world.remove("ann", "acme").await;
    let before = world.dump().await;
    for name in ["ann", "ann-again"] {
        for (route, event) in routes(name) {
            assert_eq!(world.ask(&event).await.code(), Some("MEMBERSHIP_ENDED"), "{name} by {route}");
        }
        let confirmed = world.ask(&Event::confirmed("acme", name, ANN)).await;
        assert_eq!(confirmed.would_code(), Some("MEMBERSHIP_ENDED"), "{name}");
        let federated = world.ask(&Event::confirmed("acme", name, ANN).federated("okta", "1")).await;
        assert_eq!(federated.would_code(), Some("MEMBERSHIP_ENDED"), "{name}");
    }
    assert_eq!(world.dump().await, before, "nothing was written");
    world.assert_sound().await;
}

#[tokio::test]
async fn m1_only_an_invitation_made_later_leads_back_in_with_its_roles_only() {
    for name in ["ann", "ann-again"] {
        let world = acme().await;
        let owner = Membership { roles: roles(&["admin"]), ..member("ann", "acme") };
        world.with_member(&owner).await;
        let old = invitation(1, "acme", ANN);
        world.with_invitation(&old).await;
        world.remove("ann", "acme").await;
        // The old one opens nothing, presented or not.
        world.ask(&Event::sign_up("acme", name, ANN).invited(&token(1))).await;
        assert_eq!(world.ask(&Event::token("acme", name, ANN)).await.code(), Some("MEMBERSHIP_ENDED"), "{name}");

        let newer = world.operations_at(|| minutes(1));
        let invite = Invite { replaces: true, ..Invite::new(email(ANN)).with_roles(roles(&["viewer"])) };
        newer.invite(&tenant_id("acme"), &invite).await.unwrap();
        let back = world.ask(&Event::token("acme", name, ANN)).await;
        assert_eq!(back.id_token()["roles"], json!(["viewer"]), "{name}");
        assert_eq!(world.mailbox(&tenant_id("acme"), &email(ANN)).await.bar, None);
        assert_eq!(world.seats("acme").await.used, 1, "{name}");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn m2_a_suspension_survives_a_new_account() {
    let world = acme().await;
    world.with_member(&Membership { origin: by_domain("acme.example"), ..member("ann", "acme") }).await;
    world.suspend("ann", "acme").await;
    // An invitation, however new, does not lift it.
    let mut newer = invitation(1, "acme", ANN);
    newer.terms.created = minutes(0);
    newer.terms.created += std::time::Duration::from_secs(1);
    world.with_invitation(&newer).await;
    for name in ["ann", "ann-again"] {
        for (route, event) in routes(name) {
            assert_eq!(world.ask(&event).await.code(), Some("MEMBERSHIP_SUSPENDED"), "{name} by {route}");
        }
        let confirmed = world.ask(&Event::confirmed("acme", name, ANN)).await;
        assert_eq!(confirmed.would_code(), Some("MEMBERSHIP_SUSPENDED"), "{name}");
    }
    assert_eq!(world.seats("acme").await.used, 1, "they keep their seat");
    world.resume("ann", "acme").await;
    assert_eq!(world.ask(&Event::refresh("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    world.assert_sound().await;
}

#[tokio::test]
async fn m2_the_bar_is_on_the_mailbox_whoever_else_came_with_it() {
    let world = acme().await;
    for name in ["ann", "ann-again"] {
        world.with_member(&Membership { address: Some(email(ANN)), ..member(name, "acme") }).await;
        assert_eq!(world.ask(&Event::token("acme", name, ANN)).await.speaks_of(), Some(tenant_id("acme")));
    }
    world.suspend("ann-again", "acme").await;
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.code(), Some("MEMBERSHIP_SUSPENDED"));
    world.resume("ann-again", "acme").await;
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    world.remove("ann-again", "acme").await;
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.code(), Some("MEMBERSHIP_ENDED"));
    world.assert_sound().await;
}

#[tokio::test]
async fn m1_an_invitation_of_the_same_moment_is_not_later() {
    for (seconds, back) in [(-1, false), (0, false), (1, true)] {
        for barred in [false, true] {
            let world = acme().await;
            let removed =
                Membership { status: MembershipStatus::Removed, since: minutes(-30), ..member("ann", "acme") };
            world.with_member(&removed).await;
            if barred {
                world.bar("acme", ANN, BarReason::Removed).await;
            }
            let mut open = invitation(1, "acme", ANN);
            open.terms.created = minutes(-30) + jiff::SignedDuration::from_secs(seconds);
            world.with_invitation(&open).await;
            let asked = world.ask(&Event::token("acme", "ann", ANN)).await;
            assert_eq!(asked.is_reply(), back, "{seconds} s after the removal, barred: {barred}");
        }
    }
}

#[tokio::test]
async fn m3_an_invitation_never_authenticates() {
    let world = acme().await;
    world.with("globex").await;
    // Globex invites Acme's boss, and reads the token itself.
    let ceo = "ceo@acme.example";
    let open = invitation(1, "globex", ceo);
    world.with_invitation(&open).await;
    let is_open = async || world.mailbox(&tenant_id("globex"), &email(ceo)).await.open_invitation(world.now).is_some();

    // With an account of their own.
    let own = Event::sign_up("globex", "eve", "eve@globex.example").invited(&token(1));
    assert_eq!(world.ask(&own).await.code(), Some("INVITATION_UNUSABLE"));
    assert!(is_open().await);
    // In the boss's name, which starts a sign-up whose code goes to the boss.
    assert!(world.ask(&Event::sign_up("globex", "eve", ceo).invited(&token(1))).await.is_reply());
    let answer =
        world.ask(&Event::token("globex", "eve", ceo).attribute("email_verified", "false").invited(&token(1))).await;
    assert_eq!(answer.code(), Some("EMAIL_NOT_VERIFIED"));
    assert!(is_open().await);
    // The boss's own account exists, at Acme: nothing of it changed.
    assert_eq!(world.membership("eve", "globex").await, None);
    assert_eq!(world.ask(&Event::token("acme", "ceo", ceo)).await.speaks_of(), Some(tenant_id("acme")));
    world.assert_sound().await;
}

#[tokio::test]
async fn m4_a_foreign_provider_proves_no_mailbox_anywhere() {
    let world = acme().await;
    world.with("globex").await;
    world.put(&client("portal", ClientKind::Shared)).await;
    world.put(&provider_of("evil", "globex")).await;
    world.with_member(&Membership { origin: Origin::Open, ..member("ann", "acme") }).await;
    world.with_invitation(&invitation(1, "acme", "ceo@acme.example")).await;
    let evil = |event: Event| event.federated("evil", "1").attribute("email_verified", "true");
    for address in [ANN, "ceo@acme.example"] {
        for at in ["acme", "portal", "globex"] {
            let start = Event::external_sign_up(at, "evil_1", address).attribute("email_verified", "true");
            assert_eq!(world.ask(&start).await.code(), Some("PROVIDER_NOT_ACCEPTED"), "{address} at {at}");
            assert_ne!(
                world.ask(&evil(Event::confirmed(at, "eve", address))).await.decision,
                "joined",
                "{address} at {at}"
            );
            for way in ["HostedAuth", "RefreshTokens", "Authentication"] {
                for name in ["eve", "ann"] {
                    let event = evil(Event::token(at, name, address)).source(&format!("TokenGeneration_{way}"));
                    let hinted = event.clone().metadata("tenant_id", tenant_id("acme").as_ref());
                    for event in [event, hinted] {
                        let answer = world.ask(&event).await;
                        match at {
                            "portal" if answer.is_reply() => {
                                assert_eq!(answer.speaks_of(), None, "{name} as {address} by {way}");
                            }
                            _ => assert!(answer.code().is_some(), "{name} as {address} at {at} by {way}"),
                        }
                    }
                }
            }
        }
    }
    assert_eq!(world.memberships(&person("eve")).await, []);
    world.assert_sound().await;
}

#[tokio::test]
async fn m5_the_tenants_own_provider_and_domain_suffice() {
    let world = acme().await;
    for (name, verified) in [("ann", Some("false")), ("bob", None), ("cat", Some("true"))] {
        let address = format!("{name}@acme.example");
        let fit = |event: Event| match verified {
            Some(verified) => event.attribute("email_verified", verified),
            None => event.without("/request/userAttributes/email_verified"),
        };
        let start = fit(Event::external_sign_up("acme", &format!("okta_{name}"), &address));
        assert_eq!(world.ask(&start).await.decision, "admit_provider", "{name}");
        let confirmed = fit(Event::confirmed("acme", name, &address).federated("okta", name));
        assert_eq!(world.ask(&confirmed).await.decision, "joined", "{name}");
        let asked =
            fit(Event::token("acme", name, &address).federated("okta", name)).source("TokenGeneration_HostedAuth");
        assert_eq!(world.ask(&asked).await.speaks_of(), Some(tenant_id("acme")), "{name}");
        let origin = world.membership(name, "acme").await.unwrap().origin;
        assert_eq!(origin, Origin::Provider(parse("okta")), "{name}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn m6_linked_accounts_get_no_route_and_are_no_company_sign_in() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
    world.put(&social("google")).await;
    let before = world.dump().await;
    let linked = |name: &str, address: &str, to: &[(&str, &str)]| {
        Event::token("acme", name, address).attribute("identities", identities(to))
    };
    for to in [&[("okta", "1")][..], &[("Google", "1")], &[("okta", "1"), ("Google", "2")]] {
        assert_eq!(world.ask(&linked("ann", ANN, to)).await.code(), Some("LINKED_ACCOUNT"), "{to:?}");
        assert_eq!(world.ask(&linked("ben", "ben@partner.example", to)).await.code(), Some("LINKED_ACCOUNT"), "{to:?}");
        let confirmed = Event::confirmed("acme", "ann", ANN).attribute("identities", identities(to));
        assert_eq!(world.ask(&confirmed).await.would_code(), Some("LINKED_ACCOUNT"), "{to:?}");
    }
    assert_eq!(world.dump().await, before);

    // A membership that holds of itself holds for them too; where the company account is required, a password is not it.
    world.with_member(&Membership { origin: Origin::Added, ..member("ann", "acme") }).await;
    assert!(world.ask(&linked("ann", ANN, &[("okta", "1")])).await.is_reply());
    world.tenant("acme", |tenant| tenant.policy.sso_required = true).await;
    assert_eq!(world.ask(&linked("ann", ANN, &[("okta", "1")])).await.code(), Some("SSO_REQUIRED"));
    // Nor one whose address a provider rewrote, where the domain gave the membership.
    world.tenant("acme", |tenant| tenant.policy.sso_required = false).await;
    world.with_member(&Membership { origin: by_domain("acme.example"), ..member("bob", "acme") }).await;
    assert_eq!(world.ask(&linked("bob", "bob@acme.example", &[("okta", "1")])).await.code(), Some("LINKED_ACCOUNT"));
}

#[tokio::test]
async fn m8_the_scope_that_edits_the_account_goes_where_the_binding_says_so() {
    let world = acme().await;
    world.with_member(&member("ann", "acme")).await;
    let scope = domain::claims::ACCOUNT_SCOPE;
    let asks = [json!([scope, "openid"]), json!(["openid"]), json!([]), json!(null)];
    for scopes in &asks {
        let event = Event::token("acme", "ann", ANN).with("/request/scopes", scopes.clone());
        assert!(!world.ask(&event).await.scopes_suppressed().contains(&scope), "kept where an adopted client says so");
    }
    world.bind("acme", |binding| binding.suppress_account_scope = true).await;
    for scopes in &asks {
        let event = Event::token("acme", "ann", ANN).with("/request/scopes", scopes.clone());
        let answer = world.ask(&event).await;
        assert!(answer.scopes_suppressed().contains(&scope), "{scopes}");
        assert!(!answer.scopes_added().contains(&scope), "{scopes}");
    }
}

#[tokio::test]
async fn m8_no_catalogue_grants_cognitos_own_scopes() {
    let world = acme().await;
    for scope in ["aws.cognito.signin.user.admin", "aws.cognito.anything", "openid", "email", "phone", "profile"] {
        let grant = RoleGrant { scopes: [scope.to_owned()].into(), ..RoleGrant::default() };
        assert!(Catalogue::new([(parse("member"), grant.clone())].into(), 0).is_err(), "{scope}");
        assert!(world.operations().set_role(&parse("member"), &grant).await.is_err(), "{scope}");
    }
    assert_eq!(world.get::<Catalogue>(&Key::catalogue()).await, None);
}

#[tokio::test]
async fn m9_a_refresh_without_a_hint_never_flips_the_tenant() {
    let world = acme().await;
    world.with("globex").await;
    world.put(&client("portal", ClientKind::Shared)).await;
    world.with_member(&member("ann", "acme")).await;
    world.with_member(&Membership { address: Some(email(ANN)), ..member("ann", "globex") }).await;
    let hinted = Event::token("portal", "ann", ANN).metadata("tenant_id", tenant_id("acme").as_ref());
    assert_eq!(world.ask(&hinted).await.speaks_of(), Some(tenant_id("acme")));
    for _ in 0..3 {
        assert_eq!(world.ask(&Event::refresh("portal", "ann", ANN)).await.speaks_of(), None);
        assert_eq!(world.ask(&Event::token("portal", "ann", ANN)).await.speaks_of(), None);
        assert_eq!(world.ask(&hinted).await.speaks_of(), Some(tenant_id("acme")));
    }
    // A hint on the call of another tenant is answered with that tenant, and only on that call.
    let other = Event::refresh("portal", "ann", ANN).metadata("tenant_id", tenant_id("globex").as_ref());
    assert_eq!(world.ask(&other).await.speaks_of(), Some(tenant_id("globex")));
    assert_eq!(world.ask(&Event::refresh("portal", "ann", ANN)).await.speaks_of(), None);
}

#[tokio::test]
async fn m10_a_replay_after_a_deletion_leaves_no_phantom() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
    let confirm = Event::confirmed("acme", "ben", "ben@partner.example");
    assert_eq!(world.ask(&confirm).await.decision, "joined");
    // Somebody deletes the rows within the ten minutes in which DynamoDB remembers request tokens.
    world.delete_member("ben", "acme").await;
    let before = world.dump().await;
    let replayed = world.ask(&confirm).await;
    assert_eq!(replayed.would_code(), Some("INVITATION_REQUIRED"));
    assert_eq!(
        world.ask(&Event::token("acme", "ben", "ben@partner.example")).await.code(),
        Some("INVITATION_REQUIRED")
    );
    assert_eq!(world.dump().await, before, "no row, no seat");

    // By domain the route is still there: then the row is, too.
    let confirm = Event::confirmed("acme", "ann", ANN);
    assert_eq!(world.ask(&confirm).await.decision, "joined");
    world.delete_member("ann", "acme").await;
    assert_eq!(world.membership("ann", "acme").await, None);
    assert_eq!(world.ask(&confirm).await.decision, "joined");
    assert_eq!(world.membership("ann", "acme").await.unwrap().status, MembershipStatus::Active);
    assert_eq!(world.seats("acme").await.used, 1);
    world.assert_sound().await;
}

#[tokio::test]
async fn m11_an_unprocessed_key_is_not_an_absent_item() {
    let world = acme().await;
    world.with_member(&Membership { status: MembershipStatus::Removed, ..member("ann", "acme") }).await;
    world.bar("acme", "bob@acme.example", BarReason::Removed).await;
    let before = world.dump().await;
    for prefix in ["PERSON#", "TENANT#", "CLIENT#", "DOMAIN#", "POOL#", "CATALOGUE"] {
        let proxy = Proxy::start(world.engine(), Unprocessed::always(prefix)).await;
        let world = world.through(&proxy);
        for (name, address) in [("ann", ANN), ("bob", "bob@acme.example"), ("cat", "cat@acme.example")] {
            let event = Event::token("acme", name, address).federated("okta", "1");
            assert_eq!(world.ask(&event).await.code(), Some("TRY_AGAIN"), "{prefix}, {name}");
        }
        let confirmed = world.ask(&Event::confirmed("acme", "cat", "cat@acme.example").federated("okta", "1")).await;
        let unread = if prefix == "CATALOGUE" { "joined" } else { "broken" };
        assert_eq!(confirmed.decision, unread, "{prefix}");
        if prefix != "CATALOGUE" {
            assert_eq!(world.dump().await, before, "{prefix}: nothing was written");
        }
    }
}

#[tokio::test]
async fn m11_keys_that_come_with_a_second_request_are_read() {
    let world = acme().await;
    world.with_member(&member("ann", "acme")).await;
    let proxy = Proxy::start(world.engine(), Unprocessed::once("PERSON#")).await;
    let world = world.through(&proxy);
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
}

#[tokio::test]
async fn m12_a_provider_is_meant_only_where_cognito_says_so() {
    let world = acme().await;
    world.with("globex").await;
    world.put(&provider_of("acme_okta", "acme")).await.put(&provider_of("acme", "globex")).await;
    // Anybody may sign up under such a name.
    for name in ["okta_bob", "Okta_bob", "acme_okta_bob"] {
        let native = Event::sign_up("acme", "bob", "bob@elsewhere.example").with("/userName", json!(name));
        assert_eq!(world.ask(&native).await.code(), Some("INVITATION_REQUIRED"), "{name}");
        let token = Event::token("acme", "bob", "bob@elsewhere.example").with("/userName", json!(name));
        assert_eq!(world.ask(&token).await.code(), Some("INVITATION_REQUIRED"), "{name}");
    }
    for (name, decision) in
        [("Okta_1", "admit_provider"), ("okta_1", "admit_provider"), ("ACME_Okta_1_2", "admit_provider")]
    {
        let start = Event::external_sign_up("acme", name, "bob@acme.example");
        assert_eq!(world.ask(&start).await.decision, decision, "{name}");
    }
    // The longest bound name is meant: this one is Globex's `acme`.
    let shorter = Event::external_sign_up("acme", "acme_bob", "bob@acme.example");
    assert_eq!(world.ask(&shorter).await.code(), Some("PROVIDER_NOT_ACCEPTED"));
    for (index, provider) in ["OKTA", "okta", "Okta"].into_iter().enumerate() {
        let name = format!("bob{index}");
        let event = Event::token("acme", &name, &format!("{name}@acme.example")).federated(provider, &name);
        assert_eq!(world.ask(&event).await.speaks_of(), Some(tenant_id("acme")), "{provider}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn m13_the_kind_of_client_and_of_event_must_agree() {
    let world = acme().await;
    world.with_member(&member("ann", "acme")).await;
    let machine = ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) };
    world.put(&client("robot", machine)).await.put(&client("portal", ClientKind::Shared)).await;
    for (version, works) in [("1", false), ("2", false), ("3", true)] {
        let answer = world.ask(&Event::machine("robot").version(version)).await;
        assert_eq!(answer.is_reply(), works, "V{version}");
        if works {
            assert_eq!(answer.access_token()["tenant_id"], json!(tenant_id("acme").as_ref()));
            assert!(answer.response()["claimsAndScopeOverrideDetails"].get("idTokenGeneration").is_none());
        } else {
            assert_eq!(answer.code(), Some("CLIENT_NOT_BOUND"), "V{version}");
        }
    }
    for version in ["1", "2", "3"] {
        for way in ["HostedAuth", "Authentication", "RefreshTokens", "NewPasswordChallenge", "AuthenticateDevice"] {
            let event = Event::token("robot", "ann", ANN).version(version).source(&format!("TokenGeneration_{way}"));
            assert_eq!(world.ask(&event).await.code(), Some("CLIENT_NOT_BOUND"), "{way} V{version}");
        }
        for client in ["acme", "portal"] {
            // Whatever was guessed of the client before.
            world.ask(&Event::token(client, "ann", ANN)).await;
            let event = Event::machine(client).version(version);
            assert_eq!(world.ask(&event).await.code(), Some("CLIENT_NOT_BOUND"), "{client} V{version}");
        }
    }
    assert_eq!(world.ask(&Event::sign_up("robot", "bob", "bob@acme.example")).await.code(), Some("CLIENT_NOT_BOUND"));
    assert_ne!(world.ask(&Event::confirmed("robot", "bob", "bob@acme.example")).await.decision, "joined");
}

#[tokio::test]
async fn m14_a_token_without_tenant_says_so_under_every_name() {
    let world = acme().await;
    world.put(&client("portal", ClientKind::Shared)).await;
    let names =
        pre_token_generation::name_map(Some(r#"{"tenant_id": ["tenant_id", "custom:tenantId"], "roles": "userRole"}"#));
    let world = world.restarted_with(names.unwrap());
    let event = Event::token("portal", "eve", "eve@elsewhere.example")
        .attribute("custom:tenantId", tenant_id("acme").as_ref())
        .attribute("userRole", "owner")
        .attribute(domain::claims::SESSION_TAGS, "x");
    let answer = world.ask(&event).await;
    assert!(answer.id_token().is_empty() && answer.access_token().is_empty());
    for name in [
        "tenant_id",
        "custom:tenantId",
        "userRole",
        "tenant_slug",
        "tenant_tier",
        "member_id",
        "permissions",
        domain::claims::SESSION_TAGS,
    ] {
        assert!(answer.suppressed().contains(&name), "{name}");
    }
    let first = world.ask(&event.version("1")).await;
    let details = &first.response()["claimsOverrideDetails"];
    assert_eq!(details["claimsToAddOrOverride"], json!({}));
    assert!(details["claimsToSuppress"].as_array().unwrap().contains(&json!("custom:tenantId")));
}
