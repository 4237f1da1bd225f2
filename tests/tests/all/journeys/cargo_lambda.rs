//! `cargo lambda watch` and `cargo lambda invoke`, with the fixtures, as cargo-lambda's users expect.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use super::*;

/// The events of the demo's town, and what the answers say.
const EVENTS: [(&str, &str); 4] = [
    ("pre-sign-up", "demo-joins-by-domain"),
    ("post-confirmation", "demo-joins-by-domain"),
    ("pre-token-generation", "demo-late-enrolment"),
    ("define-auth-challenge", "demo-asks-for-a-code"),
];

/// The one that `cargo xtask test` hands over, or the person's own.
fn cargo_lambda() -> Command {
    if let Some(path) = variable("TENANTRY_CARGO_LAMBDA") {
        return Command::new(path);
    }
    let found = Command::new("cargo-lambda").args(["lambda", "--version"]).output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "cargo-lambda is missing: `cargo xtask test` installs the project's own and names it in TENANTRY_CARGO_LAMBDA; or put \
         one on the PATH"
    );
    Command::new("cargo-lambda")
}

fn event(trigger: &str, case: &str) -> PathBuf {
    root().join("fixtures").join(trigger).join(case).join("event.json")
}

fn invoke(trigger: &str, port: u16, event: &Path) -> Output {
    cargo_lambda()
        .args(["lambda", "invoke", trigger, "--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
        .arg("--data-file")
        .arg(event)
        .output()
        .unwrap()
}

#[track_caller]
fn answered(output: &Output) -> Value {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}\n{error}"))
}

/// A stranger's event, beside the fixture of somebody who belongs.
fn strangers_event(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(event("pre-sign-up", "demo-joins-by-domain")).unwrap();
    let path = folder.join("event.json");
    fs::write(&path, text.replace("@acme.example", "@elsewhere.example")).unwrap();
    path
}

/// What the answers must say once every trigger had its event.
fn as_promised(laptop: &Laptop, answers: &[Value]) {
    for (answer, (trigger, case)) in answers.iter().zip(EVENTS) {
        let sent: Value = serde_json::from_str(&fs::read_to_string(event(trigger, case)).unwrap()).unwrap();
        assert_eq!(answer["request"], sent["request"], "{trigger} echoes the request");
    }
    let claims = &answers[2]["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"];
    assert_eq!(claims["tenant_id"], json!(laptop.town.acme.id.to_string()));
    assert_eq!(claims["roles"], json!(["member"]));
    assert_eq!(answers[3]["response"]["challengeName"], json!("CUSTOM_CHALLENGE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_invoke_reaches_the_laptops_functions() {
    let laptop = Laptop::start().await;
    let port = laptop.functions().unwrap().address().port();
    let answers = EVENTS.map(|(trigger, case)| answered(&invoke(trigger, port, &event(trigger, case))));
    as_promised(&laptop, &answers);

    let folder = tempfile::tempdir().unwrap();
    let refused = invoke("pre-sign-up", port, &strangers_event(folder.path()));
    let said = format!("{}{}", String::from_utf8_lossy(&refused.stdout), String::from_utf8_lossy(&refused.stderr));
    assert!(said.contains("INVITATION_REQUIRED"), "{said}");
    laptop.stack.shutdown().await;
}

/// Its Runtime API gives every call the deadline 600000, a moment of 1970.
#[tokio::test(flavor = "multi_thread")]
async fn the_triggers_serve_behind_cargo_lambda_watch() {
    let mut watch = Watch::start();
    // As `tenantry-laptop up --lambda-endpoint URL` does.
    let laptop = Laptop::start_with(|settings| settings.lambda_endpoint = Some(watch.url())).await;
    assert!(laptop.functions().is_none());
    watch.serve(&laptop);
    let answers = EVENTS.map(|(trigger, case)| answered(&invoke(trigger, watch.port, &event(trigger, case))));
    as_promised(&laptop, &answers);

    // The local user pool takes its way of failing: 500 and the error's body.
    let app = laptop.app("acme");
    refused(app.join("eve@elsewhere.example", None).await, Refusal::InvitationRequired);
    let ann = member(app.join("ann@acme.example", None).await, &laptop.town.acme, &["member"]);
    laptop.operations().remove(&laptop.town.acme.id, &named("ann@acme.example"), None).await.unwrap();
    refused(app.refresh(&ann).await, Refusal::MembershipEnded);
    // The steps of a sign-in by challenge, the mail among them.
    let hooli = laptop.app("hooli").sign_in_with_password_and_code("hanna@hooli.example").await;
    member(hooli, &laptop.town.hooli, &["owner"]);
    drop(watch);
    laptop.stack.shutdown().await;
}

/// `cargo lambda watch` finds the triggers where it is started without further words: in the root.
#[test]
fn the_triggers_are_what_cargo_runs_in_the_root() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let default = metadata["workspace_default_members"].to_string();
    for trigger in laptop::TRIGGERS {
        assert!(default.contains(&format!("triggers/{trigger}")), "{trigger} in {default}");
    }
}

/// cargo-lambda's own servers, and the built triggers behind them, so that nothing is compiled here.
struct Watch {
    port: u16,
    children: Vec<Child>,
}

impl Watch {
    fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let watch = cargo_lambda()
            .args(["lambda", "watch", "--only-lambda-apis", "--ignore-changes", "--invoke-address", "127.0.0.1"])
            .args(["--invoke-port", &port.to_string()])
            .current_dir(root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let this = Self { port, children: vec![watch] };
        let listens = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(listens, "cargo lambda watch listens within ten seconds");
        this
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The functions, over the laptop's table.
    fn serve(&mut self, laptop: &Laptop) {
        for trigger in laptop::TRIGGERS {
            let child = Command::new(program(trigger))
                .env("AWS_LAMBDA_RUNTIME_API", format!("{}/.rt/{trigger}", self.url()))
                .env("AWS_LAMBDA_FUNCTION_NAME", trigger)
                .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "4096")
                .envs(laptop.environment())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            self.children.push(child.unwrap());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
