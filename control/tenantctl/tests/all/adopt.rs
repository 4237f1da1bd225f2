//! `tenantctl member import --from-attribute` and `tenantctl client report`, over a local user pool that was there before.

use std::fmt::Write as _;

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, ExplicitAuthFlowsType, MessageActionType};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use user_pool::{
    ClientSeed, ClientSettings, Clock, IdentityProvider, PoolSettings, ProviderKind, Random, Server, Settings, Sink,
};

use crate::bench::{Laptop, text};

const POOL: &str = "local_Tenantry1";

/// A pool with one client that cannot write `custom:company`, and a tenant Acme.
struct Pool {
    laptop: Laptop,
    server: Server,
    sdk: cognito::Client,
}

#[expect(clippy::disallowed_methods, reason = "the binary under test reads the same clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "a test takes randomness from where main.rs does")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

fn settings(write: &[&str]) -> ClientSettings {
    ClientSettings {
        write_attributes: write.iter().map(ToString::to_string).collect(),
        ..ClientSettings::for_passwords("web")
    }
}

impl Pool {
    async fn new() -> Self {
        let mut pool = PoolSettings::new(POOL);
        pool.custom_attributes = vec!["company".to_owned(), "job".to_owned()];
        let settings = settings(&["email", "name"]);
        pool.clients.push(ClientSeed { client_id: Some("app".to_owned()), settings, ..ClientSeed::default() });
        let settings = Settings::new(vec![pool], Clock::new(now), Random::new(random), Sink::silent());
        let server = Server::start(settings).await.unwrap();
        let laptop = Laptop::new().await;
        laptop.user_pools_at(server.url());
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("local"))
            .endpoint_url(server.url())
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some(server.url()), &store::connect::Trust::Amazon).unwrap())
            .build();
        let sdk = cognito::Client::from_conf(config);
        laptop.json(&["tenant", "create", "acme", "--name", "Acme"]).await;
        Self { laptop, server, sdk }
    }

    /// A user whom an administrator made; the `sub`.
    async fn user(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let mut made = self
            .sdk
            .admin_create_user()
            .user_pool_id(POOL)
            .username(format!("{name}@acme.example"))
            .message_action(MessageActionType::Suppress);
        for (name, value) in attributes {
            made = made.user_attributes(AttributeType::builder().name(*name).value(*value).build().unwrap());
        }
        made.send().await.unwrap().user().unwrap().username().unwrap().to_owned()
    }

    /// A user of a company, with a verified address.
    async fn of(&self, name: &str, company: &str) -> String {
        self.user(name, &[("custom:company", company), ("email_verified", "true")]).await
    }

    async fn import(&self, more: &[&str]) -> Value {
        self.laptop.json(&[&["member", "import", "--from-attribute", "custom:company"][..], more].concat()).await
    }

    async fn used(&self, tenant: &str) -> u64 {
        let shown = self.laptop.json(&["tenant", "show", tenant]).await;
        shown.pointer("/seats/used").and_then(Value::as_u64).unwrap()
    }

    /// Somebody of Acme signs in by a provider, which says that the address is verified.
    async fn federates(&self, name: &str) {
        let body = json!({
            "pool": POOL, "clientId": "sso", "provider": "Okta", "subject": name,
            "attributes": { "email": format!("{name}@acme.example"), "email_verified": "true", "company": "acme" },
        })
        .to_string();
        let mut connection = tokio::net::TcpStream::connect(self.server.address()).await.unwrap();
        let request = format!(
            "POST /local/federate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// `client report`: the exit code and what was printed.
    async fn report(&self, more: &[&str]) -> (i32, Value) {
        let ended = self.laptop.run(&[&["--json", "client", "report"][..], more].concat()).await;
        (ended.code, serde_json::from_str(&ended.out).unwrap_or_default())
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.laptop.folder.path().join(name), content).unwrap();
    }
}

fn skipped(plan: &Value) -> Vec<(&str, &str)> {
    let mut all: Vec<_> =
        plan["skipped"].as_array().unwrap().iter().map(|one| (text(one, "/sub"), text(one, "/code"))).collect();
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_become_members_of_the_tenant_that_their_attribute_names_and_repeating_changes_nothing() {
    let pool = Pool::new().await;
    pool.laptop.json(&["tenant", "create", "globex"]).await;
    let (bob, mia) = (pool.of("bob", "acme").await, pool.of("mia", "Globex Corp.").await);
    let zoe = pool.user("zoe", &[("custom:company", "acme")]).await;
    let (nobody, lost) = (pool.user("nobody", &[]).await, pool.of("lost", "initech").await);
    pool.write("map.csv", "value,tenant\nGlobex Corp.,globex\nacme,acme\n");
    let planned = pool.import(&["--map", "map.csv", "--dry-run", "--skipped", "left.csv"]).await;
    assert_eq!((pool.used("acme").await, pool.used("globex").await), (0, 0), "a plan writes nothing");
    let mut expected = vec![(nobody.as_str(), "NO_VALUE"), (lost.as_str(), "TENANT_UNKNOWN")];
    expected.sort_unstable();
    assert_eq!(skipped(&planned), expected);
    assert_eq!((&planned["users"], &planned["without_address"]), (&json!(5), &json!(1)));
    let left = std::fs::read_to_string(pool.laptop.folder.path().join("left.csv")).unwrap();
    assert!(left.starts_with("sub,code,value\n") && left.contains(&format!("{lost},TENANT_UNKNOWN,initech")), "{left}");
    let told = pool.laptop.run(&["member", "import", "--from-attribute", "custom:company", "--dry-run"]).await;
    assert!(told.out.contains("acme: 2 join") && told.out.contains("initech (1)"), "{}", told.out);
    let done = pool.import(&["--map", "map.csv", "--yes"]).await;
    assert_eq!(done["done"]["added"], 3);
    assert_eq!((pool.used("acme").await, pool.used("globex").await), (2, 1));
    let rows = pool.laptop.json(&["member", "list", "acme"]).await;
    let address = |sub: &str| {
        let row = rows["members"].as_array().unwrap().iter().find(|row| row["sub"] == *sub).unwrap().clone();
        row["email"].clone()
    };
    assert_eq!((address(&bob), address(&zoe)), (json!("bob@acme.example"), Value::Null), "nobody verified zoe's");
    assert!(pool.laptop.json(&["member", "list", "globex"]).await.to_string().contains(&mia));
    let again = pool.import(&["--map", "map.csv", "--yes"]).await;
    assert_eq!((&again["done"], &again["tenants"][0]["already"]), (&Value::Null, &json!(2)));
    let doctor = pool.laptop.run(&["--json", "doctor"]).await;
    let health: Value = serde_json::from_str(&doctor.out).unwrap();
    let found: Vec<_> = health["findings"].as_array().unwrap().iter().map(|one| text(one, "/code")).collect();
    assert_eq!(found, ["TENANT_WITHOUT_OWNER"; 2], "seats and rows agree");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_removed_suspended_or_locked_is_never_revived() {
    let pool = Pool::new().await;
    let (bob, mia) = (pool.of("bob", "acme").await, pool.of("mia", "acme").await);
    let (ned, eve) = (pool.of("ned", "acme").await, pool.of("eve", "acme").await);
    pool.laptop.json(&["member", "import", "--from-attribute", "custom:company", "--yes"]).await;
    for (command, who) in [("remove", "bob"), ("suspend", "mia")] {
        pool.laptop.json(&["member", command, "acme", &format!("{who}@acme.example")]).await;
    }
    pool.laptop.json(&["member", "role", "acme", "ned@acme.example", "admin"]).await;
    // Bob comes back with another account: his address is barred.
    pool.sdk.admin_delete_user().user_pool_id(POOL).username(&bob).send().await.unwrap();
    let anew = pool.of("bob", "acme").await;
    pool.sdk.admin_disable_user().user_pool_id(POOL).username(&eve).send().await.unwrap();
    let barred = pool.import(&["--yes"]).await;
    assert!(skipped(&barred).contains(&(anew.as_str(), "MAILBOX_BARRED")));
    // Nor does an address that nobody verified open the bar on it.
    pool.sdk.admin_delete_user().user_pool_id(POOL).username(&anew).send().await.unwrap();
    let unverified = pool.user("bob", &[("custom:company", "acme")]).await;
    let (codes, done) = {
        let again = pool.import(&["--yes"]).await;
        (skipped(&again).iter().map(|(sub, code)| format!("{sub} {code}")).collect::<Vec<_>>(), again["done"].clone())
    };
    assert!(codes.contains(&format!("{unverified} MAILBOX_BARRED")) && done.is_null(), "{codes:?} {done}");
    pool.sdk.admin_delete_user().user_pool_id(POOL).username(&unverified).send().await.unwrap();
    let anew = pool.of("bob", "acme").await;
    let again = pool.import(&["--yes"]).await;
    let mut expected =
        vec![(anew.as_str(), "MAILBOX_BARRED"), (mia.as_str(), "MEMBER_STATE"), (eve.as_str(), "USER_DISABLED")];
    expected.sort_unstable();
    assert_eq!(skipped(&again), expected);
    assert_eq!((&again["tenants"][0]["already"], &again["done"]), (&json!(1), &Value::Null));
    let rows = pool.laptop.json(&["member", "list", "acme"]).await;
    let ned = rows["members"].as_array().unwrap().iter().find(|row| row["sub"] == *ned).unwrap();
    assert_eq!(ned["roles"], json!(["admin"]), "roles that somebody gave stay");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_an_attribute_that_users_can_write_is_not_believed() {
    let pool = Pool::new().await;
    pool.of("bob", "acme").await;
    let open = settings(&["email", "custom:company"]);
    let all = settings(&[]);
    for (id, settings) in [("open", open), ("all", all)] {
        let seed = ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() };
        pool.server.pool(POOL).unwrap().add_client(seed);
    }
    let import = ["member", "import", "--from-attribute", "custom:company", "--yes"];
    assert_eq!(pool.laptop.refused(&import).await, (1, "ATTRIBUTE_WRITABLE".to_owned()));
    let told = pool.laptop.run(&import).await;
    assert!(told.err.contains("all, open: whoever did so chose their own tenant"), "{}", told.err);
    assert_eq!(pool.used("acme").await, 0);
    // Vouching for the tenant's attribute vouches for no other.
    let both = settings(&["email", "custom:job"]);
    let seed = ClientSeed { client_id: Some("both".to_owned()), settings: both, ..ClientSeed::default() };
    pool.server.pool(POOL).unwrap().add_client(seed);
    let roles = [&import[..], &["--trust-attribute", "--role-attribute", "custom:job"]].concat();
    assert_eq!(pool.laptop.refused(&roles).await, (1, "ATTRIBUTE_WRITABLE".to_owned()));
    let other = [&import[..], &["--trust-attribute=custom:job"]].concat();
    assert_eq!(pool.laptop.refused(&other).await, (2, "INVALID".to_owned()));
    let trust = ["--trust-attribute", "--trust-attribute=custom:job", "--role-attribute", "custom:job", "--dry-run"];
    assert_eq!(pool.import(&trust).await["tenants"][0]["joins"], 1);
    let trusted = pool.import(&["--yes", "--trust-attribute"]).await;
    assert_eq!(trusted["done"]["added"], 1);
    let unknown = ["member", "import", "--from-attribute", "company", "--dry-run"];
    assert_eq!(pool.laptop.refused(&unknown).await, (2, "ATTRIBUTE_UNKNOWN".to_owned()));
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attribute_gives_roles_and_makes_no_owner_and_a_role_that_was_said_makes_one() {
    let pool = Pool::new().await;
    for (name, job) in [("ann", "Admin; billing"), ("olga", "owner"), ("odd", "Chief of Staff!")] {
        pool.user(name, &[("custom:company", "acme"), ("custom:job", job), ("email_verified", "true")]).await;
    }
    pool.of("bob", "acme").await;
    let planned = pool.import(&["--role-attribute", "custom:job", "--dry-run"]).await;
    assert_eq!(planned["tenants"][0]["roles"], json!({ "admin billing": 1, "member": 1 }));
    assert_eq!(planned["unknown_roles"], json!(["billing"]));
    let owners = ["member", "import", "--from-attribute", "custom:company", "--role", "owner", "--dry-run"];
    let owners = pool.laptop.run(&owners).await.out;
    assert!(owners.contains("4 of them become owners") && owners.contains("as 4 owner"), "{owners}");
    let done = pool.import(&["--role-attribute", "custom:job", "--yes"]).await;
    let codes = done["skipped"].as_array().unwrap().iter().map(|one| text(one, "/code")).collect::<Vec<_>>();
    assert!(codes.len() == 2 && codes.contains(&"ROLE_OWNER") && codes.contains(&"ROLE_INVALID"), "{codes:?}");
    let rows = pool.laptop.json(&["member", "list", "acme"]).await;
    let roles = |name: &str| {
        let address = format!("{name}@acme.example");
        let row = rows["members"].as_array().unwrap().iter().find(|row| row["email"] == *address);
        row.map(|row| row["roles"].clone())
    };
    assert_eq!((roles("ann"), roles("bob")), (Some(json!(["admin", "billing"])), Some(json!(["member"]))));
    pool.import(&["--role", "owner", "--yes"]).await;
    let owners = pool.laptop.json(&["tenant", "show", "acme"]).await;
    assert_eq!(owners["seats"]["owners"], 2, "olga and the other one, because somebody said so");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_are_told_of_before_and_never_exceeded() {
    let pool = Pool::new().await;
    for n in 0..4 {
        pool.of(&format!("p{n}"), "acme").await;
    }
    pool.laptop.json(&["tenant", "policy", "acme", "--seat-limit", "3"]).await;
    let planned = pool.import(&["--dry-run"]).await;
    assert_eq!((&planned["tenants"][0]["joins"], &planned["tenants"][0]["without_seat"]), (&json!(3), &json!(1)));
    assert_eq!(pool.laptop.refused(&["member", "import", "--from-attribute", "custom:company"]).await.1, "UNCONFIRMED");
    assert_eq!(pool.used("acme").await, 0, "nobody agreed");
    let done = pool.import(&["--yes"]).await;
    assert_eq!((&done["done"]["added"], pool.used("acme").await), (&json!(3), 3));
    assert_eq!(text(&done, "/skipped/0/code"), "SEATS_FULL");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_map_no_other_value_names_a_tenant_and_no_value_is_a_formula() {
    let pool = Pool::new().await;
    pool.laptop.json(&["tenant", "create", "globex"]).await;
    let slug = pool.of("slug", "acme").await;
    let formula = pool.of("formula", "=HYPERLINK(\"http://evil.example/\")").await;
    pool.of("mia", "17").await;
    pool.write("map.csv", "value,tenant\n17,globex\n");
    let planned = pool.import(&["--map", "map.csv", "--dry-run", "--skipped", "left.csv"]).await;
    let mut expected = vec![(slug.as_str(), "TENANT_UNKNOWN"), (formula.as_str(), "TENANT_UNKNOWN")];
    expected.sort_unstable();
    assert_eq!(skipped(&planned), expected);
    assert_eq!(planned["tenants"][0]["values"], json!({ "17": 1 }));
    let left = std::fs::read_to_string(pool.laptop.folder.path().join("left.csv")).unwrap();
    assert!(left.contains("\"'=HYPERLINK("), "{left}");
    for (map, line) in [
        ("value,tenant\n", None),
        ("value,tenant\r\nann@acme.example\r\n", Some(2)),
        ("value,tenant\r\nann@acme.example,acme\r\n\r\nann@acme.example,globex\r\n", Some(4)),
    ] {
        pool.write("odd.csv", map);
        let odd = ["member", "import", "--from-attribute", "custom:company", "--map", "odd.csv"];
        assert_eq!(pool.laptop.refused(&odd).await, (2, "IMPORT_FILE".to_owned()));
        let told = pool.laptop.run(&odd).await.err;
        assert!(line.is_none_or(|line| told.contains(&format!("odd.csv is no map: line {line}: "))), "{told}");
        assert!(!told.contains("ann@acme.example") && !told.contains("CSV error"), "{told}");
    }
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_a_client_that_passes_by_its_pools_default_is_bound_observing_and_is_not_denied_by_a_slip() {
    let pool = Pool::new().await;
    pool.laptop.json(&["pool", "observe-unbound", POOL]).await;
    pool.write("log", "");
    let (code, report) = pool.report(&["--logs", "log"]).await;
    assert_eq!((code, text(&report, "/clients/0/client_id")), (1, "app"), "nobody used it, and it was never bound");
    assert_eq!(text(&report, "/clients/0/verdict"), "never_bound");
    let off = ["pool", "observe-unbound", POOL, "--off"];
    assert_eq!(pool.laptop.refused(&off).await, (1, "CLIENTS_UNBOUND".to_owned()));
    assert!(pool.laptop.run(&off).await.err.contains("would get no token: app"));
    let bound = pool.laptop.json(&["client", "bind", "app", "--tenant", "acme"]).await;
    assert_eq!(bound["mode"], "observe");
    assert_eq!(pool.laptop.json(&off).await["observe_unbound"], false, "every client is bound");
    // It stays as it is, and what never passed is enforced.
    assert_eq!(pool.laptop.json(&["client", "bind", "app", "--tenant", "acme"]).await["mode"], "observe");
    assert_eq!(pool.laptop.json(&["client", "bind", "fresh", "--tenant", "acme"]).await["mode"], "enforce");
    pool.laptop.json(&["pool", "observe-unbound", POOL]).await;
    let enforced = pool.laptop.json(&["client", "bind", "other", "--tenant", "acme", "--enforce"]).await;
    assert_eq!(enforced["mode"], "enforce");
    pool.laptop.json(&["client", "unbind", "app"]).await;
    assert_eq!(
        pool.laptop.json(&["client", "bind", "app", "--tenant", "acme"]).await["mode"],
        "enforce",
        "it was denied"
    );
    pool.server.pool(POOL).unwrap().add_client(ClientSeed {
        client_id: Some("late".to_owned()),
        settings: settings(&["email"]),
        ..ClientSeed::default()
    });
    assert_eq!(pool.laptop.json(&[&off[..], &["--yes"]].concat()).await["observe_unbound"], false);
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_a_log_without_tokens_or_with_refusals_is_no_reason_to_enforce() {
    let pool = Pool::new().await;
    let token = "pre-token-generation";
    let mut log = String::new();
    for (client, trigger, more) in [
        ("refused", token, r#""decision":"refused","code":"INVITATION_REQUIRED""#),
        ("broke", token, r#""decision":"broken","code":"TRY_AGAIN""#),
        ("rebound", token, r#""decision":"refused","code":"CLIENT_NOT_BOUND""#),
        ("signups", "pre-sign-up", r#""decision":"observed""#),
    ] {
        pool.laptop.json(&["client", "bind", client, "--tenant", "acme", "--observe"]).await;
        if client != "signups" {
            writeln!(log, "{}", line(client, token, r#""decision":"observed""#)).unwrap();
        }
        writeln!(log, "{}", line(client, trigger, more)).unwrap();
    }
    writeln!(log, "{}", line("stray", token, r#""decision":"broken","code":"TRY_AGAIN""#)).unwrap();
    writeln!(log, r#"{{"trigger":"{token}","decision":"unreadable","code":"UNSUPPORTED_EVENT"}}"#).unwrap();
    pool.write("log", &log);
    let (code, report) = pool.report(&["--logs", "log"]).await;
    let mut verdicts: Vec<_> = report["clients"].as_array().unwrap().iter().collect();
    verdicts.sort_by_key(|client| text(client, "/client_id"));
    let verdicts: Vec<_> =
        verdicts.iter().map(|client| (text(client, "/client_id"), text(client, "/verdict"))).collect();
    assert_eq!(
        verdicts,
        [
            ("broke", "unclear"),
            ("rebound", "safe"),
            ("refused", "unclear"),
            ("signups", "unseen"),
            ("stray", "unknown")
        ]
    );
    assert_eq!((code, &report["unreadable"], &report["undated"]), (1, &json!(1), &json!(8)));
    for (client, code) in [("broke", 1), ("refused", 1), ("signups", 1), ("rebound", 0)] {
        assert_eq!(pool.report(&[client, "--logs", "log"]).await.0, code, "{client}");
    }
    let told = pool.laptop.run(&["client", "report", "--logs", "log"]).await.out;
    assert!(!told.contains("safe to enforce") && !told.contains("next: tenantctl client enforce"), "{told}");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_for_command_lines_takes_the_password_itself_where_the_policy_lets_it() {
    let pool = Pool::new().await;
    let create = ["client", "create", "acme", "--name", "cli", "--password-flow"];
    let made = pool.laptop.json(&create).await;
    let described = pool.sdk.describe_user_pool_client().user_pool_id(POOL).client_id(text(&made, "/client_id"));
    let described = described.send().await.unwrap().user_pool_client.unwrap();
    let mut flows: Vec<_> = described.explicit_auth_flows().iter().map(ExplicitAuthFlowsType::as_str).collect();
    flows.sort_unstable();
    assert_eq!(flows, ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]);
    assert_eq!(pool.laptop.json(&create).await["created"], false);
    pool.laptop.json(&["tenant", "create", "strict"]).await;
    pool.laptop.json(&["tenant", "policy", "strict", "--chain", "password-and-code"]).await;
    let strict = ["client", "create", "strict", "--name", "cli", "--password-flow"];
    assert_eq!(pool.laptop.refused(&strict).await, (2, "CLIENT_LACKS".to_owned()));
    assert!(pool.laptop.run(&strict).await.err.contains("needs a policy by which a password alone signs people in"));
    pool.laptop.json(&["client", "create", "strict", "--name", "cli"]).await;
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_users_come_over() {
    let pool = Pool::new().await;
    for n in 0..1_000 {
        pool.of(&format!("p{n}"), "acme").await;
    }
    let done = pool.import(&["--yes"]).await;
    assert_eq!(
        (&done["done"]["added"], &done["users"], pool.used("acme").await),
        (&json!(1_000), &json!(1_000), 1_000)
    );
    assert_eq!(pool.import(&["--yes"]).await["tenants"][0]["already"], 1_000);
    pool.server.shutdown().await;
}

fn line(client: &str, trigger: &str, more: &str) -> String {
    format!(r#"{{"level":"INFO","message":"answered","trigger":"{trigger}","client":"{client}",{more},"ms":4}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_a_report_tells_client_by_client_who_would_be_refused_and_what_to_run_next() {
    let pool = Pool::new().await;
    for (client, mode) in [("web", "--observe"), ("api", "--observe"), ("quiet", "--observe"), ("done", "--enforce")] {
        pool.laptop.json(&["client", "bind", client, "--tenant", "acme", mode]).await;
    }
    let mut log = "START RequestId: 1\n2020-01-01T00:00:00.000Z old ".to_owned();
    let token = "pre-token-generation";
    writeln!(log, "{}", line("api", token, r#""decision":"observed","would":"SEATS_FULL""#)).unwrap();
    for _ in 0..34 {
        writeln!(log, "{}", line("web", token, r#""decision":"observed","would":"INVITATION_REQUIRED""#)).unwrap();
    }
    for client in ["web", "api"] {
        writeln!(log, "pre-token-generation: {}", line(client, token, r#""decision":"observed""#)).unwrap();
    }
    writeln!(log, "{}", line("done", token, r#""decision":"refused","code":"SSO_REQUIRED""#)).unwrap();
    writeln!(log, "{}", line("stray", token, r#""decision":"observed","would":"CLIENT_NOT_BOUND""#)).unwrap();
    pool.write("log", &log);
    let (code, report) = pool.report(&["--logs", "log"]).await;
    assert_eq!(code, 1);
    let verdict = |id: &str| {
        let clients = report["clients"].as_array().unwrap();
        let client = clients.iter().find(|client| client["client_id"] == id).unwrap();
        (text(client, "/verdict").to_owned(), client["next"].clone())
    };
    let named = |rest: &str| json!(format!("tenantctl client {rest}"));
    assert_eq!(verdict("web"), ("would_refuse".to_owned(), named("report local_Tenantry1:web --who")));
    assert_eq!(
        verdict("api"),
        ("safe".to_owned(), named("report local_Tenantry1:api --who")),
        "what is older does not count"
    );
    assert_eq!(verdict("quiet").0, "unseen");
    assert_eq!(verdict("done"), ("enforced".to_owned(), Value::Null));
    assert_eq!(verdict("stray").0, "never_bound");
    assert_eq!(report["clients"][0]["triggers"][token]["would"], json!({ "INVITATION_REQUIRED": 34 }));
    assert_eq!(pool.report(&["api", "--logs", "log"]).await.0, 0);
    assert_eq!(pool.report(&["done", "--logs", "log"]).await.0, 0);
    assert_eq!(pool.report(&["quiet", "--logs", "log"]).await.0, 1);
    let told = pool.laptop.run(&["client", "report", "web", "--logs", "log"]).await;
    assert!(told.out.contains("would refuse 34: INVITATION_REQUIRED - no route leads these people in"), "{}", told.out);
    assert!(told.err.contains("[NOT_SAFE]"), "{}", told.err);
    assert_eq!(pool.laptop.refused(&["client", "report"]).await, (3, "LOCAL_LOGS".to_owned()));
    assert_eq!(pool.laptop.refused(&["client", "report", "--logs", "missing"]).await, (2, "FILE".to_owned()));
    let nowhere = ["client", "report", "--logs-endpoint-url", "http://127.0.0.1:1"];
    assert_eq!(pool.laptop.refused(&nowhere).await, (3, "LOGS_BROKEN".to_owned()));
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_a_client_that_was_bound_meanwhile_is_judged_by_what_was_said_since() {
    let pool = Pool::new().await;
    let token = "pre-token-generation";
    let (unbound, fine) = (r#""decision":"observed","would":"CLIENT_NOT_BOUND""#, r#""decision":"observed""#);
    let machine = format!(r#""source":"TokenGeneration_ClientCredentials",{unbound}"#);
    let mut log = String::new();
    for client in ["own", "portal", "robot", "slip", "new"] {
        for trigger in ["pre-sign-up", token] {
            writeln!(log, "{}", line(client, trigger, unbound)).unwrap();
        }
        if client != "new" {
            writeln!(log, "{}", line(client, token, fine)).unwrap();
        }
    }
    writeln!(log, "{}", line("portal", "define-auth-challenge", unbound)).unwrap();
    writeln!(log, "{}", line("slip", token, &machine)).unwrap();
    pool.write("log", &log);
    for (client, to) in
        [("own", "--tenant"), ("portal", "--shared"), ("robot", "--machine"), ("slip", "--tenant"), ("new", "--tenant")]
    {
        let mut bind = vec!["client", "bind", client, to];
        bind.extend((to != "--shared").then_some("acme"));
        pool.laptop.json(&[&bind[..], &["--observe"]].concat()).await;
    }
    let (_, report) = pool.report(&["--logs", "log"]).await;
    let of =
        |id: &str| report["clients"].as_array().unwrap().iter().find(|one| one["client_id"] == id).unwrap().clone();
    let told = |id: &str| {
        let client = of(id);
        let count = |what: &str| client["triggers"][token][what].clone();
        (text(&client, "/verdict").to_owned(), count("before_binding"), count("would"))
    };
    assert_eq!(told("own"), ("safe".to_owned(), json!(1), json!({})));
    // What is asked for at a challenge, and what a machine asks for, is refused at such a client still.
    assert_eq!(told("portal"), ("would_refuse".to_owned(), json!(1), json!({})));
    assert_eq!(of("portal")["triggers"]["define-auth-challenge"]["would"], json!({ "CLIENT_NOT_BOUND": 1 }));
    assert_eq!(told("robot"), ("would_refuse".to_owned(), json!(0), json!({ "CLIENT_NOT_BOUND": 1 })));
    assert_eq!(told("slip"), ("would_refuse".to_owned(), json!(1), json!({ "CLIENT_NOT_BOUND": 1 })));
    assert_eq!(told("new").0, "unseen");
    let said = pool.laptop.run(&["client", "report", "new", "--logs", "log"]).await.out;
    assert!(said.contains("nobody asked for a token since it was bound"), "{said}");
    assert_eq!(pool.report(&["own", "--logs", "log"]).await.0, 0);
    let said = pool.laptop.run(&["client", "report", "own", "--logs", "log"]).await.out;
    assert!(said.contains("2 times asked, 1 let pass, 1 from before it was bound"), "{said}");
    assert!(!said.contains("would refuse") && !said.contains("put right"), "{said}");
    let said = pool.laptop.run(&["client", "report", "slip", "--logs", "log"]).await;
    assert!(
        said.out.contains("not yet: 1 token") && said.out.contains("--since 10m shows what is so now"),
        "{}",
        said.out
    );
    assert!(said.err.contains("1 app client would refuse somebody, or did"), "{}", said.err);
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_a_shared_client_is_safe_whose_people_belong_to_no_tenant_and_no_administrator_is_a_client() {
    let pool = Pool::new().await;
    let token = "pre-token-generation";
    pool.laptop.json(&["client", "bind", "portal", "--shared", "--observe"]).await;
    let mut log = String::new();
    for more in [
        r#""decision":"observed""#,
        r#""decision":"observed: no tenant""#,
        r#""decision":"observed: no tenant","would":"SEATS_FULL""#,
    ] {
        writeln!(log, "{}", line("portal", token, more)).unwrap();
    }
    writeln!(log, "{}", line("CLIENT_ID_NOT_APPLICABLE", "pre-sign-up", r#""decision":"admit_administrator""#))
        .unwrap();
    writeln!(log, "2026-11-20T08:00:00Z {{tag}} {}", line("portal", token, r#""decision":"observed""#)).unwrap();
    pool.write("log", &log);
    let (code, report) = pool.report(&["--logs", "log"]).await;
    assert_eq!((code, report["clients"].as_array().unwrap().len()), (0, 1), "{report}");
    assert_eq!(
        (&report["lines"], &report["without_client"], &report["foreign"]),
        (&json!(4), &json!(1), &json!(0)),
        "{report}"
    );
    let client = &report["clients"][0];
    let counts = &client["triggers"][token];
    assert_eq!((text(client, "/verdict"), &counts["without_tenant"]), ("safe", &json!(2)));
    assert_eq!((&counts["would"], &counts["without_tenant_because"]), (&json!({}), &json!({ "SEATS_FULL": 1 })));
    assert_eq!(text(client, "/next"), "tenantctl client enforce local_Tenantry1:portal");
    let told = pool.laptop.run(&["client", "report", "--logs", "log"]).await.out;
    for said in [
        "1 more at no app client",
        "4 times asked, 2 let pass, 2 let pass without a tenant",
        "without a tenant 1 because of SEATS_FULL - no seat is free",
        "4 tokens, none of which would have been refused, 2 of which would speak of no tenant",
    ] {
        assert!(told.contains(said), "{said} in {told}");
    }
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_nobody_proved_keeps_no_seat_from_its_owner() {
    let pool = Pool::new().await;
    let okta = IdentityProvider::new("Okta", ProviderKind::Saml)
        .map("custom:company", "company")
        .map("email_verified", "email_verified");
    let there = pool.server.pool(POOL).unwrap();
    there.set_provider(okta);
    let federated = ClientSettings {
        supported_identity_providers: vec!["Okta".to_owned()],
        allowed_oauth_flows: vec!["code".to_owned()],
        allowed_oauth_scopes: vec!["openid".to_owned()],
        allowed_oauth_flows_user_pool_client: Some(true),
        callback_urls: vec!["https://app.example/".to_owned()],
        ..settings(&["email"])
    };
    let seed = ClientSeed { client_id: Some("sso".to_owned()), settings: federated, ..ClientSeed::default() };
    there.add_client(seed);
    // A provider that is nobody's says that it has Bob's verified address, and somebody types Mia's.
    pool.federates("bob").await;
    let typed = pool.user("mia", &[("custom:company", "acme")]).await;
    let trusting = ["--trust-attribute", "--yes"];
    let done = pool.import(&trusting).await;
    assert_eq!((&done["done"]["added"], &done["without_address"]), (&json!(2), &json!(2)), "{done}");
    let rows = pool.laptop.json(&["member", "list", "acme"]).await;
    let rows = rows["members"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["email"].is_null()), "{rows:?}");
    // The addresses are free: their owners come, and stand in the tenant by them.
    pool.sdk.admin_delete_user().user_pool_id(POOL).username(&typed).send().await.unwrap();
    for name in ["bob", "mia"] {
        pool.of(name, "acme").await;
    }
    let owners = pool.import(&trusting).await;
    assert_eq!((&owners["done"]["added"], &owners["skipped"]), (&json!(2), &json!([])), "{owners}");
    let rows = pool.laptop.json(&["member", "list", "acme"]).await;
    let mut addresses: Vec<_> =
        rows["members"].as_array().unwrap().iter().filter_map(|row| row["email"].as_str()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["bob@acme.example", "mia@acme.example"]);
    // The word of the tenant's own provider counts, for a domain that is the tenant's.
    pool.laptop.json(&["idp", "bind", "local_Tenantry1:Okta", "--tenant", "acme"]).await;
    pool.laptop.json(&["domain", "verify", "acme", "acme.example", "--assume-verified", "a test"]).await;
    pool.federates("eve").await;
    let proved = pool.import(&["--trust-attribute", "--dry-run"]).await;
    assert_eq!((&proved["tenants"][0]["joins"], &proved["without_address"]), (&json!(1), &json!(0)), "{proved}");
    pool.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_who_would_be_refused_is_asked_of_the_pool_and_the_table_without_any_log() {
    let pool = Pool::new().await;
    pool.laptop.json(&["client", "bind", "app", "--tenant", "acme", "--observe"]).await;
    pool.laptop.json(&["tenant", "create", "globex"]).await;
    let (bob, eve) = (pool.of("bob", "acme").await, pool.of("eve", "nobody").await);
    pool.of("mia", "globex").await;
    let asked = ["app", "--who"];
    let (code, before) = pool.report(&asked).await;
    assert_eq!((code, &before["refused"]), (1, &json!({ "INVITATION_REQUIRED": 3 })));
    assert!(!before.to_string().contains("acme.example"), "{before}");
    pool.import(&["--yes"]).await;
    let (code, after) = pool.report(&["app", "--who", "--show-addresses"]).await;
    assert_eq!((code, &after["members"], &after["elsewhere"]), (1, &json!(1), &json!(1)));
    assert_eq!(
        after["refused_users"],
        json!([{ "sub": eve, "code": "INVITATION_REQUIRED", "address": "eve@acme.example" }])
    );
    pool.laptop.json(&["invite", "create", "acme", "eve@acme.example"]).await;
    let (code, invited) = pool.report(&asked).await;
    assert_eq!((code, &invited["would_join"]), (0, &json!(1)));
    pool.laptop.json(&["tenant", "policy", "set", "acme", "--seat-limit", "1", "--yes"]).await;
    let (code, full) = pool.report(&asked).await;
    assert_eq!((code, &full["refused"]), (1, &json!({ "SEATS_FULL": 1 })), "the only seat is taken");
    pool.laptop.json(&["tenant", "policy", "set", "acme", "--seat-limit", "2", "--yes"]).await;
    pool.laptop.json(&["member", "suspend", "acme", &format!("{POOL}:{bob}")]).await;
    let told = pool.laptop.run(&["client", "report", "app", "--who"]).await;
    assert!(told.out.contains(&format!("{bob}  MEMBERSHIP_SUSPENDED")), "{}", told.out);
    assert!(told.err.contains("1 person would be refused: ") && told.err.contains("[NOT_SAFE]"), "{}", told.err);
    assert!(!told.err.contains("app clients"), "{}", told.err);
    assert_eq!(pool.laptop.run(&["client", "report", "--who"]).await.code, 2);
    pool.laptop.json(&["client", "bind", "portal", "--shared"]).await;
    assert_eq!(pool.laptop.refused(&["client", "report", "portal", "--who"]).await, (2, "INVALID".to_owned()));
    pool.server.shutdown().await;
}
