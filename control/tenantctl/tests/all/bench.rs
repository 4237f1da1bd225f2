//! A laptop for one test: an engine on a loopback port, and the state file that `--local` reads.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Laptop {
    pub(crate) folder: TempDir,
    pub(crate) engine: SocketAddr,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Laptop {
    /// With a table, made by `tenantctl init`.
    pub(crate) async fn new() -> Self {
        let laptop = Self::without_table().await;
        assert_eq!(laptop.run(&["init"]).await.code, 0);
        laptop
    }

    pub(crate) async fn without_table() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let engine = listener.local_addr().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let state = serde_json::json!({
            "endpoint": format!("http://{engine}"),
            "table": "tenantry",
            "region": "local",
            "user_pool": "local_Tenantry1",
            "user_pool_endpoint": "http://127.0.0.1:1",
            "lambda_endpoint": "http://127.0.0.1:1",
            "clients": {},
            "process": 1,
        });
        std::fs::create_dir(folder.path().join(".tenantry")).unwrap();
        std::fs::write(folder.path().join(".tenantry/local.json"), state.to_string()).unwrap();
        Self { folder, engine }
    }

    /// Names another endpoint for user pools.
    pub(crate) fn user_pools_at(&self, url: &str) {
        let file = self.folder.path().join(".tenantry/local.json");
        let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        *state.get_mut("user_pool_endpoint").unwrap() = url.into();
        std::fs::write(file, state.to_string()).unwrap();
    }

    /// Names another endpoint for functions.
    pub(crate) fn functions_at(&self, url: &str) {
        let file = self.folder.path().join(".tenantry/local.json");
        let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        *state.get_mut("lambda_endpoint").unwrap() = url.into();
        std::fs::write(file, state.to_string()).unwrap();
    }

    /// `tenantctl --local …`
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let mut all = vec!["--local"];
        all.extend(arguments);
        tenantctl(self.folder.path(), &all, &[]).await
    }

    /// `tenantctl --local --json …`, which must succeed.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let ended = self.run(&all).await;
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.err);
        serde_json::from_str(&ended.out).unwrap()
    }

    /// `tenantctl --local --json …`, which must fail; the exit code and the error's code.
    pub(crate) async fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let ended = self.run(&all).await;
        let error: Value = serde_json::from_str(ended.err.lines().last().unwrap()).unwrap_or_default();
        assert!(error.pointer("/error/help").is_some_and(|help| !help.as_str().unwrap().is_empty()), "{}", ended.err);
        (ended.code, error.pointer("/error/code").unwrap().as_str().unwrap().to_owned())
    }
}

/// The binary in a folder, with a clean environment.
pub(crate) async fn tenantctl(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantctl"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.env("USER", "olga").envs(environment.iter().copied());
    let output: Output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A text inside a JSON value.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    assert!(found.is_some(), "no {pointer} in {value}");
    found.unwrap()
}
