//! A service that keeps tenants apart with IAM: whose ID tokens it believes, with the pool's keys as it publishes them.

use ::tenant_session::{Keys, TokenRefused, VerifiedIdToken, Verifier};

use super::*;

async fn believed(laptop: &Laptop, clients: &[&str], token: &str) -> Result<VerifiedIdToken, TokenRefused> {
    let issuer = laptop.server().issuer(laptop::POOL).unwrap();
    let keys = Keys::of_issuer(&issuer).unwrap();
    Verifier::new(issuer, clients.iter().copied(), keys).verify(token).await
}

fn id(tokens: &Tokens) -> &str {
    tokens.id.as_deref().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_believes_the_pools_id_tokens_and_each_speaks_of_one_tenant() {
    let laptop = Laptop::start().await;
    let (acme, globex) = (&laptop.town.acme, &laptop.town.globex);
    let cora = "cora@consult.example";
    let secret = laptop.invite(acme, cora, "viewer").await.unwrap();
    let at_acme = member(laptop.app("acme").join(cora, Some(&secret)).await, acme, &["viewer"]);
    laptop.invite(globex, cora, "member").await.unwrap();
    let at_globex = member(laptop.app("globex").sign_in(cora).await, globex, &["member"]);
    let nowhere = nobodys(laptop.app("app").sign_in(cora).await);

    // One person, two tenants: each token is of its own alone.
    let every = ["acme", "globex", "app"];
    for (tokens, tenant) in [(&at_acme, acme), (&at_globex, globex)] {
        let token = believed(&laptop, &every, id(tokens)).await.unwrap();
        assert_eq!(token.tenant_id().as_str(), tenant.id.as_ref());
        assert_eq!(token.member_id(), Some(&*tokens.text("member_id")));
        assert_eq!(token.sub(), at_acme.sub());
    }

    // The other tokens of the same sign-in, and of other apps, are no way in.
    for (clients, token, refused) in [
        (&every[..], at_acme.access.as_str(), TokenRefused::NotAnIdToken),
        (&every, id(&nowhere), TokenRefused::NoTenant),
        (&["globex", "app"], id(&at_acme), TokenRefused::Audience),
        (&every, at_acme.refresh.as_deref().unwrap(), TokenRefused::Malformed),
    ] {
        assert_eq!(believed(&laptop, clients, token).await.unwrap_err(), refused);
    }

    // Acme lets her go. No verifier can see that: the token that she holds is good to its end, and there is no next one.
    laptop.operations().remove(&acme.id, &named(cora), None).await.unwrap();
    believed(&laptop, &every, id(&at_acme)).await.unwrap();
    refused(laptop.app("acme").refresh(&at_acme).await, Refusal::MembershipEnded);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_pool_with_the_same_name_is_refused() {
    let (here, there) = (Laptop::start().await, Laptop::start().await);
    let ann = member(there.app("acme").join("ann@acme.example", None).await, &there.town.acme, &["member"]);
    // The other pool signs with other keys, and is another issuer.
    assert_eq!(believed(&here, &["acme"], id(&ann)).await.unwrap_err(), TokenRefused::UnknownKey);
    believed(&there, &["acme"], id(&ann)).await.unwrap();
    here.stack.shutdown().await;
    there.stack.shutdown().await;
}
