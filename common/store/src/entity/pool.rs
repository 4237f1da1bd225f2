//! User pools.

use domain::Pool;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, LIST_PK, LIST_SK, NO_TENANT};

impl Entity for Pool {
    const KIND: &'static str = "pool";
    const ATTRIBUTES: &'static [&'static str] = &["pool", "observe_unbound", "dedicated_to", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::pool(&self.id)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.id)
            .flag("observe_unbound", self.observe_unbound)
            .maybe_text("dedicated_to", self.dedicated_to.as_ref())
            .listed(NO_TENANT, format!("POOL#{}", self.id));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            id: item.parse("pool")?,
            observe_unbound: item.flag("observe_unbound")?,
            dedicated_to: item.maybe_parse("dedicated_to")?,
            revision: item.number("revision")?,
        })
    }
}
