//! Everything on one laptop: the embedded `DynamoDB`, the local user pool, the real triggers as processes, and a walk through them.
//!
//! ```no_run
//! # async fn example(settings: laptop::Settings) -> Result<(), laptop::Fault> {
//! let stack = laptop::Stack::start(settings).await?;
//! let town = laptop::Town::settle(&stack).await?;
//! let tokens = stack.app("acme").join("ann@acme.example", None).await;
//! println!("{} {:?}", town.acme.id, tokens);
//! stack.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Time and randomness are made by the caller: see [`World`].

mod by_challenge;
mod by_hand;
mod engine;
mod fault;
mod front_end;
mod http;
mod pool;
mod programs;
mod stack;
mod state;
mod town;
mod transcript;
pub mod walk;

pub use by_challenge::Challenge;
pub use by_hand::by_hand;
pub use engine::Engine;
pub use fault::Fault;
pub use front_end::{FrontEnd, Outcome, PASSWORD, Refused, Tokens};
pub use pool::{POOL, REGION};
pub use programs::{Programs, TRIGGERS};
pub use stack::{Settings, Stack, World};
pub use state::{State, StateFile};
pub use town::Town;
pub use transcript::{Style, Tally, Transcript};

/// The table's name on a laptop.
pub const TABLE: &str = "tenantry";
