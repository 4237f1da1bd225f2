//! `tenantctl member import --from-attribute`: the members of a pool that was there before, planned, shown, agreed to, written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use domain::{Invalid, PoolId, Roles};
use indicatif::{ProgressBar, ProgressStyle};
use operations::{ImportDone, ImportPlan, OperationError, PoolImport, RolesFrom, Skipped};
use pool::attach::shown;
use pool::{Cognito, PoolError, survey};
use serde::Serialize;

use crate::args::FromPool;
use crate::csv_rows::{CsvRow, CsvRows, Unreadable};
use crate::failure::plain;
use crate::tenant::some_roles;
use crate::{Context, Failure};

/// So many app clients are named that can write an attribute.
const CLIENTS: usize = 5;
/// So many values are shown that name no tenant.
const VALUES: usize = 20;

/// A plan, and what became of it.
#[derive(Serialize)]
struct Shown<'a> {
    dry_run: bool,
    #[serde(flatten)]
    plan: &'a ImportPlan,
    done: Option<&'a ImportDone>,
}

pub(crate) async fn run(
    context: &Context<'_>,
    pool: Option<PoolId>,
    attribute: String,
    asked: FromPool,
    dry_run: bool,
) -> Result<(), Failure> {
    let local = || context.local.as_ref()?.user_pool.as_ref()?.parse().ok();
    let pool = pool.or_else(local).ok_or_else(|| Failure::NoPool("--from-attribute".to_owned()))?;
    let map = asked.map.as_deref().map(read_map).transpose()?.unwrap_or_default();
    let cognito = context.user_pools().await?;
    let mut names = vec![attribute.clone()];
    names.extend(asked.role_attribute.clone());
    let trust = trusting(&names, asked.trust_attribute)?;
    trusted(&cognito, &pool, &names, &trust).await?;
    let roles = match asked.role_attribute {
        Some(name) => RolesFrom::Attribute(name),
        None => RolesFrom::Said(some_roles(asked.roles)?.unwrap_or_else(Roles::member)),
    };
    let import = PoolImport { pool, attribute, map, roles };
    let progress = progress(context);
    let plan = context.operations.plan_pool_import(&cognito, &import, &|users| progress.set_position(users)).await;
    progress.finish_and_clear();
    let plan = plan?;
    if dry_run || plan.joins() == 0 {
        write_skipped(asked.skipped.as_deref(), &plan.skipped, &[])?;
        context.output.show(&Shown { dry_run, plan: &plan, done: None }, || words(&plan));
        return Ok(());
    }
    if !context.output.json || !asked.yes {
        context.output.show(&Shown { dry_run: true, plan: &plan, done: None }, || words(&plan));
    }
    context.agreed(asked.yes, &question(&plan))?;
    progress.reset();
    let mut done = ImportDone::default();
    let ended = context.operations.import_from_pool(&plan, &|users| progress.set_position(users), &mut done).await;
    progress.finish_and_clear();
    // What was done is told before what was not.
    write_skipped(asked.skipped.as_deref(), &plan.skipped, &done.failed)?;
    if context.output.json {
        context.output.show(&Shown { dry_run: false, plan: &plan, done: Some(&done) }, String::new);
    }
    context.output.tell(|| {
        let failed: Vec<String> = done.failed.iter().map(|one| format!("    {}  {}", one.sub, one.code)).collect();
        let said = format!("added {}, {} were members by then, {} could not", done.added, done.already, failed.len());
        [vec![said], failed].concat().join("\n")
    });
    ended?;
    if done.failed.is_empty() { Ok(()) } else { Err(Failure::PoolImport { failed: done.failed.len() }) }
}

/// The attributes that the operator vouches for, each by its name; the tenant's, where none is named.
fn trusting(names: &[String], trust: Vec<String>) -> Result<BTreeSet<String>, Failure> {
    let or_tenants = |name: String| if name.is_empty() { names.first().cloned().unwrap_or(name) } else { name };
    let trust: BTreeSet<String> = trust.into_iter().map(or_tenants).collect();
    if trust.iter().all(|name| names.contains(name)) {
        return Ok(trust);
    }
    let rule = "the one of --from-attribute or of --role-attribute";
    Err(Failure::Operation(Invalid { noun: "attribute to trust", rule }.into()))
}

/// An attribute that users can write of themselves is their word, unless the operator knows better.
async fn trusted(cognito: &Cognito, pool: &PoolId, names: &[String], trust: &BTreeSet<String>) -> Result<(), Failure> {
    let failed = |error: PoolError| Failure::Operation(OperationError::Pool(error));
    let facts = survey::pool_facts(cognito, pool).await.map_err(failed)?.ok_or_else(|| failed(PoolError::Missing))?;
    let readable = facts.schema.readable();
    for name in names {
        // What administrators alone can write is in no client's list.
        if !readable.contains(name) && !name.starts_with("dev:") {
            return Err(Failure::AttributeUnknown { name: name.clone(), has: readable.into_iter().collect() });
        }
    }
    let writable = facts.schema.writable();
    let asked: Vec<&str> =
        names.iter().filter(|name| writable.contains(*name) && !trust.contains(*name)).map(String::as_str).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let writers = survey::clients_that_write(cognito, pool, &asked, CLIENTS + 1).await.map_err(failed)?;
    if writers.is_empty() {
        return Ok(());
    }
    let mut clients: Vec<String> = writers.iter().take(CLIENTS).map(ToString::to_string).collect();
    if writers.len() > CLIENTS {
        clients.push("more".to_owned());
    }
    Err(Failure::AttributeWritable { names: asked.join(" and "), clients })
}

fn read_map(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let odd = |why: String| Failure::ImportMap { file: file.display().to_string(), why };
    let opened =
        std::fs::File::open(file).map_err(|error| Failure::io(format!("reading {}", file.display()), &error))?;
    let no_map = |unreadable| match unreadable {
        Unreadable::Odd(words) => odd(words),
        Unreadable::Io(error) => Failure::io(format!("reading {}", file.display()), &error),
    };
    let mut rows = CsvRows::new(opened).map_err(no_map)?;
    if rows.columns().iter().map(|name| name.trim_start_matches('\u{feff}')).ne(["value", "tenant"]) {
        return Err(odd("its first line is not `value,tenant`".to_owned()));
    }
    let mut map = BTreeMap::new();
    while let Some(CsvRow { line, fields, .. }) = rows.next().map_err(no_map)? {
        let fields = fields.map_err(|words| odd(format!("line {line}: {words}")))?;
        let (value, tenant) = (fields.get(0).unwrap_or_default(), fields.get(1).unwrap_or_default());
        if let Some(other) = map.insert(value.to_owned(), tenant.to_owned())
            && other != tenant
        {
            return Err(odd(format!("line {line}: its value stood for another tenant before")));
        }
    }
    if map.is_empty() {
        return Err(odd("it names no value".to_owned()));
    }
    Ok(map)
}

fn question(plan: &ImportPlan) -> String {
    let owners = if plan.owners > 0 { format!(", {} of them owners", plan.owners) } else { String::new() };
    format!("make {} users members{owners}?", plan.joins())
}

/// A cell that no spreadsheet takes for a formula, and in which nothing rearranges anything.
fn cell(value: &str) -> String {
    // Where semicolons separate, what follows one would be a cell of its own.
    let written = plain(value).replace(';', "\\u{3b}");
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{written}") } else { written }
}

fn write_skipped(file: Option<&Path>, planned: &[Skipped], failed: &[Skipped]) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    let odd = |why: String| Failure::Io { what: format!("writing {}", file.display()), why };
    let mut rows = csv::Writer::from_path(file).map_err(|error| odd(error.to_string()))?;
    rows.write_record(["sub", "code", "value"]).map_err(|error| odd(error.to_string()))?;
    for one in planned.iter().chain(failed) {
        let row = [&*cell(&one.sub), one.code, &cell(one.value.as_deref().unwrap_or_default())];
        rows.write_record(row).map_err(|error| odd(error.to_string()))?;
    }
    rows.flush().map_err(|error| odd(error.to_string()))
}

fn words(plan: &ImportPlan) -> String {
    let mut lines = vec![format!(
        "{} users of {}, by {}: {} would become members",
        plan.users,
        plan.pool,
        plain(&plan.attribute),
        plan.joins()
    )];
    for tenant in &plan.tenants {
        let seats = tenant
            .seat_limit
            .map(|limit| format!(", {} of {limit} seats taken", tenant.seats_used))
            .unwrap_or_default();
        let short =
            if tenant.without_seat > 0 { format!(", {} find no seat", tenant.without_seat) } else { String::new() };
        lines.push(format!("  {}: {} join, {} are members{seats}{short}", tenant.slug, tenant.joins, tenant.already));
        if tenant.joins > 0 {
            let roles: Vec<String> = tenant.roles.iter().map(|(roles, count)| format!("{count} {roles}")).collect();
            lines.push(format!("      as {}", roles.join(", ")));
        }
        let others: Vec<_> = tenant.values.iter().filter(|(value, _)| **value != tenant.slug).collect();
        for (value, users) in others.iter().take(VALUES) {
            lines.push(format!("      by {} ({users})", plain(&shown(value))));
        }
        if others.len() > VALUES {
            lines.push(format!("      and by {} more values", others.len() - VALUES));
        }
    }
    if plan.owners > 0 {
        lines.push(format!("  {} of them become owners, who may do everything in their tenant", plan.owners));
    }
    if !plan.unknown_roles.is_empty() {
        let roles: Vec<&str> = plan.unknown_roles.iter().map(String::as_str).collect();
        lines.push(format!("  not in the catalogue, so that they stand for no permission: {}", roles.join(", ")));
    }
    if plan.without_address > 0 {
        lines.push(format!(
            "  {} of them join without an address, since theirs is not verified: to remove one, say which address to bar",
            plan.without_address
        ));
    }
    for (code, count) in plan.skipped_by_code() {
        lines.push(format!("  left out: {count} {code} - {}", why(code)));
        if code == "TENANT_UNKNOWN" {
            let values = plan.values_of(code);
            lines.extend(
                values.iter().take(VALUES).map(|(value, users)| format!("      {} ({users})", plain(&shown(value)))),
            );
            if values.len() > VALUES {
                lines.push(format!("      and {} more values", values.len() - VALUES));
            }
        }
    }
    lines.join("\n")
}

/// What to do about somebody who is left out.
fn why(code: &str) -> &'static str {
    match code {
        "NO_VALUE" => "the attribute says nothing of them",
        "TENANT_UNKNOWN" => "the value is no tenant's slug or id, or not in the map",
        "TENANT_CLOSED" => "the tenant is closed",
        "USER_DISABLED" => "they may not sign in",
        "USER_UNCONFIRMED" => "they never confirmed their sign-up",
        "USER_LINKED" => "a provider can rewrite an account with linked identities: `tenantctl member add`, one by one",
        "ROLE_INVALID" => "the role attribute holds no role's name",
        "ROLE_OWNER" => "nobody becomes an owner by an attribute: `tenantctl member add --role owner`",
        "MEMBER_STATE" => "they were removed, suspended or wait for an approval, which an import does not change",
        "MAILBOX_BARRED" => "their address is barred, which an import does not lift",
        "MEMBER_EXISTS" => "somebody else is a member by their address",
        "SEATS_FULL" => "no seat is left: `tenantctl tenant policy set --seat-limit`",
        _ => "see `tenantctl member add`, which says why",
    }
}

fn progress(context: &Context<'_>) -> ProgressBar {
    if !context.world.progress || context.output.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} users, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_whatever_separates_cells() {
        assert_eq!(cell("Söhne & Co, acme-1=2"), "Söhne & Co, acme-1=2");
        assert_eq!(cell("=1+1"), "'=1+1");
        for value in ["x;=WEBSERVICE(A1)", "x\t=WEBSERVICE(A1)", ";=WEBSERVICE(A1)", "=1;\"\r\n;@WEBSERVICE(A1)"] {
            let mut written = csv::Writer::from_writer(Vec::new());
            written.write_record(["sub", "TENANT_UNKNOWN", &cell(value)]).unwrap();
            let written = String::from_utf8(written.into_inner().unwrap()).unwrap();
            for separator in [',', ';', '\t'] {
                let cells = written.lines().flat_map(|line| line.split(separator)).map(|cell| cell.trim_matches('"'));
                let formula = cells.into_iter().find(|cell| cell.starts_with(['=', '+', '-', '@']));
                assert_eq!(formula, None, "{value:?}, where {separator:?} separates: {written}");
            }
        }
    }
}
