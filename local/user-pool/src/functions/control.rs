//! A little of Lambda's control API: what a function is, and who may call it. Just what it takes to attach a function to a user pool.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Shared;

/// The service that calls for a user pool.
const COGNITO: &str = "cognito-idp.amazonaws.com";

/// What a function has beside its program.
#[derive(Debug, Clone, Default)]
pub(super) struct Control {
    /// The aliases that there are; `$LATEST` is always there.
    aliases: std::collections::BTreeSet<String>,
    /// Statements by qualifier (none: the function itself) and then by their id.
    policies: BTreeMap<Option<String>, BTreeMap<String, Value>>,
    /// `State`, if it is another than `Active`.
    state: Option<String>,
}

impl Control {
    pub(super) fn add_alias(&mut self, alias: &str) {
        self.aliases.insert(alias.to_owned());
    }

    pub(super) fn set_state(&mut self, state: &str) {
        self.state = Some(state.to_owned());
    }

    /// A statement that `AddPermission` cannot write, and others can.
    pub(super) fn forbid(&mut self, qualifier: Option<&str>) {
        let statement = json!({
            "Sid": "forbidden", "Effect": "Deny", "Principal": { "Service": COGNITO }, "Action": "lambda:InvokeFunction",
        });
        let statements = self.policies.entry(qualifier.map(str::to_owned)).or_default();
        statements.insert("forbidden".to_owned(), statement);
    }

    fn has(&self, qualifier: Option<&str>) -> bool {
        qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || self.aliases.contains(qualifier))
    }

    /// Whether a statement lets this pool call, and none forbids it, as far as one can be written here.
    fn lets(&self, qualifier: Option<&str>, source: &Source) -> bool {
        let statements = self.policies.get(&qualifier.map(str::to_owned));
        let says = |effect: &str| {
            statements.into_iter().flat_map(BTreeMap::values).any(|statement| {
                let condition = |operator: &str, key: &str, value: &str| {
                    statement.pointer(&format!("/Condition/{operator}/{key}")).is_none_or(|wanted| wanted == value)
                };
                statement["Effect"] == effect
                    && statement.pointer("/Principal/Service") == Some(&json!(COGNITO))
                    && condition("ArnLike", "AWS:SourceArn", &source.arn)
                    && condition("StringEquals", "AWS:SourceAccount", &source.account)
            })
        };
        says("Allow") && !says("Deny")
    }
}

/// The pool that calls. Real Lambda knows it by the service's own signature.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) arn: String,
    pub(super) account: String,
}

/// A function as a caller names it: `NAME`, `NAME:QUALIFIER`, an ARN with or without a qualifier.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) qualifier: Option<String>,
}

impl Named {
    pub(super) fn read(text: &str, qualifier: Option<String>) -> Self {
        let plain = text.split_once(":function:").map_or(text, |(_, plain)| plain);
        let (name, behind) = plain.split_once(':').map_or((plain, None), |(name, behind)| (name, Some(behind)));
        Self { name: name.to_owned(), qualifier: qualifier.or_else(|| behind.map(str::to_owned)) }
    }
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
pub(super) struct Qualifier {
    #[serde(rename = "Qualifier")]
    pub(super) qualifier: Option<String>,
}

/// An error of Lambda's control API.
fn error(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (status, [("x-amzn-errortype", kind)], Json(json!({ "Type": "User", "Message": message }))).into_response()
}

fn not_found(arn: &str) -> Response {
    error(StatusCode::NOT_FOUND, "ResourceNotFoundException", &format!("Function not found: {arn}"))
}

impl Shared {
    fn control<T>(&self, named: &Named, act: impl FnOnce(&mut Control, &str) -> T) -> Option<T> {
        let function = self.find(&named.name)?;
        let mut controls = self.controls.lock().unwrap_or_else(PoisonError::into_inner);
        let control = controls.entry(named.name.clone()).or_default();
        let qualifier = named.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        let arn = format!("{}{qualifier}", function.arn());
        control.has(named.qualifier.as_deref()).then(|| act(control, &arn))
    }

    /// Whether a function of this name and qualifier is there.
    pub(super) fn has(&self, named: &Named) -> bool {
        self.control(named, |_, _| ()).is_some()
    }

    /// Whether its policy lets a pool call it.
    pub(super) fn lets(&self, named: &Named, source: &Source) -> bool {
        self.control(named, |control, _| control.lets(named.qualifier.as_deref(), source)) == Some(true)
    }
}

/// `GetFunctionConfiguration`.
pub(super) async fn configuration(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Qualifier>,
) -> Response {
    let named = Named::read(&name, query.qualifier);
    let found = shared.control(&named, |control, arn| {
        json!({
            "FunctionName": named.name, "FunctionArn": arn, "Runtime": "provided.al2023", "Timeout": 5,
            "State": control.state.as_deref().unwrap_or("Active"), "LastUpdateStatus": "Successful",
        })
    });
    found.map_or_else(|| not_found(&name), |found| Json(found).into_response())
}

/// `GetPolicy`: a function without any statement has no policy.
pub(super) async fn policy(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Qualifier>,
) -> Response {
    let named = Named::read(&name, query.qualifier);
    let found = shared.control(&named, |control, _| {
        let statements = control.policies.get(&named.qualifier)?;
        let statements: Vec<&Value> = statements.values().collect();
        (!statements.is_empty())
            .then(|| json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string())
    });
    match found.flatten() {
        Some(policy) => Json(json!({ "Policy": policy, "RevisionId": "1" })).into_response(),
        None => error(StatusCode::NOT_FOUND, "ResourceNotFoundException", "The resource you requested does not exist."),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AddPermission {
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
}

/// `AddPermission`.
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Qualifier>,
    body: Bytes,
) -> Response {
    let Ok(input) = serde_json::from_slice::<AddPermission>(&body) else {
        return error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", "Could not parse request body");
    };
    let named = Named::read(&name, query.qualifier);
    let added = shared.control(&named, |control, arn| {
        let mut condition = Map::new();
        if let Some(account) = &input.source_account {
            condition.insert("StringEquals".to_owned(), json!({ "AWS:SourceAccount": account }));
        }
        if let Some(source) = &input.source_arn {
            condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": source }));
        }
        let statement = json!({
            "Sid": input.statement_id, "Effect": "Allow", "Principal": { "Service": input.principal },
            "Action": input.action, "Resource": arn, "Condition": condition,
        });
        let statements = control.policies.entry(named.qualifier.clone()).or_default();
        if statements.contains_key(&input.statement_id) {
            return None;
        }
        statements.insert(input.statement_id.clone(), statement.clone());
        Some(statement)
    });
    match added {
        None => not_found(&name),
        Some(None) => error(
            StatusCode::CONFLICT,
            "ResourceConflictException",
            &format!(
                "The statement id ({}) provided already exists. Please provide a new statement id, or remove the existing statement.",
                input.statement_id
            ),
        ),
        Some(Some(statement)) => {
            (StatusCode::CREATED, Json(json!({ "Statement": statement.to_string() }))).into_response()
        }
    }
}

/// `RemovePermission`.
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path((name, statement)): Path<(String, String)>,
    Query(query): Query<Qualifier>,
) -> Response {
    let named = Named::read(&name, query.qualifier);
    let removed = shared.control(&named, |control, _| control.policies.get_mut(&named.qualifier)?.remove(&statement));
    match removed.flatten() {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => error(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            &format!("Statement {statement} is not found in resource policy."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_in_four_ways() {
        let arn = "arn:aws:lambda:eu-west-1:000000000000:function:gate";
        for (text, given, name, qualifier) in [
            ("gate", None, "gate", None),
            ("gate:live", None, "gate", Some("live")),
            (arn, None, "gate", None),
            (&format!("{arn}:live"), None, "gate", Some("live")),
            (arn, Some("live"), "gate", Some("live")),
        ] {
            let read = Named::read(text, given.map(str::to_owned));
            assert_eq!((read.name.as_str(), read.qualifier.as_deref()), (name, qualifier), "{text}");
        }
    }
}
