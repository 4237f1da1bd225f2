//! App clients in a local user pool, over the real SDK.

use aws_sdk_cognitoidentityprovider::Client;
use domain::{Chain, ClientKind, Policy, Roles, TenantId};
use pool::{NewClient, PoolError, create, delete, describe, find, lacks, named, required, schema};
use user_pool::{IdentityProvider, ProviderKind, ResourceServer, Server};

use crate::local_pool::{self, POOL};

async fn server() -> (Server, Client) {
    local_pool::server(|settings| {
        settings.custom_attributes = vec!["tenantId".to_owned()];
        settings.providers = vec![IdentityProvider::new("okta", ProviderKind::Saml)];
        settings.resource_servers =
            vec![ResourceServer { identifier: "api".to_owned(), scopes: vec!["read".to_owned()] }];
    })
    .await
}

#[tokio::test]
async fn whatever_is_made_is_in_line_with_what_it_was_made_for() {
    let (server, cognito) = server().await;
    let pool = POOL.parse().unwrap();
    let tenant = TenantId::from_random([7; 16]);
    let machine = ClientKind::Machine { tenant: tenant.clone(), roles: Roles::member() };
    let attributes = schema(&cognito, &pool).await.unwrap();
    let claims = ["custom:tenantId".parse().unwrap()];
    let providers = ["okta".parse().unwrap()];
    let mut made = 0;
    for kind in [ClientKind::Tenant(tenant), ClientKind::Shared, machine] {
        for (chain, sso_required) in [
            (Chain::Password, false),
            (Chain::Password, true),
            (Chain::PasswordAndCode { of: None }, false),
            (Chain::Code, false),
        ] {
            for callback in [false, true] {
                let policy = Policy { chain: chain.clone(), sso_required, ..Policy::default() };
                let policy = (kind != ClientKind::Shared).then_some(&policy);
                let needs = required(&kind, policy, &providers, &claims, &attributes);
                let people = !matches!(kind, ClientKind::Machine { .. });
                let new = NewClient {
                    name: format!("web {made}"),
                    callback_urls: if callback && people {
                        vec!["https://app.example/".to_owned()]
                    } else {
                        Vec::new()
                    },
                    scopes: if people { Vec::new() } else { vec!["api/read".to_owned()] },
                    ..NewClient::default()
                };
                if lacks(&new, &kind, &needs).is_some() {
                    continue;
                }
                let created = create(&cognito, &pool, &new, &kind, &needs, &attributes).await.unwrap();
                assert_eq!(created.secret.is_some(), !people);
                let client = domain::Client { pool: pool.clone(), id: created.id };
                let read = describe(&cognito, &client).await.unwrap();
                assert_eq!(read.differences(&needs), [], "{kind:?} {policy:?} {callback}");
                assert!(!read.client.write_attributes.is_empty(), "C1: an empty list would let everything be written");
                assert_eq!(
                    named(&cognito, &pool, &new.name).await.unwrap().into_iter().collect::<Vec<_>>(),
                    [client.id]
                );
                made += 1;
            }
        }
    }
    assert!(made > 10, "{made} were made");
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_is_not_there_is_none_and_a_pool_that_is_not_there_is_an_error() {
    let (server, cognito) = server().await;
    let client = |pool: &str| domain::Client { pool: pool.parse().unwrap(), id: "nobody".parse().unwrap() };
    assert_eq!(describe(&cognito, &client(POOL)).await.unwrap_err(), PoolError::Missing);
    assert_eq!(describe(&cognito, &client("eu-central-1_other")).await.unwrap_err(), PoolError::Missing);
    assert!(find(&cognito, &client(POOL)).await.unwrap().is_none());
    assert_eq!(find(&cognito, &client("eu-central-1_other")).await.unwrap_err(), PoolError::Missing);
    assert!(!delete(&cognito, &client(POOL)).await.unwrap());
    assert_eq!(delete(&cognito, &client("eu-central-1_other")).await.unwrap_err(), PoolError::Missing);
    server.shutdown().await;
}
