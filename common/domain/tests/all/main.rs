//! What the domain decides: each decision as a table, the nouns, and the rules written once more.
#![expect(
    clippy::unwrap_used,
    clippy::option_option,
    clippy::indexing_slicing,
    reason = "a test says what it means, and fails where it does not hold"
)]

mod access;
mod challenge;
mod claims;
mod documents;
mod enrolment;
mod facts;
mod nouns;
mod reference;
mod sign_up;
mod standing;
