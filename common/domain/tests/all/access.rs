//! Whether a membership still speaks in a token, as a table.

use domain::access::{self, Access, Way};
use domain::*;

use crate::facts::*;

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
