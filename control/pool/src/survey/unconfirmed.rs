//! Deleting users who signed up long ago and never confirmed: an address that somebody registered who does not own it waits there
//! for its owner's careless click.

use aws_sdk_cognitoidentityprovider::Client;
use domain::{PoolId, Sub, UserName};
use jiff::Timestamp;

use super::users::user_now;
use super::{UserStatus, code, pause};
use crate::PoolError;
use crate::region::in_region;

/// What became of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// Deleted.
    Deleted,
    /// Was gone before.
    Gone,
    /// Stays: confirmed meanwhile, newer, or somebody else by now.
    Kept,
}

/// Deletes a user who, read once more just before, is still that one, still unconfirmed and of before `limit`. Cognito knows no
/// condition on a deletion: who confirms between these two calls is deleted and signs up again.
pub async fn forget_unconfirmed(
    client: &Client,
    pool: &PoolId,
    (name, sub): (&UserName, &Sub),
    limit: Timestamp,
) -> Result<Forgotten, PoolError> {
    pause().await;
    let Some(now) = user_now(client, pool, name).await? else { return Ok(Forgotten::Gone) };
    if now.sub != *sub || now.status != UserStatus::Unconfirmed || now.created >= limit {
        return Ok(Forgotten::Kept);
    }
    match client
        .admin_delete_user()
        .user_pool_id(pool.as_ref())
        .username(now.user_name.as_ref())
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
    {
        Ok(_) => Ok(Forgotten::Deleted),
        Err(error) if code(&error) == Some("UserNotFoundException") => Ok(Forgotten::Gone),
        Err(error) => Err(PoolError::of("AdminDeleteUser", &error)),
    }
}
