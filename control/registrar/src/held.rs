//! Whose something is: the resource's own, another's, or an operator's.

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
