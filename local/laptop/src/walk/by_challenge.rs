//! Each tenant's own way in: a password and a code, a code alone, and no way around either.

use domain::Refusal;

use super::Stage;
use crate::transcript::Promise;
use crate::{Fault, Tokens};

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("Each tenant's own way in: Hooli asks for a password and a code, Initech for a code alone")?;
    let (stack, hank) = (stage.stack, "hank@hooli.example");
    let hooli = stack.app("hooli");
    let joined = match hooli.sign_up(hank, None).await {
        Ok(_) => hooli.confirm(hank).await,
        Err(refused) => Err(refused),
    };
    let hanks = match joined {
        Ok(()) => hooli.sign_in_with_password_and_code(hank).await,
        Err(refused) => Err(refused),
    };
    let member = Promise::Member { slug: "hooli", roles: &["member"] };
    let hanks = stage.step(
        "Hank signs up at Hooli's app as hank@hooli.example, and signs in with his password and the code from his mailbox.",
        &hanks,
        &member,
    )?;
    let refreshed = hooli.refresh(&hanks).await;
    stage.step("His app refreshes.", &refreshed, &member)?;

    let password = hooli.sign_in(hank).await;
    stage.step(
        "Somebody who found out his password tries it alone.",
        &password,
        &Promise::Closed("InvalidParameterException"),
    )?;
    let managed = hooli.managed_login(hank).await?;
    stage.step("They try it in managed login.", &managed, &Promise::Refused(Refusal::SignInAgain))?;
    let guessed = match hooli.begin_with_password(hank, crate::PASSWORD).await {
        Ok(challenge) => hooli.answer_until_it_ends(&challenge, "00000000").await,
        Err(refused) => Err(refused),
    };
    stage.step(
        "They begin as Hank does and guess at the code. The third wrong one ends it.",
        &guessed,
        &Promise::Closed("NotAuthorizedException"),
    )?;
    let shared = stack.app("app").sign_in(hank).await;
    stage.step(
        "They sign in at the shared app, which asks for a password alone, so that it never speaks of Hooli.",
        &shared,
        &Promise::NoTenant,
    )?;

    let zoe = "zoe@freelance.example";
    let _secret = stack.invite(&stage.town.initech, zoe, "member").await?;
    let initech = stack.app("initech");
    let invited = initech.sign_in_with_code(zoe).await;
    stage.step(
        "Initech invites Zoe, who belongs to Globex. She signs in at Initech's app with the code from her mailbox.",
        &invited,
        &Promise::Member { slug: "initech", roles: &["member"] },
    )?;
    let (known, unknown) = ("ines@initech.example", "ivan@initech.example");
    let known = initech.begin_with_code(known).await;
    let nobody = initech.begin_with_code(unknown).await;
    let shown = |challenge: &Result<crate::Challenge, crate::Refused>| {
        // What stands under the user's name is Cognito's own.
        let mut shown = challenge.as_ref().map(|challenge| challenge.parameters.clone()).unwrap_or_default();
        shown.remove("USERNAME");
        shown
    };
    let alike = !shown(&known).is_empty() && shown(&known) == shown(&nobody);
    let guessed = match nobody {
        Ok(challenge) => initech.answer_until_it_ends(&challenge, "00000000").await,
        Err(refused) => Err(refused),
    };
    let guessed = if alike { guessed } else { Ok(Tokens::default()) };
    stage.step(
        "A stranger asks for a code for ivan@initech.example, whom nobody knows, reads just what Ines would read, and guesses.",
        &guessed,
        &Promise::Closed("NotAuthorizedException"),
    )?;
    Ok(())
}
