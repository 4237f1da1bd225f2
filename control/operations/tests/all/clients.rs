//! App clients, providers, pools and the catalogue.

use domain::{Client, ClientKind, Mode, ProviderKind, RoleGrant};
use operations::NewBinding;

use crate::table::{World, code, roles};

fn client(id: &str) -> Client {
    Client { pool: "eu-central-1_test".parse().unwrap(), id: id.parse().unwrap() }
}

#[tokio::test]
async fn a_client_stays_with_its_tenant_until_it_is_unbound_and_leaves_a_tombstone() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let new = NewBinding::to_tenant(client("app"), acme.id.clone());
    let bound = world.ops.bind_client(&new).await.unwrap();
    assert_eq!(world.ops.bind_client(&new).await.unwrap(), bound);
    let other = NewBinding::to_tenant(client("app"), umbra.id.clone());
    assert_eq!(code(world.ops.bind_client(&other).await), "CLIENT_BOUND_ELSEWHERE");
    assert_eq!(world.ops.set_client_mode(&client("app"), Mode::Observe).await.unwrap().mode, Mode::Observe);
    let tombstone = world.ops.unbind_client(&client("app")).await.unwrap();
    assert_eq!((tombstone.kind.clone(), tombstone.mode), (ClientKind::Unbound, Mode::Enforce));
    assert_eq!(code(world.ops.set_client_mode(&client("app"), Mode::Observe).await), "CLIENT_UNKNOWN");
    assert_eq!(world.ops.clients(None).await.unwrap(), [tombstone]);
    assert_eq!(world.ops.bind_client(&other).await.unwrap().kind.tenant(), Some(&umbra.id));
    assert_eq!(code(world.ops.unbind_client(&client("other")).await), "CLIENT_UNKNOWN");
}

#[tokio::test]
async fn clients_are_listed_by_tenant_and_all_together() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.ops.bind_client(&NewBinding::to_tenant(client("app"), acme.id.clone())).await.unwrap();
    world.ops.bind_client(&NewBinding::shared(client("shared"))).await.unwrap();
    let machine = ClientKind::Machine { tenant: acme.id.clone(), roles: roles("billing") };
    world.ops.bind_client(&NewBinding::new(client("robot"), machine)).await.unwrap();
    assert_eq!(world.ops.clients(Some(&acme.id)).await.unwrap().len(), 2);
    assert_eq!(world.ops.clients(None).await.unwrap().len(), 3);
    assert_eq!(code(world.ops.bind_client(&NewBinding::new(client("x"), ClientKind::Unbound)).await), "INVALID");
}

#[tokio::test]
async fn a_closed_tenant_gets_no_client() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.ops.close_tenant(&acme.id, None).await.unwrap();
    let refused = world.ops.bind_client(&NewBinding::to_tenant(client("app"), acme.id.clone())).await;
    assert_eq!(code(refused), "TENANT_STATE");
}

#[tokio::test]
async fn a_provider_serves_one_tenant_and_can_be_switched_off() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let (pool, name) = ("eu-central-1_test".parse().unwrap(), "okta".parse().unwrap());
    let bound = world.ops.bind_provider(&pool, &name, &ProviderKind::Tenant(acme.id.clone())).await.unwrap();
    assert!(bound.serves(&acme.id));
    let taken = world.ops.bind_provider(&pool, &name, &ProviderKind::Tenant(umbra.id.clone())).await;
    assert_eq!(code(taken), "PROVIDER_BOUND_ELSEWHERE");
    assert!(!world.ops.enable_provider(&pool, &name, false).await.unwrap().serves(&acme.id));
    assert!(world.ops.enable_provider(&pool, &name, true).await.unwrap().enabled);
    assert_eq!(world.ops.providers(Some(&acme.id)).await.unwrap().len(), 1);
    world.ops.unbind_provider(&pool, &name).await.unwrap();
    assert_eq!(code(world.ops.provider(&pool, &name).await), "PROVIDER_UNKNOWN");
    world.ops.bind_provider(&pool, &name, &ProviderKind::Social).await.unwrap();
}

#[tokio::test]
async fn a_pool_is_adopted_or_dedicated() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let pool = "eu-central-1_test".parse().unwrap();
    assert!(world.ops.observe_unbound(&pool, true).await.unwrap().observe_unbound);
    assert!(!world.ops.observe_unbound(&pool, false).await.unwrap().observe_unbound);
    let dedicated = world.ops.dedicate_pool(&pool, Some(&acme.id)).await.unwrap();
    assert_eq!(dedicated.dedicated_to.as_ref(), Some(&acme.id));
    assert_eq!(code(world.ops.dedicate_pool(&pool, Some(&umbra.id)).await), "POOL_DEDICATED_ELSEWHERE");
    assert_eq!(world.ops.dedicate_pool(&pool, None).await.unwrap().dedicated_to, None);
    assert_eq!(world.ops.pools().await.unwrap().len(), 1);
}

#[tokio::test]
async fn m8_the_catalogue_grants_neither_cognitos_scopes_nor_more_than_fits() {
    let world = World::new().await;
    let role = "billing".parse().unwrap();
    let grant = |permission: String, scope: &str| RoleGrant {
        permissions: [permission].into(),
        scopes: [scope.to_owned()].into(),
    };
    let set = world.ops.set_role(&role, &grant("invoices:read".to_owned(), "api/read")).await.unwrap();
    assert_eq!(world.ops.catalogue().await.unwrap(), set);
    let account = grant("x".to_owned(), "aws.cognito.signin.user.admin");
    assert_eq!(code(world.ops.set_role(&role, &account).await), "INVALID");
    for n in 0..10 {
        let name = format!("role-{n}").parse().unwrap();
        let result = world.ops.set_role(&name, &grant(format!("{n}{}", "x".repeat(100)), "api/read")).await;
        if n >= 6 {
            assert_eq!(code(result), "INVALID", "{n}");
        }
    }
    world.ops.delete_role(&role).await.unwrap();
    assert_eq!(code(world.ops.delete_role(&role).await), "ROLE_UNKNOWN");
}
