//! The own account, forgotten passwords, and what administrators see.

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use serde_json::json;
use user_pool::{MailKind, PoolSettings};

use crate::kit::{ANN, CLIENT, Kit, PASSWORD, POOL, words};

const NEW: &str = "ann@new.example";

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().unwrap()
}

/// Ann's address and whether it is verified.
async fn address(kit: &Kit, username: &str) -> (String, String) {
    let user = kit.sdk.admin_get_user().user_pool_id(POOL).username(username).send().await.unwrap();
    let value = |name: &str| {
        let found = user.user_attributes().iter().find(|attribute| attribute.name() == name);
        found.and_then(|attribute| attribute.value()).unwrap_or_default().to_owned()
    };
    (value("email"), value("email_verified"))
}

async fn token(kit: &Kit) -> String {
    kit.sign_in().await.unwrap().access_token().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_address_waits_for_its_code() {
    let kit = Kit::start().await;
    let sub = kit.ann().await;
    let token = token(&kit).await;
    let update = kit.sdk.update_user_attributes().access_token(&token).user_attributes(attribute("email", NEW));
    let sent = update.send().await.unwrap();
    assert_eq!(sent.code_delivery_details_list()[0].destination(), Some("a***@n***"));
    assert_eq!(address(&kit, &sub).await, (ANN.to_owned(), "true".to_owned()));
    let mail = kit.server.outbox().mails().pop().unwrap();
    assert_eq!((mail.kind, mail.to.as_str()), (MailKind::VerifyAttribute, NEW));
    let verify =
        |code: &str| kit.sdk.verify_user_attribute().access_token(&token).attribute_name("email").code(code).send();
    assert_eq!(
        verify("nonsense").await.map_err(words).unwrap_err(),
        "CodeMismatchException: Invalid verification code provided, please try again."
    );
    verify(&mail.code).await.unwrap();
    assert_eq!(address(&kit, &sub).await, (NEW.to_owned(), "true".to_owned()));
}

#[tokio::test]
async fn without_verification_before_update_a_new_address_counts_at_once_and_is_unverified() {
    let kit = Kit::start().await;
    let sub = kit.ann().await;
    kit.pool.update(|settings: &mut PoolSettings| settings.verify_before_update = false);
    let token = token(&kit).await;
    let update = kit.sdk.update_user_attributes().access_token(&token).user_attributes(attribute("email", NEW));
    update.send().await.unwrap();
    assert_eq!(address(&kit, &sub).await, (NEW.to_owned(), "false".to_owned()));
    kit.sdk.verify_user_attribute().access_token(&token).attribute_name("email").code(kit.code()).send().await.unwrap();
    assert_eq!(address(&kit, &sub).await, (NEW.to_owned(), "true".to_owned()));
}

#[tokio::test]
async fn nobody_writes_what_the_client_may_not_write() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.sign_up("bob@acme.example").await.unwrap();
    let token = token(&kit).await;
    for (attribute, refusal) in [
        (
            attribute("custom:tenant_id", "t_other"),
            "NotAuthorizedException: A client attempted to write unauthorized attribute",
        ),
        (
            attribute("email_verified", "true"),
            "InvalidParameterException: Cannot modify the non-mutable attribute email_verified",
        ),
        (
            attribute("email", "Bob@acme.example"),
            "AliasExistsException: An account with the given email already exists.",
        ),
    ] {
        let update = kit.sdk.update_user_attributes().access_token(&token).user_attributes(attribute);
        assert_eq!(update.send().await.map_err(words).unwrap_err(), refusal);
    }
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_code_and_fires_confirm_forgot_password() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.functions.take();
    kit.sdk.forgot_password().client_id(CLIENT).username(ANN).send().await.unwrap();
    let confirm = kit
        .sdk
        .confirm_forgot_password()
        .client_id(CLIENT)
        .username(ANN)
        .confirmation_code(kit.code())
        .password("Another-horse-2")
        .client_metadata("page", "reset");
    confirm.send().await.unwrap();
    let events = kit.functions.take();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["triggerSource"], "PostConfirmation_ConfirmForgotPassword");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "page": "reset" }));
    assert_eq!(kit.sign_in().await.unwrap_err(), "NotAuthorizedException: Incorrect username or password.");
}

#[tokio::test]
async fn a_reset_password_signs_nobody_in_until_a_new_one_is_chosen() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.sdk.admin_reset_user_password().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(
        kit.sign_in().await.unwrap_err(),
        "PasswordResetRequiredException: Password reset required for the user"
    );
    let confirm = kit.sdk.confirm_forgot_password().client_id(CLIENT).username(ANN).confirmation_code(kit.code());
    confirm.password(PASSWORD).send().await.unwrap();
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn an_unverified_address_resets_no_password() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    kit.sdk.admin_confirm_sign_up().user_pool_id(POOL).username(ANN).send().await.unwrap();
    let forgot = kit.sdk.forgot_password().client_id(CLIENT).username(ANN).send().await;
    assert_eq!(
        forgot.map_err(words).unwrap_err(),
        "InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or \
         phone_number"
    );
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let kit = Kit::start().await;
    kit.ann().await;
    let token = token(&kit).await;
    let change = |previous: &str| {
        let change = kit.sdk.change_password().access_token(&token).previous_password(previous);
        change.proposed_password("Another-horse-2").send()
    };
    assert_eq!(
        change("wrong").await.map_err(words).unwrap_err(),
        "NotAuthorizedException: Incorrect username or password."
    );
    change(PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_administrator_writes_attributes_and_vouches_for_addresses() {
    let kit = Kit::start().await;
    let sub = kit.ann().await;
    let update = || kit.sdk.admin_update_user_attributes().user_pool_id(POOL).username(&sub);
    update().user_attributes(attribute("email", NEW)).send().await.unwrap();
    assert_eq!(address(&kit, &sub).await, (NEW.to_owned(), "false".to_owned()));
    update().user_attributes(attribute("email_verified", "True")).send().await.unwrap();
    assert_eq!(address(&kit, NEW).await, (NEW.to_owned(), "true".to_owned()));
    let unknown = update().user_attributes(attribute("custom:nothing", "x")).send().await;
    assert_eq!(
        unknown.map_err(words).unwrap_err(),
        "InvalidParameterException: Attributes did not conform to the schema: Type for attribute {custom:nothing} \
         could not be determined"
    );
}

#[tokio::test]
async fn users_are_listed_filtered_and_paged() {
    let kit = Kit::start().await;
    for name in ["a", "b", "c"] {
        kit.sign_up(&format!("{name}@acme.example")).await.unwrap();
    }
    let list = || kit.sdk.list_users().user_pool_id(POOL);
    let found = list().filter("email = \"B@acme.example\"").send().await.unwrap();
    assert_eq!(found.users().len(), 1);
    assert_eq!(list().filter("cognito:user_status = \"UNCONFIRMED\"").send().await.unwrap().users().len(), 3);
    let pages: Vec<_> = {
        let mut pages = Vec::new();
        let mut stream = list().limit(2).into_paginator().send();
        while let Some(page) = stream.next().await {
            pages.push(page.unwrap().users().len());
        }
        pages
    };
    assert_eq!(pages, [2, 1]);
}

#[tokio::test]
async fn the_outbox_shows_codes_over_http() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    let (status, outbox) = kit.get("/local/outbox").await;
    assert_eq!(status, 200);
    let mail = &outbox["mails"][0];
    assert_eq!((&mail["pool"], &mail["to"], &mail["kind"]), (&json!(POOL), &json!(ANN), &json!("sign-up")));
    assert_eq!(mail["code"], json!(kit.server.outbox().code_for("ANN@acme.example")));
    assert_eq!(mail["body"], format!("Your confirmation code is {}", mail["code"].as_str().unwrap()));
}
