//! C10, I8: what must look alike does, to the byte and to the call. What a clock could tell is measured by `cargo xtask soak` and the bench.

use tests::campaign::oracles;

fn look_alike(group: &str, cases: u64) {
    let tally = oracles::one(group).unwrap_or_else(|failed| panic!("{failed}"));
    assert_eq!(tally.count("cases"), cases);
}

#[test]
fn c10_who_exists_shows_in_no_byte_and_in_no_call_of_a_sign_in_with_a_code() {
    look_alike("who exists, where a code is asked for", 8);
}

#[test]
fn c10_who_exists_shows_in_no_byte_and_in_no_call_before_a_password_is_proven() {
    look_alike("who exists, before a password is proven", 8);
    look_alike("who exists, while a password is proven", 8);
}

#[test]
fn i8_an_invitation_that_is_unknown_expired_used_revoked_or_foreign_looks_alike_to_the_byte_and_to_the_call() {
    look_alike("an invitation, at a tenant's client", 12);
    look_alike("an invitation, at a shared client", 9);
}

#[test]
fn i8_who_is_invited_barred_or_a_member_shows_to_nobody_who_has_not_proven_the_mailbox() {
    look_alike("who is invited or a member, to whom the mailbox is not", 6);
}

#[test]
fn every_group_has_a_test() {
    let own = include_str!("oracles.rs");
    for group in oracles::groups() {
        assert!(own.contains(&format!("look_alike(\"{group}\", ")), "{group}");
    }
}
