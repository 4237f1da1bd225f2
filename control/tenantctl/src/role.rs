//! `tenantctl role`: the catalogue.

use domain::{Catalogue, RoleGrant};
use operations::shape::RoleShape;

use crate::args::RoleCommand;
use crate::{Context, Failure};

pub(crate) async fn run(command: RoleCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    let catalogue = match command {
        RoleCommand::Set { role, permissions, scopes } => {
            let grant =
                RoleGrant { permissions: permissions.into_iter().collect(), scopes: scopes.into_iter().collect() };
            operations.set_role(&role, &grant).await?
        }
        RoleCommand::List => operations.catalogue().await?,
        RoleCommand::Delete { role } => operations.delete_role(&role).await?,
    };
    list(context, &catalogue);
    Ok(())
}

fn list(context: &Context<'_>, catalogue: &Catalogue) {
    let rows = catalogue.roles().iter().map(|(role, grant)| {
        let words =
            |words: &std::collections::BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        vec![role.to_string(), words(&grant.permissions), words(&grant.scopes)]
    });
    context.output.list("roles", &RoleShape::all(catalogue), &["role", "permissions", "scopes"], rows);
}
