//! The doctor finds what does not add up, and puts right only what needs nobody's decision.

use domain::{Chain, Client, ClientKind, Mode, ProviderKind, Tenant};
use operations::{Finding, Fixed, NewBinding, PolicyChange, Severity};
use store::codec::Writer;
use store::entity::Seats;
use store::{Broken, Commit, Entity, Item, Key, Transaction};

use crate::table::{World, person, roles};

impl World {
    async fn tamper(&self, change: impl FnOnce(&mut Transaction<()>)) {
        let session = self.table.session(None);
        let mut transaction = Transaction::new(&session);
        change(&mut transaction);
        assert_eq!(session.commit(&transaction).await.unwrap(), Commit::Done);
    }

    async fn find(&self, fix: bool, code: &str) -> Option<Finding> {
        self.ops.doctor(fix).await.unwrap().findings.into_iter().find(|finding| finding.code == code)
    }
}

#[tokio::test]
async fn a_healthy_table_is_healthy() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    let health = world.ops.doctor(false).await.unwrap();
    assert_eq!((health.problems(), health.tenants, health.memberships), (0, 1, 1));
    assert!(health.findings.is_empty(), "{:?}", health.findings);
}

#[tokio::test]
async fn seats_that_disagree_are_counted_again() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    let wrong = Seats { used: 7, owners: 3, ..world.ops.seats(&acme.id).await.unwrap() };
    world.tamper(|transaction| drop(transaction.write((), &wrong).map(|_| ()))).await;
    assert_eq!(world.find(false, "SEATS_DISAGREE").await.unwrap().fix, Fixed::Possible);
    assert_eq!(world.counted(&acme.id).await, (7, 3));
    assert_eq!(world.find(true, "SEATS_DISAGREE").await.unwrap().fix, Fixed::Done);
    assert_eq!(world.counted(&acme.id).await, (1, 1));
    assert_eq!(world.find(false, "SEATS_DISAGREE").await, None);
}

#[tokio::test]
async fn a_tenant_that_vanished_leaves_a_denied_client_and_a_free_slug() {
    let world = World::new().await;
    let acme: Tenant = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    let client = Client { pool: "eu-central-1_test".parse().unwrap(), id: "app".parse().unwrap() };
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    world.tamper(|transaction| drop(transaction.delete((), &acme.key()).map(|_| ()))).await;
    for code in ["CLIENT_DANGLING", "SLUG_DANGLING"] {
        assert_eq!(world.find(false, code).await.unwrap().fix, Fixed::Possible, "{code}");
    }
    let health = world.ops.doctor(true).await.unwrap();
    let left: Vec<_> = health
        .findings
        .iter()
        .filter(|one| one.severity == Severity::Problem && one.fix != Fixed::Done)
        .map(|one| one.code)
        .collect();
    assert_eq!(left, ["MEMBERSHIP_WITHOUT_TENANT"]);
    assert_eq!(world.ops.client(&client).await.unwrap().kind, ClientKind::Unbound);
    assert_eq!(world.find(false, "SLUG_DANGLING").await, None);
    world.tenant("acme").await;
}

#[tokio::test]
async fn a_tenant_without_owner_or_slug_is_found() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "bob", "member").await;
    world.tamper(|transaction| drop(transaction.delete((), &Key::slug(&acme.slug)).map(|_| ()))).await;
    assert_eq!(world.find(false, "TENANT_WITHOUT_OWNER").await.unwrap().fix, Fixed::No);
    assert_eq!(world.find(true, "TENANT_WITHOUT_SLUG").await.unwrap().fix, Fixed::Done);
    assert_eq!(world.ops.find_tenant("acme").await.unwrap(), acme);
}

#[tokio::test]
async fn an_owner_whom_nothing_lets_in_any_more_is_none() {
    let world = World::new().await;
    let (acme, pool) = (world.tenant("acme").await, "eu-central-1_test".parse::<domain::PoolId>().unwrap());
    let okta = domain::Provider {
        pool: pool.clone(),
        name: "okta".parse().unwrap(),
        kind: domain::ProviderKind::Tenant(acme.id.clone()),
        enabled: true,
        revision: 0,
    };
    world.write(&okta).await;
    let mut olga = world.add(&acme.id, "olga", "owner").await;
    olga.origin = domain::Origin::Provider(okta.name.clone());
    world.write(&olga).await;
    assert_eq!(world.find(false, "TENANT_WITHOUT_OWNER").await, None);
    world.ops.enable_provider(&pool, &okta.name, false).await.unwrap();
    let found = world.find(false, "TENANT_WITHOUT_OWNER").await.unwrap();
    assert_eq!((found.severity, found.fix), (Severity::Problem, Fixed::No));
    assert!(found.message.contains("tenantctl member reinstate"), "{}", found.message);
    assert_eq!(world.find(false, "SEATS_DISAGREE").await, None, "the counter counts rows");
    world.ops.reinstate(&acme.id, &(&olga).into(), None, None).await.unwrap();
    assert_eq!(world.find(false, "TENANT_WITHOUT_OWNER").await, None);
}

#[tokio::test]
async fn a_tenant_whose_only_owner_is_kept_out_by_their_mailbox_is_found() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let olga = world.add(&acme.id, "olga", "owner").await;
    // Their other account, a plain member, was the last that came by the mailbox; an admin removes it.
    let ada = world.add(&acme.id, "ada", "admin").await;
    let mut other = olga.clone();
    (other.person, other.roles, other.revision) = (person("olga-by-okta"), roles("member"), 0);
    world.write(&other).await;
    world.as_member(&ada).remove(&acme.id, &(&other).into(), None).await.unwrap();
    let found = world.find(false, "TENANT_WITHOUT_OWNER").await.unwrap();
    assert_eq!(found.severity, Severity::Problem);
    assert!(found.message.contains("mailboxes are barred"), "{}", found.message);
    world.ops.reinstate(&acme.id, &(&olga).into(), None, None).await.unwrap();
    assert_eq!(world.find(false, "TENANT_WITHOUT_OWNER").await, None);
}

#[tokio::test]
async fn a_client_that_only_observes_takes_nothing_from_a_token() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let app = Client { pool: "eu-central-1_test".parse().unwrap(), id: "app".parse().unwrap() };
    let binding = NewBinding { suppress_account_scope: true, ..NewBinding::to_tenant(app.clone(), acme.id.clone()) };
    world.ops.bind_client(&binding).await.unwrap();
    world.ops.set_client_mode(&app, Mode::Observe).await.unwrap();
    assert_eq!(world.find(false, "ACCOUNT_SCOPE_KEPT").await, None, "nobody is harmed by it here");
    let change = PolicyChange { chain: Some(Chain::PasswordAndCode { of: None }), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &change).await.unwrap();
    let found = world.find(false, "ACCOUNT_SCOPE_KEPT").await.unwrap();
    assert_eq!(found.severity, Severity::Problem);
    assert!(found.message.contains("tenantctl client enforce"), "{}", found.message);
    world.ops.set_client_mode(&app, Mode::Enforce).await.unwrap();
    assert_eq!(world.find(false, "ACCOUNT_SCOPE_KEPT").await, None);
}

#[tokio::test]
async fn a_missing_table_is_said_to_be_missing() {
    let world = World::without_table().await;
    assert_eq!(crate::table::code(world.ops.doctor(true).await), "TABLE_MISSING");
}

/// A tenant as a later version may write one: this version cannot read it.
struct Later(Tenant);

impl Entity for Later {
    const KIND: &'static str = Tenant::KIND;
    const ATTRIBUTES: &'static [&'static str] = &["slug"];

    fn key(&self) -> Key {
        self.0.key()
    }

    fn revision(&self) -> u64 {
        self.0.revision
    }

    fn write(&self, _: &mut Writer) {}

    fn read(_: &Item<'_>) -> Result<Self, Broken> {
        unreachable!("nobody reads it")
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_keeps_its_clients_and_its_slug() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    let client = Client { pool: "eu-central-1_test".parse().unwrap(), id: "app".parse().unwrap() };
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    world.tamper(|transaction| drop(transaction.write((), &Later(acme.clone())).map(|_| ()))).await;
    let health = world.ops.doctor(true).await.unwrap();
    let codes: Vec<_> =
        health.findings.iter().map(|one| one.code).filter(|code| *code != "ACCOUNT_SCOPE_KEPT").collect();
    assert_eq!(codes, ["ITEM_UNREADABLE"]);
    assert_eq!(world.ops.client(&client).await.unwrap().kind, ClientKind::Tenant(acme.id));
}

#[tokio::test]
async fn a_lost_counter_is_made_anew_only_with_a_limit_that_somebody_says() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    world.tamper(|transaction| drop(transaction.delete((), &Key::seats(&acme.id)).map(|_| ()))).await;
    let found = world.find(true, "SEATS_DISAGREE").await.unwrap();
    assert_eq!(found.fix, Fixed::No);
    assert!(found.message.contains("--seat-limit"), "{}", found.message);
    let change = PolicyChange { seat_limit: Some(Some(5)), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &change).await.unwrap();
    assert_eq!(world.find(true, "SEATS_DISAGREE").await.unwrap().fix, Fixed::Done);
    let seats = world.ops.seats(&acme.id).await.unwrap();
    assert_eq!((seats.used, seats.owners, seats.limit), (1, 1, Some(5)));
}

#[tokio::test]
async fn a_token_that_can_move_an_account_is_a_problem_where_somebody_sends_codes() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = |pool: &str, id: &str| Client { pool: pool.parse().unwrap(), id: id.parse().unwrap() };
    for (pool, id) in [("eu-central-1_test", "app"), ("eu-central-1_other", "elsewhere")] {
        world.ops.bind_client(&NewBinding::new(client(pool, id), ClientKind::Shared)).await.unwrap();
    }
    let acmes = NewBinding::to_tenant(client("eu-central-1_test", "acme"), acme.id.clone());
    world.ops.bind_client(&acmes).await.unwrap();
    let found = async || {
        let health = world.ops.doctor(false).await.unwrap();
        let mut kept: Vec<_> = health.findings.into_iter().filter(|one| one.code == "ACCOUNT_SCOPE_KEPT").collect();
        kept.sort_by(|one, other| one.target.cmp(&other.target));
        kept.into_iter().map(|one| (one.target, one.severity)).collect::<Vec<_>>()
    };
    let name = |text: &str| text.to_owned();
    assert!(found().await.iter().all(|(_, severity)| *severity == Severity::Note));
    let change = PolicyChange { chain: Some(Chain::PasswordAndCode { of: None }), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &change).await.unwrap();
    assert_eq!(
        found().await,
        [
            (name("eu-central-1_other:elsewhere"), Severity::Note),
            (name("eu-central-1_test:acme"), Severity::Problem),
            (name("eu-central-1_test:app"), Severity::Problem),
        ]
    );
    world.ops.dedicate_pool(&"eu-central-1_other".parse().unwrap(), Some(&acme.id)).await.unwrap();
    assert_eq!(found().await[0], (name("eu-central-1_other:elsewhere"), Severity::Problem));
}

#[tokio::test]
async fn a_token_that_can_change_an_address_is_a_problem_where_a_tenants_provider_is_believed() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let pool: domain::PoolId = "eu-central-1_test".parse().unwrap();
    for (pool, id) in [("eu-central-1_test", "app"), ("eu-central-1_other", "elsewhere")] {
        let client = Client { pool: pool.parse().unwrap(), id: id.parse().unwrap() };
        world.ops.bind_client(&NewBinding::new(client, ClientKind::Shared)).await.unwrap();
    }
    let suppressed = Client { pool: pool.clone(), id: "suppressed".parse().unwrap() };
    let suppressed = NewBinding { suppress_account_scope: true, ..NewBinding::to_tenant(suppressed, acme.id.clone()) };
    world.ops.bind_client(&suppressed).await.unwrap();
    let problems = async || {
        let found = world.ops.doctor(false).await.unwrap().findings.into_iter();
        found.filter(|one| one.code == "ACCOUNT_SCOPE_KEPT" && one.severity == Severity::Problem).collect::<Vec<_>>()
    };
    let (okta, google) = ("okta".parse().unwrap(), "google".parse().unwrap());
    // Of a social provider's people nothing is believed that is not verified.
    world.ops.bind_provider(&pool, &google, &ProviderKind::Social).await.unwrap();
    assert!(problems().await.is_empty());
    world.ops.bind_provider(&pool, &okta, &ProviderKind::Tenant(acme.id.clone())).await.unwrap();
    let found = problems().await;
    assert_eq!(found.iter().map(|one| one.target.as_str()).collect::<Vec<_>>(), ["eu-central-1_test:app"]);
    assert!(found[0].message.contains("the provider of acme"), "{}", found[0].message);
    assert!(!found[0].message.contains("codes"), "{}", found[0].message);
    let change = PolicyChange { chain: Some(Chain::Code), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &change).await.unwrap();
    let found = problems().await;
    assert!(["codes", "the provider of acme"].iter().all(|why| found[0].message.contains(why)), "{found:?}");
    let change = PolicyChange { chain: Some(Chain::Password), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &change).await.unwrap();
    world.ops.enable_provider(&pool, &okta, false).await.unwrap();
    assert!(problems().await.is_empty());
}
