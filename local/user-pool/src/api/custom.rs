//! `CUSTOM_AUTH`: the pool asks define auth challenge what comes next until there are tokens or a refusal.

use serde_json::json;

use super::Answer;
use super::auth::{Parameters, parameter, result};
use super::by_srp::{self, ask_for_password};
use super::challenges::{Response, ask, ask_for_new_password};
use crate::client::Client;
use crate::error::ApiError;
use crate::password::invented_id;
use crate::pool::Pool;
use crate::server::Service;
use crate::session::{Awaited, Person};
use crate::srp::Exchange;
use crate::tokens::{self, SignIn};
use crate::triggers::challenge::{Answered, Attempt};
use crate::triggers::create_auth_challenge::Question;
use crate::triggers::define_auth_challenge::Decision;
use crate::triggers::pre_token_generation::Source;
use crate::triggers::{Metadata, create_auth_challenge, define_auth_challenge, verify_auth_challenge};
use crate::user::{Status, User};

/// A custom sign-in under way.
struct Chain<'a> {
    service: &'a Service,
    pool: &'a Pool,
    client: &'a Client,
    person: Person,
    metadata: Option<&'a Metadata>,
}

/// `ClientMetadata` of `InitiateAuth` reaches none of the triggers.
pub(super) async fn start(service: &Service, pool: &Pool, client: &Client, parameters: &Parameters) -> Answer {
    let username = parameter(parameters, "USERNAME")?;
    client.check_secret_hash(parameters.get("SECRET_HASH").map(String::as_str), username)?;
    let person = person(pool, client, username)?;
    let chain = Chain { service, pool, client, person, metadata: None };
    if parameters.get("CHALLENGE_NAME").is_some_and(|name| name == "SRP_A") {
        let exchange = by_srp::begin(service, pool, &chain.person, parameters)?;
        return chain.next(vec![passed("SRP_A")], Some(exchange)).await;
    }
    if let Person::Known(username) = &chain.person {
        may_start(&pool.user(username)?)?;
    }
    chain.next(Vec::new(), None).await
}

fn passed(name: &'static str) -> Answered {
    Answered { name, correct: true, metadata: None }
}

/// What follows a proven password: a temporary one must be changed, and then there are tokens without the rest of the
/// chain (amazon-cognito-identity-js #341).
pub(super) async fn after_password(
    service: &Service,
    pool: &Pool,
    response: &Response<'_>,
    user: &User,
    mut history: Vec<Answered>,
) -> Answer {
    if user.status == Status::ForceChangePassword {
        return Ok(ask_for_new_password(service, pool, response.client, user));
    }
    history.push(passed("PASSWORD_VERIFIER"));
    let person = Person::Known(user.username.clone());
    let chain = Chain { service, pool, client: response.client, person, metadata: response.metadata };
    chain.next(history, None).await
}

/// Who is meant; nobody is played where the client hides whether a user exists.
pub(super) fn person(pool: &Pool, client: &Client, username: &str) -> Result<Person, ApiError> {
    match pool.user(username) {
        Ok(user) => Ok(Person::Known(user.username)),
        Err(_) if client.settings.hides_users() => {
            Ok(Person::Unknown { typed: username.to_owned(), invented: invented_id(pool, username) })
        }
        Err(error) => Err(error),
    }
}

/// Without a password nothing is proven yet, so the state of the account is told as Cognito tells it at the start.
fn may_start(user: &User) -> Result<(), ApiError> {
    match user.status {
        _ if !user.enabled => Err(ApiError::not_authorized("User is disabled.")),
        Status::Unconfirmed => Err(ApiError::user_not_confirmed("User is not confirmed.")),
        Status::ResetRequired => Err(ApiError::password_reset_required("Password reset required for the user")),
        // A provider's user signs in through managed login alone.
        Status::ExternalProvider => Err(ApiError::bad_credentials()),
        Status::Confirmed | Status::ForceChangePassword => Ok(()),
    }
}

/// The answer to a custom challenge: verified by the function, then the next step.
pub(super) async fn respond(service: &Service, pool: &Pool, response: &Response<'_>) -> Answer {
    let answer = parameter(response.fields, "ANSWER")?;
    let session = response.take_session(service, pool, "CUSTOM_CHALLENGE")?;
    let Awaited::Custom { mut history, private, metadata, exchange } = session.awaits else {
        return Err(ApiError::not_authorized("Invalid session for the user."));
    };
    let chain = Chain { service, pool, client: response.client, person: session.person, metadata: response.metadata };
    let user = chain.user()?;
    let attempt = chain.attempt(user.as_ref(), &history);
    let correct = verify_auth_challenge::fire(service, pool, &attempt, &private, answer).await?;
    history.push(Answered { name: "CUSTOM_CHALLENGE", correct, metadata });
    chain.next(history, exchange).await
}

impl Chain<'_> {
    /// The user as he is now: a chain takes minutes.
    fn user(&self) -> Result<Option<User>, ApiError> {
        let Person::Known(username) = &self.person else { return Ok(None) };
        let user = self.pool.user(username)?;
        if user.enabled { Ok(Some(user)) } else { Err(ApiError::not_authorized("User is disabled.")) }
    }

    fn attempt<'a>(&'a self, user: Option<&'a User>, session: &'a [Answered]) -> Attempt<'a> {
        let username = match &self.person {
            Person::Known(username) => username,
            Person::Unknown { typed, .. } => typed,
        };
        Attempt { user, username, client: self.client, session, metadata: self.metadata }
    }

    async fn next(self, history: Vec<Answered>, exchange: Option<Exchange>) -> Answer {
        let user = self.user()?;
        let attempt = self.attempt(user.as_ref(), &history);
        match define_auth_challenge::fire(self.service, self.pool, &attempt).await? {
            Decision::Fail => Err(ApiError::bad_credentials()),
            Decision::IssueTokens => {
                // Whatever the function says, nobody gets tokens.
                let user = self.user()?.ok_or_else(ApiError::bad_credentials)?;
                let how = SignIn::by_api(Source::Authentication, self.metadata);
                Ok(result(&tokens::sign_in(self.service, self.pool, self.client, &user, how).await?))
            }
            Decision::Challenge(name) if name == "CUSTOM_CHALLENGE" => {
                let question = create_auth_challenge::fire(self.service, self.pool, &attempt, &name).await?;
                let mut parameters = question.public;
                parameters.insert("USERNAME".to_owned(), self.person.shown().to_owned());
                let Question { private, metadata, .. } = question;
                let awaits = Awaited::Custom { history, private, metadata, exchange };
                Ok(ask(self.service, self.pool, self.client, self.person, awaits, &json!(parameters)))
            }
            Decision::Challenge(name) if name == "PASSWORD_VERIFIER" => {
                let exchange = exchange.ok_or_else(|| {
                    ApiError::invalid_lambda_response("DefineAuthChallenge asked for a password without SRP_A.")
                })?;
                Ok(ask_for_password(self.service, self.pool, self.client, self.person, exchange, Some(history)))
            }
            // MFA and devices are not part of this pool.
            Decision::Challenge(name) => Err(ApiError::invalid_lambda_response(format!(
                "DefineAuthChallenge asked for {name}, which this local user pool does not have."
            ))),
        }
    }
}
