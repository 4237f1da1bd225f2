//! Every decision, of random facts, as the documents say: the rules written once more decide the same.

use reference::model::facts::draw;

#[test]
fn whatever_the_facts_are_the_decisions_are_those_of_the_documents() {
    let mut decisions = 0;
    for seed in 0..4_000 {
        decisions += draw(seed).unwrap_or_else(|what| panic!("facts {seed}: {what}"));
    }
    assert!(decisions > 30_000, "{decisions}");
}
