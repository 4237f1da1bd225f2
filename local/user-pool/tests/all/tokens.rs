//! What the tokens say, claim by claim, against "Understanding the identity (ID) token", "Understanding the access token"
//! and "Pre token generation Lambda trigger" of the Amazon Cognito developer guide.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, IssuerStyle, PreTokenVersion};

use crate::kit::{ANN, Act, CLIENT, Kit, POOL, claims, words};

fn names(claims: &Value) -> BTreeSet<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 36 && text.split('-').count() == 5)
}

/// Signs Ann in and reads both tokens.
async fn tokens(kit: &Kit) -> (Value, Value) {
    let result = kit.sign_in().await.unwrap();
    (claims(result.id_token().unwrap()), claims(result.access_token().unwrap()))
}

#[tokio::test]
async fn every_claim_of_a_plain_sign_in_is_what_the_guide_lists() {
    let kit = Kit::start().await;
    let sub = kit.ann().await;
    kit.pool.add_to_group(ANN, "readers").unwrap();
    let (id, access) = tokens(&kit).await;
    let issuer = format!("{}/{POOL}", kit.server.url());
    assert_eq!(kit.server.issuer(POOL), Some(issuer.clone()));

    // (claim, ID token, access token); null stands for "not there", a type for "one of these".
    let table = json!([
        ["sub", sub, sub],
        ["iss", issuer, issuer],
        ["aud", CLIENT, null],
        ["client_id", null, CLIENT],
        ["token_use", "id", "access"],
        ["cognito:username", sub, null],
        ["username", null, sub],
        ["cognito:groups", ["readers"], ["readers"]],
        ["email", ANN, null],
        ["email_verified", true, null],
        ["scope", null, "aws.cognito.signin.user.admin"],
        ["origin_jti", "<uuid>", "<uuid>"],
        ["event_id", "<uuid>", "<uuid>"],
        ["jti", "<uuid>", "<uuid>"],
        ["auth_time", "<seconds>", "<seconds>"],
        ["iat", "<seconds>", "<seconds>"],
        ["exp", "<seconds>", "<seconds>"],
    ]);
    let mut listed: [BTreeSet<&str>; 2] = Default::default();
    for row in table.as_array().unwrap() {
        let name = row[0].as_str().unwrap();
        for (index, token) in [&id, &access].into_iter().enumerate() {
            let (expected, found) = (&row[index + 1], &token[name]);
            match expected.as_str() {
                _ if expected.is_null() => assert_eq!(token.get(name), None, "{name}"),
                Some("<uuid>") => assert!(is_uuid(found), "{name}: {found}"),
                Some("<seconds>") => assert!(found.is_i64(), "{name}: {found}"),
                _ => assert_eq!(found, expected, "{name}"),
            }
            if !expected.is_null() {
                listed[index].insert(name);
            }
        }
    }
    assert_eq!(names(&id), listed[0], "the ID token says nothing else");
    assert_eq!(names(&access), listed[1], "the access token says nothing else");
    for shared in ["origin_jti", "event_id", "auth_time"] {
        assert_eq!(id[shared], access[shared], "{shared}");
    }
    assert_ne!(id["jti"], access["jti"]);
    assert_eq!(id["exp"].as_i64().unwrap() - id["iat"].as_i64().unwrap(), 3_600);
}

#[tokio::test]
async fn an_aws_shaped_issuer_is_an_option() {
    let kit = Kit::start_with(|_| {}, IssuerStyle::Aws).await;
    kit.ann().await;
    let (id, access) = tokens(&kit).await;
    for token in [id, access] {
        assert_eq!(token["iss"], format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"));
    }
    let signed_in = kit.sign_in().await.unwrap();
    kit.sdk.get_user().access_token(signed_in.access_token().unwrap()).send().await.unwrap();
}

#[tokio::test]
async fn the_id_token_shows_what_the_client_may_read() {
    let kit = Kit::start().await;
    kit.ann().await;
    let reader = kit.pool.add_client(ClientSeed {
        settings: ClientSettings {
            read_attributes: vec!["name".to_owned()],
            ..ClientSettings::for_passwords("reader")
        },
        ..ClientSeed::default()
    });
    let signed_in = kit
        .sdk
        .initiate_auth()
        .client_id(&reader.client_id)
        .auth_flow("USER_PASSWORD_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .auth_parameters("PASSWORD", crate::kit::PASSWORD)
        .send()
        .await
        .unwrap();
    let result = signed_in.authentication_result().unwrap();
    assert_eq!(claims(result.id_token().unwrap()).get("email"), None);
    let user = kit.sdk.get_user().access_token(result.access_token().unwrap()).send().await.unwrap();
    assert_eq!(user.user_attributes().iter().map(AttributeType::name).collect::<Vec<_>>(), ["sub"]);
}

#[tokio::test]
async fn version_one_changes_the_id_token_and_the_groups() {
    let kit = Kit::start_with(|pool| pool.triggers.pre_token_version = PreTokenVersion::V1, IssuerStyle::Local).await;
    kit.ann().await;
    kit.functions.take();
    kit.functions.change("pre-token-generation", |event| {
        event["response"]["claimsOverrideDetails"] = json!({
            "claimsToAddOrOverride": { "tenant_id": "t_1", "sub": "forged", "cognito:username": "forged" },
            "claimsToSuppress": ["email", "iss"],
            "groupOverrideDetails": {
                "groupsToOverride": ["g1", "g2"],
                "iamRolesToOverride": ["arn:aws:iam::1:role/r"],
                "preferredRole": "arn:aws:iam::1:role/r",
            },
        });
    });
    let (id, access) = tokens(&kit).await;
    let event = &kit.functions.take()[0];
    assert_eq!(event["version"], "1");
    assert_eq!(event["request"].get("scopes"), None);
    assert_eq!(event["response"], json!({ "claimsOverrideDetails": null }));
    assert_eq!(id["tenant_id"], "t_1");
    assert_eq!(id["sub"], access["sub"]);
    assert_ne!(id["cognito:username"], "forged");
    assert_eq!(id.get("email"), None);
    assert!(id["iss"].is_string());
    assert_eq!(id["cognito:groups"], json!(["g1", "g2"]));
    assert_eq!(id["cognito:roles"], json!(["arn:aws:iam::1:role/r"]));
    assert_eq!(id["cognito:preferred_role"], "arn:aws:iam::1:role/r");
    assert_eq!(access["cognito:groups"], json!(["g1", "g2"]));
    assert_eq!(access.get("tenant_id"), None);

    kit.functions.change("pre-token-generation", |event| {
        event["response"]["claimsOverrideDetails"] = json!({ "claimsToAddOrOverride": { "roles": ["admin"] } });
    });
    assert_eq!(kit.sign_in().await.unwrap_err(), "InvalidLambdaResponseException: Unrecognizable lambda output");
    kit.functions.on("pre-token-generation", Act::Fail("No."));
    assert_eq!(
        kit.sign_in().await.unwrap_err(),
        "UserLambdaValidationException: PreTokenGeneration failed with error No.."
    );
}

#[tokio::test]
async fn versions_two_and_three_change_both_tokens() {
    for version in [PreTokenVersion::V2, PreTokenVersion::V3] {
        let kit = Kit::start_with(|pool| pool.triggers.pre_token_version = version, IssuerStyle::Local).await;
        kit.ann().await;
        kit.pool.add_to_group(ANN, "readers").unwrap();
        kit.functions.take();
        kit.functions.change("pre-token-generation", |event| {
            event["response"]["claimsAndScopeOverrideDetails"] = json!({
                "idTokenGeneration": {
                    "claimsToAddOrOverride": {
                        "roles": ["owner"],
                        "https://aws.amazon.com/tags": { "principal_tags": { "tenant_id": ["t_1"] } },
                        "seat": 7,
                        "trial": true,
                    },
                    "claimsToSuppress": ["email_verified"],
                },
                "accessTokenGeneration": {
                    "claimsToAddOrOverride": { "roles": ["owner"], "aud": CLIENT, "client_id": "forged" },
                    "claimsToSuppress": ["jti"],
                    "scopesToAdd": ["billing/read"],
                    "scopesToSuppress": ["aws.cognito.signin.user.admin"],
                },
                "groupOverrideDetails": event["request"]["groupConfiguration"],
            });
        });
        let result = kit.sign_in().await.unwrap();
        let event = &kit.functions.take()[0];
        assert_eq!(event["version"], if version == PreTokenVersion::V2 { "2" } else { "3" });
        assert_eq!(event["request"]["groupConfiguration"]["groupsToOverride"], json!(["readers"]));
        let (id, access) = (claims(result.id_token().unwrap()), claims(result.access_token().unwrap()));
        assert_eq!(id["roles"], json!(["owner"]));
        assert_eq!(id["https://aws.amazon.com/tags"]["principal_tags"]["tenant_id"], json!(["t_1"]));
        assert_eq!((&id["seat"], &id["trial"]), (&json!(7), &json!(true)));
        assert_eq!(id.get("email_verified"), None);
        assert_eq!(access["roles"], json!(["owner"]));
        assert_eq!(access["aud"], CLIENT);
        assert_eq!(access["client_id"], CLIENT);
        assert!(is_uuid(&access["jti"]));
        assert_eq!(access["scope"], "billing/read");
        assert_eq!(access["cognito:groups"], json!(["readers"]));
        // Without the scope the account is closed to this token.
        let get = kit.sdk.get_user().access_token(result.access_token().unwrap()).send().await;
        assert_eq!(
            get.map_err(words).unwrap_err(),
            "NotAuthorizedException: Access Token does not have required scopes"
        );
    }
}

#[tokio::test]
async fn an_empty_group_override_suppresses_the_groups() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.pool.add_to_group(ANN, "readers").unwrap();
    for empty in [json!({}), json!(null)] {
        kit.functions.change("pre-token-generation", move |event| {
            event["response"]["claimsAndScopeOverrideDetails"] = json!({ "groupOverrideDetails": empty });
        });
        let (id, access) = tokens(&kit).await;
        assert_eq!((id.get("cognito:groups"), access.get("cognito:groups")), (None, None));
    }
}

#[tokio::test]
async fn groups_come_with_their_roles_in_the_order_of_precedence() {
    let kit = Kit::start().await;
    kit.ann().await;
    for (name, precedence) in [("second", 2), ("first", 1)] {
        let role = format!("arn:aws:iam::1:role/{name}");
        let create = kit.sdk.create_group().user_pool_id(POOL).group_name(name).precedence(precedence).role_arn(role);
        create.send().await.unwrap();
        kit.sdk.admin_add_user_to_group().user_pool_id(POOL).username(ANN).group_name(name).send().await.unwrap();
    }
    let (id, access) = tokens(&kit).await;
    assert_eq!(id["cognito:groups"], json!(["first", "second"]));
    assert_eq!(id["cognito:roles"], json!(["arn:aws:iam::1:role/first", "arn:aws:iam::1:role/second"]));
    assert_eq!(id["cognito:preferred_role"], "arn:aws:iam::1:role/first");
    assert_eq!(access["cognito:groups"], json!(["first", "second"]));
    assert_eq!(access.get("cognito:roles"), None);
}

#[tokio::test]
async fn the_keys_and_the_configuration_are_published() {
    let kit = Kit::start().await;
    let (status, jwks) = kit.get(&format!("/{POOL}/.well-known/jwks.json")).await;
    assert_eq!(status, 200);
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert_eq!(
            (&key["alg"], &key["kty"], &key["use"], &key["e"]),
            (&json!("RS256"), &json!("RSA"), &json!("sig"), &json!("AQAB"))
        );
        assert_eq!(key["n"].as_str().unwrap().len(), 342);
    }
    let (_, configuration) = kit.get(&format!("/{POOL}/.well-known/openid-configuration")).await;
    assert_eq!(configuration["issuer"], json!(kit.server.issuer(POOL)));
    assert_eq!(configuration["jwks_uri"], format!("{}/{POOL}/.well-known/jwks.json", kit.server.url()));
    let (status, error) = kit.get("/eu-west-1_Nobody/.well-known/jwks.json").await;
    assert_eq!((status, &error["__type"]), (400, &json!("ResourceNotFoundException")));
}

#[tokio::test]
async fn a_changed_token_opens_nothing() {
    let kit = Kit::start().await;
    kit.ann().await;
    let result = kit.sign_in().await.unwrap();
    let token = result.access_token().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = result.id_token().unwrap();
    let other_claims = other.split('.').nth(1).unwrap();
    for forged in [
        format!("{header}.{other_claims}.{signature}"),
        format!("{signed}."),
        format!("{signed}.AAAA"),
        other.to_owned(),
        "x".to_owned(),
    ] {
        let get = kit.sdk.get_user().access_token(&forged).send().await;
        assert_eq!(get.map_err(words).unwrap_err(), "NotAuthorizedException: Invalid Access Token", "{forged}");
    }
}
