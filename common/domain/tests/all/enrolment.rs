//! Who becomes a member, as a table.

use domain::enrol::{self, Enrolment};
use domain::*;
use jiff::SignedDuration;

use crate::facts::*;

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
        inviter_may: v.inviter_may,
    })
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
    // Who invited may no longer: what is left are the other ways, with their roles.
    assert_eq!(
        joins(&|v| {
            v.inviter_may = false;
            v.mailbox.invitation = Some(terms(ago(1)));
        }),
        ("member".into(), given_by_domain(), false, None)
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
        ("a row that rests on the domain as it was before somebody else had it", |v| {
            let former = Origin::Domain { domain: "acme.example".parse().unwrap(), generation: 2 };
            v.predecessor = Some(row(MembershipStatus::Active, former));
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
fn only_an_invitation_later_than_the_end_of_a_membership_leads_back_and_any_past_a_request() {
    let invited = |status, created| {
        enrolled(|v| {
            v.membership = Some(row(status, given_by_domain()));
            v.mailbox.invitation = Some(terms(created));
        })
    };
    let ended = row(MembershipStatus::Removed, given_by_domain()).since;
    let later = ended + SignedDuration::from_nanos(1);
    let ends =
        [(MembershipStatus::Removed, Refusal::MembershipEnded), (MembershipStatus::Denied, Refusal::ApprovalDenied)];
    for (status, refusal) in ends {
        assert_eq!(invited(status, ended), Enrolment::Refuse(refusal));
        assert!(matches!(invited(status, later), Enrolment::Join(_)), "{status:?}");
    }
    for created in [ended - SignedDuration::from_secs(1), ended, later] {
        assert!(matches!(invited(MembershipStatus::Requested, created), Enrolment::Join(_)), "nobody decided yet");
    }
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
            "an invitation whose inviter may no longer, and no other way in",
            Box::new(|v| {
                v.domain = None;
                v.inviter_may = false;
                v.mailbox.invitation = Some(terms(ago(1)));
            }),
            Refusal::InvitationUnusable,
        ),
        (
            "an invitation whose inviter may no longer lifts no bar",
            Box::new(move |v| {
                barred(BarReason::Removed)(v);
                v.inviter_may = false;
                v.mailbox.invitation = Some(terms(ago(1)));
            }),
            Refusal::MembershipEnded,
        ),
        (
            "an invitation whose inviter may no longer leads nobody back",
            Box::new(|v| {
                v.membership = Some(row(MembershipStatus::Removed, given_by_domain()));
                v.inviter_may = false;
                v.mailbox.invitation = Some(terms(ago(1)));
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

#[test]
fn a_members_invitation_holds_while_they_stand_and_for_nobody_above_them() {
    use MembershipStatus::{Active, Denied, Removed, Requested, Superseded, Suspended};
    let may = |granted: &[&str], status, stands, own: &[&str], outlives, visitor: &str| {
        let granted = Terms {
            roles: Roles::parse(granted.iter().copied()).unwrap(),
            inviter: Inviter::Member(person("old")),
            ..terms(ago(1))
        };
        let row = Membership { roles: Roles::parse(own.iter().copied()).unwrap(), ..row(status, Origin::Added) };
        let mut tenant = tenant();
        tenant.policy.invitations_outlive_inviter = outlives;
        enrol::may_still_invite(&granted, Some((&row, stands)), &tenant, Some(&person(visitor)))
    };
    assert!(may(&["admin"], Active, true, &["admin"], false, "ann"));
    assert!(!may(&["admin"], Active, false, &["admin"], true, "ann"), "something keeps them out");
    assert!(!may(&["member"], Active, false, &["admin"], true, "ann"), "something keeps them out");
    assert!(!may(&["owner"], Active, true, &["admin"], true, "ann"), "above themselves");
    assert!(!may(&["billing"], Active, true, &["admin"], true, "ann"), "a custom role that they have not");
    assert!(may(&["billing"], Active, true, &["admin", "billing"], true, "ann"));
    assert!(!may(&["admin"], Active, true, &["admin"], true, "old"), "nobody invites themselves");
    for ended in [Removed, Superseded] {
        assert!(may(&["member"], ended, false, &["admin"], true, "ann"), "{ended:?}");
        assert!(
            !may(&["member"], ended, false, &["admin"], false, "ann"),
            "{ended:?}, and the tenant does not want it"
        );
        assert!(!may(&["admin"], ended, false, &["admin"], true, "ann"), "{ended:?}, more than a member");
        assert!(!may(&["billing"], ended, false, &["owner"], true, "ann"), "{ended:?}, a custom role");
        assert!(!may(&["member"], ended, false, &["viewer"], true, "ann"), "{ended:?}, above themselves");
    }
    for ended in [Suspended, Requested, Denied] {
        assert!(!may(&["member"], ended, true, &["owner"], true, "ann"), "{ended:?}");
    }
    let by_member = Terms { inviter: Inviter::Member(person("old")), ..terms(ago(1)) };
    assert!(!enrol::may_still_invite(&by_member, None, &tenant(), None), "a row that is gone");
    assert!(enrol::may_still_invite(&terms(ago(1)), None, &tenant(), None), "an operator");
}
