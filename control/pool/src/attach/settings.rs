//! Every setting of a pool, read so that it can be written back: `UpdateUserPool` resets what it is not given.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_smithy_types::body::SdkBody;
use domain::PoolId;
use serde_json::{Map, Value, json};

use super::Slots;
use crate::PoolError;
use crate::raw_answer::RawAnswer;
use crate::region::in_region;

/// Every member that `UpdateUserPool` takes, down to the last, as this version's SDK knows them (a test holds the two against each
/// other). Lists stand for each of their items, `*` for any key of a map.
pub const SETTABLE: &[&str] = &[
    "AccountRecoverySetting.RecoveryMechanisms.Name",
    "AccountRecoverySetting.RecoveryMechanisms.Priority",
    "AcrConfiguration.*.AcrValue",
    "AdminCreateUserConfig.AllowAdminCreateUserOnly",
    "AdminCreateUserConfig.InviteMessageTemplate.EmailMessage",
    "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject",
    "AdminCreateUserConfig.InviteMessageTemplate.SMSMessage",
    "AdminCreateUserConfig.UnusedAccountValidityDays",
    "AutoVerifiedAttributes",
    "DeletionProtection",
    "DeviceConfiguration.ChallengeRequiredOnNewDevice",
    "DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt",
    "EmailConfiguration.ConfigurationSet",
    "EmailConfiguration.EmailSendingAccount",
    "EmailConfiguration.From",
    "EmailConfiguration.ReplyToEmailAddress",
    "EmailConfiguration.SourceArn",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "IssuerConfiguration.Type",
    "KeyConfiguration.KeyType",
    "KeyConfiguration.KmsKeyArn",
    "LambdaConfig.CreateAuthChallenge",
    "LambdaConfig.CustomEmailSender.LambdaArn",
    "LambdaConfig.CustomEmailSender.LambdaVersion",
    "LambdaConfig.CustomMessage",
    "LambdaConfig.CustomSMSSender.LambdaArn",
    "LambdaConfig.CustomSMSSender.LambdaVersion",
    "LambdaConfig.DefineAuthChallenge",
    "LambdaConfig.InboundFederation.LambdaArn",
    "LambdaConfig.InboundFederation.LambdaVersion",
    "LambdaConfig.KMSKeyID",
    "LambdaConfig.PostAuthentication",
    "LambdaConfig.PostConfirmation",
    "LambdaConfig.PreAuthentication",
    "LambdaConfig.PreSignUp",
    "LambdaConfig.PreTokenGeneration",
    "LambdaConfig.PreTokenGenerationConfig.LambdaArn",
    "LambdaConfig.PreTokenGenerationConfig.LambdaVersion",
    "LambdaConfig.UserMigration",
    "LambdaConfig.VerifyAuthChallengeResponse",
    "MfaConfiguration",
    "Policies.PasswordPolicy.MinimumLength",
    "Policies.PasswordPolicy.PasswordHistorySize",
    "Policies.PasswordPolicy.RequireLowercase",
    "Policies.PasswordPolicy.RequireNumbers",
    "Policies.PasswordPolicy.RequireSymbols",
    "Policies.PasswordPolicy.RequireUppercase",
    "Policies.PasswordPolicy.TemporaryPasswordValidityDays",
    "Policies.SignInPolicy.AllowedFirstAuthFactors",
    "PoolName",
    "SmsAuthenticationMessage",
    "SmsConfiguration.EumsSms.CallerArn",
    "SmsConfiguration.EumsSms.ConfigurationSetName",
    "SmsConfiguration.EumsSms.ExternalId",
    "SmsConfiguration.EumsSms.InEntityId",
    "SmsConfiguration.EumsSms.InTemplateId",
    "SmsConfiguration.EumsSms.OriginationIdentity",
    "SmsConfiguration.EumsSms.Region",
    "SmsConfiguration.ExternalId",
    "SmsConfiguration.SnsCallerArn",
    "SmsConfiguration.SnsRegion",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate",
    "UserPoolAddOns.AdvancedSecurityAdditionalFlows.CustomAuthMode",
    "UserPoolAddOns.AdvancedSecurityMode",
    "UserPoolId",
    "UserPoolTags.*",
    "UserPoolTier",
    "VerificationMessageTemplate.DefaultEmailOption",
    "VerificationMessageTemplate.EmailMessage",
    "VerificationMessageTemplate.EmailMessageByLink",
    "VerificationMessageTemplate.EmailSubject",
    "VerificationMessageTemplate.EmailSubjectByLink",
    "VerificationMessageTemplate.SmsMessage",
];

/// What `DescribeUserPool` says beside that: fixed when the pool was made, or no setting at all.
const READ_ONLY: [&str; 14] = [
    "AliasAttributes",
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    "UsernameAttributes",
    "UsernameConfiguration",
];

/// A pool's settings as they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSettings {
    pool: PoolId,
    /// The pool's ARN.
    pub arn: String,
    /// What an update takes, in its words.
    input: Map<String, Value>,
    unknown: Vec<String>,
    /// `GetUserPoolMfaConfig`: second factors and passkeys have an API of their own. `None`: it could not be asked.
    mfa: Option<Value>,
}

impl PoolSettings {
    /// Of an answer of `DescribeUserPool`.
    fn of(pool: &PoolId, described: Map<String, Value>, mfa: Option<Value>) -> Result<Self, PoolError> {
        let arn = described.get("Arn").and_then(Value::as_str).ok_or(PoolError::odd(DESCRIBE, "the pool's ARN"))?;
        let arn = arn.to_owned();
        let mut input = described;
        input.retain(|name, value| !value.is_null() && !READ_ONLY.contains(&name.as_str()));
        if let Some(name) = input.remove("Name") {
            input.insert("PoolName".to_owned(), name);
        }
        input.insert("UserPoolId".to_owned(), json!(pool.as_ref()));
        let unknown = leaves(&Value::Object(input.clone())).into_iter().filter(|path| !is_settable(path)).collect();
        one_way(&mut input);
        Ok(Self { pool: pool.clone(), arn, input, unknown, mfa })
    }

    /// As described, for the tests of neighbours.
    #[cfg(test)]
    pub(super) fn for_tests(pool: &str, described: Map<String, Value>) -> Self {
        Self::of(&pool.parse().unwrap(), described, None).unwrap()
    }

    /// The account in the pool's ARN.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The pool.
    pub const fn pool(&self) -> &PoolId {
        &self.pool
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name)?.as_str()
    }

    /// The functions in the slots.
    pub fn slots(&self) -> Slots {
        Slots::of(self.input.get("LambdaConfig"))
    }

    /// Settings that this version does not know, which an update could lose.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether Cognito's second factors could be read.
    pub const fn knows_factors(&self) -> bool {
        self.mfa.is_some()
    }

    /// The whole update that puts these functions into the slots and keeps everything else.
    pub fn update(&self, slots: &Slots) -> Value {
        let mut input = self.input.clone();
        // Left out, they stay: Terraform's provider leaves them out of every update, too. A list without AWS's own tags, which nobody may
        // write, was never seen on a pool that has such.
        input.remove(TAGS);
        // Never left out, even where it is empty: left out, and empty, are one to Cognito, and this way it is seen.
        input.insert("LambdaConfig".to_owned(), slots.to_json());
        Value::Object(input)
    }

    /// The update that brings back what was read, slots included, and tags where all of them can be written.
    pub fn restore(&self) -> Value {
        let mut update = self.update(&self.slots());
        let tags = self.input.get(TAGS).and_then(Value::as_object);
        if let (Some(tags), Some(update)) = (tags, update.as_object_mut())
            && !tags.keys().any(|name| name.starts_with("aws:"))
        {
            update.insert(TAGS.to_owned(), Value::Object(tags.clone()));
        }
        update
    }

    /// Everything but the slots.
    fn compared(&self) -> Value {
        let mut input = self.input.clone();
        input.remove("LambdaConfig");
        Value::Object(input)
    }

    /// What is not as it was, slots apart: the names of settings. What one of the two does not know is not compared.
    pub fn changed(&self, after: &Self) -> Vec<String> {
        let (before, now) = (self.compared(), after.compared());
        let mut names = Vec::new();
        differ("", &tidy(&before), &tidy(&now), &mut names);
        if let (Some(before), Some(now)) = (&self.mfa, &after.mfa) {
            differ("MFA", &tidy(before), &tidy(now), &mut names);
        }
        names
    }

    /// Whether nothing at all is different, slots included.
    pub fn is_as(&self, now: &Self) -> bool {
        self.changed(now).is_empty() && self.slots() == now.slots()
    }
}

const TAGS: &str = "UserPoolTags";
const DESCRIBE: &str = "DescribeUserPool";

/// Reads a pool's settings.
pub async fn read(cognito: &Client, pool: &PoolId) -> Result<PoolSettings, PoolError> {
    let raw = RawAnswer::default();
    cognito
        .describe_user_pool()
        .user_pool_id(pool.as_ref())
        .customize()
        .config_override(in_region(pool))
        .interceptor(raw.clone())
        .send()
        .await
        .map_err(|error| PoolError::of(DESCRIBE, &error))?;
    let mut body = raw.take().unwrap_or_default();
    let Some(Value::Object(described)) = body.get_mut("UserPool").map(Value::take) else {
        return Err(PoolError::odd(DESCRIBE, "the pool"));
    };
    let raw = RawAnswer::default();
    let factors = cognito
        .get_user_pool_mfa_config()
        .user_pool_id(pool.as_ref())
        .customize()
        .config_override(in_region(pool))
        .interceptor(raw.clone())
        .send()
        .await;
    PoolSettings::of(pool, described, factors.ok().and_then(|_| raw.take()))
}

/// Writes an update as it is: byte for byte what [`PoolSettings::update`] says. Cognito knows no condition on it.
pub async fn write(cognito: &Client, pool: &PoolId, update: &Value) -> Result<(), PoolError> {
    let body = update.to_string();
    cognito
        .update_user_pool()
        .user_pool_id(pool.as_ref())
        .customize()
        .config_override(in_region(pool))
        .mutate_request(move |request| {
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body.as_str());
        })
        .send()
        .await
        .map(|_| ())
        .map_err(|error| PoolError::of("UpdateUserPool", &error))
}

/// An answer may say a thing twice that a request may say once.
fn one_way(input: &mut Map<String, Value>) {
    // "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays" is Cognito's answer to both,
    // though it describes both; the former is what counts as soon as there is one (API reference, AdminCreateUserConfigType).
    let days = input.get("Policies").and_then(|all| all.pointer("/PasswordPolicy/TemporaryPasswordValidityDays"));
    if days.and_then(Value::as_u64).is_some_and(|days| days > 0)
        && let Some(config) = input.get_mut("AdminCreateUserConfig").and_then(Value::as_object_mut)
    {
        config.remove("UnusedAccountValidityDays");
    }
}

fn is_settable(path: &str) -> bool {
    SETTABLE.iter().any(|known| {
        let mut known = known.split('.');
        let map = known.clone().any(|part| part == "*");
        // The keys of a map are the pool owner's words, dots included.
        if map {
            let first = known.next();
            return path.split('.').next() == first && {
                let last = known.next_back().filter(|last| *last != "*");
                last.is_none_or(|last| path.ends_with(&format!(".{last}")))
            };
        }
        known.eq(path.split('.'))
    })
}

/// The paths of everything that is said, lists taken as their items.
pub(crate) fn leaves(value: &Value) -> BTreeSet<String> {
    fn walk(path: &str, value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                    walk(&below(path, name), member, into);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for item in items {
                    walk(path, item, into);
                }
            }
            _ => {
                into.insert(path.to_owned());
            }
        }
    }
    let mut paths = BTreeSet::new();
    walk("", value, &mut paths);
    paths
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Without what says nothing, so that an empty list and none are alike. `DeviceConfiguration` says something by being there.
fn tidy(value: &Value) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            let kept = members.iter().map(|(name, member)| (name.clone(), tidy(member)));
            kept.filter(|(name, member)| name == "DeviceConfiguration" && !member.is_null() || !empty(member)).collect()
        }
        other => other.clone(),
    }
}

fn differ(path: &str, before: &Value, after: &Value, names: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let all: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in all {
                let member = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or(Value::Null);
                differ(&below(path, name), &member(one), &member(other), names);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.iter().all(Value::is_string) => {
            // Sets, in whatever order: attributes, factors.
            let set = |items: &[Value]| items.iter().map(Value::to_string).collect::<BTreeSet<_>>();
            if set(one) != set(other) {
                names.push(path.to_owned());
            }
        }
        _ if before != after => names.push(path.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(described: Value) -> PoolSettings {
        let Value::Object(mut described) = described else { panic!("an object") };
        described.insert("Arn".to_owned(), json!("arn:aws:cognito-idp:eu-central-1:123456789012:userpool/x"));
        PoolSettings::of(&"eu-central-1_test".parse().unwrap(), described, None).unwrap()
    }

    #[test]
    fn what_a_later_cognito_adds_is_noticed_at_any_depth() {
        let known = settings(json!({
            "Id": "eu-central-1_test", "Name": "people", "SchemaAttributes": [{ "Name": "email", "Anything": 1 }],
            "UserPoolTags": { "cost.center": "7" }, "AcrConfiguration": { "Level1": { "AcrValue": "a" } },
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
            "NewThing": null,
        }));
        assert_eq!(known.unknown(), [""; 0]);
        let later = settings(json!({
            "NewThing": false, "Policies": { "PasswordPolicy": { "MinimumLength": 8, "Breached": true } },
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "x", "Weight": 1 }] },
            "AcrConfiguration": { "Level1": { "AcrValue": "a", "Other": 1 } },
        }));
        assert_eq!(
            later.unknown(),
            [
                "AccountRecoverySetting.RecoveryMechanisms.Weight",
                "AcrConfiguration.Level1.Other",
                "NewThing",
                "Policies.PasswordPolicy.Breached"
            ]
        );
    }

    #[test]
    fn what_is_said_twice_goes_back_once() {
        let both = json!({
            "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 3 } },
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 3 },
        });
        let update = settings(both).update(&Slots::default());
        assert_eq!(update.pointer("/AdminCreateUserConfig"), Some(&json!({ "AllowAdminCreateUserOnly": false })));
        let old = json!({ "AdminCreateUserConfig": { "UnusedAccountValidityDays": 3 } });
        let update = settings(old).update(&Slots::default());
        assert_eq!(update.pointer("/AdminCreateUserConfig/UnusedAccountValidityDays"), Some(&json!(3)));
    }

    #[test]
    fn tags_are_not_written_and_a_lost_one_is_noticed_even_if_it_is_of_aws() {
        let tagged = |tags: Value| settings(json!({ "UserPoolTags": tags }));
        let before = tagged(json!({ "team": "people", "aws:cloudformation:stack-name": "x" }));
        assert_eq!(before.update(&Slots::default()).get("UserPoolTags"), None);
        assert_eq!(before.restore().get("UserPoolTags"), None, "not all of them can be written");
        let lost = before.changed(&tagged(json!({ "team": "people" })));
        assert_eq!(lost, ["UserPoolTags.aws:cloudformation:stack-name"]);
        let own = json!({ "team": "people" });
        assert_eq!(tagged(own.clone()).restore().get("UserPoolTags"), Some(&own));
    }

    #[test]
    fn a_false_goes_back_as_false_and_a_change_has_a_name() {
        let device = json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false });
        let before =
            settings(json!({ "DeviceConfiguration": device, "AutoVerifiedAttributes": ["email", "phone_number"] }));
        assert_eq!(before.update(&Slots::default()).pointer("/DeviceConfiguration"), Some(&device));
        let same = settings(json!({
            "DeviceConfiguration": device, "AutoVerifiedAttributes": ["phone_number", "email"], "UserPoolTags": {},
        }));
        assert_eq!(before.changed(&same), [""; 0]);
        let lost = settings(json!({ "AutoVerifiedAttributes": ["email"], "MfaConfiguration": "OFF" }));
        assert_eq!(before.changed(&lost), ["AutoVerifiedAttributes", "DeviceConfiguration", "MfaConfiguration"]);
        let emptied =
            settings(json!({ "DeviceConfiguration": {}, "AutoVerifiedAttributes": ["email", "phone_number"] }));
        let gone = settings(json!({ "AutoVerifiedAttributes": ["email", "phone_number"] }));
        assert_eq!(emptied.changed(&gone), ["DeviceConfiguration"], "remembered by being there");
    }
}
