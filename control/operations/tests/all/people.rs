//! People: what is known of them, what an address reaches, and what erasure leaves.

use domain::{JoinMode, MembershipStatus, Refusal};
use operations::{Invite, NewMember, Outcome, PolicyChange, Scope};

use crate::table::{World, code, email, new_member, person, roles};

#[tokio::test]
async fn erasure_frees_the_seat_and_is_no_way_back_in() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    world.add(&acme.id, "olga", "owner").await;
    world.add(&acme.id, "bob", "member").await;
    world.ops.invite(&umbra.id, &Invite::new(email("bob"))).await.unwrap();
    world.ops.add_member(&umbra.id, &new_member("bob", "member")).await.unwrap();
    world.ops.remove(&umbra.id, &email("bob").into(), None).await.unwrap();
    let erased = world.ops.erase_person(&person("bob"), None, Some("asked for it")).await.unwrap();
    assert_eq!((erased.rows, erased.stripped, erased.invitations), (1, 1, 1));
    assert_eq!(world.counted(&acme.id).await, (1, 1));
    assert_eq!(world.recounted(&acme.id).await, (1, 1));
    let left = world.ops.memberships_of(&person("bob")).await.unwrap();
    assert_eq!(left.len(), 1);
    assert!(left.iter().all(|row| row.address.is_none() && row.status == MembershipStatus::Removed));
    assert!(world.ops.invitations(&umbra.id).await.unwrap().is_empty());
    let anew = NewMember { person: person("bob-again"), ..new_member("bob", "member") };
    assert_eq!(code(world.ops.add_member(&umbra.id, &anew).await), "MAILBOX_BARRED");
    assert_eq!(world.ops.erase_person(&person("bob"), None, None).await.unwrap().stripped, 0);
    assert!(world.ops.lift_bar(&umbra.id, &email("bob"), None).await.unwrap());
    assert!(!world.ops.lift_bar(&umbra.id, &email("bob"), None).await.unwrap());
}

#[tokio::test]
async fn the_bar_of_a_suspended_person_outlives_their_erasure_as_a_removal_does() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    world.add(id, "bob", "member").await;
    world.ops.suspend(id, &email("bob").into(), None).await.unwrap();
    world.ops.erase_person(&person("bob"), None, None).await.unwrap();
    let outcome = async || world.ops.whois(&email("bob"), &Scope::Tenant(id.clone())).await.unwrap().remove(0).outcome;
    assert_eq!(outcome().await, Outcome::Refused(Refusal::MembershipEnded));
    world.ops.invite(id, &Invite::new(email("bob"))).await.unwrap();
    assert!(matches!(outcome().await, Outcome::Joins { .. }));
}

#[tokio::test]
async fn erasure_covers_the_invitation_that_was_accepted_at_another_address() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    world.add(id, "bob", "member").await;
    let invited = world.ops.invite(id, &Invite::new(email("robert"))).await.unwrap();
    let session = world.table.session(None);
    let key = store::Key::invitation(&invited.invitation.terms.digest);
    let mut accepted: domain::Invitation = session.get(&key).await.unwrap().unwrap();
    accepted.state = domain::InvitationState::Accepted { by: person("bob"), at: accepted.terms.created };
    let mut transaction = store::Transaction::new(&session);
    transaction.write((), &accepted).unwrap();
    assert_eq!(session.commit(&transaction).await.unwrap(), store::Commit::Done);
    assert_eq!(world.ops.erase_person(&person("bob"), None, None).await.unwrap().invitations, 1);
    assert!(world.ops.invitations(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_last_owner_is_erased_only_from_a_closed_tenant() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    assert_eq!(code(world.ops.erase_person(&person("olga"), None, None).await), "LAST_OWNER");
    world.ops.close_tenant(&acme.id, None).await.unwrap();
    assert_eq!(world.ops.erase_person(&person("olga"), None, None).await.unwrap().rows, 1);
    assert_eq!(world.counted(&acme.id).await, (0, 0));
    assert_eq!(code(world.ops.export_person(&person("nobody"), None).await), "PERSON_UNKNOWN");
}

#[tokio::test]
async fn whois_says_which_tenants_an_address_reaches_and_why_not() {
    let world = World::new().await;
    let ask = async |name: &str| {
        let reached = world.ops.whois(&email(name), &Scope::Everywhere).await.unwrap();
        reached.into_iter().map(|reach| (reach.tenant.slug.to_string(), reach.outcome)).collect::<Vec<_>>()
    };
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    assert!(ask("bob").await.is_empty());
    world.ops.assume_domain(&acme.id, &"acme.example".parse().unwrap(), "a test").await.unwrap();
    assert!(matches!(&ask("bob").await[..], [(slug, Outcome::Joins { .. })] if slug == "acme"));
    let request = PolicyChange { join: Some(JoinMode::Request), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &request).await.unwrap();
    assert!(matches!(&ask("bob").await[..], [(_, Outcome::Requests { .. })]));
    world.ops.invite(&umbra.id, &Invite::new(email("bob")).with_roles(roles("viewer"))).await.unwrap();
    assert!(matches!(&ask("bob").await[..], [_, (_, Outcome::Joins { roles, .. })] if *roles == self::roles("viewer")));
    world.add(&acme.id, "bob", "member").await;
    assert!(matches!(&ask("bob").await[..], [(_, Outcome::Member(_)), _]));
    world.add(&acme.id, "olga", "owner").await;
    world.ops.remove(&acme.id, &email("bob").into(), None).await.unwrap();
    assert!(matches!(&ask("bob").await[..], [(_, Outcome::Refused(Refusal::MembershipEnded)), _]));
    assert!(matches!(&ask("support").await[..], [(_, Outcome::Refused(Refusal::InvitationRequired))]));
    let only = world.ops.whois(&email("eve"), &Scope::Tenant(umbra.id)).await.unwrap();
    assert!(matches!(&only[..], [reach] if reach.outcome == Outcome::Refused(Refusal::InvitationRequired)));
}
