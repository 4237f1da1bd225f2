//! A contractor whose address is outside the company's domain.

use operations::Releasing;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_contractor_stays_by_invitation_whatever_becomes_of_the_domain() {
    let laptop = Laptop::start().await;
    let acme = &laptop.town.acme;
    let app = laptop.app("acme");

    refused(app.join("kim@contractor.example", None).await, Refusal::InvitationRequired);
    let secret = laptop.invite(acme, "kim@contractor.example", "member").await.unwrap();
    // The address of an invitation is one mailbox: a tag makes it another.
    refused(app.join("kim+acme@contractor.example", Some(&secret)).await, Refusal::InvitationUnusable);
    let kim = member(app.join("kim@contractor.example", Some(&secret)).await, acme, &["member"]);
    // A colleague at the contractor's is a stranger.
    refused(app.join("lee@contractor.example", None).await, Refusal::InvitationRequired);

    let ann = member(app.join("ann@acme.example", None).await, acme, &["member"]);
    let domain = "acme.example".parse().unwrap();
    laptop.operations().release_domain(&acme.id, &domain, Releasing::DropMembers).await.unwrap();
    refused(app.refresh(&ann).await, Refusal::MembershipEnded);
    member(app.refresh(&kim).await, acme, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contractor_who_changes_the_address_keeps_what_was_given_to_the_person() {
    let laptop = Laptop::start().await;
    let acme = &laptop.town.acme;
    let app = laptop.app("acme");
    let secret = laptop.invite(acme, "kim@contractor.example", "viewer").await.unwrap();
    let kim = member(app.join("kim@contractor.example", Some(&secret)).await, acme, &["viewer"]);
    laptop.change_address(&kim, "kim@home.example").await;
    let moved = member(app.refresh(&kim).await, acme, &["viewer"]);
    assert_eq!(moved.text("email"), "kim@home.example");
    assert_eq!(moved.text("member_id"), kim.text("member_id"));

    // What the domain gave goes with the address.
    let ann = member(app.join("ann@acme.example", None).await, acme, &["member"]);
    laptop.change_address(&ann, "ann@home.example").await;
    refused(app.refresh(&ann).await, Refusal::MembershipEnded);
    laptop.change_address(&ann, "ann@acme.example").await;
    member(app.refresh(&ann).await, acme, &["member"]);
    laptop.stack.shutdown().await;
}
