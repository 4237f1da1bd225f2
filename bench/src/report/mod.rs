//! What a run says: rows, ratios and goals; as a table, as JSON, as a picture, and against an earlier run.

pub(crate) mod compare;
pub(crate) mod goals;
pub(crate) mod picture;
pub(crate) mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use self::goals::Goal;
use crate::endpoint::count::Counted;
use crate::rehearsal::Rehearsed;
use crate::rounds::Measured;
use crate::subject::{Kind, TOKEN};

/// A run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// When, in UTC.
    pub(crate) at: String,
    pub(crate) machine: Machine,
    pub(crate) under: Under,
    pub(crate) rows: Vec<Row>,
    /// By name; the smaller, the better.
    pub(crate) ratios: BTreeMap<String, f64>,
    pub(crate) goals: Vec<Goal>,
}

/// On what.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) system: String,
    /// The load average of the last minute, at the beginning and at the end.
    pub(crate) load: [String; 2],
}

/// Under what.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Under {
    /// `https` or `http`.
    pub(crate) scheme: String,
    pub(crate) delay_ms: f64,
    pub(crate) memory_mb: u32,
    /// Whether processes had the share of a processor that goes with the memory.
    pub(crate) share: bool,
    pub(crate) cold: usize,
    pub(crate) warm: usize,
}

/// One subject. Times are medians in milliseconds unless they say otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) ours: bool,
    pub(crate) init_ms: f64,
    pub(crate) first_ms: f64,
    pub(crate) init_and_first_ms: f64,
    pub(crate) warm_p50_ms: f64,
    pub(crate) warm_p99_ms: f64,
    pub(crate) init_cpu_ms: Option<f64>,
    /// The mean.
    pub(crate) warm_cpu_ms: Option<f64>,
    pub(crate) peak_kb: Option<u64>,
    pub(crate) program_bytes: Option<u64>,
    pub(crate) zip_bytes: Option<u64>,
    pub(crate) line_bytes: Option<usize>,
    pub(crate) first: Counted,
    pub(crate) warm: Counted,
    pub(crate) strays: usize,
}

impl Row {
    pub(crate) fn of(rehearsed: &Rehearsed, measured: Measured, zips: Option<&Path>) -> Self {
        let Rehearsed { subject, first, warm, .. } = rehearsed;
        let bytes = |path: &Path| fs::metadata(path).ok().map(|file| file.len());
        let Measured { mut init, mut init_cpu, first: mut first_ms, mut init_and_first, warm: mut warm_ms, .. } =
            measured;
        let ours = subject.kind == Kind::Ours;
        Self {
            name: subject.name.clone(),
            title: subject.title.clone(),
            ours,
            init_ms: init.percentile(50),
            first_ms: first_ms.percentile(50),
            init_and_first_ms: init_and_first.percentile(50),
            warm_p50_ms: warm_ms.percentile(50),
            warm_p99_ms: warm_ms.percentile(99),
            init_cpu_ms: (init_cpu.len() > 0).then(|| init_cpu.percentile(50)),
            warm_cpu_ms: measured.warm_cpu.mean(),
            peak_kb: measured.peak_kb,
            program_bytes: bytes(&subject.program),
            zip_bytes: zips.and_then(|zips| bytes(&zips.join(format!("{}.zip", subject.zip)))),
            line_bytes: measured.line_bytes.filter(|_| ours),
            first: first.clone(),
            warm: warm.clone(),
            strays: measured.strays,
        }
    }
}

impl Report {
    pub(crate) fn new(at: String, machine: Machine, under: Under, rows: Vec<Row>) -> Self {
        let ratios = ratios(&rows);
        let goals = goals::judge(&rows, &under);
        Self { at, machine, under, rows, ratios, goals }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{} is no report of the bench: {error}", path.display()))
    }

    pub(crate) fn json(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|text| format!("{text}\n")).map_err(|error| error.to_string())
    }
}

type Figure = (&'static str, fn(&Row) -> Option<f64>);

/// What subjects are held against each other by.
const FIGURES: [Figure; 6] = [
    ("init + first", |row| Some(row.init_and_first_ms)),
    ("init CPU", |row| row.init_cpu_ms),
    ("warm p50", |row| Some(row.warm_p50_ms)),
    ("warm CPU", |row| row.warm_cpu_ms),
    ("peak memory", |row| row.peak_kb.map(float)),
    ("zip", |row| row.zip_bytes.map(float)),
];

/// The token's function against every peer, and our other functions against the floor.
fn ratios(rows: &[Row]) -> BTreeMap<String, f64> {
    let mut ratios = BTreeMap::new();
    for ours in rows.iter().filter(|row| row.ours) {
        for peer in rows.iter().filter(|row| !row.ours && (ours.name == TOKEN || row.name == goals::FLOOR)) {
            for (what, figure) in FIGURES {
                if let Some(ratio) = ratio(figure(ours), figure(peer)) {
                    ratios.insert(format!("{}: {what} / {}", ours.name, peer.name), ratio);
                }
            }
        }
    }
    ratios
}

fn ratio(ours: Option<f64>, theirs: Option<f64>) -> Option<f64> {
    ours.zip(theirs).map(|(ours, theirs)| ours / theirs).filter(|ratio| ratio.is_finite())
}

/// Figures of this size lose nothing.
#[expect(clippy::cast_precision_loss, reason = "bytes and counts are far below 2^52")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

impl Machine {
    /// This one, as far as it tells.
    pub(crate) fn here(load: [String; 2]) -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let about = file("/proc/cpuinfo");
        let model =
            about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
        Self {
            processor: model.unwrap_or(std::env::consts::ARCH).to_owned(),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            system: format!("{} {}", std::env::consts::OS, file("/proc/sys/kernel/osrelease").trim()).trim().to_owned(),
            load,
        }
    }

    /// The load average of the last minute.
    pub(crate) fn load() -> String {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        load.split_whitespace().next().unwrap_or("?").to_owned()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row with every figure the same.
    pub(crate) fn row(name: &str, ours: bool, figure: f64) -> Row {
        let whole = format!("{figure:.0}").parse().unwrap();
        Row {
            name: name.to_owned(),
            title: format!("{name} & <co>"),
            ours,
            init_ms: figure,
            first_ms: figure,
            init_and_first_ms: figure,
            warm_p50_ms: figure,
            warm_p99_ms: figure,
            init_cpu_ms: Some(figure),
            warm_cpu_ms: Some(figure),
            peak_kb: Some(whole),
            program_bytes: Some(whole),
            zip_bytes: Some(whole),
            line_bytes: None,
            first: Counted { calls: 2, trips: 2, ..Counted::default() },
            warm: Counted { calls: 1, trips: 1, ..Counted::default() },
            strays: 0,
        }
    }

    pub(crate) fn report(rows: Vec<Row>) -> Report {
        let machine = Machine {
            processor: "a <processor>".to_owned(),
            processors: 2,
            system: "linux".to_owned(),
            load: ["0.1".to_owned(), "0.2".to_owned()],
        };
        let under =
            Under { scheme: "https".to_owned(), delay_ms: 3.0, memory_mb: 256, share: true, cold: 20, warm: 1_000 };
        Report::new("2026-01-01T00:00:00Z".to_owned(), machine, under, rows)
    }

    #[test]
    fn the_tokens_function_is_held_against_everybody_and_the_others_against_the_floor() {
        let rows =
            [row(TOKEN, true, 2.0), row("pre-sign-up", true, 3.0), row("node", false, 80.0), row("floor", false, 1.0)];
        let ratios = ratios(&rows);
        assert!((ratios["pre-token-generation: init + first / node"] - 0.025).abs() < 1e-9);
        assert!((ratios["pre-sign-up: warm CPU / floor"] - 3.0).abs() < 1e-9);
        assert_eq!(ratios.keys().filter(|name| name.starts_with("pre-sign-up")).count(), FIGURES.len());
        assert!(!ratios.contains_key("pre-sign-up: warm CPU / node"));
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let before = report(vec![row(TOKEN, true, 2.0), row("node", false, 80.0)]);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), before.json().unwrap()).unwrap();
        let after = Report::read(file.path()).unwrap();
        assert_eq!(after.json().unwrap(), before.json().unwrap());
        fs::write(file.path(), "{}").unwrap();
        assert!(Report::read(file.path()).unwrap_err().contains("is no report of the bench"));
    }
}
