//! `tenantctl attach`: shows what attaching to a pool that exists already would do, asks, does it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use operations::{Adopting, AttachPlan, AttachWish, Attached, FunctionState, OurFunctions, SlotPlan, SlotState};
use pool::attach::Allowed;
use serde::Serialize;

use crate::args::{Attach, AttachedPool, SnippetsOf};
use crate::doctor::line;
use crate::failure::plain;
use crate::restore::Restore;
use crate::{Context, Failure};

/// Text is for terminals of this width.
const WIDTH: usize = 100;

#[derive(Serialize)]
struct Shape<'a> {
    plan: &'a AttachPlan,
    applied: Option<&'a Attached>,
    /// The file that brings back what the pool was.
    #[serde(skip_serializing_if = "Option::is_none")]
    restore: Option<&'a PathBuf>,
}

pub(crate) fn ours(of: &AttachedPool) -> OurFunctions {
    OurFunctions {
        prefix: of.functions_prefix.clone(),
        alias: Some(of.alias.clone()).filter(|alias| alias != "none"),
        exactly: of.triggers.iter().cloned().collect(),
    }
}

pub(crate) async fn run(attach: Attach, context: &Context<'_>) -> Result<(), Failure> {
    let wish = AttachWish {
        pool: attach.of.pool.clone(),
        functions: ours(&attach.of),
        only: attach.only.map(|only| only.0.into_iter().collect()).unwrap_or_default(),
        version: attach.pre_token.map(Into::into),
        enforced: attach.enforced,
        probe: !attach.no_probe,
        attributes: attach.attributes,
        reading: attach.users,
        tenantctl: typed(context),
        look: look(&attach.of, context),
    };
    let cognito = context.user_pools().await?;
    let lambda = context.functions(attach.of.lambda_endpoint_url.as_deref()).await?;
    let aws = Adopting { cognito: &cognito, lambda: &lambda };
    let progress = progress(context);
    let seen = |users| progress.set_position(users);
    let plan = context.operations.plan_attach(aws, &wish, &seen).await?;
    progress.finish_and_clear();
    if !attach.apply {
        context.output.show(&Shape { plan: &plan, applied: None, restore: None }, || {
            let mut lines = told(&plan);
            lines.extend(snippets(&plan, attach.snippets));
            if !plan.obstacles.is_empty() && attach.snippets != Some(SnippetsOf::None) {
                lines.push("(lines to copy come when nothing is in the way)".to_owned());
            }
            lines.push(String::new());
            lines.push(ending(&plan));
            lines.join("\n")
        });
        return Ok(());
    }
    context.output.tell(|| told(&plan).join("\n"));
    // What is going to be refused, or is done, need not be asked.
    if plan.obstacles.is_empty() && !plan.is_done() {
        context.agreed(attach.yes, &format!("attach to {}?", plan.pool))?;
    }
    // Before anything is written: the pool itself will not know any more what it was.
    let restore = if plan.obstacles.is_empty() && plan.sets() {
        Some(Restore::keep(&plan.pool, &plan.restore(), context)?)
    } else {
        None
    };
    let done = context.operations.attach(aws, &wish, &plan).await;
    let done = done.map_err(|error| Restore::explain(restore.as_ref(), error))?;
    let file = restore.as_ref().map(|restore| &restore.file);
    context.output.show(&Shape { plan: &plan, applied: Some(&done), restore: file }, || {
        let mut lines = told_of(&done, plan.knows_factors());
        lines.extend(restore.iter().map(Restore::told));
        lines.join("\n")
    });
    Ok(())
}

fn ending(plan: &AttachPlan) -> String {
    let what = match (plan.obstacles.is_empty(), plan.is_done()) {
        (false, _) => "--apply would refuse, for the reasons above",
        (true, true) => "everything is attached",
        (true, false) => "--apply does it",
    };
    format!("nothing was changed; {what}")
}

fn told(plan: &AttachPlan) -> Vec<String> {
    let mut lines = vec![
        format!("{} \"{}\", feature plan {}", plan.pool, plain(&plan.name), plain(&plan.feature_plan)),
        String::new(),
        "Our slots".to_owned(),
    ];
    lines.extend(plan.slots.iter().flat_map(|slot| of_slot(slot, plan)));
    if !plan.kept.is_empty() {
        lines.extend([String::new(), "Other slots, which stay".to_owned()]);
        lines.extend(plan.kept.iter().map(|other| format!("  {:18} {}", other.slot, plain(&other.arn))));
    }
    lines.extend([String::new(), "App clients".to_owned()]);
    let clients = &plan.clients;
    let pass = if plan.observes_unbound || plan.observe_unbound { "pass, logged only" } else { "are denied" };
    for (count, what) in [
        (clients.never_bound, format!("never bound: {pass}")),
        (clients.observed, "bound, observed: pass, logged only".to_owned()),
        (clients.enforced.len(), "enforced: whoever is no member there is refused at once".to_owned()),
        (clients.denied.len(), "unbound by somebody: everybody is refused at once".to_owned()),
    ] {
        if count > 0 {
            lines.push(format!("  {count:>5} {what}"));
        }
    }
    if clients.all == 0 {
        lines.push("  none".to_owned());
    }
    if plan.observe_unbound {
        lines.push("  The table will let clients pass that were never bound, before any slot is set.".to_owned());
    }
    lines.extend(of_users(plan));
    if !plan.findings.is_empty() {
        lines.extend([String::new(), "What the doctor says of the pool".to_owned()]);
        lines.extend(plan.findings.iter().flat_map(|case| wrapped(&line(&case.finding), "  ")));
    }
    if !plan.notes.is_empty() {
        lines.extend([String::new(), "To know".to_owned()]);
        lines.extend(plan.notes.iter().flat_map(|note| wrapped(&plain(note), "  - ")));
    }
    if !plan.obstacles.is_empty() {
        lines.extend([String::new(), "In the way".to_owned()]);
        for obstacle in &plan.obstacles {
            lines.extend(wrapped(&format!("{} [{}]", plain(&obstacle.message), obstacle.code), "  "));
            lines.extend(wrapped(&obstacle.help, "      "));
        }
    }
    lines
}

fn of_slot(slot: &SlotPlan, plan: &AttachPlan) -> Vec<String> {
    let version = if slot.event_version.is_some() || slot.slot == "PreTokenGeneration" {
        format!(" ({})", plan.event_version)
    } else {
        String::new()
    };
    let what = match (slot.slot_state, slot.set) {
        (SlotState::Free, true) => format!("free: will be ours{version}"),
        (SlotState::Free, false) => "free, and stays so".to_owned(),
        (SlotState::Ours, _) => "ours already".to_owned(),
        (SlotState::OursOtherwise, true) => format!("ours, by another alias or version: will be set{version}"),
        (SlotState::OursOtherwise, false) => "ours, by another alias or version, and stays so".to_owned(),
        (SlotState::Occupied, _) => "occupied".to_owned(),
    };
    let mut lines = vec![format!("  {:28} {what}", slot.slot)];
    let indent = " ".repeat(31);
    if let Some(occupant) = slot.occupant.as_ref().filter(|_| slot.slot_state != SlotState::Ours) {
        let told = slot.event_version.map(|version| format!(", told {version}")).unwrap_or_default();
        let legacy = if slot.legacy { ", by PreTokenGeneration alone" } else { "" };
        lines.push(format!("{indent}{}{told}{legacy}", plain(occupant)));
    }
    if slot.slot_state != SlotState::Occupied {
        let state = match (&slot.function_state, slot.permission) {
            (FunctionState::Ready, Some(Allowed::Yes)) => "ready, the pool may call it".to_owned(),
            (FunctionState::Ready, Some(Allowed::Loosely)) => "ready, the pool and others may call it".to_owned(),
            (FunctionState::Ready, Some(Allowed::Denied)) => "ready, its policy forbids the pool".to_owned(),
            (FunctionState::Ready, _) if slot.permit => "ready, the pool will be let in".to_owned(),
            (FunctionState::Ready, _) => "ready, the pool may not call it".to_owned(),
            (FunctionState::Missing, _) => "there is none".to_owned(),
            (FunctionState::NotReady(why), _) => format!("cannot run: {}", plain(why)),
            (FunctionState::Elsewhere, _) => "in another Region".to_owned(),
            (FunctionState::Unknown(_), _) => "nobody could be asked".to_owned(),
        };
        let behind = slot.function.qualifier.as_ref().map(|alias| format!(":{alias}")).unwrap_or_default();
        lines.push(format!("{indent}{}{behind}: {state}", slot.function.name));
    }
    lines
}

fn of_users(plan: &AttachPlan) -> Vec<String> {
    let users = &plan.users;
    let more = if users.more { " that were read, there are more (--users)" } else { "" };
    let mut lines = vec![String::new(), format!("Users: {}{more}", users.read)];
    lines.extend(users.statuses.iter().map(|(status, count)| format!("  {count:>7} {status}")));
    if users.disabled > 0 {
        lines.push(format!("  {:>7} disabled, whatever their status", users.disabled));
    }
    for attribute in &users.attributes {
        let most: Vec<String> =
            attribute.most.iter().map(|one| format!("{} ({})", plain(&one.value), one.users)).collect();
        let text = format!(
            "{}: {} users, {} values: {}",
            plain(&attribute.name),
            attribute.users,
            attribute.values,
            most.join(", ")
        );
        lines.extend(wrapped(&text, "  "));
    }
    for one in &plan.writers {
        let text = format!(
            "{} can be written by whoever it speaks of, through {}: it proves nothing",
            plain(&one.attribute),
            plain(&one.clients.join(", "))
        );
        lines.extend(wrapped(&text, "  warning: "));
    }
    lines
}

fn snippets(plan: &AttachPlan, of: Option<SnippetsOf>) -> Vec<String> {
    let mut lines = Vec::new();
    for (which, name, text) in [
        (SnippetsOf::Cdk, "With the AWS CDK", &plan.snippets.cdk),
        (SnippetsOf::Terraform, "With Terraform", &plan.snippets.terraform),
        (SnippetsOf::Cli, "With the AWS CLI", &plan.snippets.cli),
    ] {
        if of.is_none_or(|of| of == which) {
            if text.is_empty() {
                continue;
            }
            // As it is: it is copied from here.
            lines.extend([String::new(), format!("{name}:"), String::new(), text.trim_end().to_owned()]);
        }
    }
    lines
}

fn told_of(done: &Attached, knows_factors: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if done.observes_unbound {
        lines.push("clients that were never bound pass now, logged only".to_owned());
    }
    lines.extend(done.permitted.iter().map(|function| format!("the pool may call {function}")));
    if !done.probed.is_empty() {
        lines.push(format!("{} functions were called once, and answered as they have to", done.probed.len()));
    }
    if done.set.is_empty() {
        lines.push("every slot was set before".to_owned());
    } else {
        let compared = if knows_factors { "" } else { ", second factors and passkeys apart, which could not be read" };
        lines.push(format!("set {}; nothing else in the pool changed{compared}", done.set.join(", ")));
    }
    let mut lines: Vec<String> = lines.iter().flat_map(|line| wrapped(line, "")).collect();
    lines.extend(warned(&done.warnings));
    lines
}

pub(crate) fn warned(warnings: &[String]) -> Vec<String> {
    warnings.iter().flat_map(|warning| wrapped(&plain(warning), "warning: ")).collect()
}

/// How this command line is called, with whatever says which table, where and who.
fn typed(context: &Context<'_>) -> String {
    let global = &context.global;
    let mut words = vec!["tenantctl".to_owned()];
    if global.local {
        words.push("--local".to_owned());
    }
    let options = [
        ("--table", &global.table),
        ("--region", &global.region),
        ("--endpoint-url", &global.endpoint_url),
        ("--pool-endpoint-url", &global.pool_endpoint_url),
        ("--as", &global.actor),
    ];
    for (name, value) in options {
        words.extend(value.iter().map(|value| format!("{name} {}", word(value))));
    }
    words.join(" ")
}

/// What looks at the pool once more.
fn look(of: &AttachedPool, context: &Context<'_>) -> String {
    let mut text = format!("{} attach --pool {} --users none --snippets none", typed(context), of.pool);
    for (name, value, usual) in
        [("--functions-prefix", &of.functions_prefix, "tenantry"), ("--alias", &of.alias, "live")]
    {
        if value != usual {
            let _ = write!(text, " {name} {}", word(value));
        }
    }
    for (trigger, function) in &of.triggers {
        let _ = write!(text, " --trigger {}", word(&format!("{}={function}", trigger.name())));
    }
    text
}

/// One word of a shell.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A sentence in lines that fit, the later ones under the first one's text.
pub(crate) fn wrapped(text: &str, before: &str) -> Vec<String> {
    let after = " ".repeat(before.chars().count());
    let mut lines = Vec::new();
    let mut line = before.to_owned();
    for word in text.split_whitespace() {
        let empty = line.trim().is_empty() || line == before;
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, format!("{after}{word}")));
            continue;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

fn progress(context: &Context<'_>) -> ProgressBar {
    if !context.world.progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} users read, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_stays_one() {
        assert_eq!(
            [word("tenantry"), word("a b"), word("it's $HOME"), word("")],
            ["tenantry", "'a b'", r"'it'\''s $HOME'", "''"]
        );
    }

    #[test]
    fn sentences_fit_a_terminal() {
        let lines = wrapped(&"word ".repeat(60), "  - ");
        assert!(lines.len() > 2 && lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[0].starts_with("  - word") && lines[1].starts_with("    word"));
        assert_eq!(wrapped("short", ""), ["short"]);
        assert_eq!(wrapped(&"x".repeat(120), "").len(), 1, "an ARN is never broken");
    }
}
