//! A slice of each campaign: the same work in every run, bounded by counts and with a fixed seed. `cargo xtask soak` runs all of each.

mod faults;
mod fuzz;
mod isolation;
mod leaks;
mod model;
mod mutations;
mod oracles;
mod races;
mod threat_model;
