//! `Custom::TenantryPool`: what holds at a pool's clients that have no binding. Deleting the resource takes it back: they are denied.

use domain::PoolId;
use operations::OperationError;
use operations::registrations::{Subject, settings};

use crate::answer::Answer;
use crate::held::{hold, right, settle};
use crate::properties::Properties;
use crate::request::{Request, Verb};
use crate::{Bench, Failure};

const KNOWN: &[&str] = &["UserPoolId", "ObserveUnbound", "DedicatedTo", "Adopt"];

pub(crate) async fn handle(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    let operations = &bench.operations;
    if request.verb == Verb::Delete {
        let physical = request.physical().unwrap_or_default();
        if let Ok(pool) = physical.parse::<PoolId>() {
            operations.undo_held(&Subject::Pool(pool), &request.envelope.holder()).await?;
        }
        return Ok(Answer::done(physical));
    }
    let of = Properties::of(&request.properties, KNOWN)?;
    let id: PoolId = of.noun("UserPoolId")?;
    let observe = of.flag("ObserveUnbound")?.unwrap_or(false);
    let tenant = match of.text("DedicatedTo")? {
        Some(tenant) => Some(operations.find_tenant(tenant).await?.id),
        None => None,
    };
    let before = operations.pool(&id).await?;
    if before.dedicated_to.is_some() && tenant.is_some() && before.dedicated_to != tenant {
        return Err(OperationError::PoolDedicatedElsewhere.into());
    }
    let subject = Subject::Pool(id.clone());
    let wanted = domain::Pool { observe_unbound: observe, dedicated_to: tenant.clone(), ..before };
    let right = right(of.flag("Adopt")?);
    let taken = hold(bench, request, &subject, &settings(&wanted), right).await?;
    let changed = async {
        operations.dedicate_pool(&id, tenant.as_ref()).await?;
        operations.observe_unbound(&id, observe).await?;
        Ok(())
    }
    .await;
    settle(bench, request, &subject, &taken, changed).await?;
    Ok(Answer::done(id.as_ref()))
}
