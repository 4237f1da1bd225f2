//! Pre sign-up: may this person start, and is he confirmed at once? (Amazon Cognito, "Pre sign-up Lambda trigger")

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::event::{Envelope, add_metadata};
use super::invoke::{call, unrecognizable};
use super::{Metadata, NO_CLIENT};
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;

/// How the person comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    SignUp,
    AdminCreateUser,
    ExternalProvider,
}

/// What the event tells about the person, who is not stored yet.
pub(crate) struct Candidate<'a> {
    pub(crate) source: Source,
    pub(crate) username: &'a str,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) attributes: &'a BTreeMap<String, String>,
    pub(crate) validation_data: Option<&'a BTreeMap<String, String>>,
    pub(crate) metadata: Option<&'a Metadata>,
}

/// What the function decided. A pool without the trigger decides nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) auto_confirm: bool,
    pub(crate) auto_verify_email: bool,
}

pub(crate) async fn fire(service: &Service, pool: &Pool, candidate: &Candidate<'_>) -> Result<Decision, ApiError> {
    let triggers = pool.settings().triggers;
    let Some(function) = &triggers.pre_sign_up else { return Ok(Decision::default()) };
    let response = call(service, pool, &triggers, function, "PreSignUp", &event(pool, candidate)).await?;
    let flag = |name: &str| match response.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value.as_bool().ok_or_else(unrecognizable),
    };
    let decision = Decision { auto_confirm: flag("autoConfirmUser")?, auto_verify_email: flag("autoVerifyEmail")? };
    flag("autoVerifyPhone")?;
    if decision.auto_verify_email && !candidate.attributes.contains_key("email") {
        return Err(ApiError::user_lambda_validation(
            "PreSignUp failed with error: User attribute email is required to auto verify it.",
        ));
    }
    // An administrator's user and a federated one are confirmed by other means: the flags do nothing there.
    Ok(if candidate.source == Source::SignUp { decision } else { Decision::default() })
}

fn event(pool: &Pool, candidate: &Candidate<'_>) -> Value {
    let source = match candidate.source {
        Source::SignUp => "PreSignUp_SignUp",
        Source::AdminCreateUser => "PreSignUp_AdminCreateUser",
        Source::ExternalProvider => "PreSignUp_ExternalProvider",
    };
    let mut attributes = candidate.attributes.clone();
    let mut validation_data = json!(candidate.validation_data);
    if candidate.source == Source::ExternalProvider {
        attributes.insert("cognito:email_alias".to_owned(), String::new());
        attributes.insert("cognito:phone_number_alias".to_owned(), String::new());
        validation_data = json!({});
    }
    let mut request = Map::new();
    request.insert("userAttributes".to_owned(), json!(attributes));
    request.insert("validationData".to_owned(), validation_data);
    add_metadata(&mut request, candidate.metadata);
    Envelope {
        version: "1",
        source,
        pool,
        username: candidate.username,
        client_id: candidate.client_id.unwrap_or(NO_CLIENT),
    }
    .event(&request, &json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false }))
}
