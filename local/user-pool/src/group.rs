//! Groups of users, which tokens carry as `cognito:groups`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::seconds;

/// A group of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) precedence: Option<i64>,
    pub(crate) role_arn: Option<String>,
    pub(crate) created: Timestamp,
}

impl Group {
    pub(crate) fn to_wire(&self, pool: &str) -> Value {
        let mut wire = json!({
            "GroupName": self.name,
            "UserPoolId": pool,
            "CreationDate": seconds(self.created),
            "LastModifiedDate": seconds(self.created),
        });
        for (key, value) in [
            ("Description", self.description.clone().map(Value::from)),
            ("Precedence", self.precedence.map(Value::from)),
            ("RoleArn", self.role_arn.clone().map(Value::from)),
        ] {
            if let (Some(wire), Some(value)) = (wire.as_object_mut(), value) {
                wire.insert(key.to_owned(), value);
            }
        }
        wire
    }
}

/// The groups of one user as a token shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupClaims {
    pub(crate) groups: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) preferred_role: Option<String>,
}

impl GroupClaims {
    /// Orders groups by precedence, the lowest number first; the role of the first is preferred, unless two groups with
    /// different roles share that precedence (Amazon Cognito, "Assigning precedence values to groups").
    pub(crate) fn of<'a>(groups: impl Iterator<Item = &'a Group>) -> Self {
        let mut groups: Vec<&Group> = groups.collect();
        groups.sort_by_key(|group| (group.precedence.unwrap_or(i64::MAX), group.name.clone()));
        let preferred = groups.iter().find(|group| group.role_arn.is_some());
        let contested = preferred.is_some_and(|preferred| {
            groups.iter().any(|group| {
                group.precedence == preferred.precedence
                    && group.role_arn.is_some()
                    && group.role_arn != preferred.role_arn
            })
        });
        let mut roles: Vec<String> = groups.iter().filter_map(|group| group.role_arn.clone()).collect();
        roles.dedup();
        Self {
            preferred_role: if contested { None } else { preferred.and_then(|group| group.role_arn.clone()) },
            groups: groups.iter().map(|group| group.name.clone()).collect(),
            roles,
        }
    }
}
