//! What sets the same slots by other tools, for teams whose pools are kept as code.

use serde::Serialize;
use serde_json::Value;

use super::{FunctionArn, PoolSettings};
use crate::survey::{PreTokenVersion, Trigger};

/// A function for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which slot.
    pub trigger: Trigger,
    /// Which function.
    pub function: FunctionArn,
}

/// The same by other tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snippets {
    /// For an app of the AWS CDK.
    pub cdk: String,
    /// For Terraform.
    pub terraform: String,
    /// For a shell.
    pub cli: String,
}

impl Snippets {
    /// For these functions; `update` is the whole update of the pool.
    pub fn of(pool: &PoolSettings, wanted: &[Wanted], version: PreTokenVersion, update: &Value, prefix: &str) -> Self {
        Self { cdk: cdk(pool, prefix), terraform: terraform(pool, wanted, version), cli: cli(pool, wanted, update) }
    }
}

fn cdk(pool: &PoolSettings, prefix: &str) -> String {
    format!(
        "\
// The functions, and the permission of each alias for this pool. The pool is none of the stack's, so its slots are set by
// `tenantctl attach --apply`, which keeps everything else in it.
const triggers = new TenantTriggers(this, \"Triggers\", {{ functionsPrefix: \"{prefix}\", table, code }});
new AdoptedPool(this, \"AdoptedPool\", {{
  triggers,
  userPoolArn: \"{}\",
}});
",
        pool.arn
    )
}

fn terraform(pool: &PoolSettings, wanted: &[Wanted], version: PreTokenVersion) -> String {
    use std::fmt::Write as _;
    let mut text = "\
# In the resource that has the pool already. Whatever else it sets stays there: Terraform, too, resets what it is not told.
resource \"aws_cognito_user_pool\" \"people\" {
  lambda_config {
"
    .to_owned();
    for Wanted { trigger, function } in wanted {
        let _ = match trigger {
            Trigger::PreTokenGeneration => write!(
                text,
                "    pre_token_generation_config {{\n      lambda_arn     = \"{function}\"\n      lambda_version = \"{}\"\n    }}\n",
                version.word()
            ),
            other => writeln!(text, "    {} = \"{function}\"", terraform_slot(*other)),
        };
    }
    text.push_str("  }\n}\n");
    for Wanted { trigger, function } in wanted {
        let label = trigger.name().replace('-', "_");
        let _ = write!(
            text,
            "\nresource \"aws_lambda_permission\" \"tenantry_{label}\" {{\n  statement_id   = \"tenantry-{}\"\n  action         = \
             \"lambda:InvokeFunction\"\n  function_name  = \"{}\"\n",
            pool.pool(),
            function.name
        );
        if let Some(qualifier) = &function.qualifier {
            let _ = writeln!(text, "  qualifier      = \"{qualifier}\"");
        }
        let _ = write!(
            text,
            "  principal      = \"cognito-idp.amazonaws.com\"\n  source_arn     = \"{}\"\n  source_account = \"{}\"\n}}\n",
            pool.arn,
            pool.account()
        );
    }
    text
}

const fn terraform_slot(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::PreSignUp => "pre_sign_up",
        Trigger::PostConfirmation => "post_confirmation",
        Trigger::PreTokenGeneration => "pre_token_generation",
        Trigger::DefineAuthChallenge => "define_auth_challenge",
        Trigger::CreateAuthChallenge => "create_auth_challenge",
        Trigger::VerifyAuthChallenge => "verify_auth_challenge_response",
        Trigger::UserMigration => "user_migration",
        Trigger::InboundFederation => "inbound_federation",
    }
}

fn cli(pool: &PoolSettings, wanted: &[Wanted], update: &Value) -> String {
    use std::fmt::Write as _;
    let region = pool.arn.split(':').nth(3).unwrap_or_default();
    let mut text =
        "# First let people pass whose app clients were never bound, then the permissions, the slots last.\n"
            .to_owned();
    let _ = writeln!(text, "tenantctl pool observe-unbound {}", pool.pool());
    for Wanted { function, .. } in wanted {
        let _ =
            write!(text, "aws lambda add-permission --region {} --function-name {}", function.region, function.name);
        if let Some(qualifier) = &function.qualifier {
            let _ = write!(text, " --qualifier '{qualifier}'");
        }
        let _ = write!(
            text,
            " \\\n  --statement-id tenantry-{} --action lambda:InvokeFunction \\\n  --principal cognito-idp.amazonaws.com --source-account {} \
             \\\n  --source-arn {}\n",
            pool.pool(),
            pool.account(),
            pool.arn
        );
    }
    let json = serde_json::to_string_pretty(update).unwrap_or_default();
    // Nothing expands in a quoted here-document; a line of the JSON is never the end, which has no quote, bracket or brace in it.
    let _ = write!(
        text,
        "# Every setting of the pool as it was read just now: whoever changes one meanwhile is overwritten.\n\
         cat > update.json <<'TENANTRY_UPDATE'\n{json}\nTENANTRY_UPDATE\n\
         aws cognito-idp update-user-pool --region {region} --cli-input-json file://update.json\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attach::Slots;

    #[test]
    fn what_is_printed_for_a_shell_is_the_whole_update() {
        let arn = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_test";
        let message = "it's $HOME `id` {####}\nTENANTRY_UPDATE\n";
        let described = json!({ "Arn": arn, "Name": "people", "SmsAuthenticationMessage": message });
        let Value::Object(described) = described else { panic!("an object") };
        let pool = PoolSettings::for_tests("eu-central-1_test", described);
        let wanted: Vec<Wanted> = Trigger::OURS
            .into_iter()
            .map(|trigger| Wanted { trigger, function: FunctionArn::beside(&pool, trigger.name(), Some("live")) })
            .collect();
        let mut slots = Slots::default();
        for one in &wanted {
            slots.put(one.trigger, &one.function.to_string(), PreTokenVersion::V2);
        }
        let update = pool.update(&slots);
        let snippets = Snippets::of(&pool, &wanted, PreTokenVersion::V2, &update, "tenantry");
        let json =
            snippets.cli.split("<<'TENANTRY_UPDATE'\n").nth(1).unwrap().split("\nTENANTRY_UPDATE\n").next().unwrap();
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), update, "nothing in it ends the document early");
        assert_eq!(snippets.cli.matches("aws lambda add-permission").count(), 6);
        assert_eq!(snippets.cli.matches("--source-account 123456789012").count(), 6);
        assert_eq!(snippets.terraform.matches("source_account = \"123456789012\"").count(), 6);
        assert!(snippets.terraform.contains("verify_auth_challenge_response = \"arn:aws:lambda:eu-central-1:"));
        assert!(snippets.terraform.contains("lambda_version = \"V2_0\""));
        assert!(snippets.cdk.contains(arn));
    }
}
