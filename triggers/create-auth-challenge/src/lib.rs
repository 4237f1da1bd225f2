//! Create auth challenge.
