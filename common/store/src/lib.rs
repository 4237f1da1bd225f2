//! The table in DynamoDB: its definition, its keys, and one file per kind of item and access pattern. No other crate of a trigger
//! names DynamoDB.
//!
//! Authorization reads the base table alone, consistently. Whatever is read is checked against the key that was asked for; an item
//! of another key, kind or major schema version is [`Broken`], never "absent". Writes hold their conditions themselves, so that a
//! repeated call is a no-op.

pub mod batch;
pub mod broken;
pub mod challenge;
pub mod clients;
pub mod codec;
pub mod connect;
pub mod definition;
pub mod enrolment;
pub mod entity;
pub mod keys;
pub mod query;
#[cfg(feature = "tools")]
pub mod scan;
pub mod session;
pub mod standing;
pub mod transaction;
pub mod waiting;

pub use batch::{Batch, Found};
pub use broken::Broken;
pub use codec::{Entity, Item};
pub use connect::{Connection, Table};
pub use keys::Key;
pub use session::Session;
pub use standing::Standing;
pub use transaction::{Commit, Transaction};
