//! `tenantctl client report --who`: every user of the pool, asked as the triggers would.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use operations::{Who, advice};

use crate::args::Report;
use crate::{Context, Failure};

/// So many are shown one by one; JSON has more.
const SHOWN: usize = 50;

pub(super) async fn run(report: Report, context: &Context<'_>) -> Result<(), Failure> {
    let named = report.client.ok_or_else(|| Failure::NoPool("--who".to_owned()))?;
    let client = named.client(context)?;
    let cognito = context.user_pools().await?;
    let progress = progress(context);
    let seen = |users| progress.set_position(users);
    let who = context.operations.who_is_refused(&cognito, &client, report.show_addresses, &seen).await;
    progress.finish_and_clear();
    let who = who?;
    context.output.show(&who, || words(&who));
    if who.refused() == 0 { Ok(()) } else { Err(Failure::PeopleRefused(who.refused())) }
}

fn words(who: &Who) -> String {
    let mut lines = vec![format!(
        "{}:{}: of {} users {} are members and get in, {} would join by signing in, {} are refused",
        who.pool,
        who.client_id,
        who.users,
        who.members,
        who.would_join,
        who.refused()
    )];
    if who.elsewhere > 0 {
        lines.push(format!("  and {} are refused here who are members of other tenants", who.elsewhere));
    }
    if who.idle > 0 {
        lines.push(format!("  {} are disabled or never confirmed, and sign in nowhere", who.idle));
    }
    for (code, count) in &who.refused {
        lines.push(format!("  {count} {code} - {}", advice(code)));
    }
    for user in who.refused_users.iter().take(SHOWN) {
        let address = user.address.as_deref().map(|address| format!("  {address}")).unwrap_or_default();
        lines.push(format!("    {}  {}{address}", user.sub, user.code));
    }
    let more = who.refused().saturating_sub(SHOWN as u64);
    if more > 0 {
        lines.push(format!("    and {more} more, with --json"));
    }
    if who.refused() == 0 {
        lines.push("nobody is locked out who is not a member elsewhere".to_owned());
        lines.push(format!("next: tenantctl client enforce {}:{}", who.pool, who.client_id));
    }
    lines.join("\n")
}

fn progress(context: &Context<'_>) -> ProgressBar {
    if !context.world.progress || context.output.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} users asked for, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
