//! What was set as a goal, and whether this run met it.

use serde::{Deserialize, Serialize};

use super::{Row, Under, float, ratio};
use crate::subject::TOKEN;

pub(crate) const FLOOR: &str = "floor";
const NODE: &str = "node";
const DEFAULTS: &str = "rust-defaults";

/// One goal: at most `limit`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) limit: f64,
}

impl Goal {
    pub(crate) fn met(&self) -> bool {
        self.value <= self.limit
    }
}

/// Those that this run can judge.
pub(crate) fn judge(rows: &[Row], under: &Under) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |what: &str, value: Option<f64>, limit: f64| {
        goals.extend(value.map(|value| Goal { what: what.to_owned(), value, limit }));
    };
    let row = |name: &str| rows.iter().find(|row| row.name == name);
    let against =
        |peer: &str, figure: fn(&Row) -> Option<f64>| ratio(row(TOKEN).and_then(figure), row(peer).and_then(figure));
    let together: fn(&Row) -> Option<f64> = |row| Some(row.init_and_first_ms);
    goal("init + first / Node", against(NODE, together), 1.0 / 40.0);
    goal("init + first / Rust SDK's defaults", against(DEFAULTS, together), 1.0 / 20.0);
    goal("init CPU / floor", against(FLOOR, |row| row.init_cpu_ms), 1.5);
    goal("warm CPU / Node", against(NODE, |row| row.warm_cpu_ms), 1.0 / 7.0);
    goal("warm CPU / floor", against(FLOOR, |row| row.warm_cpu_ms), 4.0);
    goal("warm p50 / AWS delay", ratio(row(TOKEN).map(|row| row.warm_p50_ms), Some(under.delay_ms)), 1.3);
    goal("warm p99 / AWS delay", ratio(row(TOKEN).map(|row| row.warm_p99_ms), Some(under.delay_ms)), 2.0);
    goal("peak memory / Node", against(NODE, |row| row.peak_kb.map(float)), 0.1);
    let ours = || rows.iter().filter(|row| row.ours);
    let most = |figure: fn(&Row) -> Option<f64>| ours().filter_map(figure).max_by(f64::total_cmp);
    goal("peak memory, MB, of the largest of ours", most(|row| row.peak_kb.map(|kb| float(kb) * 1_024.0 / 1e6)), 8.0);
    goal("zip, MB, of the largest of ours", most(|row| row.zip_bytes.map(|bytes| float(bytes) / 1e6)), 3.0);
    let bytes = |row: &Row| row.line_bytes.and_then(|bytes| u64::try_from(bytes).ok()).map(float);
    goal("longest log line, bytes", most(bytes), 250.0);
    for (name, first, warm) in [
        (TOKEN, 2.0, 1.0),
        ("pre-sign-up", 2.0, 2.0),
        ("post-confirmation", 3.0, 3.0),
        ("define-auth-challenge", 2.0, 1.0),
    ] {
        let trips = |trips: usize| u64::try_from(trips).ok().map(float);
        goal(&format!("{name}: round trips, cold"), row(name).and_then(|row| trips(row.first.trips)), first);
        goal(&format!("{name}: round trips, warm"), row(name).and_then(|row| trips(row.warm.trips)), warm);
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report, row};
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_limit_and_missed_beyond_it() {
        for (ours, theirs, met) in [(2.0, 80.0, true), (2.0, 81.0, true), (2.0, 79.0, false)] {
            let report = report(vec![row(TOKEN, true, ours), row(NODE, false, theirs)]);
            let goal = report.goals.iter().find(|goal| goal.what == "init + first / Node").unwrap();
            assert_eq!(goal.met(), met, "{ours} / {theirs}");
        }
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let report = report(vec![row("pre-sign-up", true, 2.0)]);
        assert!(!report.goals.iter().any(|goal| goal.what.contains("Node") || goal.what.contains("floor")));
        let trips = report.goals.iter().find(|goal| goal.what == "pre-sign-up: round trips, cold").unwrap();
        assert!(trips.met());
    }
}
