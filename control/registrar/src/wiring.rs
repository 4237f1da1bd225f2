//! From settings to what a request needs. No request is sent.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use jiff::Timestamp;
use lambda::Environment;
use store::connect::{Trust, http_client};
use store::{Broken, Connection, Table};

use crate::{Failure, Ground, claims};

/// The ground of a function with these settings; `pools`: another endpoint for user pools than AWS's.
pub fn ground(
    environment: Environment,
    pools: Option<String>,
    now: fn() -> Timestamp,
    random: fn(&mut [u8]),
) -> Result<Ground, Failure> {
    let broken = |broken: Broken| Failure::Settings(broken.to_string());
    let trust = Trust::read(environment.ca_bundle.as_deref()).map_err(|error| Failure::Settings(error.to_string()))?;
    let keys = environment.credentials.clone().into_parts();
    let (id, secret, token) = keys.clone();
    let mut config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(environment.region.clone()))
        .credentials_provider(Credentials::new(id, secret, token, None, "environment"))
        .http_client(http_client(pools.as_deref(), &trust).map_err(broken)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(5))
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(3));
    if let Some(endpoint) = pools {
        config = config.endpoint_url(endpoint);
    }
    let claims = claims::names(environment.claims.as_deref())?;
    let Environment { table, region, endpoint, .. } = environment;
    let connection = Connection::with_keys(table, region, endpoint, keys, || 11).trusting(trust);
    Ok(Ground {
        table: Table::connect_patiently(connection).map_err(broken)?,
        cognito: cognito::Client::from_conf(config.build()),
        claims,
        now,
        random,
    })
}
