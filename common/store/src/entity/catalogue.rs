//! The catalogue of roles.

use std::collections::BTreeMap;

use domain::{Catalogue, RoleGrant};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::Key;

impl Entity for Catalogue {
    const KIND: &'static str = "catalogue";
    const ATTRIBUTES: &'static [&'static str] = &["roles"];

    fn key(&self) -> Key {
        Key::catalogue()
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        let mut roles = std::collections::HashMap::new();
        for (role, grant) in self.roles() {
            let mut entry = Writer::default();
            entry.texts("permissions", &grant.permissions).texts("scopes", &grant.scopes);
            roles.insert(role.to_string(), entry.into_map());
        }
        to.value("roles", aws_sdk_dynamodb::types::AttributeValue::M(roles));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let mut roles = BTreeMap::new();
        for (role, entry) in item.map("roles")?.entries() {
            let entry = entry?;
            let grant = RoleGrant {
                permissions: entry.texts("permissions")?.into_iter().map(str::to_owned).collect(),
                scopes: entry.texts("scopes")?.into_iter().map(str::to_owned).collect(),
            };
            roles.insert(role.parse().map_err(|_| item.unreadable("roles", "name something that is no role"))?, grant);
        }
        Self::new(roles, item.number("revision")?).map_err(|_| item.unreadable("roles", "are not a valid catalogue"))
    }
}
