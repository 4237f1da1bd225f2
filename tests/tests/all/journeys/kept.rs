//! A table that is kept in a folder.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_table_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |settings: &mut Settings| settings.data = Some(folder.path().to_owned());
    let before = Laptop::start_with(keep).await;
    let address = "ann@acme.example";
    let ann = member(before.app("acme").join(address, None).await, &before.town.acme, &["member"]);
    before.operations().remove(&before.town.acme.id, &named(address), None).await.unwrap();
    before.stack.shutdown().await;

    let after = Laptop::start_with(keep).await;
    assert_eq!(after.town.acme.id, before.town.acme.id);
    assert_eq!(after.row(&after.town.acme, address).await.member.to_string(), ann.text("member_id"));
    // The accounts are new, the bar is not.
    refused(after.app("acme").join(address, None).await, Refusal::MembershipEnded);
    after.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_of_the_token_event_can_be_chosen() {
    for (version, lists) in [(user_pool::PreTokenVersion::V1, false), (user_pool::PreTokenVersion::V2, true)] {
        let laptop = Laptop::start_with(|settings| settings.pre_token_version = version).await;
        let ann = laptop.app("acme").join("ann@acme.example", None).await.unwrap();
        assert_eq!(ann.text("tenant_id"), laptop.town.acme.id.to_string());
        // V1 knows neither lists nor the access token.
        let roles = if lists { json!(["member"]) } else { json!("member") };
        assert_eq!(ann.claims().get("roles"), Some(&roles));
        assert_eq!(ann.access_claims().contains_key("tenant_id"), lists);
        // Without V3 no trigger fires for a machine, so its token speaks of no tenant.
        assert_eq!(laptop.robot().await.unwrap().unwrap().text("tenant_id"), "");
        laptop.stack.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_are_called_as_the_environment_says() {
    let names = r#"{"tenant_id": ["tenant_id", "custom:tenantId"], "roles": {"name": "userRole", "shape": "spaced"}}"#;
    let laptop = Laptop::start_with(|settings| settings.claims = Some(names.to_owned())).await;
    let ann = laptop.app("acme").join("ann@acme.example", None).await.unwrap();
    assert_eq!(ann.text("custom:tenantId"), laptop.town.acme.id.to_string());
    assert_eq!(ann.text("userRole"), "member");
    assert!(!ann.claims().contains_key("roles"));
    laptop.stack.shutdown().await;
}
