//! The users of a pool, page by page: what of them matters for memberships, without their addresses.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserStatusType, UserType};
use aws_smithy_types::DateTime;
use domain::{PoolId, ProviderName, Sub, UserName};
use jiff::Timestamp;
use serde::Deserialize;

use super::{code, pause};
use crate::PoolError;
use crate::region::in_region;

const LIST: &str = "ListUsers";
const GET: &str = "AdminGetUser";

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUser {
    /// The `sub`.
    pub sub: Sub,
    /// The name that the API calls them by.
    pub user_name: UserName,
    /// How far they came.
    pub status: UserStatus,
    /// Since when they exist.
    pub created: Timestamp,
    /// Whether anything stands in `identities`, readable or not.
    pub has_identities: bool,
    /// The providers named there, in canonical form.
    pub providers: Vec<ProviderName>,
}

impl PoolUser {
    /// A native user to whom an identity of a provider was linked, who can rewrite the address.
    pub fn is_linked(&self) -> bool {
        self.has_identities && self.status != UserStatus::External
    }
}

/// `UserStatus`, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Signed up, and never confirmed.
    Unconfirmed,
    /// Comes from a provider.
    External,
    /// Any other.
    Other,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersPage {
    /// The users.
    pub users: Vec<PoolUser>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Reads at most 60 users. Whole ones: `AttributesToGet` refuses attributes that not every user has, and `identities` is one.
pub async fn users_page(client: &Client, pool: &PoolId, from: Option<String>) -> Result<UsersPage, PoolError> {
    let (found, next) = listed(client, pool, from).await?;
    let users = found.iter().map(user_of).collect::<Result<_, _>>()?;
    Ok(UsersPage { users, next })
}

/// A page as the API has it, not sooner after the one before than is modest.
pub(super) async fn listed(
    client: &Client,
    pool: &PoolId,
    from: Option<String>,
) -> Result<(Vec<UserType>, Option<String>), PoolError> {
    if from.is_some() {
        pause().await;
    }
    let page = client
        .list_users()
        .user_pool_id(pool.as_ref())
        .limit(60)
        .set_pagination_token(from)
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
        .map_err(|error| PoolError::of(LIST, &error))?;
    Ok((page.users.unwrap_or_default(), page.pagination_token))
}

/// What matters of a listed user.
pub(super) fn user_of(found: &UserType) -> Result<PoolUser, PoolError> {
    let fields = (found.username.as_deref(), found.user_status.as_ref(), found.user_create_date.as_ref());
    user(LIST, fields, found.attributes())
}

/// Whether nobody has this `sub`. `AdminGetUser` is consistent and knows native users by it; `ListUsers` finds federated ones,
/// though it may lag behind (API reference, `ListUsers`): do not ask it of somebody who is new.
pub async fn is_gone(client: &Client, pool: &PoolId, sub: &Sub) -> Result<bool, PoolError> {
    pause().await;
    match client
        .admin_get_user()
        .user_pool_id(pool.as_ref())
        .username(sub.as_ref())
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
    {
        Ok(_) => return Ok(false),
        Err(error) if code(&error) == Some("UserNotFoundException") => {}
        Err(error) => return Err(PoolError::of(GET, &error)),
    }
    let quoted = sub.as_ref().replace('\\', "\\\\").replace('"', "\\\"");
    let mut from = None;
    loop {
        let page = client
            .list_users()
            .user_pool_id(pool.as_ref())
            .filter(format!("sub = \"{quoted}\""))
            .set_pagination_token(from)
            .customize()
            .config_override(in_region(pool))
            .send()
            .await
            .map_err(|error| PoolError::of(LIST, &error))?;
        if page.users.is_some_and(|users| !users.is_empty()) {
            return Ok(false);
        }
        // A page may be empty and not the last.
        from = page.pagination_token;
        if from.is_none() {
            return Ok(true);
        }
    }
}

/// Reads one user consistently. `None`: gone.
pub(super) async fn user_now(client: &Client, pool: &PoolId, name: &UserName) -> Result<Option<PoolUser>, PoolError> {
    let found = match client
        .admin_get_user()
        .user_pool_id(pool.as_ref())
        .username(name.as_ref())
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
    {
        Ok(found) => found,
        Err(error) if code(&error) == Some("UserNotFoundException") => return Ok(None),
        Err(error) => return Err(PoolError::of(GET, &error)),
    };
    let attributes = found.user_attributes.unwrap_or_default();
    let fields = (Some(found.username.as_str()), found.user_status.as_ref(), found.user_create_date.as_ref());
    user(GET, fields, &attributes).map(Some)
}

fn user(
    call: &'static str,
    (name, status, created): (Option<&str>, Option<&UserStatusType>, Option<&DateTime>),
    attributes: &[AttributeType],
) -> Result<PoolUser, PoolError> {
    let odd = |missing| PoolError::odd(call, missing);
    let value = |name: &str| attributes.iter().find(|one| one.name == name).and_then(|one| one.value.as_deref());
    let identities = value("identities");
    let (has_identities, providers) = identities.map_or((false, Vec::new()), read_identities);
    Ok(PoolUser {
        sub: value("sub").and_then(|sub| sub.parse().ok()).ok_or_else(|| odd("a user's sub"))?,
        user_name: name.and_then(|name| name.parse().ok()).ok_or_else(|| odd("a user's name"))?,
        status: match status {
            Some(UserStatusType::Unconfirmed) => UserStatus::Unconfirmed,
            Some(UserStatusType::ExternalProvider) => UserStatus::External,
            _ => UserStatus::Other,
        },
        created: created
            .and_then(|at| Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok())
            .ok_or_else(|| odd("the date of a user's creation"))?,
        has_identities,
        providers,
    })
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "providerName")]
    provider: String,
}

/// What cannot be read is there all the same.
fn read_identities(text: &str) -> (bool, Vec<ProviderName>) {
    match serde_json::from_str::<Vec<Identity>>(text) {
        Ok(all) => (!all.is_empty(), all.iter().filter_map(|one| ProviderName::fold(&one.provider)).collect()),
        Err(_) => (!text.trim().is_empty(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_that_cannot_be_read_are_there_all_the_same() {
        let okta = vec!["okta".parse().unwrap()];
        assert_eq!(read_identities(r#"[{"providerName":"Okta","userId":"1","primary":true}]"#), (true, okta));
        assert_eq!(read_identities("[]"), (false, vec![]));
        assert_eq!(read_identities("nonsense"), (true, vec![]));
        assert_eq!(read_identities(""), (false, vec![]));
    }
}
