//! Fidelity tests: clients that nobody here wrote talk to the local user pool and the local Lambda.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the helpers of tests fail as the tests do"
)]

mod account;
mod authorize;
mod bad_input;
mod browser;
mod chain;
mod clients;
mod custom;
mod federation;
mod functions;
mod judges;
mod kit;
mod managed_login;
mod oauth;
mod pools;
mod revocation;
mod ses;
mod sessions;
mod sign_in;
mod sign_up;
mod srp;
mod srp_client;
mod srp_kit;
mod tokens;
