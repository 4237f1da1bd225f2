//! App clients: Create-, Describe-, Update-, `DeleteUserPoolClient`, `ListUserPoolClients`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client_rules::{Candidate, check};
use super::{Answer, read};
use crate::client::ClientSettings;
use crate::error::ApiError;
use crate::server::Service;
use crate::settings::ClientSeed;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    user_pool_id: String,
    #[serde(default)]
    generate_secret: bool,
}

pub(super) fn create(service: &Service, body: &[u8]) -> Answer {
    let Create { user_pool_id, generate_secret } = read(body)?;
    let settings: ClientSettings = read(body)?;
    let pool = service.pool(&user_pool_id)?;
    if settings.client_name.is_empty() {
        return Err(ApiError::missing("ClientName"));
    }
    check(&pool, &Candidate { settings: &settings, has_secret: generate_secret, doing: "creating" })?;
    let keys = pool.add_client(ClientSeed { generate_secret, settings, ..ClientSeed::default() });
    Ok(json!({ "UserPoolClient": pool.client(&keys.client_id)?.to_wire(pool.id()) }))
}

/// A pool and an app client of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    user_pool_id: String,
    client_id: String,
}

pub(super) fn describe(service: &Service, input: &Named) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    Ok(json!({ "UserPoolClient": pool.client(&input.client_id)?.to_wire(pool.id()) }))
}

/// Resets what it is not given, as Cognito does; the id, the secret and the name stay.
pub(super) fn update(service: &Service, body: &[u8]) -> Answer {
    let Named { user_pool_id, client_id } = read(body)?;
    let mut settings: ClientSettings = read(body)?;
    let pool = service.pool(&user_pool_id)?;
    let has_secret = pool.client(&client_id)?.secret.is_some();
    check(&pool, &Candidate { settings: &settings, has_secret, doing: "updating" })?;
    let wire = {
        let mut contents = pool.contents();
        let client = contents.clients.get_mut(&client_id).ok_or_else(|| ApiError::no_such_client(&client_id))?;
        if settings.client_name.is_empty() {
            settings.client_name.clone_from(&client.settings.client_name);
        }
        client.settings = settings;
        client.modified = service.clock.now();
        client.to_wire(pool.id())
    };
    Ok(json!({ "UserPoolClient": wire }))
}

/// The client's tokens end with it.
pub(super) fn delete(service: &Service, input: &Named) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    contents.clients.remove(&input.client_id).ok_or_else(|| ApiError::no_such_client(&input.client_id))?;
    contents.grants.retain(|_, grant| grant.client_id != input.client_id);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: String,
    #[serde(default)]
    max_results: Option<usize>,
    #[serde(default)]
    next_token: Option<String>,
}

/// A page in the order of the ids; the token is the last id of the page before.
pub(super) fn list(service: &Service, input: &List) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let limit = input.max_results.filter(|limit| *limit > 0).unwrap_or(60).min(60);
    let contents = pool.contents();
    let mut rest =
        contents.clients.values().filter(|client| input.next_token.as_ref().is_none_or(|after| client.id > *after));
    let page: Vec<Value> = rest
        .by_ref()
        .take(limit)
        .map(|client| {
            json!({ "ClientId": client.id, "ClientName": client.settings.client_name, "UserPoolId": pool.id() })
        })
        .collect();
    let last = page.last().and_then(|client| client.get("ClientId")).cloned();
    let mut answer = json!({ "UserPoolClients": page });
    if let (Some(_), Some(last), Some(answer)) = (rest.next(), last, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), last);
    }
    Ok(answer)
}
