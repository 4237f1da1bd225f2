//! I7, D15, D17, M1, M18, M19 once more: what an enrolment rested on changes between its reading and its writing. The change committed
//! first, so it wins.

use std::pin::Pin;

use domain::{Inviter, JoinMode, Membership, TenantStatus};
use operations::{PolicyChange, Releasing};
use store::Key;
use tests::nouns::{
    domain_name, email, invitation, member, person, pool, provider_name, provider_of, roles, tenant_id, token,
};
use tests::proxy::Proxy;
use tests::{Answer, Event, World};

const ANN: &str = "ann@acme.example";
const BEN: &str = "ben@partner.example";

/// Asks, lets `change` happen while the transaction is on its way, and lets it go.
async fn meanwhile(world: &World, event: &Event, change: Pin<Box<dyn Future<Output = ()> + '_>>) -> Answer {
    let (proxy, held) = Proxy::holding(world.engine(), "TransactWriteItems").await;
    let slow = world.through(&proxy);
    let changed = async {
        let go = held.arrived().await;
        change.await;
        go.send(()).expect("the request waits");
    };
    let (answer, ()) = tokio::join!(slow.ask(event), changed);
    answer
}

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await.with("globex").await;
    world.put(&provider_of("okta", "acme")).await;
    world
}

async fn nobody_came_in(world: &World, name: &str) {
    assert_eq!(world.membership(name, "acme").await, None);
    world.assert_sound().await;
}

fn ann() -> Event {
    Event::token("acme", "ann", ANN)
}

#[tokio::test]
async fn nothing_happened_in_between() {
    let world = acme().await;
    let answer = meanwhile(&world, &ann(), Box::pin(async {})).await;
    assert_eq!(answer.speaks_of(), Some(tenant_id("acme")));
}

#[tokio::test]
async fn m18_the_domain_was_released_in_between() {
    let world = acme().await;
    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            let domain = domain_name("acme.example");
            world.operations().release_domain(&tenant_id("acme"), &domain, Releasing::DropMembers).await.unwrap();
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_REQUIRED"));
    nobody_came_in(&world, "ann").await;
}

#[tokio::test]
async fn m18_the_domain_was_transferred_in_between() {
    let world = acme().await;
    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            let (from, to, domain) = (tenant_id("acme"), tenant_id("globex"), domain_name("acme.example"));
            world.operations().transfer_domain(&domain, &from, &to, Releasing::DropMembers, "a test").await.unwrap();
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_REQUIRED"));
    nobody_came_in(&world, "ann").await;
}

#[tokio::test]
async fn d17_the_provider_was_disabled_or_unbound_in_between() {
    for unbound in [false, true] {
        let world = acme().await;
        let answer = meanwhile(
            &world,
            &ann().federated("okta", "1"),
            Box::pin(async {
                let name = provider_name("okta");
                if unbound {
                    world.operations().unbind_provider(&pool(), &name).await.unwrap();
                } else {
                    world.operations().enable_provider(&pool(), &name, false).await.unwrap();
                }
            }),
        )
        .await;
        assert_eq!(answer.code(), Some("PROVIDER_NOT_ACCEPTED"), "unbound: {unbound}");
        nobody_came_in(&world, "ann").await;
    }
}

#[tokio::test]
async fn the_tenant_was_suspended_or_changed_its_mind_in_between() {
    let world = acme().await;
    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            world.operations().suspend_tenant(&tenant_id("acme"), None).await.unwrap();
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("TENANT_SUSPENDED"));
    nobody_came_in(&world, "ann").await;
    world.tenant("acme", |tenant| tenant.status = TenantStatus::Active).await;

    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            let change = PolicyChange { join: Some(JoinMode::InvitationOnly), ..PolicyChange::default() };
            world.operations().set_policy(&tenant_id("acme"), &change).await.unwrap();
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_REQUIRED"));
    nobody_came_in(&world, "ann").await;
}

#[tokio::test]
async fn i7_the_invitation_was_revoked_in_between() {
    let world = acme().await;
    let open = invitation(1, "acme", BEN);
    world.with_invitation(&open).await;
    world.ask(&Event::sign_up("acme", "ben", BEN).invited(&token(1))).await;
    let answer = meanwhile(
        &world,
        &Event::token("acme", "ben", BEN),
        Box::pin(async {
            world.revoke(&open).await;
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_UNUSABLE"));
    nobody_came_in(&world, "ben").await;
}

#[tokio::test]
async fn i3_the_invitation_was_redeemed_by_another_account_in_between() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", BEN)).await;
    let answer = meanwhile(
        &world,
        &Event::token("acme", "ben", BEN),
        Box::pin(async {
            assert!(world.ask(&Event::token("acme", "ben-again", BEN)).await.is_reply());
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_REQUIRED"));
    nobody_came_in(&world, "ben").await;
}

#[tokio::test]
async fn i4_the_last_seat_was_taken_in_between() {
    let world = acme().await;
    world.limit("acme", 1).await;
    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            assert!(world.ask(&Event::token("acme", "bob", "bob@acme.example")).await.is_reply());
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("SEATS_FULL"));
    nobody_came_in(&world, "ann").await;
}

#[tokio::test]
async fn m1_another_account_with_this_mailbox_was_removed_or_suspended_in_between() {
    for suspended in [false, true] {
        let world = acme().await;
        world.with_member(&Membership { address: Some(email(ANN)), ..member("old", "acme") }).await;
        let answer = meanwhile(
            &world,
            &ann(),
            Box::pin(async {
                if suspended {
                    world.suspend("old", "acme").await;
                } else {
                    world.remove("old", "acme").await;
                }
            }),
        )
        .await;
        let expected = if suspended { "MEMBERSHIP_SUSPENDED" } else { "MEMBERSHIP_ENDED" };
        assert_eq!(answer.code(), Some(expected));
        nobody_came_in(&world, "ann").await;
    }
}

#[tokio::test]
async fn m1_a_removal_between_the_join_and_its_token_wins() {
    let world = acme().await;
    assert_eq!(world.ask(&Event::confirmed("acme", "ann", ANN)).await.decision, "joined");
    // The first token of somebody who was removed a moment ago.
    world.remove("ann", "acme").await;
    assert_eq!(world.ask(&ann()).await.code(), Some("MEMBERSHIP_ENDED"));
    world.assert_sound().await;
}

#[tokio::test]
async fn m19_the_inviter_was_demoted_in_between() {
    let world = acme().await;
    for name in ["cat", "oda"] {
        world.with_member(&Membership { roles: roles(&["owner"]), ..member(name, "acme") }).await;
    }
    let mut open = invitation(1, "acme", BEN);
    open.terms.roles = roles(&["owner"]);
    open.terms.inviter = Inviter::Member(person("cat"));
    world.with_invitation(&open).await;
    let answer = meanwhile(
        &world,
        &Event::token("acme", "ben", BEN),
        Box::pin(async {
            world.operations().set_roles(&tenant_id("acme"), &person("cat").into(), &roles(&["admin"])).await.unwrap();
        }),
    )
    .await;
    assert_eq!(answer.code(), Some("INVITATION_UNUSABLE"));
    nobody_came_in(&world, "ben").await;
}

#[tokio::test]
async fn the_same_person_was_enrolled_by_another_delivery_in_between() {
    let world = acme().await;
    let answer = meanwhile(
        &world,
        &ann(),
        Box::pin(async {
            assert_eq!(world.ask(&Event::confirmed("acme", "ann", ANN)).await.decision, "joined");
        }),
    )
    .await;
    let row: Membership = world.get(&Key::membership(&person("ann"), &tenant_id("acme"))).await.unwrap();
    assert_eq!(answer.id_token()["member_id"], serde_json::json!(row.member.as_ref()), "one final state, one answer");
    assert_eq!(world.seats("acme").await.used, 1);
    world.assert_sound().await;
}
