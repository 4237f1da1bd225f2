//! The app clients of a pool held against the table's bindings, and against what their tenants' policies ask of them.

use std::collections::BTreeMap;

use domain::claims::ClaimName;
use domain::{Binding, Client, ClientId, ClientKind, Mode, PoolId, ProviderName, TenantId};
use pool::survey::{self};
use pool::{Cognito, Difference, PoolError, Schema, describe, required};

use super::chart::Charted;
use super::{Chart, PoolHealth, Severity};
use crate::{OperationError, Operations};

impl Operations {
    pub(super) async fn examine_clients(
        &self,
        cognito: &Cognito,
        chart: &Chart,
        pool: &PoolId,
        (schema, claims): (&Schema, &[ClaimName]),
        health: &mut PoolHealth,
    ) -> Result<(), OperationError> {
        let nothing = Charted::default();
        let charted = chart.of(pool).unwrap_or(&nothing);
        let there = survey::client_ids(cognito, pool).await?;
        health.clients += there.len() as u64;
        let bindings: BTreeMap<&ClientId, &Binding> =
            charted.bindings.iter().map(|binding| (&binding.client.id, binding)).collect();
        for id in &there {
            let client = Client { pool: pool.clone(), id: id.clone() };
            let default = || charted.pool.as_ref().and_then(|pool| pool.default_binding(&client));
            let Some(binding) = bindings.get(id).map(|binding| Binding::clone(binding)).or_else(default) else {
                let message = "was never bound: everybody is refused there. `tenantctl client bind` binds it";
                health.note("CLIENT_UNBOUND", &name(&client), message);
                continue;
            };
            if binding.kind == ClientKind::Unbound {
                if binding.mode == Mode::Observe {
                    let message = "was never bound, and its pool lets everybody pass unchanged there";
                    health.note("CLIENT_UNBOUND", &name(&client), message);
                }
                continue;
            }
            let found = match describe(cognito, &client).await {
                Ok(found) => found,
                // Gone since it was listed.
                Err(PoolError::Missing) => continue,
                Err(error) => return Err(error.into()),
            };
            let tenant = binding.kind.tenant();
            let policy = tenant.and_then(|id| chart.tenants.get(id)).map(|tenant| &tenant.policy);
            let providers = tenant.map(|tenant| providers_of(tenant, charted)).unwrap_or_default();
            let wanted = required(&binding.kind, policy, &providers, claims, schema);
            for difference in found.differences(&wanted) {
                tell(&client, &difference, health);
            }
        }
        for binding in bindings.values().filter(|binding| binding.kind != ClientKind::Unbound) {
            if !there.contains(&binding.client.id) {
                let message = "is bound, and gone from the pool: `tenantctl client unbind` forgets it";
                health.note("CLIENT_GONE", &name(&binding.client), message);
            }
        }
        Ok(())
    }
}

fn providers_of(tenant: &TenantId, charted: &Charted) -> Vec<ProviderName> {
    charted
        .providers
        .values()
        .filter(|provider| provider.serves(tenant))
        .map(|provider| provider.name.clone())
        .collect()
}

fn tell(client: &Client, difference: &Difference, health: &mut PoolHealth) {
    let severity = match difference.severity {
        pool::Severity::Around | pool::Severity::LocksOut => Severity::Problem,
        pool::Severity::Hygiene => Severity::Note,
    };
    let list = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join(" ") };
    let message = format!(
        "{} is {} and should be {}: {}{}",
        difference.setting(),
        list(difference.old.clone()),
        list(difference.wanted()),
        difference.because,
        difference.by_hand.map(|first| format!(". First {first}")).unwrap_or_default(),
    );
    health.add(severity, difference.code(), &name(client), message, Vec::new());
}

fn name(client: &Client) -> String {
    format!("{}:{}", client.pool, client.id)
}
