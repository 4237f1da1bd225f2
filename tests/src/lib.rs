//! The test kit: an embedded `DynamoDB` with Tenantry's table, the triggers over it in one process, and short words for tenants,
//! people and events. Everybody lives at `.example` domains; time stands still unless a test moves it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    clippy::struct_excessive_bools,
    reason = "a kit for tests: what does not work ends the test that asked for it"
)]

pub mod acts;
pub mod addresses;
pub mod answer;
pub mod beside;
pub mod bulk;
pub mod campaign;
pub mod description;
pub mod dump;
pub mod engine;
pub mod event;
pub mod fixture;
pub mod in_process;
pub mod proxy;
pub mod sound;
pub mod world;

pub use answer::Answer;
pub use engine::Engine;
pub use event::Event;
pub use reference::nouns;
pub use world::World;
