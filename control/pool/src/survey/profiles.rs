//! The users of a pool with their attributes, and which app clients could have written one.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::UserType;
use domain::{Account, ClientId, Identities, Identity, PoolId};
use serde::Deserialize;

use super::users::{listed, user_of};
use super::{PoolUser, UserStatus, client_ids, described};
use crate::PoolError;

/// A user with what their account says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub user: PoolUser,
    /// Whether they may sign in at all.
    pub enabled: bool,
    /// The account, as an event would show it.
    pub account: Account,
    attributes: BTreeMap<String, String>,
}

impl Profile {
    /// What an attribute says, without the space around it; an empty one says nothing.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilesPage {
    /// The users.
    pub profiles: Vec<Profile>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Reads at most 60 users, not sooner after the page before than is modest.
pub async fn profiles_page(client: &Client, pool: &PoolId, from: Option<String>) -> Result<ProfilesPage, PoolError> {
    let (found, next) = listed(client, pool, from).await?;
    let profiles = found.into_iter().map(profile).collect::<Result<_, _>>()?;
    Ok(ProfilesPage { profiles, next })
}

fn profile(found: UserType) -> Result<Profile, PoolError> {
    let user = user_of(&found)?;
    let enabled = found.enabled;
    let attributes: BTreeMap<String, String> =
        found.attributes.into_iter().flatten().filter_map(|one| Some((one.name, one.value?))).collect();
    let value = |name: &str| attributes.get(name).map(String::as_str);
    let account = Account {
        email: value("email").map(str::parse),
        email_verified: value("email_verified") == Some("true"),
        external: user.status == UserStatus::External,
        identities: value("identities").map_or(Identities::None, identities),
    };
    Ok(Profile { user, enabled, account, attributes })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    provider_name: String,
    // A provider may number its people.
    user_id: serde_json::Value,
}

/// What cannot be read must not pass for an account without identities.
fn identities(text: &str) -> Identities {
    let Ok(mut all) = serde_json::from_str::<Vec<Listed>>(text) else { return Identities::Malformed };
    match (all.pop(), all.is_empty()) {
        (None, _) => Identities::None,
        (Some(one), true) => {
            let subject = one.user_id.as_str().map_or_else(|| one.user_id.to_string(), str::to_owned);
            Identities::One(Identity { provider: one.provider_name, subject })
        }
        (Some(_), false) => Identities::Many,
    }
}

/// The app clients through which users can write one of these attributes of themselves: the first `most` of them, in the order of
/// their ids. Clients are read one by one, at a modest pace.
pub async fn clients_that_write(
    client: &Client,
    pool: &PoolId,
    attributes: &[&str],
    most: usize,
) -> Result<Vec<ClientId>, PoolError> {
    let mut writers = Vec::new();
    for id in client_ids(client, pool).await? {
        if writers.len() == most {
            break;
        }
        let Some(described) = described(client, pool, &id).await? else { continue };
        let writable = &described.client.write_attributes;
        // Without a list a client may write everything: the API's reference says so of standard attributes, the console of all.
        if writable.is_empty() || attributes.iter().any(|name| writable.contains(*name)) {
            writers.push(id);
        }
    }
    Ok(writers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_counted_and_nonsense_is_not_none() {
        let one = |provider: &str, subject: &str| {
            Identities::One(Identity { provider: provider.to_owned(), subject: subject.to_owned() })
        };
        for (text, expected) in [
            ("[]", Identities::None),
            (r#"[{"providerName":"Okta","userId":"1","primary":true}]"#, one("Okta", "1")),
            (r#"[{"providerName":"Okta","userId":7}]"#, one("Okta", "7")),
            (r#"[{"providerName":"A","userId":"1"},{"providerName":"B","userId":"2"}]"#, Identities::Many),
            (r#"[{"providerName":"Okta"}]"#, Identities::Malformed),
            ("", Identities::Malformed),
        ] {
            assert_eq!(identities(text), expected, "{text}");
        }
    }
}
