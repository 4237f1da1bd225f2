//! `tenantctl member import`: CSV or JSON lines of any size, row by row; repeating the command goes on where it stopped.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use domain::{Email, Person, PoolId, Roles};
use indicatif::{ProgressBar, ProgressStyle};
use operations::{ErrorKind, ImportRow, Imported, OperationError};
use serde::{Deserialize, Serialize};
use store::Broken;

use crate::args::Format;
use crate::failure::plain;
use crate::{Context, Failure};

/// The longest line that is read: more is no row of members.
const LONGEST: u64 = 64 * 1024;
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

/// A row as the file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    sub: Option<String>,
    tenant: Option<String>,
    #[serde(default)]
    roles: RawRoles,
    pool: Option<String>,
    email: Option<String>,
}

/// Roles as a list, or as a text with spaces, semicolons or bars between them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RawRoles {
    List(Vec<String>),
    Text(String),
}

impl Default for RawRoles {
    fn default() -> Self {
        Self::List(Vec::new())
    }
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

/// A file of which no more is read than a row may have, until somebody says that the next row begins: a quote that is never closed would
/// take the whole rest into memory.
struct Bounded {
    file: Box<dyn BufRead>,
    left: Rc<Cell<u64>>,
}

/// What the CSV reader reads ahead of the row that it is at.
const AHEAD: u64 = 8 * 1024;

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty());
        let read = self.file.read(buffer.ok_or_else(|| std::io::Error::other("the row is too long"))?)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}

/// The rows of a file, one after the other: nothing of it is held but the present line.
enum Lines {
    Csv { records: Box<csv::Reader<Bounded>>, left: Rc<Cell<u64>>, headers: csv::StringRecord, before: u64 },
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
        let left = Rc::new(Cell::new(LONGEST + AHEAD));
        let reader = Bounded { file: reader, left: Rc::clone(&left) };
        let mut records = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(reader);
        let headers = records
            .headers()
            .map_err(|error| Failure::ImportFile(if left.get() == 0 { too_long(1) } else { error.to_string() }));
        let headers = headers?.clone();
        for (at, name) in headers.iter().enumerate() {
            if headers.iter().take(at).any(|before| before == name) {
                return Err(Failure::ImportFile(format!("the column {} is there twice", plain(name))));
            }
            if !["sub", "tenant", "roles", "pool", "email"].contains(&name) {
                return Err(Failure::ImportFile(format!("the column {} is unknown", plain(name))));
            }
        }
        for name in ["sub", "roles"] {
            if !headers.iter().any(|header| header == name) {
                return Err(Failure::ImportFile(format!("the column {name} is missing")));
            }
        }
        Ok(Self::Csv { records: Box::new(records), left, headers, before: 0 })
    }

    fn next(&mut self) -> Result<Option<Line>, Failure> {
        match self {
            Self::Csv { records, left, headers, before } => {
                left.set(LONGEST + AHEAD);
                let mut record = csv::StringRecord::new();
                let read = records.read_record(&mut record);
                let after = records.position().byte();
                let bytes = after - *before;
                *before = after;
                match read {
                    Ok(false) => Ok(None),
                    Ok(true) => {
                        let number = record.position().map_or(0, csv::Position::line);
                        let row = record.deserialize::<CsvRow>(Some(headers)).map(Raw::from).map_err(|e| e.to_string());
                        Ok(Some(Line { number, bytes, row }))
                    }
                    Err(error) if error.is_io_error() && left.get() == 0 => {
                        Err(Failure::ImportFile(too_long(records.position().line())))
                    }
                    Err(error) if error.is_io_error() => {
                        Err(Failure::Io { what: "reading the file".to_owned(), why: error.to_string() })
                    }
                    Err(error) => {
                        let number = error.position().map_or(0, csv::Position::line);
                        Ok(Some(Line { number, bytes, row: Err(error.to_string()) }))
                    }
                }
            }
            Self::Json { reader, number } => next_json(reader, number),
        }
    }
}

fn too_long(line: u64) -> String {
    format!("the row that begins at line {line} is longer than {LONGEST} bytes; is a quote never closed?")
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
        let row = serde_json::from_slice(&text).map_err(|error| format!("this is no row: {error}"));
        return Ok(Some(Line { number: *number, bytes, row }));
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

/// A row of a CSV file: empty is absent.
#[derive(Debug, Deserialize)]
struct CsvRow {
    sub: Option<String>,
    tenant: Option<String>,
    roles: Option<String>,
    pool: Option<String>,
    email: Option<String>,
}

impl From<CsvRow> for Raw {
    fn from(row: CsvRow) -> Self {
        Self {
            sub: row.sub,
            tenant: row.tenant,
            roles: row.roles.map(RawRoles::Text).unwrap_or_default(),
            pool: row.pool,
            email: row.email,
        }
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
    let names: Vec<String> = match raw.roles {
        RawRoles::List(names) => names,
        RawRoles::Text(text) => {
            text.split([' ', ';', '|']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }
    };
    let roles = Roles::parse(names.iter().map(String::as_str)).map_err(|invalid| invalid.to_string())?;
    Ok(ImportRow { person: Person { pool, sub }, address, tenant, roles })
}
