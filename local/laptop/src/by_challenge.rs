//! What the front end of a tenant does whose people sign in by challenge: a password by SRP, a code from the mailbox.

use aws_cognito_srp::{SrpClient, User};
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, ChallengeNameType};
use std::collections::HashMap;

use crate::front_end::{FrontEnd, Outcome, PASSWORD, Refused, tokens};
use crate::pool::POOL;

/// A challenge that waits for a code.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Of whom.
    address: String,
    /// Cognito's session.
    session: String,
    /// What may be shown, such as `destination`.
    pub parameters: HashMap<String, String>,
}

impl FrontEnd<'_> {
    /// `InitiateAuth` with a password by SRP, up to the challenge that asks for a code.
    pub async fn begin_with_password(&self, address: &str, password: &str) -> Result<Challenge, Refused> {
        let answered = self.prove_password(address, password).await?;
        challenge(address, answered.session(), answered.challenge_name(), answered.challenge_parameters())
    }

    /// A sign-in with a password by SRP, where the tenant asks for no more.
    pub async fn sign_in_by_srp(&self, address: &str) -> Outcome {
        tokens(self.prove_password(address, PASSWORD).await?.authentication_result())
    }

    async fn prove_password(&self, address: &str, password: &str) -> Result<RespondToAuthChallengeOutput, Refused> {
        let srp = SrpClient::new(User::new(POOL, address, password), self.client, None);
        let begun =
            self.begin(address, &[("CHALLENGE_NAME", "SRP_A"), ("SRP_A", &srp.get_auth_parameters().a)]).await?;
        let asked = begun.challenge_parameters();
        let part = |name: &str| asked.and_then(|asked| asked.get(name)).cloned().unwrap_or_default();
        let user = part("USER_ID_FOR_SRP");
        let proof = srp
            .verify(&part("SECRET_BLOCK"), &user, &part("SALT"), &part("SRP_B"))
            .map_err(|error| Refused { kind: "SrpError".into(), message: error.to_string() })?;
        let answer = self.stack.sdk().respond_to_auth_challenge().client_id(self.client);
        let answer = answer.challenge_name(ChallengeNameType::PasswordVerifier);
        let answer = answer
            .set_session(begun.session().map(str::to_owned))
            .challenge_responses("USERNAME", user)
            .challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", proof.password_claim_secret_block)
            .challenge_responses("PASSWORD_CLAIM_SIGNATURE", proof.password_claim_signature)
            .challenge_responses("TIMESTAMP", proof.timestamp);
        Ok(answer.send().await?)
    }

    /// `InitiateAuth` without a password, up to the challenge that asks for a code.
    pub async fn begin_with_code(&self, address: &str) -> Result<Challenge, Refused> {
        let begun = self.begin(address, &[]).await?;
        challenge(address, begun.session(), begun.challenge_name(), begun.challenge_parameters())
    }

    async fn begin(
        &self,
        address: &str,
        more: &[(&str, &str)],
    ) -> Result<aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput, Refused> {
        let request = self.stack.sdk().initiate_auth().client_id(self.client).auth_flow(AuthFlowType::CustomAuth);
        let request = more.iter().fold(request.auth_parameters("USERNAME", address), |request, (name, value)| {
            request.auth_parameters(*name, *value)
        });
        Ok(request.send().await?)
    }

    /// Answers with a code: tokens, or the next challenge.
    pub async fn answer(&self, challenge: &Challenge, code: &str) -> Result<Result<crate::Tokens, Challenge>, Refused> {
        let answer = self.stack.sdk().respond_to_auth_challenge().client_id(self.client);
        let answer = answer
            .challenge_name(ChallengeNameType::CustomChallenge)
            .session(&challenge.session)
            .challenge_responses("USERNAME", &challenge.address)
            .challenge_responses("ANSWER", code);
        let answered = answer.send().await?;
        if let Some(result) = answered.authentication_result() {
            return tokens(Some(result)).map(Ok);
        }
        self::challenge(
            &challenge.address,
            answered.session(),
            answered.challenge_name(),
            answered.challenge_parameters(),
        )
        .map(Err)
    }

    /// The code in the person's mailbox.
    pub fn code_for(&self, address: &str) -> String {
        let mail = self.stack.server().outbox().ses_mail_to(address);
        let digits = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        mail.iter().flat_map(|mail| mail.body.split_whitespace()).find(digits).unwrap_or_default().to_owned()
    }

    /// A whole sign-in with a password and the code from the mailbox.
    pub async fn sign_in_with_password_and_code(&self, address: &str) -> Outcome {
        let challenge = self.begin_with_password(address, PASSWORD).await?;
        self.finish(&challenge).await
    }

    /// A whole sign-in with the code from the mailbox alone.
    pub async fn sign_in_with_code(&self, address: &str) -> Outcome {
        let challenge = self.begin_with_code(address).await?;
        self.finish(&challenge).await
    }

    async fn finish(&self, challenge: &Challenge) -> Outcome {
        match self.answer(challenge, &self.code_for(&challenge.address)).await? {
            Ok(tokens) => Ok(tokens),
            Err(_) => Err(Refused { kind: "Challenge".into(), message: "the code is asked for again".into() }),
        }
    }

    /// Answers with this until Cognito ends the session; gives its "no".
    pub async fn answer_until_it_ends(&self, challenge: &Challenge, code: &str) -> Outcome {
        let mut challenge = challenge.clone();
        loop {
            match self.answer(&challenge, code).await? {
                Ok(tokens) => return Ok(tokens),
                Err(next) => challenge = next,
            }
        }
    }
}

fn challenge(
    address: &str,
    session: Option<&str>,
    name: Option<&ChallengeNameType>,
    parameters: Option<&HashMap<String, String>>,
) -> Result<Challenge, Refused> {
    if name == Some(&ChallengeNameType::CustomChallenge) {
        return Ok(Challenge {
            address: address.to_owned(),
            session: session.unwrap_or_default().to_owned(),
            parameters: parameters.cloned().unwrap_or_default(),
        });
    }
    let name = name.map_or("no challenge", ChallengeNameType::as_str);
    Err(Refused { kind: "Challenge".into(), message: format!("{name} instead of a code") })
}
