//! Deployed for real, locally: the stacks that the CDK app describes, by `cdk bootstrap` and `cdk deploy`, with the functions of the
//! release build, and people who sign up and in at what came of it.

use aws_cognito_srp::{SrpClient, User};
use aws_sdk_cognitoidentityprovider as cognito;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito::operation::initiate_auth::InitiateAuthOutput;
use cognito::types::{AttributeType, AuthFlowType, AuthenticationResultType, ChallengeNameType};
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::ground::{FUNCTIONS, code_in};
use super::sdk::words;

const PASSWORD: &str = "Correct-horse-1";

/// One journey: every step stands on the one before, and each deployment takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn the_stacks_deploy_and_people_sign_in_at_what_was_deployed() {
    let (release, package) = (super::handed("TENANTRY_RELEASE_DIR"), super::handed("TENANTRY_PACKAGE_DIR"));
    let deployment = Deployment::bootstrapped().await;
    deployment.deploy(&release, &[]).await;
    the_pool_calls_what_was_deployed(&deployment).await;

    let acme = App::of(&deployment, "acme").await;
    let initech = App::of(&deployment, "initech").await;
    deployment.tenantctl(&["tenant", "policy", "set", "initech", "--chain", "code", "--yes"]).await;
    acme.refuses("stranger@elsewhere.example", "INVITATION_REQUIRED").await;
    acme.admits("ann@acme.example").await;
    initech.admits("cid@initech.example").await;
    let ann = acme.lets_in_by_password("ann@acme.example").await;
    initech.lets_in_by_code("cid@initech.example").await;

    let refused = deployment.deploy_released(&package, false).await.unwrap_err();
    assert!(refused.contains("no AWS credentials that AWS confirms were found"), "{refused}");
    let again = deployment.deploy_released(&package, true).await.unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(again.matches("(no changes)").count(), 2, "the same programs, packed, change nothing: {again}");

    let before = live(&deployment, "pre-token-generation").await;
    deployment.deploy(&release, &["--context", "tenantry:logLevel=debug"]).await;
    let after = live(&deployment, "pre-token-generation").await;
    assert_ne!(after, before, "what the pool calls is the new version");
    acme.refreshes(&ann).await;

    what_holds_data_stays(&deployment, &acme).await;
}

/// Every slot of the pool names an alias that the stack put out, and the functions' resource policies let this pool alone call them.
async fn the_pool_calls_what_was_deployed(deployment: &Deployment) {
    let pool = deployment.output("UserPoolId");
    let described = deployment.sdk().describe_user_pool().user_pool_id(pool).send().await.unwrap();
    let slots = described.user_pool().unwrap().lambda_config().unwrap();
    let token = slots.pre_token_generation_config().unwrap();
    let called = [
        ("PreSignUpArn", slots.pre_sign_up()),
        ("PostConfirmationArn", slots.post_confirmation()),
        ("PreTokenGenerationArn", Some(token.lambda_arn())),
        ("DefineAuthChallengeArn", slots.define_auth_challenge()),
        ("CreateAuthChallengeArn", slots.create_auth_challenge()),
        ("VerifyAuthChallengeArn", slots.verify_auth_challenge_response()),
    ];
    for (output, arn) in called {
        assert_eq!(arn, Some(deployment.output(output)), "{output}");
    }
    for function in FUNCTIONS {
        let name = format!("{}-{function}", deployment.output("FunctionsPrefix"));
        let policy = json!({ "FunctionName": name, "Qualifier": "live" });
        let policy = deployment.aws("lambda", "get_policy", &policy).await.unwrap();
        let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1, "{function}: {policy}");
        let condition = statements[0]["Condition"].to_string();
        assert!(condition.contains(deployment.output("UserPoolArn")), "{function}: {condition}");
        assert!(condition.contains("SourceAccount"), "{function}: {condition}");
    }
}

/// A tenant's app client, made by our command line.
struct App<'a> {
    deployment: &'a Deployment,
    tenant: String,
    client: String,
}

impl<'a> App<'a> {
    /// A tenant with a domain and an app client.
    async fn of(deployment: &'a Deployment, slug: &str) -> Self {
        let tenant = deployment.tenantctl(&["tenant", "create", slug]).await;
        let domain = format!("{slug}.example");
        deployment.tenantctl(&["domain", "claim", slug, &domain]).await;
        deployment.tenantctl(&["domain", "verify", slug, &domain, "--assume-verified", "it is invented"]).await;
        let pool = deployment.output("UserPoolId");
        let client = deployment.tenantctl(&["client", "create", slug, "--name", "web", "--pool", pool]).await;
        let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_else(|| panic!("{name}: {of}")).to_owned();
        Self { deployment, tenant: text(&tenant, "tenant_id"), client: text(&client, "client_id") }
    }

    fn sdk(&self) -> &cognito::Client {
        self.deployment.sdk()
    }

    async fn signs_up(&self, address: &str) -> Result<(), String> {
        let sign_up = self.sdk().sign_up().client_id(&self.client).username(address).password(PASSWORD);
        let sign_up = sign_up.user_attributes(email(address));
        sign_up.send().await.map(drop).map_err(words)
    }

    /// The sentence's code reaches the caller.
    async fn refuses(&self, address: &str, code: &str) {
        let refused = self.signs_up(address).await.unwrap_err();
        assert!(refused.contains(&format!("({code})")), "{refused}");
    }

    /// Signs up and confirms with the code from the mail.
    async fn admits(&self, address: &str) {
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
    async fn lets_in_by_password(&self, address: &str) -> AuthenticationResultType {
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
    async fn lets_in_by_code(&self, address: &str) {
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

    async fn refreshes(&self, tokens: &AuthenticationResultType) {
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

fn email(address: &str) -> AttributeType {
    AttributeType::builder().name("email").value(address).build().unwrap()
}

/// The version that a function's alias points to.
async fn live(deployment: &Deployment, function: &str) -> String {
    let name = format!("{}-{function}", deployment.output("FunctionsPrefix"));
    let alias = json!({ "FunctionName": name, "Name": "live" });
    let alias = deployment.aws("lambda", "get_alias", &alias).await.unwrap();
    alias["FunctionVersion"].as_str().unwrap().to_owned()
}

/// The stacks do not let themselves be deleted; and when somebody insists, the table, its rows, the secret and the pool are still there.
async fn what_holds_data_stays(deployment: &Deployment, app: &App<'_>) {
    let refused = deployment.destroy().await.unwrap_err();
    assert!(refused.contains("TerminationProtection"), "{refused}");
    let stacks = ["Tenantry-Identity", "Tenantry-Data"];
    for stack in stacks {
        let off = json!({ "StackName": stack, "EnableTerminationProtection": false });
        deployment.aws("cloudformation", "update_termination_protection", &off).await.unwrap();
    }
    deployment.destroy().await.unwrap();
    for stack in stacks {
        let gone = deployment.aws("cloudformation", "describe_stacks", &json!({ "StackName": stack })).await;
        assert!(gone.is_err(), "{stack}: {gone:?}");
    }
    let tenants = deployment.tenantctl(&["tenant", "list"]).await;
    assert!(tenants.to_string().contains(&app.tenant), "{tenants}");
    let secrets = deployment.aws("secretsmanager", "list_secrets", &json!({})).await.unwrap();
    assert_eq!(secrets["SecretList"].as_array().unwrap().len(), 1, "{secrets}");
    let pool = deployment.output("UserPoolId");
    app.sdk().admin_get_user().user_pool_id(pool).username("ann@acme.example").send().await.unwrap();
}
