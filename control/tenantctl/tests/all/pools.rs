//! `tenantctl doctor --pool` and `tenantctl member unlock`, over a local user pool.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};

use crate::bench::{Laptop, text};

const POOL: &str = "local_Tenantry1";
const PASSWORD: &str = "Correct-horse-1";

struct Stack {
    laptop: Laptop,
    server: Server,
    sdk: cognito::Client,
    days_ago: Arc<AtomicI64>,
}

impl Stack {
    /// A tenant, its client in order, our functions in the slots.
    async fn new() -> Self {
        let days_ago = Arc::new(AtomicI64::new(8));
        let clock = {
            let days_ago = Arc::clone(&days_ago);
            Clock::new(move || now() - SignedDuration::from_hours(24 * days_ago.load(Ordering::Relaxed)))
        };
        let mut settings = PoolSettings::new(POOL);
        let arn = |name: &str| format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}");
        settings.shown.insert(
            "LambdaConfig".to_owned(),
            serde_json::json!({
                "PreSignUp": arn("pre-sign-up"),
                "PostConfirmation": arn("post-confirmation"),
                "PreTokenGeneration": arn("pre-token-generation"),
                "PreTokenGenerationConfig": { "LambdaArn": arn("pre-token-generation"), "LambdaVersion": "V2_0" },
            }),
        );
        settings.clients.push(ClientSeed {
            client_id: Some("app".to_owned()),
            settings: ClientSettings {
                explicit_auth_flows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec(),
                enable_token_revocation: Some(true),
                ..ClientSettings::for_passwords("web")
            },
            ..ClientSeed::default()
        });
        let server =
            Server::start(Settings::new(vec![settings], clock, Random::new(random), Sink::silent())).await.unwrap();
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
        laptop.json(&["client", "bind", "app", "--tenant", "acme"]).await;
        Self { laptop, server, sdk, days_ago }
    }

    async fn signs_up(&self, name: &str) -> String {
        let address = format!("{name}@acme.example");
        let sent = self.sdk.sign_up().client_id("app").username(address).password(PASSWORD).send().await.unwrap();
        sent.user_sub().to_owned()
    }

    async fn is_there(&self, sub: &str) -> bool {
        self.sdk.admin_get_user().user_pool_id(POOL).username(sub).send().await.is_ok()
    }

    /// `tenantctl --local --json doctor --pool …`: the exit code and the codes of what was found.
    async fn doctor(&self, more: &[&str]) -> (i32, Vec<String>) {
        let mut all = vec!["--json", "doctor", "--pool"];
        all.extend(more);
        let ended = self.laptop.run(&all).await;
        let found: Value = serde_json::from_str(&ended.out).unwrap_or_default();
        let codes = found.get("findings").and_then(Value::as_array).into_iter().flatten();
        (ended.code, codes.map(|finding| text(finding, "/code").to_owned()).collect())
    }
}

#[expect(clippy::disallowed_methods, reason = "the binary under test reads the same clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "a test takes randomness from where main.rs does")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

#[tokio::test]
async fn a_healthy_pool_ends_with_zero_and_says_so() {
    let stack = Stack::new().await;
    assert_eq!(stack.doctor(&[]).await, (0, vec![]));
    assert_eq!(stack.doctor(&[POOL]).await, (0, vec![]));
    let told = stack.laptop.run(&["doctor", "--pool"]).await;
    assert!(told.out.contains("local_Tenantry1: 1 app clients, 0 users"), "{}", told.out);
    assert!(told.out.contains("pool and table agree"), "{}", told.out);
    assert_eq!(stack.doctor(&["eu-central-1_elsewhere"]).await, (1, vec!["POOL_MISSING".to_owned()]));
    stack.server.shutdown().await;
}

#[tokio::test]
async fn m15_the_plan_is_shown_before_anything_is_done_and_done_when_somebody_agrees() {
    let stack = Stack::new().await;
    let old = stack.signs_up("bob").await;
    stack.days_ago.store(2, Ordering::Relaxed);
    let young = stack.signs_up("mia").await;
    let found = (1, vec!["USERS_UNCONFIRMED".to_owned()]);
    assert_eq!(stack.doctor(&[]).await, found);
    assert_eq!(stack.doctor(&["--fix", "--dry-run"]).await, found);
    let shown = stack.laptop.run(&["doctor", "--pool", "--fix", "--dry-run"]).await;
    assert!(shown.out.contains(&format!("would delete the user {old} of {POOL}")), "{}", shown.out);
    // Nobody is at this terminal.
    assert_eq!(stack.laptop.refused(&["doctor", "--pool", "--fix"]).await, (1, "UNCONFIRMED".to_owned()));
    let asked = stack.laptop.run(&["doctor", "--pool", "--fix"]).await;
    assert!(asked.out.contains("would delete") && asked.err.contains("do these 1 things?"), "{}", asked.err);
    assert!(stack.is_there(&old).await);
    assert_eq!(stack.doctor(&["--unconfirmed-older-than", "9d"]).await, (0, vec![]));
    assert_eq!(stack.doctor(&["--unconfirmed-older-than", "1h"]).await.0, 2);
    let done = stack.laptop.run(&["doctor", "--pool", "--fix", "--yes"]).await;
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("put right"), "{}", done.out);
    assert!(!stack.is_there(&old).await && stack.is_there(&young).await);
    assert_eq!(stack.doctor(&["--fix", "--yes"]).await, (0, vec![]));
}

#[tokio::test]
async fn what_is_ours_is_said_on_the_command_line() {
    let stack = Stack::new().await;
    assert_eq!(stack.doctor(&["--functions-prefix", "acme-"]).await.1, ["TRIGGER_FOREIGN"; 3]);
    let arn = "pre-sign-up=arn:aws:lambda:eu-central-1:123456789012:function:pre-sign-up";
    assert_eq!(stack.doctor(&["--functions-prefix", "acme-", "--trigger", arn]).await.1.len(), 2);
    assert_eq!(stack.doctor(&["--trigger", "gate=arn:aws:x"]).await.0, 2);
    assert_eq!(stack.laptop.run(&["doctor", "--trigger", arn]).await.code, 2);
    assert_eq!(stack.laptop.run(&["doctor", "--yes"]).await.code, 2);
}

#[tokio::test]
async fn m16_an_operator_lifts_a_lock() {
    let stack = Stack::new().await;
    let sub = stack.signs_up("bob").await;
    let person = format!("{POOL}:{sub}");
    let unlocked = stack.laptop.json(&["member", "unlock", "acme", &person, "--reason", "called us"]).await;
    assert_eq!((text(&unlocked, "/sub"), &unlocked["clients"]), (sub.as_str(), &Value::from(1)));
    stack.laptop.json(&["member", "add", "acme", &person, "--email", "bob@acme.example"]).await;
    let told = stack.laptop.run(&["member", "unlock", "acme", "bob@acme.example"]).await;
    assert!(told.out.starts_with("m_") && told.out.contains("at 1 app clients"), "{}", told.out);
    let unknown = stack.laptop.refused(&["member", "unlock", "acme", "mia@acme.example"]).await;
    assert_eq!(unknown, (1, "MEMBER_UNKNOWN".to_owned()));
    let other = stack.laptop.refused(&["member", "unlock", "acme", &person, "--client", "other"]).await;
    assert_eq!(other, (1, "CLIENT_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn m16_whoever_unlocks_nowhere_is_told_to_name_the_client() {
    let stack = Stack::new().await;
    let sub = stack.signs_up("bob").await;
    let person = format!("{POOL}:{sub}");
    stack.laptop.json(&["client", "unbind", "app"]).await;
    stack.laptop.json(&["pool", "dedicate", POOL, "--to", "acme"]).await;
    let unlock = ["member", "unlock", "acme", &person];
    assert_eq!(stack.laptop.refused(&unlock).await, (2, "INVALID".to_owned()));
    assert!(stack.laptop.run(&unlock).await.err.contains("--client"));
    let unlocked = stack.laptop.json(&[&unlock[..], &["--client", "other"]].concat()).await;
    assert_eq!(unlocked["clients"], 1);
}

static ASKED: AtomicI64 = AtomicI64::new(0);

fn says_yes(_: &str) -> bool {
    ASKED.fetch_add(1, Ordering::Relaxed);
    true
}

#[tokio::test]
async fn nobody_is_asked_whose_answer_a_program_reads() {
    let stack = Stack::new().await;
    let old = stack.signs_up("bob").await;
    let world = tenantctl::World {
        now,
        random,
        user: Some("olga".to_owned()),
        folder: Some(stack.laptop.folder.path().to_owned()),
        progress: false,
        ask: Some(says_yes),
    };
    let run = async |more: &[&str]| {
        let all = [&["tenantctl", "--local"][..], more, &["doctor", "--pool", "--fix"]].concat();
        tenantctl::run(all.into_iter().map(std::ffi::OsString::from), &world).await;
    };
    run(&["--json"]).await;
    assert!(ASKED.load(Ordering::Relaxed) == 0 && stack.is_there(&old).await);
    let shown = stack.doctor(&["--fix"]).await;
    assert_eq!(shown, (1, vec!["USERS_UNCONFIRMED".to_owned()]), "the plan is shown to whoever has to agree");
    run(&[]).await;
    assert!(ASKED.load(Ordering::Relaxed) == 1 && !stack.is_there(&old).await);
}

/// The user pool's address, behind which nobody may call one operation.
async fn forbidding(operation: &'static str, pools: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut pools = TcpStream::connect(pools).await.unwrap();
            tokio::spawn(async move {
                let (mut asked, mut answered) = (Vec::with_capacity(65536), Vec::with_capacity(65536));
                loop {
                    tokio::select! {
                        Ok(1..) = caller.read_buf(&mut asked) => {
                            if String::from_utf8_lossy(&asked).contains(operation) {
                                caller.write_all(FORBIDDEN).await.unwrap();
                                return;
                            }
                            pools.write_all(&asked).await.unwrap();
                            asked.clear();
                        }
                        Ok(1..) = pools.read_buf(&mut answered) => {
                            caller.write_all(&answered).await.unwrap();
                            answered.clear();
                        }
                        else => return,
                    }
                }
            });
        }
    });
    url
}

const FORBIDDEN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n\
content-length: 34\r\n\r\n{\"__type\":\"AccessDeniedException\"}";

#[tokio::test]
async fn what_was_found_is_told_even_where_nothing_could_be_done() {
    let stack = Stack::new().await;
    let old = stack.signs_up("bob").await;
    stack.laptop.user_pools_at(&forbidding("AdminDeleteUser", stack.server.address()).await);
    assert_eq!(stack.doctor(&["--fix", "--yes"]).await, (3, vec!["USERS_UNCONFIRMED".to_owned()]));
    assert_eq!(stack.laptop.refused(&["doctor", "--pool", "--fix", "--yes"]).await, (3, "POOL_NOT_ALLOWED".to_owned()));
    assert!(stack.is_there(&old).await);
}
