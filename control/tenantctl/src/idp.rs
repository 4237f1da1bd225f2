//! `tenantctl idp`.

use domain::{Provider, ProviderKind};
use operations::shape::{ProviderShape, provider_kind};
use serde::Serialize;

use crate::args::IdpCommand;
use crate::{Context, Failure};

/// A provider that was unbound, and who rested on it.
#[derive(Serialize)]
struct UnboundShape {
    #[serde(flatten)]
    provider: ProviderShape,
    dependants: usize,
}

pub(crate) async fn run(command: IdpCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        IdpCommand::Bind { provider, to } => {
            let (pool, name) = provider.provider(context)?;
            let kind = match to.tenant {
                Some(tenant) => ProviderKind::Tenant(operations.find_tenant(&tenant).await?.id),
                None => ProviderKind::Social,
            };
            show(context, &operations.bind_provider(&pool, &name, &kind).await?, "bound");
        }
        IdpCommand::Enable { provider } => {
            let (pool, name) = provider.provider(context)?;
            show(context, &operations.enable_provider(&pool, &name, true).await?, "enabled");
        }
        IdpCommand::Disable { provider } => {
            let (pool, name) = provider.provider(context)?;
            show(context, &operations.enable_provider(&pool, &name, false).await?, "disabled");
        }
        IdpCommand::Unbind { provider } => {
            let (pool, name) = provider.provider(context)?;
            let provider = operations.unbind_provider(&pool, &name).await?;
            let dependants = operations.provider_dependants(&provider).await?;
            let shape = UnboundShape { provider: ProviderShape::from(&provider), dependants };
            context.output.show(&shape, || {
                format!("unbound {pool}:{name}: {dependants} memberships rest on it and hold no longer")
            });
        }
        IdpCommand::List { tenant } => {
            let tenant = match tenant {
                Some(name) => Some(operations.find_tenant(&name).await?.id),
                None => None,
            };
            let providers = operations.providers(tenant.as_ref()).await?;
            let shapes: Vec<_> = providers.iter().map(ProviderShape::from).collect();
            let rows = providers.iter().map(|provider| {
                let tenant = match &provider.kind {
                    ProviderKind::Tenant(tenant) => tenant.to_string(),
                    ProviderKind::Social => String::new(),
                };
                let enabled = if provider.enabled { "enabled" } else { "disabled" };
                let name = format!("{}:{}", provider.pool, provider.name);
                vec![name, provider_kind(&provider.kind).to_owned(), tenant, enabled.to_owned()]
            });
            context.output.list("providers", &shapes, &["provider", "serves", "tenant", "state"], rows);
        }
    }
    Ok(())
}

fn show(context: &Context<'_>, provider: &Provider, done: &str) {
    context.output.show(&ProviderShape::from(provider), || format!("{done} {}:{}", provider.pool, provider.name));
}
