//! Making an app client with the settings that it has to have, and deleting one.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
};
use domain::{ClientId, ClientKind, PoolId};
use jiff::SignedDuration;

use crate::app_client::{ADMIN, CLIENT_CREDENTIALS, CODE, COGNITO, PASSWORD, REFRESH};
use crate::describe::pool_is_there;
use crate::region::in_region;
use crate::update::minutes;
use crate::{PoolError, Required, Schema};

/// A new client's access and ID tokens: what was revoked is gone within this time.
const TOKEN: SignedDuration = SignedDuration::from_mins(15);

/// An app client to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewClient {
    /// Its whole name in the pool.
    pub name: String,
    /// With a secret. A machine always has one.
    pub secret: bool,
    /// Apps may send the password itself (`ALLOW_USER_PASSWORD_AUTH`), beside SRP.
    pub password_flow: bool,
    /// Where managed login sends people afterwards; with none there is no managed login.
    pub callback_urls: Vec<String>,
    /// Where managed login sends people who signed out.
    pub logout_urls: Vec<String>,
    /// OAuth scopes: of managed login `openid` where none is named; a machine needs one of a resource server.
    pub scopes: Vec<String>,
}

/// An app client that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: ClientId,
    /// Its secret, if it has one.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Created {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = self.secret.as_ref().map(|_| "redacted");
        f.debug_struct("Created").field("id", &self.id).field("secret", &secret).finish()
    }
}

/// What a new client would lack: [`None`] means that it can be made.
pub fn lacks(new: &NewClient, kind: &ClientKind, required: &Required) -> Option<&'static str> {
    if matches!(kind, ClientKind::Machine { .. }) && new.scopes.is_empty() {
        return Some("a scope of a resource server");
    }
    if new.password_flow && required.auth_flows.may.as_ref().is_some_and(|may| !may.contains(PASSWORD)) {
        return Some(
            "a policy by which a password alone signs people in: the tenant asks for more, or for its own provider",
        );
    }
    if required.oauth_flows.must.contains(CODE) && new.callback_urls.is_empty() {
        return Some("a callback URL: the tenant's people sign in at their own provider, by managed login");
    }
    if required.providers.may.as_ref().is_some_and(BTreeSet::is_empty) {
        return Some("an identity provider of the tenant in this pool");
    }
    let closed = required.oauth_flows.may.as_ref().is_some_and(BTreeSet::is_empty);
    (closed && !new.callback_urls.is_empty()).then_some(
        "a policy that allows managed login: it runs no custom challenge, so there is nowhere to call back to",
    )
}

/// Makes a client as it has to be. Whoever hears no answer looks for the name with [`named`](crate::named).
pub async fn create(
    cognito: &Client,
    pool: &PoolId,
    new: &NewClient,
    kind: &ClientKind,
    required: &Required,
    schema: &Schema,
) -> Result<Created, PoolError> {
    const CALL: &str = "CreateUserPoolClient";
    let oauth = oauth_flows_of(new, kind, required);
    let mut flows = required.auth_flows.applied(&BTreeSet::from([REFRESH.to_owned()]));
    // Whoever has AWS credentials could take passwords on a server; nobody asked for that.
    if flows.len() > 1 {
        flows.remove(ADMIN);
    }
    if new.password_flow {
        flows.insert(PASSWORD.to_owned());
    }
    let providers = required.providers.applied(&BTreeSet::from([COGNITO.to_owned()]));
    // C1: what tokens say is never an attribute that people write, and neither is any other custom attribute.
    let writable: Vec<String> = schema.standard().difference(&required.write_attributes.never).cloned().collect();
    let readable = required.read_attributes.applied(&BTreeSet::new());
    let units = TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Minutes)
        .id_token(TimeUnitsType::Minutes)
        .refresh_token(TimeUnitsType::Days);
    let list = |texts: &[String]| Some(texts.to_vec()).filter(|texts| !texts.is_empty());
    let session = required.shortest_session.max(SignedDuration::from_mins(3));
    let output = cognito
        .create_user_pool_client()
        .user_pool_id(pool.as_ref())
        .client_name(&new.name)
        .generate_secret(has_secret(new, kind))
        .set_explicit_auth_flows(Some(flows.iter().map(|flow| ExplicitAuthFlowsType::from(flow.as_str())).collect()))
        .set_supported_identity_providers(Some(providers.into_iter().collect()))
        .allowed_o_auth_flows_user_pool_client(!oauth.is_empty())
        .set_allowed_o_auth_flows(
            Some(oauth.iter().map(|flow| OAuthFlowType::from(flow.as_str())).collect::<Vec<_>>())
                .filter(|flows| !flows.is_empty()),
        )
        .set_allowed_o_auth_scopes(scopes_of(new, !oauth.is_empty()))
        .set_callback_urls(list(&new.callback_urls))
        .set_logout_urls(list(&new.logout_urls))
        .set_write_attributes(list(&writable))
        .set_read_attributes(Some(readable.into_iter().collect::<Vec<_>>()).filter(|names| !names.is_empty()))
        .access_token_validity(minutes(TOKEN))
        .id_token_validity(minutes(TOKEN))
        .refresh_token_validity(30)
        .token_validity_units(units.build())
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .enable_token_revocation(true)
        .auth_session_validity(minutes(session))
        .customize()
        .config_override(in_region(pool))
        .send()
        .await
        .map_err(|error| PoolError::of(CALL, &error))?;
    let client = output.user_pool_client.ok_or_else(|| PoolError::odd(CALL, "a client"))?;
    let id = client.client_id.and_then(|id| id.parse().ok()).ok_or_else(|| PoolError::odd(CALL, "the client's id"))?;
    Ok(Created { id, secret: client.client_secret })
}

pub(crate) fn has_secret(new: &NewClient, kind: &ClientKind) -> bool {
    new.secret || matches!(kind, ClientKind::Machine { .. })
}

pub(crate) fn oauth_flows_of(new: &NewClient, kind: &ClientKind, required: &Required) -> BTreeSet<String> {
    let wished = if matches!(kind, ClientKind::Machine { .. }) {
        Some(CLIENT_CREDENTIALS)
    } else {
        Some(CODE).filter(|_| !new.callback_urls.is_empty())
    };
    required.oauth_flows.applied(&wished.map(str::to_owned).into_iter().collect())
}

pub(crate) fn scopes_of(new: &NewClient, oauth: bool) -> Option<Vec<String>> {
    match (new.scopes.is_empty(), oauth) {
        (_, false) => None,
        (true, _) => Some(vec!["openid".to_owned()]),
        (false, _) => Some(new.scopes.clone()),
    }
}

/// Deletes a client; its tokens end with it. Whether it was there. A pool that is not there is an error.
pub async fn delete(cognito: &Client, client: &domain::Client) -> Result<bool, PoolError> {
    let request = cognito.delete_user_pool_client().user_pool_id(client.pool.as_ref()).client_id(client.id.as_ref());
    match request.customize().config_override(in_region(&client.pool)).send().await {
        Ok(_) => Ok(true),
        Err(error) => match PoolError::of("DeleteUserPoolClient", &error) {
            PoolError::Missing => pool_is_there(cognito, &client.pool).await.map(|()| false),
            other => Err(other),
        },
    }
}

/// The attributes of a pool's users.
pub async fn schema(cognito: &Client, pool: &PoolId) -> Result<Schema, PoolError> {
    const CALL: &str = "DescribeUserPool";
    let request = cognito.describe_user_pool().user_pool_id(pool.as_ref());
    let output = request.customize().config_override(in_region(pool)).send().await;
    let output = output.map_err(|error| PoolError::of(CALL, &error))?;
    output.user_pool.as_ref().map(Schema::of).ok_or_else(|| PoolError::odd(CALL, "a pool"))
}

/// The names of a pool's identity providers, as the pool spells them.
pub async fn provider_names(cognito: &Client, pool: &PoolId) -> Result<Vec<String>, PoolError> {
    const CALL: &str = "ListIdentityProviders";
    let mut names = Vec::new();
    let mut from = None;
    loop {
        let page = cognito
            .list_identity_providers()
            .user_pool_id(pool.as_ref())
            .max_results(60)
            .set_next_token(from)
            .customize()
            .config_override(in_region(pool))
            .send()
            .await
            .map_err(|error| PoolError::of(CALL, &error))?;
        names.extend(page.providers.into_iter().filter_map(|provider| provider.provider_name));
        from = page.next_token;
        if from.is_none() {
            return Ok(names);
        }
    }
}
