//! A machine's token speaks of its tenant too.

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("A machine")?;
    let robot = stage.stack.robot().await?;
    stage.step(
        "Acme's robot asks for a token with its client's credentials.",
        &robot,
        &Promise::Machine { slug: "acme", roles: &["viewer"] },
    )?;
    Ok(())
}
