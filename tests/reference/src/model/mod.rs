//! The model: who there is, the rules, and random facts.

#![allow(
    clippy::option_option,
    clippy::similar_names,
    clippy::explicit_auto_deref,
    clippy::unnecessary_wraps,
    clippy::match_same_arms,
    clippy::single_match_else,
    reason = "a token that nobody made, short names, a `pick` that takes a slice for a string; a rule reads best as one row each"
)]

pub mod cast;
pub mod claims;
pub mod codes;
pub mod facts;
pub mod nouns;
pub mod operators;
pub mod real;
pub mod rules;
