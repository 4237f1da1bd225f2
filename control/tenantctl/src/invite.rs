//! `tenantctl invite`.

use operations::shape::InvitationShape;
use operations::{Invite, Invited};
use serde::Serialize;

use crate::args::InviteCommand;
use crate::output::when;
use crate::tenant::some_roles;
use crate::{Context, Failure};

/// A new invitation, with the token that is shown this once.
#[derive(Serialize)]
struct InvitedShape {
    #[serde(flatten)]
    invitation: InvitationShape,
    token: String,
    replaced: Option<String>,
}

pub(crate) async fn run(command: InviteCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        InviteCommand::Create { tenant, address, roles, expires, replaces } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let invite = Invite { address, roles: some_roles(roles)?, open_for: expires, replaces };
            show(context, &operations.invite(&id, &invite).await?);
        }
        InviteCommand::List { tenant, all } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let now = (context.world.now)();
            let mut invitations = operations.invitations(&id).await?;
            invitations.retain(|invitation| all || invitation.is_open_at(now));
            let shapes: Vec<_> = invitations.iter().map(|one| InvitationShape::at(one, now)).collect();
            let rows = invitations.iter().zip(&shapes).map(|(invitation, shape)| {
                vec![
                    invitation.terms.digest.as_ref().chars().take(12).collect(),
                    invitation.address.to_string(),
                    invitation.terms.roles.to_string(),
                    shape.state().to_owned(),
                    when(invitation.terms.expires),
                ]
            });
            context.output.list("invitations", &shapes, &["id", "address", "roles", "state", "expires"], rows);
        }
        InviteCommand::Revoke { tenant, invitation, because } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let revoked = operations.revoke_invitation(&id, &invitation, because.reason.as_deref()).await?;
            let shape = InvitationShape::at(&revoked, (context.world.now)());
            context.output.show(&shape, || format!("revoked the invitation of {}", revoked.address));
        }
        InviteCommand::Resend { tenant, invitation, expires } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            show(context, &operations.resend_invitation(&id, &invitation, expires).await?);
        }
    }
    Ok(())
}

fn show(context: &Context<'_>, invited: &Invited) {
    let invitation = &invited.invitation;
    let shape = InvitedShape {
        invitation: InvitationShape::at(invitation, (context.world.now)()),
        token: invited.token.reveal(),
        replaced: invited.replaced.as_ref().map(ToString::to_string),
    };
    context.output.show(&shape, || {
        format!(
            "invited {} as {}, until {}\n\n  {}\n\nThis token is shown once. Give it to this person alone; they present it \
             when they sign up.",
            invitation.address,
            invitation.terms.roles,
            when(invitation.terms.expires),
            shape.token
        )
    });
}
