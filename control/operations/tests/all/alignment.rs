//! Policies that change together with their app clients.

use domain::{Chain, Client, Mode, ProviderKind, Tenant};
use operations::{Case, Finding, Fixed, NewBinding, NewTenant, PolicyChange, Severity, Step, UserPools};
use user_pool::{ClientSeed, ClientSettings, IdentityProvider};

use crate::faults::{At, Fault, Faulty, POOL, client, wish};
use crate::table::code;

async fn tenant(world: &Faulty, slug: &str) -> Tenant {
    world.ops.create_tenant(&NewTenant::new(slug.parse().unwrap(), slug)).await.unwrap()
}

fn to(chain: Chain) -> PolicyChange {
    PolicyChange { chain: Some(chain), ..PolicyChange::default() }
}

async fn change(world: &Faulty, tenant: &Tenant, change: &PolicyChange) -> Result<Tenant, operations::OperationError> {
    change_with(world, world.pools(), tenant, change).await
}

async fn change_with(
    world: &Faulty,
    pools: UserPools<'_>,
    tenant: &Tenant,
    change: &PolicyChange,
) -> Result<Tenant, operations::OperationError> {
    let plan = world.ops.plan_policy(pools, &tenant.id, change).await?;
    world.ops.apply_policy(pools, &plan, change).await.map(|(tenant, _)| tenant)
}

/// A client of the pool that somebody else made, with every setting that there is.
async fn adopted(world: &Faulty, tenant: &Tenant, id: &str) -> Client {
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let settings = ClientSettings {
        explicit_auth_flows: text(&["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]),
        callback_urls: text(&["https://app.example/in"]),
        logout_urls: text(&["https://app.example/out"]),
        default_redirect_uri: Some("https://app.example/in".to_owned()),
        allowed_oauth_flows: text(&["code"]),
        allowed_oauth_scopes: text(&["openid", "api/read"]),
        allowed_oauth_flows_user_pool_client: Some(true),
        access_token_validity: Some(1),
        refresh_token_validity: Some(7),
        write_attributes: Vec::new(),
        auth_session_validity: Some(10),
        ..ClientSettings::for_passwords("web")
    };
    let seed = ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() };
    world.server.pool(POOL).unwrap().add_client(seed);
    world.ops.bind_client(&NewBinding::to_tenant(client(id), tenant.id.clone())).await.unwrap();
    client(id)
}

#[tokio::test]
async fn a_chain_closes_every_way_around_it_and_keeps_everything_else() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let web = adopted(&world, &acme, "web").await;
    let before = world.described("web").await;
    let code_chain = to(Chain::PasswordAndCode { of: None });
    let refused = change(&world, &acme, &code_chain).await;
    assert_eq!(code(refused), "CLIENTS_ADOPTED");
    assert_eq!(world.described("web").await, before);
    assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, Chain::Password);

    let pools = UserPools { adopted: true, ..world.pools() };
    change_with(&world, pools, &acme, &code_chain).await.unwrap();
    let after = world.described("web").await;
    assert_eq!(world.flows("web").await, ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    assert_eq!((after.allowed_o_auth_flows_user_pool_client(), after.allowed_o_auth_flows().len()), (Some(false), 0));
    assert_eq!(after.write_attributes(), ["custom:locale", "email", "name"]);
    for (one, other) in [
        (after.callback_urls(), before.callback_urls()),
        (after.logout_urls(), before.logout_urls()),
        (after.allowed_o_auth_scopes(), before.allowed_o_auth_scopes()),
        (after.supported_identity_providers(), before.supported_identity_providers()),
    ] {
        assert_eq!(one, other);
    }
    assert_eq!(after.default_redirect_uri(), before.default_redirect_uri());
    assert_eq!((after.refresh_token_validity(), after.auth_session_validity()), (7, Some(10)));
    assert_eq!(after.client_name(), before.client_name());

    let again = world.ops.plan_policy(pools, &acme.id, &code_chain).await.unwrap();
    assert!(again.clients.iter().all(|client| client.differences.is_empty() && client.binding.client == web));
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_only_observes_is_shown_and_left_alone() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let web = adopted(&world, &acme, "web").await;
    world.ops.set_client_mode(&web, Mode::Observe).await.unwrap();
    let before = world.described("web").await;
    let plan = world.ops.plan_policy(world.pools(), &acme.id, &to(Chain::Code)).await.unwrap();
    assert!(plan.clients.iter().all(|client| !client.differences.is_empty() && !client.will_change()));
    change(&world, &acme, &to(Chain::Code)).await.unwrap();
    assert_eq!(world.described("web").await, before);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_interrupted_never_has_a_table_that_says_more_than_its_clients_hold_to() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    let id = made.binding.client.id.as_ref();
    let mut crashed = 0;
    for fault in [Fault::HoldBefore, Fault::HoldAfter] {
        for (from, to_chain) in [(Chain::Password, Chain::Code), (Chain::Code, Chain::Password)] {
            for nth in 0.. {
                let row = format!("{fault:?} {nth}: {from:?} -> {to_chain:?}");
                world.faults.set(&[]);
                change(&world, &acme, &to(from.clone())).await.unwrap();
                let wanted = to(to_chain.clone());
                world.faults.set(&[(At::Nth(nth), fault)]);
                let held = tokio::select! {
                    done = change(&world, &acme, &wanted) => { done.unwrap(); false }
                    () = world.faults.held.notified() => true,
                };
                world.faults.set(&[]);
                let says = world.ops.tenant(&acme.id).await.unwrap().policy.chain;
                let flows = world.flows(id).await;
                let closed = flows == ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
                assert!(says == Chain::Password || closed, "{row}: {flows:?} while the table says {says:?}");
                change(&world, &acme, &wanted).await.unwrap();
                assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, to_chain, "{row}");
                let plan = world.ops.plan_policy(world.pools(), &acme.id, &PolicyChange::default()).await.unwrap();
                assert!(plan.clients.iter().all(|client| client.differences.is_empty()), "{row}: {plan:?}");
                if !held {
                    break;
                }
                crashed += 1;
            }
        }
    }
    assert!(crashed > 30, "{crashed} calls were held");
    world.server.shutdown().await;
}

#[tokio::test]
async fn throttled_changes_are_repeated() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    let throttle = (At::Next("updateuserpoolclient"), Fault::Throttle);
    world.faults.set(&[throttle, throttle]);
    change(&world, &acme, &to(Chain::Code)).await.unwrap();
    assert_eq!(world.flows(made.binding.client.id.as_ref()).await, ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_setting_that_nobody_knows_is_not_reset_by_accident() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    let before = world.described(made.binding.client.id.as_ref()).await;
    let plan = world.ops.plan_policy(world.pools(), &acme.id, &to(Chain::Code)).await.unwrap();
    world.faults.set(&[(At::Next("describeuserpoolclient"), Fault::AddSetting)]);
    let refused = world.ops.apply_policy(world.pools(), &plan, &to(Chain::Code)).await.unwrap_err();
    assert_eq!(refused.code(), "POOL_SETTINGS_UNKNOWN");
    assert!(refused.to_string().contains("SignInWindow"), "{refused}");
    assert_eq!(world.described(made.binding.client.id.as_ref()).await, before);
    assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, Chain::Password);
    world.server.shutdown().await;
}

#[tokio::test]
async fn what_is_no_longer_what_was_shown_is_not_changed() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    adopted(&world, &acme, "web").await;
    let pools = UserPools { adopted: true, ..world.pools() };
    let plan = world.ops.plan_policy(pools, &acme.id, &to(Chain::Code)).await.unwrap();
    let flow = "ALLOW_USER_SRP_AUTH".into();
    let update = world.direct.update_user_pool_client().user_pool_id(POOL).client_id("web").explicit_auth_flows(flow);
    update.send().await.unwrap();
    assert_eq!(code(world.ops.apply_policy(pools, &plan, &to(Chain::Code)).await), "CLIENT_CHANGED");
    assert_eq!(world.flows("web").await, ["ALLOW_USER_SRP_AUTH"]);
    world.server.shutdown().await;
}

#[tokio::test]
async fn single_sign_on_leaves_the_tenants_own_provider_alone_spelled_as_the_pool_spells_it() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let pool = POOL.parse().unwrap();
    world.server.pool(POOL).unwrap().set_provider(IdentityProvider::new("AcmeOkta", user_pool::ProviderKind::Saml));
    let provider = ProviderKind::Tenant(acme.id.clone());
    world.ops.bind_provider(&pool, &"acmeokta".parse().unwrap(), &provider).await.unwrap();
    let sso = PolicyChange { sso_required: Some(true), ..PolicyChange::default() };
    assert_eq!(code(change(&world, &acme, &sso).await), "SSO_WITHOUT_PROVIDER");
    world.ops.assume_domain(&acme.id, &"acme.example".parse().unwrap(), "a test").await.unwrap();
    adopted(&world, &acme, "web").await;
    let pools = UserPools { adopted: true, ..world.pools() };
    change_with(&world, pools, &acme, &sso).await.unwrap();
    let after = world.described("web").await;
    assert_eq!(after.supported_identity_providers(), ["AcmeOkta"]);
    assert_eq!(world.flows("web").await, ["ALLOW_REFRESH_TOKEN_AUTH"]);
    assert_eq!(code(change_with(&world, pools, &acme, &to(Chain::Code)).await), "CHAIN_WITH_SSO");
    world.server.shutdown().await;
}

/// Runs a change, and something else while its first update of a client waits.
async fn meanwhile<T>(world: &Faulty, run: impl Future<Output = T>, other: impl Future) -> T {
    world.faults.set(&[(At::Next("updateuserpoolclient"), Fault::Pause)]);
    let other = Box::pin(async {
        world.faults.held.notified().await;
        other.await;
        world.faults.go_on.notify_one();
    });
    tokio::join!(run, other).0
}

#[tokio::test]
async fn a_client_that_is_enforced_after_the_plan_was_shown_keeps_the_policy_from_changing() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let web = adopted(&world, &acme, "web").await;
    world.ops.set_client_mode(&web, Mode::Observe).await.unwrap();
    let plan = world.ops.plan_policy(world.pools(), &acme.id, &to(Chain::Code)).await.unwrap();
    world.ops.set_client_mode(&web, Mode::Enforce).await.unwrap();
    assert_eq!(code(world.ops.apply_policy(world.pools(), &plan, &to(Chain::Code)).await), "CLIENTS_ADOPTED");
    assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, Chain::Password);
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_is_bound_while_the_policy_changes_is_told_of() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    let wanted = to(Chain::Code);
    let done =
        meanwhile(&world, Box::pin(change(&world, &acme, &wanted)), Box::pin(adopted(&world, &acme, "late"))).await;
    assert_eq!(code(done), "CLIENTS_OPEN");
    assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, Chain::Code);
    let pools = UserPools { adopted: true, ..world.pools() };
    change_with(&world, pools, &acme, &wanted).await.unwrap();
    assert_eq!(world.flows("late").await, ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_not_taken_for_a_client_that_is_gone() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    world.ops.bind_client(&NewBinding::to_tenant(client("gone"), acme.id.clone())).await.unwrap();
    change(&world, &acme, &to(Chain::Code)).await.unwrap();
    change(&world, &acme, &to(Chain::Password)).await.unwrap();
    let elsewhere = Client { pool: "eu-central-1_elsewhere".parse().unwrap(), id: "web".parse().unwrap() };
    world.ops.bind_client(&NewBinding::to_tenant(elsewhere.clone(), acme.id.clone())).await.unwrap();
    assert_eq!(code(change(&world, &acme, &to(Chain::Code)).await), "POOL_CLIENT_UNKNOWN");
    assert_eq!(world.ops.tenant(&acme.id).await.unwrap().policy.chain, Chain::Password);
    let pools = UserPools { adopted: true, ..world.pools() };
    assert_eq!(code(world.ops.delete_client(pools, &elsewhere).await), "POOL_CLIENT_UNKNOWN");
    world.server.shutdown().await;
}

#[tokio::test]
async fn what_somebody_changes_at_one_client_while_another_is_written_stays() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    change(&world, &acme, &to(Chain::Code)).await.unwrap();
    let mut ids = Vec::new();
    for name in ["one", "other"] {
        let made = world.ops.make_client(world.pools(), &wish(name, &acme.id)).await.unwrap();
        ids.push(made.binding.client.id.to_string());
    }
    let rename = async {
        for id in &ids {
            let update = world.direct.update_user_pool_client().user_pool_id(POOL).client_id(id).client_name("renamed");
            update.explicit_auth_flows("ALLOW_CUSTOM_AUTH".into()).send().await.unwrap();
        }
    };
    let wanted = to(Chain::Password);
    meanwhile(&world, Box::pin(change(&world, &acme, &wanted)), Box::pin(rename)).await.unwrap();
    // The one whose update was under way is as it was read; the other was read after it was renamed.
    assert_eq!(world.clients().await.values().filter(|name| *name == "renamed").count(), 1);
    for id in &ids {
        assert!(world.flows(id).await.contains(&"ALLOW_USER_SRP_AUTH".to_owned()));
    }
    world.server.shutdown().await;
}

#[tokio::test]
async fn where_one_client_cannot_follow_none_is_narrowed() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    for name in ["one", "other"] {
        world.ops.make_client(world.pools(), &wish(name, &acme.id)).await.unwrap();
    }
    let plan = world.ops.plan_policy(world.pools(), &acme.id, &to(Chain::Code)).await.unwrap();
    let ids: Vec<&str> = plan.clients.iter().map(|client| client.binding.client.id.as_ref()).collect();
    let [first, last] = ids[..] else { unreachable!("{ids:?}") };
    let update = world.direct.update_user_pool_client().user_pool_id(POOL).client_id(last);
    update.explicit_auth_flows("ALLOW_USER_PASSWORD_AUTH".into()).send().await.unwrap();
    let before = world.described(first).await;
    assert_eq!(code(world.ops.apply_policy(world.pools(), &plan, &to(Chain::Code)).await), "CLIENT_CHANGED");
    assert_eq!(world.described(first).await, before);
    world.server.shutdown().await;
}

#[tokio::test]
async fn single_sign_on_waits_where_the_tenant_has_no_provider_in_a_clients_pool() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let elsewhere = "eu-central-1_elsewhere".parse().unwrap();
    let provider = ProviderKind::Tenant(acme.id.clone());
    world.ops.bind_provider(&elsewhere, &"okta".parse().unwrap(), &provider).await.unwrap();
    world.ops.assume_domain(&acme.id, &"acme.example".parse().unwrap(), "a test").await.unwrap();
    adopted(&world, &acme, "web").await;
    let before = world.described("web").await;
    let pools = UserPools { adopted: true, ..world.pools() };
    let sso = PolicyChange { sso_required: Some(true), ..PolicyChange::default() };
    assert_eq!(code(change_with(&world, pools, &acme, &sso).await), "CLIENTS_ADOPTED");
    assert_eq!(world.described("web").await, before);
    let wish =
        operations::ClientWish { callback_urls: vec!["https://app.example/".to_owned()], ..wish("other", &acme.id) };
    world.ops.set_policy(&acme.id, &sso).await.unwrap();
    assert_eq!(code(world.ops.make_client(pools, &wish).await), "CLIENT_LACKS");
    world.server.shutdown().await;
}

#[tokio::test]
async fn the_doctor_changes_the_client_that_it_showed_and_no_other() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let web = adopted(&world, &acme, "web").await;
    adopted(&world, &acme, "other").await;
    let before = world.described("other").await;
    let (message, target) = ("a test".to_owned(), "a client".to_owned());
    let finding = Finding { code: "X", severity: Severity::Problem, target, message, fix: Fixed::Possible };
    let mut case = Case { finding, steps: vec![Step::AlignClient { client: web, tenant: acme.id.clone() }] };
    // It may not: so it is not done either.
    world.ops.treat(world.pools(), &mut case).await.unwrap();
    assert_eq!(case.finding.fix, Fixed::Again);
    world.ops.treat(UserPools { adopted: true, ..world.pools() }, &mut case).await.unwrap();
    assert_eq!(case.finding.fix, Fixed::Done);
    assert!(!world.flows("web").await.contains(&"ALLOW_USER_AUTH".to_owned()));
    assert_eq!(world.described("other").await, before);
    world.server.shutdown().await;
}
