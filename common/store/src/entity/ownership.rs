//! Who owns a domain.

use domain::{DomainOwner, TenantId};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::entity::tenant::JOIN_MODES;
use crate::keys::{Key, LIST_PK, LIST_SK};

impl Entity for DomainOwner {
    const KIND: &'static str = "domain";
    const ATTRIBUTES: &'static [&'static str] = &["domain", "tenant_id", "generation", "join", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::domain(&self.domain)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("domain", &self.domain)
            .number("generation", self.generation)
            .maybe_text("join", self.join.map(|mode| word(JOIN_MODES, &mode)));
        if let Some(tenant) = &self.tenant {
            to.text("tenant_id", tenant).listed(tenant, format!("DOMAIN#{}", self.domain));
        }
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let tenant: Option<TenantId> = item.maybe_parse("tenant_id")?;
        // A domain that lost its owner's name on the way is not a released one, which anybody may claim.
        if tenant.as_ref().map(AsRef::as_ref) != item.maybe_text(LIST_PK)? {
            return Err(item.unreadable("tenant_id", "is not where the domain is listed"));
        }
        Ok(Self {
            domain: item.parse("domain")?,
            tenant,
            generation: item.number("generation")?,
            join: item.maybe_text("join")?.map(|_| item.one_of("join", JOIN_MODES)).transpose()?,
            revision: item.number("revision")?,
        })
    }
}
