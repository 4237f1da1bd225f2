//! `USER_SRP_AUTH`, and `PASSWORD_VERIFIER` wherever it is asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::strtime::BrokenDownTime;
use num_bigint::BigUint;
use serde_json::{Value, json};

use super::Answer;
use super::auth::{Parameters, after_password, parameter};
use super::challenges::{Response, ask};
use super::custom::{self, person};
use crate::client::Client;
use crate::error::ApiError;
use crate::password::{Password, pool_name};
use crate::pool::Pool;
use crate::server::Service;
use crate::session::{Awaited, Person, Session};
use crate::srp::{Exchange, Proof};
use crate::triggers::challenge::Answered;

pub(super) fn start(service: &Service, pool: &Pool, client: &Client, parameters: &Parameters) -> Answer {
    let username = parameter(parameters, "USERNAME")?;
    client.check_secret_hash(parameters.get("SECRET_HASH").map(String::as_str), username)?;
    let person = person(pool, client, username)?;
    let exchange = begin(service, pool, &person, parameters)?;
    Ok(ask_for_password(service, pool, client, person, exchange, None))
}

/// Takes `SRP_A`. Whoever is not there, or has no password, gets an exchange that nobody can complete.
pub(super) fn begin(
    service: &Service,
    pool: &Pool,
    person: &Person,
    parameters: &Parameters,
) -> Result<Exchange, ApiError> {
    Exchange::begin(&password(pool, person)?, parameter(parameters, "SRP_A")?, &service.random)
}

fn password(pool: &Pool, person: &Person) -> Result<Password, ApiError> {
    Ok(match person {
        Person::Known(username) => pool.user(username)?.password.unwrap_or_else(|| Password::invented(pool, username)),
        Person::Unknown { typed, .. } => Password::invented(pool, typed),
    })
}

pub(super) fn ask_for_password(
    service: &Service,
    pool: &Pool,
    client: &Client,
    person: Person,
    exchange: Exchange,
    history: Option<Vec<Answered>>,
) -> Value {
    let shown = person.shown().to_owned();
    let salt = password(pool, &person).map(|password| BigUint::from_bytes_be(password.salt()).to_str_radix(16));
    let parameters = json!({
        "SALT": salt.unwrap_or_default(),
        "SRP_B": exchange.public(),
        "SECRET_BLOCK": exchange.block(),
        "USERNAME": shown,
        "USER_ID_FOR_SRP": shown,
    });
    ask(service, pool, client, person, Awaited::Password { exchange, history }, &parameters)
}

pub(super) async fn respond(service: &Service, pool: &Pool, response: &Response<'_>) -> Answer {
    let field = |name| parameter(response.fields, name);
    let signature = field("PASSWORD_CLAIM_SIGNATURE")?;
    let block = field("PASSWORD_CLAIM_SECRET_BLOCK")?;
    let timestamp = canonical(field("TIMESTAMP")?)?;
    let session = take_session(service, pool, response, block)?;
    let Awaited::Password { exchange, history } = session.awaits else {
        return Err(ApiError::not_authorized("Invalid session for the user."));
    };
    let signature = STANDARD.decode(signature).unwrap_or_default();
    // Computed for those who are not there too, and before the pool is locked: it takes a while.
    let known = password(pool, &session.person)?;
    let proof = Proof {
        pool_name: pool_name(pool.id()),
        user_id: session.person.shown(),
        timestamp: &timestamp,
        signature: &signature,
    };
    let proved = block == exchange.block() && exchange.is_proved_by(&known, &proof);
    let user = {
        let mut contents = pool.contents();
        let user = match &session.person {
            Person::Known(username) => contents.users.get_mut(username),
            Person::Unknown { .. } => None,
        };
        let user = user.ok_or_else(ApiError::bad_credentials)?;
        let hides = response.client.settings.hides_users();
        // Somebody may have changed the password meanwhile.
        user.try_password(service.clock.now(), hides, |present| proved && present.hash() == known.hash())?;
        user.clone()
    };
    match history {
        Some(history) => custom::after_password(service, pool, response, &user, history).await,
        None => after_password(service, pool, response.client, &user, response.metadata).await,
    }
}

/// A chain's session, or the one that the secret block stands for.
fn take_session(service: &Service, pool: &Pool, response: &Response<'_>, block: &str) -> Result<Session, ApiError> {
    if response.session.is_some() {
        return response.take_session(service, pool, "PASSWORD_VERIFIER");
    }
    let mut contents = pool.contents();
    let plain = contents.sessions.get(block).is_some_and(|session| session.awaits.is_plain_password());
    if !plain {
        return Err(ApiError::bad_credentials());
    }
    let now = service.clock.now();
    contents.take_session(block, &response.client.id, response.username, "PASSWORD_VERIFIER", now)
}

/// The time as Cognito writes it, which is what the proof must be over: a leading zero or a wrong weekday spoils it.
fn canonical(timestamp: &str) -> Result<String, ApiError> {
    let malformed = || ApiError::invalid_parameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.");
    let mut time = BrokenDownTime::parse("%a %b %d %H:%M:%S UTC %Y", timestamp).map_err(|_| malformed())?;
    time.set_weekday(None);
    let time = time.to_datetime().map_err(|_| malformed())?;
    Ok(time.strftime("%a %b %-d %H:%M:%S UTC %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_time_as_cognito_does() {
        for (timestamp, written) in [
            ("Tue Sep 5 09:08:07 UTC 2023", "Tue Sep 5 09:08:07 UTC 2023"),
            ("Tue Sep 05 09:08:07 UTC 2023", "Tue Sep 5 09:08:07 UTC 2023"),
            ("Mon Sep 5 09:08:07 UTC 2023", "Tue Sep 5 09:08:07 UTC 2023"),
        ] {
            assert_eq!(canonical(timestamp).as_deref(), Ok(written), "{timestamp}");
        }
        for timestamp in ["", "2023-09-05T09:08:07Z", "Tue Sep 5 09:08:07 CET 2023", "Tue Feb 31 09:08:07 UTC 2023"] {
            assert!(canonical(timestamp).is_err(), "{timestamp}");
        }
    }
}
