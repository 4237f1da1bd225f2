//! Members: seats and owners are counted exactly, bars outlive removals, nobody acts above themselves.

use std::sync::Arc;

use domain::{Actor, Bar, MailboxKey, MembershipStatus, Origin, Refusal, TenantId};
use jiff::SignedDuration;
use operations::{Barring, Invite, MemberName, NewMember, Operations, Outcome, PolicyChange, Scope};
use store::Key;
use store::entity::KeyedMailbox;

use crate::table::{World, code, email, new_member, now, person, random, roles};

impl World {
    async fn bar_of(&self, id: &TenantId, name: &str) -> Option<Bar> {
        let key = Key::mailbox(id, &MailboxKey::of(id, &email(name)));
        self.table.session(None).get::<KeyedMailbox>(&key).await.unwrap().and_then(|keyed| keyed.mailbox.bar)
    }
}

#[tokio::test]
async fn i4_of_many_racing_additions_as_many_succeed_as_there_are_seats() {
    let world = Arc::new(World::new().await);
    let acme = world.tenant("acme").await;
    let limit = PolicyChange { seat_limit: Some(Some(5)), ..PolicyChange::default() };
    world.ops.set_policy(&acme.id, &limit).await.unwrap();
    let racers: Vec<_> = (0..32)
        .map(|n| {
            let (world, id) = (world.clone(), acme.id.clone());
            tokio::spawn(async move {
                loop {
                    match world.ops.add_member(&id, &new_member(&format!("p{n}"), "member")).await {
                        Ok(_) => return true,
                        Err(error) if error.code() == "SEATS_FULL" => return false,
                        // Conflicts of many at once on one small engine: the operation may be repeated.
                        Err(error) => assert!(matches!(error.code(), "CONTENDED" | "STORE_BROKEN"), "{error}"),
                    }
                }
            })
        })
        .collect();
    let mut added = 0;
    for racer in racers {
        added += u64::from(racer.await.unwrap());
    }
    assert_eq!(added, 5);
    assert_eq!(world.counted(&acme.id).await, (5, 0));
    assert_eq!(world.recounted(&acme.id).await, (5, 0));
}

#[tokio::test]
async fn the_counters_agree_with_the_rows_after_any_walk_through_the_states() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let ops = &world.ops;
    world.add(id, "olga", "owner").await;
    let bob: MemberName = (&world.add(id, "bob", "owner billing").await).into();
    let steps: [(&str, (u64, u64)); 9] = [
        ("suspend", (2, 1)),
        ("suspend", (2, 1)),
        ("resume", (2, 2)),
        ("demote", (2, 1)),
        ("promote", (2, 2)),
        ("suspend", (2, 1)),
        ("remove", (1, 1)),
        ("remove", (1, 1)),
        ("reinstate", (2, 2)),
    ];
    for (step, counted) in steps {
        match step {
            "suspend" => ops.suspend(id, &bob, None).await,
            "resume" => ops.resume(id, &bob, None).await,
            "demote" => ops.set_roles(id, &bob, &roles("member")).await,
            "promote" => ops.set_roles(id, &bob, &roles("owner")).await,
            "remove" => ops.remove(id, &bob, None).await,
            _ => ops.reinstate(id, &bob, None, None).await,
        }
        .unwrap();
        assert_eq!(world.counted(id).await, counted, "{step}");
        assert_eq!(world.recounted(id).await, counted, "{step}");
    }
}

#[tokio::test]
async fn the_last_owner_is_neither_removed_nor_suspended_nor_demoted() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let olga: MemberName = (&world.add(id, "olga", "owner").await).into();
    world.add(id, "bob", "admin").await;
    assert_eq!(code(world.ops.remove(id, &olga, None).await), "LAST_OWNER");
    assert_eq!(code(world.ops.suspend(id, &olga, None).await), "LAST_OWNER");
    assert_eq!(code(world.ops.set_roles(id, &olga, &roles("admin")).await), "LAST_OWNER");
    assert_eq!(world.counted(id).await, (2, 1));
    world.ops.set_roles(id, &email("bob").into(), &roles("owner")).await.unwrap();
    world.ops.remove(id, &olga, None).await.unwrap();
    assert_eq!(world.counted(id).await, (1, 1));
}

#[tokio::test]
async fn of_two_owners_who_leave_at_once_one_stays() {
    for _ in 0..8 {
        let world = Arc::new(World::new().await);
        let acme = world.tenant("acme").await;
        world.add(&acme.id, "olga", "owner").await;
        world.add(&acme.id, "bob", "owner").await;
        let leave = |name: &'static str| {
            let (world, id) = (world.clone(), acme.id.clone());
            tokio::spawn(async move { world.ops.remove(&id, &email(name).into(), None).await.is_ok() })
        };
        let (one, other) = (leave("olga"), leave("bob"));
        assert!(one.await.unwrap() ^ other.await.unwrap());
        assert_eq!(world.counted(&acme.id).await, (1, 1));
    }
}

#[tokio::test]
async fn a_removal_bars_the_mailbox_until_an_operator_takes_the_member_back() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let row = world.add(id, "bob", "member").await;
    let removed = world.ops.remove(id, &email("bob").into(), Some("left the company")).await.unwrap();
    assert_eq!((removed.status, removed.member.clone()), (MembershipStatus::Removed, row.member.clone()));
    assert_eq!(code(world.ops.add_member(id, &new_member("bob", "member")).await), "MEMBER_STATE");
    let anew = NewMember { person: person("bob-again"), ..new_member("bob", "member") };
    assert_eq!(code(world.ops.add_member(id, &anew).await), "MAILBOX_BARRED");
    let back = world.ops.reinstate(id, &row.member.clone().into(), None, None).await.unwrap();
    assert_eq!((back.status, back.origin), (MembershipStatus::Active, Origin::Added));
    world.ops.remove(id, &email("bob").into(), None).await.unwrap();
    let lifted = world.ops.add_member(id, &NewMember { lift_bar: true, ..anew }).await.unwrap();
    assert_eq!(lifted.status, MembershipStatus::Active);
    assert_eq!(world.counted(id).await, (1, 0));
}

#[tokio::test]
async fn an_address_is_not_given_to_another_account_while_its_member_stays() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let bob: MemberName = (&world.add(id, "bob", "member").await).into();
    let fake = NewMember { person: person("fake"), lift_bar: true, ..new_member("bob", "member") };
    assert_eq!(code(world.ops.add_member(id, &fake).await), "MEMBER_EXISTS");
    world.ops.suspend(id, &bob, None).await.unwrap();
    assert_eq!(code(world.ops.add_member(id, &fake).await), "MEMBER_EXISTS");
    assert_eq!(world.counted(id).await, (1, 0));
}

#[tokio::test]
async fn a_removal_is_later_than_every_invitation_that_was_there_whatever_its_clock() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let hour = || now() + SignedDuration::from_hours(1);
    let ahead = Operations::new(&world.table, Actor::Operator("ahead".to_owned()), hour, random);
    ahead.invite(id, &Invite::new(email("bob"))).await.unwrap();
    world.add(id, "bob", "member").await;
    world.ops.remove(id, &email("bob").into(), None).await.unwrap();
    let reached = world.ops.whois(&email("bob"), &Scope::Tenant(id.clone())).await.unwrap();
    assert_eq!(reached[0].outcome, Outcome::Refused(Refusal::MembershipEnded));
}

#[tokio::test]
async fn who_came_without_an_address_is_barred_by_the_one_that_is_said() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    world.add(id, "olga", "owner").await;
    for name in ["bob", "mia"] {
        world.ops.add_member(id, &NewMember { address: None, ..new_member(name, "member") }).await.unwrap();
    }
    let (bob, mia): (MemberName, MemberName) = (person("bob").into(), person("mia").into());
    assert_eq!(code(world.ops.remove(id, &bob, None).await), "ADDRESS_UNKNOWN");
    assert_eq!(code(world.ops.suspend(id, &bob, None).await), "ADDRESS_UNKNOWN");
    let olgas = Barring::Address(email("olga"));
    assert_eq!(code(world.ops.remove_barring(id, &bob, &olgas, None).await), "MEMBER_EXISTS");
    let bobs = Barring::Address(email("bob"));
    assert_eq!(code(world.ops.remove_barring(id, &email("olga").into(), &bobs, None).await), "INVALID");
    let suspended = world.ops.suspend_barring(id, &bob, &bobs, None).await.unwrap();
    assert_eq!(suspended.address, Some(email("bob")));
    assert_eq!(world.ops.resume(id, &bob, None).await.unwrap().status, MembershipStatus::Active);
    world.ops.remove(id, &bob, None).await.unwrap();
    let again = NewMember { person: person("bob-again"), ..new_member("bob", "member") };
    assert_eq!(code(world.ops.add_member(id, &again).await), "MAILBOX_BARRED");
    world.ops.remove_barring(id, &mia, &Barring::Without, None).await.unwrap();
    world.ops.add_member(id, &NewMember { person: person("mia-again"), ..new_member("mia", "member") }).await.unwrap();
}

#[tokio::test]
async fn an_operator_bars_a_mailbox_by_which_nobody_is_a_member_as_a_removal_does() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let olga = world.add(id, "olga", "owner").await;
    let moved = email("bob-moved");
    let refused = |refusal| Outcome::Refused(refusal);
    let outcome = async || world.ops.whois(&moved, &Scope::Tenant(id.clone())).await.unwrap().remove(0).outcome;
    assert_eq!(outcome().await, refused(Refusal::InvitationRequired));
    assert!(world.ops.bar_mailbox(id, &moved, Some("where bob is now")).await.unwrap());
    assert!(!world.ops.bar_mailbox(id, &moved, None).await.unwrap());
    assert_eq!(outcome().await, refused(Refusal::MembershipEnded));
    let anew = NewMember { address: Some(moved.clone()), ..new_member("bob-again", "member") };
    assert_eq!(code(world.ops.add_member(id, &anew).await), "MAILBOX_BARRED");

    // A later invitation leads past it, until it is barred once more; an operator lifts it.
    world.ops.invite(id, &Invite::new(moved.clone())).await.unwrap();
    assert!(matches!(outcome().await, Outcome::Joins { .. }));
    assert!(world.ops.bar_mailbox(id, &moved, None).await.unwrap());
    assert!(!world.ops.bar_mailbox(id, &moved, None).await.unwrap());
    assert_eq!(outcome().await, refused(Refusal::MembershipEnded));
    assert!(world.ops.lift_bar(id, &moved, None).await.unwrap());
    assert!(world.ops.bar_mailbox(id, &moved, None).await.unwrap());

    let session = world.table.session(None);
    let records = session.audit::<store::entity::Audit>(id, None).await.unwrap().entities;
    let bars: Vec<_> = records.iter().filter(|one| one.action == "mailbox.bar").collect();
    assert_eq!(bars.len(), 3);
    assert_eq!(bars[0].reason.as_deref(), Some("where bob is now"));
    assert!(bars.iter().all(|one| !one.target.contains('@')));
    assert_eq!(code(world.ops.bar_mailbox(id, &moved, Some(" ")).await), "INVALID");
    assert_eq!(code(world.as_member(&olga).bar_mailbox(id, &moved, None).await), "FOR_OPERATORS");
    let nobody = domain::TenantId::from_random([9; 16]);
    assert_eq!(code(world.ops.bar_mailbox(&nobody, &moved, None).await), "TENANT_UNKNOWN");
}

#[tokio::test]
async fn a_mailbox_by_which_somebody_is_a_member_is_barred_by_removing_them() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let bob: MemberName = (&world.add(id, "bob", "member").await).into();
    assert_eq!(code(world.ops.bar_mailbox(id, &email("bob"), None).await), "MEMBER_EXISTS");
    world.ops.suspend_barring(id, &bob, &Barring::Without, None).await.unwrap();
    assert_eq!(code(world.ops.bar_mailbox(id, &email("bob"), None).await), "MEMBER_EXISTS");
    // Resuming would end the bar of a suspension.
    world.ops.suspend(id, &bob, None).await.unwrap();
    assert_eq!(code(world.ops.bar_mailbox(id, &email("bob"), None).await), "MAILBOX_BARRED");
    world.ops.remove_barring(id, &bob, &Barring::Without, None).await.unwrap();
    assert!(world.ops.bar_mailbox(id, &email("bob"), None).await.unwrap());
    let again = NewMember { person: person("bob-again"), ..new_member("bob", "member") };
    assert_eq!(code(world.ops.add_member(id, &again).await), "MAILBOX_BARRED");
    let back = world.ops.reinstate(id, &bob, None, None).await.unwrap();
    assert_eq!(back.status, MembershipStatus::Active);
    assert!(!world.ops.lift_bar(id, &email("bob"), None).await.unwrap());
}

#[tokio::test]
async fn a_mailbox_that_a_member_left_behind_is_nobodys() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let mut bob = world.add(id, "bob", "member").await;
    let (old, new) = (email("bob"), email("bob-moved"));
    let name: MemberName = (&bob).into();
    world.ops.remove(id, &name, None).await.unwrap();
    // Invited anew, the same account came with another mailbox.
    bob = world.ops.reinstate(id, &name, None, None).await.unwrap();
    bob.address = Some(new.clone());
    world.write(&bob).await;
    world.ops.bar_mailbox(id, &old, None).await.unwrap();
    assert_eq!(code(world.ops.remove(id, &old.clone().into(), None).await), "MEMBER_UNKNOWN");
    assert_eq!(code(world.ops.reinstate(id, &old.clone().into(), None, None).await), "MEMBER_UNKNOWN");
    world.ops.invite(id, &Invite::new(old.clone())).await.unwrap();
    assert!(world.ops.lift_bar(id, &old, None).await.unwrap());
    let somebody = NewMember { address: Some(old), ..new_member("somebody", "member") };
    world.ops.add_member(id, &somebody).await.unwrap();
    assert_eq!(world.ops.find_member(id, &new.into()).await.unwrap().person, bob.person);
}

#[tokio::test]
async fn who_was_removed_without_a_bar_is_barred_by_removing_them_once_more() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let bob: MemberName = (&world.add(id, "bob", "member").await).into();
    let outcome = async || world.ops.whois(&email("bob"), &Scope::Tenant(id.clone())).await.unwrap().remove(0).outcome;
    world.ops.remove_barring(id, &bob, &Barring::Without, None).await.unwrap();
    world.ops.remove_barring(id, &bob, &Barring::Without, None).await.unwrap();
    assert_eq!(world.bar_of(id, "bob").await, None);
    world.ops.remove(id, &bob, None).await.unwrap();
    let bar = world.bar_of(id, "bob").await;
    assert!(bar.is_some());
    world.ops.remove(id, &bob, None).await.unwrap();
    assert_eq!(world.bar_of(id, "bob").await, bar, "once");
    // An account of that mailbox that came later is not kept out by a removal that was before it.
    world.ops.lift_bar(id, &email("bob"), None).await.unwrap();
    world.ops.add_member(id, &NewMember { person: person("bob-again"), ..new_member("bob", "member") }).await.unwrap();
    world.ops.remove(id, &bob, None).await.unwrap();
    assert!(matches!(outcome().await, Outcome::Member(_)));
    // Who came without an address is barred by the one that is given then.
    let eve = NewMember { address: None, ..new_member("eve", "member") };
    let eve: MemberName = (&world.ops.add_member(id, &eve).await.unwrap()).into();
    world.ops.remove_barring(id, &eve, &Barring::Without, None).await.unwrap();
    world.ops.remove(id, &eve, None).await.unwrap();
    world.ops.remove_barring(id, &eve, &Barring::Address(email("eve")), None).await.unwrap();
    assert!(world.bar_of(id, "eve").await.is_some());
}

#[tokio::test]
async fn who_asks_anew_behind_a_bar_is_approved_once_an_operator_lifts_it() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let mut bob = world.add(id, "bob", "member").await;
    bob.status = MembershipStatus::Requested;
    world.write(&bob).await;
    let name: MemberName = (&bob).into();
    assert_eq!(code(world.ops.reinstate(id, &name, None, None).await), "MEMBER_STATE");
    world.ops.bar_mailbox(id, &email("bob"), None).await.unwrap();
    assert_eq!(code(world.ops.approve(id, &name, None).await), "MAILBOX_BARRED");
    assert_eq!(world.ops.reinstate(id, &name, None, None).await.unwrap().status, MembershipStatus::Requested);
    assert_eq!(world.ops.approve(id, &name, None).await.unwrap().status, MembershipStatus::Active);
}

#[tokio::test]
async fn an_account_that_is_not_the_persons_any_more_leaves_without_barring_them() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let mut old = world.add(id, "bob", "member").await;
    old.person = person("old");
    old.revision = 0;
    old.status = MembershipStatus::Requested;
    world.write(&old).await;
    world.ops.remove_barring(id, &person("old").into(), &Barring::Without, None).await.unwrap();
    let reached = world.ops.whois(&email("bob"), &Scope::Tenant(id.clone())).await.unwrap();
    assert!(matches!(reached[0].outcome, Outcome::Member(_)), "{:?}", reached[0].outcome);
    let bob: MemberName = person("bob").into();
    world.ops.suspend(id, &bob, None).await.unwrap();
    world.ops.remove_barring(id, &bob, &Barring::Without, None).await.unwrap();
    let again = NewMember { person: person("bob-again"), ..new_member("bob", "member") };
    world.ops.add_member(id, &again).await.unwrap();
}

#[tokio::test]
async fn an_operator_vouches_for_a_member_on_whom_nothing_rests_any_more() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let mut row = world.add(&acme.id, "bob", "member").await;
    row.origin = Origin::Open;
    world.write(&row).await;
    let back = world.ops.reinstate(&acme.id, &(&row).into(), None, None).await.unwrap();
    assert_eq!((back.status, back.origin), (MembershipStatus::Active, Origin::Added));
}

#[tokio::test]
async fn adding_the_same_member_again_changes_nothing_and_other_roles_are_refused() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let row = world.add(&acme.id, "bob", "member").await;
    let again = world.ops.add_member_or_find(&acme.id, &new_member("bob", "member")).await.unwrap();
    assert_eq!(again, (row, false));
    assert_eq!(code(world.ops.add_member(&acme.id, &new_member("bob", "admin")).await), "MEMBER_EXISTS");
    assert_eq!(world.counted(&acme.id).await, (1, 0));
}

#[tokio::test]
async fn members_are_found_by_id_address_and_person_in_their_own_tenant_alone() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let row = world.add(&acme.id, "bob", "member").await;
    for name in [row.member.to_string(), "Bob@Acme.example".to_owned(), "eu-central-1_test:bob".to_owned()] {
        let name: MemberName = name.parse().unwrap();
        assert_eq!(world.ops.find_member(&acme.id, &name).await.unwrap(), row, "{name:?}");
        assert_eq!(code(world.ops.find_member(&umbra.id, &name).await), "MEMBER_UNKNOWN", "{name:?}");
    }
    let under_score: MemberName = "m_smith@acme.example".parse().unwrap();
    assert_eq!(under_score, MemberName::Address(email("m_smith")));
    for odd in ["", "bob", "m_short", "a@b@c", ":bob", "pool:"] {
        assert!(odd.parse::<MemberName>().is_err(), "{odd}");
    }
}

#[tokio::test]
async fn i10_members_act_within_their_tenant_and_below_themselves() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let id = &acme.id;
    let olga = world.add(id, "olga", "owner").await;
    let adam = world.add(id, "adam", "admin").await;
    let mia = world.add(id, "mia", "member").await;
    world.add(&umbra.id, "uma", "member").await;
    let (owner, admin, member) = (world.as_member(&olga), world.as_member(&adam), world.as_member(&mia));
    let (olga, adam, mia): (MemberName, MemberName, MemberName) = ((&olga).into(), (&adam).into(), (&mia).into());

    assert_eq!(code(member.set_roles(id, &mia, &roles("admin")).await), "NOT_ALLOWED");
    assert_eq!(code(member.members(id).await), "NOT_ALLOWED");
    assert_eq!(code(admin.set_roles(id, &adam, &roles("owner")).await), "ABOVE_ONESELF");
    assert_eq!(code(admin.set_roles(id, &mia, &roles("billing")).await), "ABOVE_ONESELF");
    assert_eq!(code(admin.remove(id, &olga, None).await), "ABOVE_ONESELF");
    assert_eq!(code(owner.add_member(id, &new_member("eve", "viewer")).await), "FOR_OPERATORS");
    assert_eq!(code(admin.members(&umbra.id).await), "NOT_ALLOWED");
    assert_eq!(code(admin.find_member(&umbra.id, &email("uma").into()).await), "NOT_ALLOWED");
    assert_eq!(code(member.find_member(id, &email("olga").into()).await), "NOT_ALLOWED");
    assert_eq!(admin.find_member(id, &mia).await.unwrap().address, Some(email("mia")));
    assert_eq!(code(owner.remove(&umbra.id, &email("uma").into(), None).await), "NOT_ALLOWED");
    assert_eq!(code(owner.tenants().await), "FOR_OPERATORS");
    assert_eq!(code(owner.suspend_tenant(id, None).await), "FOR_OPERATORS");
    assert_eq!(code(owner.reinstate(id, &mia, None, None).await), "FOR_OPERATORS");

    admin.set_roles(id, &mia, &roles("admin")).await.unwrap();
    owner.set_roles(id, &mia, &roles("billing member")).await.unwrap();
    owner.set_roles(id, &adam, &roles("owner")).await.unwrap();
    owner.remove(id, &olga, None).await.unwrap();
    assert_eq!(code(owner.members(id).await), "NOT_ALLOWED");
    world.ops.suspend_tenant(id, None).await.unwrap();
    assert_eq!(code(admin.members(id).await), "NOT_ALLOWED");
}

#[tokio::test]
async fn a_request_takes_a_seat_only_when_it_is_approved() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let limit = PolicyChange { seat_limit: Some(Some(1)), ..PolicyChange::default() };
    world.ops.set_policy(id, &limit).await.unwrap();
    for name in ["bob", "mia"] {
        world.request(id, name).await;
    }
    let (bob, mia): (MemberName, MemberName) = (email("bob").into(), email("mia").into());
    assert_eq!(world.ops.deny(id, &bob, None).await.unwrap().status, MembershipStatus::Denied);
    assert_eq!(world.ops.deny(id, &bob, None).await.unwrap().status, MembershipStatus::Denied);
    assert_eq!(world.counted(id).await, (0, 0));
    assert_eq!(code(world.ops.set_roles(id, &bob, &roles("admin")).await), "MEMBER_STATE");
    let row = world.ops.approve(id, &bob, Some(&roles("viewer"))).await.unwrap();
    assert_eq!((row.status, row.roles.clone()), (MembershipStatus::Active, roles("viewer")));
    assert_eq!(world.ops.approve(id, &bob, None).await.unwrap(), row);
    assert_eq!(code(world.ops.deny(id, &bob, None).await), "MEMBER_STATE");
    assert_eq!(code(world.ops.approve(id, &mia, None).await), "SEATS_FULL");
    assert_eq!(world.recounted(id).await, (1, 0));
}

#[tokio::test]
async fn a_superseded_row_gives_way_to_the_one_that_took_it_over() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = &acme.id;
    let mut old = world.add(id, "bob", "member").await;
    let mut new = old.clone();
    old.status = MembershipStatus::Superseded;
    new.person = person("okta_bob");
    new.revision = 0;
    world.write(&old).await;
    world.write(&new).await;
    let member: MemberName = new.member.clone().into();
    assert_eq!(world.ops.find_member(id, &member).await.unwrap().person, new.person);
    world.ops.set_roles(id, &member, &roles("admin")).await.unwrap();
    assert_eq!(code(world.ops.set_roles(id, &(&old).into(), &roles("owner")).await), "MEMBER_STATE");
    assert_eq!(world.counted(id).await, world.recounted(id).await);
}

#[tokio::test]
async fn every_change_is_recorded_with_its_actor_and_no_change_is_not() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let olga = world.add(&acme.id, "olga", "owner").await;
    let bob: MemberName = (&world.add(&acme.id, "bob", "member").await).into();
    let owner = world.as_member(&olga);
    for _ in 0..2 {
        owner.suspend(&acme.id, &bob, Some("on leave")).await.unwrap();
    }
    let session = world.table.session(None);
    let records = session.audit::<store::entity::Audit>(&acme.id, None).await.unwrap().entities;
    let told: Vec<_> = records.iter().map(|one| (one.action.as_str(), one.actor.as_str())).collect();
    let member = "member:eu-central-1_test:olga";
    let operator = "operator:test";
    assert_eq!(
        told,
        [("tenant.create", operator), ("member.add", operator), ("member.add", operator), ("member.suspend", member)]
    );
    assert_eq!(records[3].reason.as_deref(), Some("on leave"));
    assert!(records.iter().all(|one| !one.target.contains('@')));
}

#[tokio::test]
async fn a_reason_that_says_nothing_is_none_and_nothing_is_written() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let bob = world.add(&acme.id, "bob", "member").await;
    assert_eq!(code(world.ops.suspend(&acme.id, &(&bob).into(), Some(" ")).await), "INVALID");
    assert_eq!(code(world.ops.lift_bar(&acme.id, &"bob@acme.example".parse().unwrap(), Some("")).await), "INVALID");
    assert_eq!(world.ops.find_member(&acme.id, &(&bob).into()).await.unwrap(), bob);
}
