//! Clients that nobody here wrote, in other languages: see `judges/README.md`.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use user_pool::{ClientSeed, ClientSettings, IssuerStyle, ResourceServer};

use crate::kit::{ANN, CLIENT, Kit, POOL};

#[expect(clippy::disallowed_methods, reason = "the judges are found through the environment")]
fn judge(variable: &str) -> PathBuf {
    let found = std::env::var_os(variable).map(PathBuf::from);
    let found = found.filter(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("{variable} names no judge: `cargo xtask tools` installs it into .tools/ and prints the variable to set")
    })
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("judges").join(name)
}

/// Lets a judge judge, and passes on what it says if it is not content.
async fn hear(command: &mut Command, input: Value) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("found nothing to say"), "{said}");
}

#[tokio::test]
async fn boto3_finds_nothing_to_say() {
    let python = judge("TENANTRY_BOTO3_PYTHON");
    let kit = Kit::start().await;
    kit.functions.change("pre-sign-up", |event| {
        if event["request"]["userAttributes"]["email"] == "refused@acme.example" {
            *event = json!({ "refuse": "Not here. (NO)" });
        }
    });
    kit.pool.add_client(ClientSeed {
        client_id: Some("secretive".to_owned()),
        client_secret: Some("s3cret".to_owned()),
        settings: ClientSettings::for_passwords("secretive"),
        ..ClientSeed::default()
    });
    let input = json!({
        "url": kit.server.url(), "pool": POOL, "client": CLIENT, "secret_client": "secretive", "secret": "s3cret",
    });
    hear(Command::new(python).arg(script("boto3_judge.py")), input).await;
}

/// A pool where Ann and a robot hold tokens.
async fn signed_in(issuer: IssuerStyle) -> (Kit, Value) {
    let kit = Kit::start_with(
        |pool| {
            pool.resource_servers
                .push(ResourceServer { identifier: "billing".to_owned(), scopes: vec!["read".to_owned()] });
            pool.clients.push(ClientSeed {
                client_id: Some("robot".to_owned()),
                client_secret: Some("s3cret".to_owned()),
                generate_secret: false,
                settings: ClientSettings::for_machine("robot", ["billing/read"]),
            });
        },
        issuer,
    )
    .await;
    kit.ann().await;
    kit.pool.add_to_group(ANN, "readers").unwrap();
    let tokens = kit.sign_in().await.unwrap();
    let form = "grant_type=client_credentials&client_id=robot&client_secret=s3cret".to_owned();
    let (_, machine) = kit.post("/oauth2/token", "application/x-www-form-urlencoded", form).await;
    let (_, jwks) = kit.get(&format!("/{POOL}/.well-known/jwks.json")).await;
    let given = json!({
        "issuer": kit.server.issuer(POOL),
        "jwksUri": format!("{}/{POOL}/.well-known/jwks.json", kit.server.url()),
        "jwks": jwks,
        "userPoolId": POOL,
        "clientId": CLIENT,
        "groups": ["readers"],
        "idToken": tokens.id_token(),
        "accessToken": tokens.access_token(),
        "machineToken": machine["access_token"],
        "machineClientId": "robot",
    });
    (kit, given)
}

#[tokio::test]
async fn aws_jwt_verify_finds_nothing_to_say() {
    let folder = judge("TENANTRY_JWT_VERIFY_DIR");
    let (local, aws) = (signed_in(IssuerStyle::Local).await, signed_in(IssuerStyle::Aws).await);
    let input = json!({ "local": local.1, "aws": aws.1 });
    hear(Command::new("node").arg(script("jwt_verify_judge.cjs")).arg(folder), input).await;
}
