//! The table and the user pools of a command: AWS by the default credential chain, another endpoint, or the laptop.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudwatchlogs as cloudwatch;
use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_lambda as lambda;
use store::connect::{Trust, http_client};
use store::{Connection, Table};

use crate::Failure;
use crate::args::Global;
use crate::local::Local;

/// The table's name unless another is given.
const TABLE: &str = "tenantry";

pub(crate) async fn table(global: &Global, local: Option<&Local>) -> Result<Table, Failure> {
    let connection = match local {
        Some(local) => Connection {
            table: global.table.clone().unwrap_or_else(|| local.table.clone()),
            region: local.region.clone(),
            endpoint: Some(local.endpoint.clone()),
            trust: Trust::Amazon,
            credentials: nobody(),
            jitter: no_jitter,
        },
        None => aws(global).await?,
    };
    Ok(Table::connect_patiently(connection)?)
}

async fn aws(global: &Global) -> Result<Connection, Failure> {
    let config = load(global).await?;
    let region = config.region().ok_or(Failure::NoRegion)?.to_string();
    let credentials = config.credentials_provider().ok_or_else(no_credentials)?;
    Ok(Connection {
        table: global.table.clone().unwrap_or_else(|| TABLE.to_owned()),
        region,
        endpoint: global.endpoint_url.clone(),
        trust: trust(global)?,
        credentials,
        jitter: no_jitter,
    })
}

/// The user pools' API. No request is sent. A pool's id names its Region, which each call takes from there.
pub(crate) async fn user_pools(global: &Global, local: Option<&Local>) -> Result<cognito::Client, Failure> {
    let (region, credentials, endpoint) = if let Some(local) = local {
        let endpoint = local.user_pool_endpoint.clone().ok_or(Failure::NoLocal)?;
        (Region::new(local.region.clone()), nobody(), Some(endpoint))
    } else {
        let config = load(global).await?;
        let region = config.region().ok_or(Failure::NoRegion)?.clone();
        (region, config.credentials_provider().ok_or_else(no_credentials)?, global.pool_endpoint_url.clone())
    };
    let mut config = cognito::Config::builder()
        .behavior_version(cognito::config::BehaviorVersion::v2026_01_12())
        .region(region)
        .credentials_provider(credentials)
        .http_client(http_client(endpoint.as_deref(), &trust(global)?)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(10))
                .build(),
        )
        // Changes of app clients are throttled at five a second and pool: the pauses between attempts outlast that.
        .retry_config(RetryConfig::standard().with_max_attempts(6).with_initial_backoff(Duration::from_millis(500)));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    Ok(cognito::Client::from_conf(config.build()))
}

/// CloudWatch Logs, in the Region of the functions. No request is sent. The laptop has none: it prints its lines.
pub(crate) async fn logs(
    global: &Global,
    local: Option<&Local>,
    endpoint: Option<&str>,
) -> Result<cloudwatch::Client, Failure> {
    let (region, credentials) = match (local, endpoint) {
        (Some(_), None) => return Err(Failure::NoLocalLogs),
        (Some(local), Some(_)) => (Region::new(local.region.clone()), nobody()),
        (None, _) => {
            let config = load(global).await?;
            let region = config.region().ok_or(Failure::NoRegion)?.clone();
            (region, config.credentials_provider().ok_or_else(no_credentials)?)
        }
    };
    let mut config = cloudwatch::Config::builder()
        .behavior_version(cloudwatch::config::BehaviorVersion::v2026_01_12())
        .region(region)
        .credentials_provider(credentials)
        .http_client(http_client(endpoint, &trust(global)?)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(20))
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(4));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    Ok(cloudwatch::Client::from_conf(config.build()))
}

/// Lambda's API. No request is sent. A function's ARN names its Region, which each call takes from there.
pub(crate) async fn functions(
    global: &Global,
    endpoint: Option<&str>,
    local: Option<&Local>,
) -> Result<lambda::Client, Failure> {
    let (region, credentials, endpoint) = if let Some(local) = local {
        let endpoint = local.lambda_endpoint.clone().ok_or(Failure::NoLocal)?;
        (local.region.clone(), nobody(), Some(endpoint))
    } else {
        let config = load(global).await?;
        let region = config.region().ok_or(Failure::NoRegion)?.to_string();
        (region, config.credentials_provider().ok_or_else(no_credentials)?, endpoint.map(str::to_owned))
    };
    let mut config = lambda::Config::builder()
        .behavior_version(lambda::config::BehaviorVersion::v2026_01_12())
        .region(lambda::config::Region::new(region))
        .credentials_provider(credentials)
        .http_client(http_client(endpoint.as_deref(), &trust(global)?)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                // A cold function that waits for a table that is not there takes its whole time.
                .operation_attempt_timeout(Duration::from_secs(15))
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(500)));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    Ok(lambda::Client::from_conf(config.build()))
}

async fn load(global: &Global) -> Result<SdkConfig, Failure> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http_client(None, &trust(global)?)?);
    if let Some(region) = &global.region {
        loader = loader.region(Region::new(region.clone()));
    }
    Ok(loader.load().await)
}

fn trust(global: &Global) -> Result<Trust, Failure> {
    Ok(Trust::read(global.ca_bundle.as_deref())?)
}

/// The laptop takes anybody; nothing of the operator's own goes there.
fn nobody() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "tenantry"))
}

fn no_credentials() -> Failure {
    Failure::Io { what: "looking for AWS credentials".to_owned(), why: "there are none".to_owned() }
}

/// One operator's command does not need to be kept apart from others in time.
const fn no_jitter() -> u64 {
    11
}
