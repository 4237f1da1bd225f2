//! What a user pool's app clients must be set to, so that nobody gets around their tenant's policy; and the calls that see to it.

mod app_client;
mod difference;
mod required;
mod schema;
pub mod survey;

pub use app_client::AppClient;
pub use difference::{Change, Difference, Severity, differences};
pub use required::{Attributes, Choice, LONGEST_REFRESH, LONGEST_TOKEN, Required, SHORTEST_CODE_SESSION, required};
pub use schema::Schema;
