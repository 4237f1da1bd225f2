//! The event of one invocation: read leniently where somebody asks, echoed to the byte where nobody decided.

use std::fmt;

use domain::{Account, Identities, Identity};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Source,
    challenge::Challenge,
    json::{self, Members},
    reply::Reply,
};

/// An event as Cognito sent it, with views on what triggers read.
///
/// Every view is lenient: absent, `null` and a wrong type are all "absent"; booleans and numbers where strings are
/// usual read as their text; of duplicate keys the last wins; unknown fields are skipped, however deep or large.
pub struct Event {
    raw: Box<RawValue>,
    trigger_source: String,
    version: Option<String>,
    user_pool_id: Option<String>,
    client_id: Option<String>,
    user_name: Option<String>,
    attributes: Texts,
    identities: Identities,
    client_metadata: Texts,
    validation_data: Texts,
    group_configuration: Option<GroupConfiguration>,
    scopes: Vec<String>,
    challenge: Challenge,
}

/// The groups of the person as Cognito would write them into the tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupConfiguration {
    /// Names of groups, for `cognito:groups`.
    pub groups_to_override: Vec<String>,
    /// ARNs of IAM roles, for `cognito:roles`.
    pub iam_roles_to_override: Vec<String>,
    /// The ARN for `cognito:preferred_role`.
    pub preferred_role: Option<String>,
}

/// Why an invocation is not an event of a user pool at all. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The payload is no JSON, or not in UTF-8.
    #[error("the payload is not JSON")]
    NotJson,
    /// The payload is a list, a string, a number, ...
    #[error("the event is not an object")]
    NotAnObject,
    /// There is no `triggerSource`, or it is not a string.
    #[error("the event names no trigger source")]
    NoTriggerSource,
    /// `request` is there, but a list, a string, a number, ...
    #[error("the event's request is not an object")]
    RequestNotAnObject,
}

impl Event {
    /// Reads an event. A missing or `null` `request` or `response` counts as empty.
    pub fn read(raw: &RawValue) -> Result<Self, Unreadable> {
        let event = Members::of(raw).ok_or(Unreadable::NotAnObject)?;
        let trigger_source = event.last("triggerSource").and_then(json::string).ok_or(Unreadable::NoTriggerSource)?;
        let request = match event.last("request") {
            Some(request) if !json::is_null(request) => {
                Some(Members::of(request).ok_or(Unreadable::RequestNotAnObject)?)
            }
            _ => None,
        };
        let in_event = |name| event.last(name).and_then(json::text);
        let in_request = |name| request.as_ref().and_then(|request| request.last(name));
        let attributes = in_request("userAttributes").and_then(Members::of);
        let caller_context = event.last("callerContext").and_then(Members::of);
        Ok(Self {
            version: in_event("version"),
            user_pool_id: in_event("userPoolId"),
            user_name: in_event("userName"),
            client_id: caller_context.and_then(|context| context.last("clientId").and_then(json::text)),
            identities: identities(attributes.as_ref().and_then(|attributes| attributes.last("identities"))),
            attributes: Texts::of(attributes.as_ref()),
            client_metadata: Texts::of(in_request("clientMetadata").and_then(Members::of).as_ref()),
            validation_data: Texts::of(in_request("validationData").and_then(Members::of).as_ref()),
            group_configuration: in_request("groupConfiguration").and_then(GroupConfiguration::of),
            scopes: in_request("scopes").and_then(json::texts).unwrap_or_default(),
            challenge: request.as_ref().map(Challenge::of).unwrap_or_default(),
            trigger_source,
            raw: raw.to_owned(),
        })
    }

    /// `triggerSource` as it is written.
    pub fn trigger_source(&self) -> &str {
        &self.trigger_source
    }

    /// `triggerSource`, if it is one that we know.
    pub fn source(&self) -> Option<Source> {
        Source::parse(&self.trigger_source)
    }

    /// The version of the event's format: `1` for most triggers, `1`, `2` or `3` for pre token generation.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The user pool that calls.
    pub fn user_pool_id(&self) -> Option<&str> {
        self.user_pool_id.as_deref()
    }

    /// The app client in use. It comes from Cognito, not from the caller.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Cognito's `userName`: the `sub` for native users of an e-mail pool, `Provider_id` for federated ones.
    pub fn user_name(&self) -> Option<&str> {
        self.user_name.as_deref()
    }

    /// One of the person's attributes, such as `sub` or `email_verified`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.last(name)
    }

    /// The account that signs up or in, as far as its attributes show it.
    pub fn account(&self) -> Account {
        Account {
            email: self.attribute("email").map(str::parse),
            email_verified: self.attribute("email_verified") == Some("true"),
            external: self.attribute("cognito:user_status") == Some("EXTERNAL_PROVIDER"),
            identities: self.identities.clone(),
        }
    }

    /// A hint from the caller: never a fact.
    pub fn client_metadata(&self, name: &str) -> Option<&str> {
        self.client_metadata.last(name)
    }

    /// A hint from the caller: never a fact.
    pub fn validation_data(&self, name: &str) -> Option<&str> {
        self.validation_data.last(name)
    }

    /// The person's groups; `{}` is a configuration without groups.
    pub fn group_configuration(&self) -> Option<&GroupConfiguration> {
        self.group_configuration.as_ref()
    }

    /// The scopes of the access token to come (V2 and V3); empty when the event has none.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What the triggers of the custom challenge read.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The event as it came. A `response` that is missing or no object becomes `{}`, since Cognito fails without it.
    pub fn unchanged(self) -> Reply {
        let response = Members::of(&self.raw).and_then(|event| event.last("response"));
        if response.is_some_and(json::is_object) {
            return Reply::from(self.raw);
        }
        Reply::parse(json::with_member(self.raw.get(), "response", "{}"))
    }

    /// The event with `key` of its `response` replaced, and all the rest as it came.
    pub fn respond(self, key: &str, value: &impl Serialize) -> Reply {
        match serde_json::to_string(value) {
            Ok(value) => self.respond_all([(key, value)]),
            Err(error) => Reply::from(error),
        }
    }

    /// The event with these members of its `response` replaced by these JSON texts, and all the rest as it came.
    pub(crate) fn respond_all<'k>(self, members: impl IntoIterator<Item = (&'k str, String)>) -> Reply {
        let event = Members::of(&self.raw);
        let response = event.as_ref().and_then(|event| event.last("response")).map_or("{}", RawValue::get);
        let response = members
            .into_iter()
            .fold(response.to_owned(), |response, (key, value)| json::with_member(&response, key, &value));
        Reply::parse(json::with_member(self.raw.get(), "response", &response))
    }
}

/// Says no more than the source: an event is full of addresses.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("source", &self.source()).finish_non_exhaustive()
    }
}

impl GroupConfiguration {
    fn of(value: &RawValue) -> Option<Self> {
        let members = Members::of(value)?;
        let list = |name| members.last(name).and_then(json::texts).unwrap_or_default();
        Some(Self {
            groups_to_override: list("groupsToOverride"),
            iam_roles_to_override: list("iamRolesToOverride"),
            preferred_role: members.last("preferredRole").and_then(json::text),
        })
    }
}

/// A map of texts. What is no text stays in it as absent, so that it hides an earlier duplicate.
#[derive(Default)]
pub(crate) struct Texts(Vec<(String, Option<String>)>);

impl Texts {
    pub(crate) fn of(members: Option<&Members<'_>>) -> Self {
        Self(members.into_iter().flat_map(Members::named).map(|(key, value)| (key, json::text(value))).collect())
    }

    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).and_then(|(_, value)| value.as_deref())
    }
}

/// The `identities` attribute: a list of objects, which Cognito writes as JSON inside a string.
///
/// Not lenient where the other views are: what cannot be read must not pass for an account without identities.
fn identities(value: Option<&RawValue>) -> Identities {
    let Some(value) = value.filter(|value| !json::is_null(value)) else { return Identities::None };
    let inner = json::text(value);
    let list = inner.as_deref().unwrap_or(value.get());
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list) else { return Identities::Malformed };
    match list.as_slice() {
        [] => Identities::None,
        [one] => identity(one).map_or(Identities::Malformed, Identities::One),
        _ => Identities::Many,
    }
}

fn identity(value: &RawValue) -> Option<Identity> {
    let members = Members::of(value)?;
    Some(Identity {
        provider: members.last("providerName").and_then(json::string)?,
        subject: members.last("userId").and_then(json::text)?,
    })
}
