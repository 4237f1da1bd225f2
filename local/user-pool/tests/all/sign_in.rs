//! Sign-in, challenges and refresh: what fires when, and what is refused.

use aws_sdk_cognitoidentityprovider::types::{ChallengeNameType, ExplicitAuthFlowsType};
use jiff::SignedDuration;
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings, RefreshTokenRotation};

use crate::kit::{ANN, Act, CLIENT, Kit, PASSWORD, POOL, claims, words};

#[tokio::test]
async fn a_sign_in_fires_pre_token_generation_with_the_event_of_the_guide() {
    let kit = Kit::start().await;
    let sub = kit.ann().await;
    kit.functions.take();
    let signed_in = kit
        .sdk
        .initiate_auth()
        .client_id(CLIENT)
        .auth_flow("USER_PASSWORD_AUTH".into())
        .auth_parameters("USERNAME", "Ann@ACME.example")
        .auth_parameters("PASSWORD", PASSWORD)
        .client_metadata("tenant", "t_hint")
        .send()
        .await
        .unwrap();
    let result = signed_in.authentication_result().unwrap();
    assert_eq!((result.token_type(), result.expires_in()), (Some("Bearer"), 3_600));
    // InitiateAuth's ClientMetadata does not reach this trigger.
    assert_eq!(
        kit.functions.take(),
        [json!({
            "version": "2",
            "triggerSource": "TokenGeneration_Authentication",
            "region": "eu-west-1",
            "userPoolId": POOL,
            "userName": sub,
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": CLIENT },
            "request": {
                "userAttributes": {
                    "sub": sub,
                    "email": ANN,
                    "email_verified": "true",
                    "cognito:user_status": "CONFIRMED",
                },
                "groupConfiguration": { "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null },
                "scopes": ["aws.cognito.signin.user.admin"],
            },
            "response": { "claimsAndScopeOverrideDetails": null },
        })]
    );
}

#[tokio::test]
async fn a_refusing_pre_token_generation_gives_no_tokens() {
    let kit = Kit::start().await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    kit.functions.on("pre-token-generation", Act::Fail("You no longer have access. (ENDED)"));
    let refusal = "UserLambdaValidationException: PreTokenGenerationV2_0 failed with error You no longer have access. \
                   (ENDED).";
    assert_eq!(kit.sign_in().await.unwrap_err(), refusal);
    assert_eq!(kit.refresh(tokens.refresh_token().unwrap()).await.unwrap_err(), refusal);
}

#[tokio::test]
async fn an_admin_created_user_chooses_a_password_and_fires_new_password_challenge() {
    let kit = Kit::start().await;
    kit.sdk
        .admin_create_user()
        .user_pool_id(POOL)
        .username(ANN)
        .temporary_password("Temporary-1")
        .send()
        .await
        .unwrap();
    assert_eq!(kit.code(), "Temporary-1");
    kit.functions.take();
    let challenge = kit
        .sdk
        .admin_initiate_auth()
        .user_pool_id(POOL)
        .client_id(CLIENT)
        .auth_flow("ADMIN_USER_PASSWORD_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .auth_parameters("PASSWORD", "Temporary-1")
        .send()
        .await
        .unwrap();
    assert_eq!(challenge.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    assert!(kit.functions.take().is_empty());
    let respond = |session: &str| {
        kit.sdk
            .respond_to_auth_challenge()
            .client_id(CLIENT)
            .challenge_name(ChallengeNameType::NewPasswordRequired)
            .session(session)
            .challenge_responses("USERNAME", ANN)
            .challenge_responses("NEW_PASSWORD", PASSWORD)
            .challenge_responses("userAttributes.name", "Ann")
            .client_metadata("tenant", "t_hint")
            .send()
    };
    let answered = respond(challenge.session().unwrap()).await.unwrap();
    assert!(answered.authentication_result().unwrap().refresh_token().is_some());
    let events = kit.functions.take();
    assert_eq!(events.len(), 1, "post confirmation never fires for an admin-created user");
    assert_eq!(events[0]["triggerSource"], "TokenGeneration_NewPasswordChallenge");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "tenant": "t_hint" }));
    assert_eq!(events[0]["request"]["userAttributes"]["name"], "Ann");
    assert_eq!(
        respond(challenge.session().unwrap()).await.map_err(words).unwrap_err(),
        "NotAuthorizedException: Invalid session for the user."
    );
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_temporary_password_ends_after_its_days() {
    let kit = Kit::start().await;
    kit.sdk.admin_create_user().user_pool_id(POOL).username(ANN).temporary_password(PASSWORD).send().await.unwrap();
    kit.pass(SignedDuration::from_hours(8 * 24));
    assert_eq!(
        kit.sign_in().await.unwrap_err(),
        "NotAuthorizedException: Temporary password has expired and must be reset by an administrator."
    );
    kit.sdk
        .admin_set_user_password()
        .user_pool_id(POOL)
        .username(ANN)
        .password(PASSWORD)
        .permanent(true)
        .send()
        .await
        .unwrap();
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn both_ways_of_refreshing_keep_the_sign_in_and_name_their_source() {
    let kit = Kit::start().await;
    kit.ann().await;
    let first = kit.sign_in().await.unwrap();
    let refresh_token = first.refresh_token().unwrap();
    kit.functions.take();
    kit.pass(SignedDuration::from_mins(10));
    let second = kit.refresh(refresh_token).await.unwrap();
    assert_eq!(kit.functions.sources(), ["TokenGeneration_RefreshTokens"]);
    assert_eq!(second.refresh_token(), None);

    let third = kit
        .sdk
        .get_tokens_from_refresh_token()
        .client_id(CLIENT)
        .refresh_token(refresh_token)
        .client_metadata("tenant", "t_hint")
        .send()
        .await
        .unwrap();
    let events = kit.functions.take();
    assert_eq!(events[0]["triggerSource"], "TokenGeneration_Authentication");
    assert_eq!(events[0]["request"]["clientMetadata"], json!({ "tenant": "t_hint" }));
    let third = third.authentication_result().unwrap();
    assert_eq!(third.refresh_token(), None);

    let before = claims(first.access_token().unwrap());
    for after in [second.access_token().unwrap(), third.access_token().unwrap()].map(claims) {
        for kept in ["origin_jti", "event_id", "auth_time", "sub", "username"] {
            assert_eq!(before[kept], after[kept], "{kept}");
        }
        assert_ne!(before["jti"], after["jti"]);
        assert!(after["exp"].as_i64() > before["exp"].as_i64());
    }
}

#[tokio::test]
async fn a_signed_out_or_old_refresh_token_is_refused() {
    let kit = Kit::start().await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    kit.sdk.global_sign_out().access_token(tokens.access_token().unwrap()).send().await.unwrap();
    assert_eq!(
        kit.refresh(tokens.refresh_token().unwrap()).await.unwrap_err(),
        "NotAuthorizedException: Refresh Token has been revoked"
    );
    let get = kit.sdk.get_user().access_token(tokens.access_token().unwrap()).send().await;
    assert_eq!(get.map_err(words).unwrap_err(), "NotAuthorizedException: Access Token has been revoked");

    let tokens = kit.sign_in().await.unwrap();
    kit.sdk.admin_user_global_sign_out().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(
        kit.refresh(tokens.refresh_token().unwrap()).await.unwrap_err(),
        "NotAuthorizedException: Refresh Token has been revoked"
    );

    let tokens = kit.sign_in().await.unwrap();
    kit.sdk.revoke_token().client_id(CLIENT).token(tokens.refresh_token().unwrap()).send().await.unwrap();
    assert_eq!(
        kit.refresh(tokens.refresh_token().unwrap()).await.unwrap_err(),
        "NotAuthorizedException: Refresh Token has been revoked"
    );

    let tokens = kit.sign_in().await.unwrap();
    kit.pass(SignedDuration::from_hours(31 * 24));
    assert_eq!(
        kit.refresh(tokens.refresh_token().unwrap()).await.unwrap_err(),
        "NotAuthorizedException: Refresh Token has expired"
    );
    assert_eq!(kit.refresh("made-up").await.unwrap_err(), "NotAuthorizedException: Invalid Refresh Token");
}

#[tokio::test]
async fn rotation_replaces_the_refresh_token() {
    let kit = Kit::start().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("rotating".to_owned()),
        settings: ClientSettings {
            explicit_auth_flows: vec!["ALLOW_USER_PASSWORD_AUTH".to_owned()],
            refresh_token_rotation: Some(RefreshTokenRotation {
                feature: "ENABLED".to_owned(),
                retry_grace_period_seconds: 10,
            }),
            ..ClientSettings::default()
        },
        ..ClientSeed::default()
    });
    kit.ann().await;
    let signed_in = kit
        .sdk
        .initiate_auth()
        .client_id("rotating")
        .auth_flow("USER_PASSWORD_AUTH".into())
        .auth_parameters("USERNAME", ANN)
        .auth_parameters("PASSWORD", PASSWORD)
        .send()
        .await
        .unwrap();
    let old = signed_in.authentication_result().unwrap().refresh_token().unwrap().to_owned();
    let refresh =
        |token: &str| kit.sdk.get_tokens_from_refresh_token().client_id("rotating").refresh_token(token).send();
    let rotated = refresh(&old).await.unwrap();
    let new = rotated.authentication_result().unwrap().refresh_token().unwrap().to_owned();
    assert_ne!(old, new);
    refresh(&old).await.expect("the grace period has not passed");
    kit.pass(SignedDuration::from_secs(11));
    assert_eq!(
        refresh(&old).await.map_err(words).unwrap_err(),
        "NotAuthorizedException: Refresh Token has been revoked"
    );
    refresh(&new).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_works_at_its_own_client_alone() {
    let kit = Kit::start().await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    let other =
        kit.pool.add_client(ClientSeed { settings: ClientSettings::for_passwords("other"), ..ClientSeed::default() });
    let refreshed = kit
        .sdk
        .get_tokens_from_refresh_token()
        .client_id(&other.client_id)
        .refresh_token(tokens.refresh_token().unwrap())
        .send()
        .await;
    assert_eq!(refreshed.map_err(words).unwrap_err(), "NotAuthorizedException: Invalid Refresh Token");
}

#[tokio::test]
async fn whether_a_user_exists_is_hidden_or_said_as_the_client_is_set() {
    let kit = Kit::start().await;
    let legacy = kit.pool.add_client(ClientSeed {
        settings: ClientSettings { prevent_user_existence_errors: None, ..ClientSettings::for_passwords("legacy") },
        ..ClientSeed::default()
    });
    for (client, sign_in, forgot) in [
        (CLIENT, "NotAuthorizedException: Incorrect username or password.", None),
        (
            legacy.client_id.as_str(),
            "UserNotFoundException: User does not exist.",
            Some("UserNotFoundException: Username/client id combination not found."),
        ),
    ] {
        let signed_in = kit
            .sdk
            .initiate_auth()
            .client_id(client)
            .auth_flow("USER_PASSWORD_AUTH".into())
            .auth_parameters("USERNAME", "nobody@acme.example")
            .auth_parameters("PASSWORD", PASSWORD)
            .send()
            .await;
        assert_eq!(signed_in.map_err(words).unwrap_err(), sign_in);
        let forgotten = kit.sdk.forgot_password().client_id(client).username("nobody@acme.example").send().await;
        assert_eq!(forgotten.map_err(words).err().as_deref(), forgot);
    }
}

#[tokio::test]
async fn who_may_not_sign_in_is_told_so_in_cognitos_words() {
    let kit = Kit::start().await;
    kit.sign_up(ANN).await.unwrap();
    assert_eq!(kit.sign_in().await.unwrap_err(), "UserNotConfirmedException: User is not confirmed.");
    kit.sdk.admin_confirm_sign_up().user_pool_id(POOL).username(ANN).send().await.unwrap();
    kit.sdk.admin_disable_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(kit.sign_in().await.unwrap_err(), "NotAuthorizedException: User is disabled.");
    kit.sdk.admin_enable_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    kit.sign_in().await.unwrap();
}

#[tokio::test]
async fn flows_that_the_client_does_not_list_are_closed() {
    let kit = Kit::start().await;
    kit.ann().await;
    let closed = kit
        .sdk
        .create_user_pool_client()
        .user_pool_id(POOL)
        .client_name("closed")
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowCustomAuth)
        .send()
        .await
        .unwrap();
    let client = closed.user_pool_client().unwrap().client_id().unwrap().to_owned();
    for (flow, refusal) in [
        ("USER_PASSWORD_AUTH", "InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client"),
        ("REFRESH_TOKEN_AUTH", "InvalidParameterException: Auth flow not enabled for this client"),
        ("USER_SRP_AUTH", "InvalidParameterException: USER_SRP_AUTH is not enabled for the client."),
    ] {
        let sent = kit
            .sdk
            .initiate_auth()
            .client_id(&client)
            .auth_flow(flow.into())
            .auth_parameters("USERNAME", ANN)
            .auth_parameters("PASSWORD", PASSWORD)
            .send()
            .await;
        assert_eq!(sent.map_err(words).unwrap_err(), refusal);
    }
}

#[tokio::test]
async fn a_client_with_a_secret_wants_its_hash() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("secretive".to_owned()),
        client_secret: Some("s3cret".to_owned()),
        settings: ClientSettings::for_passwords("secretive"),
        ..ClientSeed::default()
    });
    let sign_in = |hash: Option<&str>| {
        let mut call = kit
            .sdk
            .initiate_auth()
            .client_id("secretive")
            .auth_flow("USER_PASSWORD_AUTH".into())
            .auth_parameters("USERNAME", ANN)
            .auth_parameters("PASSWORD", PASSWORD);
        if let Some(hash) = hash {
            call = call.auth_parameters("SECRET_HASH", hash);
        }
        call.send()
    };
    assert_eq!(
        sign_in(None).await.map_err(words).unwrap_err(),
        "NotAuthorizedException: Client secretive is configured with secret but SECRET_HASH was not received"
    );
    assert_eq!(
        sign_in(Some("wrong")).await.map_err(words).unwrap_err(),
        "NotAuthorizedException: Unable to verify secret hash for client secretive"
    );
    // printf 'ann@acme.examplesecretive' | openssl dgst -sha256 -hmac s3cret -binary | base64
    sign_in(Some("cWrEZ90B4BsBQ1yyAOxC/S/xs8y8MhlR+CODK28u5sY=")).await.unwrap();
}

#[tokio::test]
async fn an_administrators_call_without_credentials_is_refused() {
    let kit = Kit::start().await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let request = axum::http::Request::post(kit.server.url())
        .header("x-amz-target", "AWSCognitoIdentityProviderService.AdminGetUser")
        .header("content-type", "application/x-amz-json-1.1")
        .body(json!({ "UserPoolId": POOL, "Username": ANN }).to_string())
        .unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        body,
        json!({ "__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token" })
    );
}
