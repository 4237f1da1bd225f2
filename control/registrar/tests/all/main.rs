//! The function as CloudFormation calls it: a real table engine, a real user pool, and a receiver for the answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test sets up either stands or fails the test"
)]

mod clients;
mod pools;
mod process;
mod protocol;
mod tenants;
mod world;
