//! `tenantctl doctor`.

use operations::{Fixed, Severity};

use crate::failure::plain;
use crate::{Context, Failure};

pub(crate) async fn run(fix: bool, context: &Context<'_>) -> Result<(), Failure> {
    let health = context.operations.doctor(fix).await?;
    context.output.show(&health, || {
        let mut lines = vec![format!(
            "looked at {} items: {} tenants, {} memberships",
            health.items, health.tenants, health.memberships
        )];
        for finding in &health.findings {
            let severity = if finding.severity == Severity::Problem { "problem" } else { "note" };
            let fixed = match finding.fix {
                Fixed::Done => ", put right",
                Fixed::Possible => ", --fix puts it right",
                Fixed::Again => ", changed meanwhile: look again",
                Fixed::No => "",
            };
            let message = plain(&finding.message);
            lines.push(format!("{severity}  {} {}: {message}{fixed}", finding.code, plain(&finding.target)));
        }
        if health.findings.is_empty() {
            lines.push("everything adds up".to_owned());
        }
        lines.join("\n")
    });
    match health.problems() {
        0 => Ok(()),
        left => Err(Failure::Unsound(left)),
    }
}
