//! What Cognito says to the triggers of the custom challenge, and what they answer
//! [Custom authentication challenge Lambda triggers].

use std::fmt;

use domain::challenge::{Next, Step, StepName};
use serde_json::{json, value::RawValue};

use crate::{
    event::{Event, Texts},
    json::{self, Members},
    reply::Reply,
};

/// The name of the challenge that we make.
pub(crate) const CUSTOM_CHALLENGE: &str = "CUSTOM_CHALLENGE";

/// What an event says of a challenge.
#[derive(Default)]
pub struct Challenge {
    session: Option<Vec<Step>>,
    name: Option<String>,
    answer: Option<String>,
    private: Texts,
    user_not_found: bool,
}

impl Challenge {
    pub(crate) fn of(request: &Members<'_>) -> Self {
        let text = |name| request.last(name).and_then(json::text);
        Self {
            session: request.last("session").map_or_else(|| Some(Vec::new()), session),
            name: text("challengeName"),
            answer: text("challengeAnswer"),
            private: Texts::of(request.last("privateChallengeParameters").and_then(Members::of).as_ref()),
            user_not_found: text("userNotFound").as_deref() == Some("true"),
        }
    }

    /// The steps so far; `None` if the event says nothing that could be read as such. Absent and `null` are no steps.
    pub fn session(&self) -> Option<&[Step]> {
        self.session.as_deref()
    }

    /// Whether the challenge to make is one of ours.
    pub fn is_custom(&self) -> bool {
        self.name.as_deref() == Some(CUSTOM_CHALLENGE)
    }

    /// What the person typed. Not a fact; empty if nothing was.
    pub fn answer(&self) -> &str {
        self.answer.as_deref().unwrap_or_default()
    }

    /// What the create trigger kept for the verify trigger. Cognito shows it to nobody.
    pub fn private(&self, name: &str) -> Option<&str> {
        self.private.last(name)
    }

    /// Cognito hides that the user does not exist (`PreventUserExistenceErrors`), and so must we.
    pub const fn user_not_found(&self) -> bool {
        self.user_not_found
    }
}

/// Says nothing: an answer is a code.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(..)")
    }
}

/// Not lenient: a history that cannot be read is none that leads to tokens.
fn session(value: &RawValue) -> Option<Vec<Step>> {
    if json::is_null(value) {
        return Some(Vec::new());
    }
    let entries: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    entries.into_iter().map(step).collect()
}

fn step(value: &RawValue) -> Option<Step> {
    let entry = Members::of(value)?;
    let result = entry.last("challengeResult").and_then(|result| serde_json::from_str::<bool>(result.get()).ok());
    let name = match entry.last("challengeName").and_then(json::string)?.as_str() {
        "SRP_A" => StepName::SrpA,
        "PASSWORD_VERIFIER" => StepName::PasswordVerifier,
        CUSTOM_CHALLENGE => StepName::Custom,
        "NEW_PASSWORD_REQUIRED" => StepName::NewPasswordRequired,
        "SMS_MFA" => StepName::SmsMfa,
        "SOFTWARE_TOKEN_MFA" => StepName::SoftwareTokenMfa,
        "EMAIL_OTP" => StepName::EmailOtp,
        "DEVICE_SRP_AUTH" => StepName::DeviceSrpAuth,
        "DEVICE_PASSWORD_VERIFIER" => StepName::DevicePasswordVerifier,
        _ => StepName::Other,
    };
    Some(Step { name, result })
}

/// A challenge as the create trigger shows it.
#[derive(Debug)]
pub struct Shown<'a> {
    /// To the client.
    pub public: &'a [(&'a str, String)],
    /// To the verify trigger alone.
    pub private: &'a [(&'a str, String)],
    /// To the triggers of this session.
    pub metadata: String,
}

impl Event {
    /// The define trigger's answer. What is not asked for stays as it came.
    pub fn define(self, next: Next) -> Reply {
        let name = match next {
            Next::Password => Some("PASSWORD_VERIFIER"),
            Next::Code => Some(CUSTOM_CHALLENGE),
            Next::Tokens | Next::Failed => None,
        };
        let flags = [
            ("issueTokens", json!(next == Next::Tokens).to_string()),
            ("failAuthentication", json!(next == Next::Failed).to_string()),
        ];
        let name = name.map(|name| ("challengeName", json!(name).to_string()));
        self.respond_all(flags.into_iter().chain(name))
    }

    /// The create trigger's answer.
    pub fn show(self, shown: &Shown<'_>) -> Reply {
        let map = |members: &[(&str, String)]| {
            let members = members.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
            members.collect::<serde_json::Map<_, _>>()
        };
        self.respond_all([
            ("publicChallengeParameters", json!(map(shown.public)).to_string()),
            ("privateChallengeParameters", json!(map(shown.private)).to_string()),
            ("challengeMetadata", json!(shown.metadata).to_string()),
        ])
    }

    /// The verify trigger's answer.
    pub fn verify(self, correct: bool) -> Reply {
        self.respond("answerCorrect", &correct)
    }
}
