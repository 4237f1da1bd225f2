//! The operators' scenarios: every operation that writes to the table.

use std::sync::atomic::AtomicU64;

use domain::{
    Actor, BarReason, Client, ClientKind, JoinMode, Membership, MembershipStatus, Mode, ProviderKind, RoleGrant,
    TenantStatus,
};
use jiff::SignedDuration;
use operations::registrations::{Right, Subject};
use operations::{
    Barring, DnsFailure, Invite, NewBinding, NewMember, NewTenant, Operations, PolicyChange, Releasing, TxtRecords,
    challenge_name,
};
use store::Key;
use store::entity::{Claim, ClaimStatus};

use super::events::{ANN, BEN, BOB, invited, remembered, removed, sent, suspended, town};
use super::scenario::{By, Records, Said, Scenario, nothing};
use crate::World;
use crate::nouns::{
    by_domain, client, domain_name, email, invitation, member, minutes, now, parse, person, pool, provider_name, roles,
    tenant_id,
};
use crate::world::fill;

/// Bytes that nobody used before in this process. Nothing here is secret.
fn random(bytes: &mut [u8]) {
    static COUNT: AtomicU64 = AtomicU64::new(1 << 40);
    fill(&COUNT, bytes);
}

pub(super) fn operator(world: &World) -> Operations {
    Operations::new(world.table(), Actor::Operator("tests".to_owned()), || minutes(1), random)
}

/// Olga, who owns acme: her row guards what she does.
fn owner(world: &World) -> Operations {
    Operations::new(world.table(), Actor::Member(person("olga")), || minutes(1), random)
}

pub(super) fn acme() -> domain::TenantId {
    tenant_id("acme")
}

fn globex() -> domain::TenantId {
    tenant_id("globex")
}

pub(super) fn app(name: &str) -> Client {
    client(name, ClientKind::Shared).client
}

/// The zone that says whatever record a claim of these tests asks for.
struct Zone;

impl TxtRecords for Zone {
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsFailure> {
        let asked = name == challenge_name(&domain_name("new.example"));
        Ok(if asked { vec![CHALLENGE.to_owned()] } else { Vec::new() })
    }
}

const CHALLENGE: &str = "tenantry-domain=a-record-of-the-tests";

async fn claimed(world: &World) {
    town(world).await;
    let claim = Claim {
        domain: domain_name("new.example"),
        tenant: acme(),
        challenge: CHALLENGE.to_owned(),
        status: ClaimStatus::Pending,
        created: now(),
        assumed: None,
        revision: 0,
    };
    world.put(&claim).await;
}

async fn known(world: &World) {
    invited(world).await;
    remembered(world).await;
}

/// Two members came by acme's domain.
async fn dependants(world: &World) {
    town(world).await;
    for name in ["bob", "cat"] {
        world.with_member(&Membership { origin: by_domain("acme.example"), ..member(name, "acme") }).await;
    }
}

async fn requested(world: &World) {
    town(world).await;
    world
        .with_member(&Membership {
            status: MembershipStatus::Requested,
            origin: by_domain("acme.example"),
            ..member("bob", "acme")
        })
        .await;
}

async fn second_owner(world: &World) {
    town(world).await;
    world.with_member(&Membership { roles: roles(&["owner"]), ..member("otto", "acme") }).await;
}

/// Bob came without an address.
async fn nameless(world: &World) {
    town(world).await;
    world.with_member(&Membership { address: None, ..member("bob", "acme") }).await;
}

async fn paused(world: &World) {
    town(world).await;
    world.tenant("acme", |acme| acme.status = TenantStatus::Suspended).await;
}

async fn closed(world: &World) {
    town(world).await;
    world.tenant("acme", |acme| acme.status = TenantStatus::Closed).await;
}

async fn held(world: &World) {
    town(world).await;
    let subject = Subject::Client(app("acme"));
    operator(world).hold(&subject, "stack", "tenant", Right::Own).await.expect("held");
}

macro_rules! of {
    ($name:literal, $prepare:expr, $who:ident, |$ops:ident| $act:expr) => {
        Scenario {
            name: $name,
            by: By::Operator,
            beside: None,
            prepare: |world| Box::pin($prepare(world)),
            act: |world| {
                Box::pin(async move {
                    let $ops = $who(world);
                    Said::of_operation($act.await)
                })
            },
            then: nothing,
            records: Records::Once,
        }
    };
}

/// Every operation that writes.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        of!("tenant-create", town, operator, |ops| ops.create_tenant(&NewTenant::new(parse("umbra"), "Umbra"))),
        of!("tenant-rename", town, operator, |ops| ops.rename_tenant(
            &acme(),
            Some(&parse("acme-new")),
            Some("Acme New")
        )),
        of!("tenant-suspend", town, operator, |ops| ops.suspend_tenant(&acme(), Some("a test"))),
        of!("tenant-resume", paused, operator, |ops| ops.resume_tenant(&acme(), Some("a test"))),
        of!("tenant-close", town, operator, |ops| ops.close_tenant(&acme(), Some("a test"))),
        of!("tenant-restore", closed, operator, |ops| ops.restore_tenant(&acme(), Some("a test"))),
        of!("tenant-policy", town, operator, |ops| ops.set_policy(
            &acme(),
            &PolicyChange { join: Some(JoinMode::Request), seat_limit: Some(Some(9)), ..PolicyChange::default() }
        )),
        of!("invite", town, operator, |ops| ops.invite(&acme(), &Invite::new(email(BEN)))),
        of!("invite-by-an-owner", town, owner, |ops| ops.invite(&acme(), &Invite::new(email(BEN)))),
        of!("invite-again", invited, operator, |ops| ops
            .invite(&acme(), &Invite { replaces: true, ..Invite::new(email(BEN)) })),
        of!("invite-the-removed", removed, operator, |ops| ops.invite(&acme(), &Invite::new(email(ANN)))),
        of!("invite-resend", invited, operator, |ops| ops.resend_invitation(
            &acme(),
            &email(BEN).into(),
            SignedDuration::from_hours(24)
        )),
        of!("invite-revoke", invited, operator, |ops| ops.revoke_invitation(
            &acme(),
            &invitation(1, "acme", BEN).terms.digest.into(),
            None
        )),
        of!("invite-revoke-by-an-owner", invited, owner, |ops| ops.revoke_invitation(
            &acme(),
            &invitation(1, "acme", BEN).terms.digest.into(),
            None
        )),
        of!("member-add", town, operator, |ops| ops.add_member(
            &acme(),
            &NewMember { person: person("bob"), address: Some(email(BOB)), roles: roles(&["member"]), lift_bar: false }
        )),
        of!("member-add-invited", invited, operator, |ops| ops.add_member(
            &acme(),
            &NewMember { person: person("ben"), address: Some(email(BEN)), roles: roles(&["admin"]), lift_bar: false }
        )),
        of!("member-role", town, operator, |ops| ops.set_roles(&acme(), &person("ann").into(), &roles(&["owner"]))),
        of!("member-role-by-an-owner", town, owner, |ops| ops.set_roles(
            &acme(),
            &person("ann").into(),
            &roles(&["admin"])
        )),
        of!("member-role-of-the-last-owner", town, operator, |ops| ops.set_roles(
            &acme(),
            &person("olga").into(),
            &roles(&["admin"])
        )),
        of!("member-role-of-an-owner", second_owner, operator, |ops| ops.set_roles(
            &acme(),
            &person("otto").into(),
            &roles(&["viewer"])
        )),
        of!("member-approve", requested, operator, |ops| ops.approve(&acme(), &person("bob").into(), None)),
        of!("member-deny", requested, operator, |ops| ops.deny(&acme(), &person("bob").into(), Some("a test"))),
        of!("member-suspend", town, operator, |ops| ops.suspend(&acme(), &person("ann").into(), None)),
        of!("member-resume", suspended, operator, |ops| ops.resume(&acme(), &person("ann").into(), None)),
        of!("member-remove", town, operator, |ops| ops.remove(&acme(), &person("ann").into(), None)),
        of!("member-remove-by-address", town, operator, |ops| ops.remove(&acme(), &email(ANN).into(), None)),
        of!("member-remove-by-an-owner", town, owner, |ops| ops.remove(&acme(), &person("ann").into(), None)),
        of!("member-remove-an-owner", second_owner, operator, |ops| ops.remove(&acme(), &person("otto").into(), None)),
        of!("member-remove-the-last-owner", town, operator, |ops| ops.remove(&acme(), &person("olga").into(), None)),
        of!("member-remove-the-suspended", suspended, operator, |ops| ops.remove(&acme(), &person("ann").into(), None)),
        of!("member-suspend-barring-nobody", town, operator, |ops| ops.suspend_barring(
            &acme(),
            &person("ann").into(),
            &Barring::Without,
            None
        )),
        of!("member-remove-barring-nobody", town, operator, |ops| ops.remove_barring(
            &acme(),
            &person("ann").into(),
            &Barring::Without,
            None
        )),
        of!("member-remove-barring-an-address", nameless, operator, |ops| ops.remove_barring(
            &acme(),
            &person("bob").into(),
            &Barring::Address(email(BOB)),
            None
        )),
        of!("member-reinstate", removed, operator, |ops| ops.reinstate(&acme(), &person("ann").into(), None, None)),
        of!("mailbox-bar", town, operator, |ops| ops.bar_mailbox(&acme(), &email(BEN), None)),
        of!("mailbox-bar-of-a-former-member", gone, operator, |ops| ops.bar_mailbox(&acme(), &email(ANN), None)),
        of!("mailbox-bar-past-an-invitation", invited_back, operator, |ops| ops.bar_mailbox(
            &acme(),
            &email(ANN),
            Some("a test")
        )),
        of!("mailbox-lift-bar", barred, operator, |ops| ops.lift_bar(&acme(), &email(BEN), None)),
        of!("person-erase", erasable, operator, |ops| ops.erase_person(&person("ann"), None, Some("a test"))),
        of!("person-erase-invited", known, operator, |ops| ops.erase_person(
            &person("ben"),
            Some(&parse(person("ben").sub.as_ref())),
            Some("a test")
        )),
        of!("domain-claim", town, operator, |ops| ops.claim_domain(&acme(), &domain_name("new.example"))),
        of!("domain-verify", claimed, operator, |ops| ops.verify_domain(&acme(), &domain_name("new.example"), &Zone)),
        of!("domain-assume", claimed, operator, |ops| ops.assume_domain(
            &acme(),
            &domain_name("new.example"),
            "a test"
        )),
        of!("domain-release-dropping", dependants, operator, |ops| ops.release_domain(
            &acme(),
            &domain_name("acme.example"),
            Releasing::DropMembers
        )),
        of!("domain-release-keeping", dependants, operator, |ops| ops.release_domain(
            &acme(),
            &domain_name("acme.example"),
            Releasing::KeepMembers
        )),
        of!("domain-transfer-dropping", dependants, operator, |ops| ops.transfer_domain(
            &domain_name("acme.example"),
            &acme(),
            &globex(),
            Releasing::DropMembers,
            "a test"
        )),
        of!("domain-transfer-keeping", dependants, operator, |ops| ops.transfer_domain(
            &domain_name("acme.example"),
            &acme(),
            &globex(),
            Releasing::KeepMembers,
            "a test"
        )),
        of!("domain-join", town, operator, |ops| ops.set_domain_join(
            &acme(),
            &domain_name("acme.example"),
            Some(JoinMode::Request)
        )),
        of!("client-bind", town, operator, |ops| ops
            .bind_client(&NewBinding::new(app("web"), ClientKind::Tenant(acme())))),
        of!("client-rebind", town, operator, |ops| ops
            .bind_client(&NewBinding::new(app("acme"), ClientKind::Tenant(globex())))),
        of!("client-observe", town, operator, |ops| ops.set_client_mode(&app("acme"), Mode::Observe)),
        of!("client-unbind", town, operator, |ops| ops.unbind_client(&app("acme"))),
        of!("pool-observe", town, operator, |ops| ops.observe_unbound(&pool(), true)),
        of!("pool-dedicate", nobody_else, operator, |ops| ops.dedicate_pool(&pool(), Some(&acme()))),
        of!("provider-bind", town, operator, |ops| ops.bind_provider(
            &pool(),
            &provider_name("entra"),
            &ProviderKind::Tenant(acme())
        )),
        of!("provider-disable", town, operator, |ops| ops.enable_provider(&pool(), &provider_name("okta"), false)),
        of!("provider-unbind", town, operator, |ops| ops.unbind_provider(&pool(), &provider_name("okta"))),
        of!("catalogue-set", town, operator, |ops| ops.set_role(&parse("billing"), &RoleGrant::default())),
        of!("catalogue-delete", catalogued, operator, |ops| ops.delete_role(&parse("billing"))),
        of!("codes-unlock", sent, operator, |ops| ops.unlock(&acme(), &person("ann").into(), &[], None)),
        of!("template-hold", town, operator, |ops| ops.hold(
            &Subject::Client(app("acme")),
            "stack",
            "tenant",
            Right::Own
        )),
        of!("template-let-go", held, operator, |ops| ops.let_go(&Subject::Client(app("acme")), "stack")),
        of!("template-undo", held, operator, |ops| ops.undo_held(&Subject::Client(app("acme")), "stack")),
    ]
}

async fn barred(world: &World) {
    town(world).await;
    world.bar("acme", BEN, BarReason::Removed).await;
}

/// Ann was removed, and nothing is barred.
async fn gone(world: &World) {
    removed(world).await;
    world.change_mailbox(&acme(), &email(ANN), |mailbox| mailbox.bar = None).await;
}

/// Ann was removed, and an invitation leads past the bar.
async fn invited_back(world: &World) {
    removed(world).await;
    let mut later = invitation(2, "acme", ANN);
    later.terms.created = minutes(2);
    world.with_invitation(&later).await;
}

/// Ann is a member of two tenants, and was invited.
async fn erasable(world: &World) {
    town(world).await;
    world.with_member(&Membership { address: Some(email(ANN)), ..member("ann", "globex") }).await;
}

/// Nobody but acme has a client here.
async fn nobody_else(world: &World) {
    town(world).await;
    world.delete(&Key::binding(&app("globex"))).await;
}

async fn catalogued(world: &World) {
    town(world).await;
    operator(world).set_role(&parse("billing"), &RoleGrant::default()).await.expect("a role");
}
