//! What the three challenge triggers are told alike (Amazon Cognito, "Custom authentication challenge Lambda triggers").

use serde_json::{Map, Value, json};

use super::Metadata;
use super::event::{Envelope, add_metadata, user_attributes};
use crate::client::Client;
use crate::error::ApiError;
use crate::pool::Pool;
use crate::user::User;

/// A challenge that was answered: an entry of the events' `session`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) name: &'static str,
    pub(crate) correct: bool,
    pub(crate) metadata: Option<String>,
}

/// A custom sign-in as it stands.
pub(crate) struct Attempt<'a> {
    /// Nobody, where an unknown user is played.
    pub(crate) user: Option<&'a User>,
    /// The `userName`; what was typed, for nobody.
    pub(crate) username: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) session: &'a [Answered],
    pub(crate) metadata: Option<&'a Metadata>,
}

impl Attempt<'_> {
    /// The fields that all three share. What the attributes of an unknown user look like is not documented: none here.
    pub(super) fn request(&self) -> Map<String, Value> {
        let mut request = Map::new();
        request.insert(
            "userAttributes".to_owned(),
            self.user.map_or_else(|| json!({}), |user| json!(user_attributes(user))),
        );
        add_metadata(&mut request, self.metadata);
        // "Populated when PreventUserExistenceErrors is set to ENABLED".
        if self.client.settings.hides_users() {
            request.insert("userNotFound".to_owned(), json!(self.user.is_none()));
        }
        request
    }

    pub(super) fn session(&self) -> Value {
        self.session
            .iter()
            .map(|answered| {
                json!({
                    "challengeName": answered.name,
                    "challengeResult": answered.correct,
                    "challengeMetadata": answered.metadata,
                })
            })
            .collect()
    }

    pub(super) fn event(&self, pool: &Pool, source: &str, request: &Map<String, Value>, response: &Value) -> Value {
        Envelope { version: "1", source, pool, username: self.username, client_id: &self.client.id }
            .event(request, response)
    }
}

/// What Cognito says where one of the three is missing.
pub(super) fn not_configured() -> ApiError {
    ApiError::invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
}
