//! What sets the same slots by other tools, for teams whose pools are kept as code.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{FunctionArn, PoolSettings, Slots};
use crate::plain_json;
use crate::survey::{PreTokenVersion, Trigger};

/// A function for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which slot.
    pub trigger: Trigger,
    /// Which function.
    pub function: FunctionArn,
    /// There is a statement of ours that does not let the pool in: it goes first.
    pub replace: bool,
}

/// The same by other tools. Empty where there is nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Snippets {
    /// For an app of the AWS CDK.
    pub cdk: String,
    /// For Terraform.
    pub terraform: String,
    /// For a shell.
    pub cli: String,
}

/// What the texts are made of.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The pool as it is.
    pub pool: &'a PoolSettings,
    /// Our functions, for the slots that are or become ours.
    pub wanted: &'a [Wanted],
    /// All slots as they are to be: ours, and whatever else is in them.
    pub target: &'a Slots,
    /// The version of the pre token generation event.
    pub version: PreTokenVersion,
    /// What our functions' names begin with.
    pub prefix: &'a str,
    /// The table has to let clients pass first that were never bound.
    pub observe_unbound: bool,
    /// How to call this command line, with whatever says which table.
    pub tenantctl: &'a str,
    /// What looks at the pool afterwards.
    pub look: &'a str,
    /// Why it cannot be done yet.
    pub in_the_way: Option<&'a str>,
}

impl Snippets {
    /// The texts. What is in the way takes the place of lines that somebody could run.
    pub fn of(asked: Asked<'_>) -> Self {
        let text = |of: fn(Asked<'_>) -> String| match asked.in_the_way {
            _ if asked.wanted.is_empty() => String::new(),
            Some(why) => format!("# Not yet: {why}\n"),
            None => of(asked),
        };
        Self { cdk: cdk(asked), terraform: text(terraform), cli: text(cli) }
    }
}

fn cdk(Asked { pool, prefix, version, tenantctl, .. }: Asked<'_>) -> String {
    let version = version.word().trim_end_matches("_0");
    format!(
        "\
// A pool that this app does not make: the functions, and the permission of each alias for it. Its slots are set by
// `tenantctl attach --apply`, which keeps everything else in it.
const triggers = new TenantTriggers(this, \"Triggers\", {{ functionsPrefix: \"{prefix}\", table, code }});
new AdoptedPool(this, \"AdoptedPool\", {{
  triggers,
  userPoolArn: \"{arn}\",
}});

// A pool that this app makes (`pool`, a cognito.UserPool): not AdoptedPool, and not `tenantctl attach`, whose slots the pool's next change would take
// out again. First `{tenantctl} pool observe-unbound {id}`, or clients that were never bound are refused. Functions that
// `lambdaTriggers` or `addTrigger` put into the same slots have to call ours first (docs/wrap.md): these lines replace them. To go back, take this line out.
triggers.attachTo(pool, \"{version}\");
",
        arn = pool.arn,
        id = pool.pool(),
    )
}

fn terraform(Asked { pool, wanted, target, observe_unbound, tenantctl, .. }: Asked<'_>) -> String {
    let label = |one: &Wanted| format!("tenantry_{}", one.trigger.name().replace('-', "_"));
    let permissions: Vec<String> =
        wanted.iter().map(|one| format!("    aws_lambda_permission.{},\n", label(one))).collect();
    let mut text = String::new();
    if observe_unbound {
        let _ = write!(
            text,
            "# Before `terraform apply`, or everybody is refused whose app client was never bound:\n#   {tenantctl} pool observe-unbound {}\n",
            pool.pool()
        );
    }
    let _ = write!(
        text,
        "\
# Then these slots are Terraform's: go back here too, by taking our functions out of lambda_config first and the permissions in a later apply.
# (`tenantctl detach` empties the slots at once; the next apply would put them back.)
resource \"aws_cognito_user_pool\" \"people\" {{
  # In the resource that has the pool already. Whatever else it sets stays there: Terraform, too, resets what it is not told.

  # No slot is set before the pool may call what is in it.
  depends_on = [
{}  ]

  # All of it: what is in the pool now, and ours.
  lambda_config {{
{}  }}
}}
",
        permissions.concat(),
        lambda_config(target)
    );
    for one in wanted {
        let function = &one.function;
        let _ = write!(
            text,
            "\nresource \"aws_lambda_permission\" \"{}\" {{\n  statement_id   = \"tenantry-tf-{}\"\n  action         = \
             \"lambda:InvokeFunction\"\n  function_name  = \"{}\"\n",
            label(one),
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

/// Every member, in Terraform's words.
fn lambda_config(target: &Slots) -> String {
    let config = target.to_json();
    let mut text = String::new();
    for (name, value) in config.as_object().into_iter().flatten() {
        // The provider sets the member of old by itself where the other is given.
        if name == "PreTokenGeneration" && config.get("PreTokenGenerationConfig").is_some() {
            continue;
        }
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(quoted);
        let _ = match (terraform_name(name), value.as_str()) {
            (Some(known), Some(arn)) => writeln!(text, "    {known} = {}", quoted(arn)),
            (Some(known), None) => writeln!(
                text,
                "    {known} {{\n      lambda_arn     = {}\n      lambda_version = {}\n    }}",
                member("LambdaArn").unwrap_or_default(),
                member("LambdaVersion").unwrap_or_default()
            ),
            (None, _) => writeln!(
                text,
                "    # {} is set, too ({}). If your provider has no argument for it, Terraform takes it out: attach otherwise then.",
                quoted(name),
                member("LambdaArn").unwrap_or_default()
            ),
        };
    }
    text
}

fn terraform_name(member: &str) -> Option<&'static str> {
    Some(match member {
        "PreSignUp" => "pre_sign_up",
        "PostConfirmation" => "post_confirmation",
        "PreTokenGeneration" => "pre_token_generation",
        "PreTokenGenerationConfig" => "pre_token_generation_config",
        "DefineAuthChallenge" => "define_auth_challenge",
        "CreateAuthChallenge" => "create_auth_challenge",
        "VerifyAuthChallengeResponse" => "verify_auth_challenge_response",
        "PreAuthentication" => "pre_authentication",
        "PostAuthentication" => "post_authentication",
        "CustomMessage" => "custom_message",
        "UserMigration" => "user_migration",
        "CustomEmailSender" => "custom_email_sender",
        "CustomSMSSender" => "custom_sms_sender",
        "KMSKeyID" => "kms_key_id",
        _ => return None,
    })
}

/// A text of Terraform's, in which nothing is a template.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

fn cli(Asked { pool, wanted, target, observe_unbound, tenantctl, look, .. }: Asked<'_>) -> String {
    let mut text = "# The permissions before the slots; it ends where something fails.\n(\nset -eu\n".to_owned();
    if observe_unbound {
        let _ = writeln!(text, "# First people pass whose app clients were never bound.");
        let _ = writeln!(text, "{tenantctl} pool observe-unbound {}", pool.pool());
    }
    for Wanted { function, replace, .. } in wanted {
        let qualifier = function.qualifier.as_ref().map(|one| format!(" --qualifier '{one}'")).unwrap_or_default();
        let of = format!("--region {} --function-name {}{qualifier}", function.region, function.name);
        let statement = format!("tenantry-{}", pool.pool());
        if *replace {
            let _ = writeln!(text, "aws lambda remove-permission {of} --statement-id {statement}");
        }
        // A second time the statement is there, and adding it would fail.
        let _ = write!(
            text,
            "aws lambda get-policy {of} --query Policy --output text 2> /dev/null |\n  grep -q '\"{statement}\"' ||\n  aws lambda \
             add-permission {of} \\\n  --statement-id {statement} --action lambda:InvokeFunction \\\n  --principal \
             cognito-idp.amazonaws.com --source-account {} \\\n  --source-arn {}\n",
            pool.account(),
            pool.arn
        );
    }
    let _ = write!(text, "{})\n# What it looks like then:\n{look}\n", write_lines(pool, &pool.update(target)));
    text
}

/// Lines for a shell that write these slots, and everything else in the pool as it is.
pub fn update_lines(pool: &PoolSettings, target: &Slots) -> String {
    format!("(\nset -eu\n{})\n", write_lines(pool, &pool.update(target)))
}

fn write_lines(pool: &PoolSettings, update: &Value) -> String {
    let region = pool.arn.split(':').nth(3).unwrap_or_default();
    let json = plain_json(&serde_json::to_string_pretty(update).unwrap_or_default());
    // Nothing expands in a quoted here-document; a line of the JSON is never the end, which has no quote, bracket or brace in it.
    format!(
        "# Every setting of the pool as it was read just now: whoever changes one meanwhile is overwritten.\n\
         umask 077\ncat > update.json <<'TENANTRY_UPDATE'\n{json}\nTENANTRY_UPDATE\n\
         aws cognito-idp update-user-pool --region {region} --cli-input-json file://update.json\n",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_test";

    fn pool(described: Value) -> PoolSettings {
        let Value::Object(mut described) = described else { panic!("an object") };
        described.insert("Arn".to_owned(), json!(ARN));
        described.insert("Name".to_owned(), json!("people"));
        PoolSettings::for_tests("eu-central-1_test", described)
    }

    fn wanted(pool: &PoolSettings, triggers: &[Trigger]) -> (Vec<Wanted>, Slots) {
        let mut target = pool.slots();
        let wanted: Vec<Wanted> = triggers
            .iter()
            .map(|trigger| {
                let function = FunctionArn::beside(pool, trigger.name(), Some("live"));
                Wanted { trigger: *trigger, function, replace: false }
            })
            .collect();
        for one in &wanted {
            target.put(one.trigger, &one.function.to_string(), PreTokenVersion::V2);
        }
        (wanted, target)
    }

    fn asked<'a>(pool: &'a PoolSettings, (wanted, target): &'a (Vec<Wanted>, Slots)) -> Asked<'a> {
        Asked {
            pool,
            wanted,
            target,
            version: PreTokenVersion::V2,
            prefix: "tenantry",
            observe_unbound: true,
            tenantctl: "tenantctl --table adopted",
            look: "tenantctl --table adopted attach --pool eu-central-1_test",
            in_the_way: None,
        }
    }

    #[test]
    fn what_is_printed_for_a_shell_is_the_whole_update_and_ends_where_something_fails() {
        let message = "it's $HOME `id` {####}\nTENANTRY_UPDATE\n\u{9b}31m\u{202e}";
        let pool = pool(json!({ "SmsAuthenticationMessage": message }));
        let ours = wanted(&pool, &Trigger::OURS);
        let snippets = Snippets::of(asked(&pool, &ours));
        let json =
            snippets.cli.split("<<'TENANTRY_UPDATE'\n").nth(1).unwrap().split("\nTENANTRY_UPDATE\n").next().unwrap();
        let update = pool.update(&ours.1);
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), update, "nothing in it ends the document early");
        assert!(!snippets.cli.contains(['\u{9b}', '\u{202e}']), "nothing in it rearranges a terminal");
        assert_eq!(snippets.cli.matches("aws lambda add-permission").count(), 6);
        assert_eq!(snippets.cli.matches("grep -q '\"tenantry-eu-central-1_test\"' ||").count(), 6);
        assert_eq!(snippets.cli.matches("--source-account 123456789012").count(), 6);
        assert!(snippets.cli.contains("\nset -eu\n"));
        assert!(snippets.cli.contains("\ntenantctl --table adopted pool observe-unbound eu-central-1_test\n"));
        let bound = Snippets::of(Asked { observe_unbound: false, ..asked(&pool, &ours) });
        assert!(!bound.cli.contains("observe-unbound") && !bound.terraform.contains("observe-unbound"));
        assert!(snippets.cdk.contains(ARN) && snippets.cdk.contains("triggers.attachTo(pool, \"V2\")"));
    }

    #[test]
    fn what_a_shell_would_do_is_what_is_written_in_the_lines() {
        let pool = pool(json!({}));
        let ours = wanted(&pool, &[Trigger::PreSignUp]);
        let lines = Snippets::of(Asked { tenantctl: "tenantctl", look: "true", ..asked(&pool, &ours) }).cli;
        let ran = |broken: &str, known: &str| {
            let folder = tempfile::tempdir().unwrap();
            let tool =
                |name: &str| format!("{name}() {{ echo {name} \"$1\" \"$2\" >> ran; [ \"$2\" != '{broken}' ]; }}\n");
            let aws = format!(
                "aws() {{ [ \"$2\" = get-policy ] && {{ {known}; return; }}; echo aws \"$2\" >> ran; [ \"$2\" != '{broken}' ]; }}\n"
            );
            let script = format!("{}{aws}{lines}", tool("tenantctl"));
            let ended = std::process::Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output();
            assert!(ended.unwrap().stderr.is_empty());
            std::fs::read_to_string(folder.path().join("ran")).unwrap().replace('\n', ";")
        };
        let all = "tenantctl pool observe-unbound;aws add-permission;aws update-user-pool;";
        assert_eq!(ran("", "false"), all);
        assert_eq!(ran("", "echo '\"tenantry-eu-central-1_test\"'"), all.replace("aws add-permission;", ""));
        assert_eq!(ran("add-permission", "false"), "tenantctl pool observe-unbound;aws add-permission;");
        assert_eq!(ran("observe-unbound", "false"), "tenantctl pool observe-unbound;");
    }

    #[test]
    fn terraform_is_told_every_slot_and_sets_none_before_its_permission() {
        let pool = pool(json!({ "LambdaConfig": {
            "PreSignUp": "arn:theirs", "CustomMessage": "arn:message", "KMSKeyID": "arn:key",
            "CustomEmailSender": { "LambdaArn": "arn:mail", "LambdaVersion": "V1_0" },
            "InboundFederation": { "LambdaArn": "arn:federation", "LambdaVersion": "V1_0" },
        } }));
        let ours = wanted(&pool, &[Trigger::PreTokenGeneration, Trigger::VerifyAuthChallenge]);
        let text = Snippets::of(asked(&pool, &ours)).terraform;
        assert!(text.starts_with("# Before `terraform apply`"), "{text}");
        for part in [
            "#   tenantctl --table adopted pool observe-unbound eu-central-1_test\n",
            "  depends_on = [\n    aws_lambda_permission.tenantry_pre_token_generation,\n",
            "    pre_sign_up = \"arn:theirs\"\n",
            "    custom_message = \"arn:message\"\n",
            "    kms_key_id = \"arn:key\"\n",
            "    custom_email_sender {\n      lambda_arn     = \"arn:mail\"\n      lambda_version = \"V1_0\"\n    }\n",
            "    # \"InboundFederation\" is set, too",
            "    verify_auth_challenge_response = \"arn:aws:lambda:eu-central-1:",
            "      lambda_version = \"V2_0\"\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("    pre_token_generation = "), "the provider sets it by itself");
        assert_eq!(text.matches("source_account = \"123456789012\"").count(), 2);
        assert_eq!(
            text.matches("statement_id   = \"tenantry-tf-eu-central-1_test\"").count(),
            2,
            "none that detach takes"
        );
    }

    #[test]
    fn nothing_is_printed_that_would_empty_slots_or_cannot_be_done_yet() {
        let pool = pool(json!({ "LambdaConfig": { "PreSignUp": "arn:theirs" } }));
        let none = wanted(&pool, &[]);
        let nothing = Snippets::of(asked(&pool, &none));
        assert_eq!((nothing.terraform.as_str(), nothing.cli.as_str()), ("", ""));
        let ours = wanted(&pool, &[Trigger::PostConfirmation]);
        let not_yet = Snippets::of(Asked { in_the_way: Some("FUNCTION_MISSING"), ..asked(&pool, &ours) });
        assert_eq!(not_yet.cli, "# Not yet: FUNCTION_MISSING\n");
        assert_eq!(not_yet.terraform, "# Not yet: FUNCTION_MISSING\n");
    }
}
