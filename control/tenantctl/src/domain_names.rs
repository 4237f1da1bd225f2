//! `tenantctl domain`.

use std::net::SocketAddr;

use domain::{DomainName, DomainOwner, JoinMode, TenantId};
use operations::shape::DomainShape;
use operations::{OperationError, Released, Releasing, challenge_name};
use serde::Serialize;
use store::entity::{Claim, ClaimStatus};

use crate::args::{Dependants, DomainCommand, DomainJoin};
use crate::dns::Dns;
use crate::{Context, Failure};

pub(crate) async fn run(command: DomainCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        DomainCommand::Claim { tenant, domain } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let claim = operations.claim_domain(&id, &domain).await?;
            context.output.show(&DomainShape::from(&claim), || told(&claim));
        }
        DomainCommand::Verify { tenant, domain, assume_verified, resolver } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let owner = match assume_verified {
                Some(reason) => operations.assume_domain(&id, &domain, &reason).await?,
                None => look_up(context, &id, &domain, resolver).await?,
            };
            show(context, &owner, "verified");
        }
        DomainCommand::Join { tenant, domain, mode } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let mode = match mode {
                DomainJoin::Inherit => None,
                DomainJoin::Automatic => Some(JoinMode::Automatic),
                DomainJoin::Request => Some(JoinMode::Request),
                DomainJoin::InvitationOnly => Some(JoinMode::InvitationOnly),
            };
            show(context, &operations.set_domain_join(&id, &domain, mode).await?, "changed");
        }
        DomainCommand::Transfer { domain, from, to, reason, members } => {
            let from = operations.find_tenant(&from).await?.id;
            let to = operations.find_tenant(&to).await?.id;
            let released = operations.transfer_domain(&domain, &from, &to, how(&members), &reason).await?;
            show_release(context, &released, "transferred");
        }
        DomainCommand::Release { tenant, domain, members } => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let released = operations.release_domain(&id, &domain, how(&members)).await?;
            show_release(context, &released, "released");
        }
        DomainCommand::List(tenant) => {
            let id = operations.find_tenant(&tenant.tenant).await?.id;
            let domains = operations.domains(&id).await?;
            let shapes: Vec<_> = domains.iter().map(DomainShape::from).collect();
            let rows = domains.iter().zip(&shapes).map(|(domain, shape)| {
                vec![
                    domain.domain.to_string(),
                    shape.status().to_owned(),
                    domain.owner.as_ref().map(|owner| owner.generation.to_string()).unwrap_or_default(),
                    domain
                        .owner
                        .as_ref()
                        .and_then(|owner| owner.join)
                        .map_or("", operations::shape::join_mode)
                        .to_owned(),
                    domain.claim.as_ref().and_then(|claim| claim.assumed.clone()).unwrap_or_default(),
                ]
            });
            context.output.list("domains", &shapes, &["domain", "status", "generation", "join", "assumed"], rows);
        }
    }
    Ok(())
}

async fn look_up(
    context: &Context<'_>,
    id: &TenantId,
    domain: &DomainName,
    resolver: Option<SocketAddr>,
) -> Result<DomainOwner, Failure> {
    let dns = Dns::new(resolver)
        .map_err(|failure| OperationError::DnsUnreachable { domain: domain.clone(), cause: failure.0 })?;
    Ok(context.operations.verify_domain(id, domain, &dns).await?)
}

const fn how(members: &Dependants) -> Releasing {
    match (members.dry_run, members.keep_members, members.drop_members) {
        (true, _, _) => Releasing::DryRun,
        (_, true, _) => Releasing::KeepMembers,
        (_, _, true) => Releasing::DropMembers,
        _ => Releasing::Unsaid,
    }
}

fn told(claim: &Claim) -> String {
    if claim.status == ClaimStatus::Verified {
        return format!("{} is verified already", claim.domain);
    }
    format!(
        "Create this DNS record, wait until it is published, then run `tenantctl domain verify`:\n\n  {} TXT \"{}\"\n",
        challenge_name(&claim.domain),
        claim.challenge
    )
}

fn show(context: &Context<'_>, owner: &DomainOwner, done: &str) {
    context
        .output
        .show(&DomainShape::from(owner), || format!("{done} {} (generation {})", owner.domain, owner.generation));
}

/// What a release found and did.
#[derive(Serialize)]
struct ReleaseShape {
    domain: DomainShape,
    dependants: u64,
    kept: u64,
    done: bool,
}

fn show_release(context: &Context<'_>, released: &Released, done: &str) {
    let shape = ReleaseShape {
        domain: DomainShape::from(&released.owner),
        dependants: released.dependants,
        kept: released.kept,
        done: released.done,
    };
    context.output.show(&shape, || {
        let (domain, dependants) = (&released.owner.domain, released.dependants);
        if released.done {
            format!("{done} {domain}: {dependants} memberships rested on it, {} were kept", released.kept)
        } else {
            format!("{dependants} memberships rest on {domain}; nothing was changed")
        }
    });
}
