//! Custom challenges: what fires when, what each trigger is told, and what its answer changes.

use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, IssuerStyle, PoolSettings};

use crate::kit::{ANN, Act, Kit, POOL, words};

pub(crate) const CUSTOM: &str = "customclient";

/// Gives a pool the three triggers and a client for them.
pub(crate) fn with_challenges(pool: &mut PoolSettings) {
    pool.triggers.define_auth_challenge = Some("define".to_owned());
    pool.triggers.create_auth_challenge = Some("create".to_owned());
    pool.triggers.verify_auth_challenge = Some("verify".to_owned());
    pool.clients.push(ClientSeed {
        client_id: Some(CUSTOM.to_owned()),
        settings: ClientSettings::for_challenges("custom"),
        ..ClientSeed::default()
    });
}

/// A pool that asks for one code, three times at most.
pub(crate) async fn start() -> Kit {
    let kit = Kit::start_with(with_challenges, IssuerStyle::Local).await;
    kit.functions.change("define", |event| {
        let session = event["request"]["session"].as_array().unwrap().clone();
        let response = &mut event["response"];
        match session.last() {
            Some(last) if last["challengeName"] == "CUSTOM_CHALLENGE" && last["challengeResult"] == true => {
                response["issueTokens"] = json!(true);
            }
            _ if session.len() >= 3 => response["failAuthentication"] = json!(true),
            _ => response["challengeName"] = json!("CUSTOM_CHALLENGE"),
        }
    });
    kit.functions.change("create", |event| {
        event["response"] = json!({
            "publicChallengeParameters": { "medium": "EMAIL" },
            "privateChallengeParameters": { "ticket": "secret" },
            "challengeMetadata": "issue-1",
        });
    });
    kit.functions.change("verify", |event| {
        event["response"]["answerCorrect"] = json!(event["request"]["challengeAnswer"] == "12345678");
    });
    kit.ann().await;
    kit.functions.take();
    kit
}

pub(crate) async fn begin(kit: &Kit, username: &str) -> Result<InitiateAuthOutput, String> {
    let sent = kit
        .sdk
        .initiate_auth()
        .client_id(CUSTOM)
        .auth_flow("CUSTOM_AUTH".into())
        .auth_parameters("USERNAME", username)
        .client_metadata("hint", "of the start")
        .send();
    sent.await.map_err(words)
}

pub(crate) async fn answer(
    kit: &Kit,
    session: &str,
    username: &str,
    answer: &str,
) -> Result<RespondToAuthChallengeOutput, String> {
    let sent = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id(CUSTOM)
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(session)
        .challenge_responses("USERNAME", username)
        .challenge_responses("ANSWER", answer)
        .client_metadata("hint", "of the answer")
        .send();
    sent.await.map_err(words)
}

#[tokio::test]
async fn a_right_answer_signs_in_and_every_trigger_sees_the_event_of_the_guide() {
    let kit = start().await;
    let asked = begin(&kit, "Ann@ACME.example").await.unwrap();
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::CustomChallenge));
    let sub = kit.sdk.admin_get_user().user_pool_id(POOL).username(ANN).send().await.unwrap().username().to_owned();
    let parameters = asked.challenge_parameters().unwrap();
    assert_eq!(parameters.len(), 2, "private parameters stay with the pool");
    assert_eq!((parameters["medium"].as_str(), &parameters["USERNAME"]), ("EMAIL", &sub));
    let answered = answer(&kit, asked.session().unwrap(), &sub, "12345678").await.unwrap();
    assert!(answered.authentication_result().unwrap().refresh_token().is_some());

    let attributes = json!({ "sub": sub, "email": ANN, "email_verified": "true", "cognito:user_status": "CONFIRMED" });
    let history =
        json!([{ "challengeName": "CUSTOM_CHALLENGE", "challengeResult": true, "challengeMetadata": "issue-1" }]);
    let event = |source: &str, request: Value, response: Value| {
        json!({
            "version": "1",
            "triggerSource": source,
            "region": "eu-west-1",
            "userPoolId": POOL,
            "userName": sub,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": CUSTOM },
            "request": request,
            "response": response,
        })
    };
    let events = kit.functions.take();
    // InitiateAuth's ClientMetadata reaches none of them; that of the answer does.
    assert_eq!(
        events[..3],
        [
            event(
                "DefineAuthChallenge_Authentication",
                json!({ "userAttributes": attributes, "session": [], "userNotFound": false }),
                json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null }),
            ),
            event(
                "CreateAuthChallenge_Authentication",
                json!({
                    "userAttributes": attributes,
                    "challengeName": "CUSTOM_CHALLENGE",
                    "session": [],
                    "userNotFound": false,
                }),
                json!({
                    "publicChallengeParameters": null,
                    "privateChallengeParameters": null,
                    "challengeMetadata": null,
                }),
            ),
            event(
                "VerifyAuthChallengeResponse_Authentication",
                json!({
                    "userAttributes": attributes,
                    "clientMetadata": { "hint": "of the answer" },
                    "privateChallengeParameters": { "ticket": "secret" },
                    "challengeAnswer": "12345678",
                    "userNotFound": false,
                }),
                json!({ "answerCorrect": null }),
            ),
        ]
    );
    assert_eq!(events[3]["request"]["session"], history);
    assert_eq!(events[3]["request"]["clientMetadata"], json!({ "hint": "of the answer" }));
    assert_eq!(events[4]["triggerSource"], "TokenGeneration_Authentication");
    assert_eq!(events[4]["request"]["clientMetadata"], json!({ "hint": "of the answer" }));
    assert_eq!(events.len(), 5);
}

#[tokio::test]
async fn a_wrong_answer_is_asked_again_until_define_ends_it() {
    let kit = start().await;
    let mut session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    for _ in 0..2 {
        let again = answer(&kit, &session, ANN, "wrong").await.unwrap();
        assert_eq!(again.challenge_name(), Some(&ChallengeNameType::CustomChallenge));
        assert_ne!(again.session(), Some(session.as_str()));
        session = again.session().unwrap().to_owned();
    }
    assert_eq!(
        answer(&kit, &session, ANN, "wrong").await.unwrap_err(),
        "NotAuthorizedException: Incorrect username or password."
    );
    let events = kit.functions.take();
    let last = events.last().unwrap();
    let results: Vec<&Value> =
        last["request"]["session"].as_array().unwrap().iter().map(|answered| &answered["challengeResult"]).collect();
    assert_eq!(results, [false, false, false]);
}

#[tokio::test]
async fn an_unknown_user_is_played_to_the_end_and_never_gets_tokens() {
    let kit = start().await;
    let asked = begin(&kit, "Nobody@acme.example").await.unwrap();
    let username = asked.challenge_parameters().unwrap()["USERNAME"].clone();
    assert_eq!(username.len(), 36, "it looks like a userName");
    let again = begin(&kit, "nobody@acme.example").await.unwrap();
    assert_eq!(again.challenge_parameters().unwrap()["USERNAME"], username, "and is always the same");
    let refusal = answer(&kit, asked.session().unwrap(), &username, "12345678").await.unwrap_err();
    assert_eq!(refusal, "NotAuthorizedException: Incorrect username or password.");
    let refusal = answer(&kit, again.session().unwrap(), "nobody@acme.example", "12345678").await.unwrap_err();
    assert_eq!(refusal, "NotAuthorizedException: Incorrect username or password.");
    let events = kit.functions.take();
    assert_eq!(events.len(), 8, "define and create, twice; verify and define, twice; no token generation");
    for event in &events {
        assert_eq!(event["request"]["userNotFound"], true);
        assert_eq!(event["request"]["userAttributes"], json!({}));
    }
    assert_eq!(events[0]["userName"], "Nobody@acme.example");
}

#[tokio::test]
async fn a_client_of_the_old_kind_says_that_there_is_no_such_user() {
    let kit = start().await;
    kit.sdk
        .update_user_pool_client()
        .user_pool_id(POOL)
        .client_id(CUSTOM)
        .explicit_auth_flows("ALLOW_CUSTOM_AUTH".into())
        .send()
        .await
        .unwrap();
    assert_eq!(begin(&kit, "nobody@acme.example").await.unwrap_err(), "UserNotFoundException: User does not exist.");
    assert!(kit.functions.take().is_empty());
    begin(&kit, ANN).await.unwrap();
    assert_eq!(kit.functions.take()[0]["request"].get("userNotFound"), None);
}

#[tokio::test]
async fn who_may_not_sign_in_is_told_before_any_trigger_fires() {
    let kit = start().await;
    kit.sign_up("bob@acme.example").await.unwrap();
    kit.functions.take();
    assert_eq!(begin(&kit, "bob@acme.example").await.unwrap_err(), "UserNotConfirmedException: User is not confirmed.");
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    kit.sdk.admin_disable_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    kit.functions.take();
    assert_eq!(begin(&kit, ANN).await.unwrap_err(), "NotAuthorizedException: User is disabled.");
    assert_eq!(answer(&kit, &session, ANN, "12345678").await.unwrap_err(), "NotAuthorizedException: User is disabled.");
    assert!(kit.functions.take().is_empty());
}

#[tokio::test]
async fn what_the_triggers_do_wrong_is_said_in_cognitos_words() {
    let kit = start().await;
    let unreadable = "InvalidLambdaResponseException: Unrecognizable lambda output";
    for (function, change, refusal) in [
        ("define", json!({}), unreadable),
        ("define", json!({ "challengeName": 5 }), unreadable),
        ("define", json!({ "failAuthentication": true }), "NotAuthorizedException: Incorrect username or password."),
        ("create", json!({ "publicChallengeParameters": { "digits": 8 } }), unreadable),
    ] {
        let fresh = start().await;
        let answer = change.clone();
        fresh.functions.change(function, move |event| event["response"] = answer.clone());
        assert_eq!(begin(&fresh, ANN).await.unwrap_err(), refusal, "{function} {change}");
    }
    for (function, trigger) in [("define", "DefineAuthChallenge"), ("create", "CreateAuthChallenge")] {
        kit.functions.on(function, Act::Fail("Try again later. (LATER)"));
        assert_eq!(
            begin(&kit, ANN).await.unwrap_err(),
            format!("UserLambdaValidationException: {trigger} failed with error Try again later. (LATER).")
        );
        kit.functions.change(function, |event| {
            event["response"] = json!({ "challengeName": "CUSTOM_CHALLENGE" });
        });
    }
    kit.functions.on("verify", Act::Fail("Try again later. (LATER)"));
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    assert_eq!(
        answer(&kit, &session, ANN, "12345678").await.unwrap_err(),
        "UserLambdaValidationException: VerifyAuthChallengeResponse failed with error Try again later. (LATER)."
    );
}

#[tokio::test]
async fn a_late_create_is_called_again_with_the_same_event() {
    let kit = start().await;
    kit.pool.update(|pool| pool.triggers.limit = std::time::Duration::from_millis(300));
    kit.functions.on("create", Act::Late { times: 1 });
    let asked = begin(&kit, ANN).await.unwrap();
    assert_eq!(asked.challenge_parameters().unwrap().len(), 1, "the function that echoes asks nothing");
    let events = kit.functions.take();
    assert_eq!(events.len(), 3);
    assert_eq!(events[1], events[2]);
}

#[tokio::test]
async fn a_pool_without_the_triggers_and_a_client_without_the_flow_refuse_it() {
    let kit = start().await;
    kit.pool.update(|pool| pool.triggers.define_auth_challenge = None);
    assert_eq!(
        begin(&kit, ANN).await.unwrap_err(),
        "InvalidParameterException: Custom auth lambda trigger is not configured for the user pool."
    );
    let closed = kit
        .sdk
        .initiate_auth()
        .client_id(crate::kit::CLIENT)
        .auth_flow("CUSTOM_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .send()
        .await;
    assert_eq!(
        closed.map_err(words).unwrap_err(),
        "InvalidParameterException: CUSTOM_AUTH is not enabled for the client."
    );
}

#[tokio::test]
async fn an_administrator_walks_the_same_chain() {
    let kit = start().await;
    let asked = kit
        .sdk
        .admin_initiate_auth()
        .user_pool_id(POOL)
        .client_id(CUSTOM)
        .auth_flow("CUSTOM_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .send()
        .await
        .unwrap();
    let answered = kit
        .sdk
        .admin_respond_to_auth_challenge()
        .user_pool_id(POOL)
        .client_id(CUSTOM)
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(asked.session().unwrap())
        .challenge_responses("USERNAME", ANN)
        .challenge_responses("ANSWER", "12345678")
        .send()
        .await
        .unwrap();
    assert!(answered.authentication_result().is_some());
}
