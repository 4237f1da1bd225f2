//! Create auth challenge: the question itself (Amazon Cognito, "Create auth challenge Lambda trigger").

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::challenge::{Attempt, not_configured};
use super::invoke::{call, unrecognizable};
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// For the caller.
    pub(crate) public: BTreeMap<String, String>,
    /// For the verify trigger alone.
    pub(crate) private: BTreeMap<String, String>,
    /// For the session's history.
    pub(crate) metadata: Option<String>,
}

pub(crate) async fn fire(
    service: &Service,
    pool: &Pool,
    attempt: &Attempt<'_>,
    challenge: &str,
) -> Result<Question, ApiError> {
    let triggers = pool.settings().triggers;
    let function = triggers.create_auth_challenge.as_ref().ok_or_else(not_configured)?;
    let mut request = attempt.request();
    request.insert("challengeName".to_owned(), json!(challenge));
    request.insert("session".to_owned(), attempt.session());
    let response =
        json!({ "publicChallengeParameters": null, "privateChallengeParameters": null, "challengeMetadata": null });
    let event = attempt.event(pool, "CreateAuthChallenge_Authentication", &request, &response);
    read(&call(service, pool, &triggers, function, "CreateAuthChallenge", &event).await?)
}

fn read(response: &Value) -> Result<Question, ApiError> {
    let metadata = match response.get("challengeMetadata") {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.as_str().ok_or_else(unrecognizable)?.to_owned()),
    };
    Ok(Question {
        public: strings(response.get("publicChallengeParameters"))?,
        private: strings(response.get("privateChallengeParameters"))?,
        metadata,
    })
}

fn strings(value: Option<&Value>) -> Result<BTreeMap<String, String>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(fields)) => fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(unrecognizable)?.to_owned())))
            .collect(),
        Some(_) => Err(unrecognizable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_strings_alone() {
        let read =
            |public: Value| read(&json!({ "publicChallengeParameters": public })).map(|question| question.public);
        assert_eq!(read(json!({ "digits": "8" })), Ok([("digits".to_owned(), "8".to_owned())].into()));
        assert_eq!(read(json!(null)), Ok(BTreeMap::new()));
        for public in [json!({ "digits": 8 }), json!([]), json!("digits")] {
            assert_eq!(read(public.clone()), Err(unrecognizable()), "{public}");
        }
    }
}
