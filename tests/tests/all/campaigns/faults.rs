//! Faults at the store: every single one, some pairs, and the schedules that once broke a promise.

use tests::campaign::{Effort, faults};

/// Every kind of fault at every request of every trigger and operation, and some of everything else.
#[test]
fn whatever_happens_at_the_store_good_days_leave_what_they_always_leave() {
    let tally = faults::run(&Effort::slice(6)).unwrap_or_else(|failed| panic!("{failed}"));
    println!("{tally}");
    // A slice that plays less than it says has found nothing.
    assert_eq!(tally.count("scenarios"), faults::all().len() as u64, "{tally}");
    for (what, least) in [
        ("single faults, in process", 12_000),
        ("delays at a request, in virtual time", 3_500),
        ("single faults, over HTTP", 800),
        ("pairs of faults, in process", 700),
        ("pairs of faults in repeated deliveries", 700),
        ("pairs of faults, over HTTP", 14),
    ] {
        assert!(tally.count(what) >= least, "{what}: {tally}");
    }
}

/// Every schedule that once broke a promise.
#[test]
fn what_broke_once_stays_mended() {
    for line in [
        // An empty answer was taken for "it is not in the table".
        "sign-up-invited once 0.0=empty",
        "token-of-a-barred-former-mailbox once 0.2=empty",
        // A table that said that a reminder is there already, and then that it is not, was believed the first time.
        "sign-up-invited once 0.2=cancelled:C",
        "sign-up-over-another once 0.4=cancelled:C",
        // An erasing whose answer was lost reported that it had found nothing to erase.
        "person-erase-invited once 0.2=slow:10000",
        // What was erased before an erasing broke off is not counted by the next one, rightly.
        "person-erase anew 0.11=cancelled:IIII",
        // A domain whose item had lost its owner was taken for a released one, and given to the same tenant once more.
        "domain-assume twice 0.5=missing:0.tenant_id",
        // A catalogue that had lost its roles was taken for an empty one, and the next role written over it.
        "catalogue-set twice 0.2=missing:0.roles",
        // A run that could not read the table said that the client's name is taken.
        "app-client-make-on once 0.3=code:AccessDeniedException",
        // Of two at once, one of whom broke off in the middle, the other may be told that something changed.
        "attach together 0.0=late:900 1.11=foreign",
        // An unlocking whose answer was lost was recorded once more.
        "codes-unlock thrice 0.5=slow:10000",
    ] {
        faults::run(&Effort::replaying(line)).unwrap_or_else(|failed| panic!("{failed}"));
    }
}

#[test]
fn a_schedule_is_read_as_it_is_written_and_a_line_that_is_none_is_refused() {
    for line in [
        "confirm-by-domain once",
        "member-remove together 0.1=late:900 1.0=cancelled:NCX",
        "define thrice 0.0=left:all",
    ] {
        assert_eq!(faults::Schedule::parse(line).unwrap().to_string(), line);
    }
    for line in [
        "",
        "nothing once",
        "define",
        "define never",
        "define once 0=cut",
        "define once 0.0=cute",
        "define once a.0=cut",
        "every thing",
        "every delays of nothing",
        "every pairs of define/many",
        "every delays of define/1",
    ] {
        assert!(faults::run(&Effort::replaying(line)).is_err(), "{line:?}");
    }
}
