//! `CreateGroup` and who is in a group: as much as tokens need.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::error::ApiError;
use crate::group::Group;
use crate::server::Service;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    user_pool_id: String,
    group_name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    precedence: Option<i64>,
    #[serde(default)]
    role_arn: Option<String>,
}

pub(super) fn create(service: &Service, input: Create) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    if contents.groups.contains_key(&input.group_name) {
        return Err(ApiError::group_exists("A group with the name already exists."));
    }
    let group = Group {
        name: input.group_name,
        description: input.description,
        precedence: input.precedence,
        role_arn: input.role_arn,
        created: service.clock.now(),
    };
    let wire = group.to_wire(pool.id());
    contents.groups.insert(group.name.clone(), group);
    Ok(json!({ "Group": wire }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Membership {
    user_pool_id: String,
    username: String,
    group_name: String,
}

pub(super) fn add_user(service: &Service, input: &Membership) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    if !contents.groups.contains_key(&input.group_name) {
        return Err(ApiError::resource_not_found("Group not found."));
    }
    contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?.groups.insert(input.group_name.clone());
    Ok(json!({}))
}

pub(super) fn remove_user(service: &Service, input: &Membership) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let mut contents = pool.contents();
    if !contents.groups.contains_key(&input.group_name) {
        return Err(ApiError::resource_not_found("Group not found."));
    }
    contents.user_mut(&input.username).ok_or_else(ApiError::no_such_user)?.groups.remove(&input.group_name);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUser {
    user_pool_id: String,
    username: String,
}

pub(super) fn of_user(service: &Service, input: &OfUser) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let contents = pool.contents();
    let user = contents.user(&input.username).ok_or_else(ApiError::no_such_user)?;
    let groups: Vec<Value> =
        user.groups.iter().filter_map(|name| contents.groups.get(name)).map(|group| group.to_wire(pool.id())).collect();
    Ok(json!({ "Groups": groups }))
}
