//! Events as Cognito sends them, no larger than a test needs.

use domain::InvitationToken;
use lambda::RawValue;
use serde_json::{Value, json};

use crate::nouns::{POOL, sub};

/// An event that can be changed before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Event(pub Value);

impl Event {
    fn new(source: &str, client: &str, user_name: &str, request: Value, response: Value) -> Self {
        Self(json!({
            "version": "1",
            "triggerSource": source,
            "region": "eu-west-1",
            "userPoolId": POOL,
            "userName": user_name,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client },
            "request": request,
            "response": response,
        }))
    }

    fn starting(source: &str, client: &str, user_name: &str, email: &str) -> Self {
        let request = json!({ "userAttributes": { "email": email }, "validationData": null });
        let response = json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false });
        Self::new(source, client, user_name, request, response)
    }

    /// A person signs up.
    pub fn sign_up(client: &str, name: &str, email: &str) -> Self {
        Self::starting("PreSignUp_SignUp", client, sub(name).as_ref(), email)
    }

    /// A provider signs somebody in for the first time; the user name is `<provider>_<subject>`.
    pub fn external_sign_up(client: &str, user_name: &str, email: &str) -> Self {
        Self::starting("PreSignUp_ExternalProvider", client, user_name, email)
            .attribute("email_verified", "false")
            .attribute("cognito:user_status", "EXTERNAL_PROVIDER")
    }

    /// An administrator creates a user.
    pub fn created(client: &str, name: &str, email: &str) -> Self {
        Self::starting("PreSignUp_AdminCreateUser", client, sub(name).as_ref(), email)
    }

    fn known(source: &str, client: &str, name: &str, email: &str, response: Value) -> Self {
        let attributes = json!({
            "sub": sub(name).as_ref(),
            "cognito:user_status": "CONFIRMED",
            "email_verified": "true",
            "email": email,
        });
        Self::new(source, client, sub(name).as_ref(), json!({ "userAttributes": attributes }), response)
    }

    /// Somebody confirmed their address.
    pub fn confirmed(client: &str, name: &str, email: &str) -> Self {
        Self::known("PostConfirmation_ConfirmSignUp", client, name, email, json!({}))
    }

    /// Somebody with a verified address wants tokens, of version 2.
    pub fn token(client: &str, name: &str, email: &str) -> Self {
        let response = json!({ "claimsAndScopeOverrideDetails": null });
        let groups = json!({ "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null });
        Self::known("TokenGeneration_Authentication", client, name, email, response)
            .with("/version", json!("2"))
            .with("/request/groupConfiguration", groups)
            .with("/request/scopes", json!(["aws.cognito.signin.user.admin"]))
    }

    /// The same person, refreshing.
    pub fn refresh(client: &str, name: &str, email: &str) -> Self {
        Self::token(client, name, email).source("TokenGeneration_RefreshTokens")
    }

    /// What comes next in this person's sign-in by challenge?
    pub fn define(client: &str, name: &str, email: &str, session: &[(&str, bool)]) -> Self {
        let response = json!({ "challengeName": null, "issueTokens": null, "failAuthentication": null });
        Self::known("DefineAuthChallenge_Authentication", client, name, email, response)
            .with("/request/session", steps(session))
            .with("/request/userNotFound", json!(false))
    }

    /// A code is asked for.
    pub fn create(client: &str, name: &str, email: &str, session: &[(&str, bool)]) -> Self {
        let response = json!({
            "publicChallengeParameters": null, "privateChallengeParameters": null, "challengeMetadata": null,
        });
        Self::known("CreateAuthChallenge_Authentication", client, name, email, response)
            .with("/request/challengeName", json!("CUSTOM_CHALLENGE"))
            .with("/request/session", steps(session))
            .with("/request/userNotFound", json!(false))
    }

    /// A code was typed, after what the create trigger answered.
    pub fn verify(client: &str, name: &str, email: &str, created: &Value, answer: &str) -> Self {
        Self::known("VerifyAuthChallengeResponse_Authentication", client, name, email, json!({ "answerCorrect": null }))
            .with("/request/privateChallengeParameters", created["privateChallengeParameters"].clone())
            .with("/request/challengeAnswer", json!(answer))
            .with("/request/userNotFound", json!(false))
    }

    /// The user does not exist, and Cognito hides it: it says so to the triggers, with the name as it was typed.
    #[must_use]
    pub fn of_nobody(self, typed: &str) -> Self {
        self.with("/userName", json!(typed))
            .with("/request/userAttributes", json!({}))
            .with("/request/userNotFound", json!(true))
    }

    /// A machine wants a token, of version 3.
    pub fn machine(client: &str) -> Self {
        let request = json!({ "userAttributes": {}, "scopes": ["api/read"], "clientMetadata": {} });
        let response = json!({ "claimsAndScopeOverrideDetails": null });
        Self::new("TokenGeneration_ClientCredentials", client, client, request, response).with("/version", json!("3"))
    }

    /// Sets the value at a JSON pointer, making the last step of it if it is not there.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = self.0.pointer_mut(parent).expect("a place that is there");
        if parent.is_null() {
            *parent = json!({});
        }
        parent[name] = value;
        self
    }

    /// Takes the value at a JSON pointer away.
    #[must_use]
    pub fn without(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        if let Some(Value::Object(parent)) = self.0.pointer_mut(parent) {
            parent.remove(name);
        }
        self
    }

    /// Another trigger source.
    #[must_use]
    pub fn source(self, source: &str) -> Self {
        self.with("/triggerSource", json!(source))
    }

    /// Another version of pre token generation.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        let key = if version == "1" { "claimsOverrideDetails" } else { "claimsAndScopeOverrideDetails" };
        let event = self.with("/version", json!(version)).with("/response", json!({ key: null }));
        if version == "1" { event.without("/request/scopes") } else { event }
    }

    /// Sets an attribute of the user.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0["request"]["userAttributes"][name] = value.into();
        self
    }

    /// Says something in `clientMetadata`.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0["request"]["clientMetadata"][name] = value.into();
        self
    }

    /// Presents an invitation.
    #[must_use]
    pub fn invited(self, token: &InvitationToken) -> Self {
        self.metadata(pre_sign_up::INVITATION, token.reveal())
    }

    /// The user came from a provider.
    #[must_use]
    pub fn federated(self, provider: &str, subject: &str) -> Self {
        self.with("/userName", json!(format!("{provider}_{subject}")))
            .attribute("cognito:user_status", "EXTERNAL_PROVIDER")
            .attribute("email_verified", "false")
            .attribute("identities", identities(&[(provider, subject)]))
    }

    /// Its JSON.
    pub fn raw(&self) -> Box<RawValue> {
        serde_json::value::to_raw_value(&self.0).expect("JSON")
    }
}

/// The start of a session with a proven password.
pub const PASSWORD: &[(&str, bool)] = &[("SRP_A", true), ("PASSWORD_VERIFIER", true)];

fn steps(session: &[(&str, bool)]) -> Value {
    let step = |(name, result): &(&str, bool)| json!({ "challengeName": name, "challengeResult": result, "challengeMetadata": null });
    session.iter().map(step).collect()
}

/// The attribute `identities` as Cognito writes it: JSON inside a string.
pub fn identities(of: &[(&str, &str)]) -> String {
    let list: Vec<Value> = of
        .iter()
        .map(|(provider, subject)| {
            json!({
                "userId": subject, "providerName": provider, "providerType": "SAML", "issuer": "https://idp.example",
                "primary": "true", "dateCreated": "1700000000000",
            })
        })
        .collect();
    Value::from(list).to_string()
}
