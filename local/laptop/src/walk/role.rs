//! A role changes in the table and shows in the next token.

use domain::Roles;

use super::Stage;
use crate::Fault;
use crate::transcript::Promise;

pub(super) async fn show(stage: &mut Stage<'_, '_>) -> Result<(), Fault> {
    stage.heading("A role changes")?;
    let ann = "ann@acme.example".parse::<domain::Email>()?;
    stage.stack.operations().set_roles(&stage.town.acme.id, &ann.into(), &Roles::parse(["admin", "billing"])?).await?;
    let refreshed = stage.stack.app("acme").refresh(&stage.ann).await;
    stage.ann = stage.step(
        "Ann becomes an admin of Acme who also sees the bills. Her app refreshes.",
        &refreshed,
        &Promise::Member { slug: "acme", roles: &["admin", "billing"] },
    )?;
    Ok(())
}
