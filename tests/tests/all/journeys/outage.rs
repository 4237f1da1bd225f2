//! The store goes away in the middle of a person's way in: nothing is lost, nothing is counted twice.

use std::time::Duration;

use tokio::time::Instant;

use super::*;

/// Cognito gives up after five seconds, and people before that.
const CALM: Duration = Duration::from_millis(4_500);

#[tokio::test(flavor = "multi_thread")]
async fn whoever_confirms_while_the_store_is_away_joins_at_the_next_sign_in() {
    let laptop = Laptop::start().await;
    let (acme, globex) = (&laptop.town.acme, &laptop.town.globex);
    let seats = [laptop.seats(acme).await, laptop.seats(globex).await];
    let (ann, yuri) = ("ann@acme.example", "yuri@freelance.example");
    laptop.app("acme").sign_up(ann, None).await.unwrap();
    let secret = laptop.invite(globex, yuri, "admin").await.unwrap();
    laptop.app("globex").sign_up(yuri, Some(&secret)).await.unwrap();

    laptop.engine().switch_off().await.unwrap();
    // The accounts are confirmed all the same: an error would only alarm the person.
    laptop.app("acme").confirm(ann).await.unwrap();
    laptop.app("globex").confirm(yuri).await.unwrap();
    let began = Instant::now();
    refused(laptop.app("acme").sign_in(ann).await, Refusal::TryAgain);
    assert!(began.elapsed() < CALM, "{:?}", began.elapsed());
    refused(laptop.app("globex").sign_in(yuri).await, Refusal::TryAgain);
    refused(laptop.robot().await.unwrap(), Refusal::TryAgain);

    laptop.engine().switch_on().await.unwrap();
    let at_acme = member(laptop.app("acme").sign_in(ann).await, acme, &["member"]);
    let at_globex = member(laptop.app("globex").sign_in(yuri).await, globex, &["admin"]);
    member(laptop.app("acme").refresh(&at_acme).await, acme, &["member"]);
    member(laptop.app("globex").refresh(&at_globex).await, globex, &["admin"]);
    assert_eq!([laptop.seats(acme).await, laptop.seats(globex).await], seats.map(|seats| seats + 1));
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_was_revoked_meanwhile_is_said_to_be_no_longer_good() {
    let laptop = Laptop::start().await;
    let (globex, app) = (&laptop.town.globex, laptop.app("globex"));
    let yuri = "yuri@freelance.example";
    let secret = laptop.invite(globex, yuri, "admin").await.unwrap();
    app.sign_up(yuri, Some(&secret)).await.unwrap();
    laptop.engine().switch_off().await.unwrap();
    app.confirm(yuri).await.unwrap();
    laptop.engine().switch_on().await.unwrap();
    let name = operations::InvitationName::Address(yuri.parse().unwrap());
    laptop.operations().revoke_invitation(&globex.id, &name, None).await.unwrap();
    refused(app.sign_in(yuri).await, Refusal::InvitationUnusable);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_may_be_switched_twice() {
    let laptop = Laptop::start().await;
    let ann = member(laptop.app("acme").join("ann@acme.example", None).await, &laptop.town.acme, &["member"]);
    let url = laptop.engine().url();
    for _ in 0..2 {
        laptop.engine().switch_off().await.unwrap();
        laptop.engine().switch_off().await.unwrap();
        refused(laptop.app("acme").refresh(&ann).await, Refusal::TryAgain);
        laptop.engine().switch_on().await.unwrap();
        laptop.engine().switch_on().await.unwrap();
        assert_eq!(laptop.engine().url(), url);
        member(laptop.app("acme").refresh(&ann).await, &laptop.town.acme, &["member"]);
    }
    laptop.stack.shutdown().await;
}
