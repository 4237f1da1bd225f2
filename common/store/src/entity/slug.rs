//! Who has a slug.

use domain::{Slug, TenantId};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::Key;

/// Keeps a slug unique. It stays with a closed tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlugOwner {
    /// The slug.
    pub slug: Slug,
    /// Whose it is.
    pub tenant: TenantId,
    /// Counts writes.
    pub revision: u64,
}

impl Entity for SlugOwner {
    const KIND: &'static str = "slug";
    const ATTRIBUTES: &'static [&'static str] = &["slug", "tenant_id"];

    fn key(&self) -> Key {
        Key::slug(&self.slug)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("slug", &self.slug).text("tenant_id", &self.tenant);
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self { slug: item.parse("slug")?, tenant: item.parse("tenant_id")?, revision: item.number("revision")? })
    }
}
