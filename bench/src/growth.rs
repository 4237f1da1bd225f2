//! Whether a token costs more when there is more: tables with 1, 1,000 and 100,000 tenants, one with very many members, a person in very
//! many of them. What is counted must stay the same; what is timed is shown beside it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ::tests::bulk::Bulk;
use ::tests::{Event, World, nouns};
use clap::Args;
use domain::{Membership, TenantId};

use crate::endpoint::answers::Engine;
use crate::endpoint::count::Counted;
use crate::endpoint::{Answers, Endpoint, Settings};
use crate::process::Outside;
use crate::report::Machine;
use crate::samples::Samples;
use crate::wave;

/// How much.
#[derive(Debug, Clone, Args)]
pub(crate) struct Arguments {
    /// Memberships of the largest table
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(200_000..=10_000_000))]
    memberships: u64,
    /// Tokens of each kind; a tenth of it where each one finds a process that has just started
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..))]
    tokens: u64,
}

/// A table's size.
#[derive(Debug, Clone, Copy)]
struct Size {
    tenants: u64,
    /// In all.
    memberships: u64,
    /// Of the first tenant.
    crowd: u64,
    /// Of one person.
    everywhere: u64,
}

/// The person with very many memberships.
const EVERYWHERE: &str = "everywhere";
const EVERYWHERE_AT: &str = "eve@everywhere.example";
/// The client of no tenant.
const SHARED: &str = "portal";
/// Items that are loaded in one piece.
const PIECE: usize = 20_000;

/// Measures and prints; an error if anything that is counted grew.
pub(crate) async fn measure(arguments: &Arguments, random: fn() -> u64, outside: Outside) -> Result<(), String> {
    let load = Machine::load();
    let sizes = [
        Size { tenants: 1, memberships: 2, crowd: 1, everywhere: 1 },
        Size { tenants: 1_000, memberships: 20_000, crowd: 1_000, everywhere: 1_000 },
        Size { tenants: 100_000, memberships: arguments.memberships, crowd: 100_000, everywhere: 10_000 },
    ];
    let (mut worlds, mut notes) = (Vec::new(), Vec::new());
    for size in sizes {
        let began = (outside.clock)();
        let world = World::new().await;
        let (items, bytes) = fill(&world, size, outside.clock);
        let took = (outside.clock)().saturating_duration_since(began);
        let note = loaded(size, items, bytes, took);
        eprintln!("   {note}");
        notes.push(note);
        worlds.push((world, size));
    }
    let mut rows = Vec::new();
    for number in 0.. {
        // The tables take turns, so that whatever else the machine does is everybody's.
        let before = rows.len();
        for (world, size) in &worlds {
            rows.extend(tokens(world, *size, number, arguments.tokens, outside).await?);
        }
        if rows.len() == before {
            break;
        }
    }
    let machine = Machine::here([load, Machine::load()]);
    let Machine { processor, processors, system, load } = &machine;
    println!(
        "{processors} x {processor}, {system}, load {} to {}; the embedded engine, in memory:\n",
        load[0], load[1]
    );
    for note in &notes {
        println!("- {note}");
    }
    println!("\n{}", table(&rows));
    if let Some((world, _)) = worlds.last() {
        wave::measure(world, random).await?;
    }
    let grown = grown(&rows);
    if grown.is_empty() {
        println!("Flat: no request, no item and no unit more in a larger table.");
        Ok(())
    } else {
        Err(format!("grown with the table: {}", grown.join("; ")))
    }
}

fn loaded(size: Size, items: u64, bytes: u64, took: Duration) -> String {
    let Size { tenants, memberships, crowd, everywhere } = size;
    format!(
        "{} tenant(s), {} memberships, {} of one tenant and {} of one person; {} items of {} MB, loaded in {:.0} s",
        thousands(tenants),
        thousands(memberships),
        thousands(crowd),
        thousands(everywhere),
        thousands(items),
        bytes / 1_000_000,
        took.as_secs_f64(),
    )
}

/// A tenant's name: letters alone, as long as every other's.
fn name(at: u64) -> String {
    let mut rest = at;
    let mut letters = [b'a'; 6];
    for letter in letters.iter_mut().skip(1).rev() {
        *letter += u8::try_from(rest % 26).unwrap_or(0);
        rest /= 26;
    }
    // The id that begins with nothing but this letter is nobody's.
    letters[0] = b'n';
    String::from_utf8_lossy(&letters).into_owned()
}

/// The tenant of a person: the first ones are the crowd, the others are spread.
fn tenant_of(size: Size, person: u64) -> u64 {
    if person < size.crowd { 0 } else { (person - size.crowd) % size.tenants }
}

fn person(at: u64) -> String {
    format!("p{at}")
}

fn address(size: Size, at: u64) -> String {
    format!("{}@{}.example", person(at), name(tenant_of(size, at)))
}

/// Persons with a single membership.
const fn singles(size: Size) -> u64 {
    size.memberships - size.everywhere
}

/// Fills a table; gives its items and bytes.
fn fill(world: &World, size: Size, clock: fn() -> Instant) -> (u64, u64) {
    let mut load = Load { world, bulk: Bulk::default(), items: 0, bytes: 0, clock, said: clock() };
    load.bulk.add(&nouns::client(SHARED, domain::ClientKind::Shared));
    let people = singles(size);
    for at in 0..size.tenants {
        // As many as `tenant_of` puts there, and perhaps the person of very many.
        let crowd = if at == 0 { size.crowd } else { 0 };
        let spread = people - size.crowd;
        let used = crowd + spread / size.tenants + u64::from(at < spread % size.tenants);
        let used = used + u64::from(at < size.everywhere);
        load.bulk.tenant(&nouns::tenant(&name(at)), used, None);
        load.maybe();
    }
    for at in 0..people {
        let tenant = name(tenant_of(size, at));
        load.bulk.member(&row(&person(at), &address(size, at), &tenant, at));
        load.maybe();
    }
    for at in 0..size.everywhere {
        load.bulk.member(&row(EVERYWHERE, EVERYWHERE_AT, &name(at), size.memberships + at));
        load.maybe();
    }
    load.now();
    (load.items, load.bytes)
}

fn row(person: &str, address: &str, tenant: &str, number: u64) -> Membership {
    let member = nouns::member_id(&name(number));
    Membership { address: address.parse().ok(), member, ..nouns::member(person, tenant) }
}

struct Load<'a> {
    world: &'a World,
    bulk: Bulk,
    items: u64,
    bytes: u64,
    clock: fn() -> Instant,
    said: Instant,
}

/// A word now and then, for whoever waits.
const PAUSE: Duration = Duration::from_secs(30);

impl Load<'_> {
    fn maybe(&mut self) {
        if self.bulk.len() >= PIECE {
            self.now();
        }
    }

    fn now(&mut self) {
        let bulk = std::mem::take(&mut self.bulk);
        self.items += u64::try_from(bulk.len()).unwrap_or(0);
        let bytes = self.world.engine().load(self.world.table(), bulk);
        self.bytes += u64::try_from(bytes).unwrap_or(0);
        let now = (self.clock)();
        if now.saturating_duration_since(self.said) >= PAUSE {
            self.said = now;
            eprintln!("   {} items so far", thousands(self.items));
        }
    }
}

/// Which process answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    /// One that has answered the same people at the same clients.
    Warm,
    /// One that knows the client, and nobody of those who come.
    NewToPerson,
    /// One that has just started, for each token.
    Cold,
}

/// The event of the token with this number, and the tenant of which it must speak.
type Asks<'a> = Box<dyn Fn(u64) -> (Event, Option<TenantId>) + 'a>;

/// What is asked, and what has to come of it.
struct Case<'a> {
    what: &'static str,
    event: Asks<'a>,
    process: Process,
    /// It may cost another number in the smallest table, where the person in most tenants is in one.
    bounded: bool,
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    what: &'static str,
    tenants: u64,
    bounded: bool,
    /// What a token took; one entry if all of them took the same.
    costs: BTreeSet<Cost>,
    /// In milliseconds.
    p50: f64,
    p99: f64,
}

/// What one token took, the capacity in tenths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    requests: u64,
    read: u64,
    written: u64,
    tenths: u64,
}

impl Cost {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "units are few, and not negative")]
    fn of(counted: &Counted) -> Self {
        let Counted { calls, read, written, capacity, .. } = counted;
        let requests = u64::try_from(*calls).unwrap_or(u64::MAX);
        Self { requests, read: *read, written: *written, tenths: (capacity * 10.0).round() as u64 }
    }
}

/// The tokens of the case with this number, if there is one.
async fn tokens(
    world: &World,
    size: Size,
    number: usize,
    tokens: u64,
    outside: Outside,
) -> Result<Option<Row>, String> {
    let people = singles(size);
    // No two tokens in a row are of neighbours.
    let spread = |at: u64, of: u64| at.wrapping_mul(7_919) % of;
    let whose = |who: u64| (person(who), address(size, who), name(tenant_of(size, who)));
    let single = |at: u64| match people - size.crowd {
        0 => whose(spread(at, people)),
        spread_out => whose(size.crowd + spread(at, spread_out)),
    };
    let crowded = |at: u64| whose(spread(at, size.crowd));
    let everywhere = |at: u64| (EVERYWHERE.to_owned(), EVERYWHERE_AT.to_owned(), name(spread(at, size.everywhere)));
    let own = |(person, address, tenant): (String, String, String)| {
        (Event::token(&tenant, &person, &address), Some(nouns::tenant_id(&tenant)))
    };
    let refresh = |(person, address, tenant): (String, String, String)| {
        (Event::refresh(&tenant, &person, &address), Some(nouns::tenant_id(&tenant)))
    };
    let named = |(person, address, tenant): (String, String, String)| {
        let id = nouns::tenant_id(&tenant);
        (Event::token(SHARED, &person, &address).metadata("tenant_id", id.as_ref()), Some(id))
    };
    let unnamed = |(person, address, tenant): (String, String, String)| {
        (Event::token(SHARED, &person, &address), Some(nouns::tenant_id(&tenant)))
    };
    let of_many = |at: u64| {
        let (event, tenant) = unnamed(everywhere(at));
        // Of many tenants, a token for which nobody named one speaks of none.
        (event, tenant.filter(|_| size.everywhere == 1))
    };
    let case = |what, process, event| Case { what, event, process, bounded: false };
    let (warm, new, cold) = (Process::Warm, Process::NewToPerson, Process::Cold);
    let cases = [
        case("tenant's client", warm, Box::new(|at| own(single(at))) as Asks<'_>),
        case("tenant's client, cold", cold, Box::new(|at| own(single(at)))),
        case("tenant's client, refresh", warm, Box::new(|at| refresh(single(at)))),
        case("tenant's client, the tenant with most members", warm, Box::new(|at| own(crowded(at)))),
        case("tenant's client, the person in most tenants", warm, Box::new(|at| own(everywhere(at)))),
        case("shared client, tenant named", warm, Box::new(|at| named(single(at)))),
        case("shared client, tenant named, the person in most tenants", warm, Box::new(|at| named(everywhere(at)))),
        case("shared client, none named", warm, Box::new(|at| unnamed(single(at)))),
        case("shared client, none named, a person new to the process", new, Box::new(|at| unnamed(single(at)))),
        Case {
            bounded: true,
            ..case("shared client, none named, the person in most tenants", warm, Box::new(of_many))
        },
    ];
    match cases.get(number) {
        Some(case) => measured(world, size, case, tokens, outside).await.map(Some),
        None => Ok(None),
    }
}

/// How many people take turns where a process knows them: fewer than it remembers.
const TURN: u64 = 200;

async fn measured(world: &World, size: Size, case: &Case<'_>, tokens: u64, outside: Outside) -> Result<Row, String> {
    let engine = world.engine();
    let answers = Engine { table: engine.endpoint().to_owned(), post: engine.post().url().to_owned() };
    let settings =
        Settings { answers: Answers::Engine(answers), delay: Duration::ZERO, authority: None, clock: outside.clock };
    let endpoint = Endpoint::start(settings)?;
    let mut process = world.at(&endpoint.url(), || 0);
    let tokens = if case.process == Process::Warm { tokens } else { tokens.div_ceil(10) };
    if case.process == Process::Warm {
        for at in 0..TURN.min(tokens) {
            ask(&process, case, at, outside.clock).await?;
        }
    }
    let (mut costs, mut times) = (BTreeSet::new(), Samples::default());
    for at in 0..tokens {
        if case.process != Process::Warm {
            process = world.at(&endpoint.url(), || 0);
        }
        if case.process == Process::NewToPerson {
            // Somebody without any membership shows the process its client.
            process.ask(&Event::token(SHARED, "nobody", "nobody@elsewhere.example")).await;
        }
        endpoint.take();
        let took = ask(&process, case, at % TURN, outside.clock).await?;
        times.push(took.as_secs_f64() * 1_000.0);
        costs.insert(Cost::of(&Counted::of(&endpoint.take())));
    }
    if let Some(failed) = endpoint.failed() {
        return Err(format!("the endpoint: {failed}"));
    }
    let (p50, p99) = (times.percentile(50), times.percentile(99));
    Ok(Row { what: case.what, tenants: size.tenants, bounded: case.bounded, costs, p50, p99 })
}

/// One token. One that does not say what it has to is no measurement.
async fn ask(process: &World, case: &Case<'_>, at: u64, clock: fn() -> Instant) -> Result<Duration, String> {
    let (event, tenant) = (case.event)(at);
    let began = clock();
    let answer = process.ask(&event).await;
    let took = clock().saturating_duration_since(began);
    if answer.is_reply() && answer.speaks_of() == tenant {
        return Ok(took);
    }
    Err(format!("{}: {answer:?} instead of a token of {tenant:?}", case.what))
}

/// As Markdown.
fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| token | tenants | requests | items read | written | units | ms p50 | p99 |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let range = |figure: fn(&Cost) -> u64| range(row.costs.iter().map(figure));
        let cells = [
            row.what.to_owned(),
            thousands(row.tenants),
            range(|cost| cost.requests),
            range(|cost| cost.read),
            range(|cost| cost.written),
            range(|cost| cost.tenths.div_ceil(10)),
            format!("{:.2}", row.p50),
            format!("{:.2}", row.p99),
        ];
        let _infallible = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// One figure, or from the least to the most.
fn range(figures: impl Iterator<Item = u64>) -> String {
    let figures: BTreeSet<u64> = figures.collect();
    match (figures.first(), figures.last()) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        _ => "-".to_owned(),
    }
}

/// What costs another number in a larger table.
fn grown(rows: &[Row]) -> Vec<String> {
    let mut grown = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let same = |other: &&Row| other.what == row.what && !(other.bounded && other.tenants == 1);
        let Some(before) = rows.iter().take(at).rfind(same) else { continue };
        if before.costs != row.costs {
            grown.push(format!("{} with {} tenants", row.what, thousands(row.tenants)));
        }
    }
    grown
}

/// Digits in groups of three.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &'static str, tenants: u64, read: u64) -> Row {
        let costs = BTreeSet::from([Cost { requests: 1, read, written: 0, tenths: read * 10 }]);
        Row { what, tenants, bounded: what == "bounded", costs, p50: 1.0, p99: 2.0 }
    }

    #[test]
    fn what_costs_more_in_a_larger_table_is_named() {
        assert_eq!(
            grown(&[row("token", 1, 8), row("token", 1_000, 8), row("token", 100_000, 8)]),
            Vec::<String>::new()
        );
        assert_eq!(grown(&[row("token", 1, 8), row("token", 1_000, 9)]), ["token with 1,000 tenants"]);
        assert_eq!(grown(&[row("bounded", 1, 8), row("bounded", 1_000, 9), row("bounded", 100_000, 9)]).len(), 0);
        assert_eq!(grown(&[row("bounded", 1_000, 9), row("bounded", 100_000, 10)]), ["bounded with 100,000 tenants"]);
        let mut uneven = row("token", 1_000, 8);
        uneven.costs.extend(row("token", 1_000, 9).costs);
        assert_eq!(grown(&[row("token", 1, 8), uneven]).len(), 1, "some tokens alone");
    }

    #[test]
    fn what_is_not_one_figure_shows_it() {
        let mut uneven = row("b", 1_000, 8);
        uneven.costs.extend(row("b", 1_000, 12).costs);
        let said = table(&[row("b", 1, 8), uneven]);
        let rows = "| b | 1 | 1 | 8 | 0 | 8 | 1.00 | 2.00 |\n| b | 1,000 | 1 | 8 to 12 | 0 | 8 to 12 | 1.00 | 2.00 |\n";
        assert!(said.ends_with(rows), "{said}");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn names_differ_and_are_of_one_length() {
        let names: BTreeSet<_> = (0..30_000).map(name).collect();
        assert_eq!(names.len(), 30_000);
        assert!(names.iter().all(|name| name.len() == 6));
    }

    #[tokio::test]
    async fn a_table_holds_what_its_size_says_and_its_counters_are_right() {
        let size = Size { tenants: 7, memberships: 60, crowd: 20, everywhere: 5 };
        let world = World::new().await;
        let (items, bytes) = fill(&world, size, || tokio::time::Instant::now().into_std());
        assert!(bytes > 0);
        let dump = world.dump().await;
        assert_eq!(u64::try_from(dump.len()).unwrap(), items);
        assert_eq!(dump.values().filter(|item| item["kind"] == "membership").count(), 60);
        assert_eq!(world.memberships(&nouns::person(EVERYWHERE)).await.len(), 5);
        world.assert_sound().await;
    }
}
