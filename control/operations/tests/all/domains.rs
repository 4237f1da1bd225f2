//! Domains: a challenge, one owner, generations, and members who stay.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{DomainName, Origin};
use operations::{DnsFailure, Releasing, TxtRecords, challenge_name};

use crate::table::{World, code, roles};

/// DNS as the test wants it.
#[derive(Default)]
struct Zone(HashMap<String, Vec<String>>);

impl Zone {
    fn with(mut self, domain: &DomainName, text: &str) -> Self {
        self.0.entry(challenge_name(domain)).or_default().push(text.to_owned());
        self
    }
}

impl TxtRecords for Zone {
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsFailure> {
        Ok(self.0.get(name).cloned().unwrap_or_default())
    }
}

struct Silent;

impl TxtRecords for Silent {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsFailure> {
        Err(DnsFailure("no answer".to_owned()))
    }
}

fn acme_example() -> DomainName {
    "acme.example".parse().unwrap()
}

#[tokio::test]
async fn d12_public_suffixes_and_public_mailboxes_belong_to_nobody() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    for (name, refused) in [
        ("co.uk", "DOMAIN_PUBLIC_SUFFIX"),
        ("github.io", "DOMAIN_PUBLIC_SUFFIX"),
        ("gmail.com", "DOMAIN_PUBLIC_MAILBOX"),
        ("x.onmicrosoft.com", "DOMAIN_PUBLIC_MAILBOX"),
    ] {
        let name = name.parse().unwrap();
        assert_eq!(code(world.ops.claim_domain(&acme.id, &name).await), refused, "{name}");
        assert_eq!(code(world.ops.assume_domain(&acme.id, &name, "because").await), refused, "{name}");
        assert_eq!(code(world.ops.verify_domain(&acme.id, &name, &Zone::default()).await), refused, "{name}");
    }
}

#[tokio::test]
async fn a_claim_is_proven_by_its_own_challenge_alone() {
    let world = World::new().await;
    let (acme, domain) = (world.tenant("acme").await, acme_example());
    assert_eq!(code(world.ops.verify_domain(&acme.id, &domain, &Zone::default()).await), "DOMAIN_UNCLAIMED");
    let claim = world.ops.claim_domain(&acme.id, &domain).await.unwrap();
    assert_eq!(claim.challenge.len(), "tenantry-verification=".len() + 43);
    assert_eq!(world.ops.claim_domain(&acme.id, &domain).await.unwrap(), claim);
    let wrong = Zone::default().with(&domain, "tenantry-verification=another");
    let unproven = world.ops.verify_domain(&acme.id, &domain, &wrong).await.unwrap_err();
    assert_eq!(unproven.code(), "DOMAIN_UNPROVEN");
    assert!(unproven.help().contains(&claim.challenge));
    assert_eq!(code(world.ops.verify_domain(&acme.id, &domain, &Silent).await), "DNS_UNREACHABLE");
    let right = wrong.with(&domain, &claim.challenge);
    let owner = world.ops.verify_domain(&acme.id, &domain, &right).await.unwrap();
    assert_eq!((owner.tenant.as_ref(), owner.generation), (Some(&acme.id), 1));
    assert_eq!(world.ops.verify_domain(&acme.id, &domain, &Zone::default()).await.unwrap(), owner);
}

#[tokio::test]
async fn d13_a_pending_claim_blocks_nobody() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    let squatter = world.ops.claim_domain(&umbra.id, &domain).await.unwrap();
    let claim = world.ops.claim_domain(&acme.id, &domain).await.unwrap();
    assert_ne!(squatter.challenge, claim.challenge);
    let zone = Zone::default().with(&domain, &claim.challenge);
    assert_eq!(code(world.ops.verify_domain(&umbra.id, &domain, &zone).await), "DOMAIN_UNPROVEN");
    let owner = world.ops.verify_domain(&acme.id, &domain, &zone).await.unwrap();
    assert!(owner.belongs_to(&acme.id));
    let zone = zone.with(&domain, &squatter.challenge);
    assert_eq!(code(world.ops.verify_domain(&umbra.id, &domain, &zone).await), "DOMAIN_TAKEN");
}

#[tokio::test]
async fn d13_of_32_racing_verifications_one_tenant_owns_the_domain() {
    let world = Arc::new(World::new().await);
    let domain = acme_example();
    let mut zone = Zone::default();
    let mut tenants = Vec::new();
    for n in 0..32 {
        let tenant = world.tenant(&format!("tenant-{n}")).await;
        let claim = world.ops.claim_domain(&tenant.id, &domain).await.unwrap();
        zone = zone.with(&domain, &claim.challenge);
        tenants.push(tenant);
    }
    let zone = Arc::new(zone);
    let racers: Vec<_> = tenants
        .into_iter()
        .map(|tenant| {
            let (world, zone, domain) = (world.clone(), zone.clone(), domain.clone());
            tokio::spawn(async move {
                loop {
                    match world.ops.verify_domain(&tenant.id, &domain, &*zone).await {
                        Ok(owner) => return owner.tenant,
                        Err(error) if error.code() == "DOMAIN_TAKEN" => return None,
                        Err(error) => assert!(matches!(error.code(), "CONTENDED" | "STORE_BROKEN"), "{error}"),
                    }
                }
            })
        })
        .collect();
    let mut owners = Vec::new();
    for racer in racers {
        owners.extend(racer.await.unwrap());
    }
    let owner = world.ops.domain_owner(&domain).await.unwrap().unwrap();
    assert_eq!(owners, [owner.tenant.unwrap()]);
    assert_eq!(owner.generation, 1);
}

#[tokio::test]
async fn a_release_says_who_depends_and_keeps_them_when_asked() {
    let world = World::new().await;
    let (acme, domain) = (world.tenant("acme").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    world.add(&acme.id, "olga", "owner").await;
    let rows = world.rest_on(&acme.id, &domain, &["bob", "mia"]).await;
    assert_eq!(code(world.ops.release_domain(&acme.id, &domain, Releasing::Unsaid).await), "DOMAIN_IN_USE");
    let looked = world.ops.release_domain(&acme.id, &domain, Releasing::DryRun).await.unwrap();
    assert_eq!((looked.dependants, looked.kept, looked.done), (2, 0, false));
    assert!(looked.owner.belongs_to(&acme.id));
    let released = world.ops.release_domain(&acme.id, &domain, Releasing::KeepMembers).await.unwrap();
    assert_eq!((released.dependants, released.kept, released.done), (2, 2, true));
    assert_eq!((released.owner.tenant, released.owner.generation), (None, 2));
    for row in rows {
        let kept = world.ops.find_member(&acme.id, &(&row).into()).await.unwrap();
        assert_eq!((kept.origin, kept.member), (Origin::Added, row.member));
    }
    let again = world.ops.release_domain(&acme.id, &domain, Releasing::KeepMembers).await.unwrap();
    assert_eq!((again.kept, again.done), (0, true));
}

#[tokio::test]
async fn m18_a_released_domain_comes_back_in_another_generation() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    assert_eq!(code(world.ops.assume_domain(&umbra.id, &domain, "a test").await), "DOMAIN_TAKEN");
    world.ops.release_domain(&acme.id, &domain, Releasing::Unsaid).await.unwrap();
    let owner = world.ops.assume_domain(&umbra.id, &domain, "a test").await.unwrap();
    assert_eq!(owner.generation, 3);
    assert_eq!(code(world.ops.release_domain(&acme.id, &domain, Releasing::Unsaid).await), "DOMAIN_NOT_OWNED");
}

#[tokio::test]
async fn a_transfer_changes_owner_and_claims_at_once() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    world.rest_on(&acme.id, &domain, &["bob"]).await;
    let transfer = |how| world.ops.transfer_domain(&domain, &acme.id, &umbra.id, how, "a merger");
    assert_eq!(code(transfer(Releasing::Unsaid).await), "DOMAIN_IN_USE");
    let moved = transfer(Releasing::KeepMembers).await.unwrap();
    assert_eq!((moved.owner.tenant.as_ref(), moved.owner.generation, moved.kept), (Some(&umbra.id), 2, 1));
    assert!(transfer(Releasing::Unsaid).await.unwrap().done);
    let theirs = world.ops.domains(&acme.id).await.unwrap();
    assert!(theirs.iter().all(|domain| domain.owner.is_none()));
    let heirs = world.ops.domains(&umbra.id).await.unwrap();
    assert!(heirs[0].owner.is_some());
    assert!(heirs[0].claim.as_ref().unwrap().assumed.as_ref().unwrap().contains("a merger"));
}

#[tokio::test]
async fn a_release_that_was_interrupted_keeps_the_others_when_it_is_repeated() {
    let world = World::new().await;
    let (acme, domain) = (world.tenant("acme").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    let mut late = world.rest_on(&acme.id, &domain, &["bob"]).await.remove(0);
    world.ops.release_domain(&acme.id, &domain, Releasing::KeepMembers).await.unwrap();
    // Joined by the former generation while the domain was going: the index had not shown them yet.
    late.person.sub = "late".parse().unwrap();
    late.revision = 0;
    world.write(&late).await;
    let again = world.ops.release_domain(&acme.id, &domain, Releasing::KeepMembers).await.unwrap();
    assert_eq!((again.kept, again.done), (1, true));
    assert_eq!(world.ops.find_member(&acme.id, &(&late).into()).await.unwrap().origin, Origin::Added);
}

#[tokio::test]
async fn no_owner_goes_with_the_domain() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    let mut olga = world.add(&acme.id, "olga", "owner").await;
    olga.origin = Origin::Domain { domain: domain.clone(), generation: 1 };
    world.write(&olga).await;
    let release = || world.ops.release_domain(&acme.id, &domain, Releasing::DropMembers);
    assert_eq!(code(release().await), "OWNERS_ON_DOMAIN");
    let transfer = world.ops.transfer_domain(&domain, &acme.id, &umbra.id, Releasing::DropMembers, "a merger");
    assert_eq!(code(transfer.await), "OWNERS_ON_DOMAIN");
    // Nor beside another one, who could go afterwards: she would count as the owner who is left.
    world.add(&acme.id, "oscar", "owner").await;
    assert_eq!(code(release().await), "OWNERS_ON_DOMAIN");
    world.ops.set_roles(&acme.id, &(&olga).into(), &roles("admin")).await.unwrap();
    assert_eq!(release().await.unwrap().dependants, 1);
}

#[tokio::test]
async fn an_owner_who_rests_on_the_domain_stays_with_the_members_whom_they_keep() {
    let world = World::new().await;
    let (acme, domain) = (world.tenant("acme").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    world.rest_on(&acme.id, &domain, &["bob"]).await;
    let mut olga = world.add(&acme.id, "olga", "owner").await;
    olga.origin = Origin::Domain { domain: domain.clone(), generation: 1 };
    world.write(&olga).await;
    world.rest_on(&acme.id, &domain, &["zoe"]).await;
    let released = world.as_member(&olga).release_domain(&acme.id, &domain, Releasing::KeepMembers).await.unwrap();
    assert_eq!((released.kept, released.done), (3, true));
    world.as_member(&olga).rename_tenant(&acme.id, None, Some("Acme Inc")).await.unwrap();
}

#[tokio::test]
async fn a_transfer_that_was_interrupted_keeps_the_others_when_it_is_repeated() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
    let mut late = world.rest_on(&acme.id, &domain, &["bob"]).await.remove(0);
    let transfer = |how| world.ops.transfer_domain(&domain, &acme.id, &umbra.id, how, "a merger");
    transfer(Releasing::KeepMembers).await.unwrap();
    late.person.sub = "late".parse().unwrap();
    late.revision = 0;
    world.write(&late).await;
    let looked = transfer(Releasing::DryRun).await.unwrap();
    assert_eq!((looked.dependants, looked.done), (1, false));
    let again = transfer(Releasing::KeepMembers).await.unwrap();
    assert_eq!((again.kept, again.done), (1, true));
    assert_eq!(world.ops.find_member(&acme.id, &(&late).into()).await.unwrap().origin, Origin::Added);
}

#[tokio::test]
async fn nobody_transfers_what_they_never_had() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    world.ops.assume_domain(&umbra.id, &domain, "a test").await.unwrap();
    let transfer = world.ops.transfer_domain(&domain, &acme.id, &umbra.id, Releasing::Unsaid, "a merger");
    assert_eq!(code(transfer.await), "DOMAIN_NOT_OWNED");
}

#[tokio::test]
async fn a_reason_says_something() {
    let world = World::new().await;
    let (acme, umbra, domain) = (world.tenant("acme").await, world.tenant("umbra").await, acme_example());
    for empty in ["", " "] {
        assert_eq!(code(world.ops.assume_domain(&acme.id, &domain, empty).await), "INVALID");
        let transfer = world.ops.transfer_domain(&domain, &acme.id, &umbra.id, Releasing::DryRun, empty);
        assert_eq!(code(transfer.await), "INVALID");
        assert_eq!(code(world.ops.close_tenant(&acme.id, Some(empty)).await), "INVALID");
    }
}
