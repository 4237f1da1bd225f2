//! I1, I2, I5 to I8: what an invitation's token is worth, and to whom.

use domain::{Invitation, InvitationState, InvitationToken, Inviter};
use operations::Invite;
use serde_json::json;
use tests::nouns::{email, invitation, minutes, now, person, tenant_id, token};
use tests::{Answer, Event, World};

/// What is wrong with an invitation.
type Wrong = fn(&mut Invitation);

const BEN: &str = "ben@partner.example";

async fn world() -> World {
    let world = World::new().await;
    world.with("acme").await.with("globex").await;
    world
}

async fn is_open(world: &World, invitation: &Invitation) -> bool {
    let mailbox = world.mailbox(&invitation.tenant, &invitation.address).await;
    let item: Invitation = world.get(&store::Key::invitation(&invitation.terms.digest)).await.unwrap();
    item.is_open_at(world.now) && mailbox.open_invitation(world.now).is_some()
}

fn start(token: &str) -> Event {
    Event::sign_up("acme", "ben", BEN).metadata(pre_sign_up::INVITATION, token)
}

#[tokio::test]
async fn i1_any_flipped_bit_is_another_token() {
    let world = world().await;
    let open = invitation(1, "acme", BEN);
    world.with_invitation(&open).await;
    let before = world.dump().await;
    for bit in 0..256_usize {
        let mut bytes = [1_u8; 32];
        bytes[bit / 8] ^= 1 << (bit % 8);
        let asked = world.ask(&start(&InvitationToken::from_random(bytes).reveal())).await;
        assert_eq!(asked.code(), Some("INVITATION_UNUSABLE"), "bit {bit}");
    }
    let text = token(1).reveal();
    let almost = [
        text.to_ascii_lowercase(),
        format!("{text}="),
        format!(" {text}"),
        format!("{text}\n"),
        text.chars().take(42).collect(),
        open.terms.digest.to_string(),
        "a".repeat(2_048),
    ];
    for almost in almost {
        assert_eq!(world.ask(&start(&almost)).await.code(), Some("INVITATION_UNUSABLE"), "{almost:?}");
    }
    assert_eq!(world.dump().await, before);
    assert!(world.ask(&start(&text)).await.is_reply());
}

#[tokio::test]
async fn i1_tenant_address_and_roles_come_from_the_row() {
    let world = world().await;
    world.with_invitation(&invitation(1, "acme", BEN)).await;
    // The token at another tenant's client, with any hint.
    for tenant in ["acme", "globex"] {
        let elsewhere = Event::sign_up("globex", "ben", BEN)
            .invited(&token(1))
            .metadata("tenant_id", tenant_id(tenant).as_ref())
            .metadata("roles", "owner");
        assert_eq!(world.ask(&elsewhere).await.code(), Some("INVITATION_UNUSABLE"), "{tenant}");
    }
    let here = start(&token(1).reveal())
        .metadata("tenant_id", tenant_id("globex").as_ref())
        .metadata("roles", "owner")
        .metadata("email", "eve@elsewhere.example");
    assert!(world.ask(&here).await.is_reply());
    let confirm = Event::confirmed("acme", "ben", BEN)
        .metadata("tenant_id", tenant_id("globex").as_ref())
        .metadata("roles", "owner")
        .attribute("custom:roles", "owner");
    assert_eq!(world.ask(&confirm).await.tenant, Some(tenant_id("acme")));
    assert_eq!(world.membership("ben", "acme").await.unwrap().roles.to_string(), "member");
    assert_eq!(world.membership("ben", "globex").await, None);
    world.assert_sound().await;
}

#[tokio::test]
async fn i2_only_the_verified_invited_address_redeems() {
    let world = world().await;
    let open = invitation(1, "acme", BEN);
    world.with_invitation(&open).await;
    for address in ["eve@elsewhere.example", "ben@partner.example.evil.example", "ben@globex.example"] {
        let asked = world.ask(&Event::sign_up("acme", "eve", address).invited(&token(1))).await;
        assert_eq!(asked.code(), Some("INVITATION_UNUSABLE"), "{address}");
        assert!(
            world.ask(&Event::confirmed("acme", "eve", address).invited(&token(1))).await.would.is_some(),
            "{address}"
        );
        assert!(
            world.ask(&Event::token("acme", "eve", address).invited(&token(1))).await.code().is_some(),
            "{address}"
        );
        assert!(is_open(&world, &open).await, "{address}");
    }
    // The invited address, but nobody verified it.
    let unverified = Event::token("acme", "eve", BEN).attribute("email_verified", "false");
    assert_eq!(world.ask(&unverified).await.code(), Some("EMAIL_NOT_VERIFIED"));
    assert!(is_open(&world, &open).await);
    assert_eq!(
        world.ask(&Event::token("acme", "ben", "BEN@Partner.example")).await.speaks_of(),
        Some(tenant_id("acme"))
    );
    assert!(!is_open(&world, &open).await);
}

#[tokio::test]
async fn i5_the_table_never_holds_a_token() {
    let world = world().await;
    let operations = world.operations();
    let invite = Invite::new(email(BEN));
    let invited = operations.invite(&tenant_id("acme"), &invite).await.unwrap();
    let secret = invited.token.reveal();
    assert!(world.ask(&start(&secret)).await.is_reply(), "it is a token");
    assert_eq!(world.ask(&Event::confirmed("acme", "ben", BEN)).await.decision, "joined");

    let listed = operations.invitations(&tenant_id("acme")).await.unwrap();
    let found = operations.find_invitation(&tenant_id("acme"), &listed[0].terms.digest.clone().into()).await.unwrap();
    let dump = json!(world.dump().await).to_string();
    for (what, text) in [("dump", dump), ("list", format!("{listed:?}")), ("get", format!("{found:?}{invited:?}"))] {
        assert!(!text.contains(&secret), "the {what} holds the token");
        assert!(text.contains(found.terms.digest.as_ref()) || what == "get", "the {what} holds its digest");
    }
}

#[tokio::test]
async fn i6_expiry_is_compared_to_the_second() {
    for (expires, open) in [
        (minutes(-5), false),
        (now() - std::time::Duration::from_secs(1), false),
        (now(), false),
        (now() + std::time::Duration::from_secs(1), true),
        (minutes(5), true),
    ] {
        let world = world().await;
        let mut invitation = invitation(1, "acme", BEN);
        invitation.terms.expires = expires;
        world.with_invitation(&invitation).await;
        assert_eq!(world.ask(&start(&token(1).reveal())).await.is_reply(), open, "sign-up, {expires}");
        let joined = world.ask(&Event::confirmed("acme", "ben", BEN)).await.decision == "joined";
        assert_eq!(joined, open, "confirmation, {expires}");
        assert_eq!(world.ask(&Event::token("acme", "ben", BEN)).await.is_reply(), open, "token, {expires}");
        assert_eq!(world.membership("ben", "acme").await.is_some(), open, "{expires}");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn i6_the_transaction_compares_it_again() {
    let world = world().await;
    let mut item = invitation(1, "acme", BEN);
    item.terms.expires = now();
    world.put(&item).await;
    // The mailbox's copy is believed to be open, and the invitation itself decides.
    let mut terms = item.terms.clone();
    terms.expires = minutes(60);
    world.change_mailbox(&item.tenant, &item.address, |mailbox| mailbox.invitation = Some(terms)).await;
    let before = world.dump().await;
    assert_eq!(world.ask(&Event::token("acme", "ben", BEN)).await.code(), Some("INVITATION_UNUSABLE"));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn i7_a_revocation_that_committed_first_wins() {
    let steps = ["sign-up", "confirmation", "token"];
    for revoked_before in 0..=steps.len() {
        let world = world().await;
        let open = invitation(1, "acme", BEN);
        world.with_invitation(&open).await;
        let mut member = false;
        for (at, step) in steps.iter().enumerate() {
            if at == revoked_before {
                let name = open.terms.digest.clone().into();
                let revoked = world.operations().revoke_invitation(&tenant_id("acme"), &name, None).await;
                assert_eq!(revoked.is_err(), member, "what was used cannot be taken back");
            }
            let answer = match *step {
                "sign-up" => world.ask(&start(&token(1).reveal())).await,
                "confirmation" => world.ask(&Event::confirmed("acme", "ben", BEN)).await,
                _ => world.ask(&Event::token("acme", "ben", BEN)).await,
            };
            member |= answer.decision == "joined";
            let lets_in = at < revoked_before || member;
            match *step {
                "confirmation" => {
                    assert_eq!(answer.decision == "joined", lets_in, "{step}, revoked before {revoked_before}");
                }
                _ => assert_eq!(answer.is_reply(), lets_in, "{step}, revoked before {revoked_before}"),
            }
            if *step == "token" && !lets_in {
                // Pre sign-up let them in, so they are told that this has ended.
                let expected = if revoked_before == 0 { "INVITATION_REQUIRED" } else { "INVITATION_UNUSABLE" };
                assert_eq!(answer.code(), Some(expected), "revoked before {revoked_before}");
            }
        }
        assert_eq!(world.membership("ben", "acme").await.is_some(), member);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn i7_the_transaction_looks_at_the_invitation_itself() {
    let world = world().await;
    let mut revoked = invitation(1, "acme", BEN);
    revoked.state = InvitationState::Revoked { at: now() };
    world.put(&revoked).await;
    // As if the mailbox had been read just before the revocation.
    world
        .change_mailbox(&revoked.tenant, &revoked.address, |mailbox| mailbox.invitation = Some(revoked.terms.clone()))
        .await;
    let before = world.dump().await;
    assert_eq!(world.ask(&Event::token("acme", "ben", BEN)).await.code(), Some("INVITATION_UNUSABLE"));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn i8_whatever_is_wrong_with_an_invitation_looks_alike() {
    let world = world().await;
    let states: [(u8, Wrong); 7] = [
        (1, |invitation| invitation.terms.expires = now()),
        (2, |invitation| invitation.state = InvitationState::Accepted { by: person("cat"), at: now() }),
        (3, |invitation| invitation.state = InvitationState::Revoked { at: now() }),
        (4, |invitation| invitation.address = email("other@partner.example")),
        (5, |invitation| invitation.tenant = tenant_id("globex")),
        (6, |invitation| invitation.tenant = tenant_id("nobody")),
        (7, |invitation| {
            invitation.address = email("other@partner.example");
            invitation.terms.inviter = Inviter::Member(person("cat"));
        }),
    ];
    for (byte, change) in states {
        let mut invitation = invitation(byte, "acme", BEN);
        change(&mut invitation);
        world.put(&invitation).await;
    }
    for client in ["acme", "portal"] {
        world.put(&tests::nouns::client("portal", domain::ClientKind::Shared)).await;
        for warm in [false, true] {
            let mut answers: Vec<(String, Answer)> = Vec::new();
            // At a shared client every tenant's invitation is good, so two of these are not wrong there.
            let wrong = (1..=9).filter(|byte| client == "acme" || !matches!(byte, 5 | 6));
            for secret in wrong.map(|byte| token(byte).reveal()).chain(["welcome".to_owned(), String::new()]) {
                let world = world.restarted();
                let event = start(&secret).with("/callerContext/clientId", json!(client));
                if warm {
                    world.ask(&event).await;
                }
                let mut answer = world.ask(&event).await;
                // At a shared client the log, which no caller sees, may name the tenant.
                answer.tenant = None;
                answers.push((secret, answer));
            }
            for (secret, answer) in &answers {
                assert_eq!(answer.code(), Some("INVITATION_UNUSABLE"), "{client} {secret:?}");
                assert_eq!(answer, &answers[0].1, "{client} {secret:?}");
            }
        }
    }
}
