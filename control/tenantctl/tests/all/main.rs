//! The binary itself, against the embedded engine: what it prints, and how it ends.
#![expect(clippy::unwrap_used, reason = "what a test sets up either stands or fails the test")]

mod adopt;
mod attach;
mod bench;
mod between;
mod hostile;
mod import;
mod meanwhile;
mod policy;
mod pools;
mod walk;
