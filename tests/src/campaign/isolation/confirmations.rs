//! Who becomes a member when an account is confirmed: every credential at every client, by every source and with every hint.

use super::tokens::At;
use super::town::{Credential, Kind, TENANTS, Town};
use super::{Tally, ensure};
use crate::Event;
use crate::nouns::tenant_id;

const SOURCES: [&str; 2] = ["PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"];

pub(super) async fn row(town: &Town, who: &Credential, tally: &mut Tally) -> Result<(), String> {
    if who.kind == Kind::Machine {
        return Ok(());
    }
    let world = town.world.restarted();
    for at in At::all() {
        for source in SOURCES {
            for hint in [None].into_iter().chain((0..TENANTS.len()).map(Some)) {
                // The one cell of the table in which somebody becomes a member: whoever was invited, at that tenant's own client.
                let joins = who.kind == Kind::Invited && at == At::Tenant(who.home) && source == SOURCES[0];
                let event = who.shown(Event::confirmed(&at.client(), &who.name(), &who.address())).source(source);
                let event = match hint {
                    None => event,
                    Some(tenant) => event.metadata("tenant_id", tenant_id(TENANTS[tenant]).as_ref()),
                };
                let what = format!("{at:?} {source} {hint:?}");
                let answer = world.ask(&at.pool(event)).await;
                ensure!(answer.is_reply(), "{what}: {:?}, where Cognito has confirmed the account", answer.code());
                tally.one("cells of confirmations");
                if joins {
                    ensure!(answer.decision == "joined", "{what}: {}", answer.decision);
                    let row = world.membership(&who.name(), TENANTS[who.home]).await;
                    ensure!(row.is_some(), "{what}: told that they joined, and there is no row");
                    town.put_back().await;
                    tally.one("of them somebody joins");
                    continue;
                }
                ensure!(answer.decision != "joined" && answer.decision != "requested", "{what}: {}", answer.decision);
                town.look(&what).await?;
            }
        }
    }
    town.look_at_last().await
}
