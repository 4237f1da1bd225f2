//! Define auth challenge.
