//! Whoever proves a mailbox at a company's domain joins; a stranger does not.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("Joining by domain: acme.example is Acme's, and Acme lets its people in")?;
    let acme = stage.stack.app("acme");
    let ann = acme.join("ann@acme.example", None).await;
    stage.ann = stage.step(
        "Ann signs up at Acme's app as ann@acme.example, types the code from her mailbox, and signs in.",
        &ann,
        &Promise::Member { slug: "acme", roles: &["member"] },
    )?;
    let eve = acme.join("eve@elsewhere.example", None).await;
    stage.step(
        "Eve, a stranger, signs up at Acme's app as eve@elsewhere.example.",
        &eve,
        &Promise::Refused(Refusal::InvitationRequired),
    )?;
    Ok(())
}
