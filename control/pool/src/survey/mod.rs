//! What is read of a user pool to hold it against the table, and the one thing that is done to a user: forgetting who never
//! confirmed.

mod clients;
mod profiles;
mod settings;
mod unconfirmed;
mod users;

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

pub use clients::{client_ids, described, named};
pub use profiles::{Profile, ProfilesPage, clients_that_write, profiles_page};
pub use settings::{PoolFacts, PreTokenVersion, Trigger, pool_facts};
pub use unconfirmed::{Forgotten, forget_unconfirmed};
pub use users::{PoolUser, UserStatus, UsersPage, is_gone, users_page};

/// Between two calls that follow each other: Cognito takes 30 requests a second of these kinds in all, and a team's own tools need
/// some of them (Amazon Cognito developer guide, "Quotas in Amazon Cognito").
const PAUSE: Duration = Duration::from_millis(50);

async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// The code of a service's error.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}
