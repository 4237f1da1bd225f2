//! An app client of a tenant in what was deployed, and the people who sign up and in there.

use aws_cognito_srp::{SrpClient, User};
use aws_sdk_cognitoidentityprovider as cognito;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito::operation::initiate_auth::InitiateAuthOutput;
use cognito::types::{AttributeType, AuthFlowType, AuthenticationResultType, ChallengeNameType};
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::ground::code_in;
use super::sdk::words;

const PASSWORD: &str = "Correct-horse-1";

/// A tenant's app client.
pub(super) struct App<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) tenant: String,
    pub(super) client: String,
}

impl<'a> App<'a> {
    /// A tenant with a domain and an app client, made by our command line.
    pub(super) async fn of(deployment: &'a Deployment, slug: &str) -> Self {
        let tenant = deployment.tenantctl(&["tenant", "create", slug]).await;
        domain_of(deployment, slug).await;
        let pool = deployment.output("UserPoolId");
        let client = deployment.tenantctl(&["client", "create", slug, "--name", "web", "--pool", pool]).await;
        let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_else(|| panic!("{name}: {of}")).to_owned();
        Self { deployment, tenant: text(&tenant, "tenant_id"), client: text(&client, "client_id") }
    }

    pub(super) fn sdk(&self) -> &cognito::Client {
        self.deployment.sdk()
    }

    async fn signs_up(&self, address: &str) -> Result<(), String> {
        let sign_up = self.sdk().sign_up().client_id(&self.client).username(address).password(PASSWORD);
        let sign_up = sign_up.user_attributes(email(address));
        sign_up.send().await.map(drop).map_err(words)
    }

    /// The sentence's code reaches the caller.
    pub(super) async fn refuses(&self, address: &str, code: &str) {
        let refused = self.signs_up(address).await.unwrap_err();
        assert!(refused.contains(&format!("({code})")), "{refused}");
    }

    /// Signs up and confirms with the code from the mail.
    pub(super) async fn admits(&self, address: &str) {
        self.signs_up(address).await.unwrap();
        let code = self.mailed(address, 6).await;
        let confirm = self.sdk().confirm_sign_up().client_id(&self.client).username(address);
        confirm.confirmation_code(code).send().await.unwrap();
        // ministack forgets to; AWS does it with the confirmation.
        let pool = self.deployment.output("UserPoolId");
        let update = self.sdk().admin_update_user_attributes().user_pool_id(pool).username(address);
        let verified = AttributeType::builder().name("email_verified").value("true").build().unwrap();
        update.user_attributes(verified).send().await.unwrap();
    }

    /// Signs in as apps do, without sending the password.
    pub(super) async fn lets_in_by_password(&self, address: &str) -> AuthenticationResultType {
        let srp =
            SrpClient::new(User::new(self.deployment.output("UserPoolId"), address, PASSWORD), &self.client, None);
        let begin = self.sdk().initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::UserSrpAuth);
        let begin = begin.auth_parameters("USERNAME", address).auth_parameters("SRP_A", srp.get_auth_parameters().a);
        let challenge = begin.send().await.map_err(words).unwrap();
        let asked = challenge.challenge_parameters().unwrap();
        let user = &asked["USER_ID_FOR_SRP"];
        let proof = srp.verify(&asked["SECRET_BLOCK"], user, &asked["SALT"], &asked["SRP_B"]).unwrap();
        let answers = [
            ("PASSWORD_CLAIM_SECRET_BLOCK", proof.password_claim_secret_block),
            ("PASSWORD_CLAIM_SIGNATURE", proof.password_claim_signature),
            ("TIMESTAMP", proof.timestamp),
        ];
        self.answers(ChallengeNameType::PasswordVerifier, &challenge, user, answers).await
    }

    /// Signs in with nothing but the code from the mail, which the deployed function computed with the deployed secret and sent.
    pub(super) async fn lets_in_by_code(&self, address: &str) {
        let begin = self.sdk().initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::CustomAuth);
        let challenge = begin.auth_parameters("USERNAME", address).send().await.map_err(words).unwrap();
        assert_eq!(challenge.challenge_name(), Some(&ChallengeNameType::CustomChallenge));
        let code = self.mailed(address, 8).await;
        self.answers(ChallengeNameType::CustomChallenge, &challenge, address, [("ANSWER", code)]).await;
    }

    async fn answers<const N: usize>(
        &self,
        challenge: ChallengeNameType,
        begun: &InitiateAuthOutput,
        user: &str,
        answers: [(&str, String); N],
    ) -> AuthenticationResultType {
        let respond = self.sdk().respond_to_auth_challenge().client_id(&self.client).challenge_name(challenge);
        let respond = respond.set_session(begun.session().map(str::to_owned)).challenge_responses("USERNAME", user);
        let respond =
            answers.into_iter().fold(respond, |respond, (name, value)| respond.challenge_responses(name, value));
        let answered = respond.send().await.map_err(words).unwrap();
        let tokens = answered.authentication_result().expect("tokens").clone();
        self.are_ours(&tokens);
        tokens
    }

    pub(super) async fn refreshes(&self, tokens: &AuthenticationResultType) {
        let refresh = self.sdk().initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::RefreshTokenAuth);
        let refresh = refresh.auth_parameters("REFRESH_TOKEN", tokens.refresh_token().unwrap());
        self.are_ours(refresh.send().await.map_err(words).unwrap().authentication_result().unwrap());
    }

    /// Both tokens speak of this tenant, and of a plain member.
    #[track_caller]
    fn are_ours(&self, tokens: &AuthenticationResultType) {
        for token in [tokens.id_token(), tokens.access_token()] {
            let payload = BASE64_URL_SAFE_NO_PAD.decode(token.unwrap().split('.').nth(1).unwrap()).unwrap();
            let claims: Value = serde_json::from_slice(&payload).unwrap();
            assert_eq!(claims["tenant_id"], self.tenant.as_str(), "{claims}");
            assert_eq!(claims["roles"], json!(["member"]), "{claims}");
        }
    }

    /// The code of so many digits in the last mail to an address.
    async fn mailed(&self, address: &str, digits: usize) -> String {
        let mails = self.deployment.cloud().mails_to(address).await;
        let code = mails.iter().filter_map(|text| code_in(text, digits)).next_back();
        code.unwrap_or_else(|| panic!("no code came to {address}: {mails:?}"))
    }
}

/// Claims `SLUG.example` for a tenant: whoever has an address there joins without an invitation.
pub(super) async fn domain_of(deployment: &Deployment, slug: &str) {
    let domain = format!("{slug}.example");
    deployment.tenantctl(&["domain", "claim", slug, &domain]).await;
    deployment.tenantctl(&["domain", "verify", slug, &domain, "--assume-verified", "it is invented"]).await;
}

fn email(address: &str) -> AttributeType {
    AttributeType::builder().name("email").value(address).build().unwrap()
}
