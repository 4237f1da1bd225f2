//! `tenantctl client` and `tenantctl pool`.

use domain::{Binding, ClientKind, Groups, Mode, Pool, Roles, TenantId};
use operations::shape::{ClientShape, PoolShape, client_kind};
use operations::{NewBinding, OperationError};
use serde::Serialize;

use crate::args::{AccountScope, Bind, ClientCommand, GroupsChoice, PoolCommand};
use crate::tenant::some_roles;
use crate::{Context, Failure, making, report};

pub(crate) async fn run(command: ClientCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        ClientCommand::Create(create) => making::create(create, context).await?,
        ClientCommand::Delete(delete) => making::delete(delete, context).await?,
        ClientCommand::Bind(bind) => {
            let new = binding(bind, context).await?;
            let bound = operations.bind_client(&new).await?;
            let done = if bound.mode == Mode::Observe { "bound, observing," } else { "bound" };
            show_bound(context, &bound, done).await?;
        }
        ClientCommand::Observe { client } => {
            let client = client.client(context)?;
            show(context, &operations.set_client_mode(&client, Mode::Observe).await?, "observing");
        }
        ClientCommand::Enforce { client } => {
            let client = client.client(context)?;
            show_bound(context, &operations.set_client_mode(&client, Mode::Enforce).await?, "enforcing").await?;
        }
        ClientCommand::Unbind { client } => {
            let client = client.client(context)?;
            show(context, &operations.unbind_client(&client).await?, "unbound");
        }
        ClientCommand::Report(asked) => report::run(asked, context).await?,
        ClientCommand::List { tenant } => {
            let tenant = match tenant {
                Some(name) => Some(operations.find_tenant(&name).await?.id),
                None => None,
            };
            let clients = operations.clients(tenant.as_ref()).await?;
            let shapes: Vec<_> = clients.iter().map(ClientShape::from).collect();
            let rows = clients.iter().map(|binding| {
                vec![
                    format!("{}:{}", binding.client.pool, binding.client.id),
                    client_kind(&binding.kind).to_owned(),
                    binding.kind.tenant().map(ToString::to_string).unwrap_or_default(),
                    if binding.mode == Mode::Enforce { "enforce" } else { "observe" }.to_owned(),
                    if binding.groups == Groups::Carry { "carry" } else { "replace" }.to_owned(),
                    if binding.suppress_account_scope { "suppress" } else { "keep" }.to_owned(),
                ]
            });
            let header = ["client", "bound to", "tenant", "mode", "groups", "account scope"];
            context.output.list("clients", &shapes, &header, rows);
        }
    }
    Ok(())
}

async fn binding(bind: Bind, context: &Context<'_>) -> Result<NewBinding, Failure> {
    let roles = some_roles(bind.roles)?;
    let kind = match (bind.to.tenant, bind.to.machine) {
        (Some(name), _) => ClientKind::Tenant(context.operations.find_tenant(&name).await?.id),
        (None, Some(name)) => ClientKind::Machine {
            tenant: context.operations.find_tenant(&name).await?.id,
            roles: roles.unwrap_or_else(Roles::member),
        },
        (None, None) => ClientKind::Shared,
    };
    // What is not said stays as it is: binding again must not enforce what only observes.
    let client = bind.client.client(context)?;
    let before = match context.operations.client(&client).await {
        Ok(before) => Some(before).filter(|before| before.kind != ClientKind::Unbound),
        Err(OperationError::ClientUnknown) => None,
        Err(error) => return Err(error.into()),
    };
    let mut new = NewBinding::new(client, kind);
    if let Some(before) = before {
        new.groups = before.groups;
        new.suppress_account_scope = before.suppress_account_scope;
    }
    match (bind.observe, bind.enforce) {
        (true, _) => new.mode = Some(Mode::Observe),
        (_, true) => new.mode = Some(Mode::Enforce),
        _ => {}
    }
    match bind.groups {
        Some(GroupsChoice::Carry) => new.groups = Groups::Carry,
        Some(GroupsChoice::Replace) => new.groups = Groups::Replace,
        None => {}
    }
    if let Some(scope) = bind.account_scope {
        new.suppress_account_scope = matches!(scope, AccountScope::Suppress);
    }
    Ok(new)
}

fn show(context: &Context<'_>, binding: &Binding, done: &str) {
    context
        .output
        .show(&ClientShape::from(binding), || format!("{done} {}:{}", binding.client.pool, binding.client.id));
}

/// What a tenant's policy asks of its clients, a binding alone does not bring about.
#[derive(Serialize)]
struct Checked<T> {
    #[serde(flatten)]
    shape: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

/// The command that tells whether the clients of this tenant follow its policy, where it asks something of them.
async fn check(context: &Context<'_>, tenant: Option<&TenantId>) -> Result<Option<String>, Failure> {
    let Some(id) = tenant else { return Ok(None) };
    let tenant = match context.operations.tenant(id).await {
        Ok(tenant) => tenant,
        // The doctor of the table tells of a tenant that is not there.
        Err(OperationError::TenantUnknown(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let asks = tenant.policy.chain.is_more_than_password() || tenant.policy.sso_required;
    Ok(asks.then(|| format!("tenantctl tenant policy {} --dry-run", tenant.slug)))
}

/// The sentence that leads there.
fn leading(check: Option<&String>) -> String {
    check.map(|command| format!("\n`{command}` shows whether it follows the tenant's policy")).unwrap_or_default()
}

async fn show_bound(context: &Context<'_>, binding: &Binding, done: &str) -> Result<(), Failure> {
    let check = check(context, binding.kind.tenant()).await?;
    let named = format!("{done} {}:{}{}", binding.client.pool, binding.client.id, leading(check.as_ref()));
    context.output.show(&Checked { shape: ClientShape::from(binding), check }, || named);
    Ok(())
}

pub(crate) async fn pool(command: PoolCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        PoolCommand::List => {
            let pools = operations.pools().await?;
            let shapes: Vec<_> = pools.iter().map(PoolShape::from).collect();
            let rows = pools.iter().map(|pool| {
                let dedicated = pool.dedicated_to.as_ref().map(ToString::to_string).unwrap_or_default();
                vec![pool.id.to_string(), pool.observe_unbound.to_string(), dedicated]
            });
            context.output.list("pools", &shapes, &["pool", "observes unbound", "dedicated to"], rows);
        }
        PoolCommand::ObserveUnbound { pool, off, yes } => {
            // Whoever is observed by this default alone gets no token from that moment.
            if off && !yes && operations.pool(&pool).await?.observe_unbound {
                let unbound = operations.unbound_clients(&context.user_pools().await?, &pool).await?;
                if !unbound.is_empty() {
                    return Err(Failure::ClientsUnbound(unbound.iter().map(|one| one.id.to_string()).collect()));
                }
            }
            let pool = operations.observe_unbound(&pool, !off).await?;
            let word = if pool.observe_unbound { "pass, logged only" } else { "are denied" };
            show_pool(context, &pool, &format!("clients that were never bound {word}"));
        }
        PoolCommand::Dedicate { pool, to } => {
            let tenant = match to.as_str() {
                "nobody" => None,
                name => Some(operations.find_tenant(name).await?.id),
            };
            let pool = operations.dedicate_pool(&pool, tenant.as_ref()).await?;
            let word = pool.dedicated_to.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
            let check = check(context, pool.dedicated_to.as_ref()).await?;
            let sentence = format!("{}: dedicated to {word}{}", pool.id, leading(check.as_ref()));
            context.output.show(&Checked { shape: PoolShape::from(&pool), check }, || sentence);
        }
    }
    Ok(())
}

fn show_pool(context: &Context<'_>, pool: &Pool, done: &str) {
    context.output.show(&PoolShape::from(pool), || format!("{}: {done}", pool.id));
}
