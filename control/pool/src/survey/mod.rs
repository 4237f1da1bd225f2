//! What is read of a user pool to hold it against the table, and the one thing that is done to a user: forgetting who never
//! confirmed.

mod clients;
mod error;
mod settings;
mod unconfirmed;
mod users;

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::config::{Builder, Region};
use domain::PoolId;

/// What asks Cognito.
pub use aws_sdk_cognitoidentityprovider::Client as CognitoClient;

pub use clients::{app_client, client_ids};
pub use error::SurveyError;
pub use settings::{PoolFacts, PreTokenVersion, Trigger, pool_facts};
pub use unconfirmed::{Forgotten, forget_unconfirmed};
pub use users::{PoolUser, UserStatus, UsersPage, is_gone, users_page};

/// Between two calls that follow each other: Cognito takes 30 requests a second of these kinds in all, and a team's own tools need
/// some of them (Amazon Cognito developer guide, "Quotas in Amazon Cognito").
const PAUSE: Duration = Duration::from_millis(50);

async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// A pool's id begins with its Region.
fn in_region_of(pool: &PoolId) -> Builder {
    let region = pool.as_ref().split_once('_').map(|(region, _)| Region::new(region.to_owned()));
    let mut config = Builder::new();
    config.set_region(region);
    config
}
