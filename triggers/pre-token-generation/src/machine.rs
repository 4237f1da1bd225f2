//! Machines: a client of one tenant that speaks for itself, by client credentials.

use domain::{Refusal, Roles, Tenant, TenantId};
use store::{Batch, Broken, Key, Session};

use crate::{First, Verdict, Voice};

/// Adds the key of the machine's tenant.
pub(crate) fn ask(tenant: &TenantId, batch: &mut Batch) {
    batch.add(Key::tenant(tenant));
}

/// The machine speaks if its tenant is active.
pub(crate) async fn verdict(
    tenant: &TenantId,
    roles: &Roles,
    first: &First,
    session: &Session,
) -> Result<Verdict, Broken> {
    let key = Key::tenant(tenant);
    let found: Option<Tenant> =
        if first.guessed.as_ref() == Some(tenant) { first.found.get(&key)? } else { session.get(&key).await? };
    let voice = match found {
        None => Err(Refusal::ClientNotBound),
        Some(found) => found.lets_people_in().map(|()| Voice::Machine(Box::new((found, roles.clone())))),
    };
    let decision = if voice.is_ok() { "machine" } else { "refused" };
    Ok(Verdict { voice, decision, tenant: Some(tenant.clone()), would: None })
}
