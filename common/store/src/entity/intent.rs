//! App clients that we make: what was intended is written before a user pool is asked, so that whatever happens on the way can be
//! finished or undone.

use domain::{ClientId, ClientKind, PoolId, Roles, TenantId};
use jiff::Timestamp;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, LIST_PK, LIST_SK, NO_TENANT};

/// An app client that is being made, or was made, by us. One of each name, tenant and pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIntent {
    /// In which pool.
    pub pool: PoolId,
    /// What it is called.
    pub name: String,
    /// What it is to be bound to: anything but [`ClientKind::Unbound`].
    pub kind: ClientKind,
    /// Random, and part of the client's name in the pool: so a client is found whose creation was never answered.
    pub nonce: String,
    /// The client, once it is bound. Whatever else carries the nonce is a duplicate.
    pub made: Option<ClientId>,
    /// When it was bound: what is made under its name a while later is not ours to delete.
    pub bound: Option<Timestamp>,
    /// Since when it is intended.
    pub created: Timestamp,
    /// Counts writes.
    pub revision: u64,
}

impl ClientIntent {
    /// The tenant that it is made for.
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.kind.tenant()
    }
}

impl Entity for ClientIntent {
    const KIND: &'static str = "client_intent";
    const ATTRIBUTES: &'static [&'static str] =
        &["pool", "name", "binds", "tenant_id", "roles", "nonce", "made", "bound", "created", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::client_intent(&self.pool, self.tenant(), &self.name)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.pool)
            .text("name", &self.name)
            .text("nonce", &self.nonce)
            .maybe_text("made", self.made.as_ref())
            .maybe_text("bound", self.bound.map(|bound| bound.to_string()))
            .time("created", self.created);
        match &self.kind {
            ClientKind::Tenant(tenant) => to.text("binds", "tenant").text("tenant_id", tenant),
            ClientKind::Shared => to.text("binds", "shared"),
            ClientKind::Machine { tenant, roles } => {
                to.text("binds", "machine").text("tenant_id", tenant).texts("roles", roles.iter())
            }
            ClientKind::Unbound => to.text("binds", "nothing"),
        };
        // Of all tenants together: whoever looks for one knows the pool, and perhaps only the client.
        to.listed(NO_TENANT, self.key().pk);
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let kind = match item.text("binds")? {
            "tenant" => ClientKind::Tenant(item.parse("tenant_id")?),
            "shared" => ClientKind::Shared,
            "machine" => ClientKind::Machine {
                tenant: item.parse("tenant_id")?,
                roles: Roles::parse(item.texts("roles")?).map_err(|_| item.unreadable("roles", "are not valid"))?,
            },
            _ => return Err(item.unreadable("binds", "is not one of the known words")),
        };
        Ok(Self {
            pool: item.parse("pool")?,
            name: item.text("name")?.to_owned(),
            kind,
            nonce: item.text("nonce")?.to_owned(),
            made: item.maybe_parse("made")?,
            bound: item.maybe_parse("bound")?,
            created: item.time("created")?,
            revision: item.number("revision")?,
        })
    }
}
