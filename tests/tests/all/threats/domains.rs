//! D12 and D13: which domains can be claimed, and by whom they are owned. (Racing proofs: the campaign `races`.)

use domain::{DomainName, TenantId};
use operations::{DnsFailure, NewTenant, Operations, TxtRecords};
use tests::World;
use tests::nouns::{domain_name, parse};

/// DNS as the owner of every domain would have it: with these texts.
struct Dns(Vec<String>);

impl TxtRecords for Dns {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsFailure> {
        Ok(self.0.clone())
    }
}

async fn tenant(operations: &Operations, slug: &str) -> TenantId {
    operations.create_tenant(&NewTenant::new(parse(slug), slug)).await.unwrap().id
}

#[tokio::test]
async fn d12_public_suffixes_and_public_mailboxes_cannot_be_claimed() {
    let world = World::new().await;
    let operations = world.operations();
    let acme = tenant(&operations, "acme").await;
    let before = world.dump().await;
    for domain in [
        "co.uk",
        "github.io",
        "com.au",
        "s3.amazonaws.com",
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "yahoo.com",
        "icloud.com",
        "proton.me",
        "GMAIL.com",
        "x.onmicrosoft.com",
    ] {
        let domain: DomainName = parse(domain);
        assert!(operations.claim_domain(&acme, &domain).await.is_err(), "{domain}");
        assert!(operations.assume_domain(&acme, &domain, "because").await.is_err(), "{domain}");
        assert!(operations.verify_domain(&acme, &domain, &Dns(Vec::new())).await.is_err(), "{domain}");
    }
    assert_eq!(world.dump().await, before);
    assert!(operations.claim_domain(&acme, &domain_name("acme.co.uk")).await.is_ok());
}

#[tokio::test]
async fn d13_a_pending_claim_blocks_nobody() {
    let world = World::new().await;
    let operations = world.operations();
    let (acme, globex) = (tenant(&operations, "acme").await, tenant(&operations, "globex").await);
    let domain = domain_name("acme.example");
    let squatter = operations.claim_domain(&globex, &domain).await.unwrap();
    let claim = operations.claim_domain(&acme, &domain).await.unwrap();
    assert_ne!(squatter.challenge, claim.challenge);
    // The record of one proves nothing for the other.
    let dns = Dns(vec![claim.challenge.clone()]);
    assert!(operations.verify_domain(&globex, &domain, &dns).await.is_err());
    assert_eq!(operations.verify_domain(&acme, &domain, &dns).await.unwrap().tenant, Some(acme.clone()));
    // And once it is owned, a proof of somebody else does not take it.
    let dns = Dns(vec![claim.challenge, squatter.challenge]);
    assert!(operations.verify_domain(&globex, &domain, &dns).await.is_err());
    assert_eq!(operations.domain_owner(&domain).await.unwrap().unwrap().tenant, Some(acme));
    world.assert_sound().await;
}
