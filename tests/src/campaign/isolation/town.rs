//! Five tenants of the same kind, everybody who could stand at a door, and a table that can be put back as it was.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ClientKind, Membership, MembershipStatus, Origin};

use super::ensure;
use super::operations::own_pool;
use crate::event::identities;
use crate::nouns::{
    by_domain, client, invitation, member, member_id, provider_name, provider_of, roles, tenant_id, token,
};
use crate::{Engine, Event, World};

/// The tenants. Each has an app client, a machine's client and a domain of its name, and a provider.
pub const TENANTS: [&str; 5] = ["acme", "globex", "initech", "umbra", "wonka"];

/// What somebody is at their own tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An active owner.
    Owner,
    /// An active admin.
    Admin,
    /// An active member.
    Member,
    /// An active viewer.
    Viewer,
    /// A member here and at the next tenant.
    Both,
    /// Has a proven mailbox and an open invitation.
    Invited,
    /// Asked to join.
    Requested,
    /// Was removed; their address is of the tenant's domain.
    Removed,
    /// Is suspended; their address is of the tenant's domain.
    Suspended,
    /// A member by the tenant's provider.
    Federated,
    /// A native account to which the tenant's provider is linked, with an address of the tenant's domain, and no row.
    Linked,
    /// The tenant's machine.
    Machine,
    /// Nobody's.
    Nobody,
}

const KINDS: [Kind; 12] = [
    Kind::Owner,
    Kind::Admin,
    Kind::Member,
    Kind::Viewer,
    Kind::Both,
    Kind::Invited,
    Kind::Requested,
    Kind::Removed,
    Kind::Suspended,
    Kind::Federated,
    Kind::Linked,
    Kind::Machine,
];

/// Somebody with whatever they have to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// What they are.
    pub kind: Kind,
    /// At which tenant; nobody is nobody everywhere.
    pub home: usize,
}

/// Everybody.
pub fn credentials() -> Vec<Credential> {
    let mut all: Vec<Credential> =
        KINDS.iter().flat_map(|kind| (0..TENANTS.len()).map(|home| Credential { kind: *kind, home })).collect();
    all.push(Credential { kind: Kind::Nobody, home: 0 });
    all
}

/// The next tenant.
pub(super) const fn next(tenant: usize) -> usize {
    (tenant + 1) % TENANTS.len()
}

impl Credential {
    /// `ownacme`, short enough for a sub.
    pub fn name(&self) -> String {
        let kind = match self.kind {
            Kind::Nobody => return "nobody".to_owned(),
            Kind::Owner => "own",
            Kind::Admin => "adm",
            Kind::Member => "mem",
            Kind::Viewer => "vie",
            Kind::Both => "two",
            Kind::Invited => "inv",
            Kind::Requested => "req",
            Kind::Removed => "rem",
            Kind::Suspended => "sus",
            Kind::Federated => "fed",
            Kind::Linked => "lin",
            Kind::Machine => "mac",
        };
        format!("{kind}{}", TENANTS[self.home])
    }

    /// Their address: of the tenant's domain, but for those who need an invitation.
    pub(super) fn address(&self) -> String {
        let domain = if self.is_of_the_domain() { TENANTS[self.home] } else { "partner" };
        format!("{}@{domain}.example", self.name())
    }

    /// Whether their address is of their tenant's domain.
    pub(super) const fn is_of_the_domain(&self) -> bool {
        !matches!(self.kind, Kind::Invited | Kind::Nobody)
    }

    /// As what they stand in a tenant, if their rows, a good invitation or nothing says so.
    pub(super) fn stands(&self, tenant: usize) -> Option<&'static str> {
        let here = self.home == tenant;
        match self.kind {
            Kind::Owner if here => Some("owner"),
            Kind::Admin if here => Some("admin"),
            Kind::Viewer if here => Some("viewer"),
            Kind::Member | Kind::Federated | Kind::Invited if here => Some("member"),
            Kind::Both if here || next(self.home) == tenant => Some("member"),
            _ => None,
        }
    }

    /// An event of theirs.
    pub(super) fn shown(&self, event: Event) -> Event {
        match self.kind {
            Kind::Federated => event.federated(&provider(self.home), "1"),
            Kind::Linked => event.attribute("identities", identities(&[(&provider(self.home), "1")])),
            _ => event,
        }
    }
}

/// The name of a tenant's provider.
pub(super) fn provider(tenant: usize) -> String {
    format!("okta-{}", TENANTS[tenant])
}

/// The name of a tenant's machine's client.
pub(super) fn machine(tenant: usize) -> String {
    format!("mac{}", TENANTS[tenant])
}

/// The byte of a tenant's invitation's token.
pub(super) fn invitation_of(tenant: usize) -> u8 {
    u8::try_from(tenant).expect("five") + 1
}

/// The person on whom operations are tried.
pub(super) fn bob(tenant: usize) -> String {
    format!("bob{}", TENANTS[tenant])
}

type Item = HashMap<String, AttributeValue>;

/// The five tenants.
pub(super) struct Town {
    pub(super) world: World,
    client: Client,
    settled: Vec<Item>,
    /// Whether the table is looked at after every cell.
    pub(super) closely: bool,
}

impl Town {
    pub(super) async fn settle(closely: bool) -> Self {
        let engine = Engine::in_process().await;
        let world = World::on(&engine, domain::claims::NameMap::default(), crate::world::counted).await;
        world.put(&client("portal", ClientKind::Shared)).await;
        world.put(&client("closed", ClientKind::Unbound)).await;
        for (at, name) in TENANTS.iter().enumerate() {
            world.with(name).await.put(&provider_of(&provider(at), name)).await;
            let kind = ClientKind::Machine { tenant: tenant_id(name), roles: roles(&["api"]) };
            world.put(&client(&machine(at), kind)).await;
            world.with_member(&member(&bob(at), name)).await;
            let dedicated = world.operations().dedicate_pool(&own_pool(at), Some(&tenant_id(name))).await;
            dedicated.expect("a pool of its own");
        }
        for credential in credentials() {
            people(&world, &credential).await;
        }
        let client = engine.client();
        let settled = items(&client, &world).await;
        Self { world, client, settled, closely }
    }

    /// Whether nothing was written since, or the table was put back.
    pub(super) async fn is_untouched(&self) -> bool {
        let found: HashMap<_, _> = items(&self.client, &self.world).await.into_iter().map(keyed).collect();
        self.settled.len() == found.len()
            && self.settled.iter().all(|item| found.get(&key(item)).is_some_and(|found| found == item))
    }

    /// Puts the table back as it was.
    pub(super) async fn put_back(&self) {
        let table = self.world.table().name();
        let mut found: HashMap<_, _> = items(&self.client, &self.world).await.into_iter().map(keyed).collect();
        for item in &self.settled {
            if found.remove(&key(item)).as_ref() != Some(item) {
                let put = self.client.put_item().table_name(table).set_item(Some(item.clone()));
                put.send().await.expect("an item is put back");
            }
        }
        for item in found.into_values() {
            let key = [store::keys::PK, store::keys::SK].map(|name| (name.to_owned(), item[name].clone()));
            let delete = self.client.delete_item().table_name(table).set_key(Some(key.into()));
            delete.send().await.expect("an item is taken away");
        }
    }

    /// After a cell that must write nothing.
    pub(super) async fn look(&self, what: &str) -> Result<(), String> {
        ensure!(!self.closely || self.is_untouched().await, "{what}: something was written");
        Ok(())
    }

    /// After all cells of a row that must write nothing.
    pub(super) async fn look_at_last(&self) -> Result<(), String> {
        ensure!(
            self.is_untouched().await,
            "something was written where nothing may be: replay this line, which looks after every cell"
        );
        Ok(())
    }
}

fn key(item: &Item) -> (String, String) {
    let text = |name: &str| item[name].as_s().expect("a key").clone();
    (text(store::keys::PK), text(store::keys::SK))
}

fn keyed(item: Item) -> ((String, String), Item) {
    (key(&item), item)
}

async fn items(client: &Client, world: &World) -> Vec<Item> {
    let mut all = Vec::new();
    let mut from = None;
    loop {
        let page = client.scan().table_name(world.table().name()).consistent_read(true).set_exclusive_start_key(from);
        let page = page.send().await.expect("a scan");
        all.extend(page.items.unwrap_or_default());
        from = page.last_evaluated_key;
        if from.is_none() {
            return all;
        }
    }
}

/// Makes somebody what they are.
async fn people(world: &World, credential: &Credential) {
    let (home, name) = (TENANTS[credential.home], credential.name());
    let row = |tenant: &str| Membership { address: credential.address().parse().ok(), ..member(&name, tenant) };
    match credential.kind {
        Kind::Owner | Kind::Admin | Kind::Member | Kind::Viewer => {
            let role = credential.stands(credential.home).expect("a role");
            world.with_member(&Membership { roles: roles(&[role]), ..row(home) }).await;
        }
        Kind::Both => {
            for tenant in [home, TENANTS[next(credential.home)]] {
                world
                    .with_member(&Membership { member: member_id(&format!("two{tenant}of{home}")), ..row(tenant) })
                    .await;
            }
        }
        Kind::Invited => {
            world.with_invitation(&invitation(invitation_of(credential.home), home, &credential.address())).await;
        }
        Kind::Requested => {
            let origin = by_domain(&format!("{home}.example"));
            world.put(&Membership { status: MembershipStatus::Requested, origin, ..row(home) }).await;
        }
        Kind::Removed | Kind::Suspended => {
            world.with_member(&Membership { origin: by_domain(&format!("{home}.example")), ..row(home) }).await;
            if credential.kind == Kind::Removed {
                world.remove(&name, home).await;
            } else {
                world.suspend(&name, home).await;
            }
        }
        Kind::Federated => {
            let origin = Origin::Provider(provider_name(&provider(credential.home)));
            world.with_member(&Membership { origin, ..row(home) }).await;
        }
        Kind::Linked | Kind::Machine | Kind::Nobody => {}
    }
}

/// Whether a text names another tenant than these: by its id, its slug's claim or an invitation's token.
pub(super) fn names_another(text: &str, but: &[usize]) -> bool {
    (0..TENANTS.len()).filter(|tenant| !but.contains(tenant)).any(|tenant| {
        text.contains(tenant_id(TENANTS[tenant]).as_ref())
            || text.contains(&format!("\"{}\"", TENANTS[tenant]))
            || text.contains(&token(invitation_of(tenant)).reveal())
    })
}
