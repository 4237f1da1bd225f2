//! A suspended tenant lets nobody in, and everybody again once it is resumed.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("A tenant is suspended")?;
    let (operations, globex, id) = (stage.stack.operations(), stage.stack.app("globex"), &stage.town.globex.id);
    operations.suspend_tenant(id, Some("unpaid")).await?;
    let suspended = Promise::Refused(Refusal::TenantSuspended);
    let refreshed = globex.refresh(&stage.zoe).await;
    stage.step("Globex has not paid and is suspended. Zoe's app refreshes.", &refreshed, &suspended)?;
    let signed_in = globex.sign_in("zoe@freelance.example").await;
    stage.step("She signs in again.", &signed_in, &suspended)?;
    operations.resume_tenant(id, Some("paid")).await?;
    let resumed = globex.refresh(&stage.zoe).await;
    stage.step(
        "Globex has paid and is resumed. Her app refreshes.",
        &resumed,
        &Promise::Member { slug: "globex", roles: &["admin"] },
    )?;
    Ok(())
}
