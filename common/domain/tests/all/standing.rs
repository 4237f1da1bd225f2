//! Whether a membership stands as far as the table alone tells.

use domain::standing::{Ground, stands};
use domain::*;

use crate::facts::*;

fn stand(
    row: &Membership,
    mailbox: Option<&Mailbox>,
    domain: Option<&DomainOwner>,
    provider: Option<&Provider>,
) -> bool {
    stands(row, &Ground { mailbox, domain, provider })
}

#[test]
fn who_was_invited_or_added_stands_while_they_are_active_and_nothing_bars_them() {
    for origin in [Origin::Added, Origin::Open, Origin::Invitation(terms(ago(1)).digest)] {
        let active = row(MembershipStatus::Active, origin.clone());
        assert!(stand(&active, None, None, None), "{origin:?}");
        assert!(stand(&active, Some(&Mailbox::default()), None, None), "{origin:?}");
        for reason in [BarReason::Removed, BarReason::Suspended] {
            let barred = Mailbox { bar: Some(Bar { reason, since: ago(20) }), ..Mailbox::default() };
            assert!(!stand(&active, Some(&barred), None, None), "{origin:?}, {reason:?}");
        }
        let ended = |ended| Mailbox { ended: Some(ended), ..Mailbox::default() };
        assert!(!stand(&active, Some(&ended(active.since)), None, None), "an account that a removal meant too");
        assert!(stand(&active, Some(&ended(ago(11))), None, None), "an account that came later");
        assert!(!stand(&row(MembershipStatus::Suspended, origin), None, None, None));
    }
}

#[test]
fn who_came_by_a_domain_stands_while_the_tenant_has_it_from_then() {
    let active = row(MembershipStatus::Active, given_by_domain());
    let own = own_domain();
    assert!(stand(&active, None, Some(&own), None));
    assert!(!stand(&active, None, None, None));
    for other in [
        DomainOwner { generation: 4, ..own.clone() },
        DomainOwner { tenant: None, ..own.clone() },
        DomainOwner { tenant: Some(tenant_id(2)), ..own.clone() },
        DomainOwner { domain: "other.example".parse().unwrap(), ..own },
    ] {
        assert!(!stand(&active, None, Some(&other), None), "{other:?}");
    }
}

#[test]
fn who_came_by_a_provider_stands_while_it_is_the_tenants_and_enabled() {
    let active = row(MembershipStatus::Active, Origin::Provider("okta".parse().unwrap()));
    let own = provider(ProviderKind::Tenant(tenant_id(1)));
    assert!(stand(&active, None, None, Some(&own)));
    assert!(!stand(&active, None, None, None));
    for other in [
        Provider { enabled: false, ..own.clone() },
        Provider { kind: ProviderKind::Tenant(tenant_id(2)), ..own.clone() },
        Provider { kind: ProviderKind::Social, ..own.clone() },
        Provider { pool: "local_Other".parse().unwrap(), ..own.clone() },
        Provider { name: "entra".parse().unwrap(), ..own },
    ] {
        assert!(!stand(&active, None, None, Some(&other)), "{other:?}");
    }
}
