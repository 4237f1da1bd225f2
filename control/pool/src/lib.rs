//! What a user pool's app clients must be set to, so that nobody gets around their tenant's policy; and the calls that see to it.

mod app_client;
pub mod attach;
mod create;
mod describe;
mod difference;
mod error;
mod plain_json;
mod raw_answer;
mod region;
mod required;
mod schema;
pub mod survey;
mod update;

/// What asks user pools: the SDK's own.
pub use aws_sdk_cognitoidentityprovider::Client as Cognito;

pub use app_client::AppClient;
pub use create::{Created, NewClient, create, delete, lacks, provider_names, schema};
pub use describe::{Described, describe, find};
pub use difference::{Change, Difference, Severity, differences};
pub use error::PoolError;
pub use plain_json::plain_json;
pub use required::{Attributes, Choice, LONGEST_REFRESH, LONGEST_TOKEN, Required, SHORTEST_CODE_SESSION, required};
pub use schema::Schema;
pub use survey::named;
pub use update::update;
