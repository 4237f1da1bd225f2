//! Codes: sent, sent again or refused.

use domain::challenge::{self, Asking, Count, Issue, Issuing, Limits, Tally, Ticket};

use super::{Check, Dice, ME, NOW, time};
use crate::model::cast::{ADDRESSES, JOINS};
use crate::model::codes::{self, Sent};
use crate::model::nouns::{Account, Binding, Chain, Identities, Kind, Model, Tenant, TenantStatus};

/// Whether a code is sent, sent again or refused.
pub(super) fn check_codes(dice: &mut Dice) -> Check {
    let proven = dice.one_in(2);
    let client = "acme";
    let chain = if proven { Chain::PasswordAndCode } else { Chain::Code };
    let mut model = Model { now: NOW, ..Model::default() };
    model.tenants.insert(
        "acme",
        Tenant {
            status: TenantStatus::Active,
            join: JOINS[0],
            default_role: "member",
            chain,
            sso: false,
            lookup: false,
            outlive: false,
            limit: None,
        },
    );
    model.clients.insert(client, Binding { kind: Kind::Tenant("acme"), observe: false });
    let ages = [0, 1, 59, 60, 61, 299, 300, 301, 3_599, 3_600, 86_399, 86_400];
    let count = |dice: &mut Dice, most: usize| {
        let since = NOW - *dice.pick(&ages);
        codes::Count { since, times: (most + dice.below(4)).saturating_sub(2) as u64 }
    };
    let (here, hour, day, wrong) = (count(dice, 3), count(dice, 10), count(dice, 30), count(dice, 20));
    let sent = Sent {
        at: NOW - *dice.pick(&ages),
        expires: 0,
        answers: dice.below(7) as u64,
        used: dice.one_in(4),
        proven: if dice.one_in(5) { !proven } else { proven },
        to: Some("ann@acme.example"),
    };
    let sent = Sent { expires: sent.at + 300, ..sent };
    let (had_sent, had_tally) = (!dice.one_in(6), !dice.one_in(6));
    let place = (ME, client);
    if had_sent {
        model.codes.sent.insert(place, sent);
        model.codes.here.insert(place, here);
        model.codes.wrong.insert(place, wrong);
    }
    if had_tally {
        model.codes.hour.insert((ME, proven), hour);
        model.codes.day.insert((ME, proven), day);
    }
    let real_count = |count: codes::Count| Count { since: time(count.since), times: count.times };
    let last = Issue {
        number: 1,
        by: Ticket::from_random([1; 16]),
        sent: time(sent.at),
        expires: time(sent.expires),
        attempts: sent.answers,
        used_by: sent.used.then(|| Ticket::from_random([2; 16])),
        unsent: false,
        proven: sent.proven,
        hour: real_count(here),
        day: real_count(wrong),
        passed: None,
        revision: 1,
    };
    let tally = Tally { proven, hour: real_count(hour), day: real_count(day), revision: 1 };
    let again = dice.one_in(2);
    let ticket = Ticket::from_random([3; 16]);
    let asking = Asking { now: time(NOW), limits: &Limits::default(), ticket: &ticket, proven, again };
    let said = challenge::issue(&asking, had_sent.then_some(&last), had_tally.then_some(&tally));
    let mut session = Vec::new();
    if proven {
        session.extend([("SRP_A", Some(true)), ("PASSWORD_VERIFIER", Some(true))]);
    }
    if again {
        session.push(("CUSTOM_CHALLENGE", Some(false)));
    }
    let account = Account {
        person: ME,
        email: Some(&ADDRESSES[0]),
        verified: true,
        external: false,
        identities: Identities::None,
    };
    let before = model.codes.clone();
    let verdict = model.create(client, &account, &session);
    let same = match (&said, verdict) {
        (Issuing::Reuse(_), Ok(false)) => true,
        (Issuing::Send { issue, .. }, Ok(true)) => issue.attempts == model.codes.sent[&place].answers,
        (Issuing::Refuse(refusal), Err(code)) => refusal.code() == code,
        _ => false,
    };
    if same {
        return Ok(());
    }
    Err(format!("codes: Tenantry says {said:?}, the model {verdict:?}\nafter {session:?} of {before:?}"))
}
