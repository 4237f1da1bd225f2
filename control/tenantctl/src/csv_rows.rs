//! The rows of a CSV file, one after the other, each with the line at which it begins. What is wrong with one is said in sentences of ours,
//! which repeat nothing of the file.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::rc::Rc;

use csv::{ErrorKind, StringRecord};

/// The longest row that is read: more is no row of members.
pub(crate) const LONGEST: u64 = 64 * 1024;
/// What the CSV reader reads ahead of the row that it is at.
const AHEAD: u64 = 8 * 1024;

/// Why there is no further row.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The file is not what it should be, in a sentence.
    Odd(String),
    /// The system does not give it.
    Io(std::io::Error),
}

/// A row of the file.
pub(crate) struct CsvRow {
    /// The line at which it begins, from 1.
    pub(crate) line: u64,
    /// Bytes that it took, for the progress.
    pub(crate) bytes: u64,
    /// Its fields, as many as there are columns, or what is wrong with it.
    pub(crate) fields: Result<StringRecord, String>,
}

/// What is known of the bytes between the file and the CSV reader.
#[derive(Default)]
struct Window {
    /// So many may be read until the next row begins.
    left: u64,
    /// What was read, and belongs to no row yet.
    unread: VecDeque<u8>,
    /// Ends of lines in the rows before.
    ends: u64,
    /// The last byte before was a carriage return.
    after_return: bool,
}

impl Window {
    /// Takes the bytes of a row, with the ends of lines before it; gives the line at which it begins.
    fn take(&mut self, bytes: u64) -> u64 {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.unread.len());
        let mut begins = None;
        for byte in self.unread.drain(..bytes) {
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' => self.ends += 1,
                _ => begins = begins.or(Some(self.ends + 1)),
            }
            self.after_return = byte == b'\r';
        }
        begins.unwrap_or(self.ends + 1)
    }
}

/// A file of which no more is read than a row may have, until somebody says that the next row begins: a quote that is never closed would
/// take the whole rest into memory.
struct Bounded<R> {
    file: R,
    window: Rc<RefCell<Window>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut window = self.window.borrow_mut();
        let most = usize::try_from(window.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty());
        let buffer = buffer.ok_or_else(|| std::io::Error::other("the row is too long"))?;
        let read = self.file.read(buffer)?;
        window.left = window.left.saturating_sub(read as u64);
        window.unread.extend(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// A CSV file whose first line names the columns.
pub(crate) struct CsvRows<R> {
    records: csv::Reader<Bounded<R>>,
    window: Rc<RefCell<Window>>,
    columns: StringRecord,
    /// Bytes of the rows before.
    before: u64,
}

impl<R: Read> CsvRows<R> {
    pub(crate) fn new(file: R) -> Result<Self, Unreadable> {
        let window = Rc::new(RefCell::new(Window { left: LONGEST + AHEAD, ..Window::default() }));
        let reader = Bounded { file, window: Rc::clone(&window) };
        let records = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(reader);
        let mut rows = Self { records, window, columns: StringRecord::new(), before: 0 };
        let columns = rows.records.headers().cloned();
        let (line, _) = rows.passed();
        rows.columns = columns.map_err(|error| match rows.told(error, line) {
            Ok(words) => Unreadable::Odd(format!("line {line}: {words}")),
            Err(unreadable) => unreadable,
        })?;
        Ok(rows)
    }

    /// The columns' names.
    pub(crate) const fn columns(&self) -> &StringRecord {
        &self.columns
    }

    pub(crate) fn next(&mut self) -> Result<Option<CsvRow>, Unreadable> {
        self.window.borrow_mut().left = LONGEST + AHEAD;
        let mut record = StringRecord::new();
        let read = self.records.read_record(&mut record);
        let (line, bytes) = self.passed();
        match read {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(CsvRow { line, bytes, fields: Ok(record) })),
            Err(error) => Ok(Some(CsvRow { line, bytes, fields: Err(self.told(error, line)?) })),
        }
    }

    /// The line at which what was read since began, and its bytes.
    fn passed(&mut self) -> (u64, u64) {
        let after = self.records.position().byte();
        let bytes = after.saturating_sub(self.before);
        self.before = after;
        (self.window.borrow_mut().take(bytes), bytes)
    }

    /// What is wrong with a row, or with the file.
    fn told(&self, error: csv::Error, line: u64) -> Result<String, Unreadable> {
        match error.into_kind() {
            ErrorKind::Io(_) if self.window.borrow().left == 0 => Err(Unreadable::Odd(too_long(line))),
            ErrorKind::Io(error) => Err(Unreadable::Io(error)),
            ErrorKind::Utf8 { err, .. } => Ok(match self.columns.get(err.field()) {
                Some(column) => format!("the column {column} is not UTF-8"),
                None => format!("the column {} is not UTF-8", err.field() + 1),
            }),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                Ok(format!("the number of fields is {len}, and the first line names {expected_len} columns"))
            }
            _ => Ok("this is no row of a CSV file".to_owned()),
        }
    }
}

pub(crate) fn too_long(line: u64) -> String {
    format!("the row that begins at line {line} is longer than {LONGEST} bytes; is a quote never closed?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u64> {
        let mut rows = CsvRows::new(text.as_bytes()).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            lines.push(row.line);
        }
        lines
    }

    #[test]
    fn a_row_begins_at_its_line_whatever_ends_the_lines_before() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,2", "", "", "\"x", "y\",2", "1", "3,4", ""].join(end);
            assert_eq!(lines(&text), [2, 5, 7, 8], "{end:?}");
            let long = "1,2\n".repeat(10_000).replace('\n', end);
            assert_eq!(lines(&format!("{end}a,b{end}{long}")).last(), Some(&10_002), "{end:?}");
        }
        assert_eq!(lines("a,b\r\n1,2\n\n3,4\r5,6"), [2, 4, 5]);
    }

    #[test]
    fn what_is_wrong_is_said_without_what_is_there() {
        let text = b"name,role\nann@acme.example\n\nbob,\xffann@acme.example\nann@acme.example,b,c\n1,2\n";
        let mut rows = CsvRows::new(&text[..]).unwrap();
        let mut told = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            told.push((row.line, row.fields.err().unwrap_or_default()));
        }
        let fields = |count| format!("the number of fields is {count}, and the first line names 2 columns");
        let utf8 = "the column role is not UTF-8".to_owned();
        assert_eq!(told, [(2, fields(1)), (4, utf8), (5, fields(3)), (6, String::new())]);
        let Err(Unreadable::Odd(words)) = CsvRows::new(&b"a,\xffann@acme.example\n"[..]) else { panic!("it is odd") };
        assert_eq!(words, "line 1: the column 2 is not UTF-8");
    }

    #[test]
    fn a_row_without_an_end_is_told_with_its_line() {
        let text = format!("a\r\n1\r\n\"{}", "x\r\n".repeat(50_000));
        let mut rows = CsvRows::new(text.as_bytes()).unwrap();
        assert!(rows.next().unwrap().is_some());
        let Err(Unreadable::Odd(words)) = rows.next() else { panic!("it has no end") };
        assert_eq!(words, too_long(3));
    }
}
