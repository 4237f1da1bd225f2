//! Random facts, and what the pure decisions say to them, beside the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use domain::challenge::{self, Asking, Asks, Count, Issue, Issuing, Limits, Step, StepName, Tally, Ticket};
use domain::claims::{Fact, NameMap, Shape, Speaker, Value as ClaimValue};
use domain::enrol::{self, Enrolment};
use domain::sign_up::{self, Decision, Presented, Start};
use domain::{
    Bar as RealBar, BarReason, Catalogue, ClientKind, DomainOwner, Email, Holder, Identity,
    Invitation as RealInvitation, InvitationState as RealState, Inviter, Mailbox, Membership, MembershipStatus,
    Origin as RealOrigin, Person, Provider as RealProvider, ProviderKind, RoleGrant, Roles, TenantId, Terms, access,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::acts::{ADDRESSES, DOMAINS, JOINS, ROLES, TENANTS, WAYS_IN};
use super::claims::{Grants, Names, Voice};
use super::codes::{self, Next, Sent};
use super::nouns::{
    Account, Bar, Binding, Chain, Domain, Identities, Invitation, InvitationState, Kind, Model, Name, Origin, Provider,
    Row, Status, Tenant, TenantStatus, Time, Way,
};
use super::rules::Came;
use super::story::real_join;
use crate::campaign::Dice;
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
                outlive: true,
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
        model.invitations.push(Invitation { tenant, address: mailbox, role, inviter: None, made, expires, state });
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

/// The same, as the store hands it to the decisions.
struct Real {
    account: domain::Account,
    domain: Option<DomainOwner>,
    provider: Option<RealProvider>,
    mailbox: Mailbox,
    membership: Option<Membership>,
    predecessor: Option<Membership>,
    former_bar: Option<RealBar>,
}

impl Facts {
    fn real_account(&self) -> domain::Account {
        let identity = |provider: Name| Identity { provider: provider.to_owned(), subject: "1".to_owned() };
        domain::Account {
            email: self.account.email.map(|typed| typed.text.parse()),
            email_verified: self.account.verified,
            external: self.account.external,
            identities: match self.account.identities {
                Identities::None => domain::Identities::None,
                Identities::One(provider) => domain::Identities::One(identity(provider)),
                Identities::Many => domain::Identities::Many,
                Identities::Malformed => domain::Identities::Malformed,
            },
        }
    }

    fn real_domain(&self) -> Option<DomainOwner> {
        let email = self.account.email.filter(|email| email.mailbox.is_some())?;
        let found = self.model.domains.get(email.domain)?;
        Some(DomainOwner {
            domain: nouns::domain_name(email.domain),
            tenant: found.owner.map(|owner| PARSED.tenants[owner].clone()),
            generation: found.generation,
            join: found.join.map(real_join),
            revision: 1,
        })
    }

    fn real_provider(&self, name: Name) -> Option<RealProvider> {
        let found = self.model.providers.get(name)?;
        Some(RealProvider {
            pool: nouns::pool(),
            name: nouns::provider_name(name),
            kind: found.of.map_or(ProviderKind::Social, |of| ProviderKind::Tenant(PARSED.tenants[of].clone())),
            enabled: found.enabled,
            revision: 1,
        })
    }

    fn real_tenant(&self, name: Name) -> domain::Tenant {
        let tenant = &self.model.tenants[name];
        let status = match tenant.status {
            TenantStatus::Active => domain::TenantStatus::Active,
            TenantStatus::Suspended => domain::TenantStatus::Suspended,
            TenantStatus::Closed => domain::TenantStatus::Closed,
        };
        domain::Tenant { status, ..super::story::real_tenant(name, tenant) }
    }

    fn real_row(&self, person: Name, tenant: Name) -> Option<Membership> {
        let row = self.model.rows.get(&(person, tenant))?;
        Some(Membership {
            person: PARSED.people[person].clone(),
            tenant: PARSED.tenants[tenant].clone(),
            member: nouns::member_id(person),
            roles: nouns::roles(&[row.role]),
            status: match row.status {
                Status::Requested => MembershipStatus::Requested,
                Status::Denied => MembershipStatus::Denied,
                Status::Active => MembershipStatus::Active,
                Status::Suspended => MembershipStatus::Suspended,
                Status::Removed => MembershipStatus::Removed,
                Status::Superseded => MembershipStatus::Superseded,
            },
            origin: match row.origin {
                Origin::Domain(domain, generation) => {
                    RealOrigin::Domain { domain: nouns::domain_name(domain), generation }
                }
                Origin::Provider(name) => RealOrigin::Provider(nouns::provider_name(name)),
                Origin::Invitation => RealOrigin::Invitation(PARSED.digest.clone()),
                Origin::Open => RealOrigin::Open,
                Origin::Added => RealOrigin::Added,
            },
            address: row.address.map(|address| PARSED.emails[address].clone()),
            since: time(row.since),
            created: time(row.since),
            revision: 1,
        })
    }

    fn real_bar(&self, tenant: Name, mailbox: Name) -> Option<RealBar> {
        let bar = self.model.bars.get(&(tenant, mailbox))?;
        let reason = if bar.suspended { BarReason::Suspended } else { BarReason::Removed };
        Some(RealBar { reason, since: time(bar.since) })
    }

    fn real_terms(invitation: &Invitation) -> Terms {
        Terms {
            digest: PARSED.digest.clone(),
            roles: nouns::roles(&[invitation.role]),
            inviter: Inviter::Operator,
            created: time(invitation.made),
            expires: time(invitation.expires),
        }
    }

    fn real_mailbox(&self, tenant: Name) -> Mailbox {
        let Some(mailbox) = self.account.mailbox() else { return Mailbox::default() };
        let meant = |one: &&Invitation| one.tenant == tenant && one.address == mailbox;
        let holder = self.model.holders.get(&(tenant, mailbox));
        Mailbox {
            bar: self.real_bar(tenant, mailbox),
            ended: self.model.ended.get(&(tenant, mailbox)).copied().map(time),
            invitation: self.model.invitations.iter().find(meant).map(Self::real_terms),
            holder: holder.map(|name| Holder { person: PARSED.people[name].clone(), member: nouns::member_id(name) }),
            revision: 1,
        }
    }

    fn real(&self) -> Real {
        let provider = match self.account.identities {
            Identities::One(name) if self.account.external => self.real_provider(name),
            _ => None,
        };
        let mailbox = self.real_mailbox("acme");
        let other = mailbox.holder.as_ref().is_some_and(|holder| holder.person == PARSED.people[OTHER]);
        let membership = self.real_row(ME, "acme");
        let former = membership.as_ref().filter(|row| row.status == MembershipStatus::Active);
        let former = former.and_then(|_| self.model.rows[&(ME, "acme")].address);
        Real {
            account: self.real_account(),
            domain: self.real_domain(),
            provider,
            mailbox,
            predecessor: self.real_row(OTHER, "acme").filter(|_| other),
            former_bar: former.filter(|name| Some(*name) != self.account.mailbox()).and_then(|name| {
                let ended = self.model.ended.get(&("acme", name)).copied().map(time);
                let known = Mailbox { bar: self.real_bar("acme", name), ended, ..Mailbox::default() };
                known.bar_on(membership.as_ref()?)
            }),
            membership,
        }
    }

    fn enrol(&self, real: &Real, tenant: &domain::Tenant) -> Enrolment {
        let reminder = self
            .model
            .presented
            .get(ME)
            .filter(|(of, mailbox)| *of == "acme" && Some(*mailbox) == self.account.mailbox());
        enrol::enrol(&enrol::Facts {
            now: time(NOW),
            tenant,
            account: &real.account,
            domain: real.domain.as_ref(),
            provider: real.provider.as_ref(),
            mailbox: &real.mailbox,
            membership: real.membership.as_ref(),
            remembered: reminder.map(|_| &PARSED.digest),
            predecessor: real.predecessor.as_ref(),
        })
    }

    /// Enrolment: the outcome, and the row that it makes.
    fn check_enrolment(&self, real: &Real, tenant: &domain::Tenant) -> Result<Enrolment, String> {
        let said = self.enrol(real, tenant);
        let mut after = self.model.clone();
        let model = after.enrol("acme", &self.account, true);
        let row = after.rows.get(&(ME, "acme"));
        let same = match (&said, model) {
            (Enrolment::Refuse(refusal), Err(code)) => refusal.code() == code,
            (Enrolment::Member, Ok(Came::Joined)) => self.model.rows.contains_key(&(ME, "acme")),
            (Enrolment::Join(joining), Ok(Came::Joined)) | (Enrolment::Request(joining), Ok(Came::Requested)) => {
                let taken = joining.takes_over.is_some() == (row.map(|row| row.member) == Some(1));
                row.is_some_and(|row| taken && is_row(joining, row))
            }
            _ => false,
        };
        if same { Ok(said) } else { Err(self.differ("enrol", &said, &(model, row))) }
    }

    /// A token at a client that is bound to the tenant: who stands, who is refused, who is enrolled.
    fn check_access(&self, real: &Real, tenant: &domain::Tenant, enrolment: &Enrolment) -> Check {
        let answered = self.model.answered.contains(&(ME, "acme"));
        let said = access::decide(&access::Facts {
            now: time(NOW),
            way: WAYS[self.way].1,
            tenant,
            account: &real.account,
            domain: real.domain.as_ref(),
            provider: real.provider.as_ref(),
            mailbox: &real.mailbox,
            former_bar: real.former_bar,
            membership: real.membership.as_ref(),
            code_passed: answered,
        });
        let closed = self.model.tenants["acme"].chain != Chain::Password && !answered;
        let outcome = match (said, enrolment) {
            (access::Access::Granted(_), _) => None,
            (access::Access::Refused(refusal), _) => Some(refusal.code()),
            (access::Access::Enrol, Enrolment::Refuse(refusal)) => Some(refusal.code()),
            (access::Access::Enrol, _) if closed => Some("SIGN_IN_AGAIN"),
            (access::Access::Enrol, Enrolment::Request(_)) => Some("APPROVAL_PENDING"),
            (access::Access::Enrol, _) => None,
        };
        let model = self.model.clone().member("acme", &self.account, WAYS[self.way].0, "acme", true);
        let same = match (outcome, &model) {
            (None, Ok(_)) => true,
            (Some(said), Err(code)) => said == *code,
            _ => false,
        };
        if same { Ok(()) } else { Err(self.differ("access", &(said, enrolment), &model)) }
    }

    fn client_kind(&self) -> ClientKind {
        match self.model.clients[self.client].kind {
            Kind::Tenant(tenant) => ClientKind::Tenant(PARSED.tenants[tenant].clone()),
            Kind::Shared => ClientKind::Shared,
            Kind::Machine(tenant, role) => {
                ClientKind::Machine { tenant: PARSED.tenants[tenant].clone(), roles: nouns::roles(&[role]) }
            }
            Kind::Unbound => ClientKind::Unbound,
        }
    }

    /// Pre sign-up, of somebody who chose a password, and of somebody whom a provider sends.
    fn check_sign_up(&self, by: Option<Name>) -> Check {
        let kind = self.client_kind();
        let mut account = self.account;
        let (start, provider) = match by {
            Some(name) => {
                account.external = true;
                account.identities =
                    if self.model.providers.contains_key(name) { Identities::One(name) } else { Identities::None };
                (Start::Provider, self.real_provider(name))
            }
            None => {
                (account.external, account.identities) = (false, Identities::None);
                (Start::SignUp, None)
            }
        };
        let facts = Facts { model: self.model.clone(), account, token: self.token, client: self.client, way: 0 };
        let known = self.token.flatten().map(|at| {
            let one = &self.model.invitations[at];
            RealInvitation {
                tenant: PARSED.tenants[one.tenant].clone(),
                address: PARSED.emails[one.address].clone(),
                terms: Self::real_terms(one),
                state: RealState::Open,
                revision: 1,
            }
        });
        let presented = match (&self.token, &known) {
            _ if by.is_some() => Presented::Nothing,
            (None, _) => Presented::Nothing,
            (Some(_), Some(known)) => Presented::Known(known),
            (Some(_), None) => Presented::Unknown,
        };
        let domain = facts.real_domain();
        let target = sign_up::target(&kind, presented, provider.as_ref(), domain.as_ref());
        let name = target.as_ref().and_then(|id| TENANTS.into_iter().find(|name| PARSED.tenants[name] == *id));
        let tenant = name.map(|name| self.real_tenant(name));
        let mailbox = name.map(|name| facts.real_mailbox(name)).unwrap_or_default();
        let real_account = facts.real_account();
        let said = sign_up::decide(&sign_up::Facts {
            now: time(NOW),
            start,
            client: &kind,
            tenant: tenant.as_ref(),
            account: &real_account,
            presented,
            domain: domain.as_ref(),
            provider: provider.as_ref(),
            mailbox: &mailbox,
        });
        let mut after = self.model.clone();
        let model = match by {
            Some(name) => after.sign_up_by(self.client, &account, name),
            None => after.sign_up(self.client, &account, self.token),
        };
        let same = match (&said, model) {
            (Decision::Admit(_), Ok(())) => true,
            (Decision::Refuse(refusal), Err(code)) => refusal.code() == code,
            _ => false,
        };
        if same { Ok(()) } else { Err(facts.differ("sign-up", &said, &model)) }
    }

    /// What comes next in a session.
    fn check_session(&self, dice: &mut Dice, real: &Real, tenant: &domain::Tenant) -> Result<u64, String> {
        const STEPS: [(Name, StepName); 10] = [
            ("SRP_A", StepName::SrpA),
            ("PASSWORD_VERIFIER", StepName::PasswordVerifier),
            ("CUSTOM_CHALLENGE", StepName::Custom),
            ("NEW_PASSWORD_REQUIRED", StepName::NewPasswordRequired),
            ("SMS_MFA", StepName::SmsMfa),
            ("SOFTWARE_TOKEN_MFA", StepName::SoftwareTokenMfa),
            ("EMAIL_OTP", StepName::EmailOtp),
            ("DEVICE_SRP_AUTH", StepName::DeviceSrpAuth),
            ("DEVICE_PASSWORD_VERIFIER", StepName::DevicePasswordVerifier),
            ("ADMIN_NO_SRP_AUTH", StepName::Other),
        ];
        let kind = self.client_kind();
        let at_acme = matches!(self.model.clients[self.client].kind, Kind::Tenant(_) | Kind::Machine(..));
        let said = challenge::asks(Some(&kind), at_acme.then_some(tenant), real.membership.as_ref());
        let model = self.model.define(self.client, ME, &[]);
        let asks = match (said, model) {
            (Ok(asks), Ok(_)) => asks,
            (Err(refusal), Err(code)) if refusal.code() == code => return Ok(1),
            _ => return Err(self.differ("asks", &said, &model)),
        };
        let mut session = Vec::new();
        let begins = [&STEPS[0..0], &STEPS[0..1], &STEPS[0..2]][dice.below(3)];
        session.extend(begins.iter().map(|step| (*step, Some(true))));
        for _ in 0..dice.below(5) {
            let step = if dice.one_in(2) { STEPS[2] } else { *dice.pick(&STEPS) };
            session.push((step, [Some(true), Some(false), Some(false), None][dice.below(4)]));
        }
        let exists = !dice.one_in(4);
        let steps: Vec<Step> =
            session.iter().map(|((_, name), result)| Step { name: *name, result: *result }).collect();
        let plain: Vec<(Name, Option<bool>)> = session.iter().map(|((name, _), result)| (*name, *result)).collect();
        let said = match challenge::define(asks, &steps, exists) {
            challenge::Next::Password => Next::Ask("PASSWORD_VERIFIER"),
            challenge::Next::Code => Next::Ask("CUSTOM_CHALLENGE"),
            challenge::Next::Tokens => Next::Tokens,
            challenge::Next::Failed => Next::Fail,
        };
        let (chain, asks_code) = match asks {
            Asks::Password => (Chain::Password, false),
            Asks::PasswordAndCode => (Chain::PasswordAndCode, true),
            Asks::Code => (Chain::Code, true),
        };
        let model = codes::next(chain, asks_code, &plain, exists);
        if said == model { Ok(2) } else { Err(self.differ("define", &(said, plain), &model)) }
    }

    fn differ(&self, what: &str, said: &impl std::fmt::Debug, model: &impl std::fmt::Debug) -> String {
        let Self { model: known, account, token, client, way } = self;
        format!(
            "{what}: Tenantry says {said:?}, the model {model:?}\nof {account:?}\ntoken {token:?} at {client} way {way}\nin {known:?}"
        )
    }
}

fn is_row(joining: &enrol::Joining, row: &Row) -> bool {
    let origin = match (&joining.origin, row.origin) {
        (RealOrigin::Domain { domain, generation }, Origin::Domain(name, number)) => {
            domain.as_ref() == name && *generation == number
        }
        (RealOrigin::Provider(provider), Origin::Provider(name)) => provider.as_ref() == name,
        (RealOrigin::Invitation(_), Origin::Invitation) | (RealOrigin::Open, Origin::Open) => true,
        _ => false,
    };
    origin && joining.roles.to_string() == row.role && Some(joining.proof.address().as_ref()) == row.address
}

/// Whether a code is sent, sent again or refused.
fn check_codes(dice: &mut Dice) -> Check {
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

/// What a token says.
fn check_claims(dice: &mut Dice) -> Check {
    const WORDS: [Name; 6] = ["docs:write", "docs:read", "billing:see", "a", "b.c", "orders/read"];
    let mut names = Names::new();
    for fact in Fact::ALL {
        for ending in &["", "_x"][..[1, 1, 1, 0, 2][dice.below(5)]] {
            names.push((fact.name(), format!("{}{ending}", fact.name()), dice.one_in(3)));
        }
    }
    let entries = names.iter().map(|(fact, name, spaced)| {
        let fact = Fact::ALL.into_iter().find(|one| one.name() == *fact).expect("a fact");
        (fact, nouns::parse(name), if *spaced { Shape::Spaced } else { Shape::List })
    });
    let map = NameMap::new(entries.collect()).map_err(|error| error.to_string())?;
    let mut grants = Grants::new();
    let some = |dice: &mut Dice| -> BTreeSet<Name> { (0..dice.below(4)).map(|_| *dice.pick(&WORDS)).collect() };
    for role in ROLES {
        if dice.one_in(2) {
            grants.insert(role, (some(dice), some(dice)));
        }
    }
    let real_grants = grants.iter().map(|(role, (permissions, scopes))| {
        let words = |words: &BTreeSet<Name>| words.iter().map(|&word| word.to_owned()).collect();
        (nouns::parse(role), RoleGrant { permissions: words(permissions), scopes: words(scopes) })
    });
    let catalogue = Catalogue::new(real_grants.collect(), 1).map_err(|error| error.to_string())?;
    let mut roles: BTreeSet<Name> = (0..=dice.below(3)).map(|_| *dice.pick(&ROLES)).collect();
    if dice.one_in(20) {
        roles.extend(LONG);
    }
    let real_roles = Roles::parse(roles.iter().copied()).map_err(|error| error.to_string())?;
    let tenant = nouns::tenant("acme");
    let member = dice.one_in(3).then(|| nouns::member_id("ann"));
    let speaks = !dice.one_in(4);
    let voice = Voice {
        tenant: tenant.id.as_ref(),
        slug: "acme",
        tier: "standard",
        member: member.as_ref().map(AsRef::as_ref),
        roles: &roles,
    };
    let speaker = Speaker { tenant: &tenant, member: member.as_ref(), roles: &real_roles };
    let said = domain::claims::claims(&map, speaks.then_some(speaker), &catalogue);
    let model = super::claims::claims(&names, speaks.then_some(voice), &grants);
    let same = match (&said, &model) {
        (_, Err(None)) => true,
        (Err(refusal), Err(Some(code))) => refusal.code() == *code,
        (Ok(said), Ok(model)) => {
            let mut all: BTreeMap<String, Option<Value>> = BTreeMap::new();
            for (name, value) in &said.set {
                let value = match value {
                    ClaimValue::Text(text) => json!(text),
                    ClaimValue::List(list) => json!(list),
                };
                all.insert(name.to_string(), Some(value));
            }
            all.extend(said.suppress.iter().map(|name| (name.to_string(), None)));
            all == *model && said.session_tag == speaks.then(|| tenant.id.clone())
        }
        _ => false,
    };
    if !same {
        return Err(format!("claims: Tenantry says {said:?}, the model {model:?}"));
    }
    let requested: BTreeSet<Name> = some(dice);
    let account_scope = dice.one_in(2);
    let listed: Vec<String> = requested.iter().map(|&word| word.to_owned()).collect();
    let said = domain::claims::scopes(&listed, speaks.then_some(&real_roles), &catalogue, account_scope);
    let model = super::claims::scopes(&requested, speaks.then_some(&roles), &grants, account_scope);
    let (add, take): (BTreeSet<&str>, BTreeSet<&str>) =
        (said.add.iter().map(String::as_str).collect(), said.suppress.iter().map(String::as_str).collect());
    if (&add, &take) != (&model.0, &model.1) {
        return Err(format!("scopes: Tenantry says {said:?}, the model {model:?}, of {requested:?}"));
    }
    Ok(())
}

/// Custom roles of the longest names.
const LONG: [Name; 5] = [
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "cccccccccccccccccccccccccccccccc",
    "dddddddddddddddddddddddddddddddd",
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
];

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
