//! The triggers' scenarios: every route of every trigger.

use domain::challenge::{Count, Issue, Recipient, Ticket};
use domain::{Chain, ClientKind, Inviter, JoinMode, Membership, Terms};
use serde_json::json;
use store::entity::Issued;

use super::scenario::{By, Records, Said, Scenario, nothing};
use crate::event::PASSWORD;
use crate::nouns::{
    by_domain, client, email, invitation, member, minutes, now, parse, person, provider_of, roles, social, tenant_id,
    token,
};
use crate::world::code_keys;
use crate::{Event, World};

pub(super) const BEN: &str = "ben@partner.example";
pub(super) const BOB: &str = "bob@acme.example";
pub(super) const ANN: &str = "ann@acme.example";

/// Two tenants with an owner each, a shared client, a provider for one and one for everybody.
pub(super) async fn town(world: &World) {
    for name in ["acme", "globex"] {
        world.with(name).await;
        world.with_member(&Membership { roles: roles(&["owner"]), ..member("olga", name) }).await;
    }
    world.put(&client("portal", ClientKind::Shared)).await;
    world.put(&client("robot", ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) })).await;
    world.put(&provider_of("okta", "acme")).await.put(&social("google")).await;
    world.with_member(&member("ann", "acme")).await;
    world.limit("acme", 4).await;
}

pub(super) async fn invited(world: &World) {
    town(world).await;
    world.with_invitation(&invitation(1, "acme", BEN)).await;
}

async fn invited_by_a_member(world: &World) {
    town(world).await;
    let asked = invitation(1, "acme", BEN);
    let terms = Terms { inviter: Inviter::Member(person("olga")), ..asked.terms.clone() };
    world.with_invitation(&domain::Invitation { terms, ..asked }).await;
}

pub(super) async fn remembered(world: &World) {
    world.ask(&Event::sign_up("acme", "ben", BEN).invited(&token(1))).await;
}

async fn joining(world: &World, mode: JoinMode) {
    town(world).await;
    world.tenant("acme", |acme| acme.policy.join = mode).await;
}

async fn challenged(world: &World, chain: Chain) {
    town(world).await;
    world.tenant("acme", |acme| acme.policy.chain = chain).await;
}

pub(super) async fn sent(world: &World) {
    challenged(world, Chain::PasswordAndCode { of: None }).await;
    let count = Count { since: now(), times: 1 };
    let issue = Issue {
        number: NUMBER,
        by: ticket(),
        sent: now(),
        expires: minutes(3),
        attempts: 0,
        used_by: None,
        unsent: false,
        proven: true,
        hour: count,
        day: Count { since: now(), times: 0 },
        passed: None,
        revision: 0,
    };
    world.put(&Issued { person: person("ann"), client: parse("acme"), issue }).await;
}

const NUMBER: u64 = 1_795_251_600_000;

fn ticket() -> Ticket {
    Ticket::from_random([9; 16])
}

fn typed(code: &str) -> Event {
    let created = json!({ "privateChallengeParameters": { "issue": NUMBER.to_string(), "ticket": ticket().as_ref() } });
    Event::verify("acme", "ann", ANN, &created, code)
}

fn right_code() -> String {
    let (ann, acme, mailbox) = (person("ann"), client("acme", ClientKind::Shared).client, email(ANN));
    code_keys().code(&Recipient::new(&ann, &acme, Some(&mailbox)), NUMBER).reveal()
}

async fn ask(world: &World, event: Event) -> Said {
    Said::of(&world.ask(&event).await)
}

macro_rules! of {
    ($name:literal, $prepare:expr, $event:expr) => {
        of!($name, $prepare, $event, Records::Once)
    };
    ($name:literal, $prepare:expr, $event:expr, $records:expr) => {
        Scenario {
            name: $name,
            by: By::Trigger,
            beside: None,
            prepare: |world| Box::pin($prepare(world)),
            act: |world| Box::pin(ask(world, $event)),
            then: nothing,
            records: $records,
        }
    };
    ($name:literal, $prepare:expr, $event:expr, then $($then:expr),+) => {
        Scenario {
            then: |world| Box::pin(async move { vec![$(ask(world, $then).await),+] }),
            ..of!($name, $prepare, $event)
        }
    };
}

/// Every route of every trigger.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        of!("sign-up-invited", invited, Event::sign_up("acme", "ben", BEN).invited(&token(1)),
            then Event::confirmed("acme", "ben", BEN), Event::token("acme", "ben", BEN)),
        of!("sign-up-over-another", another_tried, Event::sign_up("acme", "ben", BEN).invited(&token(1)),
            then Event::confirmed("acme", "ben", BEN), Event::token("acme", "ben", BEN)),
        of!("sign-up-by-domain", town, Event::sign_up("acme", "bob", BOB),
            then Event::confirmed("acme", "bob", BOB), Event::token("acme", "bob", BOB)),
        of!("sign-up-by-provider", town, Event::external_sign_up("acme", "okta_2", BOB),
            then Event::confirmed("acme", "bob", BOB).federated("okta", "2"), Event::token("acme", "bob", BOB).federated("okta", "2")),
        of!("sign-up-on-request", async |world: &World| joining(world, JoinMode::Request).await, Event::sign_up("acme", "bob", BOB),
            then Event::confirmed("acme", "bob", BOB), Event::token("acme", "bob", BOB)),
        of!("sign-up-open", async |world: &World| joining(world, JoinMode::Open).await, Event::sign_up("acme", "eve", "eve@elsewhere.example"),
            then Event::confirmed("acme", "eve", "eve@elsewhere.example"), Event::token("acme", "eve", "eve@elsewhere.example")),
        of!("sign-up-looked-up", looked_up, Event::sign_up("acme", "ben", BEN),
            then Event::confirmed("acme", "ben", BEN), Event::token("acme", "ben", BEN)),
        of!("sign-up-of-a-stranger", town, Event::sign_up("acme", "eve", "eve@elsewhere.example")),
        of!("sign-up-with-another's-token", invited, Event::sign_up("globex", "ben", BEN).invited(&token(1))),
        of!("confirm-by-domain", town, Event::confirmed("acme", "bob", BOB), then Event::token("acme", "bob", BOB)),
        of!("confirm-invited", async |world: &World| { invited(world).await; remembered(world).await; },
            Event::confirmed("acme", "ben", BEN), then Event::token("acme", "ben", BEN)),
        of!("confirm-invited-by-a-member", async |world: &World| { invited_by_a_member(world).await; remembered(world).await; },
            Event::confirmed("acme", "ben", BEN), then Event::token("acme", "ben", BEN)),
        of!("confirm-on-request", async |world: &World| joining(world, JoinMode::Request).await,
            Event::confirmed("acme", "bob", BOB), then Event::token("acme", "bob", BOB)),
        of!("confirm-by-provider", town, Event::confirmed("acme", "bob", BOB).federated("okta", "2"),
            then Event::token("acme", "bob", BOB).federated("okta", "2")),
        of!("confirm-at-a-shared-client", town, Event::confirmed("portal", "bob", BOB), then Event::token("portal", "bob", BOB)),
        of!("confirm-the-last-seat", last_seat, Event::confirmed("acme", "bob", BOB), then Event::token("acme", "bob", BOB)),
        of!("confirm-where-it-is-full", full, Event::confirmed("acme", "bob", BOB), then Event::token("acme", "bob", BOB)),
        of!("confirm-the-removed", removed, Event::confirmed("acme", "ann", ANN), then Event::token("acme", "ann", ANN)),
        of!("token", town, Event::token("acme", "ann", ANN)),
        of!("token-v1", town, Event::token("acme", "ann", ANN).version("1")),
        of!("token-refresh", town, Event::refresh("acme", "ann", ANN)),
        of!(
            "token-by-hint",
            town,
            Event::token("portal", "olga", "olga@acme.example").metadata("tenant_id", tenant_id("globex").as_ref())
        ),
        of!("token-of-the-only-tenant", town, Event::token("portal", "ann", ANN)),
        of!("token-of-no-tenant", town, Event::token("portal", "olga", "olga@acme.example")),
        of!("token-of-a-machine", town, Event::machine("robot")),
        of!("token-of-the-removed", removed, Event::token("acme", "ann", ANN)),
        of!("token-of-the-suspended", suspended, Event::token("acme", "ann", ANN)),
        of!("token-of-a-barred-former-mailbox", barred_before, Event::token("acme", "ann", "ann@globex.example")),
        of!("token-of-a-new-mailbox", town, Event::token("acme", "ann", "ann@globex.example")),
        of!("token-of-a-stranger", town, Event::token("acme", "eve", "eve@elsewhere.example")),
        of!("token-late-by-domain", town, Event::token("acme", "bob", BOB)),
        of!("token-late-invited", invited, Event::token("acme", "ben", BEN)),
        of!("token-late-by-provider", town, Event::token("acme", "bob", BOB).federated("okta", "2")),
        of!("token-late-at-a-shared-client", town, Event::token("portal", "bob", BOB)),
        of!("token-late-the-last-seat", last_seat, Event::token("acme", "bob", BOB)),
        of!("token-late-where-it-is-full", full, Event::token("acme", "bob", BOB)),
        of!("token-late-taking-over", single_sign_on, Event::token("acme", "ann2", ANN).federated("okta", "3")),
        of!(
            "define",
            async |world: &World| challenged(world, Chain::PasswordAndCode { of: None }).await,
            Event::define("acme", "ann", ANN, PASSWORD)
        ),
        of!(
            "define-code",
            async |world: &World| challenged(world, Chain::Code).await,
            Event::define("acme", "ann", ANN, &[])
        ),
        of!(
            "create",
            async |world: &World| challenged(world, Chain::PasswordAndCode { of: None }).await,
            Event::create("acme", "ann", ANN, PASSWORD),
            Records::Each
        ),
        of!(
            "create-code",
            async |world: &World| challenged(world, Chain::Code).await,
            Event::create("acme", "ann", ANN, &[]),
            Records::Each
        ),
        of!(
            "create-for-nobody",
            async |world: &World| challenged(world, Chain::Code).await,
            Event::create("acme", "ann", ANN, &[]).of_nobody("amy@acme.example"),
            Records::Each
        ),
        of!("verify-right", sent, typed(&right_code()), Records::Each),
        of!("verify-wrong", sent, typed("no code"), Records::Each),
    ]
}

async fn another_tried(world: &World) {
    invited(world).await;
    world.with_invitation(&invitation(2, "acme", "eve@partner.example")).await;
    world.ask(&Event::sign_up("acme", "ben", "eve@partner.example").invited(&token(2))).await;
}

async fn looked_up(world: &World) {
    invited(world).await;
    world
        .tenant("acme", |acme| {
            acme.policy.join = JoinMode::InvitationOnly;
            acme.policy.invitation_lookup = true;
        })
        .await;
}

async fn last_seat(world: &World) {
    town(world).await;
    world.limit("acme", 3).await;
}

async fn full(world: &World) {
    town(world).await;
    world.limit("acme", 2).await;
}

pub(super) async fn removed(world: &World) {
    town(world).await;
    world.remove("ann", "acme").await;
}

pub(super) async fn suspended(world: &World) {
    town(world).await;
    world.suspend("ann", "acme").await;
}

/// Ann changed her address; the mailbox that she came with is barred since.
async fn barred_before(world: &World) {
    town(world).await;
    world
        .change_mailbox(&tenant_id("acme"), &email(ANN), |mailbox| {
            mailbox.bar = Some(crate::nouns::bar(domain::BarReason::Removed));
        })
        .await;
}

/// The tenant requires single sign-on since Ann came by her domain: her first sign-in by the provider takes over her place.
async fn single_sign_on(world: &World) {
    town(world).await;
    world
        .change(&store::Key::membership(&person("ann"), &tenant_id("acme")), |row: &mut Membership| {
            row.origin = by_domain("acme.example");
        })
        .await;
    world.tenant("acme", |acme| acme.policy.sso_required = true).await;
}
