//! Whose something is: the resource's own, another's, or an operator's.

use domain::TenantId;
use operations::registrations::{Right, Subject, Taken};

use crate::request::Request;
use crate::{Bench, Failure};

/// Takes something for the resource of this request, and says whether it was there before.
pub(crate) async fn hold(
    bench: &Bench,
    request: &Request,
    subject: &Subject,
    made: &str,
    right: Right,
) -> Result<Taken, Failure> {
    match bench.operations.hold(subject, &request.envelope.holder(), made, right).await? {
        Taken::HeldBy(other) => Err(Failure::HeldByAnother(other)),
        Taken::There => Err(Failure::ThereAlready),
        taken => Ok(taken),
    }
}

/// A machine or a provider speaks for a tenant without any of its people: where another stack holds the tenant, the template has to say that
/// it means that one.
pub(crate) async fn may_speak(
    bench: &Bench,
    request: &Request,
    tenant: &TenantId,
    means_it: Option<bool>,
) -> Result<(), Failure> {
    if means_it == Some(true) {
        return Ok(());
    }
    let held = bench.operations.held(&Subject::Tenant(tenant.clone())).await?;
    match held {
        Some(held) if !held.holder.starts_with(&format!("{} ", request.envelope.stack)) => {
            Err(Failure::TenantOfAnotherStack(held.holder))
        }
        _ => Ok(()),
    }
}

/// By what right a template takes something: `Adopt` takes over what is there.
pub(crate) const fn right(adopt: Option<bool>) -> Right {
    match adopt {
        Some(true) => Right::Adopter,
        _ => Right::Maker,
    }
}

/// After a change that failed for good: what was taken for it alone is undone as far as it came, and let go.
pub(crate) async fn settle<T>(
    bench: &Bench,
    request: &Request,
    subject: &Subject,
    taken: &Taken,
    made: Result<T, Failure>,
) -> Result<T, Failure> {
    if let Err(failure) = &made
        && *taken == Taken::Now
        && !failure.may_pass()
    {
        // Where that fails too, the deletion that CloudFormation asks for next does it.
        let _ = bench.operations.undo_held(subject, &request.envelope.holder()).await;
    }
    made
}
