//! A call of a function as the pool will call it, before anybody's sign-in depends on it.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use domain::{ClientId, PoolId};
use serde_json::{Value, json};

use super::FunctionArn;
use super::function::{FunctionError, failed, in_region};
use crate::survey::{PreTokenVersion, Trigger};

const CALL: &str = "lambda:InvokeFunction";
/// Nobody has this `sub`, and nobody's mailbox is at a domain of this ending (RFC 2606).
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const ADDRESS: &str = "nobody@tenantry.invalid";

/// Calls a function with an event of nobody's at a client that only observes. Where all is well, the event comes back as it was: then the
/// function runs, reads the table that says so, and changes nothing. `Some`: what it said instead.
pub async fn probe(
    lambda: &Client,
    function: &FunctionArn,
    trigger: Trigger,
    version: PreTokenVersion,
    pool: &PoolId,
    client: &ClientId,
) -> Result<Option<String>, FunctionError> {
    let event = event(trigger, version, pool, client);
    let name = FunctionArn { qualifier: None, ..function.clone() };
    let answer = lambda
        .invoke()
        .function_name(name.to_string())
        .set_qualifier(function.qualifier.clone())
        .log_type(LogType::Tail)
        .payload(Blob::new(event.to_string()))
        .customize()
        .config_override(in_region(function))
        .send()
        .await
        .map_err(|error| failed(CALL, function, &error))?;
    let broke = answer.log_result.as_deref().and_then(broke);
    let body: Value = answer.payload.and_then(|body| serde_json::from_slice(body.as_ref()).ok()).unwrap_or_default();
    if answer.function_error.is_some() {
        let said = body.get("errorMessage").and_then(Value::as_str).unwrap_or("an error without words");
        return Ok(Some(said.chars().take(300).collect()));
    }
    if body != event {
        return Ok(Some("an answer that is not the event as it was".to_owned()));
    }
    Ok(broke)
}

/// What the end of a function's log says of a call that broke. Post confirmation gives the event back even then (`ANSWERS_WHEN_BROKEN`), so
/// its answer alone says nothing of the table.
fn broke(log: &str) -> Option<String> {
    let log = aws_smithy_types::base64::decode(log).ok()?;
    let log = String::from_utf8_lossy(&log);
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line.get(line.find('{')?..)?).ok());
    lines.rev().find_map(|line| {
        let fields = line.get("fields").unwrap_or(&line);
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        (text("message") == Some("broken") || text("decision") == Some("broken")).then(|| {
            let cause: String = text("cause").unwrap_or("no cause is given").chars().take(300).collect();
            format!("the event as it was, though its log says that it broke: {cause}")
        })
    })
}

fn event(trigger: Trigger, version: PreTokenVersion, pool: &PoolId, client: &ClientId) -> Value {
    let attributes = json!({ "sub": NOBODY, "email": ADDRESS, "email_verified": "false" });
    let groups = json!({ "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null });
    let (number, source, mut request, response) = match trigger {
        Trigger::PreSignUp => (
            "1",
            "PreSignUp_SignUp",
            json!({ "validationData": null }),
            json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false }),
        ),
        Trigger::PostConfirmation => ("1", "PostConfirmation_ConfirmSignUp", json!({}), json!({})),
        Trigger::PreTokenGeneration => {
            let number = match version {
                PreTokenVersion::V1 => "1",
                PreTokenVersion::V2 => "2",
                PreTokenVersion::V3 => "3",
            };
            let response = if version == PreTokenVersion::V1 {
                json!({ "claimsOverrideDetails": null })
            } else {
                json!({ "claimsAndScopeOverrideDetails": null })
            };
            let request = json!({ "groupConfiguration": groups, "scopes": ["openid"] });
            (number, "TokenGeneration_Authentication", request, response)
        }
        Trigger::DefineAuthChallenge => (
            "1",
            "DefineAuthChallenge_Authentication",
            json!({ "session": [] }),
            json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null }),
        ),
        Trigger::CreateAuthChallenge => (
            "1",
            "CreateAuthChallenge_Authentication",
            json!({ "challengeName": "CUSTOM_CHALLENGE", "session": [] }),
            json!({
                "publicChallengeParameters": null, "privateChallengeParameters": null, "challengeMetadata": null,
            }),
        ),
        _ => (
            "1",
            "VerifyAuthChallengeResponse_Authentication",
            json!({ "privateChallengeParameters": {}, "challengeAnswer": "0" }),
            json!({ "answerCorrect": null }),
        ),
    };
    if let Some(request) = request.as_object_mut() {
        request.insert("userAttributes".to_owned(), attributes);
    }
    let region = pool.as_ref().split_once('_').map_or("", |(region, _)| region);
    json!({
        "version": number, "triggerSource": source, "region": region, "userPoolId": pool.as_ref(), "userName": NOBODY,
        "callerContext": { "awsSdkVersion": "tenantctl", "clientId": client.as_ref() },
        "request": request, "response": response,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_answers_although_it_broke_is_found_out_by_its_log() {
        let log = |line: &str| {
            let text = format!(
                "START RequestId: 1 Version: $LATEST\n{line}\nEND RequestId: 1\nREPORT RequestId: 1 Duration: 3 ms"
            );
            broke(&aws_smithy_types::base64::encode(text))
        };
        let line = r#"{"level":"WARN","message":"broken","trigger":"post_confirmation","code":"TRY_AGAIN","cause":"no such table"}"#;
        assert!(log(line).is_some_and(|said| said.ends_with("no such table")), "{:?}", log(line));
        assert_eq!(log(r#"{"level":"INFO","message":"answered","decision":"observed"}"#), None);
        assert_eq!(log("{"), None);
        assert_eq!(broke("no base64!"), None);
    }
}
