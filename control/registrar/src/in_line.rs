//! Whether an app client leaves people no way around how their tenant signs them in. Without that a binding only seems to hold them to
//! it: Cognito runs custom challenges in one flow alone.

use domain::{ClientKind, Mode, ProviderName, Tenant};
use operations::{NewBinding, OperationError};
use pool::{Difference, Severity};

use crate::{Bench, Failure};

/// An error that names every setting by which people could get around. A client that only observes holds nobody to anything.
pub(crate) async fn check(bench: &Bench, new: &NewBinding) -> Result<(), Failure> {
    if new.mode == Some(Mode::Observe) || new.kind == ClientKind::Unbound {
        return Ok(());
    }
    let tenant = match new.kind.tenant() {
        Some(id) => Some(bench.operations.tenant(id).await?),
        None => None,
    };
    let described = pool::describe(&bench.cognito, &new.client).await?;
    let schema = pool::schema(&bench.cognito, &new.client.pool).await?;
    let named: Vec<String> = described.client.providers.iter().cloned().collect();
    let providers = serving(bench, new, tenant.as_ref(), &named).await?;
    let policy = tenant.as_ref().map(|tenant| &tenant.policy);
    let required = pool::required(&new.kind, policy, &providers, &bench.claims, &schema).spelled(&named);
    let open: Vec<String> =
        described.differences(&required).iter().filter(|found| found.severity == Severity::Around).map(words).collect();
    if open.is_empty() { Ok(()) } else { Err(Failure::ClientOpen(open.join("; "))) }
}

fn words(found: &Difference) -> String {
    format!("{} has to be {} ({})", found.setting(), found.wanted().join(" "), found.because)
}

/// Which of the client's providers are the tenant's. Each is read by its key: the index that lists a tenant's follows the table only within
/// moments, and the provider's resource may be as new as this one.
async fn serving(
    bench: &Bench,
    new: &NewBinding,
    tenant: Option<&Tenant>,
    named: &[String],
) -> Result<Vec<ProviderName>, Failure> {
    let Some(tenant) = tenant.filter(|tenant| tenant.policy.sso_required) else { return Ok(Vec::new()) };
    let mut serving = Vec::new();
    for name in named.iter().filter_map(|name| ProviderName::fold(name)) {
        match bench.operations.provider(&new.client.pool, &name).await {
            Ok(provider) if provider.serves(&tenant.id) => serving.push(name),
            Ok(_) | Err(OperationError::ProviderUnknown) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(serving)
}
