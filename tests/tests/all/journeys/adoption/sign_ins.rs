//! The people whom the story follows sign in at every app client: what each gets.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cognitoidentityprovider as cognito;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito::error::ProvideErrorMetadata;
use cognito::types::{AuthFlowType, AuthenticationResultType};
use domain::Refusal;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::Place;
use super::people::{PASSWORD, Person};

/// What is another one in every token.
const OF_THE_MOMENT: [&str; 6] = ["iat", "exp", "auth_time", "jti", "origin_jti", "event_id"];
/// What our triggers say.
pub(super) const OURS: [&str; 7] =
    ["tenant_id", "tenant_slug", "tenant_tier", "member_id", "roles", "permissions", "https://aws.amazon.com/tags"];
const AT_ONCE: usize = 4;

/// What somebody gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Got {
    /// Tokens: the claims of the ID and of the access token that last.
    Tokens([Map<String, Value>; 2]),
    /// A refusal of ours.
    Refused(Refusal),
    /// A refusal of the pool itself.
    Not(String),
}

/// By person and by app client, counted as they are listed.
pub(super) type Round = BTreeMap<(usize, usize), Got>;

/// Everybody signs in everywhere.
pub(super) async fn round(place: &Place, people: &[Person]) -> Round {
    let waiting = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut trying = JoinSet::new();
    for (who, person) in people.iter().enumerate() {
        for (at, client) in place.clients.iter().enumerate() {
            let (sdk, client, address) = (place.sdk.clone(), client.clone(), person.address.clone());
            let waiting = Arc::clone(&waiting);
            trying.spawn(async move {
                let _turn = waiting.acquire_owned().await.unwrap();
                ((who, at), sign_in(&sdk, &client, &address).await)
            });
        }
    }
    let mut round = Round::new();
    while let Some(tried) = trying.join_next().await {
        round.extend([tried.unwrap()]);
    }
    round
}

async fn sign_in(sdk: &cognito::Client, client: &str, address: &str) -> Got {
    let initiate = sdk.initiate_auth().client_id(client).auth_flow(AuthFlowType::UserPasswordAuth);
    match initiate.auth_parameters("USERNAME", address).auth_parameters("PASSWORD", PASSWORD).send().await {
        Ok(answer) => tokens(answer.authentication_result().unwrap()),
        Err(error) => {
            let words = format!("{} {}", error.code().unwrap_or_default(), error.message().unwrap_or_default());
            // Grounds wrap the sentence each in their own way; the code stands in brackets at its end.
            let ours = Refusal::ALL.into_iter().find(|refusal| words.contains(&format!("({})", refusal.code())));
            ours.map_or_else(|| Got::Not(words.trim().to_owned()), Got::Refused)
        }
    }
}

fn tokens(result: &AuthenticationResultType) -> Got {
    Got::Tokens([result.id_token(), result.access_token()].map(|token| {
        let payload = BASE64_URL_SAFE_NO_PAD.decode(token.unwrap().split('.').nth(1).unwrap()).unwrap();
        let mut claims: Map<String, Value> = serde_json::from_slice(&payload).unwrap();
        claims.retain(|name, _| !OF_THE_MOMENT.contains(&name.as_str()));
        claims
    }))
}

impl Got {
    /// The same tokens without what our triggers say.
    pub(super) fn without_ours(&self) -> Self {
        let mut got = self.clone();
        if let Self::Tokens(tokens) = &mut got {
            for claims in tokens {
                claims.retain(|name, _| !OURS.contains(&name.as_str()));
            }
        }
        got
    }

    /// A claim that both tokens say alike.
    pub(super) fn both_say(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Tokens([id, access]) => id.get(name).filter(|value| access.get(name) == Some(*value)),
            _ => None,
        }
    }

    /// Whether any token says anything that our triggers say.
    pub(super) fn speaks_of_a_tenant(&self) -> bool {
        *self != self.without_ours()
    }
}
