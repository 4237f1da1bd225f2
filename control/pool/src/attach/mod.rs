//! Attaching functions to a pool that exists already, and taking them out again, with everything else as it was.
//!
//! What is written is JSON, as it was read: the SDK's types do not tell `false` and zero from what is not there, and to some settings
//! these are different things (a `DeviceConfiguration` that says `false` twice remembers devices, one that says nothing does not).

mod census;
mod function;
mod policy;
mod probe;
mod settings;
mod slots;
mod snippets;

pub use aws_sdk_lambda::Client as Lambda;

pub use census::{Attribute, Census, Reading, census, shown};
pub use function::{FunctionArn, FunctionError, Permission, Standing, forbid, permit, standing};
pub use policy::{Allowed, allowed};
pub use probe::probe;
pub use settings::{PoolSettings, SETTABLE, read, write};
pub use slots::{Occupant, OtherSlot, Slots};
pub use snippets::{Asked, Snippets, Wanted, update_lines};

/// Waits, where an AWS service needs a moment that it does not name.
pub async fn wait(time: std::time::Duration) {
    tokio::time::sleep(time).await;
}
