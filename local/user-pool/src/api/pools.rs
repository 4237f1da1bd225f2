//! `DescribeUserPool`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Answer;
use crate::server::Service;
use crate::settings::{PoolSettings, PreTokenVersion};
use crate::wire::seconds;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Describe {
    user_pool_id: String,
}

pub(super) fn describe(service: &Service, input: &Describe) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let settings = pool.settings();
    let count = pool.contents().users.len();
    let verify: &[&str] = if settings.verify_before_update { &["email"] } else { &[] };
    let mut wire = json!({
        "Id": pool.id(),
        "Name": settings.name,
        "Arn": pool.arn(),
        "CreationDate": seconds(pool.created),
        "LastModifiedDate": seconds(pool.created),
        "EstimatedNumberOfUsers": count,
        "Policies": { "PasswordPolicy": settings.password_policy },
        "LambdaConfig": lambda_config(&settings),
        "UsernameAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "UsernameConfiguration": { "CaseSensitive": false },
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": verify },
        // The one way of saying it is shown in the other, too.
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": settings.admin_create_only,
            "UnusedAccountValidityDays": settings.password_policy.temporary_password_validity_days,
        },
        "MfaConfiguration": "OFF",
        "DeletionProtection": "INACTIVE",
        "UserPoolTier": "ESSENTIALS",
        "SchemaAttributes": schema(&settings),
    });
    merge(&mut wire, &Value::Object(settings.shown.clone()));
    Ok(json!({ "UserPool": wire }))
}

/// `GetUserPoolMfaConfig`: what has an API of its own, and the rest as `DescribeUserPool` shows it.
pub(super) fn factors(service: &Service, input: &Describe) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut factors = pool.settings().factors;
    let shown = describe(service, input)?;
    let shown = |name: &str| shown.get("UserPool").and_then(|pool| pool.get(name)).cloned();
    factors.insert("MfaConfiguration".to_owned(), shown("MfaConfiguration").unwrap_or_else(|| json!("OFF")));
    if let Some(sms) = shown("SmsConfiguration") {
        let message = shown("SmsAuthenticationMessage").unwrap_or(Value::Null);
        let sms = json!({ "SmsAuthenticationMessage": message, "SmsConfiguration": sms });
        factors.insert("SmsMfaConfiguration".to_owned(), sms);
    }
    Ok(factors.into())
}

/// Objects are merged, null takes away, everything else replaces (RFC 7396).
fn merge(into: &mut Value, from: &Value) {
    let (Value::Object(fields), Value::Object(changes)) = (&mut *into, from) else {
        *into = from.clone();
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn lambda_config(settings: &PoolSettings) -> Value {
    let arn = |function: &str| {
        // A name that is an ARN already stays one.
        if function.starts_with("arn:") {
            function.to_owned()
        } else {
            format!("arn:aws:lambda:{}:000000000000:function:{function}", settings.region())
        }
    };
    let triggers = &settings.triggers;
    let mut config = Map::new();
    for (name, function) in [
        ("PreSignUp", &triggers.pre_sign_up),
        ("PostConfirmation", &triggers.post_confirmation),
        ("DefineAuthChallenge", &triggers.define_auth_challenge),
        ("CreateAuthChallenge", &triggers.create_auth_challenge),
        ("VerifyAuthChallengeResponse", &triggers.verify_auth_challenge),
    ] {
        if let Some(function) = function {
            config.insert(name.to_owned(), json!(arn(function)));
        }
    }
    if let Some(function) = &triggers.pre_token_generation {
        let version = match triggers.pre_token_version {
            PreTokenVersion::V1 => "V1_0",
            PreTokenVersion::V2 => "V2_0",
            PreTokenVersion::V3 => "V3_0",
        };
        config.insert("PreTokenGeneration".to_owned(), json!(arn(function)));
        config.insert(
            "PreTokenGenerationConfig".to_owned(),
            json!({ "LambdaArn": arn(function), "LambdaVersion": version }),
        );
    }
    config.into()
}

fn schema(settings: &PoolSettings) -> Value {
    let mut attributes = vec![
        json!({ "Name": "sub", "AttributeDataType": "String", "Mutable": false, "Required": true }),
        json!({ "Name": "email", "AttributeDataType": "String", "Mutable": true, "Required": true }),
        json!({ "Name": "email_verified", "AttributeDataType": "Boolean", "Mutable": true, "Required": false }),
        json!({ "Name": "name", "AttributeDataType": "String", "Mutable": true, "Required": false }),
    ];
    attributes.extend(settings.custom_attributes.iter().map(|name| {
        json!({ "Name": format!("custom:{name}"), "AttributeDataType": "String", "Mutable": true, "Required": false })
    }));
    attributes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_otherwise_is_merged() {
        let mut wire =
            json!({ "LambdaConfig": { "PreSignUp": "a" }, "MfaConfiguration": "OFF", "UsernameAttributes": ["email"] });
        merge(
            &mut wire,
            &json!({ "LambdaConfig": { "UserMigration": "b" }, "MfaConfiguration": "ON", "UsernameAttributes": null }),
        );
        let merged = json!({ "LambdaConfig": { "PreSignUp": "a", "UserMigration": "b" }, "MfaConfiguration": "ON" });
        assert_eq!(wire, merged);
    }
}
