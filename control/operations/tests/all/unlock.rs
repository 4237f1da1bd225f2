//! Lifting the lock that wrong codes put on a sign-in: for operators and the tenant's admins, at this tenant's app clients.

use domain::challenge::{Asking, Limits, Ticket};
use domain::{Client, ClientId, Membership, Person, Refusal, TenantId};
use operations::{MemberName, NewBinding};
use store::Batch;
use store::challenge::{Answered, Asked, Wanted};
use store::entity::Audit;

use crate::table::{World, code, now, person, random};

fn client(id: &str) -> Client {
    Client { pool: "eu-central-1_test".parse().unwrap(), id: id.parse().unwrap() }
}

impl World {
    /// A tenant with an app client of its own.
    async fn with_client(&self, slug: &str, app: &str) -> TenantId {
        let tenant = self.tenant(slug).await;
        self.ops.bind_client(&NewBinding::to_tenant(client(app), tenant.id.clone())).await.unwrap();
        tenant.id
    }

    async fn asks(&self, person: &Person, app: &str, proven: bool) -> Wanted {
        let session = self.table.session(None);
        let id: ClientId = app.parse().unwrap();
        let asked = Asked { person, client: &id };
        let mut batch = Batch::default();
        asked.ask(proven, &mut batch);
        let codes = asked.take(proven, &session.batch(batch).await.unwrap()).unwrap();
        // Every code is asked for anew, by another showing: nothing is sent twice.
        let limits = Limits { again_after: jiff::SignedDuration::ZERO, ..Limits::default() };
        let mut bits = [0; 16];
        random(&mut bits);
        let ticket = Ticket::from_random(bits);
        let asking = Asking { now: now(), limits: &limits, ticket: &ticket, proven, again: false };
        asked.want(&session, &asking, codes).await.unwrap()
    }

    /// Asks for codes until there are no more, and counts them.
    async fn is_locked(&self, person: &Person, app: &str, proven: bool) -> u64 {
        let mut sent = 0;
        while let Wanted::New(_) = self.asks(person, app, proven).await {
            sent += 1;
            assert!(sent <= 10, "no limit on codes");
        }
        sent
    }

    async fn is_let_in(&self, person: &Person, app: &str, proven: bool) -> bool {
        matches!(self.asks(person, app, proven).await, Wanted::New(_))
    }

    async fn unlocks(&self, tenant: &TenantId) -> Vec<Audit> {
        let page = self.ops.session().audit::<Audit>(tenant, None).await.unwrap();
        page.entities.into_iter().filter(|audit| audit.action == "member.unlock").collect()
    }
}

#[tokio::test]
async fn m16_an_unlocked_person_gets_codes_again_at_once() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let bob = world.add(&acme, "bob", "member").await;
    for proven in [true, false] {
        world.is_locked(&bob.person, "app", proven).await;
        let unlocked = world.ops.unlock(&acme, &(&bob).into(), &[], Some("called us")).await.unwrap();
        assert_eq!((unlocked.clients, unlocked.member_id), (1, Some(bob.member.to_string())));
        assert!(world.is_let_in(&bob.person, "app", proven).await, "proven: {proven}");
    }
    let records = world.unlocks(&acme).await;
    assert_eq!(records.len(), 2);
    assert_eq!((records[0].target.as_str(), records[0].reason.as_deref()), (bob.member.as_ref(), Some("called us")));
}

#[tokio::test]
async fn m16_an_admin_lifts_what_their_own_clients_count_and_an_operator_what_all_clients_share() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let umbra = world.with_client("umbra", "other").await;
    let admin = world.add(&acme, "ada", "admin").await;
    let bob = world.add(&acme, "bob", "member").await;
    world.add(&umbra, "bob", "member").await;
    let limits = Limits::default();
    assert_eq!(world.is_locked(&bob.person, "app", true).await, limits.codes_an_hour);
    world.as_member(&admin).unlock(&acme, &(&bob).into(), &[], None).await.unwrap();
    assert_eq!(world.is_locked(&bob.person, "app", true).await, limits.codes_of_a_client);
    world.ops.unlock(&acme, &(&bob).into(), &[], None).await.unwrap();
    assert_eq!(world.is_locked(&bob.person, "app", true).await, limits.codes_an_hour);
}

#[tokio::test]
async fn m16_wrong_answers_are_forgotten() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let bob = world.add(&acme, "bob", "member").await;
    let Wanted::New(issue) = world.asks(&bob.person, "app", true).await else { unreachable!("the first code") };
    let (session, id) = (world.table.session(None), "app".parse().unwrap());
    let (limits, ticket) = (Limits::default(), Ticket::from_random([1; 16]));
    for counted in 0..6 {
        let answered = Answered { now: now(), limits: &limits, number: issue.number, ticket: &ticket };
        let compared = Asked { person: &bob.person, client: &id }.count(&session, answered).await.unwrap();
        assert_eq!(compared, counted < 5);
    }
    assert_eq!(world.asks(&bob.person, "app", true).await, Wanted::Refused(Refusal::TooManyCodes));
    world.ops.unlock(&acme, &(&bob).into(), &[], None).await.unwrap();
    assert!(world.is_let_in(&bob.person, "app", true).await);
}

#[tokio::test]
async fn a_lock_is_lifted_by_address_member_id_and_person() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let bob = world.add(&acme, "bob", "member").await;
    for name in [bob.address.clone().unwrap().into(), bob.member.clone().into(), bob.person.clone().into()] {
        let name: MemberName = name;
        world.is_locked(&bob.person, "app", false).await;
        world.ops.unlock(&acme, &name, &[], None).await.unwrap();
        assert!(world.is_let_in(&bob.person, "app", false).await, "{name:?}");
    }
}

#[tokio::test]
async fn i10_only_operators_and_the_tenants_admins_unlock_and_nobody_above_themselves() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let umbra = world.with_client("umbra", "other").await;
    let owner = world.add(&acme, "olga", "owner").await;
    let admin = world.add(&acme, "ada", "admin").await;
    let member = world.add(&acme, "bob", "member").await;
    let foreign = world.add(&umbra, "uma", "owner").await;
    let try_as = async |actor: &Membership, whom: &Membership| {
        world.as_member(actor).unlock(&acme, &whom.into(), &[], None).await
    };
    for (actor, whom, refused) in [
        (&owner, &admin, None),
        (&owner, &owner, None),
        (&admin, &member, None),
        (&admin, &admin, None),
        (&admin, &owner, Some("ABOVE_ONESELF")),
        (&member, &member, Some("NOT_ALLOWED")),
        (&foreign, &member, Some("NOT_ALLOWED")),
    ] {
        let ended = try_as(actor, whom).await;
        assert_eq!(ended.err().map(|error| error.code()), refused, "{actor:?} {whom:?}");
    }
    assert_eq!(world.unlocks(&acme).await.len(), 4);
    // At its own clients, an admin of another tenant does not reach the person either.
    assert_eq!(code(world.as_member(&foreign).unlock(&umbra, &(&member).into(), &[], None).await), "MEMBER_UNKNOWN");
}

#[tokio::test]
async fn operators_alone_unlock_somebody_who_is_no_member_yet() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let admin = world.add(&acme, "ada", "admin").await;
    let new = person("new");
    world.is_locked(&new, "app", false).await;
    let name = MemberName::Person(new.clone());
    assert_eq!(code(world.as_member(&admin).unlock(&acme, &name, &[], None).await), "MEMBER_UNKNOWN");
    let unlocked = world.ops.unlock(&acme, &name, &[], None).await.unwrap();
    assert_eq!(unlocked.member_id, None);
    assert!(world.is_let_in(&new, "app", false).await);
    assert_eq!(world.unlocks(&acme).await[0].target, "new");
}

#[tokio::test]
async fn the_clients_of_a_dedicated_pool_are_named_and_no_others() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    world.with_client("umbra", "other").await;
    let bob = world.add(&acme, "bob", "member").await;
    let unlock = async |id: &str| world.ops.unlock(&acme, &(&bob).into(), &[id.parse().unwrap()], None).await;
    assert_eq!(code(unlock("unbound").await), "CLIENT_UNKNOWN");
    world.ops.dedicate_pool(&client("app").pool, Some(&acme)).await.unwrap();
    world.is_locked(&bob.person, "unbound", false).await;
    assert_eq!(unlock("unbound").await.unwrap().clients, 2);
    assert!(world.is_let_in(&bob.person, "unbound", false).await);
    assert_eq!(code(unlock("other").await), "CLIENT_UNKNOWN");
}

#[tokio::test]
async fn a_reason_that_says_nothing_is_refused() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let bob = world.add(&acme, "bob", "member").await;
    assert_eq!(code(world.ops.unlock(&acme, &(&bob).into(), &[], Some(" ")).await), "INVALID");
    assert!(world.unlocks(&acme).await.is_empty());
}

#[tokio::test]
async fn an_erased_persons_codes_are_forgotten() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    world.ops.bind_client(&NewBinding::to_tenant(client("mobile"), acme.clone())).await.unwrap();
    let bob = world.add(&acme, "bob", "member").await;
    for (app, proven) in [("app", true), ("mobile", false)] {
        world.asks(&bob.person, app, proven).await;
    }
    assert_eq!(world.ops.erase_person(&bob.person, None, None).await.unwrap().codes, 2);
    let session = world.table.session(None);
    for app in ["app", "mobile"] {
        let key = store::Key::issued(&bob.person, &app.parse().unwrap());
        assert_eq!(session.get::<store::entity::Issued>(&key).await.unwrap(), None);
    }
    for proven in [true, false] {
        let key = store::Key::hour(&bob.person, proven);
        assert_eq!(session.get::<store::entity::Hour>(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_erasing_that_broke_off_before_the_codes_goes_on_with_them() {
    let world = World::new().await;
    let acme = world.with_client("acme", "app").await;
    let bob = world.add(&acme, "bob", "member").await;
    world.ops.erase_person(&bob.person, None, None).await.unwrap();
    // What an erasing leaves that could not do its last step.
    world.asks(&bob.person, "app", true).await;
    assert_eq!(world.ops.erase_person(&bob.person, None, None).await.unwrap().codes, 1);
    assert_eq!(code(world.ops.erase_person(&bob.person, None, None).await), "PERSON_UNKNOWN");
}
