//! I3, I4, D13, C12, M1, M19 and the last owner: what many want in the same moment. Real tasks on several threads, the real SDK, and an
//! engine that lets others in between at every request; the last round of each goes over sockets.

use tests::campaign::races;

fn rounds(race: &str, callers: usize, rounds: u64) {
    let tally = races::rounds(race, callers, rounds, 6).unwrap_or_else(|failed| panic!("{failed}"));
    assert_eq!(tally.count("callers"), callers as u64 * rounds);
}

#[test]
fn i3_of_64_redeemers_one_becomes_a_member() {
    rounds("i3", 64, 6);
}

#[test]
fn i3_the_same_person_delivered_64_times_is_one_member() {
    rounds("i3-repeated", 64, 6);
}

#[test]
fn i4_of_64_people_as_many_become_members_as_there_are_seats() {
    rounds("i4", 64, 6);
}

#[test]
fn d13_of_64_racing_verifications_one_wins() {
    rounds("d13", 64, 4);
}

#[test]
fn c12_of_200_parallel_guesses_in_many_sessions_five_are_compared() {
    rounds("c12", 200, 4);
}

#[test]
fn c12_a_code_that_200_know_signs_in_one_session() {
    rounds("c12-right", 200, 4);
}

#[test]
fn m1_a_removal_in_the_same_moment_outlives_every_route() {
    rounds("m1", 64, 6);
}

#[test]
fn m19_an_inviter_who_ends_in_the_same_moment_invited_before_it_or_not_at_all() {
    rounds("m19", 64, 6);
}

#[test]
fn the_last_owner_stays_however_many_end_owners_at_once() {
    rounds("last-owner", 64, 6);
}

#[test]
fn every_race_has_a_slice() {
    let own = include_str!("races.rs");
    for race in races::names() {
        assert!(own.contains(&format!("rounds(\"{race}\", ")), "{race}");
    }
}
