//! Random facts, and what the pure decisions say to them, beside the model.

mod claims;
mod codes;
mod known;
mod people;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{Email, Person, TenantId, access};
use jiff::{SignedDuration, Timestamp};

use self::claims::check_claims;
use self::codes::check_codes;
use super::cast::{ADDRESSES, DOMAINS, JOINS, ROLES, TENANTS, WAYS_IN};
use super::nouns::{
    Account, Bar, Binding, Domain, Identities, Invitation, InvitationState, Kind, Model, Name, Origin, Provider, Row,
    Status, Tenant, TenantStatus, Time, Way,
};
use crate::dice::Dice;
use crate::nouns;

type Check = Result<(), String>;

const ME: Name = "ann";
const OTHER: Name = "bob";
const PROVIDERS: [Name; 3] = ["acmeidp", "globexidp", "google"];
const WAYS: [(Way, access::Way); 5] = [
    (Way::Authentication, access::Way::Authentication),
    (Way::Refresh, access::Way::Refresh),
    (Way::Hosted, access::Way::ManagedLogin),
    (Way::NewPassword, access::Way::NewPassword),
    (Way::Device, access::Way::Device),
];
const STATUSES: [Status; 6] =
    [Status::Active, Status::Requested, Status::Denied, Status::Suspended, Status::Removed, Status::Superseded];
const TENANT_STATUSES: [TenantStatus; 6] = [
    TenantStatus::Active,
    TenantStatus::Active,
    TenantStatus::Active,
    TenantStatus::Active,
    TenantStatus::Suspended,
    TenantStatus::Closed,
];
const NOW: Time = 1_000_000;

/// Nouns that are parsed once.
struct Parsed {
    tenants: BTreeMap<Name, TenantId>,
    people: BTreeMap<Name, Person>,
    emails: BTreeMap<Name, Email>,
    digest: domain::InvitationDigest,
}

static PARSED: LazyLock<Parsed> = LazyLock::new(|| Parsed {
    tenants: TENANTS.into_iter().map(|name| (name, nouns::tenant_id(name))).collect(),
    people: [ME, OTHER].into_iter().map(|name| (name, nouns::person(name))).collect(),
    emails: ADDRESSES.iter().filter_map(|typed| Some((typed.mailbox?, nouns::email(typed.mailbox?)))).collect(),
    digest: nouns::token(1).digest(),
});

fn time(time: Time) -> Timestamp {
    nouns::now() + SignedDuration::from_secs(time)
}

/// A small world: two tenants, the account and what is known of it.
struct Facts {
    model: Model,
    account: Account,
    token: Option<Option<usize>>,
    client: Name,
    way: usize,
}

fn facts(dice: &mut Dice) -> Facts {
    let mut model = Model { now: NOW, ..Model::default() };
    for tenant in TENANTS {
        let (chain, sso) = if dice.one_in(2) { WAYS_IN[0] } else { *dice.pick(&WAYS_IN) };
        model.tenants.insert(
            tenant,
            Tenant {
                status: *dice.pick(&TENANT_STATUSES),
                join: *dice.pick(&JOINS),
                default_role: "member",
                chain,
                sso,
                lookup: dice.one_in(3),
                outlive: dice.one_in(2),
                limit: None,
            },
        );
    }
    let owners = [Some("acme"), Some("acme"), Some("globex"), None];
    for (domain, _) in DOMAINS {
        if !dice.one_in(6) {
            let join = if dice.one_in(3) { Some(JOINS[dice.below(3)]) } else { None };
            let generation = 1 + dice.below(2) as u64;
            model.domains.insert(domain, Domain { owner: *dice.pick(&owners), generation, join });
        }
    }
    for provider in PROVIDERS {
        if !dice.one_in(5) {
            model.providers.insert(provider, Provider { of: *dice.pick(&owners), enabled: !dice.one_in(5) });
        }
    }
    let identities = match dice.below(10) {
        0..=4 => Identities::None,
        5..=7 => Identities::One(*dice.pick(&PROVIDERS)),
        8 => Identities::Many,
        _ => Identities::Malformed,
    };
    let external = if matches!(identities, Identities::One(_)) { !dice.one_in(4) } else { dice.one_in(6) };
    let email = if dice.one_in(20) { None } else { Some(&ADDRESSES[dice.below(ADDRESSES.len())]) };
    let account = Account { person: ME, email, verified: !dice.one_in(4), external, identities };
    if dice.one_in(2) {
        let row = row(dice, &account, 0);
        model.rows.insert((ME, "acme"), row);
    }
    for (place, typed) in ADDRESSES.iter().enumerate() {
        let Some(mailbox) = typed.mailbox else { continue };
        if place != dice.below(ADDRESSES.len()) && account.mailbox() != Some(mailbox) {
            continue;
        }
        mailbox_facts(dice, &mut model, mailbox);
    }
    if dice.one_in(4)
        && let Some(mailbox) = account.mailbox()
    {
        model
            .presented
            .insert(ME, (TENANTS[dice.below(2)], if dice.one_in(5) { "gil@globex.example" } else { mailbox }));
    }
    let kinds = [
        ("acme", Kind::Tenant("acme")),
        ("acme", Kind::Tenant("acme")),
        ("portal", Kind::Shared),
        ("robot", Kind::Machine("acme", "viewer")),
        ("gone", Kind::Unbound),
    ];
    let (client, kind) = *dice.pick(&kinds);
    model.clients.insert(client, Binding { kind, observe: false });
    if dice.one_in(2) {
        model.answered.insert((ME, client));
    }
    let token = match (dice.below(4), model.invitations.len()) {
        (0, _) => Some(None),
        (1, most) if most > 0 => Some(Some(dice.below(most))),
        _ => None,
    };
    Facts { model, account, token, client, way: dice.below(WAYS.len()) }
}

fn row(dice: &mut Dice, account: &Account, member: usize) -> Row {
    let mailboxes: Vec<Name> = ADDRESSES.iter().filter_map(|typed| typed.mailbox).collect();
    let own = account.mailbox().filter(|_| !dice.one_in(3));
    let address = own.or_else(|| if dice.one_in(5) { None } else { Some(*dice.pick(&mailboxes)) });
    let origin = match dice.below(6) {
        0 | 1 => Origin::Domain(DOMAINS[dice.below(3)].0, 1 + dice.below(2) as u64),
        2 => Origin::Provider(*dice.pick(&PROVIDERS)),
        3 => Origin::Invitation,
        4 => Origin::Open,
        _ => Origin::Added,
    };
    let status = if dice.one_in(3) { Status::Active } else { *dice.pick(&STATUSES) };
    Row { member, role: *dice.pick(&ROLES), status, origin, address, since: moment(dice) }
}

/// One of a few moments before now, so that they often meet.
fn moment(dice: &mut Dice) -> Time {
    NOW - [1, 60, 61, 3_600][dice.below(4)]
}

fn mailbox_facts(dice: &mut Dice, model: &mut Model, mailbox: Name) {
    if dice.one_in(3) {
        model.bars.insert(("acme", mailbox), Bar { suspended: dice.one_in(3), since: moment(dice) });
    }
    if dice.one_in(6) {
        model.ended.insert(("acme", mailbox), moment(dice));
    }
    let has_one = model.invitations.iter().any(|one| one.address == mailbox);
    if !has_one && dice.one_in(2) {
        let (made, expires) = (moment(dice), NOW + [-1, 0, 1, 3_600][dice.below(4)]);
        let tenant = if dice.one_in(5) { "globex" } else { "acme" };
        let state = InvitationState::Open;
        let role = *dice.pick(&ROLES);
        let inviter = dice.one_in(2).then_some(OTHER);
        model.invitations.push(Invitation { tenant, address: mailbox, role, inviter, made, expires, state });
    }
    if dice.one_in(2) {
        model.holders.insert(("acme", mailbox), if dice.one_in(3) { ME } else { OTHER });
        let account = Account {
            person: OTHER,
            email: ADDRESSES.iter().find(|typed| typed.mailbox == Some(mailbox)),
            verified: true,
            external: false,
            identities: Identities::None,
        };
        let row = row(dice, &account, 1);
        model.rows.insert((OTHER, "acme"), row);
    }
}

/// Draws facts from a seed, and compares what is decided. Says how many decisions that were.
pub fn draw(seed: u64) -> Result<u64, String> {
    let mut dice = Dice::new(seed);
    let facts = facts(&mut dice);
    let real = facts.real();
    let tenant = facts.real_tenant("acme");
    let enrolment = facts.check_enrolment(&real, &tenant)?;
    facts.check_access(&real, &tenant, &enrolment)?;
    facts.check_sign_up(None)?;
    facts.check_sign_up(Some(*dice.pick(&PROVIDERS)))?;
    let sessions = facts.check_session(&mut dice, &real, &tenant)?;
    check_codes(&mut dice)?;
    check_claims(&mut dice)?;
    // Enrolment, access, two ways to sign up, a code, claims and scopes.
    Ok(7 + sessions)
}
