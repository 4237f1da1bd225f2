//! What comes between the steps of a sign-in by challenge: a temporary password, another policy, time, the store, another key.

use std::sync::atomic::{AtomicI64, Ordering};

use aws_cognito_srp::{SrpClient, User};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, ChallengeNameType};
use domain::{Chain, MembershipStatus};
use jiff::{SignedDuration, Timestamp};
use operations::PolicyChange;

use super::by_challenge::{closed, signed_in};
use super::*;

const HANK: &str = "hank@hooli.example";

impl Laptop {
    /// `AdminCreateUser`; gives the password in the mail.
    async fn created(&self, address: &str) -> String {
        let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
        let create = self.sdk().admin_create_user().user_pool_id(laptop::POOL).username(address);
        let create = create.user_attributes(attribute("email", address));
        create.user_attributes(attribute("email_verified", "true")).send().await.unwrap();
        self.server().outbox().code_for(address).unwrap()
    }

    /// `CUSTOM_AUTH` with a temporary password by SRP, which Cognito then wants replaced: it gives tokens without the rest of
    /// the chain.
    async fn replace_password(&self, app: &str, address: &str, temporary: &str) -> Result<(), laptop::Refused> {
        let srp = SrpClient::new(User::new(laptop::POOL, address, temporary), app, None);
        let request = self.sdk().initiate_auth().client_id(app).auth_flow(AuthFlowType::CustomAuth);
        let request = request.auth_parameters("USERNAME", address).auth_parameters("CHALLENGE_NAME", "SRP_A");
        let begun = request.auth_parameters("SRP_A", srp.get_auth_parameters().a).send().await?;
        let asked = begun.challenge_parameters().unwrap();
        let user = &asked["USER_ID_FOR_SRP"];
        let proof = srp.verify(&asked["SECRET_BLOCK"], user, &asked["SALT"], &asked["SRP_B"]).unwrap();
        let answer = self.sdk().respond_to_auth_challenge().client_id(app);
        let answer = answer.challenge_name(ChallengeNameType::PasswordVerifier);
        let answer = answer.set_session(begun.session().map(str::to_owned)).challenge_responses("USERNAME", user);
        let answer = answer
            .challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", proof.password_claim_secret_block)
            .challenge_responses("PASSWORD_CLAIM_SIGNATURE", proof.password_claim_signature)
            .challenge_responses("TIMESTAMP", proof.timestamp);
        let proven = answer.send().await?;
        assert_eq!(proven.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
        let answer = self.sdk().respond_to_auth_challenge().client_id(app);
        let answer = answer.challenge_name(ChallengeNameType::NewPasswordRequired);
        let answer = answer.set_session(proven.session().map(str::to_owned)).challenge_responses("USERNAME", user);
        answer.challenge_responses("NEW_PASSWORD", laptop::PASSWORD).send().await?;
        Ok(())
    }

    /// Starts a function anew, with these variables beside its own.
    fn restart(&self, function: &str, more: &[(&str, &str)]) {
        let mut environment = self.environment();
        for (name, value) in more {
            environment.retain(|(other, _)| other != name);
            environment.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.functions().unwrap().add(function, program(function), environment);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_a_replaced_temporary_password_is_no_way_around_the_code() {
    let laptop = Laptop::start().await;
    let (hooli, app, dana) = (&laptop.town.hooli, laptop.app("hooli"), "dana@hooli.example");
    let temporary = laptop.created(dana).await;
    let seats = laptop.seats(hooli).await;
    refused(laptop.replace_password("hooli", dana, &temporary).await, Refusal::SignInAgain);
    assert_eq!(laptop.seats(hooli).await, seats, "nobody was enrolled on the way");
    // The password is replaced all the same, and leads to the code.
    member(app.sign_in_with_password_and_code(dana).await, hooli, &["member"]);
    assert_eq!(laptop.row(hooli, dana).await.status, MembershipStatus::Active);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_a_tenant_that_asks_for_a_code_from_now_on_asks_everybody() {
    let laptop = Laptop::start().await;
    let umbrella = laptop.umbrella(Chain::Password).await;
    let asks = async |chain| {
        let change = PolicyChange { chain: Some(chain), ..PolicyChange::default() };
        laptop.operations().set_policy(&umbrella.id, &change).await.unwrap();
    };
    let (app, uma) = (laptop.app("umbrella"), "uma@umbrella.example");
    app.sign_up(uma, None).await.unwrap();
    app.confirm(uma).await.unwrap();
    let by_password = member(app.sign_in_by_srp(uma).await, &umbrella, &["member"]);
    member(app.refresh(&by_password).await, &umbrella, &["member"]);

    asks(Chain::PasswordAndCode { of: None }).await;
    refused(app.refresh(&by_password).await, Refusal::SignInAgain);
    let by_both = member(app.sign_in_with_password_and_code(uma).await, &umbrella, &["member"]);
    member(app.refresh(&by_both).await, &umbrella, &["member"]);

    asks(Chain::Code).await;
    closed(app.begin_with_password(uma, laptop::PASSWORD).await, "NotAuthorizedException");
    member(app.sign_in_with_code(uma).await, &umbrella, &["member"]);
    member(app.refresh(&by_both).await, &umbrella, &["member"]);

    asks(Chain::Password).await;
    member(app.sign_in_by_srp(uma).await, &umbrella, &["member"]);
    closed(app.begin_with_code(uma).await, "NotAuthorizedException");
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_left_alone_has_ended() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    #[expect(clippy::disallowed_methods, reason = "the pool's clock runs ahead of the real one")]
    fn now() -> Timestamp {
        Timestamp::now() + SignedDuration::from_mins(AHEAD.load(Ordering::Relaxed))
    }
    let laptop = Laptop::start_with(|settings| settings.world.now = now).await;
    let (initech, app, ines) = (&laptop.town.initech, laptop.app("initech"), "ines@initech.example");
    let challenge = app.begin_with_code(ines).await.unwrap();
    // The session lasts five minutes, as long as the code; the functions, which keep real time, still take the code.
    AHEAD.store(6, Ordering::Relaxed);
    closed(app.answer(&challenge, &app.code_for(ines)).await, "NotAuthorizedException");
    // Nobody counted that: the code, which still counts, serves the next sign-in.
    member(app.sign_in_with_code(ines).await, initech, &["owner"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_nobody_gets_in_and_afterwards_everybody_does() {
    let laptop = Laptop::start().await;
    let (hooli, app) = (&laptop.town.hooli, laptop.app("hooli"));
    app.sign_up(HANK, None).await.unwrap();
    app.confirm(HANK).await.unwrap();
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    laptop.engine().switch_off().await.unwrap();
    refused(app.answer(&challenge, &app.code_for(HANK)).await, Refusal::TryAgain);
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TryAgain);
    laptop.engine().switch_on().await.unwrap();
    member(app.sign_in_with_password_and_code(HANK).await, hooli, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_people_sign_in() {
    const KEY: &str = "dGhlIG5leHQga2V5IG9mIHRoZSBsYXB0b3AncyBjb2Rlcw==";
    let laptop = Laptop::start().await;
    let (hooli, app, hanna) = (&laptop.town.hooli, laptop.app("hooli"), "hanna@hooli.example");
    let environment = laptop.environment();
    let (_, before) = environment.iter().find(|(name, _)| name == "TENANTRY_CODE_KEY").unwrap();
    let both = [("TENANTRY_CODE_KEY", KEY), ("TENANTRY_CODE_KEY_PREVIOUS", before.as_str())];
    let answered = async |challenge: &laptop::Challenge| {
        member(signed_in(app.answer(challenge, &app.code_for(hanna)).await), hooli, &["owner"]);
    };

    let challenge = app.begin_with_password(hanna, laptop::PASSWORD).await.unwrap();
    laptop.restart("verify-auth-challenge", &both);
    answered(&challenge).await;
    let challenge = app.begin_with_password(hanna, laptop::PASSWORD).await.unwrap();
    laptop.restart("create-auth-challenge", &both);
    answered(&challenge).await;
    let challenge = app.begin_with_password(hanna, laptop::PASSWORD).await.unwrap();
    // Nothing that the old key made is under way any more.
    for function in ["verify-auth-challenge", "create-auth-challenge"] {
        laptop.restart(function, &[("TENANTRY_CODE_KEY", KEY)]);
    }
    answered(&challenge).await;
    laptop.stack.shutdown().await;
}
