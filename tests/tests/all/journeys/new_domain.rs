//! A company renames itself, and its domain.

use operations::Releasing;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_company_moves_to_a_new_domain_and_its_people_move_one_by_one() {
    let laptop = Laptop::start().await;
    let (operations, app) = (laptop.operations(), laptop.app("acme"));
    let acme = &laptop.town.acme;
    let ann = member(app.join("ann@acme.example", None).await, acme, &["member"]);
    let bob = member(app.join("bob@acme.example", None).await, acme, &["member"]);

    // The name changes at the next token; the tenant's id never does.
    let zenith = &operations.rename_tenant(&acme.id, Some(&"zenith".parse().unwrap()), Some("Zenith")).await.unwrap();
    assert_eq!(zenith.id, acme.id);
    member(app.refresh(&ann).await, zenith, &["member"]);

    // Both domains for a while: Ann moves, Cid joins with the new one.
    let (old, new) = ("acme.example".parse().unwrap(), "zenith.example".parse().unwrap());
    refused(app.join("cid@zenith.example", None).await, Refusal::InvitationRequired);
    operations.assume_domain(&acme.id, &new, "renamed").await.unwrap();
    member(app.join("cid@zenith.example", None).await, zenith, &["member"]);
    laptop.change_address(&ann, "ann@zenith.example").await;
    let moved = member(app.refresh(&ann).await, zenith, &["member"]);
    assert_eq!(moved.text("member_id"), ann.text("member_id"), "she is the same member");

    // The old one goes, and with it whoever did not move.
    let seats = laptop.seats(zenith).await;
    operations.release_domain(&acme.id, &old, Releasing::DropMembers).await.unwrap();
    member(app.refresh(&ann).await, zenith, &["member"]);
    refused(app.refresh(&bob).await, Refusal::MembershipEnded);
    refused(app.sign_in("bob@acme.example").await, Refusal::MembershipEnded);
    refused(app.join("dan@acme.example", None).await, Refusal::InvitationRequired);
    assert_eq!(laptop.seats(zenith).await, seats);

    // Bob moves late, and is let in again as the member that he was.
    laptop.change_address(&bob, "bob@zenith.example").await;
    let back = member(app.refresh(&bob).await, zenith, &["member"]);
    assert_eq!(back.text("member_id"), bob.text("member_id"));
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_moved_and_is_removed_comes_back_by_neither_mailbox_once_both_are_barred() {
    let laptop = Laptop::start().await;
    let (operations, app) = (laptop.operations(), laptop.app("acme"));
    let acme = &laptop.town.acme;
    operations.assume_domain(&acme.id, &"zenith.example".parse().unwrap(), "renamed").await.unwrap();
    let deletes_the_account = async |tokens: &Tokens| {
        let delete = laptop.sdk().admin_delete_user().user_pool_id(laptop::POOL).username(tokens.sub());
        delete.send().await.unwrap();
    };
    let moves_and_is_removed = async |from: &str, to: &str| {
        let tokens = member(app.join(from, None).await, acme, &["member"]);
        laptop.change_address(&tokens, to).await;
        member(app.refresh(&tokens).await, acme, &["member"]);
        operations.remove(&acme.id, &named(from), None).await.unwrap();
        refused(app.refresh(&tokens).await, Refusal::MembershipEnded);
        deletes_the_account(&tokens).await;
        refused(app.join(from, None).await, Refusal::MembershipEnded);
    };
    let bars = async |address: &str| operations.bar_mailbox(&acme.id, &address.parse().unwrap(), None).await;

    moves_and_is_removed("ann@acme.example", "ann@zenith.example").await;
    assert!(bars("ann@zenith.example").await.unwrap());
    refused(app.join("ann@zenith.example", None).await, Refusal::MembershipEnded);

    // Forgotten, it is as open as a colleague's, and whoever came by it is removed once more.
    moves_and_is_removed("bob@acme.example", "bob@zenith.example").await;
    let again = member(app.join("bob@zenith.example", None).await, acme, &["member"]);
    assert_eq!(bars("bob@zenith.example").await.unwrap_err().code(), "MEMBER_EXISTS");
    operations.remove(&acme.id, &named("bob@zenith.example"), None).await.unwrap();
    refused(app.refresh(&again).await, Refusal::MembershipEnded);
    deletes_the_account(&again).await;
    refused(app.join("bob@zenith.example", None).await, Refusal::MembershipEnded);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_another_company_takes_over_brings_it_nobody() {
    let laptop = Laptop::start().await;
    let (operations, acme, globex) = (laptop.operations(), &laptop.town.acme, &laptop.town.globex);
    let ann = member(laptop.app("acme").join("ann@acme.example", None).await, acme, &["member"]);
    let domain = "acme.example".parse().unwrap();
    let transfer = operations.transfer_domain(&domain, &acme.id, &globex.id, Releasing::DropMembers, "sold");
    transfer.await.unwrap();
    refused(laptop.app("acme").refresh(&ann).await, Refusal::MembershipEnded);
    // Globex invites; owning the domain alone lets nobody in there.
    refused(laptop.app("globex").sign_in("ann@acme.example").await, Refusal::InvitationRequired);
    laptop.stack.shutdown().await;
}
