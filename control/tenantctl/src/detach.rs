//! `tenantctl detach`: takes our functions out of a pool's slots, and nothing else.

use std::path::PathBuf;
use std::time::Duration;

use operations::{Adopting, DetachPlan, Detached};
use serde::Serialize;

use crate::args::Detach;
use crate::attach::{ours, warned, wrapped};
use crate::failure::plain;
use crate::restore::Restore;
use crate::{Context, Failure};

#[derive(Serialize)]
struct Shape<'a> {
    plan: &'a DetachPlan,
    applied: Option<&'a Detached>,
    /// The file that brings back what the pool was.
    #[serde(skip_serializing_if = "Option::is_none")]
    restore: Option<&'a PathBuf>,
}

/// From the empty slots to the permissions: Cognito does not say how soon it stops calling, and a call without permission fails a sign-in.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) async fn run(detach: Detach, context: &Context<'_>) -> Result<(), Failure> {
    let cognito = context.user_pools().await?;
    let lambda = context.functions(detach.of.lambda_endpoint_url.as_deref()).await?;
    let aws = Adopting { cognito: &cognito, lambda: &lambda };
    let plan = context.operations.plan_detach(aws, &detach.of.pool, &ours(&detach.of)).await?;
    if detach.plan {
        context.output.show(&Shape { plan: &plan, applied: None, restore: None }, || {
            let mut lines = told(&plan);
            if !plan.cli.is_empty() {
                lines.extend([String::new(), "The same with the AWS CLI:".to_owned(), String::new(), plan.cli.clone()]);
            }
            lines.push("nothing was changed".to_owned());
            lines.join("\n")
        });
        return Ok(());
    }
    context.output.tell(|| told(&plan).join("\n"));
    if plan.obstacles.is_empty() && !plan.is_done() {
        context.agreed(detach.yes, &format!("detach from {}?", plan.pool))?;
    }
    // The way back waits for no file.
    let (restore, unkept) = if plan.obstacles.is_empty() && !plan.emptied.is_empty() {
        match Restore::keep(&plan.pool, &plan.restore(), context) {
            Ok(restore) => (Some(restore), None),
            Err(error) => (None, Some(error.to_string())),
        }
    } else {
        (None, None)
    };
    // Nobody's sign-ins on a laptop.
    let pause = if context.local.is_some() { Duration::ZERO } else { PAUSE };
    let done = context.operations.detach(aws, &plan, pause).await;
    let mut done = done.map_err(|error| Restore::explain(restore.as_ref(), error))?;
    done.warnings.extend(unkept);
    let file = restore.as_ref().map(|restore| &restore.file);
    context.output.show(&Shape { plan: &plan, applied: Some(&done), restore: file }, || {
        let mut lines = if plan.is_done() {
            vec!["nothing of ours was attached".to_owned()]
        } else {
            let slots = if done.emptied.is_empty() { "no slot".to_owned() } else { done.emptied.join(", ") };
            let text =
                format!("emptied {slots}; {} permissions taken back; the table is as it was", done.forbidden.len());
            wrapped(&text, "")
        };
        lines.extend(warned(&done.warnings));
        lines.extend(restore.iter().map(Restore::told));
        lines.join("\n")
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
    lines.extend(plan.warnings.iter().flat_map(|warning| wrapped(&plain(warning), "  warning: ")));
    for obstacle in &plan.obstacles {
        lines.extend(wrapped(&format!("{} [{}]", plain(&obstacle.message), obstacle.code), "  "));
        lines.extend(wrapped(&obstacle.help, "      "));
    }
    lines
}
