//! Verify auth challenge.
