//! The app clients of a pool.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::UserPoolClientDescription;
use domain::{ClientId, PoolId};

use super::pause;
use crate::region::in_region;
use crate::{Described, PoolError, describe};

/// The ids of every app client of a pool.
pub async fn client_ids(client: &Client, pool: &PoolId) -> Result<BTreeSet<ClientId>, PoolError> {
    ids(client, pool, |_| true).await
}

/// One app client of many, which are read one by one at a modest pace. `None`: deleted since it was listed.
pub async fn described(client: &Client, pool: &PoolId, id: &ClientId) -> Result<Option<Described>, PoolError> {
    pause().await;
    match describe(client, &domain::Client { pool: pool.clone(), id: id.clone() }).await {
        Ok(described) => Ok(Some(described)),
        Err(PoolError::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The ids of the app clients of exactly this name.
pub async fn named(client: &Client, pool: &PoolId, name: &str) -> Result<BTreeSet<ClientId>, PoolError> {
    ids(client, pool, |found| found.client_name() == Some(name)).await
}

async fn ids(
    client: &Client,
    pool: &PoolId,
    wanted: impl Fn(&UserPoolClientDescription) -> bool,
) -> Result<BTreeSet<ClientId>, PoolError> {
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
            .config_override(in_region(pool))
            .send()
            .await
            .map_err(|error| PoolError::of(CALL, &error))?;
        for found in page.user_pool_clients.into_iter().flatten().filter(&wanted) {
            let id = found.client_id.and_then(|id| id.parse().ok());
            ids.insert(id.ok_or(PoolError::odd(CALL, "a client's id"))?);
        }
        from = page.next_token;
        if from.is_none() {
            return Ok(ids);
        }
    }
}
