//! `RevokeToken`: what ends, and what is refused.

use user_pool::{ClientSeed, ClientSettings, RefreshTokenRotation};

use crate::kit::{CLIENT, Kit, PASSWORD, words};

#[tokio::test]
async fn a_revoked_token_ends_its_whole_family_and_no_other() {
    let kit = Kit::start().await;
    kit.ann().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("rotating".to_owned()),
        settings: ClientSettings {
            explicit_auth_flows: vec!["ALLOW_USER_PASSWORD_AUTH".to_owned()],
            refresh_token_rotation: Some(RefreshTokenRotation {
                feature: "ENABLED".to_owned(),
                retry_grace_period_seconds: 60,
            }),
            ..ClientSettings::for_passwords("rotating")
        },
        ..ClientSeed::default()
    });
    let signed_in = kit
        .sdk
        .initiate_auth()
        .client_id("rotating")
        .auth_flow("USER_PASSWORD_AUTH".into())
        .auth_parameters("USERNAME", crate::kit::ANN)
        .auth_parameters("PASSWORD", PASSWORD)
        .send()
        .await
        .unwrap();
    let first = signed_in.authentication_result().unwrap();
    let refresh =
        |token: &str| kit.sdk.get_tokens_from_refresh_token().client_id("rotating").refresh_token(token).send();
    let rotated = refresh(first.refresh_token().unwrap()).await.unwrap();
    let second = rotated.authentication_result().unwrap();
    let other = kit.sign_in().await.unwrap();

    kit.sdk.revoke_token().client_id("rotating").token(first.refresh_token().unwrap()).send().await.unwrap();
    for tokens in [first, second] {
        assert_eq!(
            refresh(tokens.refresh_token().unwrap()).await.map_err(words).unwrap_err(),
            "NotAuthorizedException: Refresh Token has been revoked"
        );
        let get = kit.sdk.get_user().access_token(tokens.access_token().unwrap()).send().await;
        assert_eq!(get.map_err(words).unwrap_err(), "NotAuthorizedException: Access Token has been revoked");
    }
    kit.refresh(other.refresh_token().unwrap()).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_revoked_is_refused() {
    let kit = Kit::start().await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    let revoke = |client: &str, token: &str| kit.sdk.revoke_token().client_id(client).token(token).send();
    assert_eq!(
        revoke(CLIENT, tokens.access_token().unwrap()).await.map_err(words).unwrap_err(),
        "UnsupportedTokenTypeException: Unsupported token type"
    );
    revoke(CLIENT, "never-issued").await.unwrap();
    for (id, secret, revocation) in [("secretive", Some("s3cret"), None), ("lasting", None, Some(false))] {
        kit.pool.add_client(ClientSeed {
            client_id: Some(id.to_owned()),
            client_secret: secret.map(str::to_owned),
            settings: ClientSettings { enable_token_revocation: revocation, ..ClientSettings::for_passwords(id) },
            ..ClientSeed::default()
        });
    }
    assert_eq!(
        revoke("secretive", "a-token").await.map_err(words).unwrap_err(),
        "UnauthorizedException: Unable to verify secret for client secretive"
    );
    assert_eq!(
        revoke("lasting", "a-token").await.map_err(words).unwrap_err(),
        "UnsupportedOperationException: Token revocation is not enabled for this client."
    );
}
