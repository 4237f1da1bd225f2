//! Clients and a whole cloud that nobody here wrote, held against one list of expectations: see `tests/judges/README.md`.
//!
//! The judges are handed over by `cargo xtask test`; a test whose judge is missing fails and says so.

mod addresses;
mod adoption;
mod app;
mod conversation;
mod deployed;
mod deployment;
mod expectations;
mod ground;
mod http;
mod ministack;
mod sdk;
mod tenant_session;
mod tenants_as_code;
mod town;

use std::path::PathBuf;

use self::expectations::{Expectations, Seen};
use self::ground::Ground;

/// Where the judges' own files are.
fn folder() -> PathBuf {
    super::journeys::root().join("tests/judges")
}

/// What `cargo xtask test` hands over under this name.
fn handed(name: &str) -> PathBuf {
    let found = super::journeys::variable(name).map(PathBuf::from).filter(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("{name} is missing or names nothing: `cargo xtask test` brings it; tests/judges/README.md says how to by hand")
    })
}

/// Every client's story on this ground, one after another, against the one list.
async fn judge(ground: &Ground) {
    let expectations = Expectations::read();
    let mut differences = Vec::new();
    for judge in ["aws-sdk", "amazon-cognito-identity-js", "aws-amplify"] {
        let seen: Seen = match judge {
            "aws-sdk" => sdk::story(ground).await,
            "amazon-cognito-identity-js" => conversation::story(ground, "identity_js.mjs", "ida").await,
            _ => conversation::story(ground, "amplify.mjs", "amp").await,
        };
        differences.extend(expectations.compare(ground.name(), judge, &seen));
    }
    assert!(differences.is_empty(), "{} expectations were not met:\n{}", differences.len(), differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_pool_is_as_expected() {
    let ground = Ground::local().await;
    judge(&ground).await;
    ground.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ministack_with_the_release_build_is_as_expected() {
    let ground = Ground::ministack().await;
    judge(&ground).await;
    ground.shutdown().await;
}
