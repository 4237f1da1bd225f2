//! M7, M17 to M19: ways around a chain, adoption, domains that change hands, inviters that change.

use domain::{Chain, ClientKind, Inviter, JoinMode, Membership, MembershipStatus, Mode, Pool, Refusal};
use operations::Releasing;
use serde_json::json;
use tests::nouns::{
    by_domain, client, domain_name, email, invitation, member, person, pool, provider_of, roles, tenant_id,
};
use tests::{Event, World};

const ANN: &str = "ann@acme.example";

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world
}

#[tokio::test]
async fn m7_no_path_goes_around_a_tenants_chain() {
    let world = acme().await;
    world.put(&client("portal", ClientKind::Shared)).await;
    world.with_member(&member("ann", "acme")).await.with_passed_code("ann", "acme").await;
    let chains = [
        Chain::Code,
        Chain::PasswordAndCode { of: None },
        // Roles do not matter: they change.
        Chain::PasswordAndCode { of: Some(roles(&["owner"])) },
    ];
    for chain in chains {
        world.tenant("acme", |tenant| tenant.policy.chain = chain.clone()).await;
        for (way, around) in [
            ("HostedAuth", true),
            ("NewPasswordChallenge", true),
            ("AuthenticateDevice", true),
            ("Authentication", false),
            ("RefreshTokens", false),
        ] {
            // A member, and somebody who would be enrolled now.
            for (name, address) in [("ann", ANN), ("new", "new@acme.example")] {
                let event = Event::token("acme", name, address).source(&format!("TokenGeneration_{way}"));
                if around {
                    assert_eq!(world.ask(&event).await.code(), Some("SIGN_IN_AGAIN"), "{way}, {name}, {chain:?}");
                } else if name == "ann" {
                    assert_eq!(world.ask(&event).await.speaks_of(), Some(tenant_id("acme")), "{way}, {chain:?}");
                }
            }
            // A shared client cannot run the chain at all.
            let shared = Event::token("portal", "ann", ANN).source(&format!("TokenGeneration_{way}"));
            assert_eq!(world.ask(&shared).await.speaks_of(), None, "{way}, {chain:?}");
        }
    }
    assert_eq!(world.membership("new", "acme").await, None);
}

#[tokio::test]
async fn m17_adoption_locks_nobody_out() {
    let world = acme().await;
    world.put(&Pool { id: pool(), observe_unbound: true, dedicated_to: None, revision: 0 }).await;
    let before = world.dump().await;
    let events = [
        Event::sign_up("older", "eve", "eve@elsewhere.example"),
        Event::external_sign_up("older", "Google_1", "eve@elsewhere.example"),
        Event::token("older", "eve", "eve@elsewhere.example"),
        Event::token("older", "eve", "eve@elsewhere.example").version("1"),
        Event::machine("older"),
        Event::refresh("older", "eve", "eve@elsewhere.example").with("/response", json!({ "kept": [1] })),
    ];
    for event in &events {
        let answer = world.ask(event).await;
        assert_eq!(answer.result.as_ref(), Ok(&event.0), "the event, unchanged");
        assert_eq!((answer.decision, answer.would), ("observed", Some(Refusal::ClientNotBound)));
    }
    // A client that is bound already and observes: the log says what would have been.
    world.bind("acme", |binding| binding.mode = Mode::Observe).await;
    let before_bound = world.dump().await;
    for (event, would) in [
        (Event::sign_up("acme", "eve", "eve@elsewhere.example"), Some(Refusal::InvitationRequired)),
        (Event::token("acme", "eve", "eve@elsewhere.example"), Some(Refusal::InvitationRequired)),
        (Event::token("acme", "ann", ANN).attribute("email_verified", "false"), Some(Refusal::EmailNotVerified)),
        (Event::token("acme", "ann", ANN), None),
        (Event::machine("acme"), Some(Refusal::ClientNotBound)),
        (Event::confirmed("acme", "ann", ANN), None),
    ] {
        let answer = world.ask(&event).await;
        assert_eq!(answer.result.as_ref(), Ok(&event.0));
        assert_eq!((answer.decision, answer.would), ("observed", would));
    }
    assert_eq!(world.dump().await, before_bound, "nobody was enrolled");
    // Once the pool is adopted, what was never bound is denied.
    world.change(&store::Key::pool(&pool()), |pool: &mut Pool| pool.observe_unbound = false).await;
    for event in &events {
        assert_eq!(world.ask(event).await.code(), Some("CLIENT_NOT_BOUND"));
    }
    assert_ne!(before, before_bound);
}

#[tokio::test]
async fn m18_a_domain_that_changed_hands_gives_nothing_that_it_gave() {
    let domain = domain_name("acme.example");
    for released_first in [false, true] {
        let world = acme().await;
        world.with("globex").await;
        for name in ["ann", "bob"] {
            world.ask(&Event::confirmed("acme", name, &format!("{name}@acme.example"))).await;
        }
        assert_eq!(world.membership("ann", "acme").await.unwrap().origin, by_domain("acme.example"));
        world.operations().set_roles(&tenant_id("acme"), &email(ANN).into(), &roles(&["admin"])).await.unwrap();
        let (operations, a, b) = (world.operations(), tenant_id("acme"), tenant_id("globex"));
        if released_first {
            operations.release_domain(&a, &domain, Releasing::DropMembers).await.unwrap();
            assert_eq!(world.ask(&Event::refresh("acme", "ann", ANN)).await.code(), Some("MEMBERSHIP_ENDED"));
            operations.assume_domain(&b, &domain, "a test").await.unwrap();
        } else {
            operations.transfer_domain(&domain, &a, &b, Releasing::DropMembers, "a test").await.unwrap();
        }
        assert_eq!(world.ask(&Event::refresh("acme", "ann", ANN)).await.code(), Some("MEMBERSHIP_ENDED"));
        // A newcomer, too, is of the new owner, and comes in by the new owner's route alone.
        assert_eq!(
            world.ask(&Event::token("acme", "cat", "cat@acme.example")).await.code(),
            Some("INVITATION_REQUIRED")
        );
        world.tenant("globex", |tenant| tenant.policy.join = JoinMode::InvitationOnly).await;
        assert_eq!(world.ask(&Event::token("globex", "ann", ANN)).await.code(), Some("INVITATION_REQUIRED"));
        assert_eq!(world.membership("ann", "globex").await, None);
        world.tenant("globex", |tenant| tenant.policy.join = JoinMode::Automatic).await;
        assert_eq!(world.ask(&Event::token("globex", "ann", ANN)).await.speaks_of(), Some(b.clone()));
        assert_eq!(world.membership("ann", "globex").await.unwrap().roles, roles(&["member"]));
        // And when it comes back, it is of another generation.
        operations.transfer_domain(&domain, &b, &a, Releasing::DropMembers, "a test").await.unwrap();
        assert_eq!(
            world.ask(&Event::refresh("acme", "bob", "bob@acme.example")).await.code(),
            Some("MEMBERSHIP_ENDED")
        );
        assert_eq!(world.ask(&Event::refresh("globex", "ann", ANN)).await.code(), Some("MEMBERSHIP_ENDED"));
        // Nor does whom the tenant's provider calls Ann from now on get her place.
        world.put(&provider_of("okta", "acme")).await;
        world.tenant("acme", |tenant| tenant.policy.sso_required = true).await;
        let event = Event::token("acme", "ann-at-okta", ANN).federated("okta", "1");
        assert_eq!(world.ask(&event).await.speaks_of(), Some(a.clone()));
        let (old, new) =
            (world.membership("ann", "acme").await, world.membership("ann-at-okta", "acme").await.unwrap());
        assert_eq!(new.roles, roles(&["member"]));
        assert!(old.is_some_and(|old| old.member != new.member && old.status == MembershipStatus::Active));
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn m18_members_who_are_kept_keep_their_place() {
    let world = acme().await;
    world.ask(&Event::confirmed("acme", "ann", ANN)).await;
    let released = world
        .operations()
        .release_domain(&tenant_id("acme"), &domain_name("acme.example"), Releasing::KeepMembers)
        .await
        .unwrap();
    assert_eq!((released.dependants, released.kept), (1, 1));
    assert_eq!(world.ask(&Event::refresh("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    world.assert_sound().await;
}

/// An invitation of Cat, who has since become what `change` makes of her.
async fn invited_by_cat(granted: &[&str], outlives: bool, change: impl FnOnce(&mut Membership)) -> World {
    let world = acme().await;
    world.tenant("acme", |tenant| tenant.policy.invitations_outlive_inviter = outlives).await;
    let mut cat = Membership { roles: roles(&["owner"]), ..member("cat", "acme") };
    let mut open = invitation(1, "acme", "ben@partner.example");
    open.terms.roles = roles(granted);
    open.terms.inviter = Inviter::Member(person("cat"));
    change(&mut cat);
    world.with_member(&cat).await;
    world.with_invitation(&open).await;
    world
}

#[tokio::test]
async fn m19_nobody_grants_above_themselves_when_it_is_redeemed() {
    for (granted, cat, joins) in [
        (&["owner"][..], &["owner"][..], true),
        (&["owner"], &["admin"], false),
        (&["admin"], &["admin"], true),
        (&["admin"], &["member"], false),
        (&["member"], &["member"], true),
        (&["member"], &["viewer"], false),
        (&["billing"], &["owner"], true),
        (&["billing"], &["admin", "billing"], true),
        (&["billing"], &["admin"], false),
        (&["billing", "admin"], &["billing", "member"], false),
    ] {
        let world = invited_by_cat(granted, true, |row| row.roles = roles(cat)).await;
        let before = world.dump().await;
        let asked = world.ask(&Event::token("acme", "ben", "ben@partner.example")).await;
        assert_eq!(asked.is_reply(), joins, "{cat:?} granted {granted:?}");
        if joins {
            assert_eq!(
                asked.id_token()["roles"],
                json!(roles(granted).iter().map(AsRef::as_ref).collect::<Vec<&str>>())
            );
        } else {
            assert_eq!(asked.code(), Some("INVITATION_UNUSABLE"), "{cat:?} granted {granted:?}");
            assert_eq!(world.dump().await, before, "{cat:?} granted {granted:?}");
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn m19_an_invitation_outlives_its_inviter_as_the_policy_says() {
    for (granted, outlives, status, joins) in [
        ("member", true, MembershipStatus::Removed, true),
        ("member", false, MembershipStatus::Removed, false),
        ("viewer", true, MembershipStatus::Removed, true),
        ("admin", true, MembershipStatus::Removed, false),
        ("owner", true, MembershipStatus::Removed, false),
        ("billing", true, MembershipStatus::Removed, false),
        ("member", true, MembershipStatus::Suspended, false),
        ("member", true, MembershipStatus::Superseded, true),
        ("member", true, MembershipStatus::Denied, false),
        ("member", false, MembershipStatus::Active, true),
    ] {
        let world = invited_by_cat(&[granted], outlives, |row| row.status = status).await;
        let asked = world.ask(&Event::token("acme", "ben", "ben@partner.example")).await;
        assert_eq!(asked.is_reply(), joins, "{granted} of somebody {status:?}, outlives: {outlives}");
        assert_eq!(world.membership("ben", "acme").await.is_some(), joins);
        world.assert_sound().await;
    }
}
