//! This run against an earlier one: ratios, which a slower machine does not change as it changes times.

use std::fmt::Write as _;

use super::Report;
use super::table::figure;

/// The change of each ratio that both runs have, the worst first.
pub(crate) fn compare(before: &Report, after: &Report) -> String {
    let changes = after.ratios.iter().filter_map(|(name, now)| {
        let was = before.ratios.get(name)?;
        Some((name, *was, *now, now / was - 1.0))
    });
    let mut changes: Vec<_> = changes.filter(|(.., change)| change.is_finite()).collect();
    changes.sort_by(|a, b| b.3.total_cmp(&a.3));
    let mut text = format!(
        "Against {}; the smaller, the better:\n\n| ratio | was | is | change |\n|---|--:|--:|--:|\n",
        before.at
    );
    for (name, was, now, change) in &changes {
        let _infallible = writeln!(text, "| {name} | {} | {} | {:+.1} % |", figure(*was), figure(*now), change * 100.0);
    }
    let alone = after.ratios.len() - changes.len();
    if alone > 0 {
        let _infallible = writeln!(text, "\n{alone} ratios are not in the earlier run.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report, row};
    use super::*;
    use crate::subject::TOKEN;

    #[test]
    fn the_worst_change_comes_first() {
        let before = report(vec![row(TOKEN, true, 4.0), row("floor", false, 2.0)]);
        let mut worse = row(TOKEN, true, 4.0);
        worse.warm_cpu_ms = Some(5.0);
        worse.init_cpu_ms = Some(2.0);
        let said = compare(&before, &report(vec![worse, row("floor", false, 2.0)]));
        let rows: Vec<_> = said.lines().filter(|line| line.contains(" / floor")).collect();
        assert_eq!(rows[0], "| pre-token-generation: warm CPU / floor | 2 | 2.5 | +25.0 % |", "{said}");
        assert!(rows[rows.len() - 1].ends_with("| 2 | 1 | -50.0 % |"), "{said}");
    }

    #[test]
    fn what_the_earlier_run_did_not_have_is_counted() {
        let before = report(vec![row(TOKEN, true, 4.0)]);
        let said = compare(&before, &report(vec![row(TOKEN, true, 4.0), row("floor", false, 2.0)]));
        assert!(said.ends_with("6 ratios are not in the earlier run.\n"), "{said}");
    }
}
