//! The decisions, each as a table: the facts in a few words, the answer beside them.
#![expect(
    clippy::unwrap_used,
    clippy::option_option,
    reason = "a test says what it means, and fails where it does not hold"
)]

use domain::access::{self, Access, Way};
use domain::challenge::{self, Asks};
use domain::claims::{self, ACCOUNT_SCOPE, Fact, NameMap, Shape, Speaker, Value};
use domain::enrol::{self, Enrolment};
use domain::sign_up::{self, Decision, Presented, Route, Start};
use domain::*;
use jiff::{SignedDuration, Timestamp};

/// Makes a case out of the usual one.
type Bend<T> = Box<dyn Fn(&mut T)>;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn tenant_id(n: u8) -> TenantId {
    TenantId::from_random([n; 16])
}

fn tenant() -> Tenant {
    Tenant {
        id: tenant_id(1),
        slug: "acme".parse().unwrap(),
        name: "Acme".into(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        policy: Policy::default(),
        created: ago(1_000),
        revision: 1,
    }
}

fn native(email: &str) -> Account {
    Account { email: Some(email.parse()), email_verified: true, external: false, identities: Identities::None }
}

fn federated(email: &str) -> Account {
    let identity = Identity { provider: "Okta".into(), subject: "1".into() };
    Account { email: Some(email.parse()), email_verified: false, external: true, identities: Identities::One(identity) }
}

fn person(sub: &str) -> Person {
    Person { pool: "local_Pool1".parse().unwrap(), sub: sub.parse().unwrap() }
}

fn provider(kind: ProviderKind) -> Provider {
    Provider { pool: "local_Pool1".parse().unwrap(), name: "okta".parse().unwrap(), kind, enabled: true, revision: 1 }
}

fn own_domain() -> DomainOwner {
    DomainOwner {
        domain: "acme.example".parse().unwrap(),
        tenant: Some(tenant_id(1)),
        generation: 3,
        join: None,
        revision: 1,
    }
}

fn terms(created: Timestamp) -> Terms {
    Terms {
        digest: InvitationToken::from_random([9; 32]).digest(),
        roles: Roles::parse(["admin"]).unwrap(),
        inviter: Inviter::Operator,
        created,
        expires: now() + SignedDuration::from_hours(24),
    }
}

fn invitation(address: &str) -> Invitation {
    Invitation {
        tenant: tenant_id(1),
        address: address.parse().unwrap(),
        terms: terms(ago(1)),
        state: InvitationState::Open,
        revision: 1,
    }
}

fn row(status: MembershipStatus, origin: Origin) -> Membership {
    Membership {
        person: person("old"),
        tenant: tenant_id(1),
        member: MemberId::from_random([5; 16]),
        roles: Roles::parse(["owner"]).unwrap(),
        status,
        origin,
        address: Some("ann@acme.example".parse().unwrap()),
        since: ago(10),
        created: ago(100),
        revision: 4,
    }
}

fn given_by_domain() -> Origin {
    Origin::Domain { domain: "acme.example".parse().unwrap(), generation: 3 }
}

/// A sign-up that joins by domain, to be bent.
struct SignUp {
    start: Start,
    client: ClientKind,
    tenant: Option<Tenant>,
    account: Account,
    invitation: Option<Option<Invitation>>,
    domain: Option<DomainOwner>,
    provider: Option<Provider>,
    mailbox: Mailbox,
}

fn sign_up(bend: impl FnOnce(&mut SignUp)) -> Decision {
    let mut s = SignUp {
        start: Start::SignUp,
        client: ClientKind::Tenant(tenant_id(1)),
        tenant: Some(tenant()),
        account: Account { email_verified: false, ..native("ann@acme.example") },
        invitation: None,
        domain: Some(own_domain()),
        provider: None,
        mailbox: Mailbox::default(),
    };
    bend(&mut s);
    let presented = match &s.invitation {
        None => Presented::Nothing,
        Some(None) => Presented::Unknown,
        Some(Some(invitation)) => Presented::Known(invitation),
    };
    sign_up::decide(&sign_up::Facts {
        now: now(),
        start: s.start,
        client: &s.client,
        tenant: s.tenant.as_ref(),
        account: &s.account,
        presented,
        domain: s.domain.as_ref(),
        provider: s.provider.as_ref(),
        mailbox: &s.mailbox,
    })
}

fn policy(s: &mut SignUp) -> &mut Policy {
    &mut s.tenant.as_mut().unwrap().policy
}

#[test]
fn sign_up_admits_by_each_route_and_by_no_other() {
    let admit = Decision::Admit;
    assert_eq!(sign_up(|_| {}), admit(Route::Domain));
    assert_eq!(sign_up(|s| policy(s).join = JoinMode::Request), admit(Route::Domain));
    assert_eq!(sign_up(|s| s.start = Start::Administrator), admit(Route::Administrator));
    assert_eq!(
        sign_up(|s| {
            s.domain = None;
            policy(s).join = JoinMode::Open;
        }),
        admit(Route::Open)
    );
    let good = invitation("ann@acme.example");
    assert_eq!(
        sign_up(|s| s.invitation = Some(Some(good.clone()))),
        admit(Route::Invitation(good.terms.digest.clone()))
    );
    assert_eq!(
        sign_up(|s| {
            s.client = ClientKind::Shared;
            s.invitation = Some(Some(good.clone()));
        }),
        admit(Route::Invitation(good.terms.digest.clone()))
    );
    let invited = Mailbox { invitation: Some(terms(ago(1))), ..Mailbox::default() };
    assert_eq!(
        sign_up(|s| {
            s.domain = None;
            s.mailbox = invited.clone();
            policy(s).invitation_lookup = true;
        }),
        admit(Route::InvitationLookup)
    );
    let by_provider = |s: &mut SignUp| {
        s.start = Start::Provider;
        s.account = federated("ann@acme.example");
        s.provider = Some(provider(ProviderKind::Tenant(tenant_id(1))));
    };
    assert_eq!(sign_up(by_provider), admit(Route::Provider));
    assert_eq!(
        sign_up(|s| {
            by_provider(s);
            policy(s).sso_required = true;
        }),
        admit(Route::Provider)
    );
    assert_eq!(
        sign_up(|s| {
            by_provider(s);
            s.provider = Some(provider(ProviderKind::Social));
            s.account.email_verified = true;
        }),
        admit(Route::Domain)
    );
}

#[test]
fn sign_up_refuses_with_the_reason() {
    let by_provider = |s: &mut SignUp, kind: ProviderKind| {
        s.start = Start::Provider;
        s.account = federated("ann@acme.example");
        s.provider = Some(provider(kind));
    };
    let cases: Vec<(&str, Bend<SignUp>, Refusal)> = vec![
        ("no domain", Box::new(|s| s.domain = None), Refusal::InvitationRequired),
        (
            "another's domain",
            Box::new(|s| s.domain.as_mut().unwrap().tenant = Some(tenant_id(2))),
            Refusal::InvitationRequired,
        ),
        ("a released domain", Box::new(|s| s.domain.as_mut().unwrap().tenant = None), Refusal::InvitationRequired),
        (
            "a domain record of another name",
            Box::new(|s| s.domain.as_mut().unwrap().domain = "other.example".parse().unwrap()),
            Refusal::InvitationRequired,
        ),
        ("invitation only", Box::new(|s| policy(s).join = JoinMode::InvitationOnly), Refusal::InvitationRequired),
        (
            "the domain overrides",
            Box::new(|s| s.domain.as_mut().unwrap().join = Some(JoinMode::InvitationOnly)),
            Refusal::InvitationRequired,
        ),
        ("a role mailbox", Box::new(|s| s.account = native("support@acme.example")), Refusal::InvitationRequired),
        (
            "a domain that takes invitations alone, of an open tenant",
            Box::new(|s| {
                policy(s).join = JoinMode::Open;
                s.domain.as_mut().unwrap().join = Some(JoinMode::InvitationOnly);
            }),
            Refusal::InvitationRequired,
        ),
        (
            "an invited address without a token",
            Box::new(|s| {
                s.domain = None;
                s.mailbox.invitation = Some(terms(ago(1)));
            }),
            Refusal::InvitationRequired,
        ),
        ("an unknown token", Box::new(|s| s.invitation = Some(None)), Refusal::InvitationUnusable),
        (
            "another's token",
            Box::new(|s| s.invitation = Some(Some(invitation("bob@acme.example")))),
            Refusal::InvitationUnusable,
        ),
        (
            "another tenant's token",
            Box::new(|s| {
                s.invitation = Some(Some(Invitation { tenant: tenant_id(2), ..invitation("ann@acme.example") }));
            }),
            Refusal::InvitationUnusable,
        ),
        (
            "a revoked token",
            Box::new(|s| {
                let state = InvitationState::Revoked { at: ago(0) };
                s.invitation = Some(Some(Invitation { state, ..invitation("ann@acme.example") }));
            }),
            Refusal::InvitationUnusable,
        ),
        (
            "an expired token",
            Box::new(|s| {
                let mut late = invitation("ann@acme.example");
                late.terms.expires = now();
                s.invitation = Some(Some(late));
            }),
            Refusal::InvitationUnusable,
        ),
        (
            "an odd address",
            Box::new(|s| s.account.email = Some("a(b)@acme.example".parse())),
            Refusal::EmailNotAccepted,
        ),
        ("no address", Box::new(|s| s.account.email = None), Refusal::EmailNotAccepted),
        (
            "a suspended tenant",
            Box::new(|s| s.tenant.as_mut().unwrap().status = TenantStatus::Suspended),
            Refusal::TenantSuspended,
        ),
        (
            "a closed tenant",
            Box::new(|s| s.tenant.as_mut().unwrap().status = TenantStatus::Closed),
            Refusal::TenantClosed,
        ),
        ("a tenant that is not there", Box::new(|s| s.tenant = None), Refusal::ClientNotBound),
        ("an unbound client", Box::new(|s| s.client = ClientKind::Unbound), Refusal::ClientNotBound),
        (
            "a machine's client",
            Box::new(|s| s.client = ClientKind::Machine { tenant: tenant_id(1), roles: Roles::member() }),
            Refusal::ClientNotBound,
        ),
        ("SSO required", Box::new(|s| policy(s).sso_required = true), Refusal::SsoRequired),
        (
            "another tenant's provider",
            Box::new(move |s| by_provider(s, ProviderKind::Tenant(tenant_id(2)))),
            Refusal::ProviderNotAccepted,
        ),
        (
            "a disabled provider",
            Box::new(move |s| {
                by_provider(s, ProviderKind::Tenant(tenant_id(1)));
                s.provider.as_mut().unwrap().enabled = false;
            }),
            Refusal::ProviderNotAccepted,
        ),
        (
            "a provider that nobody bound",
            Box::new(move |s| {
                by_provider(s, ProviderKind::Social);
                s.provider = None;
            }),
            Refusal::ProviderNotAccepted,
        ),
        (
            "the tenant's provider for a foreign domain",
            Box::new(move |s| {
                by_provider(s, ProviderKind::Tenant(tenant_id(1)));
                s.domain.as_mut().unwrap().tenant = Some(tenant_id(2));
            }),
            Refusal::ProviderNotAccepted,
        ),
        (
            "a social provider that did not verify",
            Box::new(move |s| by_provider(s, ProviderKind::Social)),
            Refusal::EmailNotVerified,
        ),
        (
            "a social provider where SSO is required",
            Box::new(move |s| {
                by_provider(s, ProviderKind::Social);
                s.account.email_verified = true;
                policy(s).sso_required = true;
            }),
            Refusal::SsoRequired,
        ),
    ];
    for (what, bend, refusal) in cases {
        assert_eq!(sign_up(|s| bend(s)), Decision::Refuse(refusal), "{what}");
    }
}

/// A confirmed person of the domain, to be bent.
struct Visit {
    tenant: Tenant,
    account: Account,
    domain: Option<DomainOwner>,
    provider: Option<Provider>,
    mailbox: Mailbox,
    membership: Option<Membership>,
    remembered: Option<InvitationDigest>,
    predecessor: Option<Membership>,
    former_bar: Option<Bar>,
    way: Way,
    code_passed: bool,
}

fn visit(bend: impl FnOnce(&mut Visit)) -> Visit {
    let mut v = Visit {
        tenant: tenant(),
        account: native("ann@acme.example"),
        domain: Some(own_domain()),
        provider: None,
        mailbox: Mailbox::default(),
        membership: None,
        remembered: None,
        predecessor: None,
        former_bar: None,
        code_passed: false,
        way: Way::Authentication,
    };
    bend(&mut v);
    v
}

fn enrolled(bend: impl FnOnce(&mut Visit)) -> Enrolment {
    let v = visit(bend);
    enrol::enrol(&enrol::Facts {
        now: now(),
        tenant: &v.tenant,
        account: &v.account,
        domain: v.domain.as_ref(),
        provider: v.provider.as_ref(),
        mailbox: &v.mailbox,
        membership: v.membership.as_ref(),
        remembered: v.remembered.as_ref(),
        predecessor: v.predecessor.as_ref(),
    })
}

fn by_own_provider(v: &mut Visit) {
    v.account = federated("ann@acme.example");
    v.provider = Some(provider(ProviderKind::Tenant(tenant_id(1))));
}

#[test]
fn enrolment_joins_by_each_route_with_the_roles_of_that_route() {
    let joins = |bend: &dyn Fn(&mut Visit)| match enrolled(|v| bend(v)) {
        Enrolment::Join(joining) => {
            (joining.roles.to_string(), joining.origin, joining.redeems.is_some(), joining.takes_over)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(joins(&|_| {}), ("member".into(), given_by_domain(), false, None));
    assert_eq!(joins(&by_own_provider), ("member".into(), Origin::Provider("okta".parse().unwrap()), false, None));
    assert_eq!(
        joins(&|v| {
            v.domain = None;
            v.tenant.policy.join = JoinMode::Open;
        }),
        ("member".into(), Origin::Open, false, None)
    );
    let by_invitation = ("admin".to_owned(), Origin::Invitation(terms(ago(1)).digest), true, None);
    assert_eq!(
        joins(&|v| {
            v.domain = None;
            v.mailbox.invitation = Some(terms(ago(1)));
        }),
        by_invitation
    );
    // Newer than the removal: the invitation's roles alone.
    assert_eq!(
        joins(&|v| {
            v.membership = Some(row(MembershipStatus::Removed, given_by_domain()));
            v.mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ago(10) });
            v.mailbox.invitation = Some(terms(ago(1)));
        }),
        by_invitation
    );
    // The same person from before SSO: roles and place are theirs.
    assert_eq!(
        joins(&|v| {
            by_own_provider(v);
            v.tenant.policy.sso_required = true;
            v.predecessor = Some(row(MembershipStatus::Active, given_by_domain()));
        }),
        ("owner".into(), Origin::Provider("okta".parse().unwrap()), false, Some(MemberId::from_random([5; 16])))
    );
    assert!(matches!(enrolled(|v| v.tenant.policy.join = JoinMode::Request), Enrolment::Request(_)));
    assert_eq!(enrolled(|v| v.membership = Some(row(MembershipStatus::Active, given_by_domain()))), Enrolment::Member);
}

#[test]
fn d3_a_new_person_inherits_nothing_from_an_address() {
    for (what, bend) in [
        (
            "a provider-given row",
            (|v: &mut Visit| {
                v.predecessor = Some(row(MembershipStatus::Active, Origin::Provider("okta".parse().unwrap())));
            }) as fn(&mut Visit),
        ),
        ("a removed row", |v| v.predecessor = Some(row(MembershipStatus::Removed, given_by_domain()))),
        ("a row of another address", |v| {
            v.predecessor = Some(Membership {
                address: Some("bob@acme.example".parse().unwrap()),
                ..row(MembershipStatus::Active, given_by_domain())
            });
        }),
        ("a row of another pool", |v| {
            let other = Person { pool: "local_Other".parse().unwrap(), sub: "old".parse().unwrap() };
            v.predecessor = Some(Membership { person: other, ..row(MembershipStatus::Active, given_by_domain()) });
        }),
        ("no SSO", |v| {
            v.tenant.policy.sso_required = false;
            v.predecessor = Some(row(MembershipStatus::Active, given_by_domain()));
        }),
    ] {
        let answer = enrolled(|v| {
            by_own_provider(v);
            v.tenant.policy.sso_required = true;
            bend(v);
        });
        match answer {
            Enrolment::Join(joining) => {
                assert_eq!((joining.roles.to_string().as_str(), joining.takes_over), ("member", None), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn only_an_invitation_later_than_the_end_of_a_membership_leads_back() {
    let invited = |created| {
        enrolled(|v| {
            v.membership = Some(row(MembershipStatus::Removed, given_by_domain()));
            v.mailbox.invitation = Some(terms(created));
        })
    };
    let ended = row(MembershipStatus::Removed, given_by_domain()).since;
    assert_eq!(invited(ended), Enrolment::Refuse(Refusal::MembershipEnded));
    assert!(matches!(invited(ended + SignedDuration::from_nanos(1)), Enrolment::Join(_)));
}

#[test]
fn enrolment_refuses_with_the_reason() {
    let with_row = |status| move |v: &mut Visit| v.membership = Some(row(status, given_by_domain()));
    let barred = |reason| move |v: &mut Visit| v.mailbox.bar = Some(Bar { reason, since: ago(10) });
    let cases: Vec<(&str, Bend<Visit>, Refusal)> = vec![
        ("a stranger", Box::new(|v| v.domain = None), Refusal::InvitationRequired),
        (
            "a stranger whose invitation is gone",
            Box::new(|v| {
                v.domain = None;
                v.remembered = Some(terms(ago(1)).digest);
            }),
            Refusal::InvitationUnusable,
        ),
        (
            "a domain that takes invitations alone, of an open tenant",
            Box::new(|v| {
                v.tenant.policy.join = JoinMode::Open;
                v.domain.as_mut().unwrap().join = Some(JoinMode::InvitationOnly);
            }),
            Refusal::InvitationRequired,
        ),
        ("an unverified address", Box::new(|v| v.account.email_verified = false), Refusal::EmailNotVerified),
        ("no address", Box::new(|v| v.account.email = None), Refusal::EmailNotAccepted),
        (
            "a linked account",
            Box::new(|v| {
                v.account.identities = Identities::One(Identity { provider: "Okta".into(), subject: "1".into() });
            }),
            Refusal::LinkedAccount,
        ),
        ("malformed identities", Box::new(|v| v.account.identities = Identities::Malformed), Refusal::LinkedAccount),
        ("an external account without identity", Box::new(|v| v.account.external = true), Refusal::LinkedAccount),
        ("a removed member", Box::new(with_row(MembershipStatus::Removed)), Refusal::MembershipEnded),
        ("a suspended member", Box::new(with_row(MembershipStatus::Suspended)), Refusal::MembershipSuspended),
        ("a superseded member", Box::new(with_row(MembershipStatus::Superseded)), Refusal::SsoRequired),
        ("who asked already", Box::new(with_row(MembershipStatus::Requested)), Refusal::ApprovalPending),
        ("who was denied", Box::new(with_row(MembershipStatus::Denied)), Refusal::ApprovalDenied),
        ("a removed mailbox", Box::new(barred(BarReason::Removed)), Refusal::MembershipEnded),
        ("a suspended mailbox", Box::new(barred(BarReason::Suspended)), Refusal::MembershipSuspended),
        (
            "an invitation older than the removal",
            Box::new(move |v| {
                barred(BarReason::Removed)(v);
                v.mailbox.invitation = Some(terms(ago(11)));
            }),
            Refusal::MembershipEnded,
        ),
        (
            "an invitation does not lift a suspension",
            Box::new(move |v| {
                barred(BarReason::Suspended)(v);
                v.mailbox.invitation = Some(terms(ago(1)));
            }),
            Refusal::MembershipSuspended,
        ),
        (
            "the tenant's provider after a removal",
            Box::new(move |v| {
                by_own_provider(v);
                barred(BarReason::Removed)(v);
            }),
            Refusal::MembershipEnded,
        ),
        ("SSO required", Box::new(|v| v.tenant.policy.sso_required = true), Refusal::SsoRequired),
        ("a suspended tenant", Box::new(|v| v.tenant.status = TenantStatus::Suspended), Refusal::TenantSuspended),
        ("a closed tenant", Box::new(|v| v.tenant.status = TenantStatus::Closed), Refusal::TenantClosed),
    ];
    for (what, bend, refusal) in cases {
        assert_eq!(enrolled(|v| bend(v)), Enrolment::Refuse(refusal), "{what}");
    }
}

fn standing(bend: impl FnOnce(&mut Visit)) -> Result<bool, Refusal> {
    let v = visit(|v| {
        v.membership = Some(row(MembershipStatus::Active, given_by_domain()));
        bend(v);
    });
    let access = access::decide(&access::Facts {
        now: now(),
        way: v.way,
        tenant: &v.tenant,
        account: &v.account,
        domain: v.domain.as_ref(),
        provider: v.provider.as_ref(),
        mailbox: &v.mailbox,
        former_bar: v.former_bar,
        membership: v.membership.as_ref(),
        code_passed: v.code_passed,
    });
    match access {
        Access::Granted(_) => Ok(true),
        Access::Enrol => Ok(false),
        Access::Refused(refusal) => Err(refusal),
    }
}

#[test]
fn a_token_asks_whether_the_membership_still_holds() {
    let origin = |origin: Origin| move |v: &mut Visit| v.membership.as_mut().unwrap().origin = origin.clone();
    let cases: Vec<(&str, Bend<Visit>, Result<bool, Refusal>)> = vec![
        ("a member", Box::new(|_| {}), Ok(true)),
        ("nobody yet", Box::new(|v| v.membership = None), Ok(false)),
        (
            "never answered a code that everybody is asked for",
            Box::new(|v| v.tenant.policy.chain = Chain::PasswordAndCode { of: None }),
            Err(Refusal::SignInAgain),
        ),
        (
            "never answered a code, became an admin, and refreshes",
            Box::new(|v| {
                v.tenant.policy.chain = Chain::PasswordAndCode { of: Some(Roles::parse(["admin"]).unwrap()) };
                v.membership.as_mut().unwrap().roles = Roles::parse(["admin"]).unwrap();
                v.way = Way::Refresh;
            }),
            Err(Refusal::SignInAgain),
        ),
        (
            "a code of admins, and no admin",
            Box::new(|v| v.tenant.policy.chain = Chain::PasswordAndCode { of: Some(Roles::parse(["admin"]).unwrap()) }),
            Ok(true),
        ),
        (
            "answered a code",
            Box::new(|v| {
                v.tenant.policy.chain = Chain::Code;
                v.code_passed = true;
            }),
            Ok(true),
        ),
        ("a changed address", Box::new(|v| v.account = native("ann@elsewhere.example")), Err(Refusal::MembershipEnded)),
        ("an unverified change", Box::new(|v| v.account.email_verified = false), Err(Refusal::EmailNotVerified)),
        (
            "another domain of the same tenant",
            Box::new(|v| {
                v.account = native("ann@acme2.example");
                v.domain.as_mut().unwrap().domain = "acme2.example".parse().unwrap();
            }),
            Ok(true),
        ),
        (
            "another domain of the same tenant that takes invitations alone",
            Box::new(|v| {
                v.account = native("ann@acme2.example");
                let domain = v.domain.as_mut().unwrap();
                domain.domain = "acme2.example".parse().unwrap();
                domain.join = Some(JoinMode::InvitationOnly);
            }),
            Err(Refusal::MembershipEnded),
        ),
        ("a later generation", Box::new(|v| v.domain.as_mut().unwrap().generation = 4), Err(Refusal::MembershipEnded)),
        (
            "a transferred domain",
            Box::new(|v| v.domain.as_mut().unwrap().tenant = Some(tenant_id(2))),
            Err(Refusal::MembershipEnded),
        ),
        ("a domain that is gone", Box::new(|v| v.domain = None), Err(Refusal::MembershipEnded)),
        (
            "invited, at any address",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.account = native("ann@elsewhere.example");
                v.domain = None;
            }),
            Ok(true),
        ),
        (
            "barred under another account",
            Box::new(|v| v.mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ago(1) })),
            Err(Refusal::MembershipEnded),
        ),
        (
            "barred under another account, with an address that was changed since",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.account = native("ann@elsewhere.example");
                v.former_bar = Some(Bar { reason: BarReason::Removed, since: ago(1) });
            }),
            Err(Refusal::MembershipEnded),
        ),
        (
            "removed under another account, which an invitation let in again",
            Box::new(|v| v.mailbox.ended = Some(ago(10))),
            Err(Refusal::MembershipEnded),
        ),
        ("who came after such a removal", Box::new(|v| v.mailbox.ended = Some(ago(11))), Ok(true)),
        (
            "such a removal of another mailbox, which is theirs by now",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.account = native("bob@acme.example");
                v.mailbox.ended = Some(ago(1));
            }),
            Ok(true),
        ),
        (
            "an address that is barred and merely claimed, beside the one that they came with",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.account = Account { email_verified: false, ..native("bob@acme.example") };
                v.mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ago(1) });
            }),
            Ok(true),
        ),
        (
            "an address that is barred and proven, beside the one that they came with",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.account = native("bob@acme.example");
                v.mailbox.bar = Some(Bar { reason: BarReason::Removed, since: ago(1) });
            }),
            Err(Refusal::MembershipEnded),
        ),
        (
            "an address that is barred and merely claimed, by somebody who came with none",
            Box::new(move |v| {
                origin(Origin::Added)(v);
                v.membership.as_mut().unwrap().address = None;
                v.account.email_verified = false;
                v.mailbox.bar = Some(Bar { reason: BarReason::Suspended, since: ago(1) });
            }),
            Err(Refusal::MembershipSuspended),
        ),
        (
            "suspended under another account",
            Box::new(|v| v.mailbox.bar = Some(Bar { reason: BarReason::Suspended, since: ago(1) })),
            Err(Refusal::MembershipSuspended),
        ),
        (
            "suspended",
            Box::new(|v| v.membership.as_mut().unwrap().status = MembershipStatus::Suspended),
            Err(Refusal::MembershipSuspended),
        ),
        (
            "superseded",
            Box::new(|v| v.membership.as_mut().unwrap().status = MembershipStatus::Superseded),
            Err(Refusal::SsoRequired),
        ),
        ("removed", Box::new(|v| v.membership.as_mut().unwrap().status = MembershipStatus::Removed), Ok(false)),
        ("a suspended tenant", Box::new(|v| v.tenant.status = TenantStatus::Suspended), Err(Refusal::TenantSuspended)),
        ("a closed tenant", Box::new(|v| v.tenant.status = TenantStatus::Closed), Err(Refusal::TenantClosed)),
        (
            "a password where SSO is required",
            Box::new(|v| v.tenant.policy.sso_required = true),
            Err(Refusal::SsoRequired),
        ),
        (
            "a linked account where SSO is required",
            Box::new(|v| {
                v.tenant.policy.sso_required = true;
                v.account.identities = Identities::One(Identity { provider: "Okta".into(), subject: "1".into() });
            }),
            Err(Refusal::SsoRequired),
        ),
        (
            "SSO as required",
            Box::new(move |v| {
                by_own_provider(v);
                v.tenant.policy.sso_required = true;
                origin(Origin::Provider("okta".parse().unwrap()))(v);
            }),
            Ok(true),
        ),
        (
            "a disabled provider",
            Box::new(move |v| {
                by_own_provider(v);
                v.provider.as_mut().unwrap().enabled = false;
                origin(Origin::Added)(v);
            }),
            Err(Refusal::ProviderNotAccepted),
        ),
        (
            "an invited person through another tenant's provider",
            Box::new(move |v| {
                by_own_provider(v);
                v.provider = Some(provider(ProviderKind::Tenant(tenant_id(2))));
                origin(Origin::Added)(v);
            }),
            Err(Refusal::ProviderNotAccepted),
        ),
        (
            "a provider-given member with a password",
            Box::new(origin(Origin::Provider("okta".parse().unwrap()))),
            Err(Refusal::ProviderNotAccepted),
        ),
    ];
    for (what, bend, expected) in cases {
        assert_eq!(standing(|v| bend(v)), expected, "{what}");
    }
}

#[test]
fn m7_paths_around_a_chain_are_refused() {
    for chain in
        [Chain::PasswordAndCode { of: None }, Chain::Code, Chain::PasswordAndCode { of: Some(Roles::member()) }]
    {
        for (way, expected) in [
            (Way::Authentication, Ok(true)),
            (Way::Refresh, Ok(true)),
            (Way::ManagedLogin, Err(Refusal::SignInAgain)),
            (Way::NewPassword, Err(Refusal::SignInAgain)),
            (Way::Device, Err(Refusal::SignInAgain)),
        ] {
            let answer = standing(|v| {
                v.tenant.policy.chain = chain.clone();
                v.way = way;
                v.code_passed = true;
            });
            assert_eq!(answer, expected, "{chain:?} {way:?}");
        }
    }
}

#[test]
fn a_code_is_asked_of_the_roles_that_a_member_has_now() {
    let mut tenant = tenant();
    tenant.policy.chain = Chain::PasswordAndCode { of: Some(Roles::parse(["admin"]).unwrap()) };
    let own = ClientKind::Tenant(tenant.id.clone());
    let asks = |row: Option<Membership>| challenge::asks(Some(&own), Some(&tenant), row.as_ref());
    let with = |role, status| {
        asks(Some(Membership { roles: Roles::parse([role]).unwrap(), ..row(status, given_by_domain()) }))
    };
    assert_eq!(with("viewer", MembershipStatus::Active), Ok(Asks::Password));
    assert_eq!(with("admin", MembershipStatus::Active), Ok(Asks::PasswordAndCode));
    // Of whom no roles are known, who may be about to get any, everything is asked.
    assert_eq!(with("viewer", MembershipStatus::Removed), Ok(Asks::PasswordAndCode));
    assert_eq!(asks(None), Ok(Asks::PasswordAndCode));
}

fn catalogue() -> Catalogue {
    let grant = |permissions: &[&str], scopes: &[&str]| RoleGrant {
        permissions: permissions.iter().map(|p| (*p).to_owned()).collect(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
    };
    let roles = [
        ("owner".parse().unwrap(), grant(&["billing:write", "docs:write"], &["api/admin", "api/read"])),
        ("viewer".parse().unwrap(), grant(&["docs:read"], &["api/read"])),
    ];
    Catalogue::new(roles.into_iter().collect(), 1).unwrap()
}

#[test]
fn every_mapped_name_is_set_or_suppressed() {
    let tenant = tenant();
    let member = MemberId::from_random([5; 16]);
    let roles = Roles::parse(["owner", "viewer"]).unwrap();
    let speaker = Speaker { tenant: &tenant, member: Some(&member), roles: &roles };
    let names = NameMap::new(vec![
        (Fact::TenantId, "custom:tenantId".parse().unwrap(), Shape::List),
        (Fact::Roles, "userRole".parse().unwrap(), Shape::Spaced),
        (Fact::Roles, "roles".parse().unwrap(), Shape::List),
        (Fact::Permissions, "permissions".parse().unwrap(), Shape::List),
        (Fact::MemberId, "member_id".parse().unwrap(), Shape::List),
    ])
    .unwrap();
    let said = claims::claims(&names, Some(speaker), &catalogue()).unwrap();
    let value = |name: &str| said.set.iter().find(|(set, _)| set.as_ref() == name).map(|(_, value)| value.clone());
    assert_eq!(value("custom:tenantId"), Some(Value::Text(tenant.id.to_string())));
    assert_eq!(value("userRole"), Some(Value::Text("owner viewer".into())));
    assert_eq!(value("roles"), Some(Value::List(vec!["owner".into(), "viewer".into()])));
    let permissions = ["billing:write", "docs:read", "docs:write"].map(str::to_owned).to_vec();
    assert_eq!(value("permissions"), Some(Value::List(permissions)));
    assert!(said.suppress.is_empty());
    assert_eq!(said.session_tag, Some(tenant.id.clone()));

    let machine = claims::claims(&names, Some(Speaker { member: None, ..speaker }), &Catalogue::default()).unwrap();
    let suppressed: Vec<_> = machine.suppress.iter().map(AsRef::as_ref).collect();
    assert_eq!(suppressed, ["permissions", "member_id"]);

    let nobody = claims::claims(&names, None, &catalogue()).unwrap();
    assert!(nobody.set.is_empty());
    assert_eq!((nobody.suppress.len(), nobody.session_tag), (5, None));
}

#[test]
fn claims_over_the_limit_are_a_refusal_and_never_a_truncation() {
    let tenant = tenant();
    let roles = Roles::new(
        (0..10)
            .map(|n| format!("{n:a>32}").replace(char::is_numeric, "x").parse::<Role>().unwrap())
            .chain((0..9_u8).map(|n| format!("r{}{}", char::from(b'a' + n), "y".repeat(30)).parse().unwrap())),
    )
    .unwrap();
    let speaker = Speaker { tenant: &tenant, member: None, roles: &roles };
    let entries: Vec<_> = (0..8).map(|n| (Fact::Roles, format!("roles{n}").parse().unwrap(), Shape::List)).collect();
    let names = NameMap::new(entries).unwrap();
    assert_eq!(claims::claims(&names, Some(speaker), &catalogue()), Err(Refusal::ClaimsTooLarge));
}

#[test]
fn claims_may_take_their_room_to_the_last_byte() {
    let tenant = tenant();
    let roles = Roles::parse(["owner"]).unwrap();
    let speaker = Speaker { tenant: &tenant, member: None, roles: &roles };
    // Eight claims of so many bytes as a token has them: `"name":"value",`.
    let claims = |bytes: usize| {
        let names = bytes - 8 * (tenant.id.to_string().len() + 6);
        let name = |n: usize| format!("{n}{}", "x".repeat(names / 8 - 1 + usize::from(n < names % 8)));
        let entries = (0..8).map(|n| (Fact::TenantId, name(n).parse().unwrap(), Shape::List)).collect();
        claims::claims(&NameMap::new(entries).unwrap(), Some(speaker), &catalogue())
    };
    assert_eq!(claims(claims::MOST_BYTES).unwrap().set.len(), 8);
    assert_eq!(claims(claims::MOST_BYTES + 1), Err(Refusal::ClaimsTooLarge));
}

#[test]
fn a_group_names_the_tenant_and_a_role_of_it() {
    let tenant = tenant();
    let roles = Roles::parse(["owner", "viewer"]).unwrap();
    let speaker = Speaker { tenant: &tenant, member: None, roles: &roles };
    assert_eq!(claims::groups(speaker), [format!("{}:owner", tenant.id), format!("{}:viewer", tenant.id)]);
}

#[test]
fn scopes_follow_the_roles() {
    let viewer = Roles::parse(["viewer"]).unwrap();
    let requested: Vec<String> = ["openid", "api/admin"].map(str::to_owned).to_vec();
    let scopes = claims::scopes(&requested, Some(&viewer), &catalogue(), true);
    assert_eq!(scopes.add, ["api/read"]);
    assert_eq!(scopes.suppress, ["api/admin", ACCOUNT_SCOPE]);
    let nobody = claims::scopes(&requested, None, &catalogue(), false);
    let governed = ["api/admin", "api/read"].map(str::to_owned).to_vec();
    assert_eq!((nobody.add.len(), nobody.suppress), (0, governed.clone()));
    // Also where the event lists none.
    assert_eq!(claims::scopes(&[], None, &catalogue(), false).suppress, governed);
}

#[test]
fn m8_a_catalogue_never_grants_cognitos_own_scopes_and_always_fits() {
    let with = |permissions: Vec<String>, scopes: &[&str]| {
        let grant = RoleGrant {
            permissions: permissions.into_iter().collect(),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        };
        Catalogue::new([("owner".parse().unwrap(), grant)].into_iter().collect(), 0)
    };
    for scope in [ACCOUNT_SCOPE, "openid", "aws.cognito.x", "a b", "", "é"] {
        assert!(with(vec![], &[scope]).is_err(), "{scope:?}");
    }
    assert!(with(vec!["docs:read".into()], &["api/read"]).is_ok());
    assert!(with((0..40).map(|n| format!("permission-number-{n}")).collect(), &[]).is_err());
}
