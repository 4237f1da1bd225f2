//! Fidelity tests: clients that nobody here wrote talk to the local user pool and the local Lambda.

mod account;
mod clients;
mod federation;
mod functions;
mod kit;
mod oauth;
mod sign_in;
mod sign_up;
mod tokens;
