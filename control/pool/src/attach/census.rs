//! How many users a pool has, how far they came, and what stands in the attributes that may name a tenant.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use domain::PoolId;
use serde::Serialize;

use crate::region::in_region;
use crate::{PoolError, Schema};

/// What custom attributes that name a tenant are called in the wild, letters and digits alone.
const WORDS: [&str; 11] =
    ["tenant", "org", "company", "workspace", "account", "customer", "team", "realm", "site", "business", "partner"];
/// Distinct values that are kept in memory for one attribute.
const MOST_VALUES: usize = 100_000;
/// Values that are shown.
const SHOWN: usize = 5;

/// Between two pages: a team's own tools need some of the requests that Cognito takes of this kind.
const PAUSE: Duration = Duration::from_millis(50);

/// How many users to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// None.
    Nobody,
    /// So many at most.
    AtMost(u64),
    /// All of them.
    Everybody,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// Users that were read.
    pub read: u64,
    /// Whether there are more.
    pub more: bool,
    /// Of those who may sign in, by `UserStatus`.
    pub statuses: BTreeMap<String, u64>,
    /// Who may not, whatever their status: with these the statuses add up to everybody who was read.
    pub disabled: u64,
    /// The attributes that may name a tenant.
    pub attributes: Vec<Attribute>,
}

/// An attribute that may name a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// Its name, with `custom:`.
    pub name: String,
    /// How many users have it.
    pub users: u64,
    /// How many values there are.
    pub values: u64,
    /// The most frequent ones.
    pub most: Vec<Frequent>,
}

/// A value and its users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frequent {
    /// The value, shortened; not if it looks like an address.
    pub value: String,
    /// How many users have it.
    pub users: u64,
}

/// The attributes of a pool that may name a tenant, and those that somebody named.
pub(super) fn candidates(schema: &Schema, asked_for: &[String]) -> Vec<String> {
    let custom = |name: &&String| {
        let Some(plain) = name.strip_prefix("custom:") else { return false };
        let plain: String = plain.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        // `accountName` and its like are people's names as often as not: only for who asks.
        let of_people = ["account", "customer", "partner"].iter().any(|word| plain.contains(word));
        WORDS.iter().any(|word| plain.contains(word)) && !(of_people && plain.ends_with("name"))
    };
    let mut names: Vec<String> = schema.readable().iter().filter(custom).cloned().collect();
    names.extend(asked_for.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    names
}

/// Reads users. `seen` is told how many were read so far.
pub async fn census(
    cognito: &Client,
    pool: &PoolId,
    schema: &Schema,
    asked_for: &[String],
    reading: Reading,
    seen: &(dyn Fn(u64) + Send + Sync),
) -> Result<Census, PoolError> {
    let limit = match reading {
        Reading::Nobody => 0,
        Reading::AtMost(limit) => limit,
        Reading::Everybody => u64::MAX,
    };
    let mut counts: Vec<Count> = candidates(schema, asked_for).into_iter().map(Count::new).collect();
    let mut census = Census { more: limit == 0, ..Census::default() };
    let mut from = None;
    while census.read < limit {
        if from.is_some() {
            tokio::time::sleep(PAUSE).await;
        }
        let page = cognito
            .list_users()
            .user_pool_id(pool.as_ref())
            .limit(i32::try_from(limit.saturating_sub(census.read).min(60)).unwrap_or(60))
            .set_pagination_token(from)
            .customize()
            .config_override(in_region(pool))
            .send()
            .await
            .map_err(|error| PoolError::of("ListUsers", &error))?;
        for user in page.users.unwrap_or_default() {
            census.read += 1;
            if user.enabled {
                let status = user.user_status.as_ref().map_or("UNKNOWN", |status| status.as_str());
                *census.statuses.entry(status.to_owned()).or_default() += 1;
            } else {
                census.disabled += 1;
            }
            for attribute in user.attributes.unwrap_or_default() {
                let counted = counts.iter_mut().find(|count| count.name == attribute.name);
                if let (Some(count), Some(value)) = (counted, attribute.value.filter(|value| !value.is_empty())) {
                    count.add(value);
                }
            }
        }
        seen(census.read);
        from = page.pagination_token;
        if from.is_none() {
            break;
        }
        census.more = census.read >= limit;
    }
    census.attributes = counts.into_iter().map(Count::close).collect();
    Ok(census)
}

struct Count {
    name: String,
    users: u64,
    values: BTreeMap<String, u64>,
}

impl Count {
    const fn new(name: String) -> Self {
        Self { name, users: 0, values: BTreeMap::new() }
    }

    fn add(&mut self, value: String) {
        self.users += 1;
        if self.values.len() < MOST_VALUES || self.values.contains_key(&value) {
            *self.values.entry(value).or_default() += 1;
        }
    }

    fn close(self) -> Attribute {
        let values = self.values.len() as u64;
        let mut most: Vec<(String, u64)> = self.values.into_iter().collect();
        most.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
        let most = most.into_iter().take(SHOWN);
        let most = most.map(|(value, users)| Frequent { value: shown(&value), users }).collect();
        Attribute { name: self.name, users: self.users, values, most }
    }
}

/// A value as it may be shown: no address, no telephone number, and no more than fits.
pub fn shown(value: &str) -> String {
    const TELEPHONE: usize = 7;
    if value.contains('@') || value.to_ascii_lowercase().contains("%40") {
        return "(an address)".to_owned();
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    if digits >= TELEPHONE && value.starts_with(['+', '0']) && value.chars().all(|c| "+-/(). 0123456789".contains(c)) {
        return "(a telephone number)".to_owned();
    }
    let short: String = value.chars().take(40).collect();
    if short.len() < value.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_wild_are_candidates_and_others_are_not() {
        let schema = Schema::new([
            "email",
            "name",
            "custom:tenantId",
            "custom:tenant_id",
            "custom:ORG",
            "custom:companyId",
            "custom:plan",
            "custom:userRole",
            "custom:site-id",
            "custom:accountName",
            "custom:customer_name",
        ]);
        let all =
            ["custom:ORG", "custom:companyId", "custom:site-id", "custom:tenantId", "custom:tenant_id", "custom:plan"];
        assert_eq!(candidates(&schema, &["custom:plan".to_owned(), "custom:ORG".to_owned()]), all);
    }

    #[test]
    fn the_most_frequent_values_are_shown_without_addresses() {
        let mut count = Count::new("custom:org".to_owned());
        for (value, users) in [("acme", 3), ("globex", 7), ("bob@acme.example", 5), (&"x".repeat(60), 1)] {
            for _ in 0..users {
                count.add(value.to_owned());
            }
        }
        let closed = count.close();
        assert_eq!((closed.users, closed.values), (16, 4));
        let shown: Vec<(&str, u64)> = closed.most.iter().map(|one| (one.value.as_str(), one.users)).collect();
        assert_eq!(shown[..3], [("globex", 7), ("(an address)", 5), ("acme", 3)]);
        assert_eq!(shown[3].0.chars().count(), 41);
        let seen = super::shown;
        assert_eq!(
            [seen("+49 30 1234567"), seen("0301234567"), seen("4711")].map(|text| text.starts_with('(')),
            [true, true, false]
        );
    }
}
