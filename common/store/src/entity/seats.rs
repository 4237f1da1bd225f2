//! A tenant's counters: seats taken, owners, and the limit.

use domain::TenantId;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::Key;

/// Counted in the transactions that change memberships; never written from a recount but by `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// Whose.
    pub tenant: TenantId,
    /// Active and suspended memberships.
    pub used: u64,
    /// Active owners.
    pub owners: u64,
    /// At most this many seats.
    pub limit: Option<u64>,
    /// Counts writes.
    pub revision: u64,
}

impl Entity for Seats {
    const KIND: &'static str = "seats";
    const ATTRIBUTES: &'static [&'static str] = &["tenant_id", "used", "owners", "seat_limit"];

    fn key(&self) -> Key {
        Key::seats(&self.tenant)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("tenant_id", &self.tenant).number("used", self.used).number("owners", self.owners);
        if let Some(limit) = self.limit {
            to.number("seat_limit", limit);
        }
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            tenant: item.parse("tenant_id")?,
            used: item.number("used")?,
            owners: item.number("owners")?,
            limit: item.maybe_number("seat_limit")?,
            revision: item.number("revision")?,
        })
    }
}
