//! I10: what members learn of other tenants, and who says how people sign in. Who may do what, for every operation and everybody, is the matrix
//! of the campaign `isolation` in the test kit.

use domain::{Client, DomainName, Tenant};
use operations::{NewBinding, PolicyChange};

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
