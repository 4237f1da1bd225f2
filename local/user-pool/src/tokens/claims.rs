//! The claims of ID and access tokens (Amazon Cognito, "Understanding the identity (ID) token" and "… the access token").

use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::group::GroupClaims;
use crate::provider::Identity;
use crate::tokens::grant::{Channel, Grant};
use crate::tokens::scopes::open;
use crate::triggers::pre_token_generation::{Changes, ClaimChanges};
use crate::user::User;

/// Claims that no function can set or suppress (Amazon Cognito, "Pre token generation Lambda trigger").
const RESERVED: [&str; 21] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "device_key",
    "event_id",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
    "username",
    "version",
];

/// What both tokens of one issuance share.
pub(super) struct Issue<'a> {
    pub(super) issuer: &'a str,
    pub(super) now: i64,
    pub(super) client: &'a Client,
    pub(super) grant: &'a Grant,
    pub(super) user: &'a User,
    pub(super) groups: &'a GroupClaims,
    pub(super) changes: &'a Changes,
}

impl Issue<'_> {
    pub(super) fn id_token(&self, jti: &str, at_hash: Option<&str>) -> Value {
        let mut claims = self.common(jti, "id", self.client.settings.id_token_seconds());
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("aud", json!(self.client.id));
        put("cognito:username", json!(self.user.username));
        if let Some(at_hash) = at_hash {
            put("at_hash", json!(at_hash));
        }
        if let Some(nonce) = &self.grant.nonce {
            put("nonce", json!(nonce));
        }
        for (name, value) in &self.user.attributes {
            // The API's own scope says nothing of attributes: its tokens carry all that the client may read.
            let open = self.grant.channel == Channel::Api || open(&self.grant.scopes, name);
            if open && self.client.settings.may_read(name) {
                put(name, attribute_claim(name, value));
            }
        }
        if !self.user.identities.is_empty() {
            put("identities", self.user.identities.iter().map(Identity::in_token).collect());
        }
        if !self.groups.roles.is_empty() {
            put("cognito:roles", json!(self.groups.roles));
        }
        if let Some(role) = &self.groups.preferred_role {
            put("cognito:preferred_role", json!(role));
        }
        apply(&mut claims, &self.changes.id, None);
        claims.into()
    }

    pub(super) fn access_token(&self, jti: &str) -> Value {
        let mut claims = self.common(jti, "access", self.client.settings.access_token_seconds());
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("client_id", json!(self.client.id));
        put("username", json!(self.user.username));
        put("scope", json!(scope(&self.grant.scopes, self.changes)));
        if self.grant.channel == Channel::ManagedLogin {
            put("version", json!(2));
        }
        apply(&mut claims, &self.changes.access, Some(&self.client.id));
        claims.into()
    }

    fn common(&self, jti: &str, token_use: &str, seconds: i64) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("sub", json!(self.user.sub));
        put("iss", json!(self.issuer));
        put("origin_jti", json!(self.grant.origin_jti));
        put("event_id", json!(self.grant.event_id));
        put("token_use", json!(token_use));
        put("auth_time", json!(self.grant.auth_time.as_second()));
        put("iat", json!(self.now));
        put("exp", json!(self.now.saturating_add(seconds)));
        put("jti", json!(jti));
        if !self.groups.groups.is_empty() {
            put("cognito:groups", json!(self.groups.groups));
        }
        claims
    }
}

/// The claims of a machine's access token.
pub(super) fn machine_token(
    issuer: &str,
    now: i64,
    client: &Client,
    scopes: &[String],
    changes: &Changes,
    jti: &str,
) -> Value {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("sub", json!(client.id));
    put("iss", json!(issuer));
    put("token_use", json!("access"));
    put("scope", json!(scope(scopes, changes)));
    put("auth_time", json!(now));
    put("iat", json!(now));
    put("exp", json!(now.saturating_add(client.settings.access_token_seconds())));
    put("version", json!(2));
    put("jti", json!(jti));
    put("client_id", json!(client.id));
    apply(&mut claims, &changes.access, Some(&client.id));
    claims.into()
}

fn scope(granted: &[String], changes: &Changes) -> String {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in granted.iter().chain(&changes.scopes_to_add) {
        if !changes.scopes_to_suppress.contains(scope) && !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

/// Verified flags are booleans in tokens; every other attribute is a string.
fn attribute_claim(name: &str, value: &str) -> Value {
    match name {
        "email_verified" | "phone_number_verified" => json!(value == "true"),
        _ => json!(value),
    }
}

/// Applies a function's changes. `audience` is the one value that `aud` may take.
fn apply(claims: &mut Map<String, Value>, changes: &ClaimChanges, audience: Option<&str>) {
    for (name, value) in &changes.set {
        let allowed_audience = name == "aud" && audience.is_some() && value.as_str() == audience;
        if !value.is_null() && (allowed_audience || !is_reserved(name)) {
            claims.insert(name.clone(), value.clone());
        }
    }
    for name in &changes.suppress {
        if !is_reserved(name) {
            claims.remove(name);
        }
    }
}

fn is_reserved(name: &str) -> bool {
    name.starts_with("cognito:") || name.starts_with("dev:") || RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(changes: &Value, audience: Option<&str>) -> Map<String, Value> {
        let mut claims = Map::from_iter([("sub".to_owned(), json!("s")), ("email".to_owned(), json!("a@b.example"))]);
        let changes = ClaimChanges {
            set: changes["set"].as_object().cloned().unwrap_or_default(),
            suppress: serde_json::from_value(changes["suppress"].clone()).unwrap_or_default(),
        };
        apply(&mut claims, &changes, audience);
        claims
    }

    #[test]
    fn no_function_sets_or_suppresses_a_reserved_claim() {
        for name in RESERVED.into_iter().chain(["cognito:groups", "cognito:username", "dev:x"]) {
            let claims = changed(&json!({ "set": { (name): "mine" }, "suppress": [name] }), Some("client"));
            assert_ne!(claims.get(name), Some(&json!("mine")), "{name}");
            assert!(claims.contains_key("sub"), "{name}");
        }
    }

    #[test]
    fn the_audience_of_an_access_token_can_only_be_its_client() {
        assert_eq!(changed(&json!({ "set": { "aud": "client" } }), Some("client")).get("aud"), Some(&json!("client")));
        assert_eq!(changed(&json!({ "set": { "aud": "other" } }), Some("client")).get("aud"), None);
        assert_eq!(changed(&json!({ "set": { "aud": "client" } }), None).get("aud"), None);
    }

    #[test]
    fn suppression_wins_over_setting() {
        let claims = changed(&json!({ "set": { "tier": "gold" }, "suppress": ["tier", "email"] }), None);
        assert_eq!(claims.keys().collect::<Vec<_>>(), ["sub"]);
    }

    #[test]
    fn scopes_are_added_once_and_suppressed() {
        let changes = Changes {
            scopes_to_add: vec!["a".to_owned(), "b".to_owned(), "b".to_owned()],
            scopes_to_suppress: vec!["c".to_owned()],
            ..Changes::default()
        };
        assert_eq!(scope(&["a".to_owned(), "c".to_owned()], &changes), "a b");
    }
}
