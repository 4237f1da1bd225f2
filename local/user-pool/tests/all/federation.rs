//! Federated sign-in, through the local shortcut that plays the provider.

use serde_json::{Value, json};
use user_pool::{IdentityProvider, IssuerStyle, ProviderKind};

use crate::kit::{ANN, Act, CLIENT, Kit, POOL, claims, words};

async fn kit() -> Kit {
    let kit = Kit::start_with(
        |pool| {
            pool.providers.push(IdentityProvider::new("Okta", ProviderKind::Saml).map("email", "mail"));
            pool.clients[0].settings.supported_identity_providers = vec!["COGNITO".to_owned(), "Okta".to_owned()];
        },
        IssuerStyle::Local,
    )
    .await;
    kit.functions.take();
    kit
}

async fn federate(kit: &Kit, more: Value) -> (u16, Value) {
    let mut assertion = json!({
        "pool": POOL, "clientId": CLIENT, "provider": "Okta", "subject": "Ann.1", "attributes": { "mail": ANN },
    });
    for (name, value) in more.as_object().unwrap() {
        assertion[name] = value.clone();
    }
    kit.post("/local/federate", "application/json", assertion.to_string()).await
}

#[tokio::test]
async fn the_first_sign_in_fires_three_triggers_and_a_later_one_fires_one() {
    let kit = kit().await;
    let (status, tokens) = federate(&kit, json!({})).await;
    assert_eq!(status, 200, "{tokens}");
    let events = kit.functions.take();
    let sources: Vec<_> = events.iter().map(|event| event["triggerSource"].as_str().unwrap()).collect();
    assert_eq!(sources, ["PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth"]);
    for event in &events {
        assert_eq!(event["userName"], "Okta_Ann.1");
        assert_eq!(event["callerContext"]["clientId"], CLIENT);
    }
    assert_eq!(
        events[0]["request"],
        json!({
            "userAttributes": {
                "email": ANN,
                "email_verified": "false",
                "cognito:email_alias": "",
                "cognito:phone_number_alias": "",
            },
            "validationData": {},
        })
    );
    let attributes = &events[1]["request"]["userAttributes"];
    assert_eq!(attributes["cognito:user_status"], "EXTERNAL_PROVIDER");
    assert_eq!(attributes["email_verified"], "false");
    let identities: Value = serde_json::from_str(attributes["identities"].as_str().unwrap()).unwrap();
    assert_eq!(identities[0]["userId"], "Ann.1");
    assert_eq!(identities[0]["providerName"], "Okta");
    assert_eq!(identities[0]["providerType"], "SAML");
    assert_eq!(identities[0]["primary"], true);
    assert!(identities[0]["dateCreated"].is_i64());
    assert_eq!(events[2]["request"]["groupConfiguration"]["groupsToOverride"], json!([format!("{POOL}_Okta")]));

    let (_, again) = federate(&kit, json!({})).await;
    assert_eq!(kit.functions.sources(), ["TokenGeneration_HostedAuth"]);
    let sub = |tokens: &Value| claims(tokens["id_token"].as_str().unwrap())["sub"].clone();
    assert_eq!(sub(&tokens), sub(&again));
}

#[tokio::test]
async fn the_tokens_are_those_of_managed_login() {
    let kit = kit().await;
    let (_, tokens) = federate(&kit, json!({ "scopes": ["openid", "email"] })).await;
    let id = claims(tokens["id_token"].as_str().unwrap());
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(id["cognito:username"], "Okta_Ann.1");
    assert_eq!(id["identities"][0]["primary"], "true");
    assert!(id["identities"][0]["dateCreated"].is_string());
    assert_eq!(id["email_verified"], false);
    assert!(id["at_hash"].is_string());
    assert_eq!(access["version"], 2);
    assert_eq!(access["scope"], "openid email");
    assert_eq!(access["username"], "Okta_Ann.1");

    // A refresh keeps all of it.
    kit.functions.take();
    let form = format!(
        "grant_type=refresh_token&client_id={CLIENT}&refresh_token={}",
        tokens["refresh_token"].as_str().unwrap()
    );
    let (status, fresh) = kit.post("/oauth2/token", "application/x-www-form-urlencoded", form).await;
    assert_eq!(status, 200, "{fresh}");
    let events = kit.functions.take();
    assert_eq!(events[0]["triggerSource"], "TokenGeneration_RefreshTokens");
    assert_eq!(events[0]["request"]["scopes"], json!(["openid", "email"]));
    assert_eq!(events[0]["request"]["userAttributes"]["cognito:user_status"], "EXTERNAL_PROVIDER");
    let fresh_id = claims(fresh["id_token"].as_str().unwrap());
    for kept in ["identities", "cognito:groups", "cognito:username", "origin_jti", "auth_time", "email"] {
        assert_eq!(id[kept], fresh_id[kept], "{kept}");
    }
    let by_api = kit.refresh(tokens["refresh_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(claims(by_api.id_token().unwrap())["identities"], id["identities"]);

    let (_, without_openid) = federate(&kit, json!({ "scopes": ["email"] })).await;
    assert_eq!(without_openid.get("id_token"), None);
}

#[tokio::test]
async fn a_refused_first_sign_in_stores_nothing() {
    let kit = kit().await;
    kit.functions.on("pre-sign-up", Act::Fail("Not here. (NO)"));
    let (status, error) = federate(&kit, json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(
        error,
        json!({ "error": "invalid_request", "error_description": "PreSignUp failed with error Not here. (NO)." })
    );
    let gone = kit.sdk.admin_get_user().user_pool_id(POOL).username("Okta_Ann.1").send().await;
    assert_eq!(gone.map_err(words).unwrap_err(), "UserNotFoundException: User does not exist.");
}

#[tokio::test]
async fn the_mapping_decides_what_is_kept_and_each_sign_in_renews_it() {
    let kit = kit().await;
    let provider = json!({
        "pool": POOL, "name": "Okta", "type": "SAML",
        "attributeMapping": { "email": "mail", "email_verified": "verified", "name": "display" },
    });
    let (status, _) = kit.post("/local/providers", "application/json", provider.to_string()).await;
    assert_eq!(status, 204);
    let attributes = json!({ "mail": ANN, "verified": true, "display": "Ann", "role": "owner" });
    federate(&kit, json!({ "attributes": attributes })).await;
    let read = || async {
        let user = kit.sdk.admin_get_user().user_pool_id(POOL).username("Okta_Ann.1").send().await.unwrap();
        let mut shown: Vec<(String, String)> = user
            .user_attributes()
            .iter()
            .filter(|attribute| !matches!(attribute.name(), "sub" | "identities"))
            .map(|attribute| (attribute.name().to_owned(), attribute.value().unwrap().to_owned()))
            .collect();
        shown.sort();
        shown
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(read().await, pairs(&[("email", ANN), ("email_verified", "true"), ("name", "Ann")]));
    federate(&kit, json!({ "attributes": { "mail": "ann@new.example", "display": "" } })).await;
    assert_eq!(read().await, pairs(&[("email", "ann@new.example"), ("email_verified", "false")]));
}

#[tokio::test]
async fn unknown_disabled_and_unlisted_providers_sign_nobody_in() {
    let kit = kit().await;
    let (status, error) = federate(&kit, json!({ "provider": "Nobody" })).await;
    assert_eq!((status, &error["error_description"]), (400, &json!("Identity provider Nobody does not exist.")));
    kit.pool.set_provider(IdentityProvider::new("Entra", ProviderKind::Oidc));
    let (_, error) = federate(&kit, json!({ "provider": "Entra" })).await;
    assert_eq!(
        error["error_description"],
        format!("The identity provider Entra is not enabled for the client {CLIENT}.")
    );
    kit.pool.update(|settings| settings.providers[0].enabled = false);
    let (_, error) = federate(&kit, json!({})).await;
    assert_eq!(error["error_description"], "The identity provider Okta is disabled.");
    assert!(kit.functions.take().is_empty());
}

#[tokio::test]
async fn a_federated_and_a_native_user_of_one_address_are_two_people() {
    let kit = kit().await;
    let native = kit.ann().await;
    let (_, tokens) = federate(&kit, json!({})).await;
    assert_ne!(claims(tokens["id_token"].as_str().unwrap())["sub"], native);
    let found = kit.sdk.admin_get_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(found.username(), native);
}

#[tokio::test]
async fn a_linked_provider_signs_in_the_native_user_who_then_always_shows_it() {
    use aws_sdk_cognitoidentityprovider::types::ProviderUserIdentifierType;
    let kit = kit().await;
    let native = kit.ann().await;
    let user = |provider: &str, value: &str| {
        ProviderUserIdentifierType::builder()
            .provider_name(provider)
            .provider_attribute_name("Cognito_Subject")
            .provider_attribute_value(value)
            .build()
    };
    kit.sdk
        .admin_link_provider_for_user()
        .user_pool_id(POOL)
        .destination_user(user("Cognito", &native))
        .source_user(user("Okta", "Ann.1"))
        .send()
        .await
        .unwrap();
    kit.functions.take();
    let (status, tokens) = federate(&kit, json!({ "attributes": { "mail": "ann@other.example" } })).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(kit.functions.sources(), ["TokenGeneration_HostedAuth"]);
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["sub"], &id["email"]), (&json!(native), &json!("ann@other.example")));
    let user = kit.sdk.admin_get_user().user_pool_id(POOL).username(&native).send().await.unwrap();
    assert_eq!(user.user_status().unwrap().as_str(), "CONFIRMED");
    assert!(user.user_attributes().iter().any(|attribute| attribute.name() == "identities"));
}

#[tokio::test]
async fn federated_names_come_in_lower_case_where_the_pool_does_that() {
    let kit = kit().await;
    kit.pool.update(|settings| settings.lower_case_federated_names = true);
    federate(&kit, json!({})).await;
    assert_eq!(kit.functions.take()[0]["userName"], "okta_ann.1");
}

#[tokio::test]
async fn a_hosted_login_fires_hosted_auth() {
    let kit = kit().await;
    kit.ann().await;
    kit.functions.take();
    let login = |password: &str| {
        let login = json!({ "pool": POOL, "clientId": CLIENT, "username": ANN, "password": password });
        kit.post("/local/hosted-login", "application/json", login.to_string())
    };
    let (status, tokens) = login(crate::kit::PASSWORD).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(kit.functions.sources(), ["TokenGeneration_HostedAuth"]);
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["version"], 2);
    let (status, error) = login("wrong").await;
    assert_eq!((status, &error["error_description"]), (400, &json!("Incorrect username or password.")));
}
