//! `tenantctl detach`: takes our functions out of a pool's slots, and nothing else.

use operations::{Adopting, DetachPlan, Detached};
use serde::Serialize;

use crate::args::Detach;
use crate::attach::{ours, wrapped};
use crate::failure::plain;
use crate::{Context, Failure};

#[derive(Serialize)]
struct Shape<'a> {
    plan: &'a DetachPlan,
    applied: Option<&'a Detached>,
}

pub(crate) async fn run(detach: Detach, context: &Context<'_>) -> Result<(), Failure> {
    let cognito = context.user_pools().await?;
    let lambda = context.functions(detach.of.lambda_endpoint_url.as_deref()).await?;
    let aws = Adopting { cognito: &cognito, lambda: &lambda };
    let plan = context.operations.plan_detach(aws, &detach.of.pool, &ours(&detach.of)).await?;
    if detach.plan {
        context.output.show(&Shape { plan: &plan, applied: None }, || {
            let mut lines = told(&plan);
            lines.push("nothing was changed".to_owned());
            lines.join("\n")
        });
        return Ok(());
    }
    context.output.tell(|| told(&plan).join("\n"));
    if plan.obstacles.is_empty() && !plan.is_done() {
        context.agreed(detach.yes, &format!("detach from {}?", plan.pool))?;
    }
    let done = context.operations.detach(aws, &plan).await?;
    context.output.show(&Shape { plan: &plan, applied: Some(&done) }, || {
        if plan.is_done() {
            "nothing of ours was attached".to_owned()
        } else {
            let slots = if done.emptied.is_empty() { "no slot".to_owned() } else { done.emptied.join(", ") };
            let text =
                format!("emptied {slots}; {} permissions taken back; the table is as it was", done.forbidden.len());
            wrapped(&text, "").join("\n")
        }
    });
    Ok(())
}

fn told(plan: &DetachPlan) -> Vec<String> {
    let mut lines = vec![plan.pool.clone()];
    lines.extend(plan.emptied.iter().map(|slot| format!("  {:28} will be emptied: {}", slot.slot, plain(&slot.arn))));
    lines.extend(plan.kept.iter().map(|slot| format!("  {:28} stays: {}", slot.slot, plain(&slot.arn))));
    lines.extend(plan.forbidden.iter().map(|function| format!("  the pool will not call any more: {function}")));
    if plan.is_done() {
        lines.push("  nothing of ours is attached".to_owned());
    }
    if !plan.enforced.is_empty() && !plan.emptied.is_empty() {
        let text = format!(
            "{} app clients enforce: from then on nobody checks who gets their tokens, and tokens name no tenant",
            plan.enforced.len()
        );
        lines.extend(wrapped(&text, "  warning: "));
    }
    for obstacle in &plan.obstacles {
        lines.extend(wrapped(&format!("{} [{}]", plain(&obstacle.message), obstacle.code), "  "));
    }
    lines
}
