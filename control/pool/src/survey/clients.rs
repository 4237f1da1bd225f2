//! The app clients of a pool.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use domain::{ClientId, PoolId};

use super::error::code;
use super::{SurveyError, in_region_of};
use crate::AppClient;

/// The ids of every app client of a pool.
pub async fn client_ids(client: &Client, pool: &PoolId) -> Result<BTreeSet<ClientId>, SurveyError> {
    const CALL: &str = "ListUserPoolClients";
    let mut ids = BTreeSet::new();
    let mut from = None;
    loop {
        let page = client
            .list_user_pool_clients()
            .user_pool_id(pool.as_ref())
            .max_results(60)
            .set_next_token(from)
            .customize()
            .config_override(in_region_of(pool))
            .send()
            .await
            .map_err(|error| SurveyError::of(CALL, &error))?;
        for found in page.user_pool_clients.unwrap_or_default() {
            let id = found.client_id.and_then(|id| id.parse().ok());
            ids.insert(id.ok_or(SurveyError::Odd { call: CALL, missing: "a client's id" })?);
        }
        from = page.next_token;
        if from.is_none() {
            return Ok(ids);
        }
    }
}

/// Reads an app client's settings. `None`: it is gone.
pub async fn app_client(client: &Client, pool: &PoolId, id: &ClientId) -> Result<Option<AppClient>, SurveyError> {
    const CALL: &str = "DescribeUserPoolClient";
    let answer = client
        .describe_user_pool_client()
        .user_pool_id(pool.as_ref())
        .client_id(id.as_ref())
        .customize()
        .config_override(in_region_of(pool))
        .send()
        .await;
    match answer {
        Ok(answer) => {
            let found = answer.user_pool_client.ok_or(SurveyError::Odd { call: CALL, missing: "the client" })?;
            Ok(Some(AppClient::of(&found)))
        }
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(SurveyError::of(CALL, &error)),
    }
}
