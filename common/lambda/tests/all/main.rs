//! The wire format as a whole: every documented event, every way in which it may be bent, and the runtime around it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test helper stumbles over fails the test"
)]

mod challenge;
mod crosscheck;
mod echo;
mod reading;
mod runtime;
mod samples;
mod tokens;
