//! What a trigger answered, and what its log says of it.

use domain::{Refusal, TenantId};
use serde_json::{Map, Value};

/// An answer, checked already: a reply differs from its event in `response` alone, a refusal is one of the closed list.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The reply, or the refusal.
    pub result: Result<Value, Refusal>,
    /// The decision that the log names.
    pub decision: &'static str,
    /// The refusal that was decided and not delivered.
    pub would: Option<Refusal>,
    /// The tenant that the log names.
    pub tenant: Option<TenantId>,
    /// The calls to the store.
    pub calls: Option<u32>,
}

impl Answer {
    /// The refusal's code, if it is one.
    pub fn code(&self) -> Option<&'static str> {
        self.result.as_ref().err().copied().map(Refusal::code)
    }

    /// The code of the refusal that was decided and not delivered.
    pub fn would_code(&self) -> Option<&'static str> {
        self.would.map(Refusal::code)
    }

    /// Whether it is a reply.
    pub fn is_reply(&self) -> bool {
        self.result.is_ok()
    }

    /// The reply's `response`.
    pub fn response(&self) -> &Value {
        match &self.result {
            Ok(reply) => &reply["response"],
            Err(refusal) => panic!("refused: {}", refusal.message()),
        }
    }

    /// What is set in the ID token of a V2 or V3 reply.
    pub fn id_token(&self) -> &Map<String, Value> {
        self.set("idTokenGeneration")
    }

    /// What is set in the access token of a V2 or V3 reply.
    pub fn access_token(&self) -> &Map<String, Value> {
        self.set("accessTokenGeneration")
    }

    fn set(&self, token: &str) -> &Map<String, Value> {
        let set = &self.response()["claimsAndScopeOverrideDetails"][token]["claimsToAddOrOverride"];
        set.as_object().unwrap_or_else(|| panic!("no {token} in {:?}", self.result))
    }

    /// The names that are suppressed in the ID token of a V2 or V3 reply.
    pub fn suppressed(&self) -> Vec<&str> {
        texts(&self.response()["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToSuppress"])
    }

    /// The groups of a V2 or V3 reply.
    pub fn groups(&self) -> Vec<&str> {
        texts(&self.response()["claimsAndScopeOverrideDetails"]["groupOverrideDetails"]["groupsToOverride"])
    }

    /// The scopes that a V2 or V3 reply adds.
    pub fn scopes_added(&self) -> Vec<&str> {
        texts(&self.response()["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["scopesToAdd"])
    }

    /// The scopes that a V2 or V3 reply takes.
    pub fn scopes_suppressed(&self) -> Vec<&str> {
        texts(&self.response()["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["scopesToSuppress"])
    }

    /// The tenant of which the tokens of a V2 or V3 reply speak; both must speak of the same, and of one only.
    pub fn speaks_of(&self) -> Option<TenantId> {
        let id = self.id_token().get("tenant_id");
        assert_eq!(id, self.access_token().get("tenant_id"), "both tokens speak of the same tenant");
        let tags = self.id_token().get(domain::claims::SESSION_TAGS);
        assert_eq!(tags.map(|tags| &tags["principal_tags"]["tenant_id"][0]), id, "the session tag is the tenant's");
        id.map(|id| id.as_str().expect("a string").parse().expect("a tenant's id"))
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
