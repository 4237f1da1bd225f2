//! The town of the demo: two companies, their apps, one app that everybody shares, and a robot.

use domain::{Client, ClientKind, DomainName, JoinMode, Policy, Roles, Tenant};
use operations::{Invite, NewBinding, NewTenant, OperationError, PolicyChange};

use crate::pool::{APPS, ROBOT};
use crate::{Fault, Stack};

/// What was set up.
#[derive(Debug, Clone)]
pub struct Town {
    /// Acme: whoever has an address at its domain `acme.example` joins.
    pub acme: Tenant,
    /// Globex: by invitation only.
    pub globex: Tenant,
}

impl Town {
    /// Sets it up, or finds it in a table that was kept.
    pub async fn settle(stack: &Stack) -> Result<Self, Fault> {
        let operations = stack.operations();
        let acme = found(stack, "acme", "Acme").await?;
        let join = PolicyChange { join: Some(JoinMode::Automatic), ..PolicyChange::default() };
        let (acme, _) = operations.set_policy(&acme.id, &join).await?;
        operations.assume_domain(&acme.id, &domain("acme.example")?, "it is the laptop's own").await?;
        let globex = found(stack, "globex", "Globex").await?;

        let robot = ClientKind::Machine { tenant: acme.id.clone(), roles: Roles::parse(["viewer"])? };
        let [acme_app, globex_app, shared] = APPS.map(|(id, _)| id);
        for (id, kind) in [
            (acme_app, ClientKind::Tenant(acme.id.clone())),
            (globex_app, ClientKind::Tenant(globex.id.clone())),
            (shared, ClientKind::Shared),
            (ROBOT.0, robot),
        ] {
            let client = Client { pool: stack.pool_id()?, id: id.parse()? };
            operations.bind_client(&NewBinding::new(client, kind)).await?;
        }
        Ok(Self { acme, globex })
    }

    /// Whether the table holds a tenant already.
    pub async fn is_settled(stack: &Stack) -> Result<bool, Fault> {
        Ok(!stack.operations().tenants().await?.is_empty())
    }
}

async fn found(stack: &Stack, slug: &str, name: &str) -> Result<Tenant, Fault> {
    let operations = stack.operations();
    match operations.find_tenant(slug).await {
        Err(OperationError::TenantUnknown(_)) => {
            let policy = Policy { join: JoinMode::InvitationOnly, ..Policy::default() };
            Ok(operations.create_tenant(&NewTenant { policy, ..NewTenant::new(slug.parse()?, name) }).await?)
        }
        other => Ok(other?),
    }
}

fn domain(text: &str) -> Result<DomainName, Fault> {
    Ok(text.parse()?)
}

impl Stack {
    /// Invites an address; gives the secret that its mail would carry.
    pub async fn invite(&self, tenant: &Tenant, address: &str, role: &str) -> Result<String, Fault> {
        let invite = Invite::new(address.parse()?).with_roles(Roles::parse([role])?);
        Ok(self.operations().invite(&tenant.id, &invite).await?.token.reveal())
    }
}
