//! A slice of each campaign: the same work in every run, bounded by counts.

mod model;
