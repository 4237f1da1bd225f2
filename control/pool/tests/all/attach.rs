//! Every setting of a pool, written and read through the real SDK: attaching keeps all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::types as api;
use pool::attach::{SETTABLE, read, write};
use pool::survey::{PreTokenVersion, Trigger};
use serde_json::{Value, json};
use user_pool::Server;

use crate::local_pool::{POOL, server};

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}")
}

/// Every setting that this SDK knows, set to something that is not Cognito's default.
fn full(update: UpdateUserPoolFluentBuilder) -> UpdateUserPoolFluentBuilder {
    let password = api::PasswordPolicyType::builder()
        .minimum_length(12)
        .require_uppercase(true)
        .require_lowercase(true)
        .require_numbers(true)
        .require_symbols(true)
        .password_history_size(4)
        .temporary_password_validity_days(3)
        .build();
    let sign_in = api::SignInPolicyType::builder()
        .allowed_first_auth_factors(api::AuthFactorType::Password)
        .allowed_first_auth_factors(api::AuthFactorType::EmailOtp)
        .build();
    update
        .user_pool_id(POOL)
        .pool_name("people")
        .policies(api::UserPoolPolicyType::builder().password_policy(password).sign_in_policy(sign_in).build())
        .deletion_protection(api::DeletionProtectionType::Active)
        .lambda_config(lambda_config())
        .auto_verified_attributes(api::VerifiedAttributeType::Email)
        .auto_verified_attributes(api::VerifiedAttributeType::PhoneNumber)
        .sms_verification_message("Code {####}")
        .email_verification_message("Your code is {####}")
        .email_verification_subject("A code")
        .verification_message_template(
            api::VerificationMessageTemplateType::builder()
                .sms_message("Code {####}")
                .email_message("Your code is {####}")
                .email_subject("A code")
                .email_message_by_link("Click {##here##}")
                .email_subject_by_link("A link")
                .default_email_option(api::DefaultEmailOptionType::ConfirmWithLink)
                .build(),
        )
        .sms_authentication_message("Sign in with {####}")
        .user_attribute_update_settings(
            api::UserAttributeUpdateSettingsType::builder()
                .attributes_require_verification_before_update(api::VerifiedAttributeType::Email)
                .attributes_require_verification_before_update(api::VerifiedAttributeType::PhoneNumber)
                .build(),
        )
        .mfa_configuration(api::UserPoolMfaType::Optional)
        .device_configuration(
            api::DeviceConfigurationType::builder()
                .challenge_required_on_new_device(true)
                .device_only_remembered_on_user_prompt(true)
                .build(),
        )
        .email_configuration(
            api::EmailConfigurationType::builder()
                .source_arn("arn:aws:ses:eu-central-1:123456789012:identity/acme.example")
                .reply_to_email_address("help@acme.example")
                .email_sending_account(api::EmailSendingAccountType::Developer)
                .from("Acme <no-reply@acme.example>")
                .configuration_set("mails")
                .build(),
        )
        .sms_configuration(sms())
        .user_pool_tags("cost.center", "7")
        .admin_create_user_config(
            api::AdminCreateUserConfigType::builder()
                .allow_admin_create_user_only(true)
                .unused_account_validity_days(3)
                .invite_message_template(
                    api::MessageTemplateType::builder()
                        .sms_message("{username} {####}")
                        .email_message("{username}: {####}")
                        .email_subject("Welcome")
                        .build(),
                )
                .build(),
        )
        .user_pool_add_ons(
            api::UserPoolAddOnsType::builder()
                .advanced_security_mode(api::AdvancedSecurityModeType::Enforced)
                .advanced_security_additional_flows(
                    api::AdvancedSecurityAdditionalFlowsType::builder()
                        .custom_auth_mode(api::AdvancedSecurityEnabledModeType::Audit)
                        .build(),
                )
                .build()
                .unwrap(),
        )
        .account_recovery_setting(
            api::AccountRecoverySettingType::builder()
                .recovery_mechanisms(recovery(1, api::RecoveryOptionNameType::VerifiedEmail))
                .recovery_mechanisms(recovery(2, api::RecoveryOptionNameType::VerifiedPhoneNumber))
                .build(),
        )
        .user_pool_tier(api::UserPoolTierType::Plus)
        .key_configuration(
            api::KeyConfigurationType::builder()
                .key_type(api::EncryptionKeyType::CustomerManagedKey)
                .kms_key_arn("arn:aws:kms:eu-central-1:123456789012:key/1")
                .build(),
        )
        .issuer_configuration(api::IssuerConfigurationType::builder().r#type(api::IssuerType::Updated).build())
        .acr_configuration("Level1", api::AcrLevelConfigType::builder().acr_value("urn:acme:low").build().unwrap())
}

fn recovery(priority: i32, name: api::RecoveryOptionNameType) -> api::RecoveryOptionType {
    api::RecoveryOptionType::builder().priority(priority).name(name).build().unwrap()
}

fn sms() -> api::SmsConfigurationType {
    let role = "arn:aws:iam::123456789012:role/texts";
    api::SmsConfigurationType::builder()
        .sns_caller_arn(role)
        .external_id("x")
        .sns_region("eu-west-1")
        .eums_sms(
            api::EumsSmsConfigurationType::builder()
                .caller_arn(role)
                .external_id("x")
                .origination_identity("+491234")
                .configuration_set_name("texts")
                .in_entity_id("1")
                .in_template_id("2")
                .region("eu-central-1")
                .build()
                .unwrap(),
        )
        .build()
}

fn lambda_config() -> api::LambdaConfigType {
    let token = api::PreTokenGenerationVersionConfigType::builder()
        .lambda_arn(arn("their-token"))
        .lambda_version(api::PreTokenGenerationLambdaVersionType::V20);
    let text = api::CustomSmsLambdaVersionConfigType::builder()
        .lambda_arn(arn("text"))
        .lambda_version(api::CustomSmsSenderLambdaVersionType::V10);
    let mail = api::CustomEmailLambdaVersionConfigType::builder()
        .lambda_arn(arn("mail"))
        .lambda_version(api::CustomEmailSenderLambdaVersionType::V10);
    let federation = api::InboundFederationLambdaType::builder()
        .lambda_arn(arn("federation"))
        .lambda_version(api::InboundFederationLambdaVersionType::V10);
    api::LambdaConfigType::builder()
        .pre_sign_up(arn("their-pre-sign-up"))
        .custom_message(arn("message"))
        .post_confirmation(arn("their-confirmation"))
        .pre_authentication(arn("before"))
        .post_authentication(arn("after"))
        .define_auth_challenge(arn("their-define"))
        .create_auth_challenge(arn("their-create"))
        .verify_auth_challenge_response(arn("their-verify"))
        .pre_token_generation(arn("their-token"))
        .user_migration(arn("migration"))
        .pre_token_generation_config(token.build().unwrap())
        .custom_sms_sender(text.build().unwrap())
        .custom_email_sender(mail.build().unwrap())
        .kms_key_id("arn:aws:kms:eu-central-1:123456789012:key/2")
        .inbound_federation(federation.build().unwrap())
        .build()
}

/// What the SDK would send.
async fn sent(update: UpdateUserPoolFluentBuilder) -> (Value, bool) {
    let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
    let into = Arc::clone(&seen);
    let taken = update
        .customize()
        .mutate_request(move |request| {
            *into.lock().unwrap() = request.body().bytes().unwrap().to_vec();
        })
        .send()
        .await
        .is_ok();
    (serde_json::from_slice(&seen.lock().unwrap()).unwrap(), taken)
}

/// The members of everything that is said; lists count as their items, and the keys of the two maps as `*`.
fn members(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(all) => {
            for (name, member) in all {
                let name = if matches!(path, "UserPoolTags" | "AcrConfiguration") { "*" } else { name };
                members(&if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }, member, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                members(path, item, into);
            }
        }
        _ => {
            into.insert(path.to_owned());
        }
    }
}

#[tokio::test]
async fn no_setting_of_the_sdk_is_unknown_here() {
    let (server, cognito) = server(|_| {}).await;
    let update = full(cognito.update_user_pool());
    let written = format!("{:?}", update.as_input());
    assert!(
        !written.contains("None"),
        "the SDK knows a setting that this test, and perhaps attaching, does not: {written}"
    );
    let (body, taken) = sent(update).await;
    assert!(!taken, "it says twice how long temporary passwords are good");
    let mut sent = BTreeSet::new();
    members("", &body, &mut sent);
    let known: BTreeSet<String> = SETTABLE.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(sent, known, "what an update takes, as the SDK and as `SETTABLE` have it");
    server.shutdown().await;
}

/// A pool in which every setting has been set, and what only other calls set.
async fn everything_set() -> (Server, Client) {
    let (server, cognito) = server(|settings| {
        settings.factors = [
            ("SoftwareTokenMfaConfiguration".to_owned(), json!({ "Enabled": true })),
            (
                "WebAuthnConfiguration".to_owned(),
                json!({ "RelyingPartyId": "acme.example", "UserVerification": "required" }),
            ),
        ]
        .into_iter()
        .collect();
        settings.shown = serde_json::from_value(json!({
            "UserPoolTags": { "aws:cloudformation:stack-name": "theirs" }, "Domain": "acme", "Status": "Enabled",
            "AliasAttributes": ["preferred_username"], "UsernameConfiguration": { "CaseSensitive": true },
        }))
        .unwrap();
    })
    .await;
    let update = full(cognito.update_user_pool());
    let mut config = update.as_input().clone().build().unwrap().admin_create_user_config.unwrap();
    config.unused_account_validity_days = 0;
    update.admin_create_user_config(config).send().await.unwrap();
    (server, cognito)
}

async fn described(cognito: &Client) -> BTreeMap<String, String> {
    let pool = cognito.describe_user_pool().user_pool_id(POOL).send().await.unwrap().user_pool.unwrap();
    let factors = cognito.get_user_pool_mfa_config().user_pool_id(POOL).send().await.unwrap();
    let mut slots = pool.lambda_config.clone().unwrap();
    let ours = [
        slots.pre_sign_up.take(),
        slots.post_confirmation.take(),
        slots.pre_token_generation.take(),
        slots.define_auth_challenge.take(),
        slots.create_auth_challenge.take(),
        slots.verify_auth_challenge_response.take(),
        slots.pre_token_generation_config.take().map(|config| format!("{config:?}")),
    ];
    let mut tags: Vec<_> = pool.user_pool_tags.clone().unwrap_or_default().into_iter().collect();
    tags.sort();
    let mut pool = pool;
    pool.lambda_config = None;
    pool.user_pool_tags = None;
    [
        ("ours", format!("{ours:?}")),
        ("other slots", format!("{slots:?}")),
        ("tags", format!("{tags:?}")),
        ("factors", format!("{factors:?}").split("_request_id").next().unwrap().to_owned()),
        ("everything else", format!("{pool:?}")),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

#[tokio::test]
async fn our_slots_change_and_every_other_setting_stays() {
    let (server, cognito) = everything_set().await;
    let pool = POOL.parse().unwrap();
    let before = described(&cognito).await;
    let settings = read(&cognito, &pool).await.unwrap();
    assert_eq!(settings.unknown(), [""; 0]);
    // Nothing is left at what a pool is made with: an update that forgets a setting shows.
    let (fresh, other) = self::server(|_| {}).await;
    let empty = read(&other, &pool).await.unwrap();
    let different: BTreeSet<String> =
        empty.changed(&settings).iter().map(|path| path.split('.').next().unwrap().to_owned()).collect();
    fresh.shutdown().await;
    let top: BTreeSet<String> = SETTABLE.iter().map(|path| path.split('.').next().unwrap().to_owned()).collect();
    let same: Vec<&String> = top.difference(&different).collect();
    assert_eq!(same, ["LambdaConfig", "UserPoolId"], "the slots are compared apart");

    let mut slots = settings.slots();
    for trigger in Trigger::OURS {
        slots.put(trigger, &arn(trigger.name()), PreTokenVersion::V3);
    }
    write(&cognito, &pool, &settings.update(&slots)).await.unwrap();
    let after = described(&cognito).await;
    assert!(
        after["ours"].contains("function:pre-token-generation") && after["ours"].contains("V30"),
        "{}",
        after["ours"]
    );
    assert_ne!(before["ours"], after["ours"]);
    for name in ["other slots", "tags", "factors", "everything else"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!(settings.changed(&read(&cognito, &pool).await.unwrap()), [""; 0]);

    let mut slots = read(&cognito, &pool).await.unwrap().slots();
    for trigger in Trigger::OURS {
        slots.empty(trigger);
    }
    let now = read(&cognito, &pool).await.unwrap();
    write(&cognito, &pool, &now.update(&slots)).await.unwrap();
    let emptied = described(&cognito).await;
    assert!(!emptied["ours"].contains("function:"), "{}", emptied["ours"]);
    for name in ["other slots", "tags", "factors", "everything else"] {
        assert_eq!(before[name], emptied[name], "{name}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn an_update_that_forgets_a_setting_is_noticed_by_name() {
    let (server, cognito) = everything_set().await;
    let pool = POOL.parse().unwrap();
    let before = read(&cognito, &pool).await.unwrap();
    let whole = before.update(&before.slots());
    let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    for name in names {
        // The name of the pool stays when it is not given; what goes with another setting is refused without it.
        if ["UserPoolId", "PoolName", "LambdaConfig", "AutoVerifiedAttributes"].contains(&name.as_str()) {
            continue;
        }
        write(&cognito, &pool, &whole).await.unwrap();
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(&name);
        write(&cognito, &pool, &less).await.unwrap();
        let changed = before.changed(&read(&cognito, &pool).await.unwrap());
        assert!(changed.iter().any(|path| path.split('.').any(|part| part == name)), "{name}: {changed:?}");
    }
    server.shutdown().await;
}
