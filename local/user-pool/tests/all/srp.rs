//! Sign-in by SRP, plain and as the first step of a custom chain.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use jiff::SignedDuration;
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, IssuerStyle};

use crate::custom::{CUSTOM, with_challenges};
use crate::kit::{ANN, Kit, PASSWORD, POOL, words};
use crate::srp_client::{Question, SrpClient};

const SRP: &str = "srpclient";
const POOL_NAME: &str = "Local0001";
const TIME: &str = "Sat Nov 7 09:08:07 UTC 2026";
const WRONG: &str = "NotAuthorizedException: Incorrect username or password.";

async fn start() -> Kit {
    let kit = Kit::start_with(
        |pool| {
            with_challenges(pool);
            pool.clients.push(ClientSeed {
                client_id: Some(SRP.to_owned()),
                settings: ClientSettings {
                    explicit_auth_flows: vec!["ALLOW_USER_SRP_AUTH".to_owned()],
                    ..ClientSettings::for_passwords("srp")
                },
                ..ClientSeed::default()
            });
        },
        IssuerStyle::Local,
    )
    .await;
    // A password, and then a code.
    kit.functions.change("define", |event| {
        let names: Vec<String> = event["request"]["session"]
            .as_array()
            .unwrap()
            .iter()
            .map(|answered| answered["challengeName"].as_str().unwrap().to_owned())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        event["response"] = match names[..] {
            ["SRP_A"] => json!({ "challengeName": "PASSWORD_VERIFIER" }),
            ["SRP_A", "PASSWORD_VERIFIER"] => json!({ "challengeName": "CUSTOM_CHALLENGE" }),
            ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"] => json!({ "issueTokens": true }),
            _ => json!({ "failAuthentication": true }),
        };
    });
    kit.functions.change("verify", |event| event["response"]["answerCorrect"] = json!(true));
    kit
}

struct Asked {
    client_id: &'static str,
    client: SrpClient,
    parameters: HashMap<String, String>,
    session: Option<String>,
}

async fn initiate(kit: &Kit, client_id: &str, username: &str, a: &str) -> Result<InitiateAuthOutput, String> {
    let flow = if client_id == CUSTOM { "CUSTOM_AUTH" } else { "USER_SRP_AUTH" };
    let mut call = kit
        .sdk
        .initiate_auth()
        .client_id(client_id)
        .auth_flow(flow.into())
        .auth_parameters("USERNAME", username)
        .auth_parameters("SRP_A", a)
        .client_metadata("hint", "of the start");
    if client_id == CUSTOM {
        call = call.auth_parameters("CHALLENGE_NAME", "SRP_A");
    }
    call.send().await.map_err(words)
}

async fn ask(kit: &Kit, client_id: &'static str, username: &str) -> Result<Asked, String> {
    let client = SrpClient::new();
    let asked = initiate(kit, client_id, username, &client.public()).await?;
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::PasswordVerifier));
    let parameters = asked.challenge_parameters().unwrap().clone();
    Ok(Asked { client_id, client, parameters, session: asked.session().map(str::to_owned) })
}

impl Asked {
    fn signature(&self, password: &str, time: &str) -> String {
        let question = Question {
            salt: &self.parameters["SALT"],
            b: &self.parameters["SRP_B"],
            user_id: &self.parameters["USER_ID_FOR_SRP"],
            secret_block: &self.parameters["SECRET_BLOCK"],
        };
        self.client.signature(POOL_NAME, password, time, &question)
    }

    async fn answer(&self, kit: &Kit, password: &str) -> Result<RespondToAuthChallengeOutput, String> {
        self.send(kit, &self.signature(password, TIME), &self.parameters["SECRET_BLOCK"], TIME).await
    }

    async fn send(
        &self,
        kit: &Kit,
        signature: &str,
        block: &str,
        time: &str,
    ) -> Result<RespondToAuthChallengeOutput, String> {
        let sent = kit
            .sdk
            .respond_to_auth_challenge()
            .client_id(self.client_id)
            .challenge_name(ChallengeNameType::PasswordVerifier)
            .set_session(self.session.clone())
            .challenge_responses("USERNAME", &self.parameters["USERNAME"])
            .challenge_responses("PASSWORD_CLAIM_SIGNATURE", signature)
            .challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", block)
            .challenge_responses("TIMESTAMP", time)
            .client_metadata("hint", "of the answer")
            .send();
        sent.await.map_err(words)
    }
}

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

async fn choose(kit: &Kit, client: &str, session: &str) {
    let chosen = kit
        .sdk
        .respond_to_auth_challenge()
        .client_id(client)
        .challenge_name(ChallengeNameType::NewPasswordRequired)
        .session(session)
        .challenge_responses("USERNAME", ANN)
        .challenge_responses("NEW_PASSWORD", "Another-horse-2")
        .send()
        .await
        .unwrap();
    assert!(chosen.authentication_result().is_some());
}

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
