//! `POST /local/federate`, a local shortcut: plays a provider's assertion, from the attribute mapping to the tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::error::ApiError;
use crate::group::Group;
use crate::hosted_login::scopes;
use crate::local::sent;
use crate::oauth::{OAuthError, token_response};
use crate::pool::Pool;
use crate::provider::{Identity, IdentityProvider};
use crate::server::Service;
use crate::tokens::{self, Issued, SignIn};
use crate::triggers::{post_confirmation, pre_sign_up};
use crate::user::{Status, User};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assertion {
    pool: String,
    client_id: String,
    /// The provider's name.
    provider: String,
    /// The person's id at the provider.
    subject: String,
    /// What the provider says, under its own names.
    #[serde(default)]
    attributes: Map<String, Value>,
    /// The scopes to ask for; all that the client allows if absent.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

/// Tokens as the token endpoint shows them, or the error that managed login hands to the app.
pub(crate) async fn federate(
    State(service): State<Arc<Service>>,
    assertion: Result<Json<Assertion>, JsonRejection>,
) -> Response {
    let assertion = match sent(assertion, "pool, clientId, provider and subject; attributes and scopes may follow") {
        Ok(assertion) => assertion,
        Err(refusal) => return refusal,
    };
    match tokio::spawn(async move { sign_in(&service, assertion).await }).await {
        Ok(Ok(issued)) => Json(token_response(&issued)).into_response(),
        Ok(Err(error)) => OAuthError::from_managed_login(error).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn sign_in(service: &Service, assertion: Assertion) -> Result<Issued, ApiError> {
    let pool = service.pool(&assertion.pool)?;
    let client = pool.client(&assertion.client_id)?;
    let provider = provider(&pool, &client, &assertion.provider)?;
    let scopes = scopes(&client.settings, assertion.scopes)?;
    let user = user(service, &pool, &client, &provider, &assertion.subject, &assertion.attributes).await?;
    tokens::sign_in(service, &pool, &client, &user, SignIn::by_managed_login(scopes)).await
}

/// The user whom a provider's assertion names, made or brought up to date by it.
pub(crate) async fn user(
    service: &Service,
    pool: &Pool,
    client: &Client,
    provider: &IdentityProvider,
    subject: &str,
    asserted: &Map<String, Value>,
) -> Result<User, ApiError> {
    let attributes = mapped(provider, asserted);
    let user = match by_identity(pool, &provider.name, subject) {
        Some(username) => update(service, pool, &username, &attributes)?,
        None => first_sign_in(service, pool, client, provider, subject, attributes).await?,
    };
    if user.enabled { Ok(user) } else { Err(ApiError::not_authorized("User is disabled.")) }
}

/// A provider that this client may send people to.
pub(crate) fn provider(pool: &Pool, client: &Client, name: &str) -> Result<IdentityProvider, ApiError> {
    let found = pool.settings().providers.into_iter().find(|provider| provider.name == name);
    let Some(provider) = found else {
        return Err(ApiError::resource_not_found(format!("Identity provider {name} does not exist.")));
    };
    if !client.settings.supported_identity_providers.iter().any(|supported| supported == name) {
        return Err(ApiError::unsupported_identity_provider(format!(
            "The identity provider {name} is not enabled for the client {}.",
            client.id
        )));
    }
    if !provider.enabled {
        return Err(ApiError::unsupported_identity_provider(format!("The identity provider {name} is disabled.")));
    }
    Ok(provider)
}

/// What the pool keeps of an assertion. An address that the provider is not mapped to vouch for is unverified, at each
/// sign-in anew (amplify-js #5117).
fn mapped(provider: &IdentityProvider, asserted: &Map<String, Value>) -> BTreeMap<String, String> {
    let mut attributes: BTreeMap<String, String> = provider
        .attribute_mapping
        .iter()
        // The subject is the user name; a mapping of it, as Cognito keeps one for OIDC, says nothing more.
        .filter(|(ours, _)| !matches!(ours.as_str(), "username" | "sub"))
        .filter_map(|(ours, theirs)| Some((ours.clone(), text(asserted.get(theirs)?)?)))
        .collect();
    if attributes.contains_key("email") {
        let verified = attributes.get("email_verified").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        attributes.insert("email_verified".to_owned(), verified.to_string());
    }
    attributes
}

/// Lists come out as Cognito writes them: `[a, b]`.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(format!("[{}]", items.iter().filter_map(text).collect::<Vec<_>>().join(", "))),
        other => Some(other.to_string()),
    }
}

/// The user with this identity: the provider's own user, or a native one that it was linked to.
fn by_identity(pool: &Pool, provider: &str, subject: &str) -> Option<String> {
    let contents = pool.contents();
    let is = |identity: &Identity| identity.is(provider, subject);
    contents.users.values().find(|user| user.identities.iter().any(is)).map(|user| user.username.clone())
}

/// A later sign-in: what the provider says now replaces what it said before; an empty value deletes.
fn update(
    service: &Service,
    pool: &Pool,
    username: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<User, ApiError> {
    let mut contents = pool.contents();
    let user = contents.user_mut(username).ok_or_else(ApiError::no_such_user)?;
    for (name, value) in attributes {
        if value.is_empty() {
            user.attributes.remove(name);
        } else {
            user.set(name, value);
        }
    }
    user.modified = service.clock.now();
    Ok(user.clone())
}

async fn first_sign_in(
    service: &Service,
    pool: &Pool,
    client: &Client,
    provider: &IdentityProvider,
    subject: &str,
    attributes: BTreeMap<String, String>,
) -> Result<User, ApiError> {
    let mut username = format!("{}_{subject}", provider.name);
    if pool.settings().lower_case_federated_names {
        username = username.to_lowercase();
    }
    let candidate = pre_sign_up::Candidate {
        source: pre_sign_up::Source::ExternalProvider,
        username: &username,
        client_id: Some(&client.id),
        attributes: &attributes,
        validation_data: None,
        metadata: None,
    };
    pre_sign_up::fire(service, pool, &candidate).await?;

    let now = service.clock.now();
    let mut user = User::new(service.random.uuid(), Status::ExternalProvider, now);
    user.username = username;
    user.attributes = attributes;
    user.identities.push(Identity {
        user_id: subject.to_owned(),
        provider_name: provider.name.clone(),
        provider_type: provider.kind.as_str(),
        issuer: provider.issuer.clone(),
        primary: true,
        created_ms: now.as_millisecond(),
    });
    // Cognito puts a provider's users into a group of their own.
    let group = format!("{}_{}", pool.id(), provider.name);
    user.groups.insert(group.clone());
    {
        let mut contents = pool.contents();
        if let Some(present) = contents.users.get(&user.username) {
            // Two first sign-ins at once: the other one was faster.
            return Ok(present.clone());
        }
        contents.groups.entry(group.clone()).or_insert_with(|| Group {
            name: group,
            description: Some(format!("Autogenerated group for users who sign in using {}", provider.name)),
            precedence: None,
            role_arn: None,
            created: now,
        });
        contents.users.insert(user.username.clone(), user.clone());
    }
    let source = post_confirmation::Source::ConfirmSignUp;
    post_confirmation::fire(service, pool, source, &user, Some(&client.id), None).await?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::ProviderKind;

    #[test]
    fn an_address_is_verified_only_if_the_mapping_says_so() {
        let asserted = json!({ "mail": "ann@acme.example", "verified": true });
        let asserted = asserted.as_object().unwrap();
        let provider = IdentityProvider::new("Okta", ProviderKind::Saml).map("email", "mail");
        assert_eq!(mapped(&provider, asserted).get("email_verified").map(String::as_str), Some("false"));
        let provider = provider.map("email_verified", "verified");
        assert_eq!(mapped(&provider, asserted).get("email_verified").map(String::as_str), Some("true"));
    }

    #[test]
    fn lists_are_written_as_cognito_writes_them() {
        assert_eq!(text(&json!(["a", "b"])), Some("[a, b]".to_owned()));
        assert_eq!(text(&json!(true)), Some("true".to_owned()));
        assert_eq!(text(&json!(null)), None);
    }
}
