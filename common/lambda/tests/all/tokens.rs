//! What pre token generation answers, as Cognito and `aws_lambda_events` understand it.

use std::collections::BTreeMap;

use aws_lambda_events::event::cognito as aws;
use lambda::tokens::{
    AccessTokenGeneration, ClaimsAndScopeOverrideDetails, ClaimsOverrideDetails, GroupOverrideDetails,
    IdTokenGeneration,
};
use serde_json::{Value, json};

use crate::samples::{event, sample};

#[test]
fn a_v1_answer_is_what_the_guide_says() {
    let event = event(&sample("pre-token-generation.v1.authentication").to_string());
    let details = ClaimsOverrideDetails {
        claims_to_add_or_override: BTreeMap::from([("tenant_id".to_owned(), "t_x".to_owned())]),
        claims_to_suppress: vec!["custom:tenant_id".to_owned()],
        group_override_details: GroupOverrideDetails::carried(event.group_configuration()),
    };
    let reply = serde_json::to_value(event.respond(ClaimsOverrideDetails::KEY, &details)).unwrap();
    let mut expected = sample("pre-token-generation.v1.authentication");
    expected["response"] = json!({ "claimsOverrideDetails": {
        "claimsToAddOrOverride": { "tenant_id": "t_x" },
        "claimsToSuppress": ["custom:tenant_id"],
        "groupOverrideDetails": expected["request"]["groupConfiguration"],
    } });
    assert_eq!(reply, expected);
    let theirs: aws::CognitoEventUserPoolsPreTokenGen = serde_json::from_value(reply.clone()).unwrap();
    assert_eq!(serde_json::to_value(theirs.response).unwrap(), reply["response"]);
}

#[test]
fn a_v2_answer_is_what_the_guide_says() {
    let event = event(&sample("pre-token-generation.v2.hosted-auth").to_string());
    let claims = BTreeMap::from([
        ("tenant_id".to_owned(), json!("t_x")),
        ("roles".to_owned(), json!(["admin", "buyer"])),
        ("https://aws.amazon.com/tags".to_owned(), json!({ "principal_tags": { "tenant_id": ["t_x"] } })),
    ]);
    let details = ClaimsAndScopeOverrideDetails {
        id_token_generation: Some(IdTokenGeneration {
            claims_to_add_or_override: claims.clone(),
            claims_to_suppress: vec!["userRole".to_owned()],
        }),
        access_token_generation: AccessTokenGeneration {
            claims_to_add_or_override: claims.clone(),
            claims_to_suppress: vec!["userRole".to_owned()],
            scopes_to_add: vec!["orders/read".to_owned()],
            scopes_to_suppress: vec!["aws.cognito.signin.user.admin".to_owned()],
        },
        group_override_details: GroupOverrideDetails::carried(event.group_configuration()),
    };
    let reply = serde_json::to_value(event.respond(ClaimsAndScopeOverrideDetails::KEY, &details)).unwrap();
    assert_eq!(
        reply["response"],
        json!({ "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": { "claimsToAddOrOverride": claims, "claimsToSuppress": ["userRole"] },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": claims,
                "claimsToSuppress": ["userRole"],
                "scopesToAdd": ["orders/read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
            "groupOverrideDetails": {
                "groupsToOverride": ["eu-west-1_Tenantry1_AcmeOkta"],
                "iamRolesToOverride": [],
                "preferredRole": null,
            },
        } })
    );
    let theirs: aws::CognitoEventUserPoolsPreTokenGenV2 = serde_json::from_value(reply.clone()).unwrap();
    assert_eq!(serde_json::to_value(theirs.response).unwrap(), reply["response"]);
}

#[test]
fn a_machine_has_no_id_token() {
    let details = ClaimsAndScopeOverrideDetails {
        id_token_generation: None,
        access_token_generation: AccessTokenGeneration::default(),
        group_override_details: GroupOverrideDetails::carried(None),
    };
    assert_eq!(serde_json::to_value(details).unwrap().get("idTokenGeneration"), None);
}

#[test]
fn c9_groups_are_written_on_purpose() {
    let none: Value = json!({ "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null });
    assert_eq!(serde_json::to_value(GroupOverrideDetails::carried(None)).unwrap(), none);
    let event = event(&sample("pre-token-generation.v1.authentication").to_string());
    let carried = serde_json::to_value(GroupOverrideDetails::carried(event.group_configuration())).unwrap();
    assert_eq!(carried, sample("pre-token-generation.v1.authentication")["request"]["groupConfiguration"]);
    assert_eq!(
        serde_json::to_value(GroupOverrideDetails::replaced(vec!["t_x:admin".to_owned()])).unwrap(),
        json!({ "groupsToOverride": ["t_x:admin"], "iamRolesToOverride": [], "preferredRole": "" })
    );
}
