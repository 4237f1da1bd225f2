//! What is asked of user pools, over the real SDK, at a local user pool.
#![expect(clippy::unwrap_used, reason = "what a test sets up either stands or fails the test")]

mod attach;
mod clients;
mod local_pool;
