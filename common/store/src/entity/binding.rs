//! App clients.

use domain::{Binding, Client, ClientKind, Groups, Mode, Roles};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::keys::{Key, LIST_PK, LIST_SK, NO_TENANT};

const MODES: &[(&str, Mode)] = &[("observe", Mode::Observe), ("enforce", Mode::Enforce)];
const GROUPS: &[(&str, Groups)] = &[("carry", Groups::Carry), ("replace", Groups::Replace)];

impl Entity for Binding {
    const KIND: &'static str = "client";
    const ATTRIBUTES: &'static [&'static str] = &[
        "pool",
        "client",
        "binds",
        "tenant_id",
        "roles",
        "mode",
        "groups",
        "suppress_account_scope",
        LIST_PK,
        LIST_SK,
    ];

    fn key(&self) -> Key {
        Key::binding(&self.client)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.client.pool)
            .text("client", &self.client.id)
            .text("mode", word(MODES, &self.mode))
            .text("groups", word(GROUPS, &self.groups))
            .flag("suppress_account_scope", self.suppress_account_scope);
        let list_key = format!("CLIENT#{}#{}", self.client.pool, self.client.id);
        match &self.kind {
            ClientKind::Tenant(tenant) => to.text("binds", "tenant").text("tenant_id", tenant).listed(tenant, list_key),
            ClientKind::Shared => to.text("binds", "shared").listed(NO_TENANT, list_key),
            ClientKind::Machine { tenant, roles } => to
                .text("binds", "machine")
                .text("tenant_id", tenant)
                .texts("roles", roles.iter())
                .listed(tenant, list_key),
            ClientKind::Unbound => to.text("binds", "nothing").listed(NO_TENANT, list_key),
        };
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let kind = match item.text("binds")? {
            "tenant" => ClientKind::Tenant(item.parse("tenant_id")?),
            "shared" => ClientKind::Shared,
            "machine" => ClientKind::Machine {
                tenant: item.parse("tenant_id")?,
                roles: Roles::parse(item.texts("roles")?).map_err(|_| item.unreadable("roles", "are not valid"))?,
            },
            "nothing" => ClientKind::Unbound,
            _ => return Err(item.unreadable("binds", "is not one of the known words")),
        };
        // INVARIANT: a tombstone denies, whatever mode the client had: only a pool's default lets unbound clients pass.
        let mode = if kind == ClientKind::Unbound { Mode::Enforce } else { item.one_of("mode", MODES)? };
        Ok(Self {
            client: Client { pool: item.parse("pool")?, id: item.parse("client")? },
            kind,
            mode,
            groups: item.one_of("groups", GROUPS)?,
            suppress_account_scope: item.flag("suppress_account_scope")?,
            revision: item.number("revision")?,
        })
    }
}
