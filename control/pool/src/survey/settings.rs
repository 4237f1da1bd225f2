//! A pool's settings, as far as they decide who gets in or is kept out.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AliasAttributeType, DefaultEmailOptionType, LambdaConfigType, PreTokenGenerationLambdaVersionType, UserPoolMfaType,
    UserPoolType, UsernameAttributeType, VerifiedAttributeType,
};
use domain::PoolId;

use crate::region::in_region;
use crate::{PoolError, Schema};

const CALL: &str = "DescribeUserPool";

/// What a pool's settings say.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, not a state")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolFacts {
    /// The functions in the slots, by their ARNs.
    pub triggers: BTreeMap<Trigger, String>,
    /// The version of the pre token generation event; `None` without a function.
    pub pre_token_version: Option<PreTokenVersion>,
    /// A changed address takes effect with its code (`AttributesRequireVerificationBeforeUpdate`).
    pub verifies_before_update: bool,
    /// Addresses are verified at sign-up (`AutoVerifiedAttributes`).
    pub verifies_addresses: bool,
    /// Sign-up is confirmed by a link, where one click of an unsuspecting victim suffices, not by a code.
    pub confirms_by_link: bool,
    /// Everybody needs one of Cognito's own second factors.
    pub mfa_required: bool,
    /// Devices are remembered.
    pub remembers_devices: bool,
    /// The address is the user name.
    pub address_is_user_name: bool,
    /// The address is an alias of a user name that people choose.
    pub address_is_alias: bool,
    /// Two spellings of one address are two users.
    pub case_sensitive: bool,
    /// The attributes that users can have.
    pub schema: Schema,
}

/// A slot for a function that decides something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// `PreSignUp`.
    PreSignUp,
    /// `PostConfirmation`.
    PostConfirmation,
    /// `PreTokenGeneration`.
    PreTokenGeneration,
    /// `DefineAuthChallenge`.
    DefineAuthChallenge,
    /// `CreateAuthChallenge`.
    CreateAuthChallenge,
    /// `VerifyAuthChallengeResponse`.
    VerifyAuthChallenge,
    /// `UserMigration`: writes whole users.
    UserMigration,
    /// `InboundFederation`: rewrites what a provider said.
    InboundFederation,
}

impl Trigger {
    /// The slots that are ours.
    pub const OURS: [Self; 6] = [
        Self::PreSignUp,
        Self::PostConfirmation,
        Self::PreTokenGeneration,
        Self::DefineAuthChallenge,
        Self::CreateAuthChallenge,
        Self::VerifyAuthChallenge,
    ];

    /// The function's name among ours, for example `pre-sign-up`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreSignUp => "pre-sign-up",
            Self::PostConfirmation => "post-confirmation",
            Self::PreTokenGeneration => "pre-token-generation",
            Self::DefineAuthChallenge => "define-auth-challenge",
            Self::CreateAuthChallenge => "create-auth-challenge",
            Self::VerifyAuthChallenge => "verify-auth-challenge",
            Self::UserMigration => "user-migration",
            Self::InboundFederation => "inbound-federation",
        }
    }

    /// Whether only a chain of more than a password needs it.
    pub const fn is_challenge(self) -> bool {
        matches!(self, Self::DefineAuthChallenge | Self::CreateAuthChallenge | Self::VerifyAuthChallenge)
    }
}

/// `LambdaVersion` of `PreTokenGenerationConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreTokenVersion {
    /// ID token alone.
    V1,
    /// Access token too.
    V2,
    /// Machines too; and whatever comes later.
    V3,
}

/// Reads a pool's settings. `None`: there is no such pool.
pub async fn pool_facts(client: &Client, pool: &PoolId) -> Result<Option<PoolFacts>, PoolError> {
    match client
        .describe_user_pool()
        .user_pool_id(pool.as_ref())
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
    {
        Ok(answer) => answer.user_pool.map(|pool| Some(facts(pool))).ok_or(PoolError::odd(CALL, "the pool")),
        Err(error) => match PoolError::of(CALL, &error) {
            PoolError::Missing => Ok(None),
            other => Err(other),
        },
    }
}

fn facts(pool: UserPoolType) -> PoolFacts {
    let schema = Schema::of(&pool);
    let email = |attributes: Option<&Vec<VerifiedAttributeType>>| {
        attributes.is_some_and(|names| names.contains(&VerifiedAttributeType::Email))
    };
    let before_update = pool.user_attribute_update_settings.as_ref();
    let before_update = before_update.and_then(|one| one.attributes_require_verification_before_update.as_ref());
    let message = pool.verification_message_template.as_ref().and_then(|one| one.default_email_option.as_ref());
    let user_names = pool.username_attributes.unwrap_or_default();
    let aliases = pool.alias_attributes.unwrap_or_default();
    let config = pool.lambda_config;
    PoolFacts {
        schema,
        pre_token_version: config.as_ref().and_then(version),
        triggers: config.map(slots).unwrap_or_default(),
        verifies_before_update: email(before_update),
        verifies_addresses: email(pool.auto_verified_attributes.as_ref()),
        confirms_by_link: message == Some(&DefaultEmailOptionType::ConfirmWithLink),
        mfa_required: pool.mfa_configuration == Some(UserPoolMfaType::On),
        // With the structure present, devices are remembered at once or when the user says so; without it, never.
        remembers_devices: pool.device_configuration.is_some(),
        address_is_user_name: user_names.contains(&UsernameAttributeType::Email),
        address_is_alias: aliases.contains(&AliasAttributeType::Email),
        // Absent on pools from before the setting existed, which are case sensitive.
        case_sensitive: pool.username_configuration.is_none_or(|one| one.case_sensitive),
    }
}

fn version(config: &LambdaConfigType) -> Option<PreTokenVersion> {
    match &config.pre_token_generation_config {
        Some(versioned) => Some(match versioned.lambda_version {
            PreTokenGenerationLambdaVersionType::V10 => PreTokenVersion::V1,
            PreTokenGenerationLambdaVersionType::V20 => PreTokenVersion::V2,
            _ => PreTokenVersion::V3,
        }),
        None => config.pre_token_generation.as_ref().map(|_| PreTokenVersion::V1),
    }
}

fn slots(config: LambdaConfigType) -> BTreeMap<Trigger, String> {
    let versioned = config.pre_token_generation_config.map(|versioned| versioned.lambda_arn);
    let federation = config.inbound_federation.map(|function| function.lambda_arn);
    let all = [
        (Trigger::PreSignUp, config.pre_sign_up),
        (Trigger::PostConfirmation, config.post_confirmation),
        (Trigger::PreTokenGeneration, versioned.or(config.pre_token_generation)),
        (Trigger::DefineAuthChallenge, config.define_auth_challenge),
        (Trigger::CreateAuthChallenge, config.create_auth_challenge),
        (Trigger::VerifyAuthChallenge, config.verify_auth_challenge_response),
        (Trigger::UserMigration, config.user_migration),
        (Trigger::InboundFederation, federation),
    ];
    all.into_iter().filter_map(|(slot, arn)| Some((slot, arn.filter(|arn| !arn.is_empty())?))).collect()
}
