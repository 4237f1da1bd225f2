//! What a review as an attacker found once, kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{BarReason, ClientKind, JoinMode, Membership, MembershipStatus, Mode, Origin};
use serde_json::json;
use store::Key;
use tests::event::identities;
use tests::nouns::*;
use tests::proxy::Proxy;
use tests::{Event, World};

const ANN: &str = "ann@acme.example";

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world
}

async fn acme_with_ann() -> World {
    let world = acme().await;
    world.with("beta").await;
    world.with_member(&member("ann", "acme")).await;
    world
}

#[tokio::test]
async fn m1_m2_changing_the_address_does_not_shake_off_the_bar_of_the_mailbox_one_joined_with() {
    let world = acme().await;
    for (sub, origin) in [("one", Origin::Invitation(token(1).digest())), ("two", Origin::Open)] {
        let address = Some(email("ann@ext.example"));
        world.with_member(&domain::Membership { origin, address, ..member(sub, "acme") }).await;
    }
    let name: operations::MemberName = email("ann@ext.example").into();
    world.operations().remove(&tenant_id("acme"), &name, None).await.unwrap();
    for sub in ["one", "two"] {
        for address in ["ann@ext.example", "other@ext.example"] {
            let event = Event::refresh("acme", sub, address).attribute("email_verified", "false");
            assert_eq!(world.ask(&event).await.code(), Some("MEMBERSHIP_ENDED"), "{sub} as {address}");
        }
    }
}

#[tokio::test]
async fn m1_a_removal_bars_the_mailbox_one_came_with_and_an_operator_the_one_to_which_one_moved() {
    let world = acme_with_ann().await;
    let (operations, id) = (world.operations(), tenant_id("acme"));
    operations.assume_domain(&id, &domain_name("zenith.example"), "renamed").await.unwrap();
    let came = Membership { origin: by_domain("acme.example"), ..member("cid", "acme") };
    let (old, new) = ("cid@acme.example", "cid@zenith.example");
    world.with_member(&came).await;
    assert_eq!(world.ask(&Event::refresh("acme", "cid", new)).await.speaks_of(), Some(id.clone()));
    operations.remove(&id, &person("cid").into(), None).await.unwrap();
    // The account is out by either address; of a new one only the mailbox that the membership came with is known.
    for address in [old, new] {
        assert_eq!(world.ask(&Event::refresh("acme", "cid", address)).await.code(), Some("MEMBERSHIP_ENDED"));
    }
    assert_eq!(world.ask(&Event::token("acme", "cid2", old)).await.code(), Some("MEMBERSHIP_ENDED"));
    assert!(operations.bar_mailbox(&id, &email(new), Some("where they are now")).await.unwrap());
    for event in [Event::confirmed("acme", "cid2", new), Event::token("acme", "cid2", new)] {
        let answer = world.ask(&event).await;
        assert_eq!(answer.code().or(answer.would_code()), Some("MEMBERSHIP_ENDED"));
    }
    assert_eq!(world.membership("cid2", "acme").await, None);
    world.assert_sound().await;
}

#[tokio::test]
async fn a_condition_beside_a_conflict_is_tried_again_before_it_is_believed() {
    let world = acme().await;
    world.limit("acme", 1).await;
    let event = Event::token("acme", "ann", "ann@acme.example");
    assert_eq!(world.ask(&event).await.code(), None);
    let commits = Arc::new(AtomicU32::new(0));
    let counted = commits.clone();
    let proxy = Proxy::start(
        world.engine(),
        Arc::new(move |operation: &str, _: &serde_json::Value, answer: &mut serde_json::Value| {
            if operation == "BatchGetItem" && counted.load(Ordering::SeqCst) == 0 {
                // As read before the other delivery committed.
                for items in answer["Responses"].as_object_mut().unwrap().values_mut() {
                    let old =
                        |item: &serde_json::Value| item["kind"]["S"] != "membership" && item["kind"]["S"] != "mailbox";
                    items.as_array_mut().unwrap().retain(old);
                }
            }
            if operation == "TransactWriteItems" && counted.fetch_add(1, Ordering::SeqCst) == 0 {
                let reasons = answer["CancellationReasons"].as_array_mut().unwrap();
                let last = reasons.iter().rposition(|reason| reason["Code"] == "ConditionalCheckFailed");
                for (at, reason) in reasons.iter_mut().enumerate() {
                    if reason["Code"] == "ConditionalCheckFailed" && Some(at) != last {
                        *reason = json!({ "Code": "TransactionConflict" });
                    }
                }
            }
        }),
    )
    .await;
    let answer = world.through(&proxy).ask(&event).await;
    assert_eq!(answer.code(), None, "{}", answer.decision);
    assert!(commits.load(Ordering::SeqCst) > 1);
    let row = world.membership("ann", "acme").await.unwrap();
    assert_eq!(row.status, MembershipStatus::Active);
    world.assert_sound().await;
}

#[tokio::test]
async fn an_unconfirmed_sign_up_under_the_same_user_name_does_not_overshadow_a_later_one() {
    let world = acme().await;
    world.with("beta").await;
    world.put(&client("web", ClientKind::Shared)).await;
    world.with_invitation(&invitation(1, "acme", "old@ext.example")).await;
    world.with_invitation(&invitation(2, "beta", "bob@ext.example")).await;
    assert_eq!(world.ask(&Event::sign_up("web", "bob", "old@ext.example").invited(&token(1))).await.code(), None);
    assert_eq!(world.ask(&Event::sign_up("web", "bob", "bob@ext.example").invited(&token(2))).await.code(), None);
    let confirmed = world.ask(&Event::confirmed("web", "bob", "bob@ext.example")).await;
    assert_eq!((confirmed.decision, confirmed.would_code()), ("joined", None));
    let token = world.ask(&Event::token("web", "bob", "bob@ext.example")).await;
    assert_eq!(token.speaks_of(), Some(tenant_id("beta")));
}

#[tokio::test]
async fn m17_an_observed_client_is_refused_nothing_whatever_cognito_sends() {
    let world = acme().await;
    world.bind("acme", |binding| binding.mode = Mode::Observe).await;
    for (what, event) in [
        ("version 4", Event::token("acme", "ann", "ann@acme.example").with("/version", json!("4"))),
        ("a new source", Event::token("acme", "ann", "ann@acme.example").source("TokenGeneration_Passkey")),
        ("no sub", Event::token("acme", "ann", "ann@acme.example").without("/request/userAttributes/sub")),
        ("a new kind of sign-up", Event::sign_up("acme", "ann", "ann@acme.example").source("PreSignUp_New")),
    ] {
        let answer = world.ask(&event).await;
        assert_eq!((answer.code(), answer.would_code()), (None, Some("UNSUPPORTED_EVENT")), "{what}");
    }
    let broken = Proxy::start(
        world.engine(),
        Arc::new(|operation: &str, asked: &serde_json::Value, answer: &mut serde_json::Value| {
            if operation == "BatchGetItem" && asked.to_string().contains("TENANT#") {
                *answer = json!({ "Responses": {}, "UnprocessedKeys": asked["RequestItems"] });
            }
        }),
    )
    .await;
    let answer = world.through(&broken).ask(&Event::token("acme", "ann", "ann@acme.example")).await;
    assert_eq!((answer.code(), answer.would_code()), (None, Some("TRY_AGAIN")));
}

#[tokio::test]
async fn whom_a_revoked_invitation_admitted_at_a_shared_client_reads_what_became_of_it() {
    let world = acme().await;
    world.put(&client("web", ClientKind::Shared)).await;
    let invited = invitation(1, "acme", "bob@ext.example");
    world.with_invitation(&invited).await;
    world.ask(&Event::sign_up("web", "bob", "bob@ext.example").invited(&token(1))).await;
    world.revoke(&world.get(&Key::invitation(&invited.terms.digest)).await.unwrap()).await;
    let answer = world.ask(&Event::token("web", "bob", "bob@ext.example")).await;
    assert_eq!(answer.code(), Some("INVITATION_UNUSABLE"));
}

#[tokio::test]
async fn strangers_at_a_shared_client_cannot_tell_a_suspended_tenant_from_none() {
    let world = acme().await;
    world.put(&client("web", ClientKind::Shared)).await;
    world.tenant("acme", |tenant| tenant.status = domain::TenantStatus::Suspended).await;
    for tenant in ["acme", "nobody"] {
        let hint = tenant_id(tenant).to_string();
        let event = Event::token("web", "bob", "bob@ext.example").metadata("tenant_id", hint);
        assert_eq!(world.ask(&event).await.code(), Some("INVITATION_REQUIRED"), "{tenant}");
    }
    for address in ["x@acme.example", "x@nobody.example"] {
        let event = Event::sign_up("web", "x", address);
        assert_eq!(world.ask(&event).await.code(), Some("INVITATION_REQUIRED"), "{address}");
    }
}

#[tokio::test]
async fn i8_a_member_learns_of_no_bar_on_an_address_that_they_merely_gave_their_account() {
    let world = acme_with_ann().await;
    let mal = Membership {
        origin: Origin::Invitation(token(9).digest()),
        address: Some(email("mal@ext.example")),
        ..member("mal", "acme")
    };
    world.with_member(&mal).await;
    world.bar("acme", "cid@acme.example", BarReason::Removed).await;
    world.bar("acme", "dan@acme.example", BarReason::Suspended).await;
    world.with_invitation(&invitation(1, "acme", "eva@acme.example")).await;
    let as_if =
        |address: &str, verified: &str| Event::refresh("acme", "mal", address).attribute("email_verified", verified);
    // So that what a function guesses is the same each time.
    world.ask(&as_if("nobody@acme.example", "false")).await;
    let plain = world.ask(&as_if("nobody@acme.example", "false")).await;
    assert_eq!(plain.speaks_of(), Some(tenant_id("acme")));
    for address in ["cid@acme.example", "dan@acme.example", "eva@acme.example", ANN] {
        let answer = world.ask(&as_if(address, "false")).await;
        assert_eq!((answer.response(), answer.calls), (plain.response(), plain.calls), "{address}");
    }
    // Whoever has proven it is told, and is kept out.
    for (address, code) in [("cid@acme.example", "MEMBERSHIP_ENDED"), ("dan@acme.example", "MEMBERSHIP_SUSPENDED")] {
        assert_eq!(world.ask(&as_if(address, "true")).await.code(), Some(code), "{address}");
    }
    // One's own bar holds, whatever address the account has by now.
    world.bar("acme", "mal@ext.example", BarReason::Removed).await;
    for address in ["mal@ext.example", "nobody@acme.example", "dan@acme.example"] {
        assert_eq!(world.ask(&as_if(address, "false")).await.code(), Some("MEMBERSHIP_ENDED"), "{address}");
    }
}

#[tokio::test]
async fn i8_a_member_without_an_address_is_kept_out_by_the_bar_of_one_that_they_merely_gave() {
    let world = acme_with_ann().await;
    let nameless = Membership { origin: Origin::Invitation(token(9).digest()), address: None, ..member("mal", "acme") };
    world.with_member(&nameless).await;
    world.bar("acme", "cid@acme.example", BarReason::Removed).await;
    for (address, code) in [("cid@acme.example", Some("MEMBERSHIP_ENDED")), ("nobody@acme.example", None)] {
        let event = Event::refresh("acme", "mal", address).attribute("email_verified", "false");
        assert_eq!(world.ask(&event).await.code(), code, "{address}");
    }
}

#[tokio::test]
async fn m9_a_membership_that_nobody_asked_for_takes_the_tenant_from_a_token_without_a_hint() {
    let mut world = acme_with_ann().await;
    world.put(&client("portal", ClientKind::Shared)).await;
    let (acme, beta) = (tenant_id("acme"), tenant_id("beta"));
    let plain = Event::refresh("portal", "ann", ANN);
    let hinted = Event::refresh("portal", "ann", ANN).metadata("tenant_id", acme.as_ref());
    assert_eq!(world.ask(&plain).await.speaks_of(), Some(acme.clone()));
    // A link to beta's client, in a browser with a session of managed login.
    world.invite("beta", ANN, &["viewer"]).await;
    world.now = minutes(2);
    let lured = world.ask(&Event::token("beta", "ann", ANN).source("TokenGeneration_HostedAuth")).await;
    assert_eq!(lured.speaks_of(), Some(beta.clone()));
    assert_eq!(world.ask(&plain).await.speaks_of(), None);
    assert_eq!(world.ask(&hinted).await.speaks_of(), Some(acme));
    // While her own tenant lets nobody in, the only one in which she stands is the other.
    world.tenant("acme", |acme| acme.status = domain::TenantStatus::Suspended).await;
    assert_eq!(world.ask(&plain).await.speaks_of(), Some(beta));
    assert_eq!(world.ask(&hinted).await.code(), Some("TENANT_SUSPENDED"));
}

#[tokio::test]
async fn i4_each_new_account_of_one_mailbox_takes_a_seat_and_none_too_many() {
    let world = acme_with_ann().await;
    world.limit("acme", 4).await;
    // Who deletes their user and registers again is a new person, and Cognito tells nobody that the former one is gone.
    for (name, would) in [("one", None), ("two", None), ("three", None), ("four", Some("SEATS_FULL"))] {
        let confirmed = world.ask(&Event::confirmed("acme", name, "bea@acme.example")).await;
        assert_eq!(confirmed.would_code(), would, "{name}");
    }
    assert_eq!(world.seats("acme").await.used, 4);
    assert_eq!(world.ask(&Event::refresh("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    // A removal by the address ends them all: the bar is on the mailbox, though one row alone is ended by it.
    let name: operations::MemberName = email("bea@acme.example").into();
    world.operations().remove(&tenant_id("acme"), &name, None).await.unwrap();
    for name in ["one", "two", "three", "five"] {
        let answer = world.ask(&Event::token("acme", name, "bea@acme.example")).await;
        assert_eq!(answer.code(), Some("MEMBERSHIP_ENDED"), "{name}");
    }
    assert_eq!(world.seats("acme").await.used, 3);
    assert_eq!(world.membership("five", "acme").await, None);
    world.assert_sound().await;
}

#[tokio::test]
async fn m6_whom_an_operator_linked_keeps_what_holds_of_itself_and_gains_nothing() {
    let world = acme_with_ann().await;
    world.put(&provider_of("betaidp", "beta")).await;
    world.with_invitation(&invitation(1, "beta", ANN)).await;
    // Ann, whom an operator linked to Beta's provider: no event says by which of her sign-ins she came.
    let linked = |event: Event| event.attribute("identities", identities(&[("betaidp", "1")]));
    for way in ["HostedAuth", "Authentication", "RefreshTokens"] {
        let source = format!("TokenGeneration_{way}");
        let own = world.ask(&linked(Event::token("acme", "ann", ANN)).source(&source)).await;
        assert_eq!(own.speaks_of(), Some(tenant_id("acme")), "{way}");
        let there = world.ask(&linked(Event::token("beta", "ann", ANN)).source(&source)).await;
        assert_eq!(there.code(), Some("LINKED_ACCOUNT"), "{way}");
    }
    assert_eq!(world.membership("ann", "beta").await, None);
    // Where the tenant requires its own provider, a link to another is none.
    world.tenant("acme", |acme| acme.policy.sso_required = true).await;
    let refused = world.ask(&linked(Event::token("acme", "ann", ANN)).source("TokenGeneration_HostedAuth")).await;
    assert_eq!(refused.code(), Some("SSO_REQUIRED"));
    assert_eq!(world.membership("ann", "acme").await.unwrap().status, MembershipStatus::Active);
}

#[tokio::test]
async fn m1_a_newer_invitation_brings_its_redeemer_back_and_no_older_account_of_the_mailbox() {
    let mut world = acme().await;
    world.put(&social("google")).await;
    let (bea, id) = ("bea@acme.example", tenant_id("acme"));
    // Two accounts of one mailbox: an admin by a password, and whoever came through Google last.
    let admin = Membership { roles: roles(&["admin"]), address: Some(email(bea)), ..member("bea", "acme") };
    world.with_member(&admin).await;
    let google = |event: Event| event.federated("google", "1").attribute("email_verified", "true");
    assert_eq!(world.ask(&google(Event::confirmed("acme", "gia", bea))).await.decision, "joined");
    let name: operations::MemberName = email(bea).into();
    world.operations().remove(&id, &name, None).await.unwrap();
    for event in [Event::token("acme", "bea", bea), google(Event::token("acme", "gia", bea))] {
        assert_eq!(world.ask(&event).await.code(), Some("MEMBERSHIP_ENDED"));
    }

    world.invite("acme", bea, &["viewer"]).await;
    world.now = minutes(2);
    let back = world.ask(&google(Event::token("acme", "gia", bea))).await;
    assert_eq!((back.speaks_of(), &back.id_token()["roles"]), (Some(id.clone()), &json!(["viewer"])));
    // The invitation was of a viewer: the admin that the same person was before it does not come back with it.
    for address in [bea, "other@ext.example"] {
        for verified in ["true", "false"] {
            let event = Event::refresh("acme", "bea", address).attribute("email_verified", verified);
            assert_eq!(world.ask(&event).await.code(), Some("MEMBERSHIP_ENDED"), "{address} {verified}");
        }
    }
    assert_eq!(world.ask(&google(Event::refresh("acme", "gia", bea))).await.speaks_of(), Some(id.clone()));
    // Nor with the end of a suspension.
    world.suspend("gia", "acme").await.resume("gia", "acme").await;
    assert_eq!(world.ask(&google(Event::refresh("acme", "gia", bea))).await.speaks_of(), Some(id.clone()));
    assert_eq!(world.ask(&Event::refresh("acme", "bea", bea)).await.code(), Some("MEMBERSHIP_ENDED"));

    // An operator may say otherwise.
    let name: operations::MemberName = person("bea").into();
    world.operations().reinstate(&id, &name, None, Some("both are hers")).await.unwrap();
    let both = world.ask(&Event::token("acme", "bea", bea)).await;
    assert_eq!(both.id_token()["roles"], json!(["admin"]));
    world.assert_sound().await;
}

const BEA: &str = "bea@ext.example";
const CID: &str = "cid@ext.example";

/// An invitation of this member's, to be an admin.
fn invited_by(name: &str, address: &str) -> domain::Invitation {
    let mut invitation = invitation(1, "acme", address);
    invitation.terms.inviter = domain::Inviter::Member(person(name));
    invitation.terms.roles = roles(&["admin"]);
    invitation
}

#[tokio::test]
async fn m19_an_inviter_whom_something_else_than_their_row_keeps_out_grants_nothing() {
    let (acme_id, domain) = (tenant_id("acme"), domain_name("acme.example"));
    for (what, origin, address) in [
        ("another account of the mailbox was removed", Origin::Added, BEA),
        ("another account of the mailbox was suspended", Origin::Added, BEA),
        ("the domain was given up", by_domain("acme.example"), "bea@acme.example"),
        ("the provider was disabled", Origin::Provider(provider_name("okta")), "bea@acme.example"),
    ] {
        let world = acme().await;
        world.put(&provider_of("okta", "acme")).await;
        let bea =
            Membership { origin, address: Some(email(address)), roles: roles(&["admin"]), ..member("bea", "acme") };
        world.with_member(&bea).await;
        world.with_invitation(&invited_by("bea", CID)).await;
        let operations = world.operations();
        match what {
            "the domain was given up" => {
                operations
                    .release_domain(&acme_id, &domain, operations::Releasing::DropMembers)
                    .await
                    .map(drop)
                    .unwrap();
            }
            "the provider was disabled" => {
                operations.enable_provider(&pool(), &provider_name("okta"), false).await.map(drop).unwrap();
            }
            _ => {
                let again = Membership { address: Some(email(BEA)), ..member("bea-again", "acme") };
                world.with_member(&again).await;
                if what.ends_with("removed") {
                    operations.remove(&acme_id, &email(BEA).into(), None).await.unwrap();
                } else {
                    operations.suspend(&acme_id, &email(BEA).into(), None).await.unwrap();
                }
            }
        }
        assert_eq!(world.membership("bea", "acme").await.unwrap().status, MembershipStatus::Active, "{what}");
        assert_eq!(world.ask(&Event::token("acme", "cid", CID)).await.code(), Some("INVITATION_UNUSABLE"), "{what}");
        assert_eq!(world.membership("cid", "acme").await, None, "{what}");
    }
    let world = acme().await;
    world.with_member(&Membership { roles: roles(&["admin"]), ..member("bea", "acme") }).await;
    world.with_invitation(&invited_by("bea", CID)).await;
    assert_eq!(world.ask(&Event::token("acme", "cid", CID)).await.speaks_of(), Some(acme_id));
    assert_eq!(world.membership("cid", "acme").await.unwrap().roles, roles(&["admin"]), "otherwise they are let in");
    world.assert_sound().await;
}

#[tokio::test]
async fn m19_nobody_redeems_what_they_made_themselves() {
    let world = acme().await;
    world.with_invitation(&invited_by("bob", CID)).await;
    let event = Event::token("acme", "bob", CID);
    assert_eq!(world.ask(&event).await.code(), Some("INVITATION_UNUSABLE"), "an inviter who was erased");
    assert_eq!(world.membership("bob", "acme").await, None);
}

#[tokio::test]
async fn what_an_inviter_may_not_grant_any_more_closes_no_other_way_in() {
    let world = acme().await;
    world.with_member(&Membership { roles: roles(&["admin"]), ..member("bea", "acme") }).await;
    world.with_invitation(&invited_by("bea", ANN)).await;
    world.suspend("bea", "acme").await;
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    let row = world.membership("ann", "acme").await.unwrap();
    assert_eq!((row.roles, row.origin), (roles(&["member"]), by_domain("acme.example")), "by the domain, as a member");
    world.assert_sound().await;
}

#[tokio::test]
async fn an_invitation_that_its_inviter_may_grant_again_leads_past_a_request_that_was_made_meanwhile() {
    let world = acme().await;
    world.tenant("acme", |acme| acme.policy.join = JoinMode::Request).await;
    world.with_member(&Membership { roles: roles(&["admin"]), ..member("bea", "acme") }).await;
    world.with_invitation(&invited_by("bea", ANN)).await;
    world.suspend("bea", "acme").await;
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.code(), Some("APPROVAL_PENDING"));
    world.operations().resume(&tenant_id("acme"), &person("bea").into(), None).await.unwrap();
    assert_eq!(world.ask(&Event::token("acme", "ann", ANN)).await.speaks_of(), Some(tenant_id("acme")));
    let row = world.membership("ann", "acme").await.unwrap();
    assert_eq!(row.status, MembershipStatus::Active);
    assert!(matches!(row.origin, Origin::Invitation(_)), "by the invitation: {row:?}");
    world.assert_sound().await;
}

#[tokio::test]
async fn m1_a_newer_invitation_brings_back_no_account_from_before_it_whatever_clock_removed() {
    let world = acme().await;
    let address = Some(email(BEA));
    for name in ["one", "two"] {
        let origin = Origin::Invitation(token(9).digest());
        world.with_member(&Membership { origin, address: address.clone(), ..member(name, "acme") }).await;
    }
    // The clock of whoever removed is an hour behind: by it, both became members after they were removed.
    world
        .operations_at(|| now() - jiff::SignedDuration::from_hours(1))
        .remove(&tenant_id("acme"), &email(BEA).into(), None)
        .await
        .unwrap();
    let mut newer = invitation(2, "acme", BEA);
    newer.terms.created = now();
    world.with_invitation(&newer).await;
    assert_eq!(world.ask(&Event::token("acme", "two", BEA)).await.speaks_of(), Some(tenant_id("acme")));
    assert_eq!(world.ask(&Event::refresh("acme", "one", BEA)).await.code(), Some("MEMBERSHIP_ENDED"));
    world.assert_sound().await;
}

#[tokio::test]
async fn m2_a_suspension_beside_a_resumption_is_whole_or_not_at_all() {
    let world = acme().await;
    for name in ["one", "two"] {
        world.with_member(&Membership { address: Some(email(BEA)), ..member(name, "acme") }).await;
    }
    // The mailbox is barred, by the other account's suspension; this one's row is active.
    world.suspend("two", "acme").await;
    let (proxy, held) = Proxy::holding(world.engine(), "TransactWriteItems").await;
    let (slow, fast, acme_id) = (world.through(&proxy).operations(), world.operations(), tenant_id("acme"));
    let one: operations::MemberName = person("one").into();
    let resumed = async {
        let go = held.arrived().await;
        fast.resume(&acme_id, &one, None).await.unwrap();
        go.send(()).expect("the request waits");
    };
    let (suspended, ()) = tokio::join!(slow.suspend(&acme_id, &one, None), resumed);
    assert_eq!(suspended.unwrap().status, MembershipStatus::Suspended);
    let bar = world.mailbox(&acme_id, &email(BEA)).await.bar;
    assert_eq!(bar.map(|bar| bar.reason), Some(BarReason::Suspended), "who is suspended is barred too");
    world.assert_sound().await;
}
