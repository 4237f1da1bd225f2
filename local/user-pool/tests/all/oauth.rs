//! The token endpoint.

use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, IssuerStyle, PreTokenVersion, RefreshTokenRotation, ResourceServer};

use crate::kit::{ANN, Act, CLIENT, Kit, PASSWORD, POOL, claims};

const FORM: &str = "application/x-www-form-urlencoded";

async fn kit(version: PreTokenVersion) -> Kit {
    Kit::start_with(
        |pool| {
            pool.triggers.pre_token_version = version;
            pool.resource_servers.push(ResourceServer {
                identifier: "billing".to_owned(),
                scopes: vec!["read".to_owned(), "write".to_owned()],
            });
            pool.clients.push(ClientSeed {
                client_id: Some("robot".to_owned()),
                client_secret: Some("s3cret".to_owned()),
                generate_secret: false,
                settings: ClientSettings::for_machine("robot", ["billing/read", "billing/write"]),
            });
        },
        IssuerStyle::Local,
    )
    .await
}

async fn ask(kit: &Kit, more: &str) -> (u16, Value) {
    let form = format!("grant_type=client_credentials&client_id=robot&client_secret=s3cret{more}");
    kit.post("/oauth2/token", FORM, form).await
}

#[tokio::test]
async fn a_machine_gets_an_access_token_with_the_claims_of_the_guide() {
    let kit = kit(PreTokenVersion::V2).await;
    let (status, answer) = ask(&kit, "&scope=billing/read").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!((answer.get("id_token"), answer.get("refresh_token")), (None, None));
    let access = claims(answer["access_token"].as_str().unwrap());
    let names: Vec<&str> = access.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["auth_time", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "token_use", "version"]);
    assert_eq!((&access["sub"], &access["client_id"]), (&json!("robot"), &json!("robot")));
    assert_eq!((&access["token_use"], &access["version"]), (&json!("access"), &json!(2)));
    assert_eq!(access["scope"], "billing/read");
    assert!(kit.functions.take().is_empty(), "below V3 a machine fires no trigger");
}

#[tokio::test]
async fn version_three_fires_for_machines_too() {
    let kit = kit(PreTokenVersion::V3).await;
    kit.functions.change("pre-token-generation", |event| {
        event["response"]["claimsAndScopeOverrideDetails"] = json!({ "accessTokenGeneration": {
            "claimsToAddOrOverride": { "tenant_id": "t_1", "sub": "forged" },
            "scopesToSuppress": ["billing/write"],
        } });
    });
    let (status, answer) = ask(&kit, "&aws_client_metadata=%7B%22job%22%3A%22nightly%22%7D").await;
    assert_eq!(status, 200, "{answer}");
    let access = claims(answer["access_token"].as_str().unwrap());
    assert_eq!((&access["tenant_id"], &access["sub"]), (&json!("t_1"), &json!("robot")));
    assert_eq!(access["scope"], "billing/read");
    let event = &kit.functions.take()[0];
    assert_eq!(event["version"], "3");
    assert_eq!(event["triggerSource"], "TokenGeneration_ClientCredentials");
    assert_eq!(event["callerContext"]["clientId"], "robot");
    assert_eq!(event["request"]["userAttributes"], json!({}));
    assert_eq!(event["request"]["scopes"], json!(["billing/read", "billing/write"]));
    assert_eq!(event["request"]["clientMetadata"], json!({ "job": "nightly" }));

    kit.functions.on("pre-token-generation", Act::Fail("Suspended. (S)"));
    let (status, error) = ask(&kit, "").await;
    assert_eq!(status, 400);
    assert_eq!(error["error_description"], "PreTokenGenerationV2_0 failed with error Suspended. (S).");
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_it_refuses_in_oauths_words() {
    let kit = kit(PreTokenVersion::V2).await;
    let robot = "client_id=robot&client_secret=s3cret";
    for (form, error) in [
        (format!("grant_type=client_credentials&{robot}&scope=openid"), "invalid_scope"),
        (format!("grant_type=client_credentials&{robot}&scope=billing/delete"), "invalid_scope"),
        ("grant_type=client_credentials&client_id=robot&client_secret=wrong".to_owned(), "invalid_client"),
        ("grant_type=client_credentials&client_id=robot".to_owned(), "invalid_client"),
        ("grant_type=client_credentials&client_id=nobody".to_owned(), "invalid_client"),
        (format!("grant_type=client_credentials&client_id={CLIENT}"), "unauthorized_client"),
        (format!("grant_type=refresh_token&client_id={CLIENT}&refresh_token=made-up"), "invalid_grant"),
        (format!("grant_type=refresh_token&client_id={CLIENT}"), "invalid_request"),
        (format!("grant_type=password&client_id={CLIENT}"), "unsupported_grant_type"),
        (format!("grant_type=authorization_code&client_id={CLIENT}"), "unauthorized_client"),
        (format!("client_id={CLIENT}"), "invalid_request"),
        ("grant_type=client_credentials".to_owned(), "invalid_request"),
    ] {
        let (status, answer) = kit.post("/oauth2/token", FORM, form.clone()).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{form}");
    }
}

#[tokio::test]
async fn a_refused_refresh_says_the_triggers_words() {
    let kit = kit(PreTokenVersion::V2).await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    let form = format!("grant_type=refresh_token&client_id={CLIENT}&refresh_token={}", tokens.refresh_token().unwrap());
    kit.functions.take();
    let (status, _) = kit.post("/eu-west-1_Local0001/oauth2/token", FORM, form.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(kit.functions.sources(), ["TokenGeneration_RefreshTokens"]);
    kit.functions.on("pre-token-generation", Act::Fail("Ended. (E)"));
    let (_, error) = kit.post("/oauth2/token", FORM, form).await;
    assert_eq!(
        error,
        json!({
            "error": "invalid_grant",
            "error_description": "PreTokenGenerationV2_0 failed with error Ended. (E).",
        })
    );
}

#[tokio::test]
async fn rotation_replaces_the_refresh_token_here_too() {
    let kit = kit(PreTokenVersion::V2).await;
    kit.ann().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("rotating".to_owned()),
        settings: ClientSettings {
            explicit_auth_flows: vec!["ALLOW_USER_PASSWORD_AUTH".to_owned()],
            refresh_token_rotation: Some(RefreshTokenRotation {
                feature: "ENABLED".to_owned(),
                retry_grace_period_seconds: 0,
            }),
            ..ClientSettings::for_passwords("rotating")
        },
        ..ClientSeed::default()
    });
    let login = json!({ "pool": POOL, "clientId": "rotating", "username": ANN, "password": PASSWORD });
    let (_, tokens) = kit.post("/local/hosted-login", "application/json", login.to_string()).await;
    let refresh = async |token: &Value| {
        let form = format!("grant_type=refresh_token&client_id=rotating&refresh_token={}", token.as_str().unwrap());
        kit.post("/oauth2/token", FORM, form).await
    };
    let (_, second) = refresh(&tokens["refresh_token"]).await;
    assert_ne!(second["refresh_token"], tokens["refresh_token"]);
    assert_eq!(refresh(&tokens["refresh_token"]).await, (400, json!({ "error": "invalid_grant" })));
    assert_eq!(refresh(&second["refresh_token"]).await.0, 200);
}
