//! What is required of clients, held against clients of every kind.

use domain::{Chain, ClientKind, Policy, Roles};

use super::*;
use crate::app_client::words;
use crate::{Schema, required};

/// As a pool makes a client that somebody asked for little of, but for what every row sets.
fn client(flows: &str) -> AppClient {
    AppClient {
        name: "web".to_owned(),
        has_secret: false,
        auth_flows: words(flows.split_whitespace()),
        oauth: false,
        oauth_flows: BTreeSet::new(),
        oauth_scopes: BTreeSet::new(),
        has_callback: false,
        providers: words(["COGNITO"]),
        read_attributes: words(["email", "name"]),
        write_attributes: words(["email", "name"]),
        access_token: SignedDuration::from_hours(1),
        id_token: SignedDuration::from_hours(1),
        refresh_token: SignedDuration::from_hours(30 * 24),
        rotates_refresh_tokens: false,
        revokes_tokens: true,
        hides_users: true,
        session: SignedDuration::from_mins(5),
    }
}

fn tenant() -> ClientKind {
    ClientKind::Tenant(domain::TenantId::from_random([7; 16]))
}

fn machine() -> ClientKind {
    ClientKind::Machine { tenant: domain::TenantId::from_random([7; 16]), roles: Roles::member() }
}

fn policy(text: &str) -> Policy {
    let (chain, sso_required) = match text {
        "password" => (Chain::Password, false),
        "password_and_code" => (Chain::PasswordAndCode { of: None }, false),
        "code" => (Chain::Code, false),
        "sso" => (Chain::Password, true),
        other => panic!("{other}"),
    };
    Policy { chain, sso_required, ..Policy::default() }
}

fn needs(kind: &ClientKind, text: &str) -> Required {
    let schema = Schema::new(["sub", "email", "email_verified", "name", "custom:tenantId", "custom:locale"]);
    let claims = ["tenant_id".parse().unwrap(), "custom:tenantId".parse().unwrap()];
    required(kind, Some(&policy(text)), &["okta".parse().unwrap()], &claims, &schema)
}

/// `setting: -gone +come`, one a line.
fn told(found: &[Difference]) -> Vec<String> {
    let side = |sign: char, words: Vec<String>| words.into_iter().map(move |word| format!(" {sign}{word}"));
    found
        .iter()
        .map(|difference| {
            let changes: String = side('-', difference.removed()).chain(side('+', difference.added())).collect();
            format!("{:?} {}:{changes}", difference.severity, difference.setting())
        })
        .collect()
}

#[test]
fn flows_follow_the_policy_and_what_is_harmless_stays() {
    const IN_LINE: &str = "";
    let rows = [
        ("password", "ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH", IN_LINE),
        ("password", "ALLOW_USER_PASSWORD_AUTH", IN_LINE),
        ("password", "", IN_LINE),
        ("password", "ADMIN_NO_SRP_AUTH", IN_LINE),
        (
            "password",
            "ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH ALLOW_USER_AUTH",
            "Around ExplicitAuthFlows: -ALLOW_USER_AUTH",
        ),
        ("password", "ALLOW_CUSTOM_AUTH", "LocksOut ExplicitAuthFlows: +ALLOW_REFRESH_TOKEN_AUTH +ALLOW_USER_SRP_AUTH"),
        ("password_and_code", "ALLOW_CUSTOM_AUTH ALLOW_REFRESH_TOKEN_AUTH", IN_LINE),
        ("password_and_code", "ALLOW_CUSTOM_AUTH", IN_LINE),
        ("password_and_code", "", "Around ExplicitAuthFlows: -ALLOW_USER_SRP_AUTH"),
        ("code", "CUSTOM_AUTH_FLOW_ONLY", IN_LINE),
        (
            "code",
            "ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH",
            "Around ExplicitAuthFlows: -ALLOW_USER_PASSWORD_AUTH +ALLOW_CUSTOM_AUTH",
        ),
        ("code", "USER_PASSWORD_AUTH", "Around ExplicitAuthFlows: -ALLOW_USER_PASSWORD_AUTH -ALLOW_USER_SRP_AUTH"),
        ("code", "ALLOW_REFRESH_TOKEN_AUTH", "LocksOut ExplicitAuthFlows: +ALLOW_CUSTOM_AUTH"),
        (
            "code",
            "ALLOW_CUSTOM_AUTH ALLOW_SOMETHING_NEW",
            "Around ExplicitAuthFlows: -ALLOW_SOMETHING_NEW +ALLOW_REFRESH_TOKEN_AUTH",
        ),
    ];
    for (text, flows, expected) in rows {
        let found = told(&differences(&client(flows), &needs(&tenant(), text)));
        assert_eq!(found.join("; "), expected, "{text}: {flows}");
    }
    assert_eq!(told(&differences(&client("ALLOW_USER_AUTH"), &needs(&ClientKind::Shared, "password"))).len(), 1);
    assert!(differences(&client("ALLOW_USER_AUTH"), &needs(&ClientKind::Unbound, "password")).is_empty());
}

#[test]
fn an_empty_list_of_flows_never_comes_out_because_it_would_open_the_default() {
    for (rotates, left) in [(false, "ALLOW_REFRESH_TOKEN_AUTH"), (true, "ALLOW_ADMIN_USER_PASSWORD_AUTH")] {
        let client = AppClient { rotates_refresh_tokens: rotates, ..client("ALLOW_USER_SRP_AUTH") };
        for needs in [needs(&tenant(), "sso"), needs(&machine(), "password")] {
            let found = differences(&client, &needs);
            let flows = found.iter().find(|found| found.code() == "CLIENT_AUTH_FLOWS").unwrap();
            assert_eq!(flows.wanted(), [left]);
        }
    }
}

#[test]
fn a_client_that_rotates_refresh_tokens_takes_no_password_on_the_way_from_a_chain_to_single_sign_on() {
    let chain = AppClient { rotates_refresh_tokens: true, ..client("ALLOW_CUSTOM_AUTH") };
    let (old, new) = (needs(&tenant(), "code"), needs(&tenant(), "sso"));
    assert_eq!(differences(&chain, &old), []);
    let halfway = applied(&AppClient { has_callback: true, ..chain }, &new.first_step(&old));
    assert_eq!(halfway.auth_flows, words(["ALLOW_CUSTOM_AUTH"]));
    assert_eq!(applied(&halfway, &new).auth_flows, words(["ALLOW_ADMIN_USER_PASSWORD_AUTH"]));
}

#[test]
fn what_has_to_go_does_not_wait_for_what_needs_a_hand() {
    let robot = AppClient {
        oauth: true,
        oauth_flows: words(["client_credentials"]),
        has_secret: true,
        providers: words(["okta"]),
        ..client("ALLOW_REFRESH_TOKEN_AUTH")
    };
    let found = differences(&robot, &needs(&tenant(), "sso"));
    assert_eq!(told(&found), ["Around AllowedOAuthFlows: -client_credentials", "LocksOut AllowedOAuthFlows: +code"]);
    assert_eq!(found.iter().map(|found| found.by_hand.is_some()).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_list_of_providers_is_never_emptied() {
    let attributes = Schema::new(["email"]);
    let needs = required(&tenant(), Some(&policy("sso")), &[], &[], &attributes);
    let found = differences(&client("ALLOW_REFRESH_TOKEN_AUTH"), &needs);
    let providers = found.iter().find(|found| found.code() == "CLIENT_PROVIDERS").unwrap();
    assert!(providers.by_hand.is_some_and(|what| what.contains("identity provider")), "{providers:?}");
}

#[test]
fn managed_login_goes_with_a_chain_and_is_all_that_single_sign_on_has() {
    let open = AppClient {
        oauth: true,
        oauth_flows: words(["code", "implicit"]),
        has_callback: true,
        providers: words(["COGNITO", "Okta", "Google"]),
        ..client("ALLOW_CUSTOM_AUTH ALLOW_REFRESH_TOKEN_AUTH")
    };
    assert!(differences(&open, &needs(&tenant(), "password")).is_empty());
    assert_eq!(
        told(&differences(&open, &needs(&tenant(), "code"))),
        ["Around AllowedOAuthFlows: -code -implicit", "Around SupportedIdentityProviders: -Google -Okta"]
    );
    assert_eq!(
        told(&differences(&open, &needs(&tenant(), "sso"))),
        [
            "Around ExplicitAuthFlows: -ALLOW_CUSTOM_AUTH",
            "Around AllowedOAuthFlows: -implicit",
            "Around SupportedIdentityProviders: -COGNITO -Google"
        ]
    );
    let closed = AppClient { oauth: false, ..open.clone() };
    assert_eq!(
        told(&differences(&closed, &needs(&tenant(), "code"))),
        ["Around SupportedIdentityProviders: -Google -Okta"]
    );
    let bare = differences(&client("ALLOW_REFRESH_TOKEN_AUTH"), &needs(&tenant(), "sso").spelled(&["OKTA".to_owned()]));
    assert_eq!(told(&bare), ["LocksOut AllowedOAuthFlows: +code", "Around SupportedIdentityProviders: -COGNITO +OKTA"]);
    assert!(bare.first().unwrap().by_hand.unwrap().contains("callback"));
}

#[test]
fn people_and_machines_do_not_share_a_client() {
    let robot = AppClient {
        oauth: true,
        oauth_flows: words(["client_credentials"]),
        oauth_scopes: words(["api/read"]),
        has_secret: true,
        ..client("ALLOW_REFRESH_TOKEN_AUTH")
    };
    assert!(differences(&robot, &needs(&machine(), "code")).is_empty());
    assert_eq!(
        told(&differences(&robot, &needs(&tenant(), "password"))),
        ["LocksOut ExplicitAuthFlows: +ALLOW_USER_SRP_AUTH", "Around AllowedOAuthFlows: -client_credentials"]
    );
    let person = differences(&client("ALLOW_USER_SRP_AUTH"), &needs(&machine(), "password"));
    assert_eq!(
        told(&person),
        [
            "Around ExplicitAuthFlows: -ALLOW_USER_SRP_AUTH +ALLOW_REFRESH_TOKEN_AUTH",
            "LocksOut AllowedOAuthFlows: +client_credentials"
        ]
    );
    assert!(person.last().unwrap().by_hand.is_some());
}

#[test]
fn c1_attributes_that_tokens_speak_of_are_neither_written_nor_read() {
    let everything = AppClient {
        read_attributes: BTreeSet::new(),
        write_attributes: BTreeSet::new(),
        ..client("ALLOW_USER_SRP_AUTH")
    };
    let found = differences(&everything, &needs(&tenant(), "password"));
    assert_eq!(told(&found), ["Around WriteAttributes: -custom:tenantId", "Hygiene ReadAttributes: -custom:tenantId"]);
    assert_eq!(found.first().unwrap().wanted(), ["custom:locale", "email", "name"]);
    let only = AppClient {
        write_attributes: words(["custom:tenantId"]),
        read_attributes: words(["email"]),
        ..client("ALLOW_USER_SRP_AUTH")
    };
    let found = differences(&only, &needs(&tenant(), "password"));
    assert_eq!(found.first().unwrap().wanted(), ["email", "name"], "an empty list would mean everything");
    let plain = required(&tenant(), None, &[], &["custom:tenantId".parse().unwrap()], &Schema::new(["email"]));
    assert!(differences(&everything, &plain).is_empty(), "the pool has no such attribute");
}

#[test]
fn lifetimes_are_only_ever_tightened() {
    let loose = AppClient {
        access_token: SignedDuration::from_hours(24),
        id_token: SignedDuration::from_mins(61),
        refresh_token: SignedDuration::from_hours(31 * 24),
        revokes_tokens: false,
        hides_users: false,
        session: SignedDuration::from_mins(3),
        ..client("ALLOW_CUSTOM_AUTH")
    };
    assert_eq!(
        told(&differences(&loose, &needs(&tenant(), "code"))),
        [
            "Hygiene AccessTokenValidity: -1 day +1 hour",
            "Hygiene IdTokenValidity: -61 minutes +1 hour",
            "Hygiene RefreshTokenValidity: -31 days +30 days",
            "Hygiene EnableTokenRevocation: -false +true",
            "Hygiene PreventUserExistenceErrors: -LEGACY +ENABLED",
            "LocksOut AuthSessionValidity: -3 minutes +5 minutes",
        ]
    );
    let tight = AppClient {
        access_token: SignedDuration::from_mins(5),
        refresh_token: SignedDuration::from_hours(1),
        session: SignedDuration::from_mins(15),
        ..client("ALLOW_CUSTOM_AUTH")
    };
    assert!(differences(&tight, &needs(&tenant(), "code")).is_empty());
}

/// What a sign-in can begin with.
fn doors(client: &AppClient) -> BTreeSet<String> {
    let mut doors = client.open_flows();
    doors.remove(REFRESH);
    doors.extend(client.open_oauth_flows());
    doors
}

fn applied(client: &AppClient, required: &Required) -> AppClient {
    let mut client = client.clone();
    for difference in differences(&client.clone(), required) {
        match difference.change {
            Change::AuthFlows(flows) => client.auth_flows = flows,
            Change::OAuthFlows(flows) => {
                client.oauth = !flows.is_empty();
                client.oauth_flows = flows;
            }
            Change::Providers(names) => client.providers = names,
            Change::Session(time) => client.session = time,
            other => panic!("{other:?}"),
        }
    }
    client
}

#[test]
fn whoever_stops_halfway_between_two_policies_has_opened_no_door_that_the_old_one_shuts() {
    const POLICIES: [&str; 4] = ["password", "password_and_code", "code", "sso"];
    const FLOWS: [&str; 8] = [
        "",
        "ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_CUSTOM_AUTH ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_AUTH",
        "ADMIN_NO_SRP_AUTH",
        "CUSTOM_AUTH_FLOW_ONLY",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ];
    for from in POLICIES {
        for to in POLICIES {
            for flows in FLOWS {
                for oauth in [&[][..], &["code"], &["code", "implicit"]] {
                    let given = AppClient {
                        oauth: !oauth.is_empty(),
                        oauth_flows: words(oauth),
                        has_callback: true,
                        ..client(flows)
                    };
                    // The old policy may or may not have been in force at the client.
                    for before in [given.clone(), applied(&given, &needs(&tenant(), from))] {
                        let (old, new) = (needs(&tenant(), from), needs(&tenant(), to));
                        let halfway = applied(&before, &new.first_step(&old));
                        let done = applied(&halfway, &new);
                        let row = format!("{from} -> {to}: {flows:?} {oauth:?}");
                        assert_eq!(differences(&done, &new), [], "{row}");
                        for door in doors(&halfway) {
                            let old_allows = old.auth_flows.allows(&door) || old.oauth_flows.allows(&door);
                            let was_open = doors(&before).contains(&door);
                            assert!(old_allows || was_open, "{row}: {door} opened early");
                            let new_allows = new.auth_flows.allows(&door) || new.oauth_flows.allows(&door);
                            assert!(new_allows, "{row}: {door} stays open");
                        }
                    }
                }
            }
        }
    }
}
