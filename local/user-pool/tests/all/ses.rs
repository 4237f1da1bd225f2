//! SES v2's `SendEmail`, through the official SDK.

use std::time::Duration;

use aws_sdk_sesv2 as ses;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use user_pool::{MailKind, SesFault};

use crate::kit::{ANN, Kit, words};

fn sdk(kit: &Kit) -> ses::Client {
    let config = ses::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(kit.server.url())
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    ses::Client::from_conf(config)
}

fn part(text: &str) -> Content {
    Content::builder().data(text).charset("UTF-8").build().unwrap()
}

fn content(text: &str) -> EmailContent {
    let body = Body::builder().text(part(text)).html(part(&format!("<p>{text}</p>"))).build();
    EmailContent::builder().simple(Message::builder().subject(part("Your code")).body(body).build()).build()
}

fn mail(kit: &Kit, text: &str) -> SendEmailFluentBuilder {
    sdk(kit)
        .send_email()
        .from_email_address("Acme <no-reply@acme.example>")
        .destination(Destination::builder().to_addresses(ANN).build())
        .content(content(text))
        .configuration_set_name("codes")
}

#[tokio::test]
async fn a_simple_mail_lies_in_the_outbox_beside_cognitos_own() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    let code = kit.code();
    let sent = mail(&kit, "Your code is 12345678").send().await.unwrap();
    let kept = kit.server.outbox().ses_mail_to("Ann@Acme.example").unwrap();
    assert_eq!(kept.kind, MailKind::Ses);
    assert_eq!(kept.message_id.as_deref(), sent.message_id());
    assert_eq!(kept.from.as_deref(), Some("Acme <no-reply@acme.example>"));
    assert_eq!((kept.subject.as_str(), kept.body.as_str()), ("Your code", "Your code is 12345678"));
    assert_eq!(kept.html.as_deref(), Some("<p>Your code is 12345678</p>"));
    assert_eq!(kept.configuration_set.as_deref(), Some("codes"));
    assert_eq!(kit.server.outbox().code_for(ANN), Some(code), "a mail through SES hides none of Cognito's codes");
    let (_, shown) = kit.get("/local/outbox").await;
    assert_eq!(shown["mails"][1]["kind"], "ses");
    assert_eq!(shown["mails"][1]["body"], "Your code is 12345678");
    assert_eq!(shown["mails"][0].get("html"), None);
}

#[tokio::test]
async fn what_is_missing_is_a_bad_request() {
    let kit = Kit::start().await;
    let empty = EmailContent::builder().simple(Message::builder().subject(part("s")).build()).build();
    for (call, refusal) in [
        (mail(&kit, "x").set_from_email_address(None), "FromEmailAddress is missing."),
        (mail(&kit, "x").set_destination(None), "The message has no destination."),
        (mail(&kit, "x").set_content(None), "Content is missing."),
        (mail(&kit, "x").content(empty), "The message has no body."),
        (
            mail(&kit, "x").destination(Destination::builder().to_addresses("nobody").build()),
            "Invalid email address <nobody>.",
        ),
    ] {
        assert_eq!(call.send().await.map_err(words).unwrap_err(), format!("BadRequestException: {refusal}"));
    }
    assert!(kit.server.outbox().mails().is_empty());
}

#[tokio::test]
async fn it_fails_as_it_is_told_and_then_works_again() {
    let kit = Kit::start().await;
    let outbox = kit.server.outbox();
    outbox.fail_ses(2, SesFault::Throttled);
    outbox.fail_ses(1, SesFault::Broken);
    for refusal in [
        "TooManyRequestsException: Maximum sending rate exceeded.",
        "TooManyRequestsException: Maximum sending rate exceeded.",
        "InternalServiceErrorException: The service is not available.",
    ] {
        assert_eq!(mail(&kit, "x").send().await.map_err(words).unwrap_err(), refusal);
    }
    assert!(outbox.mails().is_empty());
    mail(&kit, "sent").send().await.unwrap();
    assert_eq!(outbox.ses_mail_to(ANN).unwrap().body, "sent");
    outbox.fail_ses(1, SesFault::Throttled);
    outbox.heal_ses();
    mail(&kit, "healed").send().await.unwrap();
}

#[tokio::test]
async fn a_late_answer_comes_after_the_mail_was_sent() {
    let kit = Kit::start().await;
    kit.server.outbox().fail_ses(1, SesFault::Late(Duration::from_mins(1)));
    let unanswered = tokio::time::timeout(Duration::from_millis(500), mail(&kit, "late").send()).await;
    assert!(unanswered.is_err());
    assert_eq!(kit.server.outbox().ses_mail_to(ANN).unwrap().body, "late");
}
