//! `ListUsers`, its filters and its pages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::error::ApiError;
use crate::server::Service;
use crate::user::User;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: String,
    #[serde(default)]
    attributes_to_get: Option<Vec<String>>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    pagination_token: Option<String>,
    #[serde(default)]
    filter: Option<String>,
}

/// A page of users in the order of their names; the token is the last name of the page before.
pub(super) fn list(service: &Service, input: &List) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let filter = input.filter.as_deref().map(Filter::parse).transpose()?.flatten();
    let limit = input.limit.filter(|limit| *limit > 0).unwrap_or(60).min(60);
    let contents = pool.contents();
    let mut matching = contents
        .users
        .values()
        .filter(|user| input.pagination_token.as_ref().is_none_or(|after| user.username > *after))
        .filter(|user| filter.as_ref().is_none_or(|filter| filter.takes(user)));
    let page: Vec<&User> = matching.by_ref().take(limit).collect();
    let users: Vec<Value> =
        page.iter().map(|user| user.to_wire("Attributes", input.attributes_to_get.as_deref())).collect();
    let mut answer = json!({ "Users": users });
    if let (Some(_), Some(last), Some(answer)) = (matching.next(), page.last(), answer.as_object_mut()) {
        answer.insert("PaginationToken".to_owned(), json!(last.username));
    }
    Ok(answer)
}

/// `name = "value"` or `name ^= "value"`.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    name: String,
    prefix: bool,
    value: String,
}

impl Filter {
    /// An empty filter is none.
    fn parse(text: &str) -> Result<Option<Self>, ApiError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let parse = || {
            let (name, value) = text.split_once('=')?;
            let (name, prefix) = match name.strip_suffix('^') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
            let name = name.trim().trim_matches('"').to_owned();
            Some(Self { name, prefix, value: value.replace("\\\"", "\"") })
        };
        parse().map(Some).ok_or_else(|| ApiError::invalid_parameter("Error while parsing filter."))
    }

    fn takes(&self, user: &User) -> bool {
        let present = match self.name.as_str() {
            "cognito:user_status" => Some(user.status.as_str().to_owned()),
            "status" => Some(if user.enabled { "Enabled" } else { "Disabled" }.to_owned()),
            "username" => Some(user.username.clone()),
            name => user.shown_attributes().get(name).cloned(),
        };
        let wanted = self.value.to_lowercase();
        present
            .map(|present| present.to_lowercase())
            .is_some_and(|present| if self.prefix { present.starts_with(&wanted) } else { present == wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_filters_of_list_users() {
        let filter = |name: &str, prefix, value: &str| {
            Ok(Some(Filter { name: name.to_owned(), prefix, value: value.to_owned() }))
        };
        assert_eq!(Filter::parse(r#"email = "a@b.example""#), filter("email", false, "a@b.example"));
        assert_eq!(Filter::parse(r#"email ^= "a""#), filter("email", true, "a"));
        assert_eq!(Filter::parse(r#""sub"="x""#), filter("sub", false, "x"));
        assert_eq!(Filter::parse(""), Ok(None));
        assert!(Filter::parse("email like x").is_err());
    }
}
