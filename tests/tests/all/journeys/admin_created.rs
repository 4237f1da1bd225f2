//! An administrator creates the account: post confirmation never fires, and the first token asks for everything.

use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, ChallengeNameType};

use super::*;

impl Laptop {
    /// `AdminCreateUser`, the mailed password, and the first sign-in with a password of the person's own.
    async fn admin_creates(&self, app: &str, address: &str, verified: bool) -> Outcome {
        let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
        let create = self.sdk().admin_create_user().user_pool_id(laptop::POOL).username(address);
        let create = create.user_attributes(attribute("email", address));
        let create = create.user_attributes(attribute("email_verified", if verified { "true" } else { "false" }));
        create.send().await?;
        let mailed = self.server().outbox().code_for(address).unwrap();
        let sign_in = self.sdk().initiate_auth().client_id(app).auth_flow(AuthFlowType::UserPasswordAuth);
        let sign_in = sign_in.auth_parameters("USERNAME", address).auth_parameters("PASSWORD", mailed).send().await?;
        assert_eq!(sign_in.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
        let answer = self.sdk().respond_to_auth_challenge().client_id(app);
        let answer = answer.challenge_name(ChallengeNameType::NewPasswordRequired);
        let answer = answer.set_session(sign_in.session().map(str::to_owned));
        let answer = answer.challenge_responses("USERNAME", address);
        let answer = answer.challenge_responses("NEW_PASSWORD", laptop::PASSWORD).send().await?;
        let result = answer.authentication_result().unwrap();
        Ok(Tokens {
            id: result.id_token().map(str::to_owned),
            access: result.access_token().unwrap().to_owned(),
            refresh: result.refresh_token().map(str::to_owned),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c7_an_admin_created_user_is_enrolled_at_the_first_token() {
    let laptop = Laptop::start().await;
    let acme = &laptop.town.acme;
    let dana = member(laptop.admin_creates("acme", "dana@acme.example", true).await, acme, &["member"]);
    let row = laptop.row(acme, "dana@acme.example").await;
    assert_eq!(row.person.sub.to_string(), dana.sub());
    // The owner's, and hers.
    assert_eq!(laptop.seats(acme).await, 2);
    member(laptop.app("acme").refresh(&dana).await, acme, &["member"]);
    assert_eq!(laptop.seats(acme).await, 2);

    // An open invitation to the mailbox is redeemed in the same way.
    laptop.invite(&laptop.town.globex, "yuri@freelance.example", "admin").await.unwrap();
    let yuri = laptop.admin_creates("globex", "yuri@freelance.example", true).await;
    member(yuri, &laptop.town.globex, &["admin"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c7_to_be_created_is_no_proof_of_a_mailbox_and_no_membership() {
    let laptop = Laptop::start().await;
    refused(laptop.admin_creates("acme", "dana@acme.example", false).await, Refusal::EmailNotVerified);
    refused(laptop.admin_creates("acme", "eve@elsewhere.example", true).await, Refusal::InvitationRequired);
    assert_eq!(laptop.seats(&laptop.town.acme).await, 1, "the owner's alone");
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_by_an_administrator_makes_the_same_member() {
    let laptop = Laptop::start().await;
    let (acme, app) = (&laptop.town.acme, laptop.app("acme"));
    let address = "dana@acme.example";
    app.sign_up(address, None).await.unwrap();
    let confirm = laptop.sdk().admin_confirm_sign_up().user_pool_id(laptop::POOL).username(address);
    confirm.send().await.unwrap();
    // Nobody has proven the mailbox yet.
    refused(app.sign_in(address).await, Refusal::EmailNotVerified);
    let verified = AttributeType::builder().name("email_verified").value("true").build().unwrap();
    let update = laptop.sdk().admin_update_user_attributes().user_pool_id(laptop::POOL).username(address);
    update.user_attributes(verified).send().await.unwrap();
    member(app.sign_in(address).await, acme, &["member"]);
    laptop.stack.shutdown().await;
}
