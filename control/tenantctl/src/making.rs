//! `tenantctl client create` and `client delete`: app clients in their user pools.

use domain::{Client, ClientKind, Roles};
use operations::shape::ClientShape;
use operations::{ClientWish, UserPools};
use serde::Serialize;

use crate::args::{AccountScope, Create, Delete};
use crate::output::card;
use crate::policy::usual_unless;
use crate::tenant::some_roles;
use crate::{Context, Failure};

/// A client that is there. The secret is in the answer of the run that bound it alone.
#[derive(Serialize)]
struct Shape {
    #[serde(flatten)]
    client: ClientShape,
    name: String,
    created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What reads a secret that is not in this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_command: Option<String>,
}

/// The user pool goes on showing a client's secret to whom IAM allows it.
fn secret_command(client: &Client) -> String {
    let Client { pool, id } = client;
    let region = pool.as_ref().split_once('_').map_or("", |(region, _)| region);
    format!(
        "aws cognito-idp describe-user-pool-client --region {region} --user-pool-id {pool} --client-id {id} \
         --query UserPoolClient.ClientSecret"
    )
}

pub(crate) async fn create(create: Create, context: &Context<'_>) -> Result<(), Failure> {
    let roles = some_roles(create.roles)?;
    let tenant = match &create.tenant {
        Some(name) => Some(context.operations.find_tenant(name).await?.id),
        None => None,
    };
    let kind = match tenant {
        Some(tenant) if create.machine => ClientKind::Machine { tenant, roles: roles.unwrap_or_else(Roles::member) },
        Some(tenant) => ClientKind::Tenant(tenant),
        None => ClientKind::Shared,
    };
    let local = || context.local.as_ref()?.user_pool.as_ref()?.parse().ok();
    let pool = create.pool.or_else(local).ok_or_else(|| Failure::WhichPool(create.name.clone()))?;
    let wish = ClientWish {
        pool,
        name: create.name,
        kind,
        suppress_account_scope: !matches!(create.account_scope, Some(AccountScope::Keep)),
        secret: create.secret,
        password_flow: create.password_flow,
        callback_urls: create.callback_urls,
        logout_urls: create.logout_urls,
        scopes: create.scopes,
    };
    let cognito = context.user_pools().await?;
    let claims = usual_unless(create.claims);
    let pools = UserPools { cognito: &cognito, claims: &claims, adopted: false };
    if create.undo {
        let undone = context.operations.give_up_client(pools, &wish).await?;
        context.output.show(&serde_json::json!({ "name": wish.name, "undone": undone }), || {
            if undone { format!("took back {}", wish.name) } else { format!("nothing was begun for {}", wish.name) }
        });
        return Ok(());
    }
    let made = context.operations.make_client(pools, &wish).await?;
    let shape = Shape {
        client: ClientShape::from(&made.binding),
        name: made.name.clone(),
        created: !made.before,
        secret: made.secret.clone(),
        // A run that was interrupted after it had bound the client showed none.
        secret_command: (made.has_secret && made.secret.is_none()).then(|| secret_command(&made.binding.client)),
    };
    context.output.show(&shape, || {
        let client = format!("{}:{}", made.binding.client.pool, made.binding.client.id);
        let mut rows = vec![(if made.before { "was made before" } else { "created" }, client), ("name", made.name)];
        if let Some(secret) = made.secret {
            rows.push(("secret, shown once", secret));
        }
        if let Some(command) = &shape.secret_command {
            rows.push(("its secret is shown by", command.clone()));
        }
        card(&rows)
    });
    Ok(())
}

pub(crate) async fn delete(delete: Delete, context: &Context<'_>) -> Result<(), Failure> {
    let client = delete.client.client(context)?;
    let named = format!("{}:{}", client.pool, client.id);
    context.agreed(delete.yes, &format!("delete {named}? Everybody there is signed out."))?;
    let cognito = context.user_pools().await?;
    let pools = UserPools { cognito: &cognito, claims: &[], adopted: delete.adopted };
    let binding = context.operations.delete_client(pools, &client).await?;
    context.output.show(&ClientShape::from(&binding), || format!("deleted {named}"));
    Ok(())
}
