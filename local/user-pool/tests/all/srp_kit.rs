//! Sign-ins by SRP for the tests: a pool that asks for passwords, and a person who answers.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde_json::json;
use user_pool::{ClientSeed, ClientSettings, IssuerStyle};

use crate::custom::{CUSTOM, with_challenges};
use crate::kit::{ANN, Kit, words};
use crate::srp_client::{Question, SrpClient};

pub(crate) const SRP: &str = "srpclient";
const POOL_NAME: &str = "Local0001";
pub(crate) const TIME: &str = "Sat Nov 7 09:08:07 UTC 2026";
pub(crate) const WRONG: &str = "NotAuthorizedException: Incorrect username or password.";

/// A pool with a client for plain SRP and one for a chain of password and code.
pub(crate) async fn start() -> Kit {
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

/// A question for the password, and who answers it.
pub(crate) struct Asked {
    pub(crate) client_id: &'static str,
    pub(crate) client: SrpClient,
    pub(crate) parameters: HashMap<String, String>,
    pub(crate) session: Option<String>,
}

pub(crate) async fn initiate(
    kit: &Kit,
    client_id: &str,
    username: &str,
    a: &str,
) -> Result<InitiateAuthOutput, String> {
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

pub(crate) async fn ask(kit: &Kit, client_id: &'static str, username: &str) -> Result<Asked, String> {
    let client = SrpClient::new();
    let asked = initiate(kit, client_id, username, &client.public()).await?;
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::PasswordVerifier));
    let parameters = asked.challenge_parameters().unwrap().clone();
    Ok(Asked { client_id, client, parameters, session: asked.session().map(str::to_owned) })
}

impl Asked {
    pub(crate) fn signature(&self, password: &str, time: &str) -> String {
        let question = Question {
            salt: &self.parameters["SALT"],
            b: &self.parameters["SRP_B"],
            user_id: &self.parameters["USER_ID_FOR_SRP"],
            secret_block: &self.parameters["SECRET_BLOCK"],
        };
        self.client.signature(POOL_NAME, password, time, &question)
    }

    pub(crate) async fn answer(&self, kit: &Kit, password: &str) -> Result<RespondToAuthChallengeOutput, String> {
        self.send(kit, &self.signature(password, TIME), &self.parameters["SECRET_BLOCK"], TIME).await
    }

    pub(crate) async fn send(
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

/// Ann answers the question for a new password.
pub(crate) async fn choose(kit: &Kit, client: &str, session: &str) {
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
