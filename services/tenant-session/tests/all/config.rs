//! What a tenant's client is made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Token;
use aws_credential_types::provider::token::SharedTokenProvider;
use aws_sdk_dynamodb as dynamodb;
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, ResolveIdentity as _, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::json;
use tenant_session::TenantSessions;

use crate::kit::{ACME, Clock, GLOBEX, ROLE, Service, claims, claims_of, verified};

#[tokio::test]
async fn each_tenants_client_signs_with_its_own_credentials_though_they_share_everything_else() {
    let clock = Clock::new();
    let (sts, table) = (Service::sts(&clock), Service::new(|_| (200, "{}".to_owned())));
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    // As from aws_config: one identity cache for all clients, and here a bearer token besides.
    let token = SharedTokenProvider::new(Token::new("the service's own", None));
    let base = table.config(&clock).to_builder().token_provider(token).build();
    let [acme, globex] = [
        sessions.open(&verified(&clock, &claims_of(ACME, "ann", 300)).await).await.unwrap(),
        sessions.open(&verified(&clock, &claims_of(GLOBEX, "bob", 300)).await).await.unwrap(),
    ];
    let clients = [&acme, &globex].map(|session| dynamodb::Client::new(&session.config(&base)));
    for _ in 0..3 {
        for client in &clients {
            client.list_tables().send().await.unwrap();
        }
    }
    let seen: Vec<_> = table.asked().iter().map(|asked| asked.security_token.clone().unwrap()).collect();
    assert_eq!(seen, [ACME, GLOBEX].repeat(3).iter().map(|tenant| format!("session of {tenant}")).collect::<Vec<_>>());
    for asked in table.asked() {
        let signed = asked.authorization.unwrap();
        assert!(
            signed.contains("Credential=ASIA") && !signed.contains("OWN") && !signed.contains("Bearer"),
            "{signed}"
        );
    }
    let config = acme.config(&base);
    assert!(config.token_provider().is_none());
    assert_eq!(config.region(), base.region());
}

#[tokio::test]
async fn a_tenants_client_asks_nobody_once_its_token_has_expired() {
    let clock = Clock::new();
    let (sts, table) = (Service::sts(&clock), Service::new(|_| (200, "{}".to_owned())));
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let session = sessions.open(&verified(&clock, &claims()).await).await.unwrap();
    let client = dynamodb::Client::new(&session.config(&table.config(&clock)));
    client.list_tables().send().await.unwrap();
    clock.set(300);
    let refused = client.list_tables().send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("TokenExpired"), "{refused:?}");
    assert_eq!((table.asked().len(), sts.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_client_configured_by_hand_renews_through_the_provider() {
    let clock = Clock::new();
    let (sts, table) = (Service::sts(&clock), Service::new(|_| (200, "{}".to_owned())));
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let mut long = claims_of(ACME, "ann", 86_400);
    long["aud"] = json!("globex-web");
    let session = sessions.open(&verified(&clock, &long).await).await.unwrap();
    let config = table.config(&clock).to_builder().credentials_provider(session.provider()).build();
    let client = dynamodb::Client::new(&config);
    for hour in 0..3 {
        clock.set(hour * 3_600);
        client.list_tables().send().await.unwrap();
    }
    assert_eq!(sts.asked().len(), 3);
}

/// The service's identity cache, which counts what goes through it.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl ResolveCachedIdentity for Counting {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        IdentityFuture::new(async move { resolver.resolve_identity(components, config).await })
    }
}

#[tokio::test]
async fn no_tenants_credentials_go_through_the_services_identity_cache() {
    let clock = Clock::new();
    let (sts, table, cache) = (Service::sts(&clock), Service::new(|_| (200, "{}".to_owned())), Counting::default());
    let base = table.config(&clock).to_builder().identity_cache(cache.clone()).build();
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let session = sessions.open(&verified(&clock, &claims()).await).await.unwrap();
    dynamodb::Client::new(&base).list_tables().send().await.unwrap();
    assert_eq!(cache.0.load(Ordering::SeqCst), 1, "the service's own do");
    dynamodb::Client::new(&session.config(&base)).list_tables().send().await.unwrap();
    assert_eq!(cache.0.load(Ordering::SeqCst), 1);
}
