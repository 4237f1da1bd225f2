//! How often the store is asked: that is what a sign-in waits for.

use domain::challenge::Recipient;
use domain::{Chain, ClientKind, Membership};
use store::Key;
use tests::event::PASSWORD;
use tests::nouns::{client, email, invitation, member, person, provider_of, roles, social, tenant_id, token};
use tests::world::code_keys;
use tests::{Event, World};

const ANN: &str = "ann@acme.example";

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world.put(&client("portal", ClientKind::Shared)).await.put(&provider_of("okta", "acme")).await;
    world.put(&client("robot", ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) })).await;
    world.with_member(&member("ann", "acme")).await;
    world
}

/// The calls of a function that just started, and of the next event.
async fn calls(world: &World, event: &Event) -> (u32, u32) {
    let world = world.restarted();
    let first = world.ask(event).await;
    let second = world.ask(event).await;
    (first.calls.unwrap(), second.calls.unwrap())
}

#[tokio::test]
async fn a_token_takes_one_round_trip_where_the_binding_was_seen_before_and_two_where_not() {
    let world = acme().await;
    for event in [
        Event::token("acme", "ann", ANN),
        Event::refresh("acme", "ann", ANN),
        Event::token("acme", "ann", ANN).version("1"),
        Event::token("acme", "ann", ANN).version("3"),
        Event::token("acme", "ann", ANN).federated("okta", "1"),
        Event::machine("robot"),
    ] {
        assert_eq!(calls(&world, &event).await, (2, 1), "{}", event.0);
    }
    world.tenant("acme", |tenant| tenant.status = domain::TenantStatus::Suspended).await;
    assert_eq!(calls(&world, &Event::token("acme", "ann", ANN)).await, (2, 1), "a refusal costs no more");
}

#[tokio::test]
async fn at_a_shared_client_a_hint_costs_nothing_and_the_list_of_memberships_is_read_beside() {
    let world = acme().await;
    world.with("globex").await;
    let event = Event::token("portal", "ann", ANN);
    let hinted = event.clone().metadata("tenant_id", tenant_id("acme").as_ref());
    assert_eq!(calls(&world, &hinted).await, (2, 1));
    // Two requests, side by side; the first event needs the tenant's facts after the list.
    assert_eq!(calls(&world, &event).await, (4, 2));
    world.with_member(&Membership { address: Some(email(ANN)), ..member("ann", "globex") }).await;
    assert_eq!(calls(&world, &event).await, (4, 2));
}

#[tokio::test]
async fn a_late_enrolment_takes_at_most_three_more() {
    for warm in [false, true] {
        let world = acme().await;
        world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
        world.put(&social("google")).await;
        let late = [
            Event::token("acme", "bob", "bob@acme.example"),
            Event::token("acme", "ben", "ben@partner.example"),
            Event::token("acme", "cat", "cat@acme.example").federated("okta", "2"),
            // Somebody else came with this mailbox before.
            Event::token("acme", "ann2", ANN),
        ];
        for event in late {
            let world = world.restarted();
            if warm {
                world.ask(&Event::token("acme", "ann", ANN)).await;
            }
            let answer = world.ask(&event).await;
            assert_eq!(answer.decision, "enrolled late");
            let most = if warm { 1 + 3 } else { 2 + 3 };
            assert!(answer.calls.unwrap() <= most, "{:?} calls, warm: {warm}, {}", answer.calls, event.0);
        }
        // At a shared client the tenant must be found first.
        for (name, address) in [("dan", "dan@acme.example"), ("ann3", ANN)] {
            let world = world.restarted();
            if warm {
                world.ask(&Event::token("portal", "ann", ANN)).await;
            }
            let answer = world.ask(&Event::token("portal", name, address)).await;
            assert_eq!(answer.decision, "enrolled late");
            // One of these was side by side with another.
            let serial = answer.calls.unwrap() - 1;
            assert!(serial <= 5 + u32::from(name == "ann3"), "{serial} serial calls, warm: {warm}, {name}");
        }
    }
}

#[tokio::test]
async fn a_members_invitation_takes_one_more_at_a_token_and_two_at_a_confirmation() {
    let world = acme().await;
    let bea = Membership { roles: roles(&["admin"]), ..member("bea", "acme") };
    world.with_member(&bea).await;
    for (byte, name) in [(1, "ben"), (2, "cid")] {
        let mut invitation = invitation(byte, "acme", &format!("{name}@partner.example"));
        invitation.terms.inviter = domain::Inviter::Member(bea.person.clone());
        world.with_invitation(&invitation).await;
    }
    let world = world.restarted();
    world.ask(&Event::token("acme", "ann", ANN)).await;
    // What the inviter rests on; the inviter is read with what was remembered.
    assert_eq!(world.ask(&Event::token("acme", "ben", "ben@partner.example")).await.calls, Some(1 + 3 + 1));
    world.ask(&Event::sign_up("acme", "cid", "cid@partner.example").invited(&token(2))).await;
    assert_eq!(world.ask(&Event::confirmed("acme", "cid", "cid@partner.example")).await.calls, Some(3 + 2));
}

#[tokio::test]
async fn a_confirmation_takes_two_and_its_commit_where_the_binding_was_not_seen_before() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
    world.ask(&Event::sign_up("acme", "ben", "ben@partner.example").invited(&token(1))).await;
    let first = world.restarted();
    assert_eq!(first.ask(&Event::confirmed("acme", "ben", "ben@partner.example")).await.calls, Some(3));
    assert_eq!(first.ask(&Event::confirmed("acme", "bob", "bob@acme.example")).await.calls, Some(2));
    assert_eq!(first.ask(&Event::confirmed("acme", "bob", "bob@acme.example")).await.calls, Some(1), "a repeated call");
}

#[tokio::test]
async fn a_sign_up_takes_two_and_one_to_remember_an_invitation() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
    for (event, expected) in [
        (Event::sign_up("acme", "bob", "bob@acme.example"), 2),
        (Event::sign_up("acme", "eve", "eve@elsewhere.example"), 2),
        (Event::sign_up("portal", "eve", "eve@elsewhere.example"), 2),
        (Event::sign_up("acme", "ben", "ben@partner.example").invited(&token(1)), 3),
        (Event::sign_up("acme", "ben", "ben@partner.example").invited(&token(2)), 2),
        (Event::external_sign_up("acme", "okta_1", "bob@acme.example"), 2),
        (Event::created("acme", "eve", "eve@elsewhere.example"), 0),
    ] {
        assert_eq!(world.ask(&event).await.calls, Some(expected), "{}", event.0);
    }
    assert!(
        world
            .get::<store::entity::Remembered>(&Key::enrolment(
                &person("ben").pool,
                &person("ben").sub.as_ref().parse().unwrap()
            ))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn each_step_of_a_sign_in_by_challenge_takes_one_and_what_it_writes() {
    for (chain, begun) in [(Chain::PasswordAndCode { of: None }, PASSWORD), (Chain::Code, &[][..])] {
        let world = acme().await;
        world.tenant("acme", |acme| acme.policy.chain = chain).await;
        // Somebody, and nobody: C10.
        for typed in [None, Some("nobody@acme.example")] {
            let of = |event: Event| typed.map_or(event.clone(), |typed| event.of_nobody(typed));
            let define = of(Event::define("acme", "ann", ANN, begun));
            assert_eq!(calls(&world, &define).await, (2, 1), "{}", define.0);
            // The code is written once; the repeated call finds it.
            let create = of(Event::create("acme", "ann", ANN, begun));
            assert_eq!(calls(&world, &create).await, (3, 1), "{}", create.0);
            let created = world.ask(&create).await;
            let verify = |answer: &str| of(Event::verify("acme", "ann", ANN, created.response(), answer));
            assert_eq!(calls(&world, &verify("no code")).await, (1, 1));
        }
        let created = world.ask(&Event::create("acme", "ann", ANN, begun)).await;
        let issue = created.response()["privateChallengeParameters"]["issue"].as_str().unwrap().parse().unwrap();
        let (ann, acme, mailbox) = (person("ann"), client("acme", ClientKind::Shared).client, email(ANN));
        let recipient = Recipient::new(&ann, &acme, Some(&mailbox));
        let code = code_keys().code(&recipient, issue).reveal();
        let right = Event::verify("acme", "ann", ANN, created.response(), &code);
        assert_eq!(calls(&world, &right).await, (2, 2), "a right answer uses the code up");
    }
}
