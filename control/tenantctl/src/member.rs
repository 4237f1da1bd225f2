//! `tenantctl member`.

use domain::{Membership, MembershipStatus, Roles};
use operations::shape::{MemberShape, OriginShape, membership_status};
use operations::{MemberName, NewMember, OperationError};

use crate::args::{self, MemberCommand, MemberOf, Status};
use crate::output::when;
use crate::tenant::some_roles;
use crate::{Context, Failure, import, import_from_pool};

pub(crate) async fn run(command: MemberCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        MemberCommand::List { tenant, status } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let mut rows = operations.members(&id).await?;
            rows.retain(|row| status.is_none_or(|status| row.status == wanted(status)));
            list(context, &rows);
        }
        MemberCommand::Add { tenant, person, email, roles, lift_bar } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let roles = some_roles(roles)?.unwrap_or_else(Roles::member);
            let new = NewMember { person: person.person(context)?, address: email, roles, lift_bar };
            show(context, &operations.add_member(&id, &new).await?);
        }
        MemberCommand::Role { member, roles } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            let roles = Roles::new(roles).map_err(|invalid| Failure::Operation(invalid.into()))?;
            show(context, &operations.set_roles(&id, &member.member, &roles).await?);
        }
        MemberCommand::Approve { member, roles } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            show(context, &operations.approve(&id, &member.member, some_roles(roles)?.as_ref()).await?);
        }
        MemberCommand::Deny { member, because } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            show(context, &operations.deny(&id, &member.member, because.reason.as_deref()).await?);
        }
        MemberCommand::Suspend { member, barred, because } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            let reason = because.reason.as_deref();
            show(context, &operations.suspend_barring(&id, &member.member, &barred.into(), reason).await?);
        }
        MemberCommand::Resume { member, because } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            show(context, &operations.resume(&id, &member.member, because.reason.as_deref()).await?);
        }
        MemberCommand::Unlock { member, clients, because } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            let unlocked = operations.unlock(&id, &member.member, &clients, because.reason.as_deref()).await?;
            context.output.show(&unlocked, || {
                let who = unlocked.member_id.as_deref().unwrap_or(&unlocked.sub);
                format!("{who} may ask for codes and answer them again, at {} app clients", unlocked.clients)
            });
        }
        MemberCommand::Remove { member, barred, because } => {
            let id = operations.find_tenant(&member.tenant.tenant).await?.id;
            let reason = because.reason.as_deref();
            show(context, &operations.remove_barring(&id, &member.member, &barred.into(), reason).await?);
        }
        MemberCommand::Bar { tenant, address, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let set = operations.bar_mailbox(&id, &address, because.reason.as_deref()).await?;
            let shape = serde_json::json!({ "tenant_id": id.to_string(), "bar_set": set });
            context.output.show(&shape, || {
                let how = if set { "is barred" } else { "was barred already" };
                format!("{address} {how}; only a later invitation, or `tenantctl member reinstate`, lets it in")
            });
        }
        MemberCommand::Reinstate { member, roles, because } => {
            reinstate(context, &member, some_roles(roles)?.as_ref(), because.reason.as_deref()).await?;
        }
        MemberCommand::Import(asked) => match (asked.file, asked.from_pool.attribute.clone()) {
            (Some(file), _) => {
                let args::Import { pool, tenant, format, dry_run, .. } = *asked;
                import::run(context, &import::Import { file, pool, tenant, format, dry_run }).await?;
            }
            (None, Some(attribute)) => {
                import_from_pool::run(context, asked.pool, attribute, asked.from_pool, asked.dry_run).await?;
            }
            // The grammar asks for one of them.
            (None, None) => {}
        },
    }
    Ok(())
}

/// An address whose member's row is gone may still be barred.
async fn reinstate(
    context: &Context<'_>,
    member: &MemberOf,
    roles: Option<&Roles>,
    reason: Option<&str>,
) -> Result<(), Failure> {
    let operations = &context.operations;
    let id = operations.find_tenant(&member.tenant.tenant).await?.id;
    match (operations.reinstate(&id, &member.member, roles, reason).await, &member.member) {
        (Err(OperationError::MemberUnknown), MemberName::Address(address)) => {
            if !operations.lift_bar(&id, address, reason).await? {
                return Err(OperationError::MemberUnknown.into());
            }
            let shape = serde_json::json!({ "tenant_id": id.to_string(), "bar_lifted": true });
            context.output.show(&shape, || format!("lifted the bar on {address}; they may join again"));
            Ok(())
        }
        (row, _) => {
            show(context, &row?);
            Ok(())
        }
    }
}

fn list(context: &Context<'_>, rows: &[Membership]) {
    let shapes: Vec<_> = rows.iter().map(MemberShape::from).collect();
    let cells = rows.iter().map(|row| {
        vec![
            row.member.to_string(),
            row.address.as_ref().map(ToString::to_string).unwrap_or_default(),
            row.roles.to_string(),
            membership_status(row.status).to_owned(),
            OriginShape::from(&row.origin).words(),
            when(row.since),
        ]
    });
    context.output.list("members", &shapes, &["member", "address", "roles", "status", "by", "since"], cells);
}

fn show(context: &Context<'_>, row: &Membership) {
    context.output.show(&MemberShape::from(row), || {
        let who = row.address.as_ref().map_or_else(|| row.person.sub.to_string(), ToString::to_string);
        format!("{} ({who}) is {}, as {}", row.member, membership_status(row.status), row.roles)
    });
}

const fn wanted(status: Status) -> MembershipStatus {
    match status {
        Status::Requested => MembershipStatus::Requested,
        Status::Denied => MembershipStatus::Denied,
        Status::Active => MembershipStatus::Active,
        Status::Suspended => MembershipStatus::Suspended,
        Status::Removed => MembershipStatus::Removed,
        Status::Superseded => MembershipStatus::Superseded,
    }
}
