//! A member of two tenants chooses, on the app that all tenants share, and a hint is never more than a hint.

use domain::Refusal;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("A member of both: one app for every tenant")?;
    let (stack, town) = (stage.stack, stage.town);
    // The secret is not needed: whoever has proven the mailbox redeems the invitation by signing in.
    let _secret = stack.invite(&town.globex, "ann@acme.example", "viewer").await?;
    let invited = stack.app("globex").sign_in("ann@acme.example").await;
    stage.step(
        "Globex invites Ann too, as a viewer, and she signs in at Globex's app with the account that she has.",
        &invited,
        &Promise::Member { slug: "globex", roles: &["viewer"] },
    )?;

    let app = stack.app("app");
    let both = app.sign_in("ann@acme.example").await;
    let both = stage.step(
        "Ann signs in at the shared app, which cannot know where she wants to work.",
        &both,
        &Promise::NoTenant,
    )?;
    let at_acme = app.refresh_for(&both, Some(&town.acme.id)).await;
    stage.step(
        "She picks Acme: the app refreshes with that hint.",
        &at_acme,
        &Promise::Member { slug: "acme", roles: &["member"] },
    )?;
    let at_globex = app.refresh_for(&both, Some(&town.globex.id)).await;
    stage.step("She switches to Globex.", &at_globex, &Promise::Member { slug: "globex", roles: &["viewer"] })?;
    let neither = app.refresh(&both).await;
    stage.step("The app refreshes without a hint.", &neither, &Promise::NoTenant)?;

    let zoe = app.sign_in("zoe@freelance.example").await;
    let zoe = stage.step(
        "Zoe, who belongs to Globex alone, signs in at the shared app.",
        &zoe,
        &Promise::Member { slug: "globex", roles: &["admin"] },
    )?;
    let hint = app.refresh_for(&zoe, Some(&town.acme.id)).await;
    stage.step("She refreshes with a hint for Acme.", &hint, &Promise::Refused(Refusal::InvitationRequired))?;
    Ok(())
}
