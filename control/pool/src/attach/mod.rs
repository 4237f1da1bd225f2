//! Attaching functions to a pool that exists already, and taking them out again, with everything else as it was.
//!
//! What is written is JSON, as it was read: the SDK's types leave out what is `false` or zero, and to some settings leaving out is
//! another thing than `false` (a `DeviceConfiguration` without members is no `DeviceConfiguration`).

mod census;
mod function;
mod policy;
mod probe;
mod settings;
mod slots;
mod snippets;

pub use aws_sdk_lambda::Client as Lambda;

pub use census::{Attribute, Census, Reading, census};
pub use function::{FunctionArn, FunctionError, Permission, Standing, forbid, permit, standing};
pub use policy::{Allowed, allowed};
pub use probe::probe;
pub use settings::{PoolSettings, SETTABLE, read, write};
pub use slots::{Occupant, OtherSlot, Slots};
pub use snippets::{Snippets, Wanted};
