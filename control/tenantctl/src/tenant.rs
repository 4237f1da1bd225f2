//! `tenantctl init` and `tenantctl tenant`.

use domain::{Chain, JoinMode, Roles, Tenant};
use operations::NewTenant;
use operations::shape::{TenantShape, tenant_status};
use store::definition::{self, Created};
use store::entity::Seats;

use crate::args::{Join, TenantCommand};
use crate::output::{card, when};
use crate::{Context, Failure, policy};

pub(crate) async fn init(context: &Context<'_>) -> Result<(), Failure> {
    let created = definition::create(&context.table).await? == Created::Now;
    let name = context.table.name();
    context.output.show(&serde_json::json!({ "table": name, "created": created }), || {
        if created { format!("created the table {name}") } else { format!("the table {name} is there") }
    });
    Ok(())
}

pub(crate) async fn run(command: TenantCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        TenantCommand::Create { slug, name, tier, join, default_roles, seat_limit } => {
            let name = name.unwrap_or_else(|| slug.to_string());
            let mut new = NewTenant { tier, seat_limit, ..NewTenant::new(slug, name) };
            if let Some(join) = join {
                new.policy.join = mode(join);
            }
            if let Some(roles) = some_roles(default_roles)? {
                new.policy.default_roles = roles;
            }
            let tenant = operations.create_tenant(&new).await?;
            show(context, &tenant, None, "created");
        }
        TenantCommand::List => {
            let tenants = operations.tenants().await?;
            let shapes: Vec<_> = tenants.iter().map(|tenant| TenantShape::new(tenant, None)).collect();
            let rows = tenants.iter().map(|tenant| {
                let status = tenant_status(tenant.status).to_owned();
                vec![
                    tenant.slug.to_string(),
                    tenant.id.to_string(),
                    status,
                    tenant.tier.to_string(),
                    tenant.name.clone(),
                ]
            });
            context.output.list("tenants", &shapes, &["slug", "id", "status", "tier", "name"], rows);
        }
        TenantCommand::Show(name) => {
            let tenant = operations.find_tenant(&name.tenant).await?;
            let seats = operations.seats(&tenant.id).await?;
            context.output.show(&TenantShape::new(&tenant, Some(&seats)), || details(&tenant, &seats));
        }
        TenantCommand::Rename { tenant, slug, name } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let tenant = operations.rename_tenant(&id, slug.as_ref(), name.as_deref()).await?;
            show(context, &tenant, None, "renamed");
        }
        TenantCommand::Suspend { tenant, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let tenant = operations.suspend_tenant(&id, because.reason.as_deref()).await?;
            show(context, &tenant, None, "suspended");
        }
        TenantCommand::Resume { tenant, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let tenant = operations.resume_tenant(&id, because.reason.as_deref()).await?;
            show(context, &tenant, None, "resumed");
        }
        TenantCommand::Close { tenant, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let tenant = operations.close_tenant(&id, because.reason.as_deref()).await?;
            show(context, &tenant, None, "closed");
        }
        TenantCommand::Restore { tenant, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let tenant = operations.restore_tenant(&id, because.reason.as_deref()).await?;
            show(context, &tenant, None, "restored");
        }
        TenantCommand::Policy(policy) => policy::set(policy, context).await?,
    }
    Ok(())
}

/// One to ten roles, or none named at all.
pub(crate) fn some_roles(roles: Vec<domain::Role>) -> Result<Option<Roles>, Failure> {
    if roles.is_empty() {
        return Ok(None);
    }
    Roles::new(roles).map(Some).map_err(|invalid| Failure::Operation(invalid.into()))
}

pub(crate) const fn mode(join: Join) -> JoinMode {
    match join {
        Join::Open => JoinMode::Open,
        Join::Automatic => JoinMode::Automatic,
        Join::Request => JoinMode::Request,
        Join::InvitationOnly => JoinMode::InvitationOnly,
    }
}

fn show(context: &Context<'_>, tenant: &Tenant, seats: Option<&Seats>, done: &str) {
    context.output.show(&TenantShape::new(tenant, seats), || {
        format!("{done} {} ({})", crate::failure::plain(&tenant.name), tenant.id)
    });
}

pub(crate) fn details(tenant: &Tenant, seats: &Seats) -> String {
    let policy = &tenant.policy;
    let limit = seats.limit.map_or_else(|| "no limit".to_owned(), |limit| format!("of {limit}"));
    card(&[
        ("id", tenant.id.to_string()),
        ("slug", tenant.slug.to_string()),
        ("name", tenant.name.clone()),
        ("tier", tenant.tier.to_string()),
        ("status", tenant_status(tenant.status).to_owned()),
        ("seats", format!("{} used, {limit}", seats.used)),
        ("owners", seats.owners.to_string()),
        ("join", operations::shape::join_mode(policy.join).to_owned()),
        ("default roles", policy.default_roles.to_string()),
        ("sign-in", chain(&policy.chain)),
        ("sso required", policy.sso_required.to_string()),
        ("invitation lookup", policy.invitation_lookup.to_string()),
        ("invitations outlive inviter", policy.invitations_outlive_inviter.to_string()),
        ("created", when(tenant.created)),
    ])
}

/// A chain in words, with the roles that it is asked of.
pub(crate) fn chain(chain: &Chain) -> String {
    let word = operations::shape::chain(chain);
    match chain {
        Chain::PasswordAndCode { of: Some(of) } => format!("{word} of {of}"),
        _ => word.to_owned(),
    }
}
