//! The table, as Markdown has it.

use std::fmt::Write as _;

use super::{Machine, Report, Row, Under, float};

/// Everything that a run says.
pub(crate) fn table(report: &Report) -> String {
    let mut text = String::new();
    let Under { scheme, delay_ms, memory_mb, share, cold, warm } = &report.under;
    let Machine { processor, processors, system, load } = &report.machine;
    let share = if *share { "with its share of a vCPU" } else { "without a limit on CPU" };
    let _infallible = writeln!(
        text,
        "{} {delay_ms} ms an AWS call, {memory_mb} MB {share}, {cold} cold starts and {warm} warm invocations of each, in turn; {processors} x {processor}, \
         {system}, load {} to {}\n",
        scheme.to_uppercase(),
        load[0],
        load[1],
    );
    text.push_str("| | init ms | first ms | both | warm p50 | p99 | init CPU ms | CPU a call ms | peak MB | calls cold, warm | trips | program MB | zip MB | log |\n");
    text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for row in &report.rows {
        line(&mut text, row);
    }
    text.push_str("\n| goal | at most | is | |\n|---|--:|--:|---|\n");
    for goal in &report.goals {
        let met = if goal.met() { "met" } else { "MISSED" };
        let _infallible = writeln!(text, "| {} | {} | {} | {met} |", goal.what, figure(goal.limit), figure(goal.value));
    }
    text
}

fn line(text: &mut String, row: &Row) {
    let cells = [
        row.title.clone(),
        format!("{:.1}", row.init_ms),
        format!("{:.1}", row.first_ms),
        format!("{:.1}", row.init_and_first_ms),
        format!("{:.2}", row.warm_p50_ms),
        format!("{:.2}", row.warm_p99_ms),
        known(row.init_cpu_ms, 2),
        known(row.warm_cpu_ms, 3),
        known(row.peak_kb.map(|kb| float(kb) * 1_024.0 / 1e6), 1),
        format!("{}, {}", row.first.calls, row.warm.calls),
        format!("{}, {}", row.first.trips, row.warm.trips),
        known(row.program_bytes.map(|bytes| float(bytes) / 1e6), 2),
        known(row.zip_bytes.map(|bytes| float(bytes) / 1e6), 2),
        row.line_bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{bytes} B")),
    ];
    let strays = if row.strays > 0 { format!(" {} with a repeated call", row.strays) } else { String::new() };
    let _infallible = writeln!(text, "| {} |{strays}", cells.join(" | "));
}

fn known(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.places$}"))
}

/// Three digits that count.
pub(crate) fn figure(value: f64) -> String {
    let places = if value >= 100.0 {
        0
    } else if value >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report, row};
    use super::*;

    #[test]
    fn a_row_has_as_many_cells_as_the_head() {
        let said = table(&report(vec![row("a", true, 1.0), row("b", false, 80.0)]));
        let rows: Vec<_> = said.lines().filter(|line| line.starts_with('|')).take(4).collect();
        let cells = |line: &str| line.matches('|').count();
        assert!(rows.iter().all(|line| cells(line) == cells(rows[0])), "{said}");
        assert!(rows[3].contains("80.0"), "{said}");
    }

    #[test]
    fn a_figure_is_no_longer_than_it_says() {
        for (value, expected) in [(0.025, "0.025"), (1.0 / 7.0, "0.1429"), (1.5, "1.5"), (2.0, "2"), (250.0, "250")] {
            assert_eq!(figure(value), expected);
        }
    }
}
