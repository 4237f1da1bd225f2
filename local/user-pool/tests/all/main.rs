//! Fidelity tests: clients that nobody here wrote talk to the local user pool and the local Lambda.

mod functions;
mod kit;
mod sign_in;
mod sign_up;
mod tokens;
