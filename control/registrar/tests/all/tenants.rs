//! Tenants of a template.

use domain::{Chain, JoinMode, TenantStatus};
use operations::PolicyChange;
use serde_json::{Value, json};
use store::entity::Audit;

use crate::world::{Ask, World, ask};

const KIND: &str = "Custom::TenantryTenant";

/// The stack of the same name, made again; and another one.
const AGAIN: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/app/22222222-bbbb";
const OTHER: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/other/3";

fn acme() -> Value {
    json!({ "Slug": "acme", "Name": "Acme", "JoinMode": "request", "SeatLimit": "5", "Chain": "code", "Tier": "gold" })
}

#[tokio::test]
async fn a_tenant_is_made_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let told = ask(KIND, "Acme").create(&world, &acme()).await.done();
    let tenant = world.ops.find_tenant("acme").await.unwrap();
    assert_eq!(
        (told.physical.as_str(), told.data["TenantId"].as_str().unwrap()),
        (tenant.id.as_ref(), tenant.id.as_ref())
    );
    assert_eq!((tenant.name.as_str(), tenant.tier.as_ref(), tenant.policy.join), ("Acme", "gold", JoinMode::Request));
    assert_eq!(tenant.policy.chain, Chain::Code);
    assert_eq!(world.ops.seats(&tenant.id).await.unwrap().limit, Some(5));
    let again = ask(KIND, "Acme").create(&world, &acme()).await.done();
    assert_eq!((again.physical, again.data), (told.physical, told.data));
    assert_eq!(world.ops.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_record_names_the_stack_and_the_resource() {
    let world = World::new().await;
    ask(KIND, "Acme").create(&world, &acme()).await.done();
    let tenant = world.ops.find_tenant("acme").await.unwrap();
    let page = world.ops.session().audit::<Audit>(&tenant.id, None).await.unwrap();
    assert_eq!(page.entities[0].actor, format!("operator:cloudformation {} Acme", crate::world::STACK));
}

#[tokio::test]
async fn a_crash_between_the_tenant_and_its_mark_is_finished_by_the_same_resource_alone() {
    let world = World::new().await;
    let told = ask(KIND, "Acme").create(&world, &acme()).await.done();
    let holder = format!("{} Acme", crate::world::STACK);
    let subject = operations::registrations::Subject::Tenant(told.physical.parse().unwrap());
    assert!(world.ops.let_go(&subject, &holder).await.unwrap());
    assert_eq!(ask(KIND, "Other").create(&world, &acme()).await.code(), "THERE_ALREADY");
    ask(KIND, "Acme").create(&world, &acme()).await.done();
    assert_eq!(world.ops.held(&subject).await.unwrap().unwrap().holder, holder);
}

#[tokio::test]
async fn somebody_elses_tenant_is_taken_over_on_purpose_alone() {
    let world = World::new().await;
    let theirs = world.tenant("acme").await;
    let properties = json!({ "Slug": "acme", "Name": "Mine" });
    let refused = ask(KIND, "Acme").create(&world, &properties).await;
    assert_eq!((refused.code(), refused.physical.as_str()), ("THERE_ALREADY", "not-made"));
    ask(KIND, "Acme").delete(&world, &refused.physical, &json!({ "OnDelete": "close" })).await.done();
    assert_eq!(world.ops.tenant(&theirs.id).await.unwrap(), theirs);

    let adopted = json!({ "Slug": "acme", "Name": "Mine", "Adopt": "true" });
    let told = ask(KIND, "Acme").create(&world, &adopted).await.done();
    assert_eq!(told.physical, theirs.id.to_string());
    assert_eq!(world.ops.tenant(&theirs.id).await.unwrap().name, "Mine");
    assert_eq!(ask(KIND, "Second").create(&world, &properties).await.code(), "HELD_BY_ANOTHER");
}

#[tokio::test]
async fn a_stack_that_was_rolled_back_and_made_again_finds_its_tenant() {
    let world = World::new().await;
    let first = ask(KIND, "Acme").create(&world, &acme()).await.done();
    ask(KIND, "Acme").delete(&world, &first.physical, &acme()).await.done();
    let again = Ask { stack: AGAIN, ..ask(KIND, "Acme") };
    assert_eq!(again.create(&world, &acme()).await.done().physical, first.physical);
    let other = Ask { stack: OTHER, ..ask(KIND, "Acme") };
    assert_eq!(other.create(&world, &acme()).await.code(), "HELD_BY_ANOTHER");
}

#[tokio::test]
async fn an_update_renames_and_its_rollback_names_back() {
    let world = World::new().await;
    let (old, new) = (acme(), json!({ "Slug": "acme-eu", "Name": "Acme EU", "SeatLimit": "none", "Chain": "code" }));
    let told = ask(KIND, "Acme").create(&world, &old).await.done();
    let updated = ask(KIND, "Acme").update(&world, &told.physical, &new, &old).await.done();
    assert_eq!(updated.physical, told.physical);
    let tenant = world.ops.find_tenant("acme-eu").await.unwrap();
    assert_eq!((tenant.name.as_str(), world.ops.seats(&tenant.id).await.unwrap().limit), ("Acme EU", None));
    ask(KIND, "Acme").update(&world, &told.physical, &old, &new).await.done();
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().name, "Acme");
}

#[tokio::test]
async fn an_update_to_a_slug_of_another_tenant_changes_nothing() {
    let world = World::new().await;
    world.tenant("globex").await;
    let told = ask(KIND, "Acme").create(&world, &acme()).await.done();
    let refused = ask(KIND, "Acme").update(&world, &told.physical, &json!({ "Slug": "globex" }), &acme()).await;
    assert_eq!((refused.code(), &refused.physical), ("SLUG_TAKEN", &told.physical));
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().name, "Acme");
}

#[tokio::test]
async fn a_stricter_sign_in_is_not_a_templates_to_switch_on_and_a_rollback_never_fails_for_it() {
    let world = World::new().await;
    let plain = json!({ "Slug": "acme" });
    let told = ask(KIND, "Acme").create(&world, &plain).await.done();
    let strict = json!({ "Slug": "acme", "Chain": "code" });
    let refused = ask(KIND, "Acme").update(&world, &told.physical, &strict, &plain).await;
    assert_eq!(refused.code(), "SIGN_IN_STRICTER");
    ask(KIND, "Acme").update(&world, &told.physical, &plain, &strict).await.done();
    // An operator did it: the template may say so, and go back to saying less.
    let change = PolicyChange { chain: Some(Chain::Code), ..PolicyChange::default() };
    world.ops.set_policy(&told.physical.parse().unwrap(), &change).await.unwrap();
    ask(KIND, "Acme").update(&world, &told.physical, &strict, &plain).await.done();
    ask(KIND, "Acme").update(&world, &told.physical, &plain, &strict).await.done();
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().policy.chain, Chain::Code);
}

#[tokio::test]
async fn a_tenant_outlives_its_resource_unless_the_template_says_close() {
    let world = World::new().await;
    let told = ask(KIND, "Acme").create(&world, &acme()).await.done();
    let closing = json!({ "Slug": "acme", "OnDelete": "close" });
    // Another resource, or an earlier failure, names it: nothing happens.
    ask(KIND, "Other").delete(&world, &told.physical, &closing).await.done();
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Active);
    ask(KIND, "Acme").delete(&world, &told.physical, &acme()).await.done();
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Active);

    let told = ask(KIND, "Acme").create(&world, &closing).await.done();
    for _ in 0..2 {
        ask(KIND, "Acme").delete(&world, &told.physical, &closing).await.done();
        assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Closed);
    }
    let other = Ask { stack: OTHER, ..ask(KIND, "Acme") };
    let mut adopting = closing.clone();
    adopting["Adopt"] = "true".into();
    assert_eq!(other.create(&world, &adopting).await.code(), "TENANT_STATE");
}

#[tokio::test]
async fn a_rollback_closes_no_tenant_that_was_there_before() {
    let world = World::new().await;
    let theirs = world.tenant("globex").await;
    let adopting = json!({ "Slug": "globex", "Adopt": "true", "OnDelete": "close" });
    let told = ask(KIND, "Globex").create(&world, &adopting).await.done();
    ask(KIND, "Globex").create(&world, &adopting).await.done();
    ask(KIND, "Globex").delete(&world, &told.physical, &adopting).await.done();
    assert_eq!(world.ops.tenant(&theirs.id).await.unwrap().status, TenantStatus::Active);

    // One that outlived its resource, and is found again by a stack of the same name.
    let closing = json!({ "Slug": "acme", "OnDelete": "close" });
    let first = ask(KIND, "Acme").create(&world, &acme()).await.done();
    ask(KIND, "Acme").delete(&world, &first.physical, &acme()).await.done();
    let again = Ask { stack: AGAIN, ..ask(KIND, "Acme") };
    again.create(&world, &closing).await.done();
    again.delete(&world, &first.physical, &closing).await.done();
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Active);
}

#[tokio::test]
async fn a_tenant_that_a_rollback_closed_is_open_again_at_the_next_attempt() {
    let world = World::new().await;
    let closing = json!({ "Slug": "acme", "OnDelete": "close" });
    let mut physical = String::new();
    for stack in [crate::world::STACK, AGAIN, AGAIN] {
        let asking = Ask { stack, ..ask(KIND, "Acme") };
        let told = asking.create(&world, &closing).await.done();
        assert!(physical.is_empty() || physical == told.physical);
        physical = told.physical;
        assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Active);
        asking.delete(&world, &physical, &closing).await.done();
        assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Closed);
    }
}

#[tokio::test]
async fn a_template_opens_nothing_that_an_operator_closed_or_suspended() {
    let world = World::new().await;
    let closing = json!({ "Slug": "acme", "OnDelete": "close" });
    let told = ask(KIND, "Acme").create(&world, &closing).await.done();
    let id = told.physical.parse().unwrap();
    world.ops.suspend_tenant(&id, None).await.unwrap();
    ask(KIND, "Acme").delete(&world, &told.physical, &closing).await.done();
    assert_eq!(ask(KIND, "Acme").create(&world, &closing).await.code(), "TENANT_STATE");
    world.ops.restore_tenant(&id, None).await.unwrap();
    world.ops.close_tenant(&id, Some("they left")).await.unwrap();
    assert_eq!(ask(KIND, "Acme").create(&world, &closing).await.code(), "TENANT_STATE");
    assert_eq!(world.ops.find_tenant("acme").await.unwrap().status, TenantStatus::Closed);
}

#[tokio::test]
async fn what_is_misspelt_or_wrong_is_told_and_makes_nothing() {
    let world = World::new().await;
    for properties in [
        json!({}),
        json!({ "Slug": "Acme!" }),
        json!({ "Slug": "acme", "Nmae": "Acme" }),
        json!({ "Slug": "acme", "JoinMode": "everybody" }),
        json!({ "Slug": "acme", "Chain": "password", "ChainOf": ["owner"] }),
        json!({ "Slug": "acme", "SeatLimit": "-1" }),
        json!({ "Slug": "acme", "DefaultRoles": ["Owner!"] }),
        json!({ "Slug": "acme", "Adopt": "yes" }),
        json!({ "Slug": ["acme"] }),
    ] {
        let told = ask(KIND, "Acme").create(&world, &properties).await;
        assert_eq!((told.code(), told.physical.as_str()), ("PROPERTY_INVALID", "not-made"), "{properties}");
    }
    let told = ask(KIND, "Acme").create(&world, &json!({ "Slug": "acme", "DefaultRoles": ["owner"] })).await;
    assert_eq!(told.code(), "DEFAULT_ROLES_TOO_HIGH");
    assert!(world.ops.tenants().await.unwrap().is_empty());
}
