//! The envelope that every trigger event shares (Amazon Cognito, "Customizing user pool workflows with Lambda triggers").

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Metadata;
use crate::pool::Pool;
use crate::user::User;

/// What an event is about.
pub(super) struct Envelope<'a> {
    pub(super) version: &'a str,
    pub(super) source: &'a str,
    pub(super) pool: &'a Pool,
    pub(super) username: &'a str,
    pub(super) client_id: &'a str,
}

impl Envelope<'_> {
    pub(super) fn event(&self, request: &Map<String, Value>, response: &Value) -> Value {
        json!({
            "version": self.version,
            "triggerSource": self.source,
            "region": self.pool.settings().region(),
            "userPoolId": self.pool.id(),
            "userName": self.username,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": self.client_id },
            "request": request,
            "response": response,
        })
    }
}

/// The attributes of a stored user as events show them: strings throughout, with the status.
pub(super) fn user_attributes(user: &User) -> BTreeMap<String, String> {
    let mut attributes = user.shown_attributes();
    attributes.insert("cognito:user_status".to_owned(), user.status.as_str().to_owned());
    attributes
}

/// Adds `clientMetadata` where the caller gave some; Cognito leaves the field out otherwise.
pub(super) fn add_metadata(request: &mut Map<String, Value>, metadata: Option<&Metadata>) {
    if let Some(metadata) = metadata.filter(|metadata| !metadata.is_empty()) {
        request.insert("clientMetadata".to_owned(), json!(metadata));
    }
}
