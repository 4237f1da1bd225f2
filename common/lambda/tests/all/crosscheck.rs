//! What the types of `aws_lambda_events` decode, ours read equal; what those refuse, ours may read all the same.

use std::collections::HashMap;

use aws_lambda_events::event::cognito as aws;
use lambda::Event;
use serde_json::Value;

use crate::samples::{ALL, mutations, raw};

/// The common part of what the two sides read.
#[derive(Debug, PartialEq)]
struct Read {
    source: Option<String>,
    version: Option<String>,
    pool: Option<String>,
    client: Option<String>,
    user: Option<String>,
    attributes: HashMap<String, String>,
    client_metadata: HashMap<String, String>,
    validation_data: HashMap<String, String>,
    groups: (Vec<String>, Vec<String>, Option<String>),
    scopes: Vec<String>,
    /// Of each step its result; nothing for a step without a name.
    steps: Vec<Option<bool>>,
    custom: bool,
    private: HashMap<String, String>,
    user_not_found: bool,
}

impl Read {
    fn header<T: serde::Serialize>(header: aws::CognitoEventUserPoolsHeader<T>) -> Self {
        Self {
            source: header
                .trigger_source
                .map(|source| serde_json::to_value(source).unwrap().as_str().unwrap().to_owned()),
            version: header.version,
            pool: header.user_pool_id,
            client: header.caller_context.client_id,
            user: header.user_name,
            attributes: HashMap::new(),
            client_metadata: HashMap::new(),
            validation_data: HashMap::new(),
            groups: (Vec::new(), Vec::new(), None),
            scopes: Vec::new(),
            steps: Vec::new(),
            custom: false,
            private: HashMap::new(),
            user_not_found: false,
        }
    }

    fn theirs(trigger: &str, event: &Value) -> Option<Self> {
        Some(if trigger.starts_with("pre-sign-up") {
            let event: aws::CognitoEventUserPoolsPreSignup = serde_json::from_value(event.clone()).ok()?;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                validation_data: event.request.validation_data,
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else if trigger.starts_with("post-confirmation") {
            let event: aws::CognitoEventUserPoolsPostConfirmation = serde_json::from_value(event.clone()).ok()?;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else if trigger.starts_with("pre-token-generation.v1") {
            let event: aws::CognitoEventUserPoolsPreTokenGen = serde_json::from_value(event.clone()).ok()?;
            let groups = event.request.group_configuration;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                groups: (groups.groups_to_override, groups.iam_roles_to_override, groups.preferred_role),
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else if trigger == "define-auth-challenge" {
            let event: aws::CognitoEventUserPoolsDefineAuthChallenge = serde_json::from_value(event.clone()).ok()?;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                steps: event
                    .request
                    .session
                    .into_iter()
                    .map(|step| step.and_then(|step| step.challenge_name.map(|_| step.challenge_result)))
                    .collect(),
                user_not_found: event.request.user_not_found,
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else if trigger == "create-auth-challenge" {
            let event: aws::CognitoEventUserPoolsCreateAuthChallenge = serde_json::from_value(event.clone()).ok()?;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                custom: event.request.challenge_name.as_deref() == Some("CUSTOM_CHALLENGE"),
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else if trigger == "verify-auth-challenge" {
            let event: aws::CognitoEventUserPoolsVerifyAuthChallenge = serde_json::from_value(event.clone()).ok()?;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                private: event.request.private_challenge_parameters,
                user_not_found: event.request.user_not_found,
                ..Self::header(event.cognito_event_user_pools_header)
            }
        } else {
            let event: aws::CognitoEventUserPoolsPreTokenGenV2 = serde_json::from_value(event.clone()).ok()?;
            let groups = event.request.group_configuration;
            Self {
                attributes: event.request.user_attributes,
                client_metadata: event.request.client_metadata,
                groups: (groups.groups_to_override, groups.iam_roles_to_override, groups.preferred_role),
                scopes: event.request.scopes,
                ..Self::header(event.cognito_event_user_pools_header)
            }
        })
    }

    /// What our views give for the keys that the other side found.
    fn ours(event: &Event, theirs: &Self) -> Self {
        let texts = |keys: &HashMap<String, String>, view: &dyn Fn(&str) -> Option<String>| {
            keys.keys().filter_map(|key| Some((key.clone(), view(key)?))).collect()
        };
        let groups = event.group_configuration().cloned().unwrap_or_default();
        Self {
            source: Some(event.trigger_source().to_owned()),
            version: event.version().map(str::to_owned),
            pool: event.user_pool_id().map(str::to_owned),
            client: event.client_id().map(str::to_owned),
            user: event.user_name().map(str::to_owned),
            attributes: texts(&theirs.attributes, &|key| event.attribute(key).map(str::to_owned)),
            client_metadata: texts(&theirs.client_metadata, &|key| event.client_metadata(key).map(str::to_owned)),
            validation_data: texts(&theirs.validation_data, &|key| event.validation_data(key).map(str::to_owned)),
            groups: (groups.groups_to_override, groups.iam_roles_to_override, groups.preferred_role),
            // A step that has no name cannot be read here, and neither can the session then.
            steps: if theirs.steps.contains(&None) {
                assert!(event.challenge().session().is_none());
                theirs.steps.clone()
            } else if theirs.steps.is_empty() {
                Vec::new()
            } else {
                event.challenge().session().unwrap().iter().map(|step| step.result).collect()
            },
            custom: theirs.custom && event.challenge().is_custom(),
            private: texts(&theirs.private, &|key| event.challenge().private(key).map(str::to_owned)),
            user_not_found: theirs.user_not_found && event.challenge().user_not_found(),
            scopes: if theirs.scopes.is_empty() { Vec::new() } else { event.scopes().to_vec() },
        }
    }
}

#[test]
fn what_their_types_decode_ours_read_equal() {
    let (mut both, mut ours_alone) = (0, 0);
    for (name, text) in ALL {
        let event: Value = serde_json::from_str(text).unwrap();
        let bent = mutations(&event);
        for (what, event) in std::iter::once((String::new(), event)).chain(bent) {
            let ours = Event::read(&raw(&event.to_string()));
            match (Read::theirs(name, &event), ours) {
                (Some(theirs), Ok(ours)) => {
                    both += 1;
                    assert_eq!(Read::ours(&ours, &theirs), theirs, "{name}: {what}");
                }
                // An event without a source is one that no trigger can answer. A request that is a list passes there
                // because serde also reads structs from lists.
                (Some(theirs), Err(error)) => {
                    assert!(theirs.source.is_none() || event["request"].is_array(), "{name}: {what}: {error}");
                }
                (None, Ok(_)) => ours_alone += 1,
                (None, Err(_)) => {}
            }
        }
    }
    assert!(both > 500 && ours_alone > 500, "{both} read by both, {ours_alone} by ours alone");
}

#[test]
fn every_sample_but_the_machines_decodes_on_their_side() {
    for (name, text) in ALL {
        let theirs = Read::theirs(name, &serde_json::from_str(text).unwrap());
        // Their sources are a closed list without client credentials.
        assert_eq!(theirs.is_some(), name != "pre-token-generation.v3.client-credentials", "{name}");
    }
}
