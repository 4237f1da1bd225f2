//! Whose code is right: five tenants that ask for a code alone, a code of a member of each, and everybody who could answer it anywhere.

use domain::challenge::Recipient;
use domain::{Chain, Client, ClientKind};
use serde_json::json;

use super::town::{TENANTS, machine, next};
use super::{Tally, ensure};
use crate::nouns::{POOL, client, email, member, parse, person, roles, tenant_id};
use crate::world::code_keys;
use crate::{Answer, Engine, Event, World};

/// Who answers a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The member of this tenant.
    Member(usize),
    /// Somebody who was removed from this tenant.
    Removed(usize),
    /// Nobody: Cognito has no such user.
    Nobody,
}

fn name(who: Who) -> String {
    match who {
        Who::Member(tenant) => format!("mem{}", TENANTS[tenant]),
        Who::Removed(tenant) => format!("rem{}", TENANTS[tenant]),
        Who::Nobody => "nobody".to_owned(),
    }
}

fn address(who: Who) -> String {
    match who {
        Who::Member(tenant) | Who::Removed(tenant) => format!("{}@{}.example", name(who), TENANTS[tenant]),
        Who::Nobody => "nobody@partner.example".to_owned(),
    }
}

fn of(who: Who, event: Event) -> Event {
    if who == Who::Nobody { event.of_nobody(&address(who)) } else { event }
}

/// Every code of every member, answered by everybody at every client; only its own person at its own client is right, and last.
pub(super) async fn matrix(tally: &mut Tally) -> Result<(), String> {
    let engine = Engine::in_process().await;
    let world = World::on(&engine, domain::claims::NameMap::default(), crate::world::counted).await;
    world.put(&client("portal", ClientKind::Shared)).await.put(&client("closed", ClientKind::Unbound)).await;
    for (at, name) in TENANTS.iter().enumerate() {
        world.with(name).await.tenant(name, |tenant| tenant.policy.chain = Chain::Code).await;
        let kind = ClientKind::Machine { tenant: tenant_id(name), roles: roles(&["api"]) };
        world.put(&client(&machine(at), kind)).await;
        world.with_member(&member(&self::name(Who::Member(at)), name)).await;
        world.with_member(&member(&self::name(Who::Removed(at)), name)).await;
        world.remove(&self::name(Who::Removed(at)), name).await;
    }
    let everybody: Vec<Who> = (0..TENANTS.len())
        .flat_map(|tenant| [Who::Member(tenant), Who::Removed(tenant)])
        .chain([Who::Nobody])
        .collect();
    let others = ["portal", "closed", "stray"].map(str::to_owned);
    let clients: Vec<String> =
        TENANTS.iter().map(|name| (*name).to_owned()).chain((0..TENANTS.len()).map(machine)).chain(others).collect();
    // Nobody but a tenant's own client asks for codes.
    for app in &clients {
        for who in &everybody {
            let asked = Event::create(app, &name(*who), &address(*who), &[]);
            let asks = TENANTS.contains(&app.as_str());
            if !asks {
                let answer = world.ask(&of(*who, asked)).await;
                ensure!(!answer.is_reply(), "{app} asked {who:?} for a code");
                tally.one("cells of codes");
            }
        }
    }
    for home in 0..TENANTS.len() {
        let owner = Who::Member(home);
        let shown = world.ask(&Event::create(TENANTS[home], &name(owner), &address(owner), &[])).await;
        ensure!(shown.is_reply(), "{}: no code, {:?}", TENANTS[home], shown.code());
        let right = code(home, &shown)?;
        for app in &clients {
            for who in everybody.iter().filter(|who| **who != owner || app != TENANTS[home]) {
                let guess = Event::verify(app, &name(*who), &address(*who), shown.response(), &right);
                let answer = world.ask(&of(*who, guess)).await;
                let is_right = answer.is_reply() && answer.response()["answerCorrect"] == json!(true);
                ensure!(!is_right, "the code of {owner:?} at {} is right for {who:?} at {app}", TENANTS[home]);
                tally.one("cells of codes");
            }
        }
        let own = Event::verify(TENANTS[home], &name(owner), &address(owner), shown.response(), &right);
        let is_right = world.ask(&own).await.response()["answerCorrect"] == json!(true);
        ensure!(is_right, "the code of {owner:?} is not right where it was asked for");
        tally.one("cells of codes");
        tally.one("of them a code is right");
        // Having answered it here opens no other door.
        for (tenant, at) in TENANTS.iter().enumerate() {
            let token = world.ask(&Event::token(at, &name(owner), &address(owner))).await;
            ensure!(token.is_reply() == (tenant == home), "{owner:?} at {at}: {:?}", token.code());
        }
        let removed = Who::Removed(home);
        let token = world.ask(&Event::token(TENANTS[home], &name(removed), &address(removed))).await;
        ensure!(token.code() == Some("MEMBERSHIP_ENDED"), "{removed:?}: {:?}", token.code());
        let elsewhere = Event::token(TENANTS[next(home)], &name(removed), &address(removed));
        ensure!(!world.ask(&elsewhere).await.is_reply(), "{removed:?} has a token of the next tenant");
    }
    Ok(())
}

/// The code that was sent.
fn code(home: usize, shown: &Answer) -> Result<String, String> {
    let owner = Who::Member(home);
    let number = shown.response()["challengeMetadata"].as_str().and_then(|number| number.parse().ok());
    let app = Client { pool: parse(POOL), id: parse(TENANTS[home]) };
    let (person, mailbox) = (person(&name(owner)), email(&address(owner)));
    let recipient = Recipient::new(&person, &app, Some(&mailbox));
    Ok(code_keys().code(&recipient, number.ok_or("no issue")?).reveal())
}
