//! The nouns: what each of them is, as a table, and where it ends.

use std::collections::BTreeSet;

use domain::challenge::{self, CodeKey, CodeKeys, Recipient};
use domain::sign_up::Route;
use domain::tenant::check_name;
use domain::unseen::is_unseen;
use domain::*;
use jiff::SignedDuration;

use crate::facts::{now, person, tenant_id};

fn client() -> Client {
    Client { pool: "local_Pool1".parse().unwrap(), id: "app".parse().unwrap() }
}

#[test]
fn an_id_is_its_bits_in_base32() {
    // `base64.b32encode` of Python, without padding, in lower case.
    for (bits, text) in [
        ([0; 16], "t_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ([255; 16], "t_77777777777777777777777774"),
        (*b"0123456789abcdef", "t_gaytemzugu3doobzmfrggzdfmy"),
    ] {
        assert_eq!(TenantId::from_random(bits).as_ref(), text);
    }
}

#[test]
fn a_record_names_who_did_something_and_as_what() {
    for (actor, name) in [
        (Actor::Operator("olga".into()), "operator:olga"),
        (Actor::Member(person("ann")), "member:local_Pool1:ann"),
        (Actor::Trigger("post-confirmation"), "trigger:post-confirmation"),
    ] {
        assert_eq!(actor.to_string(), name);
    }
}

#[test]
fn a_mailbox_is_named_by_a_digest_of_its_tenant_and_its_address() {
    let tenant: TenantId = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
    let key = MailboxKey::of(&tenant, &"ann@acme.example".parse().unwrap());
    // SHA-256 over both, with a zero byte between them.
    assert_eq!(key.as_ref(), "e894b24c8a9b7d02639e48774fff4154029f90f0c1a99b13908debcd704448c7");
}

#[test]
fn a_mailbox_that_got_nobody_a_seat_or_this_person_is_held_by_nobody_else() {
    let held = |by: &str| {
        let member = MemberId::from_random([5; 16]);
        Mailbox { holder: Some(Holder { person: person(by), member }), ..Mailbox::default() }
    };
    assert!(!Mailbox::default().is_held_by_another(&person("ann")));
    assert!(!held("ann").is_held_by_another(&person("ann")));
    assert!(held("bob").is_held_by_another(&person("ann")));
}

#[test]
fn whoever_is_let_past_a_removal_begins_after_it_and_others_stay_ended() {
    let (before, removed) = (now() - SignedDuration::from_hours(3), now() - SignedDuration::from_hours(1));
    let bar = Bar { reason: BarReason::Removed, since: removed };
    let mut mailbox = Mailbox { bar: Some(bar), ended: Some(before), ..Mailbox::default() };
    // Whoever removed by a clock that lags behind ours meant the accounts that were there.
    let late = Mailbox { ended: None, ..mailbox.clone() };
    for past in [&mailbox, &late] {
        let mut past = past.clone();
        past.let_past(now());
        let until_now = now() - SignedDuration::from_nanos(1);
        assert_eq!((past.bar, past.ended), (None, Some(until_now)));
        // Once more, there is nothing to be let past.
        past.let_past(now() + SignedDuration::from_hours(1));
        assert_eq!((past.bar, past.ended), (None, Some(until_now)));
        assert_eq!(past.begins(now()), now(), "whoever is let in begins now");
    }
    // The clock of whoever removed is ahead of ours.
    mailbox.let_past(before);
    assert_eq!((mailbox.bar, mailbox.ended), (None, Some(removed)));

    assert_eq!(Mailbox::default().begins(now()), now());
    assert_eq!(mailbox.begins(now()), now());
    // The removal was recorded by a clock that is ahead of ours.
    assert_eq!(mailbox.begins(before), removed + SignedDuration::from_nanos(1));
}

#[test]
fn a_membership_takes_a_seat_while_it_holds_or_may_be_resumed() {
    use MembershipStatus::{Active, Denied, Removed, Requested, Superseded, Suspended};
    for (status, takes) in
        [(Requested, false), (Denied, false), (Active, true), (Suspended, true), (Removed, false), (Superseded, false)]
    {
        assert_eq!(status.takes_seat(), takes, "{status:?}");
    }
}

#[test]
fn a_message_is_a_sentence_and_its_code() {
    let message = "Too many codes were asked for or entered. Wait a while, then sign in again. (TOO_MANY_CODES)";
    assert_eq!(Refusal::TooManyCodes.message(), message);
}

#[test]
fn roles_stand_on_four_steps_and_any_other_on_none() {
    for (role, rank) in [
        ("owner", Rank::Owner),
        ("admin", Rank::Admin),
        ("member", Rank::Member),
        ("viewer", Rank::Viewer),
        ("billing", Rank::None),
    ] {
        assert_eq!(role.parse::<Role>().unwrap().rank(), rank, "{role}");
    }
}

#[test]
fn the_log_tells_the_routes_apart() {
    for (route, name) in [
        (Route::Invitation(InvitationToken::from_random([1; 32]).digest()), "admit_invitation"),
        (Route::InvitationLookup, "admit_invitation_lookup"),
        (Route::Domain, "admit_domain"),
        (Route::Provider, "admit_provider"),
        (Route::Open, "admit_open"),
        (Route::Administrator, "admit_administrator"),
    ] {
        assert_eq!(route.name(), name);
    }
}

#[test]
fn a_tenants_name_can_stand_in_a_mail() {
    let longest = "ß".repeat(100);
    for name in ["A", "Söhne & Co. 50%", "wwwhat", "a: // b", longest.as_str()] {
        assert!(check_name(name).is_ok(), "{name:?}");
    }
    let longer = "ß".repeat(101);
    for name in [
        "",
        " ",
        " Acme",
        "Acme ",
        "<b>Acme",
        "Acme>",
        "ann@acme",
        "https://acme",
        "wWw.acme",
        "Ac\u{202e}me",
        "Ac\nme",
        longer.as_str(),
    ] {
        assert!(check_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn what_nobody_sees_is_a_control_or_turns_or_joins_what_is_seen() {
    for c in [
        '\0', '\n', '\u{7f}', '\u{9b}', '\u{ad}', '\u{61c}', '\u{180e}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{202e}',
    ] {
        assert!(is_unseen(c), "{c:?}");
    }
    for c in ['\u{2060}', '\u{2066}', '\u{206f}', '\u{feff}', '\u{e0000}', '\u{e007f}'] {
        assert!(is_unseen(c), "{c:?}");
    }
    for c in [' ', 'a', 'é', 'ß', '中', '\u{ac}', '\u{ae}', '\u{200a}', '\u{2010}', '\u{202f}', '\u{2070}', '\u{e0100}']
    {
        assert!(!is_unseen(c), "{c:?}");
    }
}

#[test]
fn an_app_client_that_nobody_bound_is_denied_unless_its_pool_is_being_adopted_or_dedicated() {
    let id = "local_Pool1".parse().unwrap();
    let client = client();
    let pool = Pool { id, observe_unbound: false, dedicated_to: None, revision: 1 };
    let bound = |pool: &Pool| pool.default_binding(&client).map(|binding| (binding.kind, binding.mode));
    assert_eq!(bound(&pool), None);
    let adopted = Pool { observe_unbound: true, ..pool.clone() };
    assert_eq!(bound(&adopted), Some((ClientKind::Unbound, Mode::Observe)));
    let dedicated = Pool { dedicated_to: Some(tenant_id(1)), ..adopted.clone() };
    assert_eq!(bound(&dedicated), Some((ClientKind::Tenant(tenant_id(1)), Mode::Enforce)));
    // What is known of one pool says nothing of another one's clients.
    for pool in [adopted, dedicated] {
        let elsewhere = Client { pool: "local_Pool2".parse().unwrap(), ..client.clone() };
        assert_eq!(pool.default_binding(&elsewhere), None);
    }
}

#[test]
fn a_provider_signed_somebody_in_only_if_the_account_is_its_own() {
    let identity = Identity { provider: "Okta".into(), subject: "1".into() };
    let email = Some("ann@acme.example".parse());
    let account = Account { email, email_verified: false, external: true, identities: Identities::One(identity) };
    assert_eq!(account.provider_name(), Some("okta".parse().unwrap()));
    // Linked to an account with a password, it is one way in among others.
    let linked = Account { external: false, ..account };
    assert_eq!((linked.only_identity(), linked.provider_name()), (None, None));
    let native = Account { identities: Identities::None, ..linked };
    assert_eq!(native.provider_name(), None);
}

#[test]
fn every_digit_of_a_code_can_be_any_digit() {
    let key: Vec<u8> = (0..32).collect();
    let keys = CodeKeys::new(CodeKey::parse(&base64(&key)).unwrap(), None);
    let (person, client) = (person("ann"), client());
    let recipient = Recipient::new(&person, &client, None);
    let codes: Vec<String> = (0..400).map(|issue| keys.code(&recipient, issue).reveal()).collect();
    for place in 0..8 {
        let seen: BTreeSet<u8> = codes.iter().filter_map(|code| code.as_bytes().get(place).copied()).collect();
        assert_eq!(seen.len(), 10, "of place {place}");
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_challenge_is_for_the_person_or_for_somebody_who_stands_for_them() {
    let (pool, name) = ("local_Pool1".parse().unwrap(), "ann".parse().unwrap());
    for sub in ["a", "ann", &"long-".repeat(25), &"l".repeat(128)] {
        assert_eq!(challenge::subject(&pool, &name, Some(&person(sub))), Some(person(sub)));
    }
    let stand_in = challenge::subject(&pool, &name, None);
    assert!(stand_in.is_some() && stand_in != Some(person("ann")));
    assert_eq!(stand_in, challenge::nobody(&pool, &name));
}
