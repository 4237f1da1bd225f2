//! A slice of the leaks, in process; then a day of the real programs, at their most talkative.

mod day;
mod tools;

use tests::campaign::{Effort, leaks};

#[test]
fn no_secret_is_in_a_log_an_error_an_answer_or_a_record_whatever_breaks() {
    let tally = leaks::run(&Effort::slice(7)).unwrap_or_else(|failed| panic!("{failed}"));
    for (what, least) in [
        ("lines of everybody's log", 100),
        ("errors of operations", 300),
        ("invitations", 3),
        ("rows of who did what", 10),
        ("mails with a code", 5),
        ("lines of a log", 300),
        ("events answered", 100),
        ("events refused", 100),
        ("broken calls", 40),
        ("fixtures", 100),
    ] {
        assert!(tally.count(what) >= least, "{what} in\n{tally}");
    }
}
