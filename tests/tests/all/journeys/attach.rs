//! A pool that was there before comes over, by the real programs: a function of its own in one slot, people and a client of its own. At
//! every step they get in, and going back works.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use user_pool::PoolSettings;

use super::*;

const ADOPTED: &str = "local_Adopted1";
const ANN: &str = "ann@acme.example";

/// A program that stands in Lambda for somebody's Python function; the recipe is in the path. `asks` is the function of ours that it calls.
fn gate(folder: &Path, asks: Option<&str>) -> PathBuf {
    let recipe = root().join("examples/wrap/python").canonicalize().unwrap().display().to_string();
    let asked = asks.unwrap_or_default();
    let text = format!(
        r#"#!/usr/bin/env -S python3 -B
import json, os, sys, urllib.error, urllib.request
sys.path.insert(0, {recipe:?})
from wrap import tenantry, wrap

ASKED = {asked:?}

def own(event, context=None):
    if event["request"]["userAttributes"].get("email", "").startswith("nobody@"):
        raise ValueError("Nobody may sign up here")
    return event

def invoke(event):
    request = urllib.request.Request(os.environ["INVOKE_URL"] + ASKED + "/invocations", event.encode())
    with urllib.request.urlopen(request, timeout=4) as answer:
        return "x-amz-function-error" in answer.headers, answer.read()

handler = wrap(own, tenantry(invoke)) if ASKED else own
api = os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as call:
        event, number = json.load(call), call.headers["lambda-runtime-aws-request-id"]
    try:
        path, answer = "/response", handler(event)
    except Exception as error:
        path, answer = "/error", {{"errorType": type(error).__name__, "errorMessage": str(error)}}
    urllib.request.urlopen(urllib.request.Request(api + number + path, json.dumps(answer).encode())).close()
"#
    );
    let file = folder.join(if asks.is_some() { "wrapped" } else { "gate" });
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

impl Laptop {
    /// The pool of somebody else, with a gate of theirs; our functions are deployed beside those of the laptop, under other names.
    fn theirs(&self, folder: &Path) {
        let functions = self.functions().unwrap();
        functions.add("gate", gate(folder, None), [("A", "B")]);
        for name in laptop::TRIGGERS {
            functions.add(&format!("tenantry-{name}"), program(name), self.environment());
            functions.add_alias(&format!("tenantry-{name}"), "live");
        }
        let mut pool = PoolSettings::new(ADOPTED);
        self.lambda_endpoint().clone_into(&mut pool.triggers.invoke_url);
        pool.triggers.pre_sign_up = Some("gate".to_owned());
        pool.shown.insert("MfaConfiguration".to_owned(), json!("OPTIONAL"));
        pool.clients.push(ClientSeed {
            client_id: Some("theirs".to_owned()),
            settings: ClientSettings::for_passwords("theirs"),
            ..ClientSeed::default()
        });
        self.server().add_pool(pool);
    }

    async fn slots(&self) -> Vec<String> {
        let asked = self.sdk().describe_user_pool().user_pool_id(ADOPTED).send().await.unwrap();
        let pool = asked.user_pool.unwrap();
        assert_eq!(pool.mfa_configuration.unwrap().as_str(), "OPTIONAL", "nothing else changes");
        let config = pool.lambda_config.unwrap();
        let all = [
            config.pre_sign_up,
            config.post_confirmation,
            config.pre_token_generation_config.map(|config| config.lambda_arn),
            config.define_auth_challenge,
        ];
        all.into_iter().flatten().map(|arn| arn.split(":function:").nth(1).unwrap().to_owned()).collect()
    }
}

/// `tenantctl --local --json …`: its answer, or the code of its refusal.
fn tenantctl(folder: &Path, arguments: &[&str]) -> Result<Value, String> {
    let mut command = Command::new(program("tenantctl"));
    let ran = command.args(["--local", "--json"]).args(arguments).current_dir(folder).output().unwrap();
    if ran.status.success() {
        return Ok(serde_json::from_slice(&ran.stdout).unwrap());
    }
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    let error: Value = serde_json::from_str(error.lines().last().unwrap_or_default()).unwrap_or(json!(error));
    Err(error.pointer("/error/code").and_then(Value::as_str).map_or(error.to_string(), str::to_owned))
}

/// Tokens as they were before anybody adopted anything.
#[track_caller]
fn gets_in(outcome: Outcome) {
    let tokens = outcome.unwrap_or_else(|refused| panic!("{refused}"));
    assert!(!tokens.claims().contains_key("tenant_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn m17_an_adopted_pool_with_a_function_of_its_own_locks_nobody_out_and_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let laptop = Laptop::start_with(|settings| settings.state_dir = Some(folder.path().to_owned())).await;
    laptop.theirs(folder.path());
    let app = laptop.app("theirs");
    let run = |arguments: &[&str]| tenantctl(folder.path(), arguments);
    gets_in(app.join(ANN, None).await);
    let sent = app.sign_up("nobody@acme.example", None).await.unwrap_err();
    assert_eq!(sent.message, "PreSignUp failed with error Nobody may sign up here.");

    // A plan, and the slot that is occupied.
    let attach = ["attach", "--pool", ADOPTED];
    let plan = run(&attach).unwrap();
    assert_eq!(plan.pointer("/plan/slots/0/slot_state"), Some(&json!("occupied")));
    assert_eq!(plan.pointer("/plan/users/read"), Some(&json!(1)));
    assert_eq!(run(&[&attach[..], &["--apply", "--yes"]].concat()).unwrap_err(), "SLOTS_OCCUPIED");
    assert_eq!(laptop.slots().await, ["gate"]);
    gets_in(app.sign_in(ANN).await);

    // The others, each called once before, by a pool that calls only what it may.
    laptop.server().pool(ADOPTED).unwrap().update(|settings| settings.triggers.needs_permission = true);
    let only =
        "post-confirmation,pre-token-generation,define-auth-challenge,create-auth-challenge,verify-auth-challenge";
    let done = run(&[&attach[..], &["--only", only, "--apply", "--yes"]].concat()).unwrap();
    assert_eq!(done.pointer("/applied/probed").and_then(Value::as_array).map(Vec::len), Some(5), "{}", done["applied"]);
    assert_eq!(done.pointer("/applied/observes_unbound"), Some(&json!(true)));
    assert_eq!(
        laptop.slots().await,
        [
            "gate",
            "tenantry-post-confirmation:live",
            "tenantry-pre-token-generation:live",
            "tenantry-define-auth-challenge:live"
        ]
    );
    gets_in(app.sign_in(ANN).await);

    // Their function asks ours. It has no policy here, so the pool is no longer strict.
    laptop.server().pool(ADOPTED).unwrap().update(|settings| settings.triggers.needs_permission = false);
    let wrapped = gate(folder.path(), Some("tenantry-pre-sign-up:live"));
    let functions = laptop.functions().unwrap();
    let invoke = format!("{}/2015-03-31/functions/", functions.url());
    functions.add("gate", wrapped, [("INVOKE_URL", invoke)]);
    gets_in(app.join("bob@acme.example", None).await);

    // A tenant that asks its people in, at the client that is theirs: observed, then enforced.
    let tenant = laptop.tenant("umbrella").await;
    let client = format!("{ADOPTED}:theirs");
    run(&["client", "bind", &client, "--tenant", "umbrella", "--observe"]).unwrap();
    gets_in(app.join("cid@acme.example", None).await);
    run(&["client", "enforce", &client]).unwrap();
    refused(app.sign_in(ANN).await, Refusal::InvitationRequired);
    let sentence = app.sign_up("dan@acme.example", None).await.unwrap_err();
    assert_eq!(
        sentence.message,
        "PreSignUp failed with error You need an invitation to join this workspace. Ask its admin. (INVITATION_REQUIRED)."
    );
    let own = app.sign_up("nobody@acme.example", None).await.unwrap_err();
    assert_eq!(own.message, "PreSignUp failed with error Nobody may sign up here.");
    let invitation = laptop.invite(&tenant, ANN, "admin").await.unwrap();
    assert!(!invitation.is_empty());
    member(app.sign_in(ANN).await, &tenant, &["admin"]);
    let secret = laptop.invite(&tenant, "eve@acme.example", "viewer").await.unwrap();
    member(app.join("eve@acme.example", Some(&secret)).await, &tenant, &["viewer"]);

    // Back to where it was.
    run(&["client", "observe", &client]).unwrap();
    gets_in(app.sign_in("cid@acme.example").await);
    let gone = run(&["detach", "--pool", ADOPTED, "--yes"]).unwrap();
    assert_eq!(gone.pointer("/applied/forbidden").and_then(Value::as_array).map(Vec::len), Some(5));
    functions.add("gate", gate(folder.path(), None), [("A", "B")]);
    assert_eq!(laptop.slots().await, ["gate"]);
    gets_in(app.sign_in(ANN).await);
    gets_in(app.join("fay@acme.example", None).await);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m17_whoever_was_denied_stays_so_when_more_is_attached() {
    let folder = tempfile::tempdir().unwrap();
    let laptop = Laptop::start_with(|settings| settings.state_dir = Some(folder.path().to_owned())).await;
    laptop.theirs(folder.path());
    let app = laptop.app("theirs");
    let run = |arguments: &[&str]| tenantctl(folder.path(), arguments).unwrap();
    let attach = |only: &str| run(&["attach", "--pool", ADOPTED, "--only", only, "--enforced", "--apply", "--yes"]);
    gets_in(app.join(ANN, None).await);
    attach("post-confirmation,pre-token-generation");
    gets_in(app.sign_in(ANN).await);
    run(&["pool", "observe-unbound", ADOPTED, "--off", "--yes"]);
    refused(app.sign_in(ANN).await, Refusal::ClientNotBound);
    let done = attach("define-auth-challenge,create-auth-challenge,verify-auth-challenge");
    assert_eq!(done.pointer("/applied/set").and_then(Value::as_array).map(Vec::len), Some(3), "{done}");
    refused(app.sign_in(ANN).await, Refusal::ClientNotBound);
    let pools = run(&["pool", "list"]);
    let adopted = pools["pools"].as_array().unwrap().iter().find(|pool| pool["pool"] == ADOPTED).unwrap();
    assert_eq!(adopted["observe_unbound"], false);
    laptop.stack.shutdown().await;
}
