//! The rules once more, as naively as possible, written from the documents and not from the code; and random facts, to hold the decisions
//! against them. Beside them the nouns of tests: a tenant, a person, an address from a short name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::needless_pass_by_value,
    clippy::struct_excessive_bools,
    reason = "a kit for tests: what does not work ends the test that asked for it"
)]

pub mod dice;
pub mod model;
pub mod nouns;

pub use dice::Dice;
