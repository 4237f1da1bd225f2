//! A consultant works for three tenants with one account.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_consultant_works_for_three_tenants() {
    let laptop = Laptop::start().await;
    let (acme, globex) = (&laptop.town.acme, &laptop.town.globex);
    let stark = &laptop.tenant("stark").await;
    let cora = "cora@consult.example";

    let secret = laptop.invite(acme, cora, "viewer").await.unwrap();
    let at_acme = member(laptop.app("acme").join(cora, Some(&secret)).await, acme, &["viewer"]);
    laptop.invite(globex, cora, "member").await.unwrap();
    let at_globex = member(laptop.app("globex").sign_in(cora).await, globex, &["member"]);
    laptop.invite(stark, cora, "admin").await.unwrap();
    let at_stark = member(laptop.app("stark").sign_in(cora).await, stark, &["admin"]);

    // One person, three members.
    assert_eq!(at_acme.sub(), at_globex.sub());
    assert_eq!(at_acme.sub(), at_stark.sub());
    let mut members = [&at_acme, &at_globex, &at_stark].map(|tokens| tokens.text("member_id"));
    members.sort();
    assert!(members.windows(2).all(|pair| pair[0] != pair[1]), "{members:?}");

    // The shared app speaks of the tenant that she picks, and of none if she picks none.
    let app = laptop.app("app");
    let nowhere = nobodys(app.sign_in(cora).await);
    member(app.refresh_for(&nowhere, Some(&acme.id)).await, acme, &["viewer"]);
    member(app.refresh_for(&nowhere, Some(&globex.id)).await, globex, &["member"]);
    member(app.refresh_for(&nowhere, Some(&stark.id)).await, stark, &["admin"]);
    nobodys(app.refresh_for(&nowhere, None).await);

    // Globex lets her go. The others do not notice.
    laptop.operations().remove(&globex.id, &named(cora), Some("the project is over")).await.unwrap();
    refused(laptop.app("globex").refresh(&at_globex).await, Refusal::MembershipEnded);
    refused(app.refresh_for(&nowhere, Some(&globex.id)).await, Refusal::MembershipEnded);
    member(laptop.app("acme").refresh(&at_acme).await, acme, &["viewer"]);
    member(app.refresh_for(&nowhere, Some(&stark.id)).await, stark, &["admin"]);
    nobodys(app.refresh(&nowhere).await);

    // With one tenant left there is nothing to pick.
    laptop.operations().remove(&acme.id, &named(cora), None).await.unwrap();
    member(app.refresh(&nowhere).await, stark, &["admin"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_app_refreshes_at_no_other() {
    let laptop = Laptop::start().await;
    let ann = laptop.app("acme").join("ann@acme.example", None).await;
    let ann = member(ann, &laptop.town.acme, &["member"]);
    for other in ["globex", "app"] {
        let refused = laptop.app(other).refresh(&ann).await.unwrap_err();
        assert_eq!(refused.kind, "NotAuthorizedException", "{refused}");
    }
    // Managed login's cookie reaches every app of the pool; the membership is asked at each.
    refused(laptop.app("globex").managed_login("ann@acme.example").await.unwrap(), Refusal::InvitationRequired);
    member(laptop.app("acme").managed_login("ann@acme.example").await.unwrap(), &laptop.town.acme, &["member"]);
    laptop.stack.shutdown().await;
}
