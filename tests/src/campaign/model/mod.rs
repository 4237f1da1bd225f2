//! A reference model: the rules once more, as naively as possible, and random decisions and sequences of operations against it.

pub mod codes;
pub mod nouns;
pub mod operators;
pub mod rules;
