//! The CDK app, deployed into a ministack of its own by the cdk command.

use std::cell::{Cell, OnceCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_sdk_cognitoidentityprovider as cognito;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::ground::{self, REGION, SENDER};
use super::ministack::Ministack;
use crate::journeys;

/// The account that ministack plays.
const ACCOUNT: &str = "000000000000";

/// The app in ministack. Dropping it ends everything.
pub(super) struct Deployment {
    // Dropped in this order: what calls before what is called.
    cloud: Ministack,
    sdk: cognito::Client,
    cdk: PathBuf,
    python: PathBuf,
    /// What was said is kept here, a file for each command.
    kept: PathBuf,
    commands: Cell<usize>,
    home: TempDir,
    /// What the stacks put out when they were deployed first.
    outputs: OnceCell<Value>,
}

/// What became of a team's stack of tenants.
pub(super) struct Tenants {
    /// What cdk said.
    pub(super) said: String,
    outputs: Value,
}

impl Tenants {
    pub(super) fn output(&self, name: &str) -> String {
        self.outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}: {}", self.outputs)).to_owned()
    }
}

impl Deployment {
    /// A fresh account: bootstrapped, and allowed to send mail from our domain.
    pub(super) async fn bootstrapped() -> Self {
        let python = super::handed("TENANTRY_MINISTACK_PYTHON");
        let cdk = super::handed("TENANTRY_CDK_DIR");
        let cloud = Ministack::start(&python).await;
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployed");
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&kept).unwrap();
        let sdk = ground::sdk(cloud.url());
        let home = tempfile::tempdir().unwrap();
        let this = Self { cloud, sdk, cdk, python, kept, commands: Cell::new(0), home, outputs: OnceCell::new() };
        this.aws("sesv2", "create_email_identity", &json!({ "EmailIdentity": SENDER })).await.unwrap();
        this.cdk(&["bootstrap", &format!("aws://{ACCOUNT}/{REGION}")]).await.unwrap();
        this
    }

    /// `cdk deploy` of every stack with the functions of this folder; what it said.
    pub(super) async fn deploy(&self, functions: &Path, more: &[&str]) -> String {
        let functions = format!("tenantry:functions={}", functions.canonicalize().unwrap().display());
        let outputs = self.home.path().join("outputs.json");
        let mut words = vec!["deploy", "**", "--require-approval", "never", "--context", &functions];
        words.extend(["--outputs-file", outputs.to_str().unwrap()]);
        words.extend(more);
        let said = self.cdk(&words).await.unwrap_or_else(|said| panic!("cdk deploy: {said}"));
        let stacks: Value = serde_json::from_slice(&fs::read(outputs).unwrap()).unwrap();
        let found = stacks.as_object().unwrap().values().find(|stack| stack.get("UserPoolId").is_some());
        let found = found.unwrap_or_else(|| panic!("no stack puts out a user pool: {stacks}"));
        assert_eq!(self.outputs.get_or_init(|| found.clone()), found, "what operators wrote down stays true");
        said
    }

    /// `cargo xtask deploy` of released functions; without credentials, if those are not to be had.
    pub(super) async fn deploy_released(&self, zips: &Path, credentials: bool) -> Result<String, String> {
        let mut command = Command::new(journeys::program("tenantry-xtask"));
        command.args(["deploy", "--x86-64", "--zips"]).arg(zips.canonicalize().unwrap());
        command.args(["--", "--require-approval", "never"]);
        // Cargo finds its own files as ever; of AWS there is nothing but what is said here.
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env_remove(name);
        }
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            command.env(name, self.home.path().join("none"));
        }
        if credentials {
            command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        }
        self.run(&mut command, "xtask-deploy").await
    }

    /// One cdk command for a team's own app, which has our stacks and one with its tenants; what that stack puts out.
    pub(super) async fn tenants(&self, verb: &str, functions: &Path, more: &[&str]) -> Result<Tenants, String> {
        let functions = format!("tenantry:functions={}", functions.canonicalize().unwrap().display());
        let outputs = self.home.path().join("tenants.json");
        let app = "node --import tsx examples/tenants-as-code/app.ts";
        let mut words = vec![verb, "Tenantry/Tenants", "--app", app, "--context", &functions];
        if verb == "deploy" {
            words.extend(["--require-approval", "never", "--outputs-file", outputs.to_str().unwrap()]);
        } else {
            words.push("--force");
        }
        words.extend(more);
        let said = self.cdk(&words).await?;
        let stacks = fs::read(&outputs).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
        Ok(Tenants { said, outputs: stacks["Tenantry-Tenants"].clone() })
    }

    /// `cdk destroy` of every stack.
    pub(super) async fn destroy(&self) -> Result<String, String> {
        self.cdk(&["destroy", "**", "--force"]).await
    }

    /// One cdk command; what it said.
    async fn cdk(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(self.cdk.join("node_modules/.bin/cdk"));
        command
            .args(words)
            .current_dir(&self.cdk)
            // Nothing of this machine's accounts: neither its files nor its variables.
            .env_clear()
            .env("PATH", journeys::variable("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("CDK_DISABLE_CLI_TELEMETRY", "true")
            .env("CDK_DISABLE_VERSION_CHECK", "1");
        self.run(&mut command, words.first().unwrap()).await
    }

    /// A command that ends in cdk, for our configuration in this cloud; what it said, on both of its outputs.
    async fn run(&self, command: &mut Command, name: &str) -> Result<String, String> {
        let configuration = super::folder().join("deploy/tenantry.json").canonicalize().unwrap();
        let output = command
            .args(["--ci", "--no-notices", "--context", &format!("tenantry={}", configuration.display())])
            .arg("--output")
            .arg(self.home.path().join("cdk.out"))
            .env("AWS_ENDPOINT_URL", self.cloud.url())
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let [out, error] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let said = format!("{out}{error}");
        self.commands.set(self.commands.get() + 1);
        fs::write(self.kept.join(format!("{}-{name}.log", self.commands.get())), &said).unwrap();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    /// What ministack and the last cdk command said, for whoever looks for the cause of a failure.
    fn said(&self) -> String {
        let last =
            fs::read_dir(&self.kept).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).max();
        let last = last.map(|path| fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
        format!("{last}\n{}\nkept in {}", self.cloud.log(), self.kept.display())
    }

    /// What the deployment put out under this name.
    pub(super) fn output(&self, name: &str) -> &str {
        let outputs = self.outputs.get().expect("something was deployed");
        outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}: {outputs}"))
    }

    /// The official SDK, which asks once.
    pub(super) fn sdk(&self) -> &cognito::Client {
        &self.sdk
    }

    /// ministack itself.
    pub(super) fn cloud(&self) -> &Ministack {
        &self.cloud
    }

    /// A call that no SDK here has; the answer, or the refusal.
    pub(super) async fn aws(&self, service: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let mut child = Command::new(&self.python)
            .arg(super::folder().join("deploy/aws.py"))
            .args([service, operation, self.cloud.url(), REGION])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        if output.status.success() {
            Ok(serde_json::from_slice(&output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Our command line on what was deployed, as an operator would; its JSON.
    pub(super) async fn tenantctl(&self, words: &[&str]) -> Value {
        let url = self.cloud.url();
        ground::run_tenantctl(url, url, self.output("TableName"), words).await
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}
