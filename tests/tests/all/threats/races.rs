//! I3, I4, M1, M19: what many people do in the same moment. Whoever is told to try again does; then the table must add up.

use std::sync::Arc;

use domain::{Invitation, InvitationState, Inviter, Membership, MembershipStatus};
use tests::nouns::{by_domain, client, email, invitation, member, minutes, person, roles, tenant_id, token};
use tests::{Answer, Event, World};
use tokio::task::JoinSet;

const RACERS: usize = 64;
const ROUNDS: usize = 3;

/// Sends all events at once, from as many functions as there are, and whatever broke once more, alone. In the order of the events.
async fn race(world: &World, events: Vec<Event>) -> Vec<Answer> {
    let mut racers = JoinSet::new();
    let start = Arc::new(tokio::sync::Barrier::new(events.len()));
    for (at, event) in events.iter().cloned().enumerate() {
        let (world, start) = (world.restarted(), start.clone());
        racers.spawn(async move {
            start.wait().await;
            (at, world.ask(&event).await)
        });
    }
    let mut answers = racers.join_all().await;
    answers.sort_by_key(|(at, _)| *at);
    let mut settled = Vec::new();
    for (at, answer) in answers {
        // Out of time is no answer: Cognito's caller tries again and finds a consistent table.
        let broken = answer.decision == "broken" || answer.decision.is_empty();
        settled.push(if broken { world.ask(&events[at]).await } else { answer });
    }
    settled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_of_64_redeemers_one_becomes_a_member() {
    let world = World::new().await;
    world.with("acme").await;
    for round in 0..ROUNDS {
        let address = format!("ben{round}@partner.example");
        let byte = u8::try_from(round).unwrap();
        world.with_invitation(&invitation(byte, "acme", &address)).await;
        let used = world.seats("acme").await.used;
        // As many accounts, each with the proven address, at their first token.
        let name = |at: usize| format!("r{round}p{at}");
        let events = (0..RACERS).map(|at| match at % 2 {
            0 => Event::token("acme", &name(at), &address),
            _ => Event::confirmed("acme", &name(at), &address),
        });
        let answers = race(&world, events.collect()).await;
        let mut members = Vec::new();
        for at in 0..RACERS {
            members.extend(world.membership(&name(at), "acme").await);
        }
        assert_eq!(members.len(), 1, "round {round}: one row");
        let speaks = answers.iter().step_by(2).filter(|answer| answer.is_reply()).count();
        let confirmed = answers.iter().skip(1).step_by(2).filter(|answer| answer.decision == "joined").count();
        assert!(speaks + confirmed <= 1, "round {round}: {speaks} tokens and {confirmed} confirmations");
        let redeemed: Invitation = world.get(&store::Key::invitation(&token(byte).digest())).await.unwrap();
        assert!(
            matches!(&redeemed.state, InvitationState::Accepted { by, .. } if *by == members[0].person),
            "round {round}: redeemed by the member"
        );
        assert_eq!(world.seats("acme").await.used, used + 1, "round {round}: one seat");
        world.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_the_same_person_delivered_64_times_is_one_member() {
    let world = World::new().await;
    world.with("acme").await;
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let address = format!("{name}@acme.example");
        let used = world.seats("acme").await.used;
        let events = (0..RACERS).map(|at| match at % 2 {
            0 => Event::token("acme", &name, &address),
            _ => Event::confirmed("acme", &name, &address),
        });
        let answers = race(&world, events.collect()).await;
        for (at, answer) in answers.iter().enumerate() {
            if at % 2 == 0 {
                assert_eq!(answer.speaks_of(), Some(tenant_id("acme")), "round {round}");
                assert_eq!(answer.id_token(), answers[0].id_token(), "round {round}: one member id");
            } else {
                assert!(matches!(answer.decision, "joined" | "member"), "round {round}: {}", answer.decision);
            }
        }
        assert_eq!(world.seats("acme").await.used, used + 1, "round {round}");
        world.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_of_64_people_and_one_seat_one_becomes_a_member() {
    let world = World::new().await;
    world.with("acme").await;
    for round in 0..ROUNDS {
        let used = world.seats("acme").await.used;
        world.limit("acme", used + 1).await;
        let name = |at: usize| format!("r{round}p{at}");
        let events = (0..RACERS).map(|at| Event::token("acme", &name(at), &format!("{}@acme.example", name(at))));
        let answers = race(&world, events.collect()).await;
        let winners: Vec<usize> = (0..RACERS).filter(|at| answers[*at].is_reply()).collect();
        let mut members = Vec::new();
        for at in 0..RACERS {
            if world.membership(&name(at), "acme").await.is_some() {
                members.push(at);
            }
        }
        assert_eq!(members.len(), 1, "round {round}");
        assert_eq!(winners, members, "round {round}: who is a member was told so");
        for (at, answer) in answers.iter().enumerate().filter(|(at, _)| !members.contains(at)) {
            assert_eq!(answer.code(), Some("SEATS_FULL"), "round {round}, {at}");
        }
        assert_eq!(world.seats("acme").await.used, used + 1, "round {round}: the counter is exact");
        world.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m1_a_removal_in_the_same_moment_outlives_every_route() {
    let world = World::new().await;
    world.with("acme").await;
    world.put(&client("portal", domain::ClientKind::Shared)).await;
    for round in 0..ROUNDS {
        let old = format!("old{round}");
        let address = format!("{old}@acme.example");
        let row =
            Membership { origin: by_domain("acme.example"), address: Some(email(&address)), ..member(&old, "acme") };
        world.with_member(&row).await;
        let operations = world.operations();
        let ended = person(&old);
        let removal = tokio::spawn(async move {
            loop {
                // Who loses the race against the others' writes to the same mailbox does it again.
                if operations.remove(&tenant_id("acme"), &ended.clone().into(), None).await.is_ok() {
                    break;
                }
            }
        });
        let name = |at: usize| if at.is_multiple_of(2) { old.clone() } else { format!("r{round}n{at}") };
        let events =
            (0..RACERS).map(|at| Event::token(if at % 4 == 0 { "portal" } else { "acme" }, &name(at), &address));
        race(&world, events.collect()).await;
        removal.await.unwrap();
        // Some may have come in before it. From now on, nobody with this mailbox does.
        for at in 0..RACERS {
            let again = world.ask(&Event::refresh("acme", &name(at), &address)).await;
            assert_eq!(again.code(), Some("MEMBERSHIP_ENDED"), "round {round}, {}", name(at));
            assert_eq!(
                world.ask(&Event::refresh("portal", &name(at), &address)).await.speaks_of(),
                None,
                "round {round}"
            );
        }
        world.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m19_a_demotion_in_the_same_moment_wins_or_came_later() {
    let world = World::new().await;
    world.with("acme").await;
    // Somebody stays owner.
    world.with_member(&Membership { roles: roles(&["owner"]), ..member("oda", "acme") }).await;
    for round in 0..ROUNDS {
        let inviter = format!("cat{round}");
        world.with_member(&Membership { roles: roles(&["owner"]), ..member(&inviter, "acme") }).await;
        let mut names = Vec::new();
        for at in 0..16 {
            let name = format!("r{round}b{at}");
            let byte = u8::try_from(round * 16 + at).unwrap();
            let mut open = invitation(byte, "acme", &format!("{name}@partner.example"));
            open.terms.roles = roles(&["owner"]);
            open.terms.inviter = Inviter::Member(person(&inviter));
            world.with_invitation(&open).await;
            names.push((name, byte));
        }
        let (operations, demoted) = (world.operations(), person(&inviter));
        let demotion = tokio::spawn(async move {
            let (tenant, name) = (tenant_id("acme"), demoted.into());
            while operations.set_roles(&tenant, &name, &roles(&["viewer"])).await.is_err() {}
        });
        let events = names.iter().map(|(name, _)| Event::token("acme", name, &format!("{name}@partner.example")));
        let answers = race(&world, events.collect()).await;
        demotion.await.unwrap();
        for ((name, byte), answer) in names.iter().zip(answers) {
            let row = world.membership(name, "acme").await;
            let redeemed: Invitation = world.get(&store::Key::invitation(&token(*byte).digest())).await.unwrap();
            // Whole or not at all.
            assert_eq!(row.is_some(), matches!(redeemed.state, InvitationState::Accepted { .. }), "{name}");
            assert_eq!(row.is_some(), answer.is_reply(), "{name}");
            if row.is_none() {
                assert_eq!(answer.code(), Some("INVITATION_UNUSABLE"), "{name}");
                let again = world.ask(&Event::token("acme", name, &format!("{name}@partner.example"))).await;
                assert_eq!(again.code(), Some("INVITATION_UNUSABLE"), "{name}: the demotion stands");
            }
        }
        world.assert_sound().await;
    }
    let created = minutes(-60);
    assert!(created < world.now);
    assert_eq!(world.membership("oda", "acme").await.unwrap().status, MembershipStatus::Active);
}
