//! ministack in a process of its own, on a free port, in a folder that goes away with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use cognito::types::{
    LambdaConfigType, PreTokenGenerationLambdaVersionType, PreTokenGenerationVersionConfigType,
    ResourceServerScopeType, UsernameAttributeType, VerifiedAttributeType,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use super::ground::{REGION, SENDER, Version};
use super::http;

/// A running ministack. Dropping it ends it, and the functions that it runs.
pub(super) struct Ministack {
    process: Child,
    python: PathBuf,
    url: String,
    folder: TempDir,
}

impl Ministack {
    /// Starts one. A free port may be taken by somebody else before ministack listens on it: then on another.
    pub(super) async fn start(python: &Path) -> Self {
        Self::start_with(python, &[]).await
    }

    /// Starts one with these variables besides.
    pub(super) async fn start_with(python: &Path, more: &[(&str, &str)]) -> Self {
        let mut said = String::new();
        for _ in 0..3 {
            let mut this = Self::spawn(python, more);
            match this.ready().await {
                Ok(()) => return this,
                Err(status) => said = format!("ministack ended with {status}: {}", this.log()),
            }
        }
        panic!("{said}");
    }

    fn spawn(python: &Path, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new(python)
            .args(["-m", "ministack"])
            .env_clear()
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("MINISTACK_REGION", REGION)
            // Handed on to every function, as where AWS is: templates name no endpoint.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            // Where a custom resource's function answers.
            .env("MINISTACK_HOST", "127.0.0.1")
            // A refusing pre token generation refuses, as in AWS.
            .env("MINISTACK_COGNITO_PRETOKEN_STRICT", "1")
            .env("LOG_LEVEL", "WARNING")
            .envs(more.iter().copied())
            // Nothing is kept, and nothing of this machine is touched: no home, no Docker.
            .envs(["HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR"].map(|name| (name, folder.path())))
            .env("DOCKER_HOST", format!("unix://{}", folder.path().join("no-docker").display()))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { process, python: python.to_owned(), url: format!("http://127.0.0.1:{port}"), folder }
    }

    /// Waits until it answers; fails if it ends.
    async fn ready(&mut self) -> Result<(), ExitStatus> {
        for _ in 0..300 {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Err(status);
            }
            if http::get(&format!("{}/_ministack/health", self.url)).await.is_some_and(|(status, _)| status == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("ministack does not answer: {}", self.log());
    }

    /// The endpoint of everything.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What it said.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The texts of the mails to an address, oldest first.
    pub(super) async fn mails_to(&self, address: &str) -> Vec<String> {
        let (_, mails) = http::get(&format!("{}/_ministack/ses/messages", self.url)).await.unwrap();
        let mails = mails["messages"].as_object().unwrap().values().flat_map(|mails| mails.as_array().unwrap());
        let to = |mail: &&serde_json::Value| mail.to_string().contains(&format!("\"{address}\""));
        mails.filter(to).map(|mail| format!("{} {}", mail["BodyText"], mail["BodyHtml"])).collect()
    }

    /// Zips the programs as `bootstrap` and creates functions of them; their ARNs.
    pub(super) async fn deploy(
        &self,
        programs: &BTreeMap<&str, PathBuf>,
        environment: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let input = json!({
            "url": self.url, "region": REGION, "sender": SENDER, "programs": programs, "environment": environment,
        });
        serde_json::from_value(self.prepare("deploy.py", &input).await).unwrap()
    }

    /// Runs one of the scripts beside the judges, which have botocore; its answer.
    pub(super) async fn prepare(&self, script: &str, input: &Value) -> Value {
        let mut child = tokio::process::Command::new(&self.python)
            .arg(super::folder().join("ministack").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}\n{}", self.log());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // Asked to end, it ends its functions first.
        if cfg!(unix) {
            let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        }
        for _ in 0..100 {
            if !cfg!(unix) || self.process.try_wait().is_ok_and(|status| status.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A pool as the documentation asks for one, with every trigger, and with one resource server.
pub(super) async fn create_pool(
    sdk: &cognito::Client,
    version: Version,
    functions: &BTreeMap<String, String>,
) -> String {
    let function = |name: &str| functions[name].clone();
    let mut triggers = LambdaConfigType::builder()
        .pre_sign_up(function("pre-sign-up"))
        .post_confirmation(function("post-confirmation"))
        .define_auth_challenge(function("define-auth-challenge"))
        .create_auth_challenge(function("create-auth-challenge"))
        .verify_auth_challenge_response(function("verify-auth-challenge"));
    let token = function("pre-token-generation");
    triggers = match version {
        Version::V1 => triggers.pre_token_generation(token),
        Version::V2 => triggers.pre_token_generation_config(config(token, PreTokenGenerationLambdaVersionType::V20)),
        Version::V3 => triggers.pre_token_generation_config(config(token, PreTokenGenerationLambdaVersionType::V30)),
    };
    let made = sdk
        .create_user_pool()
        .pool_name(format!("judged-{version:?}"))
        .username_attributes(UsernameAttributeType::Email)
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .lambda_config(triggers.build())
        .send()
        .await
        .unwrap();
    let pool = made.user_pool().unwrap().id().unwrap().to_owned();
    let scope =
        |name: &str| ResourceServerScopeType::builder().scope_name(name).scope_description(name).build().unwrap();
    let server = sdk.create_resource_server().user_pool_id(&pool).identifier("billing").name("Billing");
    server.scopes(scope("read")).scopes(scope("write")).send().await.unwrap();
    pool
}

fn config(function: String, version: PreTokenGenerationLambdaVersionType) -> PreTokenGenerationVersionConfigType {
    PreTokenGenerationVersionConfigType::builder().lambda_arn(function).lambda_version(version).build().unwrap()
}
