//! The table of a command: AWS by the default credential chain, another endpoint, or the laptop.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
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
            // The embedded engine takes anybody; nothing of the operator's own goes there.
            credentials: SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "tenantry")),
            jitter: no_jitter,
        },
        None => aws(global).await?,
    };
    Ok(Table::connect_patiently(connection)?)
}

async fn aws(global: &Global) -> Result<Connection, Failure> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(store::connect::http_client(None)?);
    if let Some(region) = &global.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    let region = config.region().ok_or(Failure::NoRegion)?.to_string();
    let credentials = config.credentials_provider().ok_or_else(no_credentials)?;
    Ok(Connection {
        table: global.table.clone().unwrap_or_else(|| TABLE.to_owned()),
        region,
        endpoint: global.endpoint_url.clone(),
        credentials,
        jitter: no_jitter,
    })
}

fn no_credentials() -> Failure {
    Failure::Io { what: "looking for AWS credentials".to_owned(), why: "there are none".to_owned() }
}

/// One operator's command does not need to be kept apart from others in time.
const fn no_jitter() -> u64 {
    11
}
