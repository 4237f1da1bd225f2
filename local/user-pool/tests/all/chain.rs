//! Chains that begin with SRP: what define is told, and where a chain ends early.

use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde_json::{Value, json};

use crate::custom::CUSTOM;
use crate::kit::{ANN, PASSWORD, POOL};
use crate::srp_client::SrpClient;
use crate::srp_kit::{Asked, WRONG, ask, choose, initiate, start};

/// The sessions that define was told, as `name:result` with spaces.
fn chains(events: &[Value]) -> Vec<String> {
    let define = events.iter().filter(|event| event["triggerSource"] == "DefineAuthChallenge_Authentication");
    define
        .map(|event| {
            let session = event["request"]["session"].as_array().unwrap();
            let entries: Vec<String> = session
                .iter()
                .map(|answered| {
                    format!("{}:{}", answered["challengeName"].as_str().unwrap(), answered["challengeResult"])
                })
                .collect();
            entries.join(" ")
        })
        .collect()
}

#[tokio::test]
async fn a_chain_that_begins_with_srp_proves_the_password_first() {
    let kit = start().await;
    kit.ann().await;
    kit.functions.take();
    let asked = ask(&kit, CUSTOM, ANN).await.unwrap();
    assert!(asked.session.is_some());
    let answered = asked.answer(&kit, PASSWORD).await.unwrap();
    assert_eq!(answered.challenge_name(), Some(&ChallengeNameType::CustomChallenge));
    let done = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id(CUSTOM)
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(answered.session().unwrap())
        .challenge_responses("USERNAME", &asked.parameters["USERNAME"])
        .challenge_responses("ANSWER", "12345678")
        .send()
        .await
        .unwrap();
    assert!(done.authentication_result().is_some());
    let events = kit.functions.take();
    assert_eq!(
        chains(&events),
        ["SRP_A:true", "SRP_A:true PASSWORD_VERIFIER:true", "SRP_A:true PASSWORD_VERIFIER:true CUSTOM_CHALLENGE:true",]
    );
    assert_eq!(
        events[0]["request"]["session"],
        json!([{ "challengeName": "SRP_A", "challengeResult": true, "challengeMetadata": null }])
    );
    assert_eq!(events[0]["request"].get("clientMetadata"), None);
    assert_eq!(events[1]["request"]["clientMetadata"], json!({ "hint": "of the answer" }));
    assert_eq!(events.last().unwrap()["triggerSource"], "TokenGeneration_Authentication");
}

#[tokio::test]
async fn a_wrong_password_ends_a_chain_at_once() {
    let kit = start().await;
    kit.ann().await;
    let asked = ask(&kit, CUSTOM, ANN).await.unwrap();
    kit.functions.take();
    assert_eq!(asked.answer(&kit, "Wrong-horse-1").await.unwrap_err(), WRONG);
    assert!(kit.functions.take().is_empty());
    assert_eq!(
        asked.answer(&kit, PASSWORD).await.unwrap_err(),
        "NotAuthorizedException: Invalid session for the user."
    );
}

#[tokio::test]
async fn an_unknown_user_walks_into_a_chain_and_fails_at_the_password() {
    let kit = start().await;
    let asked = ask(&kit, CUSTOM, "nobody@acme.example").await.unwrap();
    let events = kit.functions.take();
    assert_eq!(chains(&events), ["SRP_A:true"]);
    assert_eq!(events[0]["request"]["userNotFound"], true);
    assert_eq!(asked.answer(&kit, PASSWORD).await.unwrap_err(), WRONG);
}

#[tokio::test]
async fn a_new_password_inside_a_chain_skips_the_rest_of_it() {
    let kit = start().await;
    kit.sdk.admin_create_user().user_pool_id(POOL).username(ANN).temporary_password(PASSWORD).send().await.unwrap();
    kit.functions.take();
    let answered = ask(&kit, CUSTOM, ANN).await.unwrap().answer(&kit, PASSWORD).await.unwrap();
    assert_eq!(answered.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    choose(&kit, CUSTOM, answered.session().unwrap()).await;
    let sources = kit.functions.sources();
    // Only pre token generation can refuse this, by its source.
    assert_eq!(sources, ["DefineAuthChallenge_Authentication", "TokenGeneration_NewPasswordChallenge"]);
}

#[tokio::test]
async fn a_chain_may_ask_something_before_the_password() {
    let kit = start().await;
    kit.ann().await;
    kit.functions.change("define", |event| {
        let session = event["request"]["session"].as_array().unwrap().len();
        event["response"] = match session {
            1 => json!({ "challengeName": "CUSTOM_CHALLENGE" }),
            2 => json!({ "challengeName": "PASSWORD_VERIFIER" }),
            _ => json!({ "issueTokens": true }),
        };
    });
    let client = SrpClient::new();
    let first = initiate(&kit, CUSTOM, ANN, &client.public()).await.unwrap();
    assert_eq!(first.challenge_name(), Some(&ChallengeNameType::CustomChallenge));
    let second = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id(CUSTOM)
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(first.session().unwrap())
        .challenge_responses("USERNAME", ANN)
        .challenge_responses("ANSWER", "12345678")
        .send()
        .await
        .unwrap();
    assert_eq!(second.challenge_name(), Some(&ChallengeNameType::PasswordVerifier));
    let asked = Asked {
        client_id: CUSTOM,
        client,
        parameters: second.challenge_parameters().unwrap().clone(),
        session: second.session().map(str::to_owned),
    };
    assert!(asked.answer(&kit, PASSWORD).await.unwrap().authentication_result().is_some());
}

#[tokio::test]
async fn a_temporary_password_does_not_matter_to_a_chain_without_a_password() {
    let kit = start().await;
    kit.functions.change("define", |event| event["response"] = json!({ "issueTokens": true }));
    kit.sdk.admin_create_user().user_pool_id(POOL).username(ANN).temporary_password(PASSWORD).send().await.unwrap();
    kit.functions.take();
    let signed_in = kit
        .sdk
        .initiate_auth()
        .client_id(CUSTOM)
        .auth_flow("CUSTOM_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .send()
        .await
        .unwrap();
    assert!(signed_in.authentication_result().is_some());
    let events = kit.functions.take();
    assert_eq!(events[0]["request"]["userAttributes"]["cognito:user_status"], "FORCE_CHANGE_PASSWORD");
    assert_eq!(events[1]["triggerSource"], "TokenGeneration_Authentication");
}
