//! The crate from outside: hostile tokens, a listening STS, and two tenants who must never meet.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and what they share"
)]

mod config;
mod keys;
mod kit;
mod secrets;
mod sessions;
mod tenants;
mod tokens;
