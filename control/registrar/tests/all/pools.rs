//! Identity providers and pools of a template.

use domain::{PoolId, ProviderKind, ProviderName};
use operations::OperationError;
use serde_json::json;

use crate::world::{Ask, POOL, World, ask};

const PROVIDER: &str = "Custom::TenantryIdentityProvider";
const KIND: &str = "Custom::TenantryPool";

fn okta() -> (PoolId, ProviderName) {
    (POOL.parse().unwrap(), "okta".parse().unwrap())
}

#[tokio::test]
async fn a_provider_is_bound_disabled_enabled_and_unbound() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let (pool, name) = okta();
    let enabled = json!({ "UserPoolId": POOL, "ProviderName": "Okta", "Serves": "tenant", "TenantId": "acme" });
    let mut disabled = enabled.clone();
    disabled["Enabled"] = "false".into();
    let mut physical = String::new();
    for _ in 0..2 {
        physical = ask(PROVIDER, "Okta").create(&world, &enabled).await.done().physical;
    }
    assert_eq!(physical, format!("{POOL}/okta"));
    assert!(world.ops.provider(&pool, &name).await.unwrap().serves(&acme.id));
    ask(PROVIDER, "Okta").update(&world, &physical, &disabled, &enabled).await.done();
    assert!(!world.ops.provider(&pool, &name).await.unwrap().enabled);
    for _ in 0..2 {
        ask(PROVIDER, "Okta").delete(&world, &physical, &disabled).await.done();
        assert!(matches!(world.ops.provider(&pool, &name).await, Err(OperationError::ProviderUnknown)));
    }
}

#[tokio::test]
async fn a_provider_of_another_tenant_or_an_operator_stays_theirs() {
    let world = World::new().await;
    let (acme, _) = (world.tenant("acme").await, world.tenant("globex").await);
    let (pool, name) = okta();
    world.ops.bind_provider(&pool, &name, &ProviderKind::Tenant(acme.id)).await.unwrap();
    let before = world.ops.provider(&pool, &name).await.unwrap();
    for (properties, code) in [
        (
            json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "tenant", "TenantId": "globex", "Adopt": "true" }),
            "PROVIDER_BOUND_ELSEWHERE",
        ),
        (json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "social" }), "PROVIDER_BOUND_ELSEWHERE"),
        (
            json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "tenant", "TenantId": "acme" }),
            "THERE_ALREADY",
        ),
        (
            json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "social", "TenantId": "acme" }),
            "PROPERTY_INVALID",
        ),
        (json!({ "UserPoolId": POOL, "ProviderName": "okta" }), "PROPERTY_INVALID"),
    ] {
        let told = ask(PROVIDER, "Okta").create(&world, &properties).await;
        assert_eq!(told.code(), code, "{properties}");
        ask(PROVIDER, "Okta").delete(&world, &told.physical, &properties).await.done();
        assert_eq!(world.ops.provider(&pool, &name).await.unwrap(), before);
    }
}

#[tokio::test]
async fn deleting_an_adopted_provider_or_pool_leaves_it_as_it_is() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let (pool, name) = okta();
    world.ops.bind_provider(&pool, &name, &ProviderKind::Tenant(acme.id.clone())).await.unwrap();
    let before = world.ops.provider(&pool, &name).await.unwrap();
    let adopting =
        json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "tenant", "TenantId": "acme", "Adopt": "true" });
    let told = ask(PROVIDER, "Okta").create(&world, &adopting).await.done();
    ask(PROVIDER, "Okta").delete(&world, &told.physical, &adopting).await.done();
    assert_eq!(world.ops.provider(&pool, &name).await.unwrap(), before);

    world.ops.dedicate_pool(&pool, Some(&acme.id)).await.unwrap();
    let adopting = json!({ "UserPoolId": POOL, "DedicatedTo": "acme", "Adopt": "true" });
    let told = ask(KIND, "Pool").create(&world, &adopting).await.done();
    ask(KIND, "Pool").delete(&world, &told.physical, &adopting).await.done();
    assert_eq!(world.ops.pool(&pool).await.unwrap().dedicated_to, Some(acme.id));
}

#[tokio::test]
async fn a_provider_speaks_for_another_stacks_tenant_only_where_the_template_says_so() {
    let world = World::new().await;
    let other = "arn:aws:cloudformation:eu-central-1:123456789012:stack/other/33333333-cccc";
    let asking = Ask { stack: other, ..ask("Custom::TenantryTenant", "Acme") };
    asking.create(&world, &json!({ "Slug": "acme" })).await.done();
    let (pool, name) = okta();
    let mut properties = json!({ "UserPoolId": POOL, "ProviderName": "okta", "Serves": "tenant", "TenantId": "acme" });
    assert_eq!(ask(PROVIDER, "Okta").create(&world, &properties).await.code(), "TENANT_OF_ANOTHER_STACK");
    assert!(matches!(world.ops.provider(&pool, &name).await, Err(OperationError::ProviderUnknown)));
    properties["OfAnotherStack"] = "true".into();
    ask(PROVIDER, "Okta").create(&world, &properties).await.done();
}

#[tokio::test]
async fn a_pool_is_one_tenants_own_until_its_resource_goes() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let id: PoolId = POOL.parse().unwrap();
    let own = json!({ "UserPoolId": POOL, "DedicatedTo": "acme" });
    let told = ask(KIND, "Pool").create(&world, &own).await.done();
    assert_eq!(told.physical, POOL);
    assert_eq!(world.ops.pool(&id).await.unwrap().dedicated_to, Some(acme.id.clone()));
    let other = json!({ "UserPoolId": POOL, "DedicatedTo": "globex", "Adopt": "true" });
    assert_eq!(ask(KIND, "Other").create(&world, &other).await.code(), "POOL_DEDICATED_ELSEWHERE");
    ask(KIND, "Other").delete(&world, POOL, &other).await.done();
    assert_eq!(ask(KIND, "Pool").update(&world, POOL, &other, &own).await.code(), "POOL_DEDICATED_ELSEWHERE");
    assert_eq!(world.ops.pool(&id).await.unwrap().dedicated_to, Some(acme.id));
    let observing = json!({ "UserPoolId": POOL, "DedicatedTo": "acme", "ObserveUnbound": "true" });
    ask(KIND, "Pool").update(&world, POOL, &observing, &own).await.done();
    assert!(world.ops.pool(&id).await.unwrap().observe_unbound);
    for _ in 0..2 {
        ask(KIND, "Pool").delete(&world, POOL, &observing).await.done();
        let pool = world.ops.pool(&id).await.unwrap();
        assert_eq!((pool.dedicated_to, pool.observe_unbound), (None, false));
    }
}

#[tokio::test]
async fn what_an_operator_set_of_a_pool_stays_theirs() {
    let world = World::new().await;
    let id: PoolId = POOL.parse().unwrap();
    world.ops.observe_unbound(&id, true).await.unwrap();
    let own = json!({ "UserPoolId": POOL, "ObserveUnbound": "false" });
    let told = ask(KIND, "Pool").create(&world, &own).await;
    assert_eq!(told.code(), "THERE_ALREADY");
    ask(KIND, "Pool").delete(&world, &told.physical, &own).await.done();
    assert!(world.ops.pool(&id).await.unwrap().observe_unbound);
}

#[tokio::test]
async fn what_an_operator_set_beside_a_templates_settings_stays() {
    let world = World::new().await;
    world.tenant("acme").await;
    let id: PoolId = POOL.parse().unwrap();
    let own = json!({ "UserPoolId": POOL, "DedicatedTo": "acme" });
    ask(KIND, "Pool").create(&world, &own).await.done();
    world.ops.observe_unbound(&id, true).await.unwrap();
    ask(KIND, "Pool").delete(&world, POOL, &own).await.done();
    let pool = world.ops.pool(&id).await.unwrap();
    assert_eq!((pool.dedicated_to, pool.observe_unbound), (None, true));
}
