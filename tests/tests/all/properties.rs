//! What holds whatever happens: tenants do not see each other, every event has an answer, and nobody's fields are lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{Chain, ClientKind, Email, JoinMode, Membership, MembershipStatus, Roles, Tenant, TenantId, TenantStatus};
use jiff::{SignedDuration, Timestamp};
use operations::{Invite, Invited, PolicyChange, Releasing};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use store::Key;
use tests::fixture::Fixture;
use tests::nouns::{
    client, domain_name, email, minutes, person, pool, provider_name, provider_of, roles, social, tenant_id,
};
use tests::{Answer, Engine, Event, World};

const TENANTS: [&str; 2] = ["acme", "globex"];
const PEOPLE: [&str; 5] = ["ann", "bob", "gil", "eve", "pat"];
const ADDRESSES: [&str; 5] =
    ["ann@acme.example", "bob@acme.example", "gil@globex.example", "eve@elsewhere.example", "ann+x@acme.example"];
const CLIENTS: [&str; 4] = ["acme", "globex", "portal", "robot"];
const WAYS: [&str; 4] = ["Authentication", "RefreshTokens", "HostedAuth", "NewPasswordChallenge"];
const PROVIDERS: [&str; 3] = ["acmeidp", "globexidp", "google"];
const ROLES: [&str; 4] = ["owner", "admin", "member", "viewer"];

/// Something that happens. Numbers are places in the lists above.
#[derive(Debug, Clone)]
enum Act {
    SignUp {
        who: usize,
        address: usize,
        at: usize,
        with_token: bool,
        provider: Option<usize>,
    },
    Confirm {
        who: usize,
        address: usize,
        at: usize,
        verified: bool,
        provider: Option<usize>,
    },
    Token {
        who: usize,
        address: usize,
        at: usize,
        verified: bool,
        provider: Option<usize>,
        way: usize,
        hint: Option<usize>,
    },
    Machine {
        at: usize,
    },
    Invite {
        tenant: usize,
        address: usize,
        role: usize,
    },
    Revoke {
        tenant: usize,
        address: usize,
    },
    Remove {
        tenant: usize,
        who: usize,
    },
    Suspend {
        tenant: usize,
        who: usize,
    },
    Resume {
        tenant: usize,
        who: usize,
    },
    Reinstate {
        tenant: usize,
        who: usize,
    },
    SetRole {
        tenant: usize,
        who: usize,
        role: usize,
    },
    Join {
        tenant: usize,
        mode: usize,
    },
    Seats {
        tenant: usize,
        free: Option<u64>,
    },
    Pause {
        tenant: usize,
        pause: bool,
    },
    Provider {
        provider: usize,
        enabled: bool,
    },
    Domain {
        from: usize,
        transfer: bool,
    },
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let (who, address, at) = (0..PEOPLE.len(), 0..ADDRESSES.len(), 0..CLIENTS.len());
    let tenant = 0..TENANTS.len();
    let provider = || prop::option::weighted(0.25, 0..PROVIDERS.len());
    prop_oneof![
        3 => (who.clone(), address.clone(), at.clone(), any::<bool>(), provider())
            .prop_map(|(who, address, at, with_token, provider)| Act::SignUp { who, address, at, with_token, provider }),
        4 => (who.clone(), address.clone(), at.clone(), prop::bool::weighted(0.9), provider())
            .prop_map(|(who, address, at, verified, provider)| Act::Confirm { who, address, at, verified, provider }),
        12 => (who.clone(), address.clone(), at.clone(), prop::bool::weighted(0.9), provider(), 0..WAYS.len(),
               prop::option::of(tenant.clone()))
            .prop_map(|(who, address, at, verified, provider, way, hint)| {
                Act::Token { who, address, at, verified, provider, way, hint }
            }),
        1 => at.prop_map(|at| Act::Machine { at }),
        3 => (tenant.clone(), address.clone(), 0..ROLES.len())
            .prop_map(|(tenant, address, role)| Act::Invite { tenant, address, role }),
        1 => (tenant.clone(), address).prop_map(|(tenant, address)| Act::Revoke { tenant, address }),
        2 => (tenant.clone(), who.clone()).prop_map(|(tenant, who)| Act::Remove { tenant, who }),
        1 => (tenant.clone(), who.clone()).prop_map(|(tenant, who)| Act::Suspend { tenant, who }),
        1 => (tenant.clone(), who.clone()).prop_map(|(tenant, who)| Act::Resume { tenant, who }),
        1 => (tenant.clone(), who.clone()).prop_map(|(tenant, who)| Act::Reinstate { tenant, who }),
        1 => (tenant.clone(), who, 0..ROLES.len()).prop_map(|(tenant, who, role)| Act::SetRole { tenant, who, role }),
        1 => (tenant.clone(), 0..4_usize).prop_map(|(tenant, mode)| Act::Join { tenant, mode }),
        1 => (tenant.clone(), prop::option::of(0..3_u64)).prop_map(|(tenant, free)| Act::Seats { tenant, free }),
        1 => (tenant.clone(), any::<bool>()).prop_map(|(tenant, pause)| Act::Pause { tenant, pause }),
        1 => (0..PROVIDERS.len(), any::<bool>()).prop_map(|(provider, enabled)| Act::Provider { provider, enabled }),
        1 => (tenant, any::<bool>()).prop_map(|(from, transfer)| Act::Domain { from, transfer }),
        1 => Just(Act::Restart),
    ]
}

/// A second later than ever before.
fn tick() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    minutes(0) + SignedDuration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed))
}

/// A world, and the little of it that the test keeps for itself.
struct Story {
    world: World,
    /// Tokens that were shown, the last one.
    shown: Option<Invited>,
    /// (tenant, address) that must stay out: removed or suspended, and nobody has taken it back.
    out: BTreeSet<(usize, Email)>,
}

impl Story {
    async fn begin(engine: &Engine) -> Self {
        let world = World::on(engine, domain::claims::NameMap::default(), tests::world::counted).await;
        world.with("acme").await.with("globex").await;
        world.put(&client("portal", ClientKind::Shared)).await;
        let machine = ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) };
        world.put(&client("robot", machine)).await;
        world.put(&provider_of("acmeidp", "acme")).await.put(&provider_of("globexidp", "globex")).await;
        world.put(&social("google")).await;
        Self { world, shown: None, out: BTreeSet::new() }
    }

    async fn act(&mut self, act: &Act) {
        self.world.now = tick();
        let operations = self.world.operations_at(tick);
        match act.clone() {
            Act::SignUp { who, address, at, with_token, provider } => {
                let mut event = match provider {
                    Some(provider) => {
                        let name = format!("{}_{}", PROVIDERS[provider], PEOPLE[who]);
                        Event::external_sign_up(CLIENTS[at], &name, ADDRESSES[address])
                    }
                    None => Event::sign_up(CLIENTS[at], PEOPLE[who], ADDRESSES[address]),
                };
                if let (true, Some(shown)) = (with_token, &self.shown) {
                    event = event.invited(&shown.token);
                }
                let answer = self.world.ask(&event).await;
                assert_ne!(answer.decision, "broken", "{act:?}");
            }
            Act::Confirm { who, address, at, verified, provider } => {
                let event = Event::confirmed(CLIENTS[at], PEOPLE[who], ADDRESSES[address]);
                let answer = self.world.ask(&session(event, verified, provider, who)).await;
                assert_ne!(answer.decision, "broken", "{act:?}");
                if answer.decision == "joined" {
                    let tenant = answer.tenant.clone().unwrap();
                    self.stays_out(&tenant, address, act);
                }
            }
            Act::Token { who, address, at, verified, provider, way, hint } => {
                let mut event = Event::token(CLIENTS[at], PEOPLE[who], ADDRESSES[address])
                    .source(&format!("TokenGeneration_{}", WAYS[way]));
                event = session(event, verified, provider, who);
                if let Some(hint) = hint {
                    event = event.metadata("tenant_id", tenant_id(TENANTS[hint]).as_ref());
                }
                let answer = self.world.ask(&event).await;
                self.judge(&answer, act, who, address, at, hint).await;
            }
            Act::Machine { at } => {
                let answer = self.world.ask(&Event::machine(CLIENTS[at])).await;
                assert!(CLIENTS[at] == "robot" || answer.code() == Some("CLIENT_NOT_BOUND"), "{act:?}");
                if answer.is_reply() {
                    assert_eq!(answer.access_token()["tenant_id"], json!(tenant_id("acme").as_ref()), "{act:?}");
                    assert!(!answer.response().to_string().contains("globex"), "{act:?}");
                }
            }
            Act::Invite { tenant, address, role } => {
                let address = email(ADDRESSES[address]);
                let invite =
                    Invite { replaces: true, ..Invite::new(address.clone()).with_roles(roles(&[ROLES[role]])) };
                if let Ok(invited) = operations.invite(&tenant_id(TENANTS[tenant]), &invite).await {
                    self.shown = Some(invited);
                    self.out.remove(&(tenant, address));
                }
            }
            Act::Revoke { tenant, address } => {
                let name = email(ADDRESSES[address]).into();
                // There may be none.
                let _ = operations.revoke_invitation(&tenant_id(TENANTS[tenant]), &name, None).await;
                self.still_out(tenant).await;
            }
            Act::Remove { tenant, who } => {
                let done = operations.remove(&tenant_id(TENANTS[tenant]), &person(PEOPLE[who]).into(), None).await;
                self.ended(tenant, done.ok());
            }
            Act::Suspend { tenant, who } => {
                let done = operations.suspend(&tenant_id(TENANTS[tenant]), &person(PEOPLE[who]).into(), None).await;
                self.ended(tenant, done.ok());
            }
            Act::Resume { tenant, who } => {
                let done = operations.resume(&tenant_id(TENANTS[tenant]), &person(PEOPLE[who]).into(), None).await;
                self.back(tenant, done.ok());
            }
            Act::Reinstate { tenant, who } => {
                let name = person(PEOPLE[who]).into();
                let done = operations.reinstate(&tenant_id(TENANTS[tenant]), &name, None, None).await;
                self.back(tenant, done.ok());
            }
            Act::SetRole { tenant, who, role } => {
                let (id, name) = (tenant_id(TENANTS[tenant]), person(PEOPLE[who]).into());
                // There may be nobody, or nobody else to own the tenant.
                let _ = operations.set_roles(&id, &name, &roles(&[ROLES[role]])).await;
            }
            Act::Join { tenant, mode } => {
                let mode = [JoinMode::Open, JoinMode::Automatic, JoinMode::Request, JoinMode::InvitationOnly][mode];
                let change = PolicyChange { join: Some(mode), ..PolicyChange::default() };
                operations.set_policy(&tenant_id(TENANTS[tenant]), &change).await.unwrap();
            }
            Act::Seats { tenant, free } => {
                let used = self.world.seats(TENANTS[tenant]).await.used;
                let change = PolicyChange { seat_limit: Some(free.map(|free| used + free)), ..PolicyChange::default() };
                operations.set_policy(&tenant_id(TENANTS[tenant]), &change).await.unwrap();
            }
            Act::Pause { tenant, pause } => {
                let status = if pause { TenantStatus::Suspended } else { TenantStatus::Active };
                self.world.tenant(TENANTS[tenant], |tenant| tenant.status = status).await;
            }
            Act::Provider { provider, enabled } => {
                operations.enable_provider(&pool(), &provider_name(PROVIDERS[provider]), enabled).await.unwrap();
            }
            Act::Domain { from, transfer } => {
                let (from, to) = (tenant_id(TENANTS[from]), tenant_id(TENANTS[1 - from]));
                let domain = domain_name("acme.example");
                // Whose it is now decides whether this can be done.
                if transfer {
                    let _ = operations.transfer_domain(&domain, &from, &to, Releasing::DropMembers, "a test").await;
                } else if operations.release_domain(&from, &domain, Releasing::DropMembers).await.is_ok() {
                    let _ = operations.assume_domain(&to, &domain, "a test").await;
                }
            }
            Act::Restart => self.world = self.world.restarted(),
        }
    }

    fn ended(&mut self, tenant: usize, row: Option<Membership>) {
        self.out.extend(row.and_then(|row| row.address).map(|address| (tenant, address)));
    }

    fn back(&mut self, tenant: usize, row: Option<Membership>) {
        if let Some(address) = row.and_then(|row| row.address) {
            self.out.remove(&(tenant, address));
        }
    }

    /// An invitation that is gone lifts nothing any more: whoever is barred must stay out again.
    async fn still_out(&mut self, tenant: usize) {
        for address in ADDRESSES.map(email) {
            if self.world.mailbox(&tenant_id(TENANTS[tenant]), &address).await.bar.is_some() {
                self.out.insert((tenant, address));
            }
        }
    }

    fn stays_out(&self, tenant: &TenantId, address: usize, act: &Act) {
        let tenant = TENANTS.iter().position(|name| tenant_id(name) == *tenant).unwrap();
        assert!(!self.out.contains(&(tenant, email(ADDRESSES[address]))), "{act:?}: back in {}", TENANTS[tenant]);
    }

    async fn judge(&self, answer: &Answer, act: &Act, who: usize, address: usize, at: usize, hint: Option<usize>) {
        assert_ne!(answer.decision, "broken", "{act:?}");
        if !answer.is_reply() {
            return;
        }
        let spoken = answer.speaks_of();
        let text = answer.response().to_string();
        for name in TENANTS {
            let tenant = tenant_id(name);
            if spoken.as_ref() != Some(&tenant) {
                // Neither its id nor its slug, nor anybody of its people.
                assert!(!text.contains(name), "{act:?}: a token speaks of {name}: {text}");
                for row in self.world.members(name).await {
                    assert!(!text.contains(row.member.as_ref()), "{act:?}: a token names a member of {name}");
                }
            }
        }
        match CLIENTS[at] {
            "portal" => {
                assert!(hint.is_none_or(|hint| spoken == Some(tenant_id(TENANTS[hint]))), "{act:?}: {spoken:?}");
            }
            "robot" => panic!("{act:?}: a person at a machine's client"),
            name => assert_eq!(spoken, Some(tenant_id(name)), "{act:?}"),
        }
        let Some(tenant) = spoken else { return };
        self.stays_out(&tenant, address, act);
        let row: Membership = self.world.get(&Key::membership(&person(PEOPLE[who]), &tenant)).await.expect("a row");
        assert_eq!(row.status, MembershipStatus::Active, "{act:?}");
        assert_eq!(answer.id_token()["member_id"], json!(row.member.as_ref()), "{act:?}");
        assert_eq!(said(&answer.id_token()["roles"]), row.roles, "{act:?}");
        assert_eq!(said(&answer.access_token()["roles"]), row.roles, "{act:?}");
        let found: Tenant = self.world.get(&Key::tenant(&tenant)).await.unwrap();
        assert_eq!(found.status, TenantStatus::Active, "{act:?}");
    }
}

fn session(event: Event, verified: bool, provider: Option<usize>, who: usize) -> Event {
    let event = match provider {
        Some(provider) => event.federated(PROVIDERS[provider], PEOPLE[who]),
        None => event,
    };
    event.attribute("email_verified", if verified { "true" } else { "false" })
}

fn said(roles: &Value) -> Roles {
    Roles::parse(roles.as_array().unwrap().iter().map(|role| role.as_str().unwrap())).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The same cases in every run, unless `PROPTEST_CASES` asks for more.
fn config(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    }
}

#[test]
fn no_token_of_one_tenant_speaks_of_another_whatever_happened_before() {
    let runtime = runtime();
    let engine = runtime.block_on(Engine::start());
    proptest!(config(12, 2), |(acts in prop::collection::vec(act(), 60..100))| {
        runtime.block_on(async {
            let mut story = Story::begin(&engine).await;
            for act in &acts {
                story.act(act).await;
            }
            story.world.assert_sound().await;
        });
    });
}

/// Any JSON of some depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9_f64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn unknown_fields_come_back_from_every_trigger() {
    let runtime = runtime();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.with("acme").await;
        world.with_member(&tests::nouns::member("ann", "acme")).await;
        world.with("globex").await.tenant("globex", |globex| globex.policy.chain = Chain::Code).await;
        world
    });
    let created = json!({ "privateChallengeParameters": { "issue": "1", "ticket": "0".repeat(32) } });
    let events = [
        Event::define("globex", "gil", "gil@globex.example", &[("CUSTOM_CHALLENGE", true)]),
        Event::create("globex", "gil", "gil@globex.example", &[]),
        Event::verify("globex", "gil", "gil@globex.example", &created, "12345678"),
        Event::sign_up("acme", "bob", "bob@acme.example"),
        Event::confirmed("acme", "ann", "ann@acme.example"),
        Event::token("acme", "ann", "ann@acme.example"),
        Event::token("acme", "ann", "ann@acme.example").version("1"),
    ];
    let places = ["", "/request", "/response", "/callerContext", "/request/userAttributes"];
    let added = prop::collection::vec((0..places.len(), "x[a-zA-Z]{1,8}", anything()), 1..5);
    proptest!(config(60, 3), |(added in added)| {
        for event in &events {
            let mut event = event.clone();
            for (place, name, value) in &added {
                event = event.with(&format!("{}/{name}", places[*place]), value.clone());
            }
            // That all but the response is equal, the kit checks of every reply.
            let answer = runtime.block_on(world.ask(&event));
            for (_, name, _) in added.iter().filter(|(place, _, _)| places[*place] == "/response") {
                let sent: Value = serde_json::from_str(event.raw().get()).unwrap();
                prop_assert_eq!(&answer.response()[name], &sent["response"][name]);
            }
        }
    });
}

/// Every path in a JSON value.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in inner {
        let path = format!("{at}/{name}");
        paths(value, &path, found);
        found.push(path);
    }
}

fn bent(event: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut found = Vec::new();
    paths(event, "", &mut found);
    for path in found {
        let mut missing = event.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        match missing.pointer_mut(parent) {
            Some(Value::Object(map)) => drop(map.remove(&name.replace("~1", "/").replace("~0", "~"))),
            Some(Value::Array(list)) => drop(list.pop()),
            _ => {}
        }
        all.push((format!("{path} missing"), missing));
        let huge = "x".repeat(2_048);
        let deep = (0..64).fold(json!("deep"), |inner, _| json!([inner]));
        for value in [
            json!(null),
            json!(7),
            json!(true),
            json!(""),
            json!({}),
            json!([]),
            json!(huge),
            deep,
            json!("\u{0}\u{202e}é#@"),
        ] {
            let mut other = event.clone();
            *other.pointer_mut(&path).unwrap() = value.clone();
            all.push((format!("{path} = {}", value.to_string().chars().take(20).collect::<String>()), other));
        }
    }
    all
}

#[tokio::test]
async fn every_bent_event_has_an_answer() {
    let engine = Engine::start().await;
    let cases = [
        "shape-documented",
        "shape-documented-v1",
        "shape-documented-v2",
        "invitation",
        "provider",
        "v3-machine",
        "shared-hint",
    ];
    let mut asked = 0;
    for fixture in Fixture::all().iter().filter(|fixture| cases.contains(&fixture.case.as_str())) {
        let world = fixture.world().build(&engine, tests::world::counted).await;
        for (what, event) in bent(&fixture.event()) {
            // A reply that is the event but for its response, or a sentence of the list: the kit checks it.
            let answer = world.ask_trigger(&fixture.trigger, &event).await;
            assert_ne!(answer.decision, "broken", "{}/{}: {what}", fixture.trigger, fixture.case);
            asked += 1;
        }
    }
    assert!(asked > 1_000, "{asked}");
}
