//! Who may start: every credential's address at every client, with every tenant's invitation, in both places where one can be presented,
//! and through every tenant's provider.

use serde_json::json;

use super::tokens::At;
use super::town::{Credential, Kind, TENANTS, Town, invitation_of, names_another, provider};
use super::{Tally, ensure};
use crate::nouns::token;
use crate::{Answer, Event};

/// How somebody starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// By themselves, with nothing.
    Alone,
    /// By themselves, with this tenant's invitation, as metadata or as validation data.
    Invited(usize, Place),
    /// By themselves, with something that is no invitation.
    Nonsense(Place),
    /// Through this tenant's provider.
    Provider(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Metadata,
    ValidationData,
}

/// The code of the refusal, from the README of the trigger: an invitation that was presented decides alone, else the address's domain, else
/// the provider together with the domain.
fn refused(who: &Credential, at: At, start: Start) -> Option<&'static [&'static str]> {
    let domain = who.is_of_the_domain().then_some(who.home);
    let serves = |tenant: usize| at == At::Tenant(tenant) || at == At::Shared;
    if !matches!(at, At::Tenant(_) | At::Shared) {
        return Some(&["CLIENT_NOT_BOUND"]);
    }
    match start {
        Start::Alone if domain.is_some_and(serves) => None,
        Start::Alone => Some(&["INVITATION_REQUIRED"]),
        Start::Invited(tenant, _) if serves(tenant) && *who == (Credential { kind: Kind::Invited, home: tenant }) => {
            None
        }
        Start::Invited(..) | Start::Nonsense(_) => Some(&["INVITATION_UNUSABLE"]),
        Start::Provider(tenant) if domain == Some(tenant) && serves(tenant) => None,
        Start::Provider(_) => Some(&["PROVIDER_NOT_ACCEPTED"]),
    }
}

pub(super) async fn row(town: &Town, who: &Credential, tally: &mut Tally) -> Result<(), String> {
    if who.kind == Kind::Machine {
        return Ok(());
    }
    let world = town.world.restarted();
    let mut starts = vec![Start::Alone];
    for place in [Place::Metadata, Place::ValidationData] {
        starts.push(Start::Nonsense(place));
        starts.extend((0..TENANTS.len()).map(|tenant| Start::Invited(tenant, place)));
    }
    starts.extend((0..TENANTS.len()).map(Start::Provider));
    let mut last = Vec::new();
    for at in At::all() {
        for start in &starts {
            let refused = refused(who, at, *start);
            let remembers = refused.is_none() && matches!(start, Start::Invited(..));
            if remembers {
                last.push((at, *start));
                continue;
            }
            let answer = world.ask(&event(who, at, *start)).await;
            judge(&answer, refused).map_err(|what| format!("{at:?} {start:?}: {what}"))?;
            town.look(&format!("{at:?} {start:?}")).await?;
            tally.one("cells of sign-ups");
            tally.add("of them somebody may start", u64::from(refused.is_none()));
        }
    }
    // Who may start has nothing by that; only an invitation is remembered.
    town.look_at_last().await?;
    for (at, start) in last {
        let answer = world.ask(&event(who, at, start)).await;
        judge(&answer, None).map_err(|what| format!("{at:?} {start:?}: {what}"))?;
        ensure!(!town.is_untouched().await, "{at:?} {start:?}: the invitation was not remembered");
        tally.one("cells of sign-ups");
        tally.one("of them somebody may start");
    }
    town.put_back().await;
    Ok(())
}

fn event(who: &Credential, at: At, start: Start) -> Event {
    let (client, name, address) = (at.client(), who.name(), who.address());
    let event = match start {
        Start::Provider(tenant) => Event::external_sign_up(&client, &format!("{}_{name}", provider(tenant)), &address),
        _ => Event::sign_up(&client, &format!("new{name}"), &address),
    };
    let say = |event: Event, text: &str, place| match place {
        Place::Metadata => event.metadata(pre_sign_up::INVITATION, text),
        Place::ValidationData => event.with("/request/validationData/invitation", json!(text)),
    };
    at.pool(match start {
        Start::Alone | Start::Provider(_) => event,
        Start::Invited(tenant, place) => say(event, token(invitation_of(tenant)).reveal().as_ref(), place),
        Start::Nonsense(place) => say(event, "welcome", place),
    })
}

fn judge(answer: &Answer, refused: Option<&'static [&'static str]>) -> Result<(), String> {
    match (refused, answer.code()) {
        (None, None) => {
            let as_it_came = json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false });
            ensure!(*answer.response() == as_it_came, "it confirms: {}", answer.response());
            ensure!(!names_another(&answer.response().to_string(), &[]), "it names a tenant");
            Ok(())
        }
        (Some(codes), Some(code)) if codes.contains(&code) => Ok(()),
        (expected, got) => Err(format!("expected {expected:?}, got {got:?}")),
    }
}
