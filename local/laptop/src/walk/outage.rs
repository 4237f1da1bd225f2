//! The store is down: nobody gets in, everybody gets a calm sentence, and afterwards all is as before.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("The store is switched off, and on again")?;
    let (engine, acme) = (stage.stack.engine(), stage.stack.app("acme"));
    engine.switch_off().await?;
    let calm = Promise::Refused(Refusal::TryAgain);
    let refreshed = acme.refresh(&stage.ann).await;
    let signed_up = acme.sign_up("carl@acme.example", None).await;
    engine.switch_on().await?;
    stage.step("DynamoDB is switched off. Ann's app refreshes.", &refreshed, &calm)?;
    stage.step("Carl signs up as carl@acme.example.", &signed_up.map(|_| crate::Tokens::default()), &calm)?;

    let refreshed = acme.refresh(&stage.ann).await;
    stage.step(
        "DynamoDB is switched on. Ann's app refreshes again.",
        &refreshed,
        &Promise::Member { slug: "acme", roles: &["admin", "billing"] },
    )?;
    let carl = acme.join("carl@acme.example", None).await;
    stage.step(
        "Carl signs up again, confirms, and signs in.",
        &carl,
        &Promise::Member { slug: "acme", roles: &["member"] },
    )?;
    Ok(())
}
