//! What a command shows: JSON of a stable shape for programs, tables and sentences for people.

use std::io::Write;

use comfy_table::{Table, presets};
use pool::plain_json;
use serde::Serialize;
use serde_json::Value;

use crate::failure::{plain, plain_lines};

/// How to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// JSON alone.
    pub(crate) json: bool,
}

impl Output {
    /// One thing: its JSON, or sentences.
    pub(crate) fn show(self, value: &impl Serialize, sentence: impl FnOnce() -> String) {
        if self.json { print_json(value) } else { print(&plain_lines(&sentence())) }
    }

    /// Sentences on the way to a result; JSON has the result alone.
    pub(crate) fn tell(self, sentences: impl FnOnce() -> String) {
        if !self.json {
            print(&plain_lines(&sentences()));
        }
    }

    /// Many things: an object with one list, or a table.
    pub(crate) fn list(
        self,
        name: &str,
        values: &impl Serialize,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) {
        if self.json {
            print_json(&serde_json::json!({ name: values }));
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(header.iter().map(|name| name.to_uppercase()).collect::<Vec<_>>());
        let mut count = 0;
        for row in rows {
            count += 1;
            table.add_row(row.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
        }
        if count == 0 {
            print(&format!("no {}", name.replace('_', " ")));
        } else {
            let lines: Vec<String> =
                table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
            print(&lines.join("\n"));
        }
    }
}

fn print_json(value: &impl Serialize) {
    // Shapes hold strings, numbers and lists: they always serialize.
    print(&plain_json(&serde_json::to_string_pretty(value).unwrap_or_default()));
}

/// JSON on one line of the standard error.
pub(crate) fn tell_json(value: &Value) {
    eprintln!("{}", plain_json(&value.to_string()));
}

/// A reader that went away (`| head`) is no error.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Names and values, one a line, the values under each other.
pub(crate) fn card(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:width$}  {}", plain(value))).collect();
    lines.join("\n")
}

/// A time, to the second.
pub(crate) fn when(time: jiff::Timestamp) -> String {
    format!("{:.0}", time.round(jiff::Unit::Second).unwrap_or(time))
}
