//! One pool knows everybody's password; a membership counts all the same.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("The wrong door: both companies share one user pool")?;
    let ann = stage.stack.app("globex").sign_in("ann@acme.example").await;
    stage.step(
        "Ann of Acme signs in at Globex's app, with the right password.",
        &ann,
        &Promise::Refused(Refusal::InvitationRequired),
    )?;
    Ok(())
}
