//! The pool's own settings: what an update sets, and what it takes away.

use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, DeviceConfigurationType, LambdaConfigType,
    PreTokenGenerationLambdaVersionType, PreTokenGenerationVersionConfigType, RecoveryOptionNameType,
    RecoveryOptionType, UserAttributeUpdateSettingsType, UserPoolMfaType, UserPoolType, VerifiedAttributeType,
};
use user_pool::IssuerStyle;

use crate::custom::with_challenges;
use crate::kit::{ANN, Kit, PASSWORD, POOL, words};

const ARN: &str = "arn:aws:lambda:eu-west-1:000000000000:function:";

async fn described(kit: &Kit) -> UserPoolType {
    kit.sdk.describe_user_pool().user_pool_id(POOL).send().await.unwrap().user_pool().unwrap().clone()
}

#[tokio::test]
async fn an_update_without_anything_resets_the_pool() {
    let kit = Kit::start_with(with_challenges, IssuerStyle::Local).await;
    kit.ann().await;
    let before = described(&kit).await;
    let triggers = before.lambda_config().unwrap();
    assert_eq!(triggers.define_auth_challenge(), Some(format!("{ARN}define").as_str()));
    assert_eq!(triggers.create_auth_challenge(), Some(format!("{ARN}create").as_str()));
    assert_eq!(triggers.verify_auth_challenge_response(), Some(format!("{ARN}verify").as_str()));
    assert_eq!(before.auto_verified_attributes(), [VerifiedAttributeType::Email]);

    kit.sdk.update_user_pool().user_pool_id(POOL).send().await.unwrap();
    let after = described(&kit).await;
    assert_eq!(after.name(), before.name());
    let triggers = after.lambda_config().unwrap();
    assert_eq!((triggers.pre_sign_up(), triggers.define_auth_challenge()), (None, None));
    assert!(after.auto_verified_attributes().is_empty());
    let settings = after.user_attribute_update_settings().unwrap();
    assert!(settings.attributes_require_verification_before_update().is_empty());
    assert_eq!(after.username_attributes(), before.username_attributes(), "this is fixed when a pool is made");
    kit.functions.take();
    kit.sign_in().await.unwrap();
    assert!(kit.functions.take().is_empty(), "no trigger is left");
}

#[tokio::test]
async fn what_an_update_sets_is_described_and_takes_effect() {
    let kit = Kit::start().await;
    let recovery =
        RecoveryOptionType::builder().priority(1).name(RecoveryOptionNameType::VerifiedEmail).build().unwrap();
    let version = PreTokenGenerationVersionConfigType::builder()
        .lambda_arn(format!("{ARN}pre-token-generation"))
        .lambda_version(PreTokenGenerationLambdaVersionType::V10)
        .build()
        .unwrap();
    let elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:theirs";
    kit.sdk
        .update_user_pool()
        .user_pool_id(POOL)
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .user_attribute_update_settings(
            UserAttributeUpdateSettingsType::builder()
                .attributes_require_verification_before_update(VerifiedAttributeType::Email)
                .build(),
        )
        .mfa_configuration(UserPoolMfaType::Optional)
        .device_configuration(DeviceConfigurationType::builder().challenge_required_on_new_device(true).build())
        .admin_create_user_config(AdminCreateUserConfigType::builder().allow_admin_create_user_only(true).build())
        .account_recovery_setting(AccountRecoverySettingType::builder().recovery_mechanisms(recovery).build())
        .lambda_config(
            LambdaConfigType::builder()
                .pre_token_generation_config(version)
                .define_auth_challenge(elsewhere)
                .user_migration(elsewhere)
                .build(),
        )
        .send()
        .await
        .unwrap();
    let pool = described(&kit).await;
    assert_eq!(pool.mfa_configuration(), Some(&UserPoolMfaType::Optional));
    assert!(pool.device_configuration().unwrap().challenge_required_on_new_device());
    assert!(pool.admin_create_user_config().unwrap().allow_admin_create_user_only());
    assert_eq!(pool.account_recovery_setting().unwrap().recovery_mechanisms().len(), 1);
    let settings = pool.user_attribute_update_settings().unwrap();
    assert_eq!(settings.attributes_require_verification_before_update(), [VerifiedAttributeType::Email]);
    let triggers = pool.lambda_config().unwrap();
    assert_eq!(triggers.define_auth_challenge(), Some(elsewhere));
    assert_eq!(triggers.user_migration(), Some(elsewhere));
    assert_eq!(triggers.pre_sign_up(), None);
    let version = triggers.pre_token_generation_config().unwrap();
    assert_eq!(version.lambda_version(), &PreTokenGenerationLambdaVersionType::V10);
    assert_eq!(
        kit.sign_up(ANN).await.unwrap_err(),
        "NotAuthorizedException: SignUp is not permitted for this user pool"
    );
    kit.sdk.admin_create_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    let set = kit.sdk.admin_set_user_password().user_pool_id(POOL).username(ANN).password(PASSWORD).permanent(true);
    set.send().await.unwrap();
    kit.functions.take();
    kit.sign_in().await.unwrap();
    let events = kit.functions.take();
    assert_eq!(events[0]["version"], "1");
}

#[tokio::test]
async fn an_address_is_verified_before_its_update_only_where_it_is_verified_at_all() {
    let kit = Kit::start().await;
    let refused = kit
        .sdk
        .update_user_pool()
        .user_pool_id(POOL)
        .user_attribute_update_settings(
            UserAttributeUpdateSettingsType::builder()
                .attributes_require_verification_before_update(VerifiedAttributeType::Email)
                .build(),
        )
        .send()
        .await;
    assert_eq!(
        refused.map_err(words).unwrap_err(),
        "InvalidParameterException: All attributes in AttributesRequireVerificationBeforeUpdate must exist in \
         AutoVerifiedAttributes"
    );
    let triggers = described(&kit).await;
    assert!(triggers.lambda_config().unwrap().pre_sign_up().is_some(), "a refused update changes nothing");
}
