//! The story of a pool that comes over, on ministack: the release build, real functions of somebody else's, and CloudWatch Logs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use cognito::types::{
    AccountRecoverySettingType, AttributeDataType, DeletionProtectionType, DeviceConfigurationType,
    EmailConfigurationType, EmailSendingAccountType, ExplicitAuthFlowsType, LambdaConfigType, PasswordPolicyType,
    PreventUserExistenceErrorTypes, RecoveryOptionNameType, RecoveryOptionType, SchemaAttributeType,
    UserPoolPolicyType, UsernameAttributeType, VerificationMessageTemplateType, VerifiedAttributeType,
};
use serde_json::{Value, json};

use super::ground::{self, FUNCTIONS, REGION, TABLE, code_in};
use super::ministack::Ministack;
use super::sdk::words;
use crate::journeys;
use crate::journeys::adoption::{ATTRIBUTE, CLIENTS, Ground, Otherwise, Place};

const PASSWORD: &str = "Correct-horse-1";

/// An account in ministack: our functions, released and without a pool, and theirs.
struct Account {
    cloud: Ministack,
    sdk: cognito::Client,
    theirs: BTreeMap<String, String>,
}

impl Account {
    async fn open() -> Self {
        let release = super::handed("TENANTRY_RELEASE_DIR");
        let cloud = Ministack::start(&super::handed("TENANTRY_MINISTACK_PYTHON")).await;
        let url = cloud.url().to_owned();
        let names = FUNCTIONS.map(|name| format!("tenantry-{name}"));
        let programs: BTreeMap<&str, PathBuf> =
            names.iter().zip(FUNCTIONS).map(|(function, name)| (function.as_str(), release.join(name))).collect();
        cloud.deploy(&programs, &ground::environment(&url, &url)).await;
        let theirs = json!({ "theirs-messages": "message", "theirs-sign-ins": "signed_in", "theirs-gate": "gate" });
        let this = Self { sdk: ground::sdk(&url), cloud, theirs: BTreeMap::new() };
        let made = this.script("deploy", json!({ "ours": names, "theirs": theirs })).await;
        Self { theirs: serde_json::from_value(made).unwrap(), ..this }
    }

    /// Has `adopt.py` do something.
    async fn script(&self, what: &str, mut input: Value) -> Value {
        let recipe = journeys::root().join("examples/wrap/python").canonicalize().unwrap();
        input["url"] = self.cloud.url().into();
        input["region"] = REGION.into();
        input["recipe"] = recipe.to_str().into();
        input["do"] = what.into();
        self.cloud.prepare("adopt.py", &input).await
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let url = || self.cloud.url().to_owned();
        vec![
            ("AWS_REGION", REGION.to_owned()),
            ("TENANTRY_TABLE", TABLE.to_owned()),
            ("TENANTRY_ENDPOINT_URL", url()),
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url()),
            ("AWS_ENDPOINT_URL_LAMBDA", url()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url()),
        ]
    }

    /// The pool of somebody else: much is not at its default.
    async fn pool(&self, name: &str, triggers: LambdaConfigType) -> String {
        let attribute = SchemaAttributeType::builder().name(ATTRIBUTE);
        let attribute = attribute.attribute_data_type(AttributeDataType::String).mutable(true).build();
        let policy = PasswordPolicyType::builder().minimum_length(12).require_numbers(true).require_lowercase(true);
        let recovery = RecoveryOptionType::builder().name(RecoveryOptionNameType::VerifiedEmail).priority(1);
        let email = EmailConfigurationType::builder().email_sending_account(EmailSendingAccountType::CognitoDefault);
        let devices = DeviceConfigurationType::builder().device_only_remembered_on_user_prompt(true);
        let words = VerificationMessageTemplateType::builder().email_subject("Your code").email_message("It is {####}");
        let made = self.sdk.create_user_pool().pool_name(name).username_attributes(UsernameAttributeType::Email);
        let made = made
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .schema(attribute)
            .policies(UserPoolPolicyType::builder().password_policy(policy.build()).build())
            .account_recovery_setting(
                AccountRecoverySettingType::builder().recovery_mechanisms(recovery.build().unwrap()).build(),
            )
            .email_configuration(email.reply_to_email_address("help@people.example").build())
            .device_configuration(devices.challenge_required_on_new_device(true).build())
            .verification_message_template(words.build())
            .deletion_protection(DeletionProtectionType::Active)
            .user_pool_tags("team", "identity")
            .user_pool_tags("cost-centre", "4711")
            .lambda_config(triggers)
            .send()
            .await
            .unwrap();
        made.user_pool().unwrap().id().unwrap().to_owned()
    }

    async fn client(&self, pool: &str, name: &str) -> String {
        let create = self.sdk.create_user_pool_client().user_pool_id(pool).client_name(name);
        let create = create
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
            .write_attributes("email")
            .write_attributes("name");
        let made = create.send().await.unwrap();
        made.user_pool_client().unwrap().client_id().unwrap().to_owned()
    }
}

struct Adopted {
    account: Account,
    place: Place,
}

impl Adopted {
    async fn start() -> Self {
        let account = Account::open().await;
        let triggers = LambdaConfigType::builder()
            .custom_message(&account.theirs["theirs-messages"])
            .post_authentication(&account.theirs["theirs-sign-ins"]);
        let pool = account.pool("customers", triggers.build()).await;
        let mut clients = CLIENTS.map(|client| client.name.to_owned());
        for client in &mut clients {
            *client = account.client(&pool, client).await;
        }
        let place = Place {
            name: "ministack",
            sdk: account.sdk.clone(),
            pool,
            clients,
            environment: account.environment(),
            otherwise: Otherwise {
                fires_custom_message: true,
                fires_post_authentication: false,
                confirmation_verifies: false,
                calls_per_sign_in: 2,
                // Two, and it now and then answers 500: its list of users changes while it goes through it.
                users_at_once: 1,
                because: "ministack fires neither post authentication nor post confirmation, verifies no address by a confirmation, and asks \
                          pre token generation once for each token",
            },
        };
        Self { account, place }
    }
}

impl Ground for Adopted {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn code(&self, address: &str) -> String {
        let mails = self.account.cloud.mails_to(address).await;
        let code = mails.iter().filter_map(|text| code_in(text, 6)).next_back();
        code.unwrap_or_else(|| panic!("no code came to {address}: {mails:?}"))
    }

    async fn logs(&self) -> Vec<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Vec::new()
    }

    async fn is_in_their_words(&self, address: &str) -> bool {
        self.account.cloud.mails_to(address).await.iter().any(|text| text.contains("customer portal"))
    }

    async fn heard_of(&self) -> usize {
        let asked = json!({ "group": "/aws/lambda/theirs-sign-ins", "with": "somebody signed in" });
        usize::try_from(self.account.script("lines", asked).await.as_u64().unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_a_thousand_users_comes_over_on_ministack_and_goes_back_and_nobody_is_locked_out() {
    let adopted = Adopted::start().await;
    journeys::adoption::comes_over(&adopted).await;
}

/// A small pool in which a slot of ours is taken: refused, then by the recipe, with the function of somebody else in Lambda.
#[tokio::test(flavor = "multi_thread")]
async fn an_occupied_slot_is_refused_and_wrapped_on_ministack() {
    let account = Account::open().await;
    let triggers = LambdaConfigType::builder().pre_sign_up(&account.theirs["theirs-gate"]);
    let pool = account.pool("small", triggers.build()).await;
    let client = account.client(&pool, "desk").await;
    let folder = tempfile::tempdir().unwrap();
    let run = |line: String| tenantctl(&account, folder.path(), &line);
    let signs_up = async |address: &str| {
        let sign_up = account.sdk.sign_up().client_id(&client).username(address).password(PASSWORD);
        sign_up.send().await.map(drop).map_err(words)
    };
    run("init".to_owned()).unwrap();
    signs_up("ann@people.example").await.unwrap();
    let refused = signs_up("nobody@people.example").await.unwrap_err();
    assert!(refused.contains("Nobody may sign up here"), "{refused}");

    // The slot is theirs: nothing is set, not even the others.
    let attach = format!("attach --pool {pool} --apply --yes");
    assert_eq!(run(attach.clone()).unwrap_err(), "SLOTS_OCCUPIED");
    let config = async || {
        let asked = account.sdk.describe_user_pool().user_pool_id(&pool).send().await.unwrap();
        asked.user_pool.unwrap().lambda_config.unwrap()
    };
    let before = config().await;
    assert_eq!(before.pre_sign_up.as_ref(), account.theirs.get("theirs-gate"));
    assert_eq!(before.pre_token_generation_config, None);

    let others = FUNCTIONS.iter().filter(|name| **name != "pre-sign-up").copied().collect::<Vec<_>>().join(",");
    run(format!("{attach} --only {others}")).unwrap();
    let environment = json!({ "TENANTRY_FUNCTION": "tenantry-pre-sign-up:live" });
    let wrapped = json!({ "name": "theirs-gate", "handler": "wrapped", "environment": environment });
    account.script("wrap", wrapped).await;
    assert_eq!(config().await.pre_sign_up, before.pre_sign_up, "their function stays where it is");
    signs_up("bob@people.example").await.unwrap();

    // Both have their say: ours once the client is enforced, theirs all the time.
    let slug = run("tenant create umbrella".to_owned()).unwrap()["slug"].as_str().unwrap().to_owned();
    run(format!("client bind {pool}:{client} --tenant {slug} --enforce")).unwrap();
    let refused = signs_up("cid@people.example").await.unwrap_err();
    assert!(refused.contains("(INVITATION_REQUIRED)"), "{refused}");
    let refused = signs_up("nobody@people.example").await.unwrap_err();
    assert!(refused.contains("Nobody may sign up here"), "{refused}");
    run(format!("client observe {pool}:{client}")).unwrap();
    signs_up("cid@people.example").await.unwrap();

    run(format!("detach --pool {pool} --yes")).unwrap();
    assert_eq!(config().await, before, "as it was before");
}

/// `tenantctl --json LINE`: its answer, or the code of its refusal.
fn tenantctl(account: &Account, folder: &Path, line: &str) -> Result<Value, String> {
    let mut command = std::process::Command::new(journeys::program("tenantctl"));
    command.current_dir(folder).arg("--json").args(line.split_whitespace()).envs(account.environment());
    let ran = command
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("USER", "ops")
        .output()
        .unwrap();
    if ran.status.success() {
        return Ok(serde_json::from_slice(&ran.stdout).unwrap_or(Value::Null));
    }
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    let said: Value = serde_json::from_str(error.lines().last().unwrap_or_default()).unwrap_or_default();
    Err(said.pointer("/error/code").and_then(Value::as_str).map_or(error, str::to_owned))
}
