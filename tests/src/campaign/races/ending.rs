//! M1, M19 and the last owner: what ends in the same moment in which very many still rest on it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{Actor, ClientKind, Invitation, InvitationState, Inviter, Membership, MembershipStatus, Person, Rank};
use operations::{OperationError, Operations};
use store::Key;

use super::{Dice, Stage, ensure, stand_back, together};
use crate::nouns::{by_domain, client, email, invitation, member, minutes, person, roles, tenant_id, token};
use crate::{Answer, Event};

/// The longest that a caller waits for its turn, so that some come before the end and some after it.
const LATEST: usize = 60;

/// What ends somebody's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Removed,
    Suspended,
    Demoted,
    Erased,
}

impl End {
    async fn of(self, operations: &Operations, who: &Person) -> Result<(), OperationError> {
        let (tenant, name) = (tenant_id("acme"), who.clone().into());
        match self {
            Self::Removed => operations.remove(&tenant, &name, None).await.map(drop),
            Self::Suspended => operations.suspend(&tenant, &name, None).await.map(drop),
            Self::Demoted => operations.set_roles(&tenant, &name, &roles(&["viewer"])).await.map(drop),
            Self::Erased => operations.erase_person(who, None, None).await.map(drop),
        }
    }

    /// Until it is done: whoever loses the race against the others' writes to the same items does it again.
    async fn done(self, operations: &Operations, who: &Person) -> Result<(), String> {
        loop {
            match self.of(operations, who).await {
                Err(OperationError::Contended) => stand_back(1).await,
                other => return other.map_err(|error| format!("{self:?}: {error}")),
            }
        }
    }
}

type Caller = Pin<Box<dyn Future<Output = Result<Option<(bool, Answer)>, String>> + Send>>;

/// Sends all events, each after a while of its own, and lets `end` happen in the middle. For each: whether it was sent when the end was
/// known, and what came of it.
async fn around(
    stage: &Stage,
    events: &[Event],
    end: (End, Person),
    dice: &mut Dice,
) -> Result<Vec<(bool, Answer)>, String> {
    let over = Arc::new(AtomicBool::new(false));
    let ending = {
        let (operations, over, wait) = (stage.operations(), over.clone(), dice.below(LATEST));
        async move {
            stand_back(wait).await;
            end.0.done(&operations, &end.1).await?;
            over.store(true, Ordering::SeqCst);
            Ok::<_, String>(None)
        }
    };
    let mut all: Vec<Caller> = vec![Box::pin(ending)];
    for event in events {
        let (world, event, over, wait) = (stage.caller(), event.clone(), over.clone(), dice.below(LATEST));
        all.push(Box::pin(async move {
            stand_back(wait).await;
            let late = over.load(Ordering::SeqCst);
            Ok(Some((late, world.ask(&event).await)))
        }));
    }
    let outcomes = together(all).await.into_iter().collect::<Result<Vec<_>, String>>()?;
    let mut settled = Vec::new();
    for (event, (late, answer)) in events.iter().zip(outcomes.into_iter().flatten()) {
        settled.push((late, stage.settle(event, answer).await));
    }
    Ok(settled)
}

/// A member is removed while they, and new accounts with their mailbox, come by every automatic route.
pub(super) async fn removal(stage: &Stage, callers: usize, mut dice: Dice) -> Result<(), String> {
    let world = &stage.world;
    world.with("acme").await.put(&client("portal", ClientKind::Shared)).await;
    let address = "old@acme.example";
    let row = Membership { origin: by_domain("acme.example"), address: Some(email(address)), ..member("old", "acme") };
    world.with_member(&row).await;
    let name = |at: usize| if at.is_multiple_of(2) { "old".to_owned() } else { format!("n{at}") };
    let hinted =
        |at: usize| Event::token("portal", &name(at), address).metadata("tenant_id", tenant_id("acme").as_ref());
    let events: Vec<Event> = (0..callers)
        .map(|at| match at % 8 {
            0 | 1 => Event::refresh("acme", &name(at), address),
            2 | 3 => Event::confirmed("acme", &name(at), address),
            4 | 5 => hinted(at),
            6 => Event::token("portal", &name(at), address),
            _ => Event::token("acme", &name(at), address),
        })
        .collect();
    for (at, (late, answer)) in
        around(stage, &events, (End::Removed, person("old")), &mut dice).await?.into_iter().enumerate()
    {
        let speaks = answer.is_reply() && at % 8 != 2 && at % 8 != 3 && answer.speaks_of().is_some();
        let in_again = speaks || matches!(answer.decision, "joined" | "enrolled late" | "member");
        ensure!(!(late && in_again), "caller {at} came after the removal, and: {}", answer.decision);
        let fits = matches!(answer.code(), None | Some("MEMBERSHIP_ENDED" | "INVITATION_REQUIRED"));
        ensure!(fits, "caller {at} was told {:?}", answer.code());
    }
    // Some may have come in before it. From now on, nobody with this mailbox does.
    for at in (0..callers).filter(|at| *at == 0 || at % 2 == 1) {
        let again = world.ask(&Event::refresh("acme", &name(at), address)).await;
        ensure!(again.code() == Some("MEMBERSHIP_ENDED"), "{}, afterwards: {:?}", name(at), again.code());
        let shared = world.ask(&Event::refresh("portal", &name(at), address)).await;
        ensure!(shared.speaks_of().is_none(), "{} has a token of the tenant afterwards", name(at));
    }
    Ok(())
}

/// An owner's invitations are redeemed while the owner is demoted, removed or suspended: each before it or not at all.
pub(super) async fn inviter_ends(stage: &Stage, callers: usize, mut dice: Dice) -> Result<(), String> {
    let world = &stage.world;
    world.with("acme").await;
    // Somebody stays owner.
    world.with_member(&Membership { roles: roles(&["owner"]), ..member("oda", "acme") }).await;
    world.with_member(&Membership { roles: roles(&["owner"]), ..member("cat", "acme") }).await;
    let (name, address) = (|at: usize| format!("b{at}"), |at: usize| format!("b{at}@partner.example"));
    let byte = |at: usize| u8::try_from(at).expect("at most 200 callers");
    for at in 0..callers {
        let mut open = invitation(byte(at), "acme", &address(at));
        open.terms.roles = roles(&["owner"]);
        open.terms.inviter = Inviter::Member(person("cat"));
        world.with_invitation(&open).await;
    }
    let events: Vec<Event> = (0..callers).map(|at| Event::token("acme", &name(at), &address(at))).collect();
    let end = *dice.pick(&[End::Demoted, End::Removed, End::Suspended]);
    let answers = around(stage, &events, (end, person("cat")), &mut dice).await?;
    for (at, (late, answer)) in answers.into_iter().enumerate() {
        let row = world.membership(&name(at), "acme").await;
        let redeemed: Option<Invitation> = world.get(&Key::invitation(&token(byte(at)).digest())).await;
        let accepted = redeemed.is_some_and(|one| matches!(one.state, InvitationState::Accepted { .. }));
        ensure!(row.is_some() == accepted, "caller {at}: a member {}, accepted {accepted}", row.is_some());
        ensure!(
            row.is_some() == answer.is_reply(),
            "caller {at}: a member {}, told {:?}",
            row.is_some(),
            answer.code()
        );
        ensure!(!(late && row.is_some()), "caller {at} came after the inviter was {end:?}, and is an owner");
        if row.is_none() {
            ensure!(answer.code() == Some("INVITATION_UNUSABLE"), "caller {at} was told {:?}", answer.code());
            let again = world.ask(&Event::token("acme", &name(at), &address(at))).await;
            ensure!(again.code() == Some("INVITATION_UNUSABLE"), "caller {at}, afterwards: {:?}", again.code());
        }
    }
    Ok(())
}

/// How a caller who wants an owner's end may be told that it did not come about.
const LOSERS: [&str; 7] =
    ["LAST_OWNER", "CONTENDED", "NOT_ALLOWED", "ABOVE_ONESELF", "MEMBER_STATE", "MEMBER_UNKNOWN", "PERSON_UNKNOWN"];

/// A few owners whom everybody, they themselves too, wants to remove, suspend, demote or erase: one is left.
pub(super) async fn last_owner(stage: &Stage, callers: usize, mut dice: Dice) -> Result<(), String> {
    let world = &stage.world;
    world.with("acme").await;
    let names = ["oda", "ole", "ora", "ove", "ota"];
    let owners: Vec<String> = names[..2 + dice.below(4)].iter().map(|name| (*name).to_owned()).collect();
    for name in &owners {
        world.with_member(&Membership { roles: roles(&["owner"]), ..member(name, "acme") }).await;
    }
    let mut deeds = Vec::new();
    for _ in 0..callers {
        let (who, by) = (dice.pick(&owners).clone(), dice.pick(&owners).clone());
        let end = *dice.pick(&[End::Removed, End::Suspended, End::Demoted, End::Erased]);
        let operator = end == End::Erased || dice.one_in(3);
        deeds.push((end, who, (!operator).then_some(by)));
    }
    let acts = deeds.iter().cloned().map(|(end, who, by)| {
        let operations = match by {
            None => stage.operations(),
            Some(by) => as_member(stage, &by),
        };
        async move { end.of(&operations, &person(&who)).await.map_err(|error| error.code()) }
    });
    let outcomes = together(acts.collect()).await;
    for (deed, outcome) in deeds.iter().zip(&outcomes) {
        let fits = outcome.is_ok() || outcome.is_err_and(|code| LOSERS.contains(&code));
        ensure!(fits, "{deed:?} was told {outcome:?}");
    }
    let left = |rows: Vec<Membership>| {
        let owner = |row: &Membership| row.status == MembershipStatus::Active && row.roles.rank() == Rank::Owner;
        rows.into_iter().filter(owner).count()
    };
    let rows = left(world.members("acme").await);
    ensure!(rows >= 1, "no owner is left");
    let seats = world.seats("acme").await;
    ensure!(seats.owners == rows as u64, "{rows} owners, and the counters say {seats:?}");
    // One after the other, whoever is still an owner is removed, but for the last.
    let mut kept = 0;
    for name in &owners {
        match End::Removed.of(&world.operations(), &person(name)).await.map_err(|error| error.code()) {
            Ok(()) | Err("MEMBER_UNKNOWN") => {}
            Err("LAST_OWNER") => kept += 1,
            Err(other) => return Err(format!("{name} afterwards: {other}")),
        }
    }
    let rows = left(world.members("acme").await);
    ensure!((kept, rows) == (1, 1), "{kept} were said to be the last owner, and {rows} are left");
    Ok(())
}

/// What somebody can do as a member of the tenant.
fn as_member(stage: &Stage, name: &str) -> Operations {
    fn nothing(bytes: &mut [u8]) {
        bytes.fill(7);
    }
    Operations::new(stage.callers.table(), Actor::Member(person(name)), || minutes(0), nothing)
}
