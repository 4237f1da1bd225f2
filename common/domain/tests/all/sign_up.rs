//! Who may sign up, as a table: the facts in a few words, the answer beside them.

use domain::sign_up::{self, Decision, Presented, Route, Start};
use domain::*;

use crate::facts::*;

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
