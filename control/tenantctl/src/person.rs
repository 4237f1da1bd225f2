//! `tenantctl person` and `tenantctl whois`.

use operations::shape::{OriginShape, tenant_status};
use operations::{Outcome, Reach, Scope};
use serde::Serialize;

use crate::args::{PersonCommand, Somebody, Whois};
use crate::output::Output;
use crate::{Context, Failure};

pub(crate) async fn run(command: PersonCommand, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    match command {
        PersonCommand::Export(Somebody { person, user_name }) => {
            let export = operations.export_person(&person.person(context)?, user_name.as_ref()).await?;
            // Made to be handed over as it is, so it is JSON for people, too.
            Output { json: true }.show(&export, String::new);
        }
        PersonCommand::Erase { person: Somebody { person, user_name }, because, yes } => {
            let person = person.person(context)?;
            if !yes {
                let rows = operations.memberships_of(&person).await?.len();
                return Err(Failure::Unconfirmed(rows));
            }
            let erased = operations.erase_person(&person, user_name.as_ref(), because.reason.as_deref()).await?;
            context.output.show(&erased, || {
                format!(
                    "erased {} rows, {} invitations, and codes of {} app clients; {} rows stay without an address, since they keep \
                     somebody out",
                    erased.rows, erased.invitations, erased.codes, erased.stripped
                )
            });
        }
    }
    Ok(())
}

/// What an address reaches in a tenant.
#[derive(Serialize)]
struct ReachShape {
    tenant_id: String,
    slug: String,
    tenant_status: &'static str,
    outcome: &'static str,
    route: Option<OriginShape>,
    member_id: Option<String>,
    roles: Vec<String>,
    code: Option<&'static str>,
    sentence: Option<String>,
}

pub(crate) async fn whois(whois: Whois, context: &Context<'_>) -> Result<(), Failure> {
    let scope = match (whois.tenant, whois.client) {
        (Some(name), _) => Scope::Tenant(context.operations.find_tenant(&name).await?.id),
        (None, Some(client)) => Scope::Client(client.client(context)?),
        (None, None) => Scope::Everywhere,
    };
    let reached = context.operations.whois(&whois.address, &scope).await?;
    let shapes: Vec<_> = reached.iter().map(shape).collect();
    let rows = shapes.iter().map(|shape| {
        let route = shape.route.as_ref().map(OriginShape::words);
        let why = shape.sentence.as_ref().zip(shape.code).map(|(sentence, code)| format!("{sentence} ({code})"));
        vec![
            shape.slug.clone(),
            shape.outcome.to_owned(),
            route.or(why).unwrap_or_default(),
            shape.roles.join(" "),
            shape.member_id.clone().unwrap_or_default(),
        ]
    });
    context.output.list("tenants", &shapes, &["tenant", "outcome", "by, or why not", "roles", "member"], rows);
    Ok(())
}

fn shape(reach: &Reach) -> ReachShape {
    let tenant = &reach.tenant;
    let mut shape = ReachShape {
        tenant_id: tenant.id.to_string(),
        slug: tenant.slug.to_string(),
        tenant_status: tenant_status(tenant.status),
        outcome: "refused",
        route: None,
        member_id: None,
        roles: Vec::new(),
        code: None,
        sentence: None,
    };
    let texts = |roles: &domain::Roles| roles.iter().map(ToString::to_string).collect();
    match &reach.outcome {
        Outcome::Member(row) => {
            shape.outcome = "member";
            shape.route = Some(OriginShape::from(&row.origin));
            shape.member_id = Some(row.member.to_string());
            shape.roles = texts(&row.roles);
        }
        Outcome::Joins { origin, roles } => {
            shape.outcome = "joins";
            shape.route = Some(OriginShape::from(origin));
            shape.roles = texts(roles);
        }
        Outcome::Requests { origin, roles } => {
            shape.outcome = "requests";
            shape.route = Some(OriginShape::from(origin));
            shape.roles = texts(roles);
        }
        Outcome::Refused(refusal) => {
            shape.code = Some(refusal.code());
            shape.sentence = Some(refusal.to_string());
        }
    }
    shape
}
