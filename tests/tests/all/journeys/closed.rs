//! A tenant is closed, and restored.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_tenant_lets_nobody_in_and_a_restored_one_is_as_it_was() {
    let laptop = Laptop::start().await;
    let (operations, globex, app) = (laptop.operations(), &laptop.town.globex, laptop.app("globex"));
    let address = "zoe@freelance.example";
    let secret = laptop.invite(globex, address, "admin").await.unwrap();
    let zoe = member(app.join(address, Some(&secret)).await, globex, &["admin"]);
    let open = laptop.invite(globex, "yuri@freelance.example", "member").await.unwrap();

    operations.close_tenant(&globex.id, Some("the contract ended")).await.unwrap();
    refused(app.refresh(&zoe).await, Refusal::TenantClosed);
    refused(app.sign_in(address).await, Refusal::TenantClosed);
    refused(app.managed_login(address).await.unwrap(), Refusal::TenantClosed);
    refused(app.join("yuri@freelance.example", Some(&open)).await, Refusal::TenantClosed);
    // The shared app goes on without it.
    let shared = nobodys(laptop.app("app").sign_in(address).await);
    // Acme does not notice.
    member(laptop.app("acme").join("ann@acme.example", None).await, &laptop.town.acme, &["member"]);

    operations.restore_tenant(&globex.id, None).await.unwrap();
    let back = member(app.refresh(&zoe).await, globex, &["admin"]);
    assert_eq!(back.text("member_id"), zoe.text("member_id"));
    member(app.join("yuri@freelance.example", Some(&open)).await, globex, &["member"]);
    member(laptop.app("app").refresh(&shared).await, globex, &["admin"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_tenants_machine_gets_no_token() {
    let laptop = Laptop::start().await;
    let (operations, acme) = (laptop.operations(), &laptop.town.acme);
    let robot = laptop.robot().await.unwrap().unwrap();
    assert_eq!(robot.text("tenant_id"), acme.id.to_string());
    operations.close_tenant(&acme.id, None).await.unwrap();
    refused(laptop.robot().await.unwrap(), Refusal::TenantClosed);
    laptop.stack.shutdown().await;
}
