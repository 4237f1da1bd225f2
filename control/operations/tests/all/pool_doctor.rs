//! The doctor holds a user pool against the table: nothing is found of a healthy one, and of each illness its sign.

use domain::{Chain, ClientKind, Roles};
use jiff::SignedDuration;
use operations::{Examination, Fixed, Functions, NewBinding, Severity};
use pool::survey::Trigger;
use user_pool::ClientSettings;

use crate::table::code;
use crate::user_pool::{APP, PoolWorld, app_settings, client};

impl PoolWorld {
    /// Acme asks for a code after the password, and its client is set to that.
    async fn asks_for_codes(&self) {
        let mut acme = self.world.ops.tenant(&self.acme.id).await.unwrap();
        acme.policy.chain = Chain::PasswordAndCode { of: None };
        let session = self.world.table.session(None);
        let mut transaction = store::Transaction::new(&session);
        transaction.write((), &acme).unwrap();
        assert_eq!(session.commit(&transaction).await.unwrap(), store::Commit::Done);
        self.add_client(
            APP,
            ClientSettings {
                explicit_auth_flows: ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec(),
                auth_session_validity: Some(5),
                ..app_settings()
            },
        );
        self.slots(&Trigger::OURS.map(Trigger::name));
    }
}

#[tokio::test]
async fn a_healthy_pool_is_healthy() {
    let pool = PoolWorld::new().await;
    let health = pool.health().await;
    assert!(health.cases.is_empty(), "{:?}", health.cases);
    assert_eq!((health.clients, health.users, health.members, health.problems()), (1, 1, 1, 0));
    pool.asks_for_codes().await;
    let health = pool.health().await;
    assert!(health.cases.is_empty(), "{:?}", health.cases);
}

#[tokio::test]
async fn looking_is_for_operators_and_at_a_pool_that_is_there() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "admin").await;
    let member = pool.world.as_member(&bob);
    assert_eq!(code(member.chart(None).await), "FOR_OPERATORS");
    let chart = pool.world.ops.chart(None).await.unwrap();
    let elsewhere = "eu-central-1_elsewhere".parse().unwrap();
    let mut health = operations::PoolHealth::default();
    let how = Examination::default();
    let looked = member.examine_pool(&pool.sdk, &chart, &elsewhere, &how, &|_| {}, &mut health).await;
    assert_eq!(code(looked), "FOR_OPERATORS");
    pool.world.ops.examine_pool(&pool.sdk, &chart, &elsewhere, &how, &|_| {}, &mut health).await.unwrap();
    assert_eq!(health.cases[0].finding.code, "POOL_MISSING");
    pool.server.shutdown().await;
    let pool_id = "eu-central-1_test".parse().unwrap();
    let looked = pool.world.ops.examine_pool(&pool.sdk, &chart, &pool_id, &how, &|_| {}, &mut health).await;
    assert_eq!(code(looked), "POOL_BROKEN");
}

#[tokio::test]
async fn a_pool_is_known_by_whatever_names_it() {
    let pool = PoolWorld::new().await;
    let ops = &pool.world.ops;
    ops.observe_unbound(&"eu-central-1_adopted".parse().unwrap(), true).await.unwrap();
    let kind = domain::ProviderKind::Social;
    ops.bind_provider(&"eu-central-1_social".parse().unwrap(), &"google".parse().unwrap(), &kind).await.unwrap();
    let known = |chart: &operations::Chart| chart.pools().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        known(&ops.chart(None).await.unwrap()),
        ["eu-central-1_adopted", "eu-central-1_social", "eu-central-1_test"]
    );
    let only = "eu-central-1_test".parse().unwrap();
    assert_eq!(known(&ops.chart(Some(&only)).await.unwrap()), ["eu-central-1_test"]);
}

#[tokio::test]
async fn an_empty_slot_is_found_and_those_of_challenges_only_where_a_tenant_asks_for_codes() {
    let pool = PoolWorld::new().await;
    pool.slots(&[]);
    let health = pool.health().await;
    let targets: Vec<_> = health.cases.iter().map(|case| case.finding.target.as_str()).collect();
    assert_eq!(
        targets,
        [
            "eu-central-1_test:post-confirmation",
            "eu-central-1_test:pre-sign-up",
            "eu-central-1_test:pre-token-generation"
        ]
    );
    assert!(health.cases.iter().all(|case| case.finding.code == "TRIGGER_EMPTY" && case.finding.fix == Fixed::No));
    pool.asks_for_codes().await;
    pool.slots(&["pre-sign-up", "post-confirmation", "pre-token-generation", "define-auth-challenge"]);
    assert_eq!(pool.codes().await, ["TRIGGER_EMPTY"; 2]);
}

#[tokio::test]
async fn another_function_in_our_slot_is_found_unless_it_is_said_to_be_ours() {
    let pool = PoolWorld::new().await;
    let gate = "arn:aws:lambda:eu-central-1:123456789012:function:gate";
    pool.pool().update(|settings| {
        let config = settings.shown.get_mut("LambdaConfig").unwrap().as_object_mut().unwrap();
        config.insert("PreSignUp".to_owned(), gate.into());
        config.insert("DefineAuthChallenge".to_owned(), gate.into());
    });
    let health = pool.health().await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.severity)).collect();
    // Nobody here asks for a code, so the challenge's slot is the team's own.
    assert_eq!(found, [("TRIGGER_FOREIGN", Severity::Problem), ("TRIGGER_FOREIGN", Severity::Note)]);
    assert!(health.cases[0].finding.message.contains("--trigger pre-sign-up=ARN"));
    let exactly = [Trigger::PreSignUp, Trigger::DefineAuthChallenge].map(|trigger| (trigger, gate.to_owned())).into();
    let said = Examination { functions: Functions { prefix: None, exactly }, ..Examination::default() };
    assert!(pool.health_as(&said).await.cases.is_empty());
    let prefix = Examination {
        functions: Functions { prefix: Some("acme-".to_owned()), ..Functions::default() },
        ..Examination::default()
    };
    assert_eq!(pool.health_as(&prefix).await.cases.len(), 4);
}

#[tokio::test]
async fn functions_that_write_what_memberships_rest_on_are_named() {
    let pool = PoolWorld::new().await;
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:x";
    pool.pool().update(|settings| {
        let config = settings.shown.get_mut("LambdaConfig").unwrap().as_object_mut().unwrap();
        config.insert("UserMigration".to_owned(), arn.into());
        config.insert("CustomMessage".to_owned(), arn.into());
        config.insert(
            "InboundFederation".to_owned(),
            [("LambdaArn", arn), ("LambdaVersion", "V1_0")].into_iter().collect(),
        );
    });
    let health = pool.health().await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.target.as_str())).collect();
    assert_eq!(
        found,
        [
            ("TRIGGER_TRUSTED", "eu-central-1_test:inbound-federation"),
            ("TRIGGER_TRUSTED", "eu-central-1_test:user-migration")
        ]
    );
    assert_eq!(health.problems(), 0);
}

#[tokio::test]
async fn m13_machines_below_version_3_are_a_problem() {
    let pool = PoolWorld::new().await;
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:pre-token-generation";
    let version =
        |version: &str| {
            pool.show("LambdaConfig", &format!(
            r#"{{"PreSignUp": "pre-sign-up", "PostConfirmation": "post-confirmation", "PreTokenGeneration": "{arn}",
                "PreTokenGenerationConfig": {{"LambdaArn": "{arn}", "LambdaVersion": "{version}"}}}}"#
        ));
        };
    version("V1_0");
    assert_eq!(pool.case("PRE_TOKEN_VERSION").await.finding.severity, Severity::Note);
    let machine = pool.add_client("machine", ClientSettings::for_machine("machine", ["x/y"]));
    let kind = ClientKind::Machine { tenant: pool.acme.id.clone(), roles: Roles::member() };
    pool.world.ops.bind_client(&NewBinding::new(machine, kind)).await.unwrap();
    for (found, expected) in [("V1_0", true), ("V2_0", true), ("V3_0", false)] {
        version(found);
        let problem = pool
            .health()
            .await
            .cases
            .iter()
            .any(|case| case.finding.code == "PRE_TOKEN_VERSION" && case.finding.severity == Severity::Problem);
        assert_eq!(problem, expected, "{found}");
    }
}

#[tokio::test]
async fn settings_that_lock_people_out_or_let_somebody_in_are_found_and_never_touched() {
    for (name, shown, expected) in [
        (
            "UserAttributeUpdateSettings",
            r#"{"AttributesRequireVerificationBeforeUpdate": []}"#,
            "ADDRESS_CHANGE_UNVERIFIED",
        ),
        ("UserAttributeUpdateSettings", "null", "ADDRESS_CHANGE_UNVERIFIED"),
        ("AutoVerifiedAttributes", r#"["phone_number"]"#, "ADDRESS_NEVER_VERIFIED"),
        ("VerificationMessageTemplate", r#"{"DefaultEmailOption": "CONFIRM_WITH_LINK"}"#, "CONFIRMS_BY_LINK"),
        ("UsernameAttributes", "null", "USER_NAMES_CHOSEN"),
        ("UsernameConfiguration", r#"{"CaseSensitive": true}"#, "CASE_SENSITIVE"),
        ("UsernameConfiguration", "null", "CASE_SENSITIVE"),
    ] {
        let pool = PoolWorld::new().await;
        pool.show(name, shown);
        let case = pool.case(expected).await;
        assert_eq!((case.finding.fix, case.steps.len()), (Fixed::No, 0), "{expected}");
        assert_eq!(pool.codes().await.len(), 1, "{expected} alone");
    }
}

#[tokio::test]
async fn what_cognito_does_beside_a_chain_is_found_where_a_tenant_has_one() {
    let pool = PoolWorld::new().await;
    pool.show("MfaConfiguration", r#""ON""#);
    pool.show(
        "DeviceConfiguration",
        r#"{"ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": true}"#,
    );
    assert!(pool.codes().await.is_empty());
    pool.asks_for_codes().await;
    assert_eq!(pool.codes().await, ["DEVICES_BESIDE_CHAIN", "MFA_BESIDE_CHAIN"]);
    pool.show("MfaConfiguration", r#""OPTIONAL""#);
    pool.show("DeviceConfiguration", "null");
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn m7_a_client_that_lets_people_around_their_tenants_chain_is_a_problem() {
    let pool = PoolWorld::new().await;
    pool.asks_for_codes().await;
    pool.add_client(APP, app_settings());
    let health = pool.health().await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.severity)).collect();
    assert_eq!(
        found,
        [("CLIENT_AUTH_FLOWS", Severity::Problem), ("CLIENT_SESSION_VALIDITY", Severity::Problem)],
        "{:?}",
        health.cases
    );
    assert!(health.cases[0].finding.message.contains("ALLOW_USER_PASSWORD_AUTH"), "{:?}", health.cases[0]);
}

#[tokio::test]
async fn c1_a_client_that_lets_people_write_our_claims_is_a_problem() {
    let pool = PoolWorld::new().await;
    pool.pool().update(|settings| settings.custom_attributes.push("tenant_id".to_owned()));
    pool.add_client(APP, ClientSettings { write_attributes: Vec::new(), ..app_settings() });
    assert!(pool.codes().await.is_empty(), "the claim is called tenant_id, the attribute is not");
    let claims = vec!["custom:tenant_id".parse().unwrap()];
    let health = pool.health_as(&Examination { claims, ..Examination::default() }).await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.severity)).collect();
    assert_eq!(found, [("CLIENT_WRITE_ATTRIBUTES", Severity::Problem), ("CLIENT_READ_ATTRIBUTES", Severity::Note)]);
    let remedy = "`tenantctl tenant policy acme --adopted --claim custom:tenant_id`";
    assert!(health.cases[0].finding.message.contains(remedy), "{:?}", health.cases[0]);
}

#[tokio::test]
async fn clients_that_only_one_of_the_two_knows_are_found() {
    let pool = PoolWorld::new().await;
    pool.add_client("stray", app_settings());
    pool.world.ops.bind_client(&NewBinding::to_tenant(client("gone"), pool.acme.id.clone())).await.unwrap();
    let health = pool.health().await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.target.as_str())).collect();
    assert_eq!(found, [("CLIENT_GONE", "eu-central-1_test:gone"), ("CLIENT_UNBOUND", "eu-central-1_test:stray")]);
    pool.world.ops.unbind_client(&client("gone")).await.unwrap();
    pool.world.ops.bind_client(&NewBinding::new(client("stray"), ClientKind::Shared)).await.unwrap();
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn the_clients_of_a_dedicated_pool_are_its_tenants() {
    let pool = PoolWorld::new().await;
    pool.world.ops.dedicate_pool(&client(APP).pool, Some(&pool.acme.id)).await.unwrap();
    pool.add_client("second", app_settings());
    assert!(pool.codes().await.is_empty());
    pool.asks_for_codes().await;
    let case = pool.case("CLIENT_AUTH_FLOWS").await;
    assert_eq!(case.finding.target, "eu-central-1_test:second");
}

#[tokio::test]
async fn m6_linked_users_are_counted_and_five_are_named() {
    let pool = PoolWorld::new().await;
    let bob = pool.user("bob").await;
    pool.link(&bob).await;
    let case = pool.case("USERS_LINKED").await;
    assert_eq!(case.finding.severity, Severity::Note);
    assert!(case.finding.message.contains(bob.sub.as_ref()));
    assert!(!case.finding.message.contains('@'), "no address is told");
}

#[tokio::test]
async fn a_provider_by_which_people_come_is_bound_or_found() {
    let pool = PoolWorld::new().await;
    let settings = ClientSettings {
        supported_identity_providers: vec!["Okta".to_owned()],
        allowed_oauth_flows: vec!["code".to_owned()],
        allowed_oauth_scopes: vec!["openid".to_owned()],
        allowed_oauth_flows_user_pool_client: Some(true),
        callback_urls: vec!["https://app.example/".to_owned()],
        ..app_settings()
    };
    let managed = pool.add_client("managed", settings);
    pool.world.ops.bind_client(&NewBinding::to_tenant(managed, pool.acme.id.clone())).await.unwrap();
    pool.federates("Okta", "bob").await;
    let case = pool.case("PROVIDER_UNBOUND").await;
    assert_eq!(case.finding.target, "eu-central-1_test:okta");
    let (id, name) = (client(APP).pool, "okta".parse().unwrap());
    let kind = domain::ProviderKind::Tenant(pool.acme.id.clone());
    pool.world.ops.bind_provider(&id, &name, &kind).await.unwrap();
    assert!(pool.codes().await.is_empty());
    pool.world.ops.enable_provider(&id, &name, false).await.unwrap();
    assert_eq!(pool.codes().await, ["PROVIDER_DISABLED"]);
}

#[tokio::test]
async fn m15_users_who_never_confirmed_are_found_when_they_are_old() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    let old = pool.signs_up("bob").await;
    pool.came(6 * 24);
    pool.signs_up("mia").await;
    let case = pool.case("USERS_UNCONFIRMED").await;
    assert_eq!((case.finding.fix, case.steps.len()), (Fixed::Possible, 1));
    assert!(case.steps[0].to_string().contains(old.sub.as_ref()));
    let days =
        |days: i64| Examination { unconfirmed_for: SignedDuration::from_hours(24 * days), ..Examination::default() };
    assert_eq!(pool.health_as(&days(5)).await.plan().count(), 2);
    assert_eq!(pool.health_as(&days(9)).await.plan().count(), 0);
    let chart = pool.world.ops.chart(None).await.unwrap();
    let mut health = operations::PoolHealth::default();
    let how = Examination { unconfirmed_for: SignedDuration::from_hours(23), ..Examination::default() };
    let id = client(APP).pool;
    let looked = pool.world.ops.examine_pool(&pool.sdk, &chart, &id, &how, &|_| {}, &mut health).await;
    assert_eq!(code(looked), "INVALID");
}

#[tokio::test]
async fn whom_an_operator_added_before_they_confirmed_stays() {
    let pool = PoolWorld::new().await;
    let bob = pool.signs_up("bob").await;
    pool.joins(&pool.acme.id, bob, "bob", "member").await;
    assert_eq!(pool.codes().await, ["MEMBERS_UNCONFIRMED"]);
}

#[tokio::test]
async fn members_whose_user_is_deleted_are_found_over_many_pages_of_users() {
    let pool = PoolWorld::new().await;
    for number in 0..130 {
        pool.user(&format!("user{number}")).await;
    }
    let bob = pool.member("bob", "member").await;
    let mia = pool.member("mia", "member").await;
    assert!(pool.codes().await.is_empty());
    pool.delete_user(&bob.person).await;
    let health = pool.health().await;
    let found: Vec<_> = health.cases.iter().map(|case| (case.finding.code, case.finding.target.clone())).collect();
    assert_eq!(found, [("USER_DELETED", bob.member.to_string())]);
    assert_eq!((health.users, health.members), (132, 3));
    assert!(pool.is_there(&mia.person).await);
}

#[tokio::test]
async fn who_became_a_member_this_hour_is_not_believed_to_be_gone() {
    let pool = PoolWorld::new().await;
    pool.world.add(&pool.acme.id, "new", "member").await;
    assert!(pool.codes().await.is_empty());
}

impl PoolWorld {
    /// Pre token generation of version 1.
    fn says_little(&self) {
        let arn = |name: &str| format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}");
        self.pool().update(|settings| {
            let config = settings.shown.get_mut("LambdaConfig").unwrap().as_object_mut().unwrap();
            let version = [("LambdaArn", arn("pre-token-generation")), ("LambdaVersion", "V1_0".to_owned())];
            config.insert("PreTokenGenerationConfig".to_owned(), version.into_iter().collect());
        });
    }

    /// Acme's provider is bound.
    async fn believes_acmes_provider(&self) -> domain::ProviderName {
        let name = "okta".parse().unwrap();
        let kind = domain::ProviderKind::Tenant(self.acme.id.clone());
        self.world.ops.bind_provider(&client(APP).pool, &name, &kind).await.unwrap();
        name
    }
}

#[tokio::test]
async fn version_1_is_a_problem_where_a_tenant_sends_codes() {
    let pool = PoolWorld::new().await;
    pool.asks_for_codes().await;
    pool.says_little();
    assert_eq!(pool.case("PRE_TOKEN_VERSION").await.finding.severity, Severity::Problem);
    assert_eq!(pool.health().await.problems(), 1);
}

#[tokio::test]
async fn version_1_is_a_problem_where_a_tenants_provider_is_believed() {
    let pool = PoolWorld::new().await;
    pool.says_little();
    assert_eq!(pool.case("PRE_TOKEN_VERSION").await.finding.severity, Severity::Note);
    let okta = pool.believes_acmes_provider().await;
    let case = pool.case("PRE_TOKEN_VERSION").await;
    assert_eq!(case.finding.severity, Severity::Problem);
    assert!(case.finding.message.contains("the provider of a tenant"), "{}", case.finding.message);
    pool.world.ops.enable_provider(&client(APP).pool, &okta, false).await.unwrap();
    assert_eq!(pool.case("PRE_TOKEN_VERSION").await.finding.severity, Severity::Note);
}

#[tokio::test]
async fn a_client_that_was_never_bound_keeps_the_account_scope_beside_a_tenants_provider() {
    let pool = PoolWorld::new().await;
    let second = pool.add_client("second", app_settings());
    pool.world.ops.dedicate_pool(&second.pool, Some(&pool.acme.id)).await.unwrap();
    assert!(pool.codes().await.is_empty());
    pool.believes_acmes_provider().await;
    let case = pool.case("ACCOUNT_SCOPE_KEPT").await;
    assert_eq!((case.finding.target.as_str(), case.finding.severity), ("eu-central-1_test:second", Severity::Problem));
    let bound = NewBinding { suppress_account_scope: true, ..NewBinding::to_tenant(second, pool.acme.id.clone()) };
    pool.world.ops.bind_client(&bound).await.unwrap();
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn a_client_that_was_never_bound_keeps_the_account_scope_beside_a_chain() {
    for dedicated in [true, false] {
        let pool = PoolWorld::new().await;
        let ops = &pool.world.ops;
        let settings = ClientSettings {
            explicit_auth_flows: ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec(),
            auth_session_validity: Some(5),
            ..app_settings()
        };
        let second = pool.add_client("second", settings);
        if dedicated {
            ops.dedicate_pool(&second.pool, Some(&pool.acme.id)).await.unwrap();
        } else {
            ops.observe_unbound(&second.pool, true).await.unwrap();
        }
        assert!(!pool.codes().await.contains(&"ACCOUNT_SCOPE_KEPT"), "dedicated: {dedicated}");
        pool.asks_for_codes().await;
        let case = pool.case("ACCOUNT_SCOPE_KEPT").await;
        assert_eq!(
            (case.finding.target.as_str(), case.finding.severity),
            ("eu-central-1_test:second", Severity::Problem)
        );
        let bound = NewBinding { suppress_account_scope: true, ..NewBinding::to_tenant(second, pool.acme.id.clone()) };
        ops.bind_client(&bound).await.unwrap();
        assert!(pool.codes().await.is_empty(), "dedicated: {dedicated}");
    }
}

#[tokio::test]
async fn what_a_shared_client_lacks_is_said_to_be_nobodys_policy() {
    let pool = PoolWorld::new().await;
    pool.pool().update(|settings| settings.custom_attributes.push("tenant_id".to_owned()));
    let portal = pool.add_client("portal", ClientSettings { write_attributes: Vec::new(), ..app_settings() });
    pool.world.ops.bind_client(&NewBinding::shared(portal)).await.unwrap();
    let claims = vec!["custom:tenant_id".parse().unwrap()];
    let health = pool.health_as(&Examination { claims, ..Examination::default() }).await;
    let found = health.cases.iter().find(|case| case.finding.target == "eu-central-1_test:portal").unwrap();
    assert_eq!((found.finding.severity, found.finding.fix), (Severity::Problem, Fixed::No));
    assert!(found.finding.message.contains("change it in the console"), "{}", found.finding.message);
}
