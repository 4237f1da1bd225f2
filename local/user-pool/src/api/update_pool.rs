//! `UpdateUserPool`: it resets what it is not given, as Cognito does.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, read};
use crate::error::ApiError;
use crate::password::PasswordPolicy;
use crate::server::Service;
use crate::settings::{PoolSettings, PreTokenVersion, Triggers};

/// What this pool acts on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    user_pool_id: String,
    #[serde(default)]
    pool_name: Option<String>,
    #[serde(default)]
    policies: Policies,
    #[serde(default)]
    auto_verified_attributes: Vec<String>,
    #[serde(default)]
    user_attribute_update_settings: UpdateSettings,
    #[serde(default)]
    admin_create_user_config: AdminCreateUserConfig,
    #[serde(default)]
    lambda_config: Map<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Policies {
    password_policy: PasswordPolicy,
}

/// "Please use …": the two ways of saying how long a temporary password is good.
fn says_days_twice(given: &Map<String, Value>) -> bool {
    let days = |first: &str, rest: &str| given.get(first).and_then(|value| value.pointer(rest)?.as_i64());
    days("Policies", "/PasswordPolicy/TemporaryPasswordValidityDays").is_some_and(|days| days > 0)
        && days("AdminCreateUserConfig", "/UnusedAccountValidityDays").is_some_and(|days| days > 0)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct UpdateSettings {
    attributes_require_verification_before_update: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AdminCreateUserConfig {
    allow_admin_create_user_only: bool,
}

/// What is fixed when a pool is made: an update leaves it.
const FIXED: [&str; 8] = [
    "UsernameConfiguration",
    "UsernameAttributes",
    "AliasAttributes",
    "SchemaAttributes",
    "Arn",
    "Status",
    "Domain",
    "CustomDomain",
];
/// What `DescribeUserPool` shows by itself.
const ACTED_ON: [&str; 3] = ["UserPoolId", "PoolName", "LambdaConfig"];

pub(super) fn update(service: &Service, body: &[u8]) -> Answer {
    let input: Update = read(body)?;
    let given: Map<String, Value> = read(body)?;
    let pool = service.pool(&input.user_pool_id)?;
    let wait = &input.user_attribute_update_settings.attributes_require_verification_before_update;
    if wait.iter().any(|name| !input.auto_verified_attributes.contains(name)) {
        return Err(ApiError::invalid_parameter(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        ));
    }
    // Words as in aws-sdk-js #3817.
    if says_days_twice(&given) {
        return Err(ApiError::invalid_parameter(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        ));
    }
    let slot = |path: &str| given.get("LambdaConfig")?.pointer(path)?.as_str();
    if let (Some(one), Some(other)) = (slot("/PreTokenGeneration"), slot("/PreTokenGenerationConfig/LambdaArn"))
        && one != other
    {
        return Err(ApiError::invalid_parameter(
            "PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be the same",
        ));
    }
    let tags = given.get("UserPoolTags").and_then(Value::as_object);
    if tags.is_some_and(|tags| tags.keys().any(|name| name.starts_with("aws:"))) {
        return Err(ApiError::invalid_parameter("aws: prefixed tag key names are not allowed for external use."));
    }
    pool.update(|settings| {
        let (triggers, other_slots) = triggers(settings, &input.lambda_config);
        settings.triggers = triggers;
        settings.shown = shown(&settings.shown, given, other_slots);
        settings.verify_before_update = wait.iter().any(|name| name == "email");
        settings.admin_create_only = input.admin_create_user_config.allow_admin_create_user_only;
        settings.password_policy = input.policies.password_policy;
        if let Some(name) = input.pool_name {
            settings.name = name;
        }
    });
    Ok(json!({}))
}

/// What the pool does not act on is shown as it was given; an attribute that is not verified any more is shown so.
fn shown(before: &Map<String, Value>, mut given: Map<String, Value>, slots: Map<String, Value>) -> Map<String, Value> {
    given.retain(|name, _| !ACTED_ON.contains(&name.as_str()) && !FIXED.contains(&name.as_str()));
    let acted_on = json!(PasswordPolicy::default());
    if let Some(policy) =
        given.get_mut("Policies").and_then(|policies| policies.get_mut("PasswordPolicy")?.as_object_mut())
    {
        policy.retain(|name, _| acted_on.get(name).is_none());
    }
    if let Some(config) = given.get_mut("AdminCreateUserConfig").and_then(Value::as_object_mut) {
        config.remove("AllowAdminCreateUserOnly");
        // Zero says nothing; the days of the password policy are shown here, too.
        if config.get("UnusedAccountValidityDays").and_then(Value::as_i64) == Some(0) {
            config.remove("UnusedAccountValidityDays");
        }
    }
    // Remembering devices is switched on by saying something of it.
    if given.get("DeviceConfiguration").is_some_and(|config| config.as_object().is_some_and(Map::is_empty)) {
        given.remove("DeviceConfiguration");
    }
    // Tags that are not given stay (Terraform's provider relies on that); AWS's own are nobody's to take away.
    let kept = !given.contains_key("UserPoolTags");
    for (name, tag) in before.get("UserPoolTags").and_then(Value::as_object).into_iter().flatten() {
        if (kept || name.starts_with("aws:"))
            && let Some(tags) = given.entry("UserPoolTags").or_insert_with(|| json!({})).as_object_mut()
        {
            tags.insert(name.clone(), tag.clone());
        }
    }
    given.entry("AutoVerifiedAttributes").or_insert(Value::Null);
    if !slots.is_empty() {
        given.insert("LambdaConfig".to_owned(), slots.into());
    }
    for name in FIXED {
        if let Some(value) = before.get(name) {
            given.insert(name.to_owned(), value.clone());
        }
    }
    given
}

/// The triggers that a `LambdaConfig` names, and its slots that this pool does not fire.
fn triggers(settings: &PoolSettings, config: &Map<String, Value>) -> (Triggers, Map<String, Value>) {
    let mut rest = config.clone();
    // An ARN of this place is a function's plain name here.
    let prefix = format!("arn:aws:lambda:{}:000000000000:function:", settings.region());
    let name = |value: Value| {
        let arn = value.as_str().filter(|arn| !arn.is_empty())?;
        Some(arn.strip_prefix(&prefix).unwrap_or(arn).to_owned())
    };
    let mut slot = |slot: &str| rest.remove(slot).and_then(name);
    let mut triggers = Triggers {
        pre_sign_up: slot("PreSignUp"),
        post_confirmation: slot("PostConfirmation"),
        pre_token_generation: slot("PreTokenGeneration"),
        define_auth_challenge: slot("DefineAuthChallenge"),
        create_auth_challenge: slot("CreateAuthChallenge"),
        verify_auth_challenge: slot("VerifyAuthChallengeResponse"),
        pre_token_version: PreTokenVersion::V1,
        ..settings.triggers.clone()
    };
    if let Some(Value::Object(mut config)) = rest.remove("PreTokenGenerationConfig") {
        triggers.pre_token_generation = config.remove("LambdaArn").and_then(name);
        triggers.pre_token_version = match config.get("LambdaVersion").and_then(Value::as_str) {
            Some("V3_0") => PreTokenVersion::V3,
            Some("V2_0") => PreTokenVersion::V2,
            _ => PreTokenVersion::V1,
        };
    }
    (triggers, rest)
}
