//! What the front end of an app client does for a person, through the official SDK: sign up, confirm, sign in, refresh.

use std::fmt;

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, AuthenticationResultType};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{Refusal, TenantId};
use serde_json::{Map, Value, json};

use crate::pool::{POOL, ROBOT};
use crate::{Fault, Stack, http};

/// Everybody's password.
pub const PASSWORD: &str = "Correct-horse-1";

/// What a person gets.
pub type Outcome = Result<Tokens, Refused>;

/// What a sign-in gives.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// The ID token; a machine gets none.
    pub id: Option<String>,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: Option<String>,
}

impl Tokens {
    /// What the ID token says, or the access token of a machine. Not verified here: the user pool's own tests do that.
    pub fn claims(&self) -> Map<String, Value> {
        claims(self.id.as_ref().unwrap_or(&self.access))
    }

    /// What the access token says.
    pub fn access_claims(&self) -> Map<String, Value> {
        claims(&self.access)
    }

    /// The person's `sub`.
    pub fn sub(&self) -> String {
        self.text("sub")
    }

    /// A claim that is a text; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        self.claims().get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

fn claims(token: &str) -> Map<String, Value> {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}

/// A "no" of the user pool, the triggers' own included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Cognito's type, such as `UserLambdaValidationException`.
    pub kind: String,
    /// Cognito's words.
    pub message: String,
}

impl Refused {
    /// The trigger's refusal, if it was one: what a front end reads out of Cognito's words.
    pub fn refusal(&self) -> Option<Refusal> {
        Refusal::ALL.into_iter().find(|refusal| {
            let (_, said) = self.message.split_once(" failed with error ").unwrap_or_default();
            said.strip_suffix('.') == Some(&refusal.message())
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal() {
            Some(refusal) => out.write_str(&refusal.message()),
            None => write!(out, "{}: {}", self.kind, self.message),
        }
    }
}

impl<E, R> From<SdkError<E, R>> for Refused
where
    E: ProvideErrorMetadata + fmt::Debug,
    R: fmt::Debug,
{
    fn from(error: SdkError<E, R>) -> Self {
        match (error.code(), error.message()) {
            (Some(code), Some(message)) => Self { kind: code.to_owned(), message: message.to_owned() },
            _ => Self { kind: "SdkError".to_owned(), message: format!("{error:?}") },
        }
    }
}

/// One app client's front end.
#[derive(Debug, Clone, Copy)]
pub struct FrontEnd<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) client: &'a str,
}

impl<'a> FrontEnd<'a> {
    pub(crate) const fn new(stack: &'a Stack, client: &'a str) -> Self {
        Self { stack, client }
    }

    /// `SignUp`, with the secret of an invitation if the person has one. Gives the person's `sub`.
    pub async fn sign_up(&self, address: &str, invitation: Option<&str>) -> Result<String, Refused> {
        let mut request = self.stack.sdk().sign_up().client_id(self.client).username(address).password(PASSWORD);
        if let Some(invitation) = invitation {
            request = request.client_metadata("invitation", invitation);
        }
        Ok(request.send().await?.user_sub().to_owned())
    }

    /// `ConfirmSignUp` with the code from the person's mailbox.
    pub async fn confirm(&self, address: &str) -> Result<(), Refused> {
        let code = self.stack.server().outbox().code_for(address).unwrap_or_default();
        let request = self.stack.sdk().confirm_sign_up().client_id(self.client).username(address);
        request.confirmation_code(code).send().await?;
        Ok(())
    }

    /// `InitiateAuth` with the password.
    pub async fn sign_in(&self, address: &str) -> Outcome {
        let request = self.stack.sdk().initiate_auth().client_id(self.client);
        let request = request.auth_flow(AuthFlowType::UserPasswordAuth);
        let request = request.auth_parameters("USERNAME", address).auth_parameters("PASSWORD", PASSWORD);
        tokens(request.send().await?.authentication_result())
    }

    /// Sign-up, confirmation and the first sign-in.
    pub async fn join(&self, address: &str, invitation: Option<&str>) -> Outcome {
        self.sign_up(address, invitation).await?;
        self.confirm(address).await?;
        self.sign_in(address).await
    }

    /// `InitiateAuth` with the refresh token, as older front ends do.
    pub async fn refresh(&self, before: &Tokens) -> Outcome {
        let request = self.stack.sdk().initiate_auth().client_id(self.client);
        let request = request.auth_flow(AuthFlowType::RefreshTokenAuth);
        let request = request.auth_parameters("REFRESH_TOKEN", before.refresh.clone().unwrap_or_default());
        let fresh = tokens(request.send().await?.authentication_result())?;
        // This flow gives no new refresh token: the old one goes on.
        Ok(Tokens { refresh: fresh.refresh.or_else(|| before.refresh.clone()), ..fresh })
    }

    /// `GetTokensFromRefreshToken`, asking for a tenant: the hint of a shared app.
    pub async fn refresh_for(&self, before: &Tokens, tenant: Option<&TenantId>) -> Outcome {
        let mut request = self.stack.sdk().get_tokens_from_refresh_token().client_id(self.client);
        request = request.refresh_token(before.refresh.clone().unwrap_or_default());
        if let Some(tenant) = tenant {
            request = request.client_metadata("tenant_id", tenant.to_string());
        }
        let fresh = tokens(request.send().await?.authentication_result())?;
        Ok(Tokens { refresh: fresh.refresh.or_else(|| before.refresh.clone()), ..fresh })
    }

    /// `AdminDeleteUser`: the person has the account deleted. Their own tokens may not edit it.
    pub async fn delete_account(&self, tokens: &Tokens) -> Result<(), Refused> {
        self.stack.sdk().admin_delete_user().user_pool_id(POOL).username(tokens.sub()).send().await?;
        Ok(())
    }

    /// A sign-in through an identity provider, as managed login does it: the local user pool plays the provider's assertion.
    pub async fn federate(&self, provider: &str, subject: &str, attributes: &Value) -> Result<Outcome, Fault> {
        let body = json!({
            "pool": POOL, "clientId": self.client, "provider": provider, "subject": subject, "attributes": attributes,
        });
        let url = format!("{}/local/federate", self.stack.server().url());
        Ok(oauth(http::post(&url, "application/json", None, body.to_string()).await?))
    }

    /// A sign-in through managed login, with the password.
    pub async fn managed_login(&self, address: &str) -> Result<Outcome, Fault> {
        let body = json!({ "pool": POOL, "clientId": self.client, "username": address, "password": PASSWORD });
        let url = format!("{}/local/hosted-login", self.stack.server().url());
        Ok(oauth(http::post(&url, "application/json", None, body.to_string()).await?))
    }
}

impl Stack {
    /// The machine of the laptop asks for a token with its client's credentials.
    pub async fn robot(&self) -> Result<Outcome, Fault> {
        let url = format!("{}/oauth2/token", self.server().url());
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", ROBOT.0, ROBOT.1)));
        let form = "grant_type=client_credentials".to_owned();
        Ok(oauth(http::post(&url, "application/x-www-form-urlencoded", Some(&basic), form).await?))
    }
}

pub(crate) fn tokens(result: Option<&AuthenticationResultType>) -> Outcome {
    let Some(result) = result else {
        return Err(Refused { kind: "Challenge".into(), message: "a challenge instead of tokens".into() });
    };
    Ok(Tokens {
        id: result.id_token().map(str::to_owned),
        access: result.access_token().unwrap_or_default().to_owned(),
        refresh: result.refresh_token().map(str::to_owned),
    })
}

/// The token endpoint's way of answering.
fn oauth((status, body): (u16, Value)) -> Outcome {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    match (status, text("access_token")) {
        (200, Some(access)) => Ok(Tokens { id: text("id_token"), access, refresh: text("refresh_token") }),
        _ => Err(Refused {
            kind: text("error").unwrap_or_else(|| status.to_string()),
            message: text("error_description").unwrap_or_default(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_code_out_of_cognitos_words() {
        let refused = |message: &str| Refused { kind: "UserLambdaValidationException".into(), message: message.into() };
        for (message, refusal) in [
            (
                "PreSignUp failed with error You need an invitation to join this workspace. Ask its admin. (INVITATION_REQUIRED).",
                Some(Refusal::InvitationRequired),
            ),
            (
                "PreTokenGenerationV2_0 failed with error This workspace is closed. (TENANT_CLOSED).",
                Some(Refusal::TenantClosed),
            ),
            ("This workspace is closed. (TENANT_CLOSED).", None),
            ("PreSignUp failed with error TENANT_CLOSED.", None),
            ("PreSignUp failed with error This workspace is closed. (TENANT_CLOSED) and more.", None),
            ("", None),
        ] {
            assert_eq!(refused(message).refusal(), refusal, "{message}");
        }
    }

    #[test]
    fn shows_a_refusal_as_the_person_reads_it() {
        let message = format!("PreSignUp failed with error {}.", Refusal::TenantClosed.message());
        assert_eq!(Refused { kind: "X".into(), message }.to_string(), "This workspace is closed. (TENANT_CLOSED)");
        let other =
            Refused { kind: "NotAuthorizedException".into(), message: "Incorrect username or password.".into() };
        assert_eq!(other.to_string(), "NotAuthorizedException: Incorrect username or password.");
    }
}
