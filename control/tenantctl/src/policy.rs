//! `tenantctl tenant policy`: the table, and the app clients that have to follow it.

use operations::shape::{ClientInLineShape, TenantShape};
use operations::{ClientInLine, Examination, PolicyChange, PolicyPlan, UserPools};
use serde::Serialize;
use store::entity::Seats;

use crate::args::{ClientsToo, Policy};
use crate::failure::plain;
use crate::tenant::{chain, details, mode, some_roles};
use crate::{Context, Failure};

/// A tenant, and its app clients as they were found.
#[derive(Serialize)]
struct Shape {
    #[serde(flatten)]
    tenant: TenantShape,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    clients: Vec<ClientInLineShape>,
}

pub(crate) async fn set(policy: Policy, context: &Context<'_>) -> Result<(), Failure> {
    let name = match policy.tenant.as_slice() {
        [word, name] if word == "set" => name.clone(),
        words => words.join(" "),
    };
    let id = context.operations.find_tenant(&name).await?.id;
    let change = PolicyChange {
        join: policy.join.map(mode),
        default_roles: some_roles(policy.default_roles)?,
        chain: policy.chain,
        sso_required: policy.sso_required,
        invitation_lookup: policy.invitation_lookup,
        invitations_outlive_inviter: policy.invitations_outlive_inviter,
        tier: policy.tier,
        seat_limit: policy.seat_limit.map(|limit| limit.0),
    };
    let said = policy.clients;
    // What does not concern how people sign in does not concern app clients. What does is checked even where the table says it
    // already: the same command again finishes what was interrupted.
    // Whoever says something of clients means them, whether or not the policy changes: so the doctor's findings tell them to.
    let concerns_clients = change.chain.is_some()
        || change.sso_required.is_some()
        || said.dry_run
        || said.adopted
        || said.yes
        || !said.claims.is_empty();
    if !concerns_clients || said.table_only {
        let (tenant, seats) = context.operations.set_policy(&id, &change).await?;
        context.output.show(&TenantShape::new(&tenant, Some(&seats)), || details(&tenant, &seats));
        return Ok(());
    }
    let cognito = context.user_pools().await?;
    let claims = usual_unless(said.claims.clone());
    let pools = UserPools { cognito: &cognito, claims: &claims, adopted: said.adopted };
    let plan = context.operations.plan_policy(pools, &id, &change).await?;
    context.output.tell(|| told(&plan));
    if said.dry_run {
        let shape = shape(TenantShape::new(&plan.after, None), &plan, Some(true));
        context.output.show(&shape, || "nothing was changed".to_owned());
        return Ok(());
    }
    agree(&said, &plan, context)?;
    let (tenant, seats) = context.operations.apply_policy(pools, &plan, &change).await?;
    show(context, &tenant, &seats, &plan);
    Ok(())
}

/// What the triggers say of a tenant and its members unless the operator names others.
pub(crate) fn usual_unless(named: Vec<domain::claims::ClaimName>) -> Vec<domain::claims::ClaimName> {
    if named.is_empty() { Examination::default().claims } else { named }
}

fn agree(said: &ClientsToo, plan: &PolicyPlan, context: &Context<'_>) -> Result<(), Failure> {
    let many = plan.clients.iter().filter(|client| client.will_change()).count();
    // What is going to be refused need not be asked.
    if many == 0 || plan.clients.iter().any(ClientInLine::stays_around) {
        return Ok(());
    }
    context.agreed(said.yes, &format!("change {many} app client{}?", if many == 1 { "" } else { "s" }))
}

fn shape(tenant: TenantShape, plan: &PolicyPlan, dry_run: Option<bool>) -> Shape {
    Shape { tenant, dry_run, clients: plan.clients.iter().map(ClientInLineShape::from).collect() }
}

fn show(context: &Context<'_>, tenant: &domain::Tenant, seats: &Seats, plan: &PolicyPlan) {
    let shape = shape(TenantShape::new(tenant, Some(seats)), plan, None);
    context.output.show(&shape, || details(tenant, seats));
}

/// The plan as a person reads it: what the policy was and becomes, then every client with its differences.
fn told(plan: &PolicyPlan) -> String {
    let mut lines = Vec::new();
    let (before, after) = (&plan.before.policy, &plan.after.policy);
    if before.chain != after.chain {
        lines.push(format!("sign-in: {} -> {}", chain(&before.chain), chain(&after.chain)));
    }
    if before.sso_required != after.sso_required {
        lines.push(format!("sso required: {} -> {}", before.sso_required, after.sso_required));
    }
    if plan.clients.is_empty() {
        lines.push("no app client is bound to the tenant".to_owned());
    }
    for client in &plan.clients {
        let named = format!("{}:{}", client.binding.client.pool, client.binding.client.id);
        let Some(name) = &client.name else {
            lines.push(format!("{named}: the pool has no such client any more"));
            continue;
        };
        let how = match (client.differences.is_empty(), client.may_change) {
            (true, _) => ": in line",
            (false, true) => "",
            (false, false) => ": stays as it is, without --adopted",
        };
        lines.push(format!("{named} \"{}\"{how}", plain(name)));
        lines.extend(client.differences.iter().flat_map(difference));
    }
    lines.join("\n")
}

fn difference(found: &pool::Difference) -> Vec<String> {
    let mut lines = vec![format!("  {}: {}", found.setting(), found.because)];
    lines.extend(found.removed().iter().map(|word| format!("    - {}", plain(word))));
    lines.extend(found.added().iter().map(|word| format!("    + {}", plain(word))));
    lines.extend(found.by_hand.map(|what| format!("    by hand: {what}")));
    lines
}
