//! Sign-in by SRP: the password stays with the person.

use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use jiff::SignedDuration;
use serde_json::json;
use user_pool::{ClientSeed, ClientSettings};

use crate::kit::{ANN, PASSWORD, POOL};
use crate::srp_client::SrpClient;
use crate::srp_kit::{Asked, SRP, TIME, WRONG, ask, choose, initiate, start};

#[tokio::test]
async fn a_password_signs_in_without_being_sent() {
    let kit = start().await;
    let sub = kit.ann().await;
    kit.functions.take();
    // Several times: about every other number has a high bit, and one in sixteen an odd number of digits.
    for _ in 0..8 {
        let asked = ask(&kit, SRP, "Ann@ACME.example").await.unwrap();
        assert_eq!(asked.session, None, "the secret block is all that a plain sign-in carries");
        assert_eq!((&asked.parameters["USERNAME"], &asked.parameters["USER_ID_FOR_SRP"]), (&sub, &sub));
        let answered = asked.answer(&kit, PASSWORD).await.unwrap();
        assert!(answered.authentication_result().unwrap().refresh_token().is_some());
        assert_eq!(asked.answer(&kit, PASSWORD).await.unwrap_err(), WRONG, "an answer is good once");
    }
    let events = kit.functions.take();
    assert_eq!(events.len(), 8);
    assert_eq!(events[0]["triggerSource"], "TokenGeneration_Authentication");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "hint": "of the answer" }));
}

#[tokio::test]
async fn a_wrong_proof_is_a_wrong_password() {
    let kit = start().await;
    kit.ann().await;
    assert_eq!(ask(&kit, SRP, ANN).await.unwrap().answer(&kit, "Wrong-horse-1").await.unwrap_err(), WRONG);
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    let other = ask(&kit, SRP, ANN).await.unwrap();
    let signature = asked.signature(PASSWORD, TIME);
    assert_eq!(asked.send(&kit, &signature, &other.parameters["SECRET_BLOCK"], TIME).await.unwrap_err(), WRONG);
    let padded = "Sat Nov 07 09:08:07 UTC 2026";
    let signature = asked.signature(PASSWORD, padded);
    assert_eq!(asked.send(&kit, &signature, &asked.parameters["SECRET_BLOCK"], padded).await.unwrap_err(), WRONG);
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    let signature = asked.signature(PASSWORD, "2026-11-07");
    assert_eq!(
        asked.send(&kit, &signature, &asked.parameters["SECRET_BLOCK"], "2026-11-07").await.unwrap_err(),
        "InvalidParameterException: TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
    );
    for public in ["0", "not a number"] {
        assert_eq!(
            initiate(&kit, SRP, ANN, public).await.unwrap_err(),
            "InvalidParameterException: Invalid SRP_A",
            "{public}"
        );
    }
}

#[tokio::test]
async fn an_unknown_user_is_asked_like_a_known_one() {
    let kit = start().await;
    kit.ann().await;
    let known = ask(&kit, SRP, ANN).await.unwrap();
    let unknown = ask(&kit, SRP, "nobody@acme.example").await.unwrap();
    let again = ask(&kit, SRP, "Nobody@acme.example").await.unwrap();
    for name in ["SALT", "USERNAME", "USER_ID_FOR_SRP"] {
        assert_eq!(unknown.parameters[name], again.parameters[name], "{name}");
    }
    assert_ne!(unknown.parameters["SRP_B"], again.parameters["SRP_B"], "as for a known user");
    assert_eq!(unknown.parameters["USERNAME"].len(), known.parameters["USERNAME"].len());
    let mut names: Vec<_> = known.parameters.keys().collect();
    let mut unknown_names: Vec<_> = unknown.parameters.keys().collect();
    names.sort();
    unknown_names.sort();
    assert_eq!(names, unknown_names);
    assert_eq!(unknown.answer(&kit, PASSWORD).await.unwrap_err(), WRONG);

    kit.pool.add_client(ClientSeed {
        client_id: Some("legacy".to_owned()),
        settings: ClientSettings { client_name: "legacy".to_owned(), ..ClientSettings::default() },
        ..ClientSeed::default()
    });
    let legacy = initiate(&kit, "legacy", "nobody@acme.example", &SrpClient::new().public()).await;
    assert_eq!(legacy.unwrap_err(), "UserNotFoundException: User does not exist.");
}

#[tokio::test]
async fn a_temporary_password_must_be_changed() {
    let kit = start().await;
    kit.sdk.admin_create_user().user_pool_id(POOL).username(ANN).temporary_password(PASSWORD).send().await.unwrap();
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    let answered = asked.answer(&kit, PASSWORD).await.unwrap();
    assert_eq!(answered.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    choose(&kit, SRP, answered.session().unwrap()).await;
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    assert_eq!(asked.answer(&kit, PASSWORD).await.unwrap_err(), WRONG);
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    asked.answer(&kit, "Another-horse-2").await.unwrap();
}

#[tokio::test]
async fn wrong_passwords_lock_for_longer_and_longer() {
    let kit = start().await;
    kit.ann().await;
    let locked = "NotAuthorizedException: Password attempts exceeded";
    for _ in 0..5 {
        let asked = ask(&kit, SRP, ANN).await.unwrap();
        assert_eq!(asked.answer(&kit, "Wrong-horse-1").await.unwrap_err(), WRONG);
    }
    assert_eq!(kit.sign_in().await.unwrap_err(), locked, "the right password does not help while it lasts");
    kit.pass(SignedDuration::from_secs(1));
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    assert_eq!(asked.answer(&kit, "Wrong-horse-1").await.unwrap_err(), WRONG);
    kit.pass(SignedDuration::from_secs(1));
    assert_eq!(ask(&kit, SRP, ANN).await.unwrap().answer(&kit, PASSWORD).await.unwrap_err(), locked);
    kit.pass(SignedDuration::from_secs(1));
    kit.sign_in().await.unwrap();
    let asked = ask(&kit, SRP, ANN).await.unwrap();
    assert_eq!(asked.answer(&kit, "Wrong-horse-1").await.unwrap_err(), WRONG);
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_client_with_a_secret_wants_its_hash_at_both_steps() {
    let kit = start().await;
    let sub = kit.ann().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("secretive".to_owned()),
        client_secret: Some("s3cret".to_owned()),
        settings: ClientSettings { client_name: "secretive".to_owned(), ..ClientSettings::default() },
        ..ClientSeed::default()
    });
    let hash = |username: &str| {
        use base64::Engine as _;
        use hmac::{KeyInit as _, Mac as _};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").unwrap();
        mac.update(format!("{username}secretive").as_bytes());
        base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
    };
    let missing = "NotAuthorizedException: Client secretive is configured with secret but SECRET_HASH was not received";
    let client = SrpClient::new();
    assert_eq!(initiate(&kit, "secretive", ANN, &client.public()).await.unwrap_err(), missing);
    let asked = kit
        .sdk
        .initiate_auth()
        .client_id("secretive")
        .auth_flow("USER_SRP_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .auth_parameters("SRP_A", client.public())
        .auth_parameters("SECRET_HASH", hash(ANN))
        .send()
        .await
        .unwrap();
    let parameters = asked.challenge_parameters().unwrap().clone();
    let asked = Asked { client_id: "secretive", client, parameters, session: None };
    assert_eq!(asked.answer(&kit, PASSWORD).await.unwrap_err(), missing);
    let signed_in = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id("secretive")
        .challenge_name(ChallengeNameType::PasswordVerifier)
        .challenge_responses("USERNAME", &sub)
        .challenge_responses("SECRET_HASH", hash(&sub))
        .challenge_responses("PASSWORD_CLAIM_SIGNATURE", asked.signature(PASSWORD, TIME))
        .challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", &asked.parameters["SECRET_BLOCK"])
        .challenge_responses("TIMESTAMP", TIME)
        .send()
        .await
        .unwrap();
    assert!(signed_in.authentication_result().is_some());
}
