//! Every integration test, in one binary: each links the SDK and `SQLite`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and what they share"
)]

mod campaigns;
mod contract;
mod cost;
mod facts;
mod fixtures;
mod journeys;
mod judges;
mod properties;
mod round_trips;
mod threats;
