//! App clients' bindings of a template.

use domain::{ClientKind, Groups, Mode};
use operations::{NewBinding, NewTenant};
use serde_json::{Value, json};

use crate::world::{Ask, CODES, PASSWORDS, POOL, World, ask};

const KIND: &str = "Custom::TenantryClient";
const OTHER: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/other/33333333-cccc";

fn web(client: &str, tenant: &str) -> Value {
    json!({ "UserPoolId": POOL, "ClientId": client, "Binds": "tenant", "TenantId": tenant })
}

#[tokio::test]
async fn a_client_is_bound_enforced_without_the_account_scope() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    for _ in 0..2 {
        let told = ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
        assert_eq!(told.physical, format!("{POOL}/web"));
    }
    let binding = world.binding(&client).await.unwrap();
    assert_eq!((binding.kind, binding.mode), (ClientKind::Tenant(acme.id.clone()), Mode::Enforce));
    assert!(binding.suppress_account_scope);
    assert_eq!(binding.revision, 1, "a replay writes nothing");

    let mut looser = web("web", acme.id.as_ref());
    for (name, value) in [("Mode", "observe"), ("Groups", "replace"), ("AccountScope", "keep")] {
        looser[name] = value.into();
    }
    let told = ask(KIND, "Web").update(&world, &format!("{POOL}/web"), &looser, &web("web", "acme")).await.done();
    assert_eq!(told.physical, format!("{POOL}/web"));
    let binding = world.binding(&client).await.unwrap();
    assert_eq!((binding.mode, binding.groups, binding.suppress_account_scope), (Mode::Observe, Groups::Replace, false));
}

#[tokio::test]
async fn deleting_leaves_a_tombstone_and_deleting_again_is_done_already() {
    let world = World::new().await;
    world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    let told = ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
    for _ in 0..2 {
        ask(KIND, "Web").delete(&world, &told.physical, &web("web", "acme")).await.done();
        assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
    }
    ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
    assert_ne!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
    ask(KIND, "Web").delete(&world, "eu-central-1_test/never", &json!({})).await.done();
    ask(KIND, "Web").delete(&world, "whatever", &json!({})).await.done();
}

#[tokio::test]
async fn no_stack_takes_a_client_that_is_bound_to_something_else() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let client = world.client("web", PASSWORDS);
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    let mut adopting = web("web", "globex");
    adopting["Adopt"] = "true".into();
    for properties in [web("web", "globex"), adopting] {
        let told = ask(KIND, "Web").create(&world, &properties).await;
        assert_eq!(told.code(), "CLIENT_BOUND_ELSEWHERE");
        // CloudFormation deletes what it could not create.
        ask(KIND, "Web").delete(&world, &told.physical, &properties).await.done();
        assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id.clone()));
    }
}

#[tokio::test]
async fn what_an_operator_or_another_stack_bound_is_not_unbound_by_a_failed_creation() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    let told = ask(KIND, "Web").create(&world, &web("web", "acme")).await;
    assert_eq!(told.code(), "THERE_ALREADY");
    ask(KIND, "Web").delete(&world, &told.physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id.clone()));

    let mut adopting = web("web", "acme");
    adopting["Adopt"] = "true".into();
    ask(KIND, "Web").create(&world, &adopting).await.done();
    let theirs = Ask { stack: OTHER, ..ask(KIND, "Web") };
    let told = theirs.create(&world, &web("web", "acme")).await;
    assert_eq!(told.code(), "HELD_BY_ANOTHER");
    theirs.delete(&world, &told.physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id.clone()));

    // Taken over on purpose: the first stack's deletion leaves it alone.
    theirs.create(&world, &adopting).await.done();
    ask(KIND, "Web").delete(&world, &told.physical, &adopting).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id));
}

#[tokio::test]
async fn deleting_what_was_adopted_leaves_it_and_hands_it_back() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    let bound = ClientKind::Tenant(acme.id.clone());
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    let mut adopting = web("web", "acme");
    adopting["Adopt"] = "true".into();
    let mine = ask(KIND, "Web");
    // Another resource of the stack failed, so CloudFormation deletes this one.
    for _ in 0..2 {
        let told = mine.create(&world, &adopting).await.done();
        mine.create(&world, &adopting).await.done();
        mine.delete(&world, &told.physical, &adopting).await.done();
        assert_eq!(world.binding(&client).await.unwrap().kind, bound);
    }
    // It is nobody's again: without insisting nobody takes it.
    assert_eq!(mine.create(&world, &web("web", "acme")).await.code(), "THERE_ALREADY");
    // What another template made goes back to it, and that one may still take it away.
    world.ops.unbind_client(&client).await.unwrap();
    let theirs = Ask { stack: OTHER, ..ask(KIND, "Web") };
    let made = theirs.create(&world, &web("web", "acme")).await.done();
    mine.create(&world, &adopting).await.done();
    mine.delete(&world, &made.physical, &adopting).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, bound);
    theirs.update(&world, &made.physical, &web("web", "acme"), &web("web", "acme")).await.done();
    theirs.delete(&world, &made.physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
}

#[tokio::test]
async fn a_renamed_resource_inherits_what_the_old_name_made() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    let mut adopting = web("web", "acme");
    adopting["Adopt"] = "true".into();
    let (old, new) = (ask(KIND, "Old"), ask(KIND, "New"));
    let physical = old.create(&world, &web("web", "acme")).await.done().physical;
    // The deployment that renames it makes the new name first and deletes the old one last.
    new.create(&world, &adopting).await.done();
    old.delete(&world, &physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id));
    new.delete(&world, &physical, &adopting).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
}

#[tokio::test]
async fn what_was_adopted_and_unbound_since_is_the_adopters_once_it_binds_it_again() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let client = world.client("web", PASSWORDS);
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
    let mut adopting = web("web", "acme");
    adopting["Adopt"] = "true".into();
    let told = ask(KIND, "Web").create(&world, &adopting).await.done();
    world.ops.unbind_client(&client).await.unwrap();
    ask(KIND, "Web").update(&world, &told.physical, &adopting, &adopting).await.done();
    ask(KIND, "Web").delete(&world, &told.physical, &adopting).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
}

#[tokio::test]
async fn a_machine_speaks_for_another_stacks_tenant_only_where_the_template_says_so() {
    let world = World::new().await;
    let globex = world.tenant("globex").await;
    let asking = Ask { stack: OTHER, ..ask("Custom::TenantryTenant", "Acme") };
    asking.create(&world, &json!({ "Slug": "acme" })).await.done();
    let robot = world.client("robot", PASSWORDS);
    let mut machine =
        json!({ "UserPoolId": POOL, "ClientId": "robot", "Binds": "machine", "TenantId": "acme", "Mode": "observe" });
    let told = ask(KIND, "Robot").create(&world, &machine).await;
    assert_eq!(told.code(), "TENANT_OF_ANOTHER_STACK");
    assert_eq!(world.binding(&robot).await, None);
    let theirs = Ask { stack: OTHER, ..ask(KIND, "Robot") };
    let told = theirs.create(&world, &machine).await.done();
    theirs.delete(&world, &told.physical, &machine).await.done();
    machine["OfAnotherStack"] = "true".into();
    ask(KIND, "Robot").create(&world, &machine).await.done();
    // People sign in through a client of their own; and a tenant that no template made is an operator's to give.
    world.client("web", PASSWORDS);
    ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
    world.client("other", PASSWORDS);
    machine = json!({
        "UserPoolId": POOL, "ClientId": "other", "Binds": "machine", "TenantId": globex.id.as_ref(), "Mode": "observe"
    });
    ask(KIND, "Second").create(&world, &machine).await.done();
}

#[tokio::test]
async fn another_client_is_another_resource_and_going_back_finds_the_first_one_bound() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let (one, two) = (world.client("one", PASSWORDS), world.client("two", PASSWORDS));
    let (old, new) = (web("one", "acme"), web("two", "acme"));
    let first = ask(KIND, "Web").create(&world, &old).await.done().physical;
    let second = ask(KIND, "Web").update(&world, &first, &new, &old).await.done().physical;
    assert_eq!((first.as_str(), second.as_str()), ("eu-central-1_test/one", "eu-central-1_test/two"));
    // The rollback: back to the first, then the second is deleted.
    assert_eq!(ask(KIND, "Web").update(&world, &second, &old, &new).await.done().physical, first);
    ask(KIND, "Web").delete(&world, &second, &new).await.done();
    assert_eq!(world.binding(&two).await.unwrap().kind, ClientKind::Unbound);
    assert_eq!(world.binding(&one).await.unwrap().kind, ClientKind::Tenant(acme.id.clone()));
    // And forward: the first is deleted.
    ask(KIND, "Web").update(&world, &first, &new, &old).await.done();
    ask(KIND, "Web").delete(&world, &first, &old).await.done();
    assert_eq!(world.binding(&one).await.unwrap().kind, ClientKind::Unbound);
    assert_eq!(world.binding(&two).await.unwrap().kind, ClientKind::Tenant(acme.id));
}

#[tokio::test]
async fn a_binding_is_never_moved_to_another_tenant_in_place() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let client = world.client("web", PASSWORDS);
    let told = ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
    let refused = ask(KIND, "Web").update(&world, &told.physical, &web("web", "globex"), &web("web", "acme")).await;
    assert_eq!((refused.code(), &refused.physical), ("CLIENT_BOUND_ELSEWHERE", &told.physical));
    ask(KIND, "Web").update(&world, &told.physical, &web("web", "acme"), &web("web", "globex")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(acme.id.clone()));
    ask(KIND, "Web").delete(&world, &told.physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Unbound);
}

#[tokio::test]
async fn what_an_operator_bound_anew_meanwhile_is_left_alone() {
    let world = World::new().await;
    world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let client = world.client("web", PASSWORDS);
    let told = ask(KIND, "Web").create(&world, &web("web", "acme")).await.done();
    world.ops.unbind_client(&client).await.unwrap();
    world.ops.bind_client(&NewBinding::to_tenant(client.clone(), globex.id.clone())).await.unwrap();
    ask(KIND, "Web").delete(&world, &told.physical, &web("web", "acme")).await.done();
    assert_eq!(world.binding(&client).await.unwrap().kind, ClientKind::Tenant(globex.id));
}

#[tokio::test]
async fn a_client_that_lets_people_around_their_tenants_codes_is_not_bound() {
    let world = World::new().await;
    let mut new = NewTenant::new("acme".parse().unwrap(), "Acme");
    new.policy.chain = domain::Chain::Code;
    let acme = world.ops.create_tenant(&new).await.unwrap();
    let open = world.client("open", PASSWORDS);
    let told = ask(KIND, "Open").create(&world, &web("open", "acme")).await;
    assert_eq!(told.code(), "CLIENT_OPEN");
    assert!(told.reason.contains("ExplicitAuthFlows has to be ALLOW_CUSTOM_AUTH ALLOW_REFRESH_TOKEN_AUTH"), "{told:?}");
    assert_eq!(world.binding(&open).await, None);
    // One that only observes holds nobody to anything.
    let mut observing = web("open", "acme");
    observing["Mode"] = "observe".into();
    let told = ask(KIND, "Open").create(&world, &observing).await.done();
    assert_eq!(
        ask(KIND, "Open").update(&world, &told.physical, &web("open", "acme"), &observing).await.code(),
        "CLIENT_OPEN"
    );
    assert_eq!(world.binding(&open).await.unwrap().mode, Mode::Observe);

    let closed = world.client("closed", CODES);
    ask(KIND, "Closed").create(&world, &web("closed", "acme")).await.done();
    assert_eq!(world.binding(&closed).await.unwrap().kind, ClientKind::Tenant(acme.id));
    let told = ask(KIND, "Gone").create(&world, &web("gone", "acme")).await;
    assert_eq!(told.code(), "POOL_CLIENT_UNKNOWN");
}

#[tokio::test]
async fn shared_clients_and_machines_are_bound_as_what_they_are() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let portal = world.client("portal", PASSWORDS);
    let shared = json!({ "UserPoolId": POOL, "ClientId": "portal", "Binds": "shared" });
    let told = ask(KIND, "Portal").create(&world, &shared).await.done();
    assert_eq!(world.binding(&portal).await.unwrap().kind, ClientKind::Shared);
    ask(KIND, "Portal").delete(&world, &told.physical, &shared).await.done();
    assert_eq!(world.binding(&portal).await.unwrap().kind, ClientKind::Unbound);

    let robot = world.client("robot", PASSWORDS);
    let mut machine = json!({
        "UserPoolId": POOL, "ClientId": "robot", "Binds": "machine", "TenantId": "acme", "Roles": ["billing"], "Mode": "observe"
    });
    let told = ask(KIND, "Robot").create(&world, &machine).await.done();
    machine["Roles"] = json!(["billing", "reader"]);
    ask(KIND, "Robot").update(&world, &told.physical, &machine, &json!({})).await.done();
    let ClientKind::Machine { tenant, roles } = world.binding(&robot).await.unwrap().kind else { panic!("no machine") };
    assert_eq!((tenant, roles.to_string().as_str()), (acme.id, "billing reader"));
    for wrong in [
        json!({ "UserPoolId": POOL, "ClientId": "x", "Binds": "shared", "TenantId": "acme" }),
        json!({ "UserPoolId": POOL, "ClientId": "x", "Binds": "tenant" }),
        json!({ "UserPoolId": POOL, "ClientId": "x", "Binds": "tenant", "TenantId": "acme", "Roles": ["a"] }),
        json!({ "UserPoolId": POOL, "ClientId": "x" }),
        json!({ "UserPoolId": "nowhere", "ClientId": "x", "Binds": "shared" }),
    ] {
        assert_eq!(ask(KIND, "X").create(&world, &wrong).await.code(), "PROPERTY_INVALID", "{wrong}");
    }
    let told = ask(KIND, "X").create(&world, &web("x", "nobody")).await;
    assert_eq!(told.code(), "TENANT_UNKNOWN");
}

#[tokio::test]
async fn whoever_comes_first_of_a_stack_and_an_operator_has_the_client() {
    for round in 0..12 {
        let world = World::new().await;
        let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        let client = world.client("web", PASSWORDS);
        let by_hand = NewBinding::to_tenant(client.clone(), globex.id.clone());
        let (mine, asking) = (web("web", "acme"), ask(KIND, "Web"));
        let (stack, operator) = if round % 2 == 0 {
            tokio::join!(asking.create(&world, &mine), world.ops.bind_client(&by_hand))
        } else {
            let (operator, stack) = tokio::join!(world.ops.bind_client(&by_hand), asking.create(&world, &mine));
            (stack, operator)
        };
        assert_ne!(stack.ok, operator.is_ok(), "{stack:?} {operator:?}");
        let winner = if stack.ok { &acme.id } else { &globex.id };
        assert_eq!(world.binding(&client).await.unwrap().kind.tenant(), Some(winner));
        if !stack.ok {
            ask(KIND, "Web").delete(&world, &stack.physical, &mine).await.done();
            assert_eq!(world.binding(&client).await.unwrap().kind.tenant(), Some(&globex.id));
        }
    }
}
