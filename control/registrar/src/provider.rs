//! `Custom::TenantryIdentityProvider`: whose an identity provider of a pool is. Deleting the resource unbinds it.

use domain::{PoolId, ProviderKind, ProviderName};
use operations::OperationError;
use operations::registrations::{Subject, serves};

use crate::answer::Answer;
use crate::held::{hold, may_speak, right, settle};
use crate::properties::Properties;
use crate::request::{Request, Verb};
use crate::{Bench, Failure};

const KNOWN: &[&str] = &["UserPoolId", "ProviderName", "Serves", "TenantId", "Enabled", "Adopt", "OfAnotherStack"];
const SERVES: &[(&str, bool)] = &[("tenant", false), ("social", true)];

pub(crate) async fn handle(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    if request.verb == Verb::Delete {
        let physical = request.physical().unwrap_or_default();
        if let Some((pool, name)) = named(physical) {
            bench.operations.undo_held(&Subject::Provider(pool, name), &request.envelope.holder()).await?;
        }
        return Ok(Answer::done(physical));
    }
    let of = Properties::of(&request.properties, KNOWN)?;
    let pool: PoolId = of.noun("UserPoolId")?;
    let name = ProviderName::fold(of.some_text("ProviderName")?)
        .ok_or_else(|| Failure::property("ProviderName", "is no provider's name"))?;
    let social = of.word("Serves", SERVES)?.ok_or_else(|| Failure::property("Serves", "is missing"))?;
    let kind = if social {
        if of.text("TenantId")?.is_some() {
            return Err(Failure::property("TenantId", "does not go with Serves social"));
        }
        ProviderKind::Social
    } else {
        ProviderKind::Tenant(bench.operations.find_tenant(of.some_text("TenantId")?).await?.id)
    };
    if let ProviderKind::Tenant(tenant) = &kind {
        may_speak(bench, request, tenant, of.flag("OfAnotherStack")?).await?;
    }
    let enabled = of.flag("Enabled")?.unwrap_or(true);
    match bench.operations.provider(&pool, &name).await {
        Ok(before) if before.kind != kind => {
            let whose = operations::shape::provider_kind(&before.kind).to_owned();
            return Err(OperationError::ProviderBoundElsewhere(whose).into());
        }
        Ok(_) | Err(OperationError::ProviderUnknown) => {}
        Err(error) => return Err(error.into()),
    }
    let subject = Subject::Provider(pool.clone(), name.clone());
    let right = right(of.flag("Adopt")?);
    let taken = hold(bench, request, &subject, &serves(&kind), right).await?;
    let bound = async {
        bench.operations.bind_provider(&pool, &name, &kind).await?;
        bench.operations.enable_provider(&pool, &name, enabled).await?;
        Ok(())
    }
    .await;
    settle(bench, request, &subject, &taken, bound).await?;
    Ok(Answer::done(format!("{pool}/{name}")).with("ProviderName", &name))
}

fn named(physical: &str) -> Option<(PoolId, ProviderName)> {
    let (pool, name) = physical.split_once('/')?;
    Some((pool.parse().ok()?, name.parse().ok()?))
}
