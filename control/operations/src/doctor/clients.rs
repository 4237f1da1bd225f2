//! The app clients of a pool held against the table's bindings, and against what their tenants' policies ask of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::{Binding, Client, ClientId, ClientKind, Mode, PoolId, Tenant};
use pool::{Difference, PoolError, Schema, describe, required, survey};

use super::chart::Charted;
use super::pool::usual_claims;
use super::{Chart, PoolHealth, Severity, Step};
use crate::alignment::{Grounds, UserPools};
use crate::{OperationError, Operations};

impl Operations {
    pub(super) async fn examine_clients(
        &self,
        pools: UserPools<'_>,
        chart: &Chart,
        pool: &PoolId,
        schema: &Schema,
        health: &mut PoolHealth,
    ) -> Result<(), OperationError> {
        let nothing = Charted::default();
        let charted = chart.of(pool).unwrap_or(&nothing);
        let there = survey::client_ids(pools.cognito, pool).await?;
        health.clients += there.len() as u64;
        let made: BTreeSet<ClientId> = self.intents(pool).await?.into_iter().filter_map(|one| one.made).collect();
        let bindings: BTreeMap<&ClientId, &Binding> =
            charted.bindings.iter().map(|binding| (&binding.client.id, binding)).collect();
        let mut grounds = Grounds::default();
        for id in &there {
            let client = Client { pool: pool.clone(), id: id.clone() };
            let default = || charted.pool.as_ref().and_then(|pool| pool.default_binding(&client));
            let Some(binding) = bindings.get(id).map(|binding| Binding::clone(binding)).or_else(default) else {
                let message = "was never bound: everybody is refused there. `tenantctl client bind` binds it";
                health.note("CLIENT_UNBOUND", &name(&client), message);
                continue;
            };
            if !bindings.contains_key(id) && chart.asks_for_codes(pool) {
                let message = "is not in the table, so its tokens may edit the account and move it to another mailbox, to which a tenant of \
                               this pool then sends its codes; `tenantctl client bind --account-scope suppress` takes that away";
                health.problem("ACCOUNT_SCOPE_KEPT", &name(&client), message);
            } else if !bindings.contains_key(id) && chart.believes_a_provider(pool) {
                let message = "is not in the table, so its tokens may edit the account, and people who come by the provider of a tenant can \
                               give theirs another address of the company, which counts as the provider's word unless the pool verifies \
                               a changed address first; `tenantctl client bind --account-scope suppress` takes that away";
                health.problem("ACCOUNT_SCOPE_KEPT", &name(&client), message);
            }
            if binding.kind == ClientKind::Unbound {
                if binding.mode == Mode::Observe {
                    let message = "was never bound, and its pool lets everybody pass unchanged there";
                    health.note("CLIENT_UNBOUND", &name(&client), message);
                }
                continue;
            }
            let tenant = match binding.kind.tenant().map(|id| chart.tenants.get(id)) {
                // The doctor of the table tells of a tenant that is not there.
                Some(None) => continue,
                Some(Some(tenant)) => Some(tenant),
                None => None,
            };
            let found = match describe(pools.cognito, &client).await {
                Ok(found) => found,
                // Gone since it was listed.
                Err(PoolError::Missing) => continue,
                Err(error) => return Err(error.into()),
            };
            let wanted = match tenant {
                Some(tenant) => self.needs(pools, &binding, tenant, &mut grounds).await?,
                None => required(&binding.kind, None, &[], pools.claims, schema),
            };
            let ours = pools.adopted || made.contains(id) && binding.mode == Mode::Enforce;
            for difference in found.differences(&wanted) {
                tell(pools, &client, tenant.map(|tenant| (tenant, ours)), &difference, health);
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

fn tell(
    pools: UserPools<'_>,
    client: &Client,
    tenant: Option<(&Tenant, bool)>,
    difference: &Difference,
    health: &mut PoolHealth,
) {
    let severity = match difference.severity {
        pool::Severity::Around | pool::Severity::LocksOut => Severity::Problem,
        pool::Severity::Hygiene => Severity::Note,
    };
    let list = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join(" ") };
    let mut message = format!(
        "{} is {} and should be {}: {}",
        difference.setting(),
        list(difference.old.clone()),
        list(difference.wanted()),
        difference.because,
    );
    let mut steps = Vec::new();
    match (difference.by_hand, tenant) {
        (Some(first), _) => {
            message.push_str(". First ");
            message.push_str(first);
        }
        (None, Some((tenant, true))) => {
            steps.push(Step::AlignClient { client: client.clone(), tenant: tenant.id.clone() });
        }
        // What was not made here, or only observes, may be as it is for reasons that nobody here knows.
        (None, Some((tenant, false))) => {
            let _ = write!(message, ". `tenantctl tenant policy {} --adopted", tenant.slug);
            let claims = if pools.claims == usual_claims() { &[] } else { pools.claims };
            for claim in claims {
                let _ = write!(message, " --claim {claim}");
            }
            message.push_str("` changes it");
        }
        (None, None) => message.push_str(". No tenant's policy reaches a client of them all: change it in the console"),
    }
    health.add(severity, difference.code(), &name(client), message, steps);
}

fn name(client: &Client) -> String {
    format!("{}:{}", client.pool, client.id)
}
