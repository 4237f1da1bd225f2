//! An operator's day, on good days and on bad ones: what goes wrong is told without secrets, and who did what is recorded without addresses.

use domain::{Actor, Email, TenantId};
use operations::{ImportRow, Invite, MemberName, NewMember, NewTenant, OperationError, Operations};

use super::canary::{Canaries, Kind, Place};
use super::ear::Ear;
use super::gossip::{Day, Gossip};
use super::triggers::kept;
use crate::campaign::{Failed, Tally, caught};
use crate::{Engine, World, nouns};

const ADDRESS: &str = "eve.q7address@partner.example";
const OTHER: &str = "mia.q7other@acme.example";
const TENANT: &str = "q7tenant \"Söhne\" & Co 50%";

/// On each kind of day. What a good day wrote is there on the bad ones.
pub(super) async fn run(tally: &mut Tally) -> Result<(), Failed> {
    let engine = Engine::in_process().await;
    let world = World::on(&engine, domain::claims::NameMap::default(), crate::world::counted).await;
    let gossip = Gossip::default();
    let table = gossip.table(&engine, world.table().name());
    let mut canaries = Canaries::default();
    for (kind, text) in [(Kind::Address, ADDRESS), (Kind::Address, "q7other"), (Kind::TenantName, TENANT)] {
        canaries.add(kind, text);
    }
    for day in Day::all() {
        let failed = |what: String| Failed::new(what, format!("operators {day:?}"));
        for from in 0..6 {
            gossip.set(day, from);
            let actor = Actor::Operator("olga".to_owned());
            let operations = Operations::new(&table, actor, nouns::now, bits);
            let ear = Ear::default();
            let said = {
                let _listening = ear.listen();
                caught(one_day(&operations, &gossip, &mut canaries)).await.map_err(failed)?
            };
            for error in &said {
                let sentence = format!("{error} {}", error.help());
                if let Some(hit) = canaries.hit(Place::Error, &sentence) {
                    return Err(failed(hit));
                }
            }
            tally.add("errors of operations", said.len() as u64);
            if let Some(hit) = canaries.hit(Place::Log, &ear.heard()) {
                return Err(failed(hit));
            }
        }
        gossip.set(Day::Good, 0);
        kept(&world, &canaries, tally).await.map_err(failed)?;
    }
    tally.add("invitations", canaries.count(Kind::Invitation));
    Ok(())
}

/// Everything that has to do with an address, a name or a token; what went wrong.
async fn one_day(operations: &Operations, gossip: &Gossip, canaries: &mut Canaries) -> Vec<OperationError> {
    let mut wrong = Vec::new();
    let mut note = |error: Option<OperationError>| wrong.extend(error);
    let (eve, mia): (Email, Email) = (nouns::email(ADDRESS), nouns::email(OTHER));
    let person = nouns::person("mia");
    canaries.add(Kind::Person, person.sub.as_ref());

    let new = NewTenant::new(nouns::parse("q7acme"), TENANT);
    note(operations.create_tenant(&new).await.err());
    let id = match operations.find_tenant("q7acme").await {
        Ok(tenant) => tenant.id,
        Err(error) => {
            note(Some(error));
            TenantId::from_random([7; 16])
        }
    };
    note(operations.assume_domain(&id, &nouns::domain_name("acme.example"), "a test").await.err());
    for address in [&eve, &eve, &mia] {
        match operations.invite(&id, &Invite::new(address.clone())).await {
            Ok(invited) => canaries.add(Kind::Invitation, &invited.token.reveal()),
            Err(error) => note(Some(error)),
        }
        match operations.resend_invitation(&id, &address.clone().into(), Invite::new(address.clone()).open_for).await {
            Ok(invited) => canaries.add(Kind::Invitation, &invited.token.reveal()),
            Err(error) => note(Some(error)),
        }
    }
    let member = NewMember {
        person: person.clone(),
        address: Some(mia.clone()),
        roles: nouns::roles(&["member"]),
        lift_bar: false,
    };
    note(operations.add_member(&id, &member).await.err());
    let row = |tenant: &str| ImportRow {
        person: nouns::person("ida"),
        address: Some(nouns::email("ida.q7other@acme.example")),
        tenant: tenant.to_owned(),
        roles: nouns::roles(&["viewer"]),
    };
    let mut importer = operations.importer(false);
    note(importer.row(&row("q7acme")).await.err());
    note(importer.row(&row("nobody")).await.err());
    for name in [&eve, &mia] {
        let name: MemberName = name.clone().into();
        note(operations.find_member(&id, &name).await.err());
        note(operations.suspend(&id, &name, Some("on leave")).await.err());
        note(operations.remove(&id, &name, None).await.err());
    }
    for address in [&eve, &mia] {
        note(operations.bar_mailbox(&id, address, Some("moved there")).await.err());
    }
    note(operations.lift_bar(&id, &mia, Some("came back")).await.err());
    note(operations.revoke_invitation(&id, &eve.into(), None).await.err());
    note(operations.export_person(&person, None).await.err());
    note(operations.erase_person(&person, None, None).await.err());
    // Bad days must have been met.
    assert!(gossip.asked() > 6, "{} requests", gossip.asked());
    wrong
}

fn bits(bytes: &mut [u8]) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let mut dice = crate::campaign::Dice::new(COUNT.fetch_add(1, Ordering::Relaxed));
    for byte in bytes {
        *byte = dice.next().to_be_bytes()[3];
    }
}
