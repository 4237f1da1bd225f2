//! `tenantctl attach` and `tenantctl detach`, over a local user pool and a local Lambda that are as strict as AWS.

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use serde_json::{Value, json};
use user_pool::functions::{Functions, Options};
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink};

use crate::bench::{Laptop, text};

pub(crate) const POOL: &str = "local_Tenantry1";
const TRIGGERS: [&str; 6] = [
    "pre-sign-up",
    "post-confirmation",
    "pre-token-generation",
    "define-auth-challenge",
    "create-auth-challenge",
    "verify-auth-challenge",
];

pub(crate) struct Stack {
    pub(crate) laptop: Laptop,
    pub(crate) server: Server,
    pub(crate) functions: Functions,
    sdk: cognito::Client,
}

impl Stack {
    /// A pool of somebody's, with two functions of theirs and a client that nobody bound; ours are deployed, and nothing more.
    pub(crate) async fn new(change: impl FnOnce(&mut PoolSettings)) -> Self {
        let options = Options { region: "local".to_owned(), ..Options::default() };
        let functions = Functions::start_with(options, clock(), Random::new(random), Sink::silent()).await.unwrap();
        for trigger in TRIGGERS {
            // Nothing answers behind it: what is called without being attached fails.
            functions.add(&format!("tenantry-{trigger}"), "/nowhere/bootstrap", [("A", "B")]);
            functions.add_alias(&format!("tenantry-{trigger}"), "live");
        }
        let mut settings = PoolSettings::new(POOL);
        settings.custom_attributes = vec!["tenantId".to_owned(), "plan".to_owned()];
        settings.triggers.invoke_url = functions.url();
        settings.triggers.needs_permission = true;
        settings.shown.insert(
            "LambdaConfig".to_owned(),
            json!({ "CustomMessage": theirs("message"), "UserMigration": theirs("migration") }),
        );
        settings.shown.insert("MfaConfiguration".to_owned(), json!("OPTIONAL"));
        settings.clients.push(ClientSeed {
            client_id: Some("app".to_owned()),
            // As a client is that somebody made without looking: it writes everything.
            settings: ClientSettings { write_attributes: Vec::new(), ..ClientSettings::for_passwords("web") },
            ..ClientSeed::default()
        });
        change(&mut settings);
        let server =
            Server::start(Settings::new(vec![settings], clock(), Random::new(random), Sink::silent())).await.unwrap();
        let laptop = Laptop::new().await;
        laptop.user_pools_at(server.url());
        laptop.functions_at(&functions.url());
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("local"))
            .endpoint_url(server.url())
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some(server.url()), &store::connect::Trust::Amazon).unwrap())
            .build();
        Self { laptop, server, functions, sdk: cognito::Client::from_conf(config) }
    }

    async fn slots(&self) -> Value {
        let pool = self.sdk.describe_user_pool().user_pool_id(POOL).send().await.unwrap().user_pool.unwrap();
        let config = pool.lambda_config.unwrap();
        let name = |arn: Option<&str>| arn.map_or(Value::Null, |arn| json!(arn.split(":function:").nth(1).unwrap()));
        json!({
            "pre-sign-up": name(config.pre_sign_up()),
            "post-confirmation": name(config.post_confirmation()),
            "pre-token-generation": name(config.pre_token_generation_config().map(cognito::types::PreTokenGenerationVersionConfigType::lambda_arn)),
            "version": config.pre_token_generation_config().map(|one| one.lambda_version().as_str()),
            "define-auth-challenge": name(config.define_auth_challenge()),
            "create-auth-challenge": name(config.create_auth_challenge()),
            "verify-auth-challenge": name(config.verify_auth_challenge_response()),
            "message": name(config.custom_message()),
            "migration": name(config.user_migration()),
        })
    }

    async fn mfa(&self) -> String {
        let pool = self.sdk.describe_user_pool().user_pool_id(POOL).send().await.unwrap().user_pool.unwrap();
        pool.mfa_configuration.unwrap().to_string()
    }

    async fn plan(&self, more: &[&str]) -> Value {
        let all = [&["attach", "--pool", POOL], more].concat();
        self.laptop.json(&all).await.pointer("/plan").unwrap().clone()
    }

    /// Attaches; our functions cannot answer here, so they are not called before.
    async fn attach(&self, more: &[&str]) -> Value {
        let all = [&["attach", "--pool", POOL, "--apply", "--yes", "--no-probe"], more].concat();
        self.laptop.json(&all).await
    }

    async fn refused(&self, more: &[&str]) -> String {
        let all = [&["attach", "--pool", POOL, "--apply", "--yes", "--no-probe"], more].concat();
        let (exit, code) = self.laptop.refused(&all).await;
        assert_eq!(exit, 1, "{code}");
        code
    }

    async fn observes_unbound(&self) -> bool {
        let pools = self.laptop.json(&["pool", "list"]).await;
        pools.pointer("/pools/0/observe_unbound") == Some(&json!(true))
    }

    pub(crate) async fn signs_up(&self, name: &str) -> Result<(), String> {
        let sent = self.sdk.sign_up().client_id("app").username(name).password("Correct-horse-1").send().await;
        sent.map(|_| ()).map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
    }

    pub(crate) async fn end(self) {
        self.server.shutdown().await;
        self.functions.shutdown().await;
    }
}

fn theirs(name: &str) -> String {
    format!("arn:aws:lambda:local:000000000000:function:{name}")
}

#[expect(clippy::disallowed_methods, reason = "the binary under test reads the same clock")]
fn clock() -> Clock {
    Clock::new(jiff::Timestamp::now)
}

#[expect(clippy::disallowed_methods, reason = "a test takes randomness from where main.rs does")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    value.pointer(pointer).unwrap().as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_plan_tells_everything_and_changes_nothing() {
    let stack = Stack::new(|_| {}).await;
    for (name, tenant) in [("ann", "acme"), ("bob", "acme"), ("cid", "globex"), ("dan", "dan@acme.example")] {
        let attribute = cognito::types::AttributeType::builder().name("custom:tenantId").value(tenant).build().unwrap();
        let address = format!("{name}@people.example");
        let made = stack.sdk.admin_create_user().user_pool_id(POOL).username(address).user_attributes(attribute);
        made.send().await.unwrap();
    }
    stack.sdk.admin_disable_user().user_pool_id(POOL).username("dan@people.example").send().await.unwrap();
    let before = stack.slots().await;
    let plan = stack.plan(&[]).await;
    assert_eq!(stack.slots().await, before);
    assert!(!stack.observes_unbound().await);
    for slot in plan["slots"].as_array().unwrap() {
        assert_eq!(
            (text(slot, "/slot_state"), text(slot, "/function_state/state"), text(slot, "/permission")),
            ("free", "ready", "no"),
            "{slot}"
        );
        assert!(slot["set"] == true && slot["permit"] == true);
    }
    assert_eq!(plan.pointer("/kept/0/slot"), Some(&json!("CustomMessage")));
    assert_eq!((&plan["clients"]["never_bound"], &plan["observe_unbound"]), (&json!(1), &json!(true)));
    let users = &plan["users"];
    assert_eq!(
        (&users["read"], &users["statuses"], &users["disabled"]),
        (&json!(4), &json!({ "FORCE_CHANGE_PASSWORD": 3 }), &json!(1)),
        "nobody counts twice"
    );
    let attribute = plan.pointer("/users/attributes/0").unwrap();
    assert_eq!(
        (text(attribute, "/name"), &attribute["users"], &attribute["values"]),
        ("custom:tenantId", &json!(4), &json!(3))
    );
    assert_eq!(attribute.pointer("/most/0"), Some(&json!({ "value": "acme", "users": 2 })));
    assert!(!plan.to_string().contains("acme.example"), "no address");
    assert_eq!(list(&plan, "/writers/0/clients"), ["app"], "who has no list writes everything");
    assert_eq!(plan["obstacles"], json!([]));
    assert!(list(&plan, "/notes").iter().any(|note| note.contains("sign-ins need these functions and the table")));
    let update = text(&plan, "/snippets/cli");
    assert!(update.contains("\ntenantctl --local pool observe-unbound local_Tenantry1\n"), "at the same table");
    assert!(
        update.contains("\"MfaConfiguration\": \"OPTIONAL\"") && update.contains(&theirs("tenantry-pre-sign-up:live"))
    );

    let told = stack.laptop.run(&["attach", "--pool", POOL, "--snippets", "none"]).await;
    assert_eq!(told.code, 0, "{}", told.err);
    let wide: Vec<&str> = told.out.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(wide, [""; 0]);
    for said in [
        "free: will be ours",
        "1 disabled",
        "never bound: pass, logged only",
        "acme (2)",
        "it proves nothing",
        "nothing was changed",
    ] {
        assert!(told.out.contains(said), "{said} in {}", told.out);
    }
    stack.end().await;
}

#[tokio::test]
async fn attaching_keeps_everything_else_and_detaching_goes_back() {
    let stack = Stack::new(|_| {}).await;
    let before = stack.slots().await;
    let done = stack.attach(&[]).await;
    assert_eq!(list(&done, "/applied/permitted").len(), 6);
    assert_eq!(list(&done, "/applied/set").len(), 6);
    let slots = stack.slots().await;
    for trigger in TRIGGERS {
        assert_eq!(slots[trigger], format!("tenantry-{trigger}:live"));
    }
    assert_eq!(
        (&slots["version"], &slots["message"], &slots["migration"]),
        (&json!("V2_0"), &before["message"], &before["migration"])
    );
    assert_eq!(stack.mfa().await, "OPTIONAL");
    assert!(stack.observes_unbound().await, "before any slot was set");
    // It may be called: nothing answers behind it.
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(said.starts_with("UserLambdaValidationException") && !said.contains("AccessDenied"), "{said}");

    let again = stack.attach(&[]).await;
    assert_eq!(again["applied"], json!({ "observes_unbound": false, "permitted": [], "probed": [], "set": [] }));
    let later = stack.attach(&["--pre-token", "v3"]).await;
    assert_eq!(list(&later, "/applied/set"), ["PreTokenGeneration"]);
    assert_eq!(stack.slots().await["version"], "V3_0");
    assert_eq!(
        stack.attach(&[]).await["applied"]["set"],
        json!([]),
        "what is there is not taken back unless somebody says so"
    );

    let shown = stack.laptop.json(&["detach", "--pool", POOL, "--plan"]).await;
    let cli = text(&shown, "/plan/cli");
    assert!(
        cli.contains("update-user-pool")
            && cli.contains("\"MfaConfiguration\": \"OPTIONAL\"")
            && !cli.contains("tenantry-pre-sign-up")
    );
    assert_eq!((list(&shown, "/plan/forbidden").len(), &shown["applied"]), (6, &Value::Null));
    assert_eq!(stack.slots().await["pre-sign-up"], "tenantry-pre-sign-up:live");
    let gone = stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    assert_eq!(list(&gone, "/applied/emptied").len(), 6);
    assert_eq!(list(&gone, "/applied/forbidden").len(), 6);
    assert_eq!(stack.slots().await, before);
    assert_eq!(stack.mfa().await, "OPTIONAL");
    assert!(stack.observes_unbound().await, "the table is left as it is");
    stack.signs_up("eve@acme.example").await.unwrap();
    assert_eq!(stack.plan(&[]).await.pointer("/slots/0/permission"), Some(&json!("no")));
    let nothing = stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    assert_eq!(nothing["applied"], json!({ "emptied": [], "forbidden": [] }));
    stack.end().await;
}

#[tokio::test]
async fn an_occupied_slot_is_refused_and_the_others_can_be_had() {
    let stack = Stack::new(|settings| settings.triggers.pre_sign_up = Some("gate".to_owned())).await;
    assert_eq!(stack.refused(&[]).await, "SLOTS_OCCUPIED");
    assert_eq!(stack.refused(&["--only", "pre-sign-up,post-confirmation"]).await, "SLOTS_OCCUPIED");
    assert!(!stack.observes_unbound().await, "nothing was begun");
    let said = stack.laptop.run(&["attach", "--pool", POOL, "--apply", "--yes"]).await;
    assert!(
        said.err.contains("docs/wrap.md") && said.err.contains("--only post-confirmation,pre-token-generation"),
        "{}",
        said.err
    );
    let done = stack.attach(&["--only", "post-confirmation,pre-token-generation"]).await;
    assert_eq!(list(&done, "/applied/set"), ["PostConfirmation", "PreTokenGeneration"]);
    let slots = stack.slots().await;
    assert_eq!((&slots["pre-sign-up"], &slots["define-auth-challenge"]), (&json!("gate"), &Value::Null));
    // Other names than it was attached by: never a quiet success.
    let misnamed = ["detach", "--pool", POOL, "--yes", "--functions-prefix", "acme"];
    assert_eq!(stack.laptop.refused(&misnamed).await, (1, "SLOTS_NOT_OURS".to_owned()));
    stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    let slots = stack.slots().await;
    assert_eq!((&slots["pre-sign-up"], &slots["post-confirmation"]), (&json!("gate"), &Value::Null), "only ours go");
    assert_eq!(stack.laptop.run(&["attach", "--pool", POOL, "--only", "custom-message"]).await.code, 2);
    stack.end().await;
}

#[tokio::test]
async fn a_function_that_cannot_be_called_is_refused_before_anything_changes() {
    let stack = Stack::new(|_| {}).await;
    let before = stack.slots().await;
    assert_eq!(stack.refused(&["--functions-prefix", "acme"]).await, "FUNCTION_MISSING");
    assert_eq!(stack.refused(&["--alias", "next"]).await, "FUNCTION_MISSING");
    let elsewhere = "pre-sign-up=arn:aws:lambda:eu-west-1:000000000000:function:tenantry-pre-sign-up";
    assert_eq!(stack.refused(&["--trigger", elsewhere]).await, "FUNCTION_ELSEWHERE");
    stack.functions.set_state("tenantry-pre-sign-up", "Failed");
    assert_eq!(stack.refused(&[]).await, "FUNCTION_NOT_READY");
    stack.functions.set_state("tenantry-pre-sign-up", "Inactive");
    assert_eq!(stack.refused(&[]).await, "FUNCTION_NOT_READY", "the first call would fail, and be somebody's sign-in");
    let plan = stack.plan(&[]).await;
    assert!(
        text(&plan, "/snippets/cli").starts_with("# Not yet: ")
            && text(&plan, "/snippets/terraform").starts_with("# Not yet: ")
    );
    stack.functions.set_state("tenantry-pre-sign-up", "Active");
    // Called once as the pool would call it, it fails: so would every sign-up.
    let probed = stack.laptop.refused(&["attach", "--pool", POOL, "--apply", "--yes"]).await;
    assert_eq!(probed, (1, "FUNCTION_PROBE".to_owned()));
    assert_eq!(stack.slots().await, before);
    let missing = stack.laptop.refused(&["attach", "--pool", "local_Nobody", "--apply", "--yes"]).await;
    assert_eq!(missing, (1, "POOL_MISSING".to_owned()));
    stack.end().await;
}

#[tokio::test]
async fn m17_a_client_that_would_refuse_people_at_once_is_named_first() {
    let stack = Stack::new(|_| {}).await;
    stack.laptop.json(&["tenant", "create", "acme"]).await;
    stack.laptop.json(&["client", "bind", "app", "--tenant", "acme"]).await;
    assert_eq!(stack.refused(&[]).await, "CLIENTS_ENFORCED");
    stack.laptop.json(&["client", "unbind", "app"]).await;
    assert_eq!(stack.refused(&[]).await, "CLIENTS_ENFORCED");
    stack.laptop.json(&["client", "bind", "app", "--tenant", "acme", "--observe"]).await;
    stack.laptop.json(&["client", "observe", "app"]).await;
    let done = stack.attach(&[]).await;
    assert_eq!(done.pointer("/applied/observes_unbound"), Some(&json!(false)), "every client is bound");
    stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    stack.laptop.json(&["client", "unbind", "app"]).await;
    stack.laptop.json(&["pool", "dedicate", POOL, "--to", "acme"]).await;
    assert_eq!(stack.refused(&[]).await, "CLIENTS_ENFORCED");
    stack.attach(&["--enforced"]).await;
    assert_eq!(stack.slots().await["pre-sign-up"], "tenantry-pre-sign-up:live");
    stack.end().await;
}

const CHALLENGES: &str = "define-auth-challenge,create-auth-challenge,verify-auth-challenge";

#[tokio::test]
async fn m17_what_is_set_later_opens_no_client_that_was_denied() {
    let stack = Stack::new(|_| {}).await;
    stack.attach(&["--only", "pre-sign-up,post-confirmation,pre-token-generation"]).await;
    assert!(stack.observes_unbound().await);
    stack.laptop.json(&["pool", "observe-unbound", POOL, "--off", "--yes"]).await;
    stack.functions.add_alias("tenantry-pre-token-generation", "next");
    for (more, set) in [
        (&["--only", CHALLENGES, "--enforced"][..], 3),
        (&["--only", "pre-token-generation", "--pre-token", "v3"], 1),
        (&["--only", "pre-token-generation", "--alias", "next"], 1),
    ] {
        let told = stack.laptop.run(&[&["attach", "--pool", POOL, "--snippets", "none"], more].concat()).await;
        assert!(told.out.contains("1 never bound: are denied"), "{more:?}: {}", told.out);
        let done = stack.attach(more).await;
        assert_eq!(list(&done, "/applied/set").len(), set, "{more:?}: {}", done["applied"]);
        assert_eq!((&done["applied"]["observes_unbound"], done["applied"].get("warnings")), (&json!(false), None));
        assert!(!stack.observes_unbound().await, "{more:?}");
    }
    // Also where sign-ups are ours to decide again.
    stack.server.pool(POOL).unwrap().update(|settings| settings.triggers.pre_sign_up = None);
    assert_eq!(list(&stack.attach(&["--only", "pre-sign-up"]).await, "/applied/set"), ["PreSignUp"]);
    assert!(!stack.observes_unbound().await);
    // Detached, everybody passed: nobody comes to be refused by attaching.
    stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    stack.attach(&[]).await;
    assert!(stack.observes_unbound().await);
    stack.end().await;
}

#[tokio::test]
async fn whoever_passes_since_an_attaching_that_failed_is_told() {
    let stack = Stack::new(|_| {}).await;
    let ended = stack.laptop.run(&["--json", "attach", "--pool", POOL, "--apply", "--yes"]).await;
    let error: Value = serde_json::from_str(ended.err.lines().last().unwrap()).unwrap();
    assert_eq!((ended.code, text(&error, "/error/code")), (1, "FUNCTION_PROBE"), "{}", ended.err);
    assert!(stack.observes_unbound().await);
    assert!(text(&error, "/error/message").contains("clients that were never bound pass by now"), "{error}");
    let help = text(&error, "/error/help");
    assert!(help.contains("tenantctl --local pool observe-unbound local_Tenantry1 --off --yes"), "{help}");
    assert!(help.contains("no slot was set") && help.contains("takes that back"), "{help}");
    assert!(stack.kept().is_empty(), "what nobody touched needs no way back");
    // It passed before this one.
    let again = stack.laptop.run(&["--json", "attach", "--pool", POOL, "--apply", "--yes"]).await;
    assert!(again.err.contains("FUNCTION_PROBE") && !again.err.contains("never bound"), "{}", again.err);
    stack.end().await;
}

#[tokio::test]
async fn a_setting_that_this_version_does_not_know_is_refused() {
    let stack = Stack::new(|settings| {
        settings.shown.insert("SignInWindow".to_owned(), json!({ "Hours": 3 }));
    })
    .await;
    assert_eq!(stack.refused(&[]).await, "POOL_SETTINGS_UNKNOWN");
    assert_eq!(stack.slots().await["pre-sign-up"], Value::Null);
    let plan = stack.plan(&[]).await;
    assert!(text(&plan, "/obstacles/0/message").contains("SignInWindow.Hours"));
    stack.end().await;
}

#[tokio::test]
async fn a_pool_that_does_not_say_its_feature_plan_is_refused() {
    let stack = Stack::new(|settings| {
        settings.shown.insert("UserPoolTier".to_owned(), Value::Null);
    })
    .await;
    assert_eq!(stack.refused(&[]).await, "POOL_PLAN_UNKNOWN");
    assert_eq!(stack.slots().await["pre-sign-up"], Value::Null, "an update would have set a plan that has a price");
    stack.end().await;
}

#[tokio::test]
async fn app_clients_are_described_at_a_modest_pace() {
    let stack = Stack::new(|settings| {
        for n in 0..9 {
            let settings_of_one = ClientSettings::for_passwords("web");
            let id = Some(format!("app{n}"));
            settings.clients.push(ClientSeed { client_id: id, settings: settings_of_one, ..ClientSeed::default() });
        }
    })
    .await;
    let began = tokio::time::Instant::now();
    let plan = stack.plan(&[]).await;
    assert_eq!(plan["clients"]["all"], json!(10));
    assert!(began.elapsed() >= std::time::Duration::from_millis(500), "ten clients, 50 ms before each");
    stack.end().await;
}

#[tokio::test]
async fn a_pool_without_permission_for_a_function_refuses_everybody_as_cognito_does() {
    let stack =
        Stack::new(|settings| settings.triggers.pre_sign_up = Some("tenantry-pre-sign-up:live".to_owned())).await;
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert_eq!(said, "UnexpectedLambdaException: PreSignUp invocation failed due to error AccessDeniedException.");
    // The slot is ours already; what is missing comes.
    let done = stack.attach(&["--only", "pre-sign-up"]).await;
    assert_eq!((list(&done, "/applied/permitted").len(), list(&done, "/applied/set").len()), (1, 0));
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(said.starts_with("UserLambdaValidationException"), "{said}");
    stack.end().await;
}

#[tokio::test]
async fn on_the_lite_plan_the_token_event_is_of_version_one() {
    let stack = Stack::new(|settings| {
        settings.shown.insert("UserPoolTier".to_owned(), json!("LITE"));
    })
    .await;
    stack.attach(&[]).await;
    assert_eq!(stack.slots().await["version"], "V1_0");
    stack.end().await;
}

#[tokio::test]
async fn nothing_is_attached_that_nobody_agreed_to() {
    let stack = Stack::new(|_| {}).await;
    let asked = stack.laptop.run(&["attach", "--pool", POOL, "--apply"]).await;
    assert!(asked.code == 1 && asked.err.contains("attach to local_Tenantry1?"), "{}", asked.err);
    assert!(asked.out.contains("free: will be ours"), "it was shown");
    assert_eq!(stack.laptop.refused(&["attach", "--pool", POOL, "--apply"]).await, (1, "UNCONFIRMED".to_owned()));
    assert_eq!(stack.slots().await["pre-sign-up"], Value::Null);
    assert_eq!(stack.laptop.run(&["attach", "--pool", POOL, "--yes"]).await.code, 2);
    stack.attach(&[]).await;
    assert_eq!(stack.laptop.refused(&["detach", "--pool", POOL]).await, (1, "UNCONFIRMED".to_owned()));
    assert_eq!(stack.slots().await["pre-sign-up"], "tenantry-pre-sign-up:live");
    stack.end().await;
}

static CHANGED: std::sync::Mutex<Option<std::sync::Arc<user_pool::Pool>>> = std::sync::Mutex::new(None);

/// Says yes, after somebody else changed the pool.
fn changes_it_meanwhile(_: &str) -> bool {
    let pool = CHANGED.lock().unwrap().clone().unwrap();
    pool.update(|settings| {
        settings.shown.insert("MfaConfiguration".to_owned(), json!("ON"));
    });
    true
}

impl Stack {
    /// A command at a terminal at which somebody says yes, and something happens in between.
    async fn answered(&self, words: &[&str], ask: fn(&str) -> bool) -> String {
        let world = tenantctl::World {
            #[expect(clippy::disallowed_methods, reason = "the binary reads the same clock")]
            now: jiff::Timestamp::now,
            random,
            user: Some("olga".to_owned()),
            folder: Some(self.laptop.folder.path().to_owned()),
            progress: false,
            ask: Some(ask),
        };
        let all = ["tenantctl", "--local"].iter().chain(words).map(std::ffi::OsString::from);
        format!("{:?}", tenantctl::run(all, &world).await)
    }

    /// The files that bring back what the pool was.
    pub(crate) fn kept(&self) -> Vec<std::path::PathBuf> {
        let all = std::fs::read_dir(self.laptop.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|one| one == "json")).collect()
    }
}

#[tokio::test]
async fn detaching_needs_neither_the_table_nor_lambda() {
    use std::os::unix::fs::PermissionsExt as _;

    let stack = Stack::new(|_| {}).await;
    let before = stack.slots().await;
    stack.attach(&[]).await;
    let kept = stack.kept();
    let [file] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let update: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(
        (update.pointer("/LambdaConfig/PreSignUp"), update.pointer("/LambdaConfig/CustomMessage")),
        (None, Some(&json!(theirs("message"))))
    );
    let state = stack.laptop.folder.path().join(".tenantry/local.json");
    let mut local: Value = serde_json::from_str(&std::fs::read_to_string(&state).unwrap()).unwrap();
    local["endpoint"] = json!("http://127.0.0.1:1");
    local["lambda_endpoint"] = json!("http://127.0.0.1:1");
    std::fs::write(&state, local.to_string()).unwrap();
    let gone = stack.laptop.json(&["detach", "--pool", POOL, "--yes"]).await;
    assert_eq!(list(&gone, "/applied/emptied").len(), 6);
    assert_eq!(stack.slots().await, before);
    assert_eq!(stack.mfa().await, "OPTIONAL");
    let warned = list(&gone, "/applied/warnings").join("; ");
    assert!(warned.contains("not recorded") && warned.contains("stays in the policy"), "{warned}");
    let planned = list(&gone, "/plan/warnings").join("; ");
    assert!(planned.contains("enforce is not known"), "{planned}");
    assert!(text(&gone, "/restore").contains("local_Tenantry1"));
    stack.signs_up("eve@acme.example").await.unwrap();
    stack.end().await;
}

static FUNCTIONS: std::sync::Mutex<Option<Functions>> = std::sync::Mutex::new(None);

/// Says yes, after somebody took back the permission: a function that is made anew has no policy.
fn forbids_it_meanwhile(_: &str) -> bool {
    let functions = FUNCTIONS.lock().unwrap();
    let functions = functions.as_ref().unwrap();
    functions.remove("tenantry-pre-sign-up");
    functions.add("tenantry-pre-sign-up", "/nowhere/bootstrap", [("A", "B")]);
    functions.add_alias("tenantry-pre-sign-up", "live");
    true
}

static TAKEN: std::sync::Mutex<Option<std::sync::Arc<user_pool::Pool>>> = std::sync::Mutex::new(None);

/// Says yes, after somebody else attached.
fn attaches_meanwhile(_: &str) -> bool {
    let pool = TAKEN.lock().unwrap().clone().unwrap();
    pool.update(|settings| settings.triggers.pre_sign_up = Some("tenantry-pre-sign-up:live".to_owned()));
    true
}

#[tokio::test]
async fn m17_two_operators_at_once_leave_no_slot_that_the_pool_may_not_call() {
    let stack = Stack::new(|_| {}).await;
    // Permissions alone, as somebody's interrupted detach leaves them.
    stack.attach(&[]).await;
    let pool = stack.server.pool(POOL).unwrap();
    let empty = || pool.update(|settings| settings.triggers.pre_sign_up = None);
    empty();
    let plan = stack.plan(&[]).await;
    assert_eq!(plan.pointer("/slots/0/permission"), Some(&json!("yes")), "{plan}");
    let Stack { laptop, server, functions, sdk } = stack;
    *FUNCTIONS.lock().unwrap() = Some(functions);
    let options = Options { region: "local".to_owned(), ..Options::default() };
    let functions = Functions::start_with(options, clock(), Random::new(random), Sink::silent()).await.unwrap();
    let stack = Stack { laptop, server, functions, sdk };
    let ended = stack.answered(&["attach", "--pool", POOL, "--apply", "--no-probe"], forbids_it_meanwhile).await;
    assert_eq!(ended, format!("{:?}", std::process::ExitCode::SUCCESS));
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(said.starts_with("UserLambdaValidationException") && !said.contains("AccessDenied"), "{said}");

    stack.end().await;
    let functions = FUNCTIONS.lock().unwrap().take().unwrap();
    functions.shutdown().await;
}

#[tokio::test]
async fn m17_a_statement_stays_while_its_function_sits_in_a_slot() {
    // Permission, and no slot.
    let stack =
        Stack::new(|settings| settings.triggers.pre_sign_up = Some("tenantry-pre-sign-up:live".to_owned())).await;
    stack.attach(&["--only", "pre-sign-up"]).await;
    let pool = stack.server.pool(POOL).unwrap();
    pool.update(|settings| settings.triggers.pre_sign_up = None);
    *TAKEN.lock().unwrap() = Some(pool);
    let ended = stack.answered(&["detach", "--pool", POOL], attaches_meanwhile).await;
    assert_eq!(ended, format!("{:?}", std::process::ExitCode::SUCCESS));
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(said.starts_with("UserLambdaValidationException") && !said.contains("AccessDenied"), "{said}");
    stack.end().await;
}

#[tokio::test]
async fn a_pool_that_changed_since_it_was_shown_is_left_alone() {
    let stack = Stack::new(|_| {}).await;
    *CHANGED.lock().unwrap() = stack.server.pool(POOL);
    let ended = stack.answered(&["attach", "--pool", POOL, "--apply", "--no-probe"], changes_it_meanwhile).await;
    assert_eq!(stack.kept(), [""; 0].map(std::path::PathBuf::from), "what nobody touched needs no way back");
    assert_eq!(ended, format!("{:?}", std::process::ExitCode::from(1)));
    assert_eq!((stack.slots().await["pre-sign-up"].clone(), stack.mfa().await), (Value::Null, "ON".to_owned()));
    // Interrupted after the permissions: the same command goes on.
    let done = stack.attach(&[]).await;
    assert_eq!((list(&done, "/applied/permitted").len(), list(&done, "/applied/set").len()), (0, 6));
    assert_eq!(stack.mfa().await, "ON");
    stack.end().await;
}
