//! What a token says.

use domain::claims::{self, ACCOUNT_SCOPE, Fact, NameMap, Shape, Speaker, Value};
use domain::*;

use crate::facts::tenant;

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
