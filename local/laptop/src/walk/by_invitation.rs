//! An invitation lets one person in, once.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("Joining by invitation: Globex asks its people in one by one")?;
    let globex = stage.stack.app("globex");
    let secret = stage.stack.invite(&stage.town.globex, "zoe@freelance.example", "admin").await?;

    let mallory = globex.join("mallory@elsewhere.example", Some(&secret)).await;
    stage.step(
        "Mallory intercepts the link of Zoe's invitation and signs up with it under her own address.",
        &mallory,
        &Promise::Refused(Refusal::InvitationUnusable),
    )?;
    let zoe = globex.join("zoe@freelance.example", Some(&secret)).await;
    stage.zoe = stage.step(
        "Zoe, invited as an admin, signs up with it as zoe@freelance.example, confirms, and signs in.",
        &zoe,
        &Promise::Member { slug: "globex", roles: &["admin"] },
    )?;

    let secret = stage.stack.invite(&stage.town.globex, "yuri@freelance.example", "viewer").await?;
    let yuri = globex.join("yuri@freelance.example", Some(&secret)).await;
    let yuri = stage.step(
        "Yuri, invited as a viewer, does the same.",
        &yuri,
        &Promise::Member { slug: "globex", roles: &["viewer"] },
    )?;
    let again = match globex.delete_account(&yuri).await {
        Ok(()) => globex.join("yuri@freelance.example", Some(&secret)).await,
        Err(refused) => Err(refused),
    };
    stage.step(
        "Yuri deletes his account and signs up anew with the same invitation.",
        &again,
        &Promise::Refused(Refusal::InvitationUnusable),
    )?;
    Ok(())
}
