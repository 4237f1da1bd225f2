//! `tenantctl member import`: CSV or JSON lines of any size, row by row; repeating the command goes on where it stopped.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Email, Person, PoolId, Roles};
use indicatif::{ProgressBar, ProgressStyle};
use operations::{ErrorKind, ImportRow, Imported, OperationError};
use serde::Serialize;
use store::Broken;

use crate::args::Format;
use crate::csv_rows::{CsvRow, CsvRows, LONGEST, Unreadable, too_long};
use crate::failure::plain;
use crate::import_line::{FIELDS, Raw};
use crate::{Context, Failure};

/// So many failed rows are told one by one in the summary; all of them are told on the standard error as they happen.
const TOLD: usize = 1_000;

/// What to import.
pub(crate) struct Import {
    pub(crate) file: PathBuf,
    pub(crate) pool: Option<PoolId>,
    pub(crate) tenant: Option<String>,
    pub(crate) format: Option<Format>,
    pub(crate) dry_run: bool,
}

/// What an import did.
#[derive(Debug, Default, Serialize)]
struct Summary {
    dry_run: bool,
    rows: u64,
    added: u64,
    already: u64,
    failed: u64,
    failures: Vec<RowFailure>,
    /// Failures that are not among these.
    omitted: u64,
}

/// A row that failed.
#[derive(Debug, Serialize)]
struct RowFailure {
    line: u64,
    code: &'static str,
    message: String,
}

/// A line of the file, with what is wrong with it if it is no row.
struct Line {
    number: u64,
    /// Bytes that it took, for the progress.
    bytes: u64,
    row: Result<Raw, String>,
}

pub(crate) async fn run(context: &Context<'_>, import: &Import) -> Result<(), Failure> {
    let (reader, size) = open(import)?;
    let mut lines = Lines::new(reader, import)?;
    let mut importer = context.operations.importer(import.dry_run);
    let mut summary = Summary { dry_run: import.dry_run, ..Summary::default() };
    let local: Option<PoolId> =
        context.local.as_ref().and_then(|local| local.user_pool.as_ref()).and_then(|pool| pool.parse().ok());
    let progress = progress(context, size);
    let broken = loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break None,
            Err(failure) => break Some(failure),
        };
        progress.inc(line.bytes);
        let outcome = match line.row.and_then(|raw| row(raw, import, local.as_ref())) {
            Ok(row) => match importer.row(&row).await {
                Ok(Imported::Added) => {
                    summary.rows += 1;
                    summary.added += 1;
                    continue;
                }
                Ok(Imported::Already) => {
                    summary.rows += 1;
                    summary.already += 1;
                    continue;
                }
                // Every further row would fail alike. What is written stays; the same command goes on from here.
                Err(error) if error.kind() == ErrorKind::Broken && !of_one_row(&error) => break Some(error.into()),
                Err(error) => RowFailure { line: line.number, code: error.code(), message: error.to_string() },
            },
            Err(message) => RowFailure { line: line.number, code: "INVALID", message },
        };
        summary.rows += 1;
        summary.failed += 1;
        if !context.output.json {
            progress.suspend(|| {
                eprintln!("line {}: {} [{}]", outcome.line, plain(&outcome.message), outcome.code);
            });
        }
        if summary.failures.len() < TOLD {
            summary.failures.push(outcome);
        } else {
            summary.omitted += 1;
        }
    };
    progress.finish_and_clear();
    context.output.show(&summary, || {
        let would = if import.dry_run { "would add" } else { "added" };
        format!(
            "{} rows: {would} {}, {} were members already, {} failed",
            summary.rows, summary.added, summary.already, summary.failed
        )
    });
    match broken {
        Some(failure) => Err(failure),
        None if summary.failed > 0 => Err(Failure::Import { failed: summary.failed, rows: summary.rows }),
        None => Ok(()),
    }
}

/// The line at which a row begins, with the row or what is wrong with it.
pub type NumberedRow = (u64, Result<ImportRow, String>);

/// The rows of a file with this name and content, each with its line, or what is wrong with it: what `tenantctl member import` tells of it
/// before it looks at a table.
pub fn import_rows(name: &Path, content: Vec<u8>) -> Result<Vec<NumberedRow>, Failure> {
    let import = Import { file: name.to_owned(), pool: None, tenant: None, format: None, dry_run: true };
    let mut lines = Lines::new(Box::new(Cursor::new(content)), &import)?;
    let mut rows = Vec::new();
    while let Some(line) = lines.next()? {
        rows.push((line.number, line.row.and_then(|raw| row(raw, &import, None))));
    }
    Ok(rows)
}

/// An item that cannot be read says nothing of the other rows.
const fn of_one_row(error: &OperationError) -> bool {
    matches!(error, OperationError::Broken(Broken::Unreadable { .. } | Broken::ForeignKey))
}

fn progress(context: &Context<'_>, size: Option<u64>) -> ProgressBar {
    if !context.world.progress || context.output.json {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{wide_bar} {bytes}/{total_bytes} {eta}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {elapsed}"),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn open(import: &Import) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
    if import.file.as_os_str() == "-" {
        return Ok((Box::new(BufReader::new(std::io::stdin())), None));
    }
    let failed = |error: std::io::Error| Failure::io(format!("reading {}", import.file.display()), &error);
    let file = File::open(&import.file).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    Ok((Box::new(BufReader::new(file)), Some(size)))
}

/// The rows of a file, one after the other: nothing of it is held but the present line.
enum Lines {
    Csv(Box<CsvRows<Box<dyn BufRead>>>),
    Json { reader: Box<dyn BufRead>, number: u64 },
}

impl Lines {
    fn new(mut reader: Box<dyn BufRead>, import: &Import) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::io(format!("reading {}", import.file.display()), &error);
        // A byte order mark, as some spreadsheets write one.
        if reader.fill_buf().map_err(failed)?.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        let format = match import.format {
            Some(format) => format,
            None => guess(import, reader.fill_buf().map_err(failed)?),
        };
        if format == Format::Jsonl {
            return Ok(Self::Json { reader, number: 0 });
        }
        let rows = CsvRows::new(reader).map_err(no_file)?;
        let columns = rows.columns();
        for (at, name) in columns.iter().enumerate() {
            // What stands there may be anybody: a file may lack its first line.
            if !FIELDS.contains(&name) {
                let words = format!("the name of column {} is none of {}", at + 1, FIELDS.join(", "));
                return Err(Failure::ImportFile(words));
            }
            if columns.iter().take(at).any(|before| before == name) {
                return Err(Failure::ImportFile(format!("the column {name} is there twice")));
            }
        }
        for name in ["sub", "roles"] {
            if !columns.iter().any(|column| column == name) {
                return Err(Failure::ImportFile(format!("the column {name} is missing")));
            }
        }
        Ok(Self::Csv(Box::new(rows)))
    }

    fn next(&mut self) -> Result<Option<Line>, Failure> {
        match self {
            Self::Csv(rows) => {
                let Some(CsvRow { line: number, bytes, fields }) = rows.next().map_err(no_file)? else {
                    return Ok(None);
                };
                let row = fields.map(|fields| Raw::of_csv(rows.columns(), &fields));
                Ok(Some(Line { number, bytes, row }))
            }
            Self::Json { reader, number } => next_json(reader, number),
        }
    }
}

fn no_file(unreadable: Unreadable) -> Failure {
    match unreadable {
        Unreadable::Odd(words) => Failure::ImportFile(words),
        Unreadable::Io(error) => Failure::io("reading the file", &error),
    }
}

fn next_json(reader: &mut Box<dyn BufRead>, number: &mut u64) -> Result<Option<Line>, Failure> {
    loop {
        let mut text = Vec::new();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut text);
        let bytes = read.map_err(|error| Failure::io("reading the file", &error))? as u64;
        if bytes == 0 {
            return Ok(None);
        }
        *number += 1;
        if bytes == LONGEST && text.last() != Some(&b'\n') {
            return Err(Failure::ImportFile(too_long(*number)));
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        return Ok(Some(Line { number: *number, bytes, row: Raw::of_json(&text) }));
    }
}

fn guess(import: &Import, beginning: &[u8]) -> Format {
    let name = import.file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match name {
        "csv" => Format::Csv,
        "jsonl" | "ndjson" | "json" => Format::Jsonl,
        _ if beginning.trim_ascii_start().first() == Some(&b'{') => Format::Jsonl,
        _ => Format::Csv,
    }
}

fn row(raw: Raw, import: &Import, local: Option<&PoolId>) -> Result<ImportRow, String> {
    let pool: PoolId = match (raw.pool, &import.pool) {
        (Some(pool), _) => pool.parse().map_err(|invalid: domain::Invalid| invalid.to_string())?,
        (None, Some(pool)) => pool.clone(),
        (None, None) => local.cloned().ok_or("the row names no pool, and neither does --pool")?,
    };
    let sub = raw.sub.ok_or("the row names no sub")?.parse().map_err(|invalid: domain::Invalid| invalid.to_string())?;
    let tenant =
        raw.tenant.or_else(|| import.tenant.clone()).ok_or("the row names no tenant, and neither does --tenant")?;
    let address: Option<Email> =
        raw.email.map(|email| email.parse().map_err(|invalid: domain::Invalid| invalid.to_string())).transpose()?;
    let roles = Roles::parse(raw.roles.iter().map(String::as_str)).map_err(|invalid| invalid.to_string())?;
    Ok(ImportRow { person: Person { pool, sub }, address, tenant, roles })
}
