//! Whether a function's resource policy lets a user pool call it.

use serde::Serialize;
use serde_json::Value;

/// What a policy says to a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// It may call, and a statement names it and its account.
    Yes,
    /// It may call by a statement that does not name pool and account: others may, too (AWS Lambda, "confused deputy").
    Loosely,
    /// Nothing lets it call.
    No,
    /// A statement forbids it, or may forbid it under a condition that is not understood here.
    Denied,
}

/// What this policy says to this pool. A condition that is not understood allows nothing and forbids everything.
pub fn allowed(policy: &str, pool_arn: &str, account: &str) -> Allowed {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return Allowed::No };
    let statements = policy.get("Statement").map(many).unwrap_or_default();
    let mut best = Allowed::No;
    for statement in
        statements.into_iter().filter(|statement| speaks_to_cognito(statement) && is_of_invoking(statement))
    {
        let conditions = Conditions::of(statement, pool_arn, account);
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            if conditions.may_hold {
                return Allowed::Denied;
            }
        } else if conditions.holds {
            best = match (best, conditions.names_both) {
                (Allowed::Yes, _) | (_, true) => Allowed::Yes,
                _ => Allowed::Loosely,
            };
        }
    }
    best
}

fn many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.map(many).unwrap_or_default().into_iter().filter_map(Value::as_str).collect()
}

fn speaks_to_cognito(statement: &Value) -> bool {
    match statement.get("Principal") {
        Some(Value::String(all)) => all == "*" || all == COGNITO,
        Some(one) => {
            texts(one.get("Service")).into_iter().any(|service| service == COGNITO)
                || texts(one.get("AWS")).contains(&"*")
        }
        None => false,
    }
}

const COGNITO: &str = "cognito-idp.amazonaws.com";

fn is_of_invoking(statement: &Value) -> bool {
    texts(statement.get("Action")).into_iter().any(|action| like(&action.to_ascii_lowercase(), "lambda:invokefunction"))
}

struct Conditions {
    holds: bool,
    may_hold: bool,
    names_both: bool,
}

impl Conditions {
    fn of(statement: &Value, pool_arn: &str, account: &str) -> Self {
        let mut found = Self { holds: true, may_hold: true, names_both: false };
        let (mut arn, mut owner) = (false, false);
        let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
        for (operator, keys) in operators {
            for (key, value) in keys.as_object().into_iter().flatten() {
                let operator = operator.to_ascii_lowercase();
                let exactly = matches!(operator.as_str(), "stringequals" | "arnequals" | "stringlike" | "arnlike");
                let given = match key.to_ascii_lowercase().as_str() {
                    "aws:sourcearn" => pool_arn,
                    "aws:sourceaccount" => account,
                    _ => "",
                };
                if !exactly || given.is_empty() {
                    // Not understood: it may hold or not.
                    found.holds = false;
                    continue;
                }
                // ArnEquals takes wildcards as ArnLike does (IAM user guide, "ARN condition operators").
                let wild = operator != "stringequals";
                let matches = |pattern: &str| if wild { like(pattern, given) } else { pattern == given };
                let some = texts(Some(value)).into_iter().any(matches);
                found.holds &= some;
                found.may_hold &= some;
                arn |= given == pool_arn && texts(Some(value)) == [pool_arn];
                owner |= given == account;
            }
        }
        found.names_both = arn && owner;
        found
    }
}

/// IAM's wildcards: `*` and `?`.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Which beginnings of the text the pattern so far matches.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let before = reached.clone();
        for (position, is) in reached.iter_mut().enumerate() {
            let one_back = position.checked_sub(1);
            let previous = one_back.and_then(|at| before.get(at)).copied().unwrap_or(false);
            *is = match wanted {
                '*' => before.iter().take(position + 1).any(|known| *known),
                '?' => previous,
                other => previous && one_back.and_then(|at| text.get(at)) == Some(&other),
            };
        }
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POOL: &str = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbCdEf";
    const ACCOUNT: &str = "123456789012";

    fn statement(effect: &str, condition: &Value) -> Value {
        json!({
            "Effect": effect, "Principal": { "Service": COGNITO }, "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:f:live", "Condition": condition,
        })
    }

    #[test]
    fn a_pool_may_call_where_a_statement_says_so_of_it() {
        let both = json!({ "ArnLike": { "AWS:SourceArn": POOL }, "StringEquals": { "AWS:SourceAccount": ACCOUNT } });
        let arn_alone = json!({ "ArnLike": { "AWS:SourceArn": POOL } });
        let any_pool = json!({
            "ArnLike": { "AWS:SourceArn": "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*" },
            "StringEquals": { "AWS:SourceAccount": ACCOUNT },
        });
        let other_pool = json!({ "ArnLike": { "AWS:SourceArn": format!("{POOL}x") } });
        let other_account = json!({
            "ArnLike": { "AWS:SourceArn": POOL }, "StringEquals": { "AWS:SourceAccount": "999999999999" },
        });
        let odd = json!({ "Bool": { "aws:SecureTransport": "true" } });
        for (name, statements, expected) in [
            ("named", vec![statement("Allow", &both)], Allowed::Yes),
            ("account not named", vec![statement("Allow", &arn_alone)], Allowed::Loosely),
            ("every pool of the account", vec![statement("Allow", &any_pool)], Allowed::Loosely),
            ("anybody", vec![statement("Allow", &json!({}))], Allowed::Loosely),
            ("another pool", vec![statement("Allow", &other_pool)], Allowed::No),
            ("another account", vec![statement("Allow", &other_account)], Allowed::No),
            ("a condition nobody knows", vec![statement("Allow", &odd)], Allowed::No),
            ("nothing", vec![], Allowed::No),
            ("the better of two", vec![statement("Allow", &arn_alone), statement("Allow", &both)], Allowed::Yes),
            ("forbidden", vec![statement("Allow", &both), statement("Deny", &arn_alone)], Allowed::Denied),
            ("perhaps forbidden", vec![statement("Allow", &both), statement("Deny", &odd)], Allowed::Denied),
            ("another is forbidden", vec![statement("Allow", &both), statement("Deny", &other_pool)], Allowed::Yes),
        ] {
            let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            assert_eq!(allowed(&policy, POOL, ACCOUNT), expected, "{name}");
        }
        let mut elsewhere = statement("Allow", &both);
        *elsewhere.pointer_mut("/Principal/Service").unwrap() = json!("s3.amazonaws.com");
        assert_eq!(allowed(&json!({ "Statement": elsewhere }).to_string(), POOL, ACCOUNT), Allowed::No);
        assert_eq!(allowed("nonsense", POOL, ACCOUNT), Allowed::No);
    }

    #[test]
    fn wildcards_are_iams() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("lambda:*", "lambda:invokefunction", true),
            ("lambda:invoke*", "lambda:invokefunction", true),
            ("", "a", false),
            ("é*", "éa", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
