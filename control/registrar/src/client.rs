//! `Custom::TenantryClient`: an app client's binding. Deleting the resource leaves a tombstone.

use domain::{Client, ClientKind, Groups, Mode, Roles};
use operations::registrations::{Subject, purpose};
use operations::{NewBinding, OperationError};

use crate::answer::Answer;
use crate::held::{hold, may_speak, right, settle};
use crate::properties::Properties;
use crate::request::{Request, Verb};
use crate::{Bench, Failure, in_line};

const KNOWN: &[&str] = &[
    "UserPoolId",
    "ClientId",
    "Binds",
    "TenantId",
    "Roles",
    "Mode",
    "Groups",
    "AccountScope",
    "Adopt",
    "OfAnotherStack",
];
const BINDS: &[(&str, &str)] = &[("tenant", "tenant"), ("shared", "shared"), ("machine", "machine")];
const MODES: &[(&str, Mode)] = &[("enforce", Mode::Enforce), ("observe", Mode::Observe)];
const GROUPS: &[(&str, Groups)] = &[("carry", Groups::Carry), ("replace", Groups::Replace)];
const ACCOUNT_SCOPES: &[(&str, bool)] = &[("suppress", true), ("keep", false)];

pub(crate) async fn handle(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    if request.verb == Verb::Delete {
        let physical = request.physical().unwrap_or_default();
        if let Some(client) = named(physical) {
            bench.operations.undo_held(&Subject::Client(client), &request.envelope.holder()).await?;
        }
        return Ok(Answer::done(physical));
    }
    let of = Properties::of(&request.properties, KNOWN)?;
    let new = wanted(bench, of).await?;
    let subject = Subject::Client(new.client.clone());
    check_purpose(bench, &new).await?;
    if let ClientKind::Machine { tenant, .. } = &new.kind {
        may_speak(bench, request, tenant, of.flag("OfAnotherStack")?).await?;
    }
    in_line::check(bench, &new).await?;
    let right = right(of.flag("Adopt")?);
    let taken = hold(bench, request, &subject, &purpose(&new.kind), right).await?;
    let bound = async {
        bench.operations.bind_client(&new).await?;
        // The policy may have become stricter since; whoever makes it so from now on finds the client bound.
        in_line::check(bench, &new).await
    }
    .await;
    settle(bench, request, &subject, &taken, bound).await?;
    Ok(Answer::done(name(&new.client)).with("ClientId", &new.client.id))
}

async fn wanted(bench: &Bench, of: Properties<'_>) -> Result<NewBinding, Failure> {
    let client = Client { pool: of.noun("UserPoolId")?, id: of.noun("ClientId")? };
    let binds = of.word("Binds", BINDS)?.ok_or_else(|| Failure::property("Binds", "is missing"))?;
    let roles = of.roles("Roles")?;
    if binds != "machine" && roles.is_some() {
        return Err(Failure::property("Roles", "goes with Binds machine alone"));
    }
    if binds == "shared" && of.text("TenantId")?.is_some() {
        return Err(Failure::property("TenantId", "does not go with Binds shared"));
    }
    let kind = if binds == "shared" {
        ClientKind::Shared
    } else {
        let tenant = bench.operations.find_tenant(of.some_text("TenantId")?).await?.id;
        match binds {
            "machine" => ClientKind::Machine { tenant, roles: roles.unwrap_or_else(Roles::member) },
            _ => ClientKind::Tenant(tenant),
        }
    };
    Ok(NewBinding {
        mode: of.word("Mode", MODES)?,
        groups: of.word("Groups", GROUPS)?.unwrap_or(Groups::Carry),
        suppress_account_scope: of.word("AccountScope", ACCOUNT_SCOPES)?.unwrap_or(true),
        ..NewBinding::new(client, kind)
    })
}

/// Nothing is taken of a client that is bound to something else, not even the mark of who holds it.
async fn check_purpose(bench: &Bench, new: &NewBinding) -> Result<(), Failure> {
    match bench.operations.client(&new.client).await {
        Ok(before) if before.kind != ClientKind::Unbound && purpose(&before.kind) != purpose(&new.kind) => {
            Err(OperationError::ClientBoundElsewhere(operations::shape::client_kind(&before.kind).to_owned()).into())
        }
        Ok(_) | Err(OperationError::ClientUnknown) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a binding is called: another client is another resource.
pub(crate) fn name(client: &Client) -> String {
    format!("{}/{}", client.pool, client.id)
}

fn named(physical: &str) -> Option<Client> {
    let (pool, id) = physical.split_once('/')?;
    Some(Client { pool: pool.parse().ok()?, id: id.parse().ok()? })
}
