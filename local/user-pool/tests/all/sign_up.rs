//! Sign-up and confirmation: the order of the triggers, their events, and what their answers do.

use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserStatusType};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::kit::{ANN, Act, CLIENT, Kit, PASSWORD, POOL, words};

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().unwrap()
}

#[tokio::test]
async fn sign_up_fires_pre_sign_up_with_the_event_of_the_guide() {
    let kit = Kit::start().await;
    let answer = kit
        .sdk
        .sign_up()
        .client_id(CLIENT)
        .username(ANN)
        .password(PASSWORD)
        .user_attributes(attribute("email", ANN))
        .user_attributes(attribute("name", "Ann"))
        .validation_data(attribute("captcha", "ok"))
        .client_metadata("invitation", "token")
        .send()
        .await
        .unwrap();
    assert!(!answer.user_confirmed());
    assert_eq!(answer.code_delivery_details().unwrap().destination(), Some("a***@a***"));
    assert_eq!(
        kit.functions.take(),
        [json!({
            "version": "1",
            "triggerSource": "PreSignUp_SignUp",
            "region": "eu-west-1",
            "userPoolId": POOL,
            "userName": answer.user_sub(),
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": CLIENT },
            "request": {
                "userAttributes": { "email": ANN, "name": "Ann" },
                "validationData": { "captcha": "ok" },
                "clientMetadata": { "invitation": "token" },
            },
            "response": { "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false },
        })]
    );
}

#[tokio::test]
async fn confirm_sign_up_fires_post_confirmation_with_its_own_metadata() {
    let kit = Kit::start().await;
    let sub = kit.sign_up(ANN).await.unwrap();
    let events = kit.functions.take();
    assert_eq!(events[0]["request"], json!({ "userAttributes": { "email": ANN }, "validationData": null }));
    kit.sdk
        .confirm_sign_up()
        .client_id(CLIENT)
        .username(ANN)
        .confirmation_code(kit.code())
        .client_metadata("page", "welcome")
        .send()
        .await
        .unwrap();
    assert_eq!(
        kit.functions.take(),
        [json!({
            "version": "1",
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "region": "eu-west-1",
            "userPoolId": POOL,
            "userName": sub,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": CLIENT },
            "request": {
                "userAttributes": {
                    "sub": sub,
                    "email": ANN,
                    "email_verified": "true",
                    "cognito:user_status": "CONFIRMED",
                },
                "clientMetadata": { "page": "welcome" },
            },
            "response": {},
        })]
    );
}

#[tokio::test]
async fn a_refusing_pre_sign_up_stores_nothing() {
    let kit = Kit::start().await;
    for act in [Act::Fail("Not here. (NO)"), Act::FailLikeWatch("Not here. (NO)")] {
        kit.functions.on("pre-sign-up", act);
        assert_eq!(
            kit.sign_up(ANN).await.unwrap_err(),
            "UserLambdaValidationException: PreSignUp failed with error Not here. (NO)."
        );
    }
    let gone = kit.sdk.admin_get_user().user_pool_id(POOL).username(ANN).send().await.map_err(words).unwrap_err();
    assert_eq!(gone, "UserNotFoundException: User does not exist.");
    assert!(kit.server.outbox().mails().is_empty());
}

#[tokio::test]
async fn auto_confirm_confirms_at_once_and_fires_post_confirmation() {
    let kit = Kit::start().await;
    kit.functions.change("pre-sign-up", |event| {
        event["response"]["autoConfirmUser"] = json!(true);
        event["response"]["autoVerifyEmail"] = json!(true);
    });
    kit.sign_up(ANN).await.unwrap();
    assert_eq!(kit.functions.sources(), ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"]);
    let user = kit.sdk.admin_get_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(user.user_status(), Some(&UserStatusType::Confirmed));
    let verified = user.user_attributes().iter().find(|attribute| attribute.name() == "email_verified").unwrap();
    assert_eq!(verified.value(), Some("true"));
}

#[tokio::test]
async fn a_failing_post_confirmation_leaves_the_user_confirmed() {
    let kit = Kit::start().await;
    kit.functions.on("post-confirmation", Act::Fail("Later."));
    kit.sign_up(ANN).await.unwrap();
    let confirm = || kit.sdk.confirm_sign_up().client_id(CLIENT).username(ANN).confirmation_code(kit.code()).send();
    assert_eq!(
        confirm().await.map_err(words).unwrap_err(),
        "UserLambdaValidationException: PostConfirmation failed with error Later.."
    );
    assert_eq!(
        confirm().await.map_err(words).unwrap_err(),
        "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED"
    );
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn admin_confirm_sign_up_fires_post_confirmation_without_a_client_and_verifies_nothing() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    kit.functions.take();
    kit.sdk.admin_confirm_sign_up().user_pool_id(POOL).username(ANN).send().await.unwrap();
    let events = kit.functions.take();
    assert_eq!(events[0]["triggerSource"], "PostConfirmation_ConfirmSignUp");
    assert_eq!(events[0]["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
    assert_eq!(events[0]["request"]["userAttributes"]["email_verified"], "false");
}

#[tokio::test]
async fn admin_create_user_fires_pre_sign_up_alone_and_ignores_its_flags() {
    let kit = Kit::start().await;
    kit.functions.change("pre-sign-up", |event| event["response"]["autoConfirmUser"] = json!(true));
    let created = kit
        .sdk
        .admin_create_user()
        .user_pool_id(POOL)
        .username(ANN)
        .user_attributes(attribute("email_verified", "true"))
        .client_metadata("why", "hired")
        .send()
        .await
        .unwrap();
    let user = created.user().unwrap();
    assert_eq!(user.user_status(), Some(&UserStatusType::ForceChangePassword));
    let events = kit.functions.take();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["triggerSource"], "PreSignUp_AdminCreateUser");
    assert_eq!(events[0]["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
    assert_eq!(
        events[0]["request"],
        json!({
            "userAttributes": { "email": ANN, "email_verified": "true" },
            "validationData": null,
            "clientMetadata": { "why": "hired" },
        })
    );
}

#[tokio::test]
async fn an_address_signs_up_once_whatever_its_letters() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    assert_eq!(kit.sign_up("ANN@Acme.Example").await.unwrap_err(), "UsernameExistsException: User already exists");
}

#[tokio::test]
async fn what_a_sign_up_may_not_say_is_refused_in_cognitos_words() {
    let kit = Kit::start().await;
    let sign_up = || kit.sdk.sign_up().client_id(CLIENT).username(ANN).password(PASSWORD);
    for (request, refusal) in [
        (sign_up().username("ann"), "InvalidParameterException: Username should be an email."),
        (
            sign_up().password("short"),
            "InvalidPasswordException: Password did not conform with policy: Password not long enough",
        ),
        (
            sign_up().user_attributes(attribute("custom:tenant_id", "t_other")),
            "NotAuthorizedException: A client attempted to write unauthorized attribute",
        ),
        (
            sign_up().user_attributes(attribute("email_verified", "true")),
            "InvalidParameterException: Cannot modify the non-mutable attribute email_verified",
        ),
        (sign_up().client_id("nobody"), "ResourceNotFoundException: User pool client nobody does not exist."),
    ] {
        assert_eq!(request.send().await.map_err(words).unwrap_err(), refusal);
    }
    assert!(kit.functions.take().is_empty());
}

#[tokio::test]
async fn a_wrong_or_late_code_confirms_nobody() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    let wrong = if kit.code() == "000000" { "000001" } else { "000000" };
    let confirm = |code: &str| kit.sdk.confirm_sign_up().client_id(CLIENT).username(ANN).confirmation_code(code).send();
    assert_eq!(
        confirm(wrong).await.map_err(words).unwrap_err(),
        "CodeMismatchException: Invalid verification code provided, please try again."
    );
    let late = kit.code();
    kit.pass(SignedDuration::from_hours(25));
    assert_eq!(
        confirm(&late).await.map_err(words).unwrap_err(),
        "ExpiredCodeException: Invalid code provided, please request a code again."
    );
    kit.sdk.resend_confirmation_code().client_id(CLIENT).username(ANN).send().await.unwrap();
    confirm(&kit.code()).await.unwrap();
}

#[tokio::test]
async fn a_trigger_that_times_out_is_called_again() {
    let kit = Kit::start().await;
    kit.pool.update(|settings| settings.triggers.limit = std::time::Duration::from_millis(300));
    kit.functions.on("pre-sign-up", Act::Late { times: 2 });
    kit.sign_up(ANN).await.unwrap();
    let events = kit.functions.take();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0], events[2]);

    kit.functions.on("pre-sign-up", Act::Late { times: 9 });
    assert_eq!(
        kit.sign_up("bob@acme.example").await.unwrap_err(),
        "UnexpectedLambdaException: PreSignUp invocation failed due to error Socket timeout while invoking Lambda \
         function."
    );
    assert_eq!(kit.functions.take().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_not_the_event_is_refused() {
    let kit = Kit::start().await;
    for answer in ["null", "{}", "not json", r#"{"response":{}}"#, r#"{"request":{},"response":null}"#] {
        kit.functions.on("pre-sign-up", Act::Say(answer));
        assert_eq!(
            kit.sign_up(ANN).await.unwrap_err(),
            "InvalidLambdaResponseException: Unrecognizable lambda output",
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_function_that_cannot_be_reached_is_unexpected() {
    let kit = Kit::start().await;
    kit.pool.update(|settings| "http://127.0.0.1:9".clone_into(&mut settings.triggers.invoke_url));
    assert_eq!(
        kit.sign_up(ANN).await.unwrap_err(),
        "UnexpectedLambdaException: PreSignUp invocation failed due to error ServiceException."
    );
}

#[tokio::test]
async fn sixty_four_sign_ups_of_one_address_make_one_user() {
    let kit = Kit::start().await;
    let attempts = futures_util::future::join_all((0..64).map(|_| kit.sign_up(ANN))).await;
    assert_eq!(attempts.iter().filter(|attempt| attempt.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_deleted_user_can_sign_up_anew_and_no_trigger_fires_for_the_deletion() {
    let kit = Kit::start().await;
    let before = kit.ann().await;
    let access = kit.sign_in().await.unwrap().access_token().unwrap().to_owned();
    kit.functions.take();
    kit.sdk.delete_user().access_token(access).send().await.unwrap();
    assert_eq!(kit.functions.take(), Vec::<Value>::new());
    let after = kit.ann().await;
    assert_ne!(before, after);
    kit.sdk.admin_delete_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(kit.sign_in().await.unwrap_err(), "NotAuthorizedException: Incorrect username or password.");
}
