//! A local user pool for one test, and the SDK that asks it.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Region};
use aws_sdk_cognitoidentityprovider::{Client, Config};
use user_pool::{Clock, PoolSettings, Random, Server, Settings, Sink};

pub(crate) const POOL: &str = "eu-central-1_test";

/// A pool that is as `change` makes it.
pub(crate) async fn server(change: impl FnOnce(&mut PoolSettings)) -> (Server, Client) {
    let mut settings = PoolSettings::new(POOL);
    change(&mut settings);
    let clock = Clock::new(|| "2026-11-21T08:00:00Z".parse().unwrap());
    let server = Server::start(Settings::new(vec![settings], clock, Random::new(random), Sink::silent())).await;
    let server = server.unwrap();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(server.url())
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    (server, Client::from_conf(config.build()))
}

/// Unlike at every call, alike in every run.
fn random(bytes: &mut [u8]) {
    static SEED: AtomicU64 = AtomicU64::new(1);
    for byte in bytes {
        let x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        *byte = ((x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8;
    }
}
