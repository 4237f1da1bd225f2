//! Sessions of challenges: whose they are, how often they are good, and for how long.

use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use futures_util::future::join_all;
use jiff::SignedDuration;
use user_pool::{ClientSeed, ClientSettings};

use crate::custom::{CUSTOM, answer, begin, start};
use crate::kit::{ANN, PASSWORD, POOL, words};

#[tokio::test]
async fn a_session_is_good_once_for_its_person_and_client_and_until_it_expires() {
    let kit = start().await;
    kit.sdk.admin_create_user().user_pool_id(POOL).username("bob@acme.example").send().await.unwrap();
    let invalid = "NotAuthorizedException: Invalid session for the user.";
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    assert_eq!(answer(&kit, &session, "bob@acme.example", "12345678").await.unwrap_err(), invalid);
    assert_eq!(answer(&kit, "no-session", ANN, "12345678").await.unwrap_err(), invalid);
    kit.pool.add_client(ClientSeed {
        client_id: Some("other".to_owned()),
        settings: ClientSettings::for_challenges("other"),
        ..ClientSeed::default()
    });
    let elsewhere = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id("other")
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(&session)
        .challenge_responses("USERNAME", ANN)
        .challenge_responses("ANSWER", "12345678")
        .send()
        .await;
    assert_eq!(elsewhere.map_err(words).unwrap_err(), invalid);
    // Another challenge's answer does not count for it either.
    let other_challenge = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id(CUSTOM)
        .challenge_name(ChallengeNameType::NewPasswordRequired)
        .session(&session)
        .challenge_responses("USERNAME", ANN)
        .challenge_responses("NEW_PASSWORD", PASSWORD)
        .send()
        .await;
    assert_eq!(other_challenge.map_err(words).unwrap_err(), invalid);
    answer(&kit, &session, ANN, "wrong").await.unwrap();
    assert_eq!(answer(&kit, &session, ANN, "12345678").await.unwrap_err(), invalid);

    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    kit.pass(SignedDuration::from_secs(181));
    assert_eq!(
        answer(&kit, &session, ANN, "12345678").await.unwrap_err(),
        "NotAuthorizedException: Invalid session for the user, session is expired."
    );
}

#[tokio::test]
async fn a_session_lives_as_long_as_the_client_says() {
    let kit = start().await;
    kit.sdk
        .update_user_pool_client()
        .user_pool_id(POOL)
        .client_id(CUSTOM)
        .auth_session_validity(15)
        .explicit_auth_flows("ALLOW_CUSTOM_AUTH".into())
        .send()
        .await
        .unwrap();
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    kit.pass(SignedDuration::from_secs(14 * 60 + 50));
    answer(&kit, &session, ANN, "12345678").await.unwrap();
}

#[tokio::test]
async fn of_many_answers_at_once_one_is_heard() {
    let kit = start().await;
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    kit.functions.take();
    let answers = join_all((0..32).map(|_| answer(&kit, &session, ANN, "wrong"))).await;
    assert_eq!(answers.iter().filter(|answered| answered.is_ok()).count(), 1);
    let verified = kit.functions.sources();
    let verified = verified.iter().filter(|source| *source == "VerifyAuthChallengeResponse_Authentication");
    assert_eq!(verified.count(), 1);
}

#[tokio::test]
async fn a_deleted_user_has_no_session() {
    let kit = start().await;
    let session = begin(&kit, ANN).await.unwrap().session().unwrap().to_owned();
    kit.sdk.admin_delete_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(
        answer(&kit, &session, ANN, "12345678").await.unwrap_err(),
        "NotAuthorizedException: Invalid session for the user."
    );
}
