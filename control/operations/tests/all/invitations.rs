//! Invitations: one open per address, the token nowhere but in the answer, replaced and revoked in one piece.

use domain::InvitationState;
use jiff::SignedDuration;
use operations::{InvitationName, Invite};

use crate::table::{World, code, email, now, roles};

#[tokio::test]
async fn one_invitation_is_open_per_address_and_a_new_one_replaces_it_only_when_asked() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let first = world.ops.invite(id, &Invite::new(email("bob"))).await.unwrap();
    assert_eq!(code(world.ops.invite(id, &Invite::new(email("bob"))).await), "INVITATION_EXISTS");
    let replacing = Invite { replaces: true, ..Invite::new(email("bob")).with_roles(roles("admin")) };
    let second = world.ops.invite(id, &replacing).await.unwrap();
    assert_eq!(second.replaced.as_ref(), Some(&first.invitation.terms.digest));
    assert_eq!(second.token.digest(), second.invitation.terms.digest);
    let former = world.ops.find_invitation(id, &first.invitation.terms.digest.clone().into()).await.unwrap();
    assert!(matches!(former.state, InvitationState::Revoked { .. }));
    let open: Vec<_> =
        world.ops.invitations(id).await.unwrap().into_iter().filter(|one| one.is_open_at(now())).collect();
    assert_eq!(open, [second.invitation]);
}

#[tokio::test]
async fn i5_the_token_is_in_no_listing() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let invited = world.ops.invite(&acme.id, &Invite::new(email("bob"))).await.unwrap();
    let token = invited.token.reveal();
    let listed = format!("{:?} {invited:?}", world.ops.invitations(&acme.id).await.unwrap());
    assert!(!listed.contains(&token));
}

#[tokio::test]
async fn a_revoked_invitation_leaves_the_address_free_and_another_tenants_is_unknown() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let invited = world.ops.invite(&acme.id, &Invite::new(email("bob"))).await.unwrap();
    let name: InvitationName = invited.invitation.terms.digest.clone().into();
    assert_eq!(code(world.ops.revoke_invitation(&umbra.id, &name, None).await), "INVITATION_UNKNOWN");
    let revoked = world.ops.revoke_invitation(&acme.id, &email("bob").into(), None).await.unwrap();
    assert_eq!(world.ops.revoke_invitation(&acme.id, &name, None).await.unwrap(), revoked);
    assert_eq!(
        code(world.ops.resend_invitation(&acme.id, &name, SignedDuration::from_hours(1)).await),
        "INVITATION_SETTLED"
    );
    world.ops.invite(&acme.id, &Invite::new(email("bob"))).await.unwrap();
}

#[tokio::test]
async fn resending_reissues_the_same_roles_under_a_new_token() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let first = world.ops.invite(&acme.id, &Invite::new(email("bob")).with_roles(roles("viewer"))).await.unwrap();
    let short: InvitationName = first.invitation.terms.digest.as_ref().get(..10).unwrap().parse().unwrap();
    let second = world.ops.resend_invitation(&acme.id, &short, SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!(second.invitation.terms.roles, roles("viewer"));
    assert_ne!(second.token.reveal(), first.token.reveal());
    assert_eq!(second.replaced, Some(first.invitation.terms.digest));
}

#[tokio::test]
async fn an_invitation_after_a_removal_is_later_than_the_bar_and_a_suspension_allows_none() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    world.add(id, "bob", "member").await;
    assert_eq!(code(world.ops.invite(id, &Invite::new(email("bob"))).await), "MEMBER_EXISTS");
    world.ops.suspend(id, &email("bob").into(), None).await.unwrap();
    assert_eq!(code(world.ops.invite(id, &Invite::new(email("bob"))).await), "MAILBOX_BARRED");
    let removed = world.ops.remove(id, &email("bob").into(), None).await.unwrap();
    let invited = world.ops.invite(id, &Invite::new(email("bob"))).await.unwrap();
    assert!(invited.invitation.terms.created > removed.since);
    assert_eq!(invited.invitation.terms.expires.subsec_nanosecond(), 0);
}

#[tokio::test]
async fn the_lifetime_is_bounded_and_nobody_invites_above_themselves() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    for open_for in [SignedDuration::ZERO, SignedDuration::from_secs(-60), SignedDuration::from_hours(24 * 91)] {
        let invite = Invite { open_for, ..Invite::new(email("bob")) };
        assert_eq!(code(world.ops.invite(&acme.id, &invite).await), "INVITATION_LIFETIME", "{open_for}");
    }
    let adam = world.add(&acme.id, "adam", "admin").await;
    let admin = world.as_member(&adam);
    let owner = Invite::new(email("bob")).with_roles(roles("owner"));
    assert_eq!(code(admin.invite(&acme.id, &owner).await), "ABOVE_ONESELF");
    let invited = admin.invite(&acme.id, &Invite::new(email("bob"))).await.unwrap();
    assert_eq!(invited.invitation.terms.inviter, domain::Inviter::Member(adam.person));
}

#[tokio::test]
async fn of_many_racing_invitations_to_one_address_one_is_open() {
    let world = std::sync::Arc::new(World::new().await);
    let acme = world.tenant("acme").await;
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let (world, id) = (world.clone(), acme.id.clone());
            tokio::spawn(async move { world.ops.invite(&id, &Invite::new(email("bob"))).await.is_ok() })
        })
        .collect();
    let mut made = 0;
    for racer in racers {
        made += usize::from(racer.await.unwrap());
    }
    let open = world.ops.invitations(&acme.id).await.unwrap();
    assert_eq!((made, open.iter().filter(|one| one.is_open_at(now())).count()), (1, 1));
}

#[tokio::test]
async fn of_many_racing_resends_of_one_invitation_one_is_sent() {
    let world = std::sync::Arc::new(World::new().await);
    let acme = world.tenant("acme").await;
    let first = world.ops.invite(&acme.id, &Invite::new(email("bob"))).await.unwrap().invitation.terms.digest;
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let (world, id, name) = (world.clone(), acme.id.clone(), first.clone().into());
            tokio::spawn(async move { world.ops.resend_invitation(&id, &name, SignedDuration::from_hours(2)).await })
        })
        .collect();
    let mut sent = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(_) => sent += 1,
            Err(error) => assert!(matches!(error.code(), "INVITATION_SETTLED" | "CONTENDED"), "{error}"),
        }
    }
    assert_eq!(sent, 1);
}
