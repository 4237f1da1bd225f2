//! I10: what members learn of other tenants, and who says how people sign in. Who may do what, for every operation and everybody, is the matrix
//! of the campaign `isolation` in the test kit.

use domain::{Client, DomainName, Membership, Origin, Provider, ProviderKind, Tenant};
use operations::{NewBinding, PolicyChange, Releasing};

use crate::table::World;

/// Two tenants, and what one of them owns.
struct Ground {
    world: World,
    acme: Tenant,
    umbra: Tenant,
    client: Client,
    domain: DomainName,
}

impl Ground {
    async fn new() -> Self {
        let world = World::new().await;
        let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
        let client = Client { pool: "eu-central-1_test".parse().unwrap(), id: "app".parse().unwrap() };
        let domain: DomainName = "acme.example".parse().unwrap();
        world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
        world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
        Self { world, acme, umbra, client, domain }
    }
}

#[tokio::test]
async fn i10_members_learn_nothing_of_another_tenant() {
    let ground = Ground::new().await;
    let uma = ground.world.add(&ground.umbra.id, "uma", "owner").await;
    let ops = ground.world.as_member(&uma);
    let unknown = ops.find_tenant("nothing").await.unwrap_err().to_string();
    let foreign = ops.find_tenant("acme").await.unwrap_err().to_string();
    assert_eq!(foreign.replace("acme", "nothing"), unknown, "a slug that is taken sounds like one that is not");
    assert_eq!(ops.find_tenant("umbra").await.unwrap().id, ground.umbra.id);
    assert_eq!(ops.domain_owner(&ground.domain).await.unwrap(), None);
    assert_eq!(ops.domain_owner(&"free.example".parse().unwrap()).await.unwrap(), None);
    let stray = Client { id: "stray".parse().unwrap(), ..ground.client.clone() };
    assert_eq!(ops.client(&ground.client).await.unwrap_err().code(), ops.client(&stray).await.unwrap_err().code());
}

#[tokio::test]
async fn i10_how_people_sign_in_is_for_operators_because_app_clients_have_to_follow() {
    let ground = Ground::new().await;
    let olga = ground.world.add(&ground.acme.id, "olga", "owner").await;
    let ops = ground.world.as_member(&olga);
    let chain = PolicyChange { chain: Some(domain::Chain::Code), ..PolicyChange::default() };
    let sso = PolicyChange { sso_required: Some(true), ..PolicyChange::default() };
    for change in [&chain, &sso] {
        assert_eq!(ops.set_policy(&ground.acme.id, change).await.unwrap_err().code(), "FOR_OPERATORS");
    }
    assert_eq!(ground.world.ops.tenant(&ground.acme.id).await.unwrap().policy, ground.acme.policy);
    ground.world.ops.set_policy(&ground.acme.id, &chain).await.unwrap();
}

impl Ground {
    /// An admin of Acme who came in this way.
    async fn admin(&self, name: &str, origin: Origin) -> Membership {
        let mut row = self.world.add(&self.acme.id, name, "admin").await;
        row.origin = origin;
        self.world.write(&row).await;
        row
    }

    async fn claims(&self, row: &Membership) -> Result<(), &'static str> {
        let ops = self.world.as_member(row);
        let claimed = ops.claim_domain(&self.acme.id, &"another.example".parse().unwrap()).await;
        claimed.map(drop).map_err(|error| error.code())
    }
}

#[tokio::test]
async fn whose_tokens_would_be_refused_does_nothing_for_the_tenant_either() {
    let ground = Ground::new().await;
    let (ops, pool) = (&ground.world.ops, ground.client.pool.clone());
    let okta = Provider {
        pool,
        name: "okta".parse().unwrap(),
        kind: ProviderKind::Tenant(ground.acme.id.clone()),
        enabled: true,
        revision: 0,
    };
    ground.world.write(&okta).await;
    let by_domain = ground.admin("dora", Origin::Domain { domain: ground.domain.clone(), generation: 1 }).await;
    let by_provider = ground.admin("petra", Origin::Provider(okta.name.clone())).await;
    let barred = ground.admin("bea", Origin::Added).await;
    // A second account of the same mailbox, whose end bars both.
    let mut second = Membership { revision: 0, member: domain::MemberId::from_random([7; 16]), ..barred.clone() };
    second.person.sub = "bea-again".parse().unwrap();
    ground.world.write(&second).await;
    for row in [&by_domain, &by_provider, &barred, &second] {
        assert_eq!(ground.claims(row).await, Ok(()), "{}", row.person.sub);
    }

    ops.release_domain(&ground.acme.id, &ground.domain, Releasing::DropMembers).await.unwrap();
    ops.enable_provider(&okta.pool, &okta.name, false).await.unwrap();
    ops.suspend(&ground.acme.id, &second.person.clone().into(), None).await.unwrap();
    for row in [&by_domain, &by_provider, &barred, &second] {
        assert_eq!(ground.claims(row).await, Err("NOT_ALLOWED"), "{}", row.person.sub);
    }
    ops.enable_provider(&okta.pool, &okta.name, true).await.unwrap();
    ops.resume(&ground.acme.id, &second.person.clone().into(), None).await.unwrap();
    for row in [&by_provider, &barred, &second] {
        assert_eq!(ground.claims(row).await, Ok(()), "{}", row.person.sub);
    }
    ops.reinstate(&ground.acme.id, &(&by_domain).into(), None, None).await.unwrap();
    assert_eq!(ground.claims(&by_domain).await, Ok(()), "an operator vouches for her");
}
