//! Verify auth challenge response: is the answer right? (Amazon Cognito, "Verify auth challenge response Lambda trigger")

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::challenge::{Attempt, not_configured};
use super::invoke::{call, unrecognizable};
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;

/// Whether the function took the answer.
pub(crate) async fn fire(
    service: &Service,
    pool: &Pool,
    attempt: &Attempt<'_>,
    private: &BTreeMap<String, String>,
    answer: &str,
) -> Result<bool, ApiError> {
    let triggers = pool.settings().triggers;
    let function = triggers.verify_auth_challenge.as_ref().ok_or_else(not_configured)?;
    let mut request = attempt.request();
    request.insert("privateChallengeParameters".to_owned(), json!(private));
    request.insert("challengeAnswer".to_owned(), json!(answer));
    let source = "VerifyAuthChallengeResponse_Authentication";
    let event = attempt.event(pool, source, &request, &json!({ "answerCorrect": null }));
    let response = call(service, pool, &triggers, function, "VerifyAuthChallengeResponse", &event).await?;
    match response.get("answerCorrect") {
        None | Some(Value::Null) => Ok(false),
        Some(correct) => correct.as_bool().ok_or_else(unrecognizable),
    }
}
