//! One file per kind of item: where it is, what it holds, how it is believed.

mod audit;
mod binding;
mod catalogue;
mod challenge;
mod claim;
mod deployment_audit;
mod intent;
mod invitation;
mod mailbox;
mod membership;
mod ownership;
mod pool;
mod provider;
mod registration;
mod remembered;
mod seats;
mod slug;
mod tenant;

pub use audit::Audit;
pub use challenge::{Hour, Issued};
pub use claim::{Claim, ClaimStatus};
pub use deployment_audit::DeploymentAudit;
pub use intent::ClientIntent;
pub use mailbox::KeyedMailbox;
pub use registration::{Former, Registration};
pub use remembered::Remembered;
pub use seats::Seats;
pub use slug::SlugOwner;

pub(crate) use challenge::{forget, milliseconds};
