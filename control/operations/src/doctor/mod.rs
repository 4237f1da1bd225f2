//! What does not add up, and what of it can be put right safely: in the table, and between the table and a user pool.

mod case;
mod chart;
mod clients;
mod pool;
mod settings;
mod table;
mod treatment;
mod users;

use serde::Serialize;

pub use case::{Case, PoolHealth, Step};
pub use chart::Chart;
pub use pool::Examination;
pub use settings::Functions;
pub(crate) use settings::judge_addresses;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Somebody may be kept out, or counted wrongly.
    Problem,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fixed {
    /// It was put right.
    Done,
    /// `--fix` can put it right.
    Possible,
    /// It changed while it was being put right: look again.
    Again,
    /// Somebody must decide.
    No,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: an id.
    pub target: String,
    /// What is wrong.
    pub message: String,
    /// What became of it.
    pub fix: Fixed,
}

/// What was looked at, and found.
#[derive(Debug, Default, Serialize)]
pub struct Health {
    /// Items in the table.
    pub items: u64,
    /// Tenants.
    pub tenants: u64,
    /// Memberships of every status.
    pub memberships: u64,
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Health {
    /// How much is left that keeps people out or is counted wrongly.
    pub fn problems(&self) -> usize {
        let left = |finding: &&Finding| finding.severity == Severity::Problem && finding.fix != Fixed::Done;
        self.findings.iter().filter(left).count()
    }

    pub(super) fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        target: &impl ToString,
        message: String,
        fix: Fixed,
    ) {
        self.findings.push(Finding { code, severity, target: target.to_string(), message, fix });
    }
}
