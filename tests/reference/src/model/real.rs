//! Tenants of the model, as the product has them.

use domain::{Chain as RealChain, JoinMode, Policy, Roles, Tenant as RealTenant};

use super::nouns::{Chain, Join, Name, Tenant};
use crate::nouns;

/// A tenant, as the product has it.
pub fn real_tenant(name: Name, tenant: &Tenant) -> RealTenant {
    let policy = Policy {
        join: real_join(tenant.join),
        default_roles: Roles::member(),
        chain: real_chain(tenant.chain),
        sso_required: tenant.sso,
        invitation_lookup: tenant.lookup,
        invitations_outlive_inviter: tenant.outlive,
    };
    RealTenant { policy, ..nouns::tenant(name) }
}

/// A join mode, as the product has it.
pub fn real_join(join: Join) -> JoinMode {
    match join {
        Join::Open => JoinMode::Open,
        Join::Automatic => JoinMode::Automatic,
        Join::Request => JoinMode::Request,
        Join::InvitationOnly => JoinMode::InvitationOnly,
    }
}

/// A chain, as the product has it.
pub fn real_chain(chain: Chain) -> RealChain {
    match chain {
        Chain::Password => RealChain::Password,
        Chain::PasswordAndCode => RealChain::PasswordAndCode { of: None },
        Chain::PasswordAndCodeOf(role) => RealChain::PasswordAndCode { of: Some(nouns::roles(&[role])) },
        Chain::Code => RealChain::Code,
    }
}
