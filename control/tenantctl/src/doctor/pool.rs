//! `tenantctl doctor --pool`: shows what is wrong and what would be done about it, asks, does it.

use std::time::Duration;

use domain::PoolId;
use indicatif::{ProgressBar, ProgressStyle};
use operations::{Case, Examination, Fixed, Functions, PoolHealth, UserPools};

use super::{left, line};
use crate::args::{Doctor, OfPool};
use crate::failure::plain;
use crate::{Context, Failure};

/// Steps of one finding that are shown one by one; JSON has them all.
const SHOWN: usize = 20;

pub(super) async fn run(doctor: Doctor, context: &Context<'_>) -> Result<(), Failure> {
    let operations = &context.operations;
    let only = doctor.pool.flatten();
    let how = examination(doctor.examination);
    let chart = operations.chart(only.as_ref()).await?;
    let pools: Vec<PoolId> = match only {
        Some(pool) => vec![pool],
        None => chart.pools().cloned().collect(),
    };
    let cognito = context.user_pools().await?;
    let progress = progress(context);
    let mut health = PoolHealth::default();
    for pool in &pools {
        progress.set_message(pool.to_string());
        let seen = |users| progress.set_position(users);
        operations.examine_pool(&cognito, &chart, pool, &how, &seen, &mut health).await?;
    }
    progress.finish_and_clear();
    health.sort();
    let steps = health.plan().count();
    if !doctor.fix || doctor.dry_run || steps == 0 {
        show(context, &health, doctor.fix);
        return left(health.problems());
    }
    if !context.output.json || !doctor.yes {
        show(context, &health, true);
    }
    context.agreed(doctor.yes, &format!("do these {steps} things?"))?;
    let mut broken = None;
    for case in health.cases.iter_mut().filter(|case| !case.steps.is_empty()) {
        progress.set_message(case.finding.code);
        let pools = UserPools { cognito: &cognito, claims: &how.claims, adopted: false };
        if let Err(error) = operations.treat(pools, case).await {
            broken = Some(error);
            break;
        }
        if !context.output.json {
            context.output.show(&(), || line(&case.finding));
        }
    }
    progress.finish_and_clear();
    if context.output.json {
        show(context, &health, true);
    }
    // What was done is told before what was not.
    broken.map_or_else(|| left(health.problems()), |error| Err(error.into()))
}

fn examination(said: OfPool) -> Examination {
    let usual = Examination::default();
    Examination {
        functions: Functions { prefix: said.functions_prefix, exactly: said.triggers.into_iter().collect() },
        unconfirmed_for: said.unconfirmed_older_than,
        claims: if said.claims.is_empty() { usual.claims } else { said.claims },
    }
}

fn show(context: &Context<'_>, health: &PoolHealth, plan: bool) {
    context.output.show(health, || {
        let pools = match health.pools.as_slice() {
            [] => "the table knows no user pool".to_owned(),
            pools => format!(
                "looked at {}: {} app clients, {} users, {} of them or of the deleted are members or wait",
                plain(&pools.join(", ")),
                health.clients,
                health.users,
                health.members
            ),
        };
        let mut lines = vec![pools];
        for case in &health.cases {
            lines.push(line(&case.finding));
            if plan {
                lines.extend(steps(case));
            }
        }
        if health.cases.is_empty() && !health.pools.is_empty() {
            lines.push("pool and table agree".to_owned());
        }
        lines.join("\n")
    });
}

fn steps(case: &Case) -> Vec<String> {
    if case.finding.fix == Fixed::Done {
        return Vec::new();
    }
    let mut lines: Vec<String> =
        case.steps.iter().take(SHOWN).map(|step| format!("    would {}", plain(&step.to_string()))).collect();
    if case.steps.len() > SHOWN {
        lines.push(format!("    and {} more, all of them with --json", case.steps.len() - SHOWN));
    }
    lines
}

fn progress(context: &Context<'_>) -> ProgressBar {
    if !context.world.progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {human_pos} users read, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
