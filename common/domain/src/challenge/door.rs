//! What an app client's tenant asks of its people, and whether it sends codes: of tenants that let people in, and sign them in themselves.

use crate::challenge::Asks;
use crate::client::ClientKind;
use crate::membership::{Membership, MembershipStatus};
use crate::refusal::Refusal;
use crate::tenant::{Chain, Tenant};

/// What a person is asked for at a client.
pub fn asks(
    client: Option<&ClientKind>,
    tenant: Option<&Tenant>,
    membership: Option<&Membership>,
) -> Result<Asks, Refusal> {
    // A shared client never speaks of a tenant that asks for more.
    if client == Some(&ClientKind::Shared) {
        return Ok(Asks::Password);
    }
    let active = membership.filter(|row| row.status == MembershipStatus::Active);
    Ok(own(client, tenant)?.policy.chain.asks(active.map(|row| &row.roles)))
}

/// The tenant that sends a code at this client, in a session that proved the password or did not. What was decided about the session before is
/// not believed.
pub fn sends<'a>(client: Option<&ClientKind>, tenant: Option<&'a Tenant>, proven: bool) -> Result<&'a Tenant, Refusal> {
    let tenant = own(client, tenant)?;
    match (&tenant.policy.chain, proven) {
        (Chain::Code, _) | (Chain::PasswordAndCode { .. }, true) => Ok(tenant),
        (Chain::PasswordAndCode { .. }, false) | (Chain::Password, _) => Err(Refusal::SignInAgain),
    }
}

fn own<'a>(client: Option<&ClientKind>, tenant: Option<&'a Tenant>) -> Result<&'a Tenant, Refusal> {
    let (Some(ClientKind::Tenant(_)), Some(tenant)) = (client, tenant) else { return Err(Refusal::ClientNotBound) };
    tenant.lets_people_in()?;
    if tenant.policy.sso_required { Err(Refusal::SsoRequired) } else { Ok(tenant) }
}
