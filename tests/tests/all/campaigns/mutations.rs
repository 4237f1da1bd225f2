//! A slice of the mutations: a few of every fixture, always the same.

use tests::campaign::{Effort, mutations};

#[test]
fn whatever_stands_in_an_event_the_answer_is_of_the_closed_list_or_the_event() {
    let tally = mutations::run(&Effort::slice(7)).unwrap_or_else(|failed| panic!("{failed}"));
    for what in ["fixtures", "mutations", "answered with the event", "refused in a sentence of the list"] {
        assert!(tally.count(what) > 100, "{what} in\n{tally}");
    }
}

#[test]
fn a_line_that_names_no_place_is_refused() {
    assert!(mutations::run(&Effort::replaying("pre-sign-up/nothing request Null")).is_err());
}
