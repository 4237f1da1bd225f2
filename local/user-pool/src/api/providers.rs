//! `ListIdentityProviders`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::server::Service;
use crate::wire::seconds;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: String,
}

/// All of them at once: a laptop's pool has few.
pub(super) fn list(service: &Service, input: &List) -> Answer {
    let pool = service.pool(&input.user_pool_id)?;
    let made = seconds(pool.created);
    let providers: Vec<Value> = pool
        .settings()
        .providers
        .iter()
        .map(|provider| {
            json!({
                "ProviderName": provider.name,
                "ProviderType": provider.kind,
                "CreationDate": made,
                "LastModifiedDate": made,
            })
        })
        .collect();
    Ok(json!({ "Providers": providers }))
}
