//! `tenantctl doctor`: the table looked over, and user pools held against it.

mod pool;

use operations::{Finding, Fixed, Severity};

use crate::args::Doctor;
use crate::failure::plain;
use crate::{Context, Failure};

pub(crate) async fn run(doctor: Doctor, context: &Context<'_>) -> Result<(), Failure> {
    if doctor.pool.is_some() {
        return pool::run(doctor, context).await;
    }
    let health = context.operations.doctor(doctor.fix).await?;
    context.output.show(&health, || {
        let mut lines = vec![format!(
            "looked at {} items: {} tenants, {} memberships",
            health.items, health.tenants, health.memberships
        )];
        lines.extend(health.findings.iter().map(line));
        if health.findings.is_empty() {
            lines.push("everything adds up".to_owned());
        }
        lines.join("\n")
    });
    left(health.problems())
}

pub(crate) fn line(finding: &Finding) -> String {
    let severity = if finding.severity == Severity::Problem { "problem" } else { "note" };
    let fixed = match finding.fix {
        Fixed::Done => ", put right",
        Fixed::Possible => ", --fix puts it right",
        Fixed::Again => ", changed meanwhile: look again",
        Fixed::No => "",
    };
    format!("{severity}  {} {}: {}{fixed}", finding.code, plain(&finding.target), plain(&finding.message))
}

fn left(problems: usize) -> Result<(), Failure> {
    if problems == 0 { Ok(()) } else { Err(Failure::Unsound(problems)) }
}
