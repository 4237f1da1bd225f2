//! I3, I4: an invitation, a person and a seat, which very many want at once.

use domain::{ClientKind, Invitation, InvitationState};
use store::Key;

use super::{Dice, Stage, ensure};
use crate::nouns::{client, invitation, person, tenant_id, token};
use crate::{Answer, Event};

const ADDRESS: &str = "ben@partner.example";

fn name(at: usize) -> String {
    format!("p{at}")
}

/// Whoever comes, comes to a token at the tenant's client, to one at a shared client, or to a confirmation.
fn arrival(at: usize, name: &str, address: &str) -> Event {
    match at % 3 {
        0 => Event::token("acme", name, address),
        1 => Event::token("portal", name, address).metadata("tenant_id", tenant_id("acme").as_ref()),
        _ => Event::confirmed("acme", name, address),
    }
}

/// Whether somebody was let in: they got a token, or their confirmation made them a member.
fn was_let_in(answer: &Answer) -> bool {
    match answer.decision {
        "member" | "enrolled late" | "joined" => true,
        // A confirmation always gets an answer.
        _ => false,
    }
}

/// As many accounts as callers, each with the proven address of one invitation: one of them becomes a member.
pub(super) async fn one_invitation(stage: &Stage, callers: usize, _: Dice) -> Result<(), String> {
    let world = &stage.world;
    world.with("acme").await.put(&client("portal", ClientKind::Shared)).await;
    world.with_invitation(&invitation(1, "acme", ADDRESS)).await;
    let events: Vec<Event> = (0..callers).map(|at| arrival(at, &name(at), ADDRESS)).collect();
    let answers = stage.race(&events).await;
    let mut members = Vec::new();
    for at in 0..callers {
        if world.membership(&name(at), "acme").await.is_some() {
            members.push(at);
        }
    }
    ensure!(members.len() == 1, "{} became members: {members:?}", members.len());
    let winners: Vec<usize> = (0..callers).filter(|at| was_let_in(&answers[*at])).collect();
    ensure!(winners == members, "{members:?} became a member, and {winners:?} were told so");
    for (at, answer) in answers.iter().enumerate().filter(|(at, _)| !members.contains(at)) {
        let code = answer.code().or(answer.would_code());
        let fits = matches!(code, None | Some("INVITATION_REQUIRED" | "INVITATION_UNUSABLE"));
        ensure!(fits, "caller {at} was told {code:?}");
    }
    let redeemed: Invitation = world.get(&Key::invitation(&token(1).digest())).await.ok_or("the invitation is gone")?;
    let by = matches!(&redeemed.state, InvitationState::Accepted { by, .. } if *by == person(&name(members[0])));
    ensure!(by, "caller {} is a member, and the invitation says {:?}", members[0], redeemed.state);
    let seats = world.seats("acme").await;
    ensure!((seats.used, seats.owners) == (1, 0), "the counters say {seats:?}");
    Ok(())
}

/// The same person from as many callers: one row, one id, one seat, and the same answer for everybody.
pub(super) async fn one_person(stage: &Stage, callers: usize, _: Dice) -> Result<(), String> {
    let world = &stage.world;
    world.with("acme").await.put(&client("portal", ClientKind::Shared)).await;
    let events: Vec<Event> = (0..callers).map(|at| arrival(at, "ann", "ann@acme.example")).collect();
    let answers = stage.race(&events).await;
    let row = world.membership("ann", "acme").await.ok_or("nobody became a member")?;
    for (at, answer) in answers.iter().enumerate() {
        ensure!(was_let_in(answer), "caller {at} heard {:?} {:?}", answer.decision, answer.code());
        if at % 3 != 2 {
            let id = answer.id_token().get("member_id").and_then(|id| id.as_str());
            ensure!(id == Some(row.member.as_ref()), "caller {at} is {id:?}, the row says {}", row.member);
        }
    }
    let seats = world.seats("acme").await;
    ensure!(seats.used == 1, "the counters say {seats:?}");
    Ok(())
}

/// As many people as callers and a few seats: exactly as many become members.
pub(super) async fn few_seats(stage: &Stage, callers: usize, mut dice: Dice) -> Result<(), String> {
    let world = &stage.world;
    let limit = if dice.one_in(2) { 1 } else { 1 + dice.below(8) };
    world.with("acme").await.put(&client("portal", ClientKind::Shared)).await;
    world.limit("acme", limit as u64).await;
    // Some come with an invitation, which is worth no more than a seat.
    for at in (0..callers).step_by(4) {
        let byte = u8::try_from(at).expect("at most 200 callers");
        world.with_invitation(&invitation(byte, "acme", &format!("{}@acme.example", name(at)))).await;
    }
    let event = |at: usize| arrival(at, &name(at), &format!("{}@acme.example", name(at)));
    let events: Vec<Event> = (0..callers).map(event).collect();
    let answers = stage.race(&events).await;
    let mut members = Vec::new();
    for at in 0..callers {
        if world.membership(&name(at), "acme").await.is_some() {
            members.push(at);
        }
    }
    ensure!(members.len() == limit, "{} became members for {limit} seats", members.len());
    let winners: Vec<usize> = (0..callers).filter(|at| was_let_in(&answers[*at])).collect();
    ensure!(winners == members, "{members:?} became members, and {winners:?} were told so");
    for (at, answer) in answers.iter().enumerate().filter(|(at, _)| !members.contains(at)) {
        let fits = at % 3 == 2 || answer.code() == Some("SEATS_FULL");
        ensure!(fits, "caller {at} was told {:?}", answer.code());
        if at % 4 == 0 {
            let byte = u8::try_from(at).expect("at most 200 callers");
            let kept: Option<Invitation> = world.get(&Key::invitation(&token(byte).digest())).await;
            let open = kept.is_some_and(|kept| kept.state == InvitationState::Open);
            ensure!(open, "caller {at} got no seat, and the invitation is used up");
        }
    }
    let seats = world.seats("acme").await;
    ensure!(seats.used == limit as u64, "the counters say {seats:?}");
    Ok(())
}
