//! How a person may come in at a client: by password, or by which provider.

use super::redirect::Redirect;
use super::request::Request;
use crate::client::ClientSettings;
use crate::error::ApiError;
use crate::federate;
use crate::provider::IdentityProvider;

/// What a request leads to, if no session answers it.
#[derive(Debug)]
pub(super) enum Door {
    /// The sign-in page, with a password form, links to providers, or both.
    Pages { password: bool, providers: Vec<String> },
    /// Straight to a provider.
    Provider(Box<IdentityProvider>),
}

pub(super) fn of(request: &Request) -> Result<Door, Redirect> {
    let refused = |error: &ApiError| request.refuse("invalid_request", Some(&error.message));
    let password = takes_passwords(&request.client.settings);
    let providers = providers(request);
    let provider = match (request.identity_provider.as_deref(), providers.as_slice()) {
        (Some("COGNITO"), _) if password => return Ok(Door::Pages { password, providers: Vec::new() }),
        (Some(name), _) => name,
        // With one way in there is nothing to choose.
        (None, [only]) if !password => only,
        (None, []) if !password => {
            return Err(request.refuse("invalid_request", Some("Login pages unavailable: the client has no provider.")));
        }
        (None, _) => return Ok(Door::Pages { password, providers }),
    };
    let provider = federate::provider(&request.pool, &request.client, provider).map_err(|error| refused(&error))?;
    Ok(Door::Provider(Box::new(provider)))
}

/// A client that lists no provider at all counts as one of local users.
pub(crate) fn takes_passwords(settings: &ClientSettings) -> bool {
    let listed = &settings.supported_identity_providers;
    listed.is_empty() || listed.iter().any(|provider| provider == "COGNITO")
}

/// The client's providers that are there and enabled, in the client's order.
fn providers(request: &Request) -> Vec<String> {
    let supported = request.client.settings.supported_identity_providers.iter();
    supported.filter(|name| federate::provider(&request.pool, &request.client, name).is_ok()).cloned().collect()
}
