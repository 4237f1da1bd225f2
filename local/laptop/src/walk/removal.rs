//! A member is removed, and comes back by no route that does not know of it.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("A member is removed")?;
    let (stack, acme) = (stage.stack, stage.stack.app("acme"));
    let address = "bob@acme.example";
    let bob = acme.join(address, None).await;
    let bob = stage.step(
        "Bob joins Acme by its domain, as bob@acme.example.",
        &bob,
        &Promise::Member { slug: "acme", roles: &["member"] },
    )?;
    let name = address.parse::<domain::Email>()?.into();
    stack.operations().remove(&stage.town.acme.id, &name, Some("left the company")).await?;

    let ended = Promise::Refused(Refusal::MembershipEnded);
    let refreshed = acme.refresh(&bob).await;
    stage.step("Acme removes Bob. His app refreshes.", &refreshed, &ended)?;
    let signed_in = acme.sign_in(address).await;
    stage.step("He signs in again.", &signed_in, &ended)?;
    let anew = match acme.delete_account(&bob).await {
        Ok(()) => acme.join(address, None).await,
        Err(refused) => Err(refused),
    };
    stage.step("He deletes his account, signs up anew with the same mailbox, and signs in.", &anew, &ended)?;
    Ok(())
}
