//! Define auth challenge: what comes next in a custom sign-in (Amazon Cognito, "Define auth challenge Lambda trigger").

use serde_json::{Value, json};

use super::challenge::{Attempt, not_configured};
use super::invoke::{call, unrecognizable};
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;

/// What the function decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    IssueTokens,
    Fail,
    Challenge(String),
}

pub(crate) async fn fire(service: &Service, pool: &Pool, attempt: &Attempt<'_>) -> Result<Decision, ApiError> {
    let triggers = pool.settings().triggers;
    let function = triggers.define_auth_challenge.as_ref().ok_or_else(not_configured)?;
    let mut request = attempt.request();
    request.insert("session".to_owned(), attempt.session());
    let response = json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null });
    let event = attempt.event(pool, "DefineAuthChallenge_Authentication", &request, &response);
    read(&call(service, pool, &triggers, function, "DefineAuthChallenge", &event).await?)
}

/// A function that decides nothing is unreadable: Cognito's words for it are not documented, these are its general ones.
fn read(response: &Value) -> Result<Decision, ApiError> {
    let flag = |name: &str| match response.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value.as_bool().ok_or_else(unrecognizable),
    };
    let (tokens, fail) = (flag("issueTokens")?, flag("failAuthentication")?);
    let challenge = match response.get("challengeName") {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.as_str().ok_or_else(unrecognizable)?).filter(|name| !name.is_empty()),
    };
    // Which one counts where several are said is not documented: the stricter one does here.
    match (fail, tokens, challenge) {
        (true, _, _) => Ok(Decision::Fail),
        (false, true, _) => Ok(Decision::IssueTokens),
        (false, false, Some(name)) => Ok(Decision::Challenge(name.to_owned())),
        (false, false, None) => Err(unrecognizable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_decided() {
        let custom = || Ok(Decision::Challenge("CUSTOM_CHALLENGE".to_owned()));
        for (response, decision) in [
            (json!({ "issueTokens": true }), Ok(Decision::IssueTokens)),
            (json!({ "issueTokens": true, "failAuthentication": true }), Ok(Decision::Fail)),
            (json!({ "failAuthentication": true, "challengeName": "CUSTOM_CHALLENGE" }), Ok(Decision::Fail)),
            (json!({ "challengeName": "CUSTOM_CHALLENGE" }), custom()),
            (
                json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": null }),
                custom(),
            ),
            (json!({}), Err(unrecognizable())),
            (json!({ "challengeName": "" }), Err(unrecognizable())),
            (json!({ "challengeName": 1 }), Err(unrecognizable())),
            (json!({ "issueTokens": "true" }), Err(unrecognizable())),
        ] {
            assert_eq!(read(&response), decision, "{response}");
        }
    }
}
