//! Identity providers.

use domain::{Provider, ProviderKind};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, LIST_PK, LIST_SK, NO_TENANT};

impl Entity for Provider {
    const KIND: &'static str = "provider";
    const ATTRIBUTES: &'static [&'static str] =
        &["pool", "provider", "serves", "tenant_id", "enabled", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::provider(&self.pool, &self.name)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.pool).text("provider", &self.name).flag("enabled", self.enabled);
        let list_key = format!("PROVIDER#{}#{}", self.pool, self.name);
        match &self.kind {
            ProviderKind::Tenant(tenant) => {
                to.text("serves", "tenant").text("tenant_id", tenant).listed(tenant, list_key)
            }
            ProviderKind::Social => to.text("serves", "social").listed(NO_TENANT, list_key),
        };
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            pool: item.parse("pool")?,
            name: item.parse("provider")?,
            kind: match item.text("serves")? {
                "tenant" => ProviderKind::Tenant(item.parse("tenant_id")?),
                "social" => ProviderKind::Social,
                _ => return Err(item.unreadable("serves", "is not one of the known words")),
            },
            enabled: item.flag("enabled")?,
            revision: item.number("revision")?,
        })
    }
}
