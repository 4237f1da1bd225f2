//! `tenantctl client report`: what the triggers' logs say of app clients, before they are enforced.

mod lines;
mod logs;
mod who;

use jiff::Timestamp;
use operations::{ClientsReport, Counts, OperationError, ReportedClient, Tally, Verdict, advice};

use crate::args::Report;
use crate::failure::plain;
use crate::{Context, Failure};

pub(crate) async fn run(report: Report, context: &Context<'_>) -> Result<(), Failure> {
    if report.who {
        return who::run(report, context).await;
    }
    let client = report.client.as_ref().map(|named| named.client(context)).transpose()?;
    let until = (context.world.now)();
    let since = since(until, report.since)?;
    let mut tally = Tally::default();
    if let Some(file) = &report.logs {
        lines::read(file, since, &mut tally)?;
    } else {
        let client = client.as_ref().map(|client| &client.id);
        logs::read(context, &logs::Asked { since, until, client, from: &report.from }, &mut tally).await?;
    }
    let mut found = context.operations.report_clients(&tally, client.as_ref()).await?;
    if client.is_none() {
        unused(context, &mut found).await?;
    }
    found.since = Some(crate::output::when(since));
    context.output.show(&found, || words(&found));
    let of = |verdicts: &[Verdict]| verdicts.iter().map(|verdict| found.count(*verdict)).sum();
    let refusing = of(&[Verdict::WouldRefuse, Verdict::NeverBound, Verdict::Unclear]);
    let unseen = of(&[Verdict::Unseen, Verdict::Unknown]);
    if refusing + unseen == 0 { Ok(()) } else { Err(Failure::NotSafe { refusing, unseen }) }
}

/// Adds the clients that the log cannot know: never bound, and used by nobody, in the pools that let such clients pass.
async fn unused(context: &Context<'_>, found: &mut ClientsReport) -> Result<(), Failure> {
    let pools = context.operations.pools().await?;
    let adopted: Vec<_> = pools.into_iter().filter(|pool| pool.observe_unbound).collect();
    if adopted.is_empty() {
        return Ok(());
    }
    let cognito = context.user_pools().await?;
    for pool in adopted {
        match context.operations.unbound_clients(&cognito, &pool.id).await {
            Ok(unbound) => found.add_unbound(&unbound),
            // A log is read by people who may not read the pool.
            Err(OperationError::Pool(_)) => found.pools_unread.push(pool.id.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn since(now: Timestamp, ago: jiff::SignedDuration) -> Result<Timestamp, Failure> {
    let invalid = domain::Invalid { noun: "beginning of a report", rule: "a time that has been, such as 7d" };
    let since = now.checked_sub(ago).ok().filter(|since| *since < now);
    since.ok_or_else(|| Failure::Operation(invalid.into()))
}

fn words(report: &ClientsReport) -> String {
    let since = report.since.as_deref().unwrap_or_default();
    let mut lines = vec![format!("{} log lines of app clients since {since}", report.lines)];
    if report.undated > 0 {
        lines.push(format!("{} of them without a time: they count whatever --since says", report.undated));
    }
    if report.without_client > 0 {
        lines.push(format!("{} more at no app client, where an administrator acted", report.without_client));
    }
    if report.unreadable > 0 {
        lines.push(format!(
            "{} events could not be read, at whatever client, and failed: UNSUPPORTED_EVENT - {}",
            report.unreadable,
            advice("UNSUPPORTED_EVENT")
        ));
    }
    for pool in &report.pools_unread {
        lines.push(format!(
            "the app clients of {pool} could not be listed: one that was never bound and that nobody used is not shown here"
        ));
    }
    for client in &report.clients {
        lines.push(String::new());
        lines.extend(client_words(client));
    }
    if report.clients.is_empty() {
        lines.push("the table knows no app client, and the log speaks of none".to_owned());
    }
    lines.join("\n")
}

fn client_words(client: &ReportedClient) -> Vec<String> {
    let named =
        client.pool.as_deref().map_or_else(|| client.client_id.clone(), |pool| format!("{pool}:{}", client.client_id));
    let bound =
        client.tenant_id.as_deref().map_or_else(|| client.kind.to_owned(), |id| format!("{} {id}", client.kind));
    let seen = client.last_seen.as_deref().map(|at| format!(", last seen {at}")).unwrap_or_default();
    let mut lines = vec![format!("{} ({bound}), mode {}{seen}", plain(&named), client.mode)];
    for (trigger, counts) in &client.triggers {
        lines.push(format!("    {}: {}", plain(trigger), counted(counts)));
    }
    let all = client.deciding();
    for (code, count) in &all.would {
        lines.push(format!("    would refuse {count}: {} - {}", plain(code), advice(code)));
    }
    for (code, count) in &all.without_tenant_because {
        lines.push(format!("    without a tenant {count} because of {} - {}", plain(code), advice(code)));
    }
    lines.push(format!("  {}", verdict(client, &all)));
    if client.verdict == Verdict::WouldRefuse {
        lines.push(
            "  lines from before something was put right count, too: --since 10m shows what is so now".to_owned(),
        );
    }
    lines.extend(client.next.as_ref().map(|next| format!("  next: {next}")));
    lines
}

fn counted(counts: &Counts) -> String {
    let mut parts = vec![format!("{} times asked, {} let pass", counts.all(), counts.answered)];
    if counts.without_tenant > 0 {
        parts.push(format!("{} let pass without a tenant", counts.without_tenant));
    }
    if counts.before_binding > 0 {
        parts.push(format!("{} from before it was bound", counts.before_binding));
    }
    let would = counts.would_be_refused();
    if would > 0 {
        parts.push(format!("{would} would be refused"));
    }
    for (code, count) in &counts.refused {
        parts.push(format!("{count} refused {}", plain(code)));
    }
    if counts.broken > 0 {
        parts.push(format!("{} broke", counts.broken));
    }
    parts.join(", ")
}

fn verdict(client: &ReportedClient, all: &Counts) -> String {
    let tokens = client.tokens().would_be_refused();
    let without = client.tokens().without_tenant;
    match client.verdict {
        Verdict::Safe => {
            let of_none = if without > 0 { format!(", {without} of which would speak of no tenant") } else { String::new() };
            format!(
                "no reason seen against enforcing it: {} tokens, none of which would have been refused{of_none}; the log knows nothing \
                 of who did not come",
                client.tokens().let_pass()
            )
        }
        Verdict::Unclear => format!(
            "not yet: in this time {} were refused and {} met something broken, so the log says too little; look at the causes, or \
             at a shorter --since",
            all.refused_when_bound(),
            all.broken
        ),
        Verdict::WouldRefuse if tokens == 0 => {
            "not yet: only sign-ups and challenges would be refused, no token; enforce it if that is what you want"
                .to_owned()
        }
        Verdict::WouldRefuse if without > 0 => {
            format!("not yet: {tokens} tokens would be refused; {without} more would speak of no tenant")
        }
        Verdict::WouldRefuse => format!("not yet: {tokens} tokens would be refused"),
        Verdict::Unseen if client.tokens().before_binding > 0 => {
            "not seen: nobody asked for a token since it was bound, so nobody knows whom it would refuse".to_owned()
        }
        Verdict::Unseen => {
            "not seen: nobody asked for a token in this time, so nobody knows whom it would refuse; look further back with --since"
                .to_owned()
        }
        Verdict::Enforced => "enforced: what is refused above was refused".to_owned(),
        Verdict::NeverBound => "never bound: it passes only while its pool lets unbound clients pass".to_owned(),
        Verdict::Unknown => "unknown: the table does not know it, and all that the log has of it broke".to_owned(),
        Verdict::Denied => "denied: it is bound to nothing".to_owned(),
    }
}
