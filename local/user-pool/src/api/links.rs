//! `AdminLinkProviderForUser`.

use serde::Deserialize;
use serde_json::json;

use super::Answer;
use crate::error::ApiError;
use crate::provider::Identity;
use crate::server::Service;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Link {
    user_pool_id: String,
    destination_user: ProviderUser,
    source_user: ProviderUser,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderUser {
    provider_name: String,
    provider_attribute_value: String,
}

/// A provider's person signs in as a native user from then on. The person must not have signed in before.
pub(super) fn link(service: &Service, input: Link) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let source = input.source_user;
    let provider = pool.settings().providers.into_iter().find(|provider| provider.name == source.provider_name);
    let provider = provider.ok_or_else(|| ApiError::invalid_parameter("SourceUser's provider does not exist."))?;
    if input.destination_user.provider_name != "Cognito" {
        return Err(ApiError::invalid_parameter("DestinationUser must be a user of this pool: ProviderName Cognito."));
    }
    let identity = Identity {
        user_id: source.provider_attribute_value,
        provider_name: provider.name,
        provider_type: provider.kind.as_str(),
        issuer: provider.issuer,
        primary: false,
        created_ms: service.clock.now().as_millisecond(),
    };
    let mut contents = pool.contents();
    if contents
        .users
        .values()
        .any(|user| user.identities.iter().any(|known| known.is(&identity.provider_name, &identity.user_id)))
    {
        return Err(ApiError::invalid_parameter("SourceUser is already linked to DestinationUser"));
    }
    let user =
        contents.user_mut(&input.destination_user.provider_attribute_value).ok_or_else(ApiError::no_such_user)?;
    user.identities.push(identity);
    Ok(json!({}))
}
