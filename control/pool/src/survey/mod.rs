//! What is read of a user pool to hold it against the table, and the one thing that is done to a user: forgetting who never
//! confirmed.

mod clients;
mod error;
mod settings;
mod unconfirmed;
mod users;

pub use clients::client_ids;
pub use error::SurveyError;
pub use settings::{PoolFacts, PreTokenVersion, Trigger, pool_facts};
pub use unconfirmed::{Forgotten, forget_unconfirmed};
pub use users::{PoolUser, UserStatus, UsersPage, is_gone, users_page};
