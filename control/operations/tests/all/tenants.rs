//! Tenants: creation in one piece, slugs, states, policy.

use operations::{NewTenant, PolicyChange};

use crate::table::{World, code, roles};

#[tokio::test]
async fn a_new_tenant_has_an_id_a_slug_and_counters() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    assert_eq!(world.ops.find_tenant("acme").await.unwrap(), acme);
    assert_eq!(world.ops.find_tenant(acme.id.as_ref()).await.unwrap(), acme);
    assert_eq!(world.counted(&acme.id).await, (0, 0));
    assert_eq!(world.ops.tenants().await.unwrap(), [acme]);
}

#[tokio::test]
async fn a_slug_belongs_to_one_tenant_and_a_refused_creation_leaves_nothing() {
    let world = World::new().await;
    world.tenant("acme").await;
    let second = world.ops.create_tenant(&NewTenant::new("acme".parse().unwrap(), "Acme 2")).await;
    assert_eq!(code(second), "SLUG_TAKEN");
    assert_eq!(world.ops.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_racing_creations_one_gets_the_slug() {
    let world = std::sync::Arc::new(World::new().await);
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                world.ops.create_tenant(&NewTenant::new("acme".parse().unwrap(), "Acme")).await.is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    assert_eq!((winners, world.ops.tenants().await.unwrap().len()), (1, 1));
}

#[tokio::test]
async fn renaming_frees_the_old_slug_and_never_takes_anothers() {
    let world = World::new().await;
    let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
    let taken = world.ops.rename_tenant(&acme.id, Some(&umbra.slug), None).await;
    assert_eq!(code(taken), "SLUG_TAKEN");
    let renamed =
        world.ops.rename_tenant(&acme.id, Some(&"acme-new".parse().unwrap()), Some("Acme New")).await.unwrap();
    assert_eq!((renamed.id.clone(), renamed.name.as_str()), (acme.id.clone(), "Acme New"));
    assert_eq!(code(world.ops.find_tenant("acme").await), "TENANT_UNKNOWN");
    assert_eq!(world.ops.find_tenant("acme-new").await.unwrap(), renamed);
    world.tenant("acme").await;
}

#[tokio::test]
async fn states_change_step_by_step_and_repeating_is_harmless() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let ops = &world.ops;
    let closed = ops.close_tenant(&acme.id, None).await.unwrap();
    assert_eq!(ops.close_tenant(&acme.id, None).await.unwrap(), closed);
    assert_eq!(code(ops.suspend_tenant(&acme.id, None).await), "TENANT_STATE");
    ops.restore_tenant(&acme.id, Some("they came back")).await.unwrap();
    let suspended = ops.suspend_tenant(&acme.id, Some("unpaid")).await.unwrap();
    assert_eq!(ops.suspend_tenant(&acme.id, None).await.unwrap(), suspended);
    ops.resume_tenant(&acme.id, None).await.unwrap();
}

#[tokio::test]
async fn a_policy_never_makes_admins_of_strangers_nor_locks_everybody_out() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let high = PolicyChange { default_roles: Some(roles("admin")), ..PolicyChange::default() };
    assert_eq!(code(world.ops.set_policy(&acme.id, &high).await), "DEFAULT_ROLES_TOO_HIGH");
    let sso = PolicyChange { sso_required: Some(true), ..PolicyChange::default() };
    assert_eq!(code(world.ops.set_policy(&acme.id, &sso).await), "SSO_WITHOUT_PROVIDER");
    let limit = PolicyChange { seat_limit: Some(Some(3)), ..PolicyChange::default() };
    let (_, seats) = world.ops.set_policy(&acme.id, &limit).await.unwrap();
    assert_eq!(seats.limit, Some(3));
    let none = PolicyChange { seat_limit: Some(None), ..PolicyChange::default() };
    assert_eq!(world.ops.set_policy(&acme.id, &none).await.unwrap().1.limit, None);
}

#[tokio::test]
async fn names_that_could_rearrange_a_terminal_are_refused() {
    let world = World::new().await;
    let unseen = ["Ac\u{61c}me", "Ac\u{2069}me", "Ac\u{feff}me", "Ac\u{ad}me", "Acme\u{e0041}", "Ac\u{2060}me"];
    for name in ["", " Acme", "Ac\u{202e}me", "Ac\nme", "\u{1b}[31mAcme"].into_iter().chain(unseen) {
        let refused = world.ops.create_tenant(&NewTenant::new("acme".parse().unwrap(), name)).await;
        assert_eq!(code(refused), "INVALID", "{name:?}");
    }
    assert!(world.ops.tenants().await.unwrap().is_empty());
}
