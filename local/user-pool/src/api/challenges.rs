//! `RespondToAuthChallenge` and its administrators' twin: answers to challenges.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::{Parameters, admin_pool, parameter, result};
use super::{Answer, attributes, by_srp, custom};
use crate::client::Client;
use crate::error::ApiError;
use crate::password::Password;
use crate::pool::Pool;
use crate::server::Service;
use crate::session::{Awaited, Person, Session};
use crate::tokens::{self, SignIn, later};
use crate::triggers::Metadata;
use crate::triggers::pre_token_generation::Source;
use crate::user::{Status, User};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Respond {
    #[serde(default)]
    user_pool_id: Option<String>,
    client_id: String,
    challenge_name: String,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
    #[serde(default)]
    client_metadata: Option<Metadata>,
}

/// An answer on its way to its challenge.
pub(super) struct Response<'a> {
    pub(super) client: &'a Client,
    pub(super) session: Option<&'a str>,
    /// `USERNAME`, as it was sent.
    pub(super) username: &'a str,
    pub(super) fields: &'a Parameters,
    pub(super) metadata: Option<&'a Metadata>,
}

impl Response<'_> {
    /// Uses up the session that this answers.
    pub(super) fn take_session(&self, service: &Service, pool: &Pool, challenge: &str) -> Result<Session, ApiError> {
        let session = self.session.ok_or_else(|| ApiError::missing("Session"))?;
        let now = service.clock.now();
        pool.contents().take_session(session, &self.client.id, self.username, challenge, now)
    }
}

pub(super) async fn respond(service: &Service, input: Respond) -> Answer {
    let pool = service.pool_of_client(&input.client_id)?;
    answer(service, &pool, &input).await
}

pub(super) async fn admin_respond(service: &Service, input: Respond) -> Answer {
    let pool = admin_pool(service, input.user_pool_id.as_deref())?;
    answer(service, &pool, &input).await
}

async fn answer(service: &Service, pool: &Pool, input: &Respond) -> Answer {
    let client = pool.client(&input.client_id)?;
    let fields = &input.challenge_responses;
    let username = parameter(fields, "USERNAME")?;
    client.check_secret_hash(fields.get("SECRET_HASH").map(String::as_str), username)?;
    let response = Response {
        client: &client,
        session: input.session.as_deref(),
        username,
        fields,
        metadata: input.client_metadata.as_ref(),
    };
    match input.challenge_name.as_str() {
        "NEW_PASSWORD_REQUIRED" => new_password(service, pool, &response).await,
        "PASSWORD_VERIFIER" => by_srp::respond(service, pool, &response).await,
        "CUSTOM_CHALLENGE" => custom::respond(service, pool, &response).await,
        other => Err(ApiError::invalid_parameter(format!(
            "{other} is not part of this local user pool; it asks NEW_PASSWORD_REQUIRED, PASSWORD_VERIFIER and \
             CUSTOM_CHALLENGE."
        ))),
    }
}

/// Asks something: the answer that carries a challenge, with a new session that waits for it.
pub(super) fn ask(
    service: &Service,
    pool: &Pool,
    client: &Client,
    person: Person,
    awaits: Awaited,
    parameters: &Value,
) -> Value {
    let mut question = json!({ "ChallengeName": awaits.challenge(), "ChallengeParameters": parameters });
    // SRP without a chain has no session: the secret block is all that comes back (seen on real pools).
    let id = if let Awaited::Password { exchange, history: None } = &awaits {
        exchange.block()
    } else {
        let id = service.random.secret();
        if let Some(question) = question.as_object_mut() {
            question.insert("Session".to_owned(), json!(id));
        }
        id
    };
    let now = service.clock.now();
    let expires = later(now, client.settings.session_seconds());
    let session = Session { person, client_id: client.id.clone(), expires, awaits };
    pool.contents().put_session(id, session, now);
    question
}

pub(super) fn ask_for_new_password(service: &Service, pool: &Pool, client: &Client, user: &User) -> Value {
    let mut shown = user.attributes.clone();
    shown.retain(|name, _| client.settings.may_read(name));
    let parameters = json!({
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": "[]",
        "userAttributes": json!(shown).to_string(),
    });
    ask(service, pool, client, Person::Known(user.username.clone()), Awaited::NewPassword, &parameters)
}

async fn new_password(service: &Service, pool: &Pool, response: &Response<'_>) -> Answer {
    let new_password = parameter(response.fields, "NEW_PASSWORD")?;
    let written: BTreeMap<String, String> = response
        .fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("userAttributes.")?.to_owned(), value.clone())))
        .collect();
    attributes::check_writable(response.client, &written)?;
    attributes::check(pool, &written)?;
    pool.settings().password_policy.check(new_password)?;
    let session = response.take_session(service, pool, "NEW_PASSWORD_REQUIRED")?;
    // The password counts from here on, even if the trigger then refuses tokens.
    let user = set_new_password(service, pool, &session, new_password, &written)?;
    // Cognito issues tokens here, also inside CUSTOM_AUTH: the rest of the chain is skipped (amazon-cognito-identity-js
    // #341), and only pre token generation sees it, by its source.
    let how = SignIn::by_api(Source::NewPasswordChallenge, response.metadata);
    Ok(result(&tokens::sign_in(service, pool, response.client, &user, how).await?))
}

fn set_new_password(
    service: &Service,
    pool: &Pool,
    session: &Session,
    new_password: &str,
    written: &BTreeMap<String, String>,
) -> Result<User, ApiError> {
    let mut contents = pool.contents();
    let user = match &session.person {
        Person::Known(username) => contents.users.get_mut(username),
        Person::Unknown { .. } => None,
    };
    let user = user.ok_or_else(|| ApiError::not_authorized("Invalid session for the user."))?;
    user.password = Some(Password::new(pool.id(), &user.username, new_password, &service.random));
    user.temporary_password_expires = None;
    user.status = Status::Confirmed;
    user.modified = service.clock.now();
    for (name, value) in written {
        user.set(name, value);
    }
    Ok(user.clone())
}
