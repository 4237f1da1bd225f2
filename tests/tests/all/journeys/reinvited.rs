//! Somebody who left is invited again.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_ex_member_comes_back_by_a_newer_invitation_as_what_it_says() {
    let laptop = Laptop::start().await;
    let (operations, acme, app) = (laptop.operations(), &laptop.town.acme, laptop.app("acme"));
    let address = "bob@acme.example";
    let bob = member(app.join(address, None).await, acme, &["member"]);
    operations.set_roles(&acme.id, &named(address), &roles(&["admin"])).await.unwrap();
    member(app.refresh(&bob).await, acme, &["admin"]);
    let seats = laptop.seats(acme).await;

    operations.remove(&acme.id, &named(address), Some("left")).await.unwrap();
    refused(app.refresh(&bob).await, Refusal::MembershipEnded);
    assert_eq!(laptop.seats(acme).await, seats - 1);

    laptop.invite(acme, address, "viewer").await.unwrap();
    let back = member(app.refresh(&bob).await, acme, &["viewer"]);
    assert_eq!(back.sub(), bob.sub());
    assert_eq!(laptop.seats(acme).await, seats);
    member(app.sign_in(address).await, acme, &["viewer"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ex_member_comes_back_with_a_new_account_too() {
    let laptop = Laptop::start().await;
    let (operations, globex, app) = (laptop.operations(), &laptop.town.globex, laptop.app("globex"));
    let address = "zoe@freelance.example";
    let secret = laptop.invite(globex, address, "admin").await.unwrap();
    let zoe = member(app.join(address, Some(&secret)).await, globex, &["admin"]);
    operations.remove(&globex.id, &named(address), None).await.unwrap();
    app.delete_account(&zoe).await.unwrap();

    // The old invitation is used, and the bar is on the mailbox.
    refused(app.join(address, Some(&secret)).await, Refusal::InvitationUnusable);
    refused(app.join(address, None).await, Refusal::InvitationRequired);
    let newer = laptop.invite(globex, address, "member").await.unwrap();
    let back = member(app.join(address, Some(&newer)).await, globex, &["member"]);
    assert_ne!(back.sub(), zoe.sub());
    member(app.refresh(&back).await, globex, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_invitation_can_lie_ready_for_somebody_who_is_a_member() {
    let laptop = Laptop::start().await;
    let (operations, acme, app) = (laptop.operations(), &laptop.town.acme, laptop.app("acme"));
    let address = "bob@acme.example";
    let bob = member(app.join(address, None).await, acme, &["member"]);
    // Or it would lead back in the moment that Bob is removed.
    let refusal = laptop.invite(acme, address, "admin").await.unwrap_err().to_string();
    assert!(refusal.contains("is a member already"), "{refusal}");
    operations.remove(&acme.id, &named(address), None).await.unwrap();
    refused(app.refresh(&bob).await, Refusal::MembershipEnded);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_member_waits_whatever_account_they_come_with() {
    let laptop = Laptop::start().await;
    let (operations, acme, app) = (laptop.operations(), &laptop.town.acme, laptop.app("acme"));
    let address = "bob@acme.example";
    let bob = member(app.join(address, None).await, acme, &["member"]);
    operations.suspend(&acme.id, &named(address), Some("on leave")).await.unwrap();
    refused(app.refresh(&bob).await, Refusal::MembershipSuspended);
    app.delete_account(&bob).await.unwrap();
    refused(app.join(address, None).await, Refusal::MembershipSuspended);
    laptop.stack.shutdown().await;
}
