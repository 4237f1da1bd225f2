//! App clients and pools.

use aws_sdk_cognitoidentityprovider::types::{
    AnalyticsConfigurationType, ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType,
    TokenValidityUnitsType, UsernameAttributeType,
};
use user_pool::{ClientSeed, ClientSettings, PoolSettings, Server, Settings, Sink};

use crate::kit::{CLIENT, Kit, POOL, random, sdk, system_clock, words};

#[tokio::test]
async fn an_update_resets_what_it_is_not_given() {
    let kit = Kit::start().await;
    let created = kit
        .sdk
        .create_user_pool_client()
        .user_pool_id(POOL)
        .client_name("app")
        .generate_secret(true)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
        .write_attributes("email")
        .access_token_validity(2)
        .send()
        .await
        .unwrap();
    let client = created.user_pool_client().unwrap();
    assert_eq!(client.write_attributes(), ["email"]);
    assert_eq!(client.access_token_validity(), Some(2));
    let secret = client.client_secret().unwrap().to_owned();
    let id = client.client_id().unwrap();

    let updated = kit
        .sdk
        .update_user_pool_client()
        .user_pool_id(POOL)
        .client_id(id)
        .refresh_token_validity(7)
        .send()
        .await
        .unwrap();
    let client = updated.user_pool_client().unwrap();
    assert_eq!((client.client_name(), client.client_secret()), (Some("app"), Some(secret.as_str())));
    assert_eq!(client.refresh_token_validity(), 7);
    assert!(client.write_attributes().is_empty());
    assert!(client.explicit_auth_flows().is_empty());
    assert_eq!(client.access_token_validity(), None);

    kit.sdk.delete_user_pool_client().user_pool_id(POOL).client_id(id).send().await.unwrap();
    let gone = kit.sdk.describe_user_pool_client().user_pool_id(POOL).client_id(id).send().await;
    assert_eq!(
        gone.map_err(words).unwrap_err(),
        format!("ResourceNotFoundException: User pool client {id} does not exist.")
    );
}

#[tokio::test]
async fn clients_are_listed_page_by_page() {
    let kit = Kit::start().await;
    for _ in 0..3 {
        kit.pool.add_client(ClientSeed { settings: ClientSettings::for_passwords("app"), ..ClientSeed::default() });
    }
    let mut pages = kit.sdk.list_user_pool_clients().user_pool_id(POOL).max_results(3).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(page.unwrap().user_pool_clients().len());
    }
    assert_eq!(found, [3, 1]);
}

#[tokio::test]
async fn unknown_scopes_and_providers_are_refused() {
    let kit = Kit::start().await;
    let create = || kit.sdk.create_user_pool_client().user_pool_id(POOL).client_name("app");
    assert_eq!(
        create().allowed_o_auth_scopes("billing/read").send().await.map_err(words).unwrap_err(),
        "ScopeDoesNotExistException: Invalid scope requested: billing/read"
    );
    assert_eq!(
        create().supported_identity_providers("Okta").send().await.map_err(words).unwrap_err(),
        format!("InvalidParameterException: The provider Okta does not exist for User Pool {POOL}.")
    );
}

#[tokio::test]
async fn a_pool_describes_its_triggers() {
    let kit = Kit::start().await;
    let described = kit.sdk.describe_user_pool().user_pool_id(POOL).send().await.unwrap();
    let pool = described.user_pool().unwrap();
    let triggers = pool.lambda_config().unwrap();
    assert_eq!(triggers.pre_sign_up(), Some("arn:aws:lambda:eu-west-1:000000000000:function:pre-sign-up"));
    assert_eq!(triggers.pre_token_generation_config().unwrap().lambda_version().as_str(), "V2_0");
    assert_eq!(pool.username_attributes(), [UsernameAttributeType::Email]);
    let unknown = kit.sdk.describe_user_pool().user_pool_id("eu-west-1_Other").send().await;
    assert_eq!(
        unknown.map_err(words).unwrap_err(),
        "ResourceNotFoundException: User pool eu-west-1_Other does not exist."
    );
}

#[tokio::test]
async fn pools_beside_each_other_know_nothing_of_each_other() {
    let kit = Kit::start().await;
    kit.ann().await;
    let mut dedicated = PoolSettings::new("eu-central-1_Silo");
    dedicated.clients.push(ClientSeed {
        client_id: Some("siloclient".to_owned()),
        settings: ClientSettings::for_passwords("silo"),
        ..ClientSeed::default()
    });
    kit.server.add_pool(dedicated);
    let elsewhere = kit.sdk.admin_get_user().user_pool_id("eu-central-1_Silo").username(crate::kit::ANN).send().await;
    assert_eq!(elsewhere.map_err(words).unwrap_err(), "UserNotFoundException: User does not exist.");
    let sent =
        kit.sdk.sign_up().client_id("siloclient").username(crate::kit::ANN).password(crate::kit::PASSWORD).send().await;
    sent.unwrap();
    let described =
        kit.sdk.describe_user_pool_client().user_pool_id("eu-central-1_Silo").client_id(CLIENT).send().await;
    assert!(words(described.unwrap_err()).starts_with("ResourceNotFoundException"));
}

#[tokio::test]
async fn the_pool_listens_on_loopback_alone_and_leaves_its_port_when_it_ends() {
    let mut settings = Settings::new(vec![PoolSettings::new(POOL)], system_clock(), random(), Sink::silent());
    settings.listen = "0.0.0.0:0".parse().unwrap();
    let refusal = Server::start(settings.clone()).await.unwrap_err();
    assert!(refusal.to_string().contains("loopback only"), "{refusal}");
    settings.listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(settings).await.unwrap();
    let (url, address) = (server.url().to_owned(), server.address());
    server.shutdown().await;
    let unanswered = sdk(&url).describe_user_pool().user_pool_id(POOL).send().await;
    assert!(unanswered.is_err());
    tokio::net::TcpListener::bind(address).await.unwrap();
}

#[tokio::test]
async fn settings_that_cognito_refuses_are_refused() {
    let kit = Kit::start().await;
    let create = || kit.sdk.create_user_pool_client().user_pool_id(POOL).client_name("app");
    for (call, refusal) in [
        (
            create().auth_session_validity(2),
            "InvalidParameterException: 1 validation error detected: Value '2' at 'authSessionValidity' failed to \
             satisfy constraint: Member must have value greater than or equal to 3",
        ),
        (
            create().auth_session_validity(16),
            "InvalidParameterException: 1 validation error detected: Value '16' at 'authSessionValidity' failed to \
             satisfy constraint: Member must have value less than or equal to 15",
        ),
        (create().access_token_validity(25), "InvalidParameterException: Invalid range for token validity."),
        (create().refresh_token_validity(4_000), "InvalidParameterException: Invalid range for token validity."),
        (
            create().write_attributes("custom:tenant_id"),
            "InvalidParameterException: Invalid write attributes specified while creating a client",
        ),
        (
            create().write_attributes("email").write_attributes("email_verified"),
            "InvalidParameterException: Invalid write attributes specified while creating a client",
        ),
        (
            create().write_attributes("email").write_attributes("custom:unknown"),
            "InvalidParameterException: Invalid write attributes specified while creating a client",
        ),
        (
            create().read_attributes("custom:unknown"),
            "InvalidParameterException: Invalid read attributes specified while creating a client",
        ),
        (
            create()
                .explicit_auth_flows(ExplicitAuthFlowsType::AllowCustomAuth)
                .explicit_auth_flows(ExplicitAuthFlowsType::AdminNoSrpAuth),
            "InvalidParameterException: ExplicitAuthFlows with the prefix ALLOW_ cannot be combined with those without \
             it.",
        ),
        (
            create().allowed_o_auth_flows_user_pool_client(true),
            "InvalidOAuthFlowException: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is \
             allowed to use OAuth flows.",
        ),
        (
            create().allowed_o_auth_flows(OAuthFlowType::ClientCredentials),
            "InvalidOAuthFlowException: client_credentials flow can not be selected if client does not have a client \
             secret.",
        ),
        (
            create()
                .generate_secret(true)
                .allowed_o_auth_flows(OAuthFlowType::ClientCredentials)
                .allowed_o_auth_flows(OAuthFlowType::Code),
            "InvalidOAuthFlowException: client_credentials flow can not be selected along with code flow or implicit \
             flow.",
        ),
    ] {
        assert_eq!(call.send().await.map_err(words).unwrap_err(), refusal);
    }
    assert_eq!(kit.sdk.list_user_pool_clients().user_pool_id(POOL).send().await.unwrap().user_pool_clients().len(), 1);
}

#[tokio::test]
async fn everything_that_an_update_sets_is_described() {
    let kit = Kit::start().await;
    kit.sdk
        .update_user_pool_client()
        .user_pool_id(POOL)
        .client_id(CLIENT)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowCustomAuth)
        .auth_session_validity(5)
        .enable_token_revocation(false)
        .enable_propagate_additional_user_context_data(true)
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Legacy)
        .analytics_configuration(AnalyticsConfigurationType::builder().application_id("app").build())
        .token_validity_units(TokenValidityUnitsType::builder().access_token(TimeUnitsType::Minutes).build())
        .access_token_validity(10)
        .send()
        .await
        .unwrap();
    let described = kit.sdk.describe_user_pool_client().user_pool_id(POOL).client_id(CLIENT).send().await.unwrap();
    let client = described.user_pool_client().unwrap();
    assert_eq!(client.explicit_auth_flows(), [ExplicitAuthFlowsType::AllowCustomAuth]);
    assert_eq!((client.auth_session_validity(), client.access_token_validity()), (Some(5), Some(10)));
    assert_eq!(client.enable_token_revocation(), Some(false));
    assert_eq!(client.enable_propagate_additional_user_context_data(), Some(true));
    assert_eq!(client.prevent_user_existence_errors(), Some(&PreventUserExistenceErrorTypes::Legacy));
    assert_eq!(client.analytics_configuration().unwrap().application_id(), Some("app"));
}
