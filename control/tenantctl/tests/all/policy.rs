//! A tenant's way of signing in, and its app clients in the user pool that follow it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};

use crate::bench::{Laptop, text};

const POOL: &str = "local_Tenantry1";

/// A laptop with a user pool, which holds nothing.
async fn with_pool() -> (Laptop, Server) {
    let laptop = Laptop::new().await;
    let clock = Clock::new(|| "2026-11-21T08:00:00Z".parse().unwrap());
    let settings = Settings::new(vec![PoolSettings::new(POOL)], clock, Random::new(random), Sink::silent());
    let pools = Server::start(settings).await.unwrap();
    let file = laptop.folder.path().join(".tenantry/local.json");
    let state = std::fs::read_to_string(&file).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&state).unwrap();
    *state.get_mut("user_pool_endpoint").unwrap() = pools.url().into();
    std::fs::write(file, state.to_string()).unwrap();
    (laptop, pools)
}

/// Unlike at every call, alike in every run.
fn random(bytes: &mut [u8]) {
    static SEED: AtomicU64 = AtomicU64::new(1);
    for byte in bytes {
        let x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        *byte = ((x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_made_follows_its_tenants_policy_and_is_deleted() {
    let (laptop, pools) = with_pool().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let made = laptop.json(&["client", "create", "acme", "--name", "web", "--secret"]).await;
    assert!(text(&made, "/name").starts_with("web tenantry-"));
    assert_eq!((text(&made, "/account_scope"), made["created"].as_bool()), ("suppress", Some(true)));
    assert!(text(&made, "/secret").len() > 20);
    let client = text(&made, "/client_id").to_owned();
    let again = laptop.json(&["client", "create", "acme", "--name", "web", "--secret"]).await;
    assert_eq!((text(&again, "/client_id"), again["created"].as_bool()), (client.as_str(), Some(false)));
    assert_eq!(again.get("secret"), None);
    // Whoever was interrupted once the client was bound never saw its secret.
    let shows = format!("describe-user-pool-client --region local --user-pool-id {POOL} --client-id {client} ");
    assert!(text(&again, "/secret_command").contains(&shows), "{again}");
    let told = laptop.run(&["client", "create", "acme", "--name", "web", "--secret"]).await;
    assert!(told.out.contains("was made before") && told.out.contains(&shows), "{}", told.out);
    assert_eq!(made.get("secret_command"), None);
    let other = ["client", "create", "acme", "--name", "web", "--machine", "--scope", "api/read"];
    assert_eq!(laptop.refused(&other).await, (1, "CLIENT_NAME_TAKEN".into()));

    let set = ["tenant", "policy", "set", "acme", "--chain", "password-and-code:owner,admin"];
    let plan = laptop.json(&[&set[..], &["--dry-run"]].concat()).await;
    assert_eq!((text(&plan, "/chain"), text(&plan, "/chain_of/1")), ("password_and_code", "owner"));
    assert_eq!(text(&plan, "/clients/0/differences/0/removed/0"), "ALLOW_USER_SRP_AUTH");
    assert_eq!(text(&laptop.json(&["tenant", "show", "acme"]).await, "/chain"), "password");
    assert_eq!(laptop.refused(&set).await, (1, "UNCONFIRMED".into()));
    let told = laptop.run(&[&set[..], &["--yes"]].concat()).await;
    assert_eq!(told.code, 0, "{}", told.err);
    for line in ["sign-in: password -> password_and_code of", "- ALLOW_USER_SRP_AUTH", "+ ALLOW_CUSTOM_AUTH"] {
        assert!(told.out.contains(line), "{line} in {}", told.out);
    }
    let again = laptop.json(&["tenant", "policy", "acme", "--chain", "password-and-code:owner,admin"]).await;
    assert!(again["clients"][0]["differences"].as_array().unwrap().is_empty(), "{again}");

    assert_eq!(laptop.refused(&["client", "delete", &client]).await, (1, "UNCONFIRMED".into()));
    assert_eq!(text(&laptop.json(&["client", "delete", &client, "--yes"]).await, "/kind"), "unbound");
    assert_eq!(laptop.json(&["client", "create", "acme", "--name", "web", "--undo"]).await["undone"], false);
    pools.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_was_not_made_here_changes_only_with_the_operators_word() {
    let (laptop, pools) = with_pool().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let settings = ClientSettings::for_passwords("web");
    let seed = ClientSeed { client_id: Some("old".to_owned()), settings, ..ClientSeed::default() };
    pools.pool(POOL).unwrap().add_client(seed);
    laptop.json(&["client", "bind", "old", "--tenant", "acme"]).await;
    let code = ["tenant", "policy", "acme", "--chain", "code", "--yes"];
    assert_eq!(laptop.refused(&code).await, (1, "CLIENTS_ADOPTED".into()));
    assert_eq!(text(&laptop.json(&["tenant", "show", "acme"]).await, "/chain"), "password");
    laptop.json(&["tenant", "policy", "acme", "--chain", "code", "--table-only"]).await;
    assert_eq!(laptop.refused(&code).await, (1, "CLIENTS_ADOPTED".into()));
    laptop.json(&[&code[..], &["--adopted"]].concat()).await;
    let plan = laptop.json(&["tenant", "policy", "acme", "--dry-run"]).await;
    assert!(plan["clients"][0]["differences"].as_array().unwrap().is_empty(), "{plan}");
    assert_eq!(laptop.refused(&["client", "delete", "old", "--yes"]).await, (1, "CLIENT_NOT_OURS".into()));
    laptop.json(&["client", "delete", "old", "--yes", "--adopted"]).await;
    pools.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_that_a_finding_names_puts_it_right() {
    let (laptop, pools) = with_pool().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let settings = ClientSettings::for_passwords("web");
    let seed = ClientSeed { client_id: Some("old".to_owned()), settings, ..ClientSeed::default() };
    pools.pool(POOL).unwrap().add_client(seed);
    laptop.json(&["client", "bind", "old", "--tenant", "acme"]).await;
    laptop.json(&["tenant", "policy", "acme", "--chain", "code", "--table-only"]).await;
    let found = async || {
        let health: Value = serde_json::from_str(&laptop.run(&["--json", "doctor", "--pool"]).await.out).unwrap();
        let findings = health["findings"].as_array().unwrap().iter();
        let flows = findings.filter(|finding| finding["code"] == "CLIENT_AUTH_FLOWS");
        flows.map(|finding| text(finding, "/message").to_owned()).collect::<Vec<_>>()
    };
    let messages = found().await;
    assert_eq!(messages.len(), 1);
    let command = messages[0].split('`').nth(1).unwrap().strip_prefix("tenantctl ").unwrap();
    let command: Vec<&str> = command.split(' ').collect();
    assert_eq!(command, ["tenant", "policy", "acme", "--adopted"]);
    assert_eq!(laptop.refused(&command).await, (1, "UNCONFIRMED".into()));
    assert_eq!(found().await, messages);
    let done = laptop.run(&[&command[..], &["--yes"]].concat()).await;
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("+ ALLOW_CUSTOM_AUTH"), "{}", done.out);
    assert!(found().await.is_empty());
    for word in [&["--yes"][..], &["--claim", "tenant_id"]] {
        let shown = laptop.json(&[&["tenant", "policy", "acme"][..], word].concat()).await;
        assert!(shown["clients"].is_array(), "{word:?}: {shown}");
    }
    pools.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_binds_to_a_tenant_that_asks_for_more_hears_how_to_see_whether_it_holds() {
    let (laptop, pools) = with_pool().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let bind = ["client", "bind", "old", "--tenant", "acme"];
    let dedicate = ["pool", "dedicate", POOL, "--to", "acme"];
    for command in [&bind[..], &dedicate] {
        assert_eq!(laptop.json(command).await.get("check"), None, "{command:?}");
    }
    laptop.json(&["tenant", "policy", "acme", "--chain", "code", "--table-only"]).await;
    for command in [&bind[..], &["client", "enforce", "old"], &dedicate] {
        let shown = laptop.json(command).await;
        assert_eq!(text(&shown, "/check"), "tenantctl tenant policy acme --dry-run", "{command:?}");
        let told = laptop.run(command).await.out;
        assert!(told.contains("`tenantctl tenant policy acme --dry-run` shows whether"), "{command:?}: {told}");
    }
    pools.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_cannot_be_is_said_before_anything_is_made() {
    let (laptop, pools) = with_pool().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    laptop.json(&["tenant", "policy", "acme", "--chain", "code"]).await;
    let managed = ["client", "create", "acme", "--name", "web", "--callback-url", "https://app.example/"];
    assert_eq!(laptop.refused(&managed).await, (2, "CLIENT_LACKS".into()));
    assert_eq!(laptop.refused(&["client", "create", "acme", "--name", "a/b"]).await, (2, "INVALID".into()));
    let sso = ["tenant", "policy", "acme", "--sso-required", "true"];
    assert_eq!(laptop.refused(&sso).await, (1, "CHAIN_WITH_SSO".into()));
    for wrong in [
        &["client", "create", "--name", "web"][..],
        &["client", "create", "acme", "--name", "web", "--shared"],
        &["client", "create", "acme", "--name", "web", "--machine"],
        &["client", "create", "acme", "--name", "web", "--role", "billing"],
        &["tenant", "policy"],
        &["tenant", "policy", "acme", "--chain", "sms"],
        &["tenant", "policy", "acme", "--chain", "code", "--table-only", "--yes"],
    ] {
        assert_eq!(laptop.run(wrong).await.code, 2, "{wrong:?}");
    }
    let refused = ["client", "create", "acme", "--name", "robot", "--machine", "--scope", "api/read"];
    assert_eq!(laptop.refused(&refused).await, (1, "POOL_REFUSED".into()));
    assert_eq!(laptop.json(&["client", "create", "acme", "--name", "robot", "--undo"]).await["undone"], false);
    pools.shutdown().await;
}
