//! Every fixture, as the types of `aws_lambda_events` understand it: what they decode, our views read equal, and what we answer, they
//! decode.

use std::collections::{BTreeMap, HashMap};

use aws_lambda_events::event::cognito as aws;
use domain::challenge::{Step, StepName};
use lambda::Event;
use serde_json::{Value, json};
use tests::fixture::Fixture;

/// What both sides read of an event.
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
    groups: Value,
    scopes: Vec<String>,
    /// Nothing, if one of the steps has no name: then the whole history cannot be read.
    steps: Option<Vec<Step>>,
    custom: bool,
    private: HashMap<String, String>,
    answer: String,
    user_not_found: bool,
}

impl Read {
    fn header<T: serde::Serialize>(header: aws::CognitoEventUserPoolsHeader<T>) -> Self {
        Self {
            source: header.trigger_source.map(|source| json!(source).as_str().unwrap().to_owned()),
            version: header.version,
            pool: header.user_pool_id,
            client: header.caller_context.client_id,
            user: header.user_name,
            attributes: HashMap::new(),
            client_metadata: HashMap::new(),
            validation_data: HashMap::new(),
            groups: groups(&aws::GroupConfiguration::default()),
            scopes: Vec::new(),
            steps: Some(Vec::new()),
            custom: false,
            private: HashMap::new(),
            answer: String::new(),
            user_not_found: false,
        }
    }

    fn theirs(trigger: &str, event: Value) -> serde_json::Result<Self> {
        let version = event["version"].as_str().map(str::to_owned);
        Ok(match (trigger, version.as_deref()) {
            ("pre-sign-up", _) => {
                let event: aws::CognitoEventUserPoolsPreSignup = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    validation_data: event.request.validation_data,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            ("post-confirmation", _) => {
                let event: aws::CognitoEventUserPoolsPostConfirmation = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            ("define-auth-challenge", _) => {
                let event: aws::CognitoEventUserPoolsDefineAuthChallenge = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    steps: steps(event.request.session),
                    user_not_found: event.request.user_not_found,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            ("create-auth-challenge", _) => {
                let event: aws::CognitoEventUserPoolsCreateAuthChallenge = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    steps: steps(event.request.session),
                    custom: event.request.challenge_name.as_deref() == Some("CUSTOM_CHALLENGE"),
                    user_not_found: event.request.user_not_found,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            ("verify-auth-challenge", _) => {
                let event: aws::CognitoEventUserPoolsVerifyAuthChallenge = serde_json::from_value(event)?;
                let answer = event.request.challenge_answer.as_ref().and_then(Value::as_str);
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    private: event.request.private_challenge_parameters,
                    answer: answer.unwrap_or_default().to_owned(),
                    user_not_found: event.request.user_not_found,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            (_, Some("1")) => {
                let event: aws::CognitoEventUserPoolsPreTokenGen = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    groups: groups(&event.request.group_configuration),
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
            _ => {
                let event: aws::CognitoEventUserPoolsPreTokenGenV2 = serde_json::from_value(event)?;
                Self {
                    attributes: event.request.user_attributes,
                    client_metadata: event.request.client_metadata,
                    groups: groups(&event.request.group_configuration),
                    scopes: event.request.scopes,
                    ..Self::header(event.cognito_event_user_pools_header)
                }
            }
        })
    }

    /// What our views give for the keys that the other side found.
    fn ours(event: &Event, theirs: &Self) -> Self {
        let texts = |keys: &HashMap<String, String>, view: &dyn Fn(&str) -> Option<String>| {
            keys.keys().filter_map(|key| Some((key.clone(), view(key)?))).collect()
        };
        let found = event.group_configuration().cloned().unwrap_or_default();
        let challenge = event.challenge();
        Self {
            source: Some(event.trigger_source().to_owned()),
            version: event.version().map(str::to_owned),
            pool: event.user_pool_id().map(str::to_owned),
            client: event.client_id().map(str::to_owned),
            user: event.user_name().map(str::to_owned),
            attributes: texts(&theirs.attributes, &|key| event.attribute(key).map(str::to_owned)),
            client_metadata: texts(&theirs.client_metadata, &|key| event.client_metadata(key).map(str::to_owned)),
            validation_data: texts(&theirs.validation_data, &|key| event.validation_data(key).map(str::to_owned)),
            groups: json!([found.groups_to_override, found.iam_roles_to_override, found.preferred_role]),
            scopes: event.scopes().to_vec(),
            steps: challenge.session().map(<[Step]>::to_vec),
            custom: challenge.is_custom(),
            private: texts(&theirs.private, &|key| challenge.private(key).map(str::to_owned)),
            answer: challenge.answer().to_owned(),
            user_not_found: challenge.user_not_found(),
        }
    }
}

fn groups(theirs: &aws::GroupConfiguration) -> Value {
    json!([theirs.groups_to_override, theirs.iam_roles_to_override, theirs.preferred_role])
}

fn steps(theirs: Vec<Option<aws::CognitoEventUserPoolsChallengeResult>>) -> Option<Vec<Step>> {
    let name = |name: &str| match name {
        "SRP_A" => StepName::SrpA,
        "PASSWORD_VERIFIER" => StepName::PasswordVerifier,
        "CUSTOM_CHALLENGE" => StepName::Custom,
        "NEW_PASSWORD_REQUIRED" => StepName::NewPasswordRequired,
        "SMS_MFA" => StepName::SmsMfa,
        "SOFTWARE_TOKEN_MFA" => StepName::SoftwareTokenMfa,
        "DEVICE_SRP_AUTH" => StepName::DeviceSrpAuth,
        "DEVICE_PASSWORD_VERIFIER" => StepName::DevicePasswordVerifier,
        _ => StepName::Other,
    };
    let step = |step: aws::CognitoEventUserPoolsChallengeResult| {
        Some(Step { name: name(&step.challenge_name?), result: Some(step.challenge_result) })
    };
    theirs.into_iter().map(|entry| entry.and_then(step)).collect()
}

#[test]
fn what_their_types_decode_our_views_read_equal() {
    let (mut equal, mut ours_alone) = (BTreeMap::new(), Vec::new());
    for fixture in Fixture::all() {
        let event = fixture.event();
        let raw = serde_json::value::to_raw_value(&event).unwrap();
        let ours = Event::read(&raw).unwrap_or_else(|error| panic!("{}/{}: {error}", fixture.trigger, fixture.case));
        match Read::theirs(&fixture.trigger, event) {
            Ok(theirs) => {
                assert_eq!(Read::ours(&ours, &theirs), theirs, "{}/{}", fixture.trigger, fixture.case);
                *equal.entry(fixture.trigger).or_insert(0) += 1;
            }
            // Absent scopes, booleans, sources of the future: the reason for views of our own.
            Err(_) => ours_alone.push(fixture.case),
        }
    }
    assert_eq!(equal.len(), laptop::TRIGGERS.len(), "{equal:?}");
    assert!(equal.values().sum::<usize>() >= 200, "{equal:?} equal; {ours_alone:?} are read by us alone");
}

#[test]
fn what_we_answer_their_types_decode() {
    let mut decoded = 0;
    for fixture in Fixture::all() {
        let answer = fixture.answer();
        let Some(details) = answer["response"].as_object() else { continue };
        let name = format!("{}/{}", fixture.trigger, fixture.case);
        if let Some(ours) = details.get("claimsAndScopeOverrideDetails").filter(|details| !details.is_null()) {
            let theirs: aws::ClaimsAndScopeOverrideDetailsV2 =
                serde_json::from_value(ours.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let access = theirs.access_token_generation.expect("an access token");
            let ours_access = &ours["accessTokenGeneration"];
            assert_eq!(json!(access.claims_to_add_or_override), ours_access["claimsToAddOrOverride"], "{name}");
            assert_eq!(json!(access.claims_to_suppress), ours_access["claimsToSuppress"], "{name}");
            assert_eq!(json!(access.scopes_to_add), ours_access["scopesToAdd"], "{name}");
            assert_eq!(json!(access.scopes_to_suppress), ours_access["scopesToSuppress"], "{name}");
            let id = theirs.id_token_generation.map(|id| json!([id.claims_to_add_or_override, id.claims_to_suppress]));
            let ours_id = ours.get("idTokenGeneration");
            assert_eq!(id, ours_id.map(|id| json!([id["claimsToAddOrOverride"], id["claimsToSuppress"]])), "{name}");
            let found = &ours["groupOverrideDetails"];
            let ours_groups = json!([found["groupsToOverride"], found["iamRolesToOverride"], found["preferredRole"]]);
            assert_eq!(groups(&theirs.group_override_details), ours_groups, "{name}");
            decoded += 1;
        }
        if let Some(ours) = details.get("claimsOverrideDetails").filter(|details| !details.is_null()) {
            let theirs: aws::ClaimsOverrideDetails =
                serde_json::from_value(ours.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(json!(theirs.claims_to_add_or_override), ours["claimsToAddOrOverride"], "{name}");
            assert_eq!(json!(theirs.claims_to_suppress), ours["claimsToSuppress"], "{name}");
            decoded += 1;
        }
        if fixture.trigger == "pre-sign-up" && details.contains_key("autoConfirmUser") {
            let theirs: aws::CognitoEventUserPoolsPreSignupResponse =
                serde_json::from_value(answer["response"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!theirs.auto_confirm_user && !theirs.auto_verify_email && !theirs.auto_verify_phone, "{name}");
            decoded += 1;
        }
        let ours = &answer["response"];
        match fixture.trigger.as_str() {
            "define-auth-challenge" => {
                let theirs: aws::CognitoEventUserPoolsDefineAuthChallengeResponse = decode(ours, &name);
                assert_eq!(json!(theirs.challenge_name), ours["challengeName"], "{name}");
                assert_eq!(theirs.issue_tokens, ours["issueTokens"] == true, "{name}");
                assert_eq!(theirs.fail_authentication, ours["failAuthentication"] == true, "{name}");
                // A challenge, tokens or the end: never two of them, and none only where nothing was decided.
                let said = [theirs.challenge_name.is_some(), theirs.issue_tokens, theirs.fail_authentication];
                let said = said.into_iter().filter(|said| *said).count();
                assert_eq!(said, usize::from(answer["decision"] != "observed"), "{name}");
            }
            "create-auth-challenge" => {
                let theirs: aws::CognitoEventUserPoolsCreateAuthChallengeResponse = decode(ours, &name);
                if answer["decision"] != "observed" {
                    assert_eq!(json!(theirs.public_challenge_parameters), ours["publicChallengeParameters"], "{name}");
                    let private = &ours["privateChallengeParameters"];
                    assert_eq!(json!(theirs.private_challenge_parameters), *private, "{name}");
                    assert_eq!(json!(theirs.challenge_metadata), ours["challengeMetadata"], "{name}");
                }
            }
            "verify-auth-challenge" => {
                let theirs: aws::CognitoEventUserPoolsVerifyAuthChallengeResponse = decode(ours, &name);
                if answer["decision"] != "observed" {
                    assert_eq!(json!(theirs.answer_correct), ours["answerCorrect"], "{name}");
                }
            }
            _ => continue,
        }
        decoded += 1;
    }
    assert!(decoded >= 150, "{decoded}");
}

fn decode<T: serde::de::DeserializeOwned>(ours: &Value, name: &str) -> T {
    serde_json::from_value(ours.clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Names that Cognito sets itself, or that say who the person is: no answer of ours names one.
#[test]
fn no_answer_sets_a_claim_of_cognitos_own() {
    let taken = [
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "jti",
        "origin_jti",
        "event_id",
        "token_use",
        "client_id",
        "version",
        "username",
        "identities",
        "acr",
        "amr",
        "azp",
        "nonce",
        "nbf",
        "at_hash",
        "device_key",
        "email",
        "email_verified",
        "scope",
    ];
    for fixture in Fixture::all() {
        let answer = fixture.answer();
        for pointer in [
            "/response/claimsOverrideDetails",
            "/response/claimsAndScopeOverrideDetails/idTokenGeneration",
            "/response/claimsAndScopeOverrideDetails/accessTokenGeneration",
        ] {
            let Some(details) = answer.pointer(pointer) else { continue };
            for (name, _) in details["claimsToAddOrOverride"].as_object().into_iter().flatten() {
                let reserved =
                    taken.contains(&name.as_str()) || name.starts_with("cognito:") || name.starts_with("dev:");
                assert!(!reserved, "{}/{}: {name}", fixture.trigger, fixture.case);
                let access = pointer.ends_with("accessTokenGeneration");
                assert!(!(access && name == domain::claims::SESSION_TAGS), "session tags are of the ID token alone");
            }
        }
    }
}
