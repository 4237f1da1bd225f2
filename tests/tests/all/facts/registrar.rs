//! What the registrar asks of the table: one stack of everything, made, changed, adopted, deleted and made again, through a proxy that
//! notes the requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use domain::{Actor, Client, PoolId, ProviderKind, ProviderName};
use jiff::{SignedDuration, Timestamp};
use operations::{NewBinding, Operations};
use registrar::request::Envelope;
use registrar::{Ground, Post, Registrar};
use serde_json::{Value, json};
use tests::Engine;
use tests::proxy::Proxy;
use tokio::time::Instant;
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};

use super::requests::{Actions, note_down, noting};

const POOL: &str = "eu-central-1_facts";

static COUNT: AtomicU64 = AtomicU64::new(1);

/// Every look at the clock is a microsecond later.
fn now() -> Timestamp {
    let passed = i64::try_from(COUNT.fetch_add(1, Ordering::Relaxed)).unwrap();
    "2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_micros(passed)
}

/// Unlike at every call.
fn random(bytes: &mut [u8]) {
    for byte in bytes {
        let mut x = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        *byte = (x ^ (x >> 27)).to_be_bytes()[1];
    }
}

/// A function whose stacks are played here, over a table whose requests are noted.
struct Stacks {
    registrar: Registrar,
    /// What an operator does besides; not noted.
    operator: Operations,
    server: Server,
}

impl Stacks {
    async fn start(engine: &Engine, proxy: &Proxy) -> Self {
        let table = engine.connect("tenantry");
        store::definition::create(&table).await.unwrap();
        let pools = vec![PoolSettings::new(POOL)];
        let server =
            Server::start(Settings::new(pools, Clock::new(now), Random::new(random), Sink::silent())).await.unwrap();
        let config = cognito::Config::builder()
            .behavior_version(cognito::config::BehaviorVersion::v2026_01_12())
            .region(cognito::config::Region::new("eu-central-1"))
            .endpoint_url(server.url())
            .credentials_provider(cognito::config::Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some("http://local"), &store::connect::Trust::Amazon).unwrap())
            .build();
        let ground = Ground {
            table: Engine::connect_at(proxy.endpoint(), "tenantry"),
            cognito: cognito::Client::from_conf(config),
            claims: registrar::claims::names(None).unwrap(),
            now,
            random,
        };
        let operator = Operations::new(&table, Actor::Operator("olga".to_owned()), now, random);
        Self { registrar: Registrar::new(Ok(ground), Post::new(None)), operator, server }
    }

    /// One request of a stack; the resource's name afterwards. It is sent twice, as Lambda may.
    async fn ask(&self, verb: &str, kind: &str, name: &str, physical: Option<&str>, properties: Value) -> String {
        let event = json!({
            "RequestType": verb,
            "RequestId": "request",
            "ResponseURL": "https://example.invalid/",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/facts/1",
            "LogicalResourceId": name,
            "PhysicalResourceId": physical,
            "ResourceType": format!("Custom::Tenantry{kind}"),
            "ResourceProperties": properties,
        });
        let envelope = Envelope::read(&event).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        let (first, failure, _) = self.registrar.answer(&event, &envelope, until).await;
        assert!(failure.is_none(), "{event}: {failure:?}");
        let (again, _, _) = self.registrar.answer(&event, &envelope, until).await;
        assert_eq!(again, first, "{event}");
        first.physical
    }

    /// Makes, changes and deletes a resource.
    async fn play(&self, kind: &str, properties: Value, changed: Value) {
        let name = self.ask("Create", kind, "It", None, properties).await;
        let name = self.ask("Update", kind, "It", Some(&name), changed.clone()).await;
        self.ask("Delete", kind, "It", Some(&name), changed).await;
    }

    fn client(&self, id: &str) -> Client {
        let settings = ClientSettings {
            explicit_auth_flows: vec!["ALLOW_USER_SRP_AUTH".to_owned(), "ALLOW_REFRESH_TOKEN_AUTH".to_owned()],
            enable_token_revocation: Some(true),
            ..ClientSettings::for_passwords(id)
        };
        let seed = ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() };
        self.server.pool(POOL).unwrap().add_client(seed);
        Client { pool: POOL.parse().unwrap(), id: id.parse().unwrap() }
    }
}

/// What was read and what was written.
pub(super) async fn recorded() -> (Actions, Actions) {
    let engine = &Engine::start().await;
    let (noted, proxy) = noting(engine).await;
    let stacks = Stacks::start(engine, &proxy).await;

    // A tenant: made, renamed and limited, closed, made again and open again.
    let closing = json!({ "Slug": "acme", "SeatLimit": "5", "OnDelete": "close" });
    let renamed =
        json!({ "Slug": "acme-eu", "SeatLimit": "6", "JoinMode": "request", "Tier": "gold", "OnDelete": "close" });
    for _ in 0..2 {
        stacks.play("Tenant", closing.clone(), renamed.clone()).await;
        stacks.play("Tenant", renamed.clone(), closing.clone()).await;
    }
    let id = stacks.ask("Create", "Tenant", "It", None, json!({ "Slug": "acme" })).await;

    // Everything that hangs on it, made new and taken over from an operator.
    let of = |more: Value| {
        let mut properties = json!({ "UserPoolId": POOL });
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        properties
    };
    let (web, okta): (Client, ProviderName) = (stacks.client("web"), "okta".parse().unwrap());
    let (pool, tenant): (PoolId, domain::TenantId) = (POOL.parse().unwrap(), id.parse().unwrap());
    let provider = of(json!({ "ProviderName": "okta", "Serves": "tenant", "TenantId": id, "Adopt": "true" }));
    let bound = of(json!({ "ClientId": "web", "Binds": "tenant", "TenantId": id, "Adopt": "true", "Mode": "observe" }));
    let dedicated = of(json!({ "DedicatedTo": id, "Adopt": "true" }));
    let mut disabled = provider.clone();
    disabled["Enabled"] = "false".into();
    let mut enforced = bound.clone();
    enforced["Groups"] = "replace".into();
    let mut observed = dedicated.clone();
    observed["ObserveUnbound"] = "true".into();
    for adopted in [false, true] {
        if adopted {
            stacks.operator.bind_client(&NewBinding::to_tenant(web.clone(), tenant.clone())).await.unwrap();
            stacks.operator.bind_provider(&pool, &okta, &ProviderKind::Tenant(tenant.clone())).await.unwrap();
            stacks.operator.dedicate_pool(&pool, Some(&tenant)).await.unwrap();
        }
        stacks.play("Client", bound.clone(), enforced.clone()).await;
        stacks.play("IdentityProvider", provider.clone(), disabled.clone()).await;
        stacks.play("Pool", dedicated.clone(), observed.clone()).await;
    }
    for (client, binds) in [("portal", "shared"), ("robot", "machine")] {
        stacks.client(client);
        let mut properties = of(json!({ "ClientId": client, "Binds": binds, "Mode": "observe" }));
        if binds == "machine" {
            properties["TenantId"] = id.clone().into();
        }
        stacks.play("Client", properties.clone(), properties).await;
    }
    let social = of(json!({ "ProviderName": "google", "Serves": "social" }));
    stacks.play("IdentityProvider", social.clone(), social).await;

    // Another resource takes over, and hands back.
    let mine = stacks.ask("Create", "Tenant", "Second", None, json!({ "Slug": "acme", "Adopt": "true" })).await;
    stacks.ask("Delete", "Tenant", "Second", Some(&mine), json!({ "Slug": "acme" })).await;

    let (mut reads, mut writes) = (Actions::new(), Actions::new());
    for (operation, asked) in noted.lock().unwrap().drain(..) {
        note_down(&operation, &asked, &mut reads, &mut writes);
    }
    (reads, writes)
}
