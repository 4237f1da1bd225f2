//! Tenants' documents in ministack's `DynamoDB`, opened by its STS and guarded by its IAM, with tokens of the local user pool.

use ::tenant_session::{Keys, SdkConfig, SessionError, TenantSession, TenantSessions, VerifiedIdToken, Verifier};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use dynamodb::error::ProvideErrorMetadata as _;
use dynamodb::types::AttributeValue;
use laptop::{Programs, Settings, Stack, Town};
use serde_json::json;

use super::ground::REGION;
use super::ministack::Ministack;
use crate::journeys;

const ACCOUNT: &str = "000000000000";

/// One person, a member of both tenants, with a token of each.
struct Cora {
    at_acme: VerifiedIdToken,
    at_globex: VerifiedIdToken,
}

async fn cora(stack: &Stack, issuer: &str) -> Cora {
    let town = Town::settle(stack).await.unwrap();
    let address = "cora@consult.example";
    let secret = stack.invite(&town.acme, address, "viewer").await.unwrap();
    let at_acme = stack.app("acme").join(address, Some(&secret)).await.unwrap();
    stack.invite(&town.globex, address, "viewer").await.unwrap();
    let at_globex = stack.app("globex").sign_in(address).await.unwrap();
    let verifier = Verifier::new(issuer, ["acme", "globex"], Keys::of_issuer(issuer).unwrap());
    let [at_acme, at_globex] = [at_acme, at_globex].map(|tokens| tokens.id.unwrap());
    Cora { at_acme: verifier.verify(&at_acme).await.unwrap(), at_globex: verifier.verify(&at_globex).await.unwrap() }
}

/// What a tenant's client finds among the documents of a tenant, or why not.
async fn reads(client: &dynamodb::Client, of: &TenantSession) -> Result<String, String> {
    let table = format!("documents-{}", of.tenant_id());
    let got = client.get_item().table_name(table).key("pk", AttributeValue::S("1".to_owned())).send().await;
    let item = got.map_err(|error| error.code().unwrap_or("no code").to_owned())?.item.unwrap();
    Ok(item["of"].as_s().unwrap().clone())
}

fn config(url: &str, credentials: Option<Credentials>) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    config.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
    config.build()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenants_session_reads_its_own_documents_and_nobody_elses() {
    let ministack = Ministack::start_with(&super::handed("TENANTRY_MINISTACK_PYTHON"), &[("AUTH", "true")]).await;
    let programs = Programs::at(journeys::program("tenantctl").parent().unwrap());
    let stack = Stack::start(Settings::new(journeys::world(), programs)).await.unwrap();
    let issuer = stack.server().issuer(laptop::POOL).unwrap();
    let cora = cora(&stack, &issuer).await;
    let [acme, globex] = [&cora.at_acme, &cora.at_globex].map(|token| token.tenant_id().as_str());
    let key = ministack
        .prepare(
            "isolate.py",
            &json!({
                "url": ministack.url(), "region": REGION, "account": ACCOUNT, "tenants": [acme, globex],
                // Of the role's trust, Globex' app is left out.
                "issuer": issuer, "clients": ["acme"],
            }),
        )
        .await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/tenant");
    let denied = || Err("AccessDeniedException".to_owned());

    // A broker: any app client. The same service, the same role, the same person, another tenant.
    let text = |name: &str| key[name].as_str().unwrap();
    let own = config(ministack.url(), Some(Credentials::new(text("id"), text("secret"), None, None, "service")));
    let broker = TenantSessions::broker(&own, &role).unwrap();
    let at_acme = broker.open(&cora.at_acme).await.unwrap();
    let at_globex = broker.open(&cora.at_globex).await.unwrap();
    for (session, other, tenant) in [(&at_acme, &at_globex, acme), (&at_globex, &at_acme, globex)] {
        let client = dynamodb::Client::new(&session.config(&own));
        assert_eq!(reads(&client, session).await.as_deref(), Ok(tenant));
        assert_eq!(reads(&client, other).await, denied());
        let scan = client.scan().table_name(format!("documents-{tenant}")).send().await.unwrap_err();
        assert_eq!(scan.code(), Some("AccessDeniedException"));
    }
    // The service itself reads nothing, and its role gives nothing without a tenant's tag.
    assert_eq!(reads(&dynamodb::Client::new(&own), &at_acme).await, denied());

    // A session policy takes away what the role would give.
    let narrow = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*" },
    ] });
    let narrow = broker.with_session_policy(narrow.to_string()).open(&cora.at_acme).await.unwrap();
    assert_eq!(reads(&dynamodb::Client::new(&narrow.config(&own)), &narrow).await, denied());

    // Web identity, without any credentials: ministack looks at the token's issuer and audience.
    let none = config(ministack.url(), None);
    let by_token = TenantSessions::web_identity(&none, &role).unwrap();
    assert_eq!(by_token.open(&cora.at_globex).await.unwrap_err(), SessionError::RoleRefused);
    let session = by_token.open(&cora.at_acme).await.unwrap();
    // It does not take the tag from the token, as AWS does; without a tag the role gives nothing. Once it learns that, this fails.
    assert_eq!(reads(&dynamodb::Client::new(&session.config(&none)), &session).await, denied());
    stack.shutdown().await;
}
