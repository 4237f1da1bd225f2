//! Log lines from a file or the standard input: as Lambda, `aws logs tail` or the laptop print them, between lines of others.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use operations::{Said, Tally};
use serde_json::Value;

use crate::Failure;

/// So many braces of a line are tried: what stands before an object of ours, such as a tag, may have some of its own.
const BRACES: usize = 16;
/// The longest line that is read as one; a trigger's have some 270 bytes.
const LONGEST: u64 = 64 * 1024;

pub(super) fn read(file: &Path, since: Timestamp, tally: &mut Tally) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io(format!("reading {}", file.display()), &error);
    let mut reader: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(file).map_err(failed)?))
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
            // What is that long is none of ours, its rest included.
            tally.add_foreign();
            reader.skip_until(b'\n').map_err(failed)?;
            continue;
        }
        take(&String::from_utf8_lossy(&line), since, tally);
    }
}

fn take(line: &str, since: Timestamp, tally: &mut Tally) {
    let Some((before, said)) = find(line) else {
        if !line.trim().is_empty() {
            tally.add_foreign();
        }
        return;
    };
    let at = before.split_whitespace().find_map(|word| word.parse::<Timestamp>().ok());
    if at.is_none_or(|at| at >= since) {
        tally.add(said, 1, at);
    }
}

/// The first object of ours in a line, and what stands before it. What stands behind it does not matter: some tools colour their lines. An
/// object of others is passed over whole: what is within it is their word, or their users'.
fn find(line: &str) -> Option<(&str, Said)> {
    let mut from = 0;
    for _ in 0..BRACES {
        let at = from + line.get(from..)?.find('{')?;
        let (before, object) = line.split_at(at);
        let mut objects = serde_json::Deserializer::from_str(object).into_iter::<Value>();
        from = match objects.next() {
            Some(Ok(object)) => match serde_json::from_value(object) {
                Ok(said) => return Some((before, said)),
                Err(_) => at + objects.byte_offset(),
            },
            _ => at + 1,
        };
    }
    None
}

/// A whole line, for those who have it from elsewhere.
pub(super) fn said(line: &str) -> Option<Said> {
    serde_json::from_str(line.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(line: &str) -> serde_json::Value {
        let mut tally = Tally::default();
        take(line, "2026-11-14T00:00:00Z".parse().unwrap(), &mut tally);
        serde_json::json!(format!("{tally:?}"))
    }

    #[test]
    fn a_line_is_found_behind_whatever_stands_before_it() {
        let line = r#"{"level":"INFO","message":"answered","trigger":"pre-token-generation","client":"web","decision":"member","ms":4}"#;
        for whole in [
            line.to_owned(),
            format!("{line}\r\n"),
            format!("2026-11-20T08:00:00.123000+00:00 2026/11/20/[$LATEST]abc {line}"),
            format!("pre-token-generation: {line}\u{1b}[0m"),
            format!("2026-11-20T08:00:00Z {{tag}} {{\"a\":1}} {line}"),
        ] {
            let told = taken(&whole).to_string();
            assert!(told.contains("answered: 1") && told.contains("lines: 1") && told.contains("foreign: 0"), "{told}");
        }
    }

    #[test]
    fn what_is_older_does_not_count_and_what_is_not_ours_is_foreign() {
        let line = r#"{"trigger":"pre-sign-up","client":"web","decision":"member"}"#;
        let old = taken(&format!("2026-11-13T23:59:59+00:00 x {line}")).to_string();
        assert!(old.contains("lines: 0") && old.contains("foreign: 0"), "{old}");
        let within = format!(r#"{{"message":"a front end's","said":{line}}}"#);
        for foreign in [
            "START RequestId: 1 Version: $LATEST",
            "{",
            r#"{"type":"platform.report"}"#,
            "{\"trigger\":1}",
            // Whoever logs what a user sent does not speak for us.
            within.as_str(),
        ] {
            let told = taken(foreign).to_string();
            assert!(told.contains("lines: 0") && told.contains("foreign: 1"), "{foreign}: {told}");
        }
        assert!(taken(" \n").to_string().contains("foreign: 0"));
    }
}
