//! Who did what, kept beside the tenant.

use domain::TenantId;
use jiff::Timestamp;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::Key;

/// A record of one change, written in the transaction that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The tenant that it is about.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// Random text that tells records of one moment apart.
    pub nonce: String,
    /// Who, as [`domain::Actor`] writes it.
    pub actor: String,
    /// What, for example `member.remove`.
    pub action: String,
    /// To what: an id, never an address.
    pub target: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

impl Entity for Audit {
    const KIND: &'static str = "audit";
    const ATTRIBUTES: &'static [&'static str] = &["tenant_id", "at", "nonce", "actor", "action", "target", "reason"];

    fn key(&self) -> Key {
        Key::audit(&self.tenant, self.at, &self.nonce)
    }

    fn revision(&self) -> u64 {
        0
    }

    fn write(&self, to: &mut Writer) {
        to.text("tenant_id", &self.tenant)
            .time("at", self.at)
            .text("nonce", &self.nonce)
            .text("actor", &self.actor)
            .text("action", &self.action)
            .text("target", &self.target)
            .maybe_text("reason", self.reason.as_ref());
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            tenant: item.parse("tenant_id")?,
            at: item.time("at")?,
            nonce: item.text("nonce")?.to_owned(),
            actor: item.text("actor")?.to_owned(),
            action: item.text("action")?.to_owned(),
            target: item.text("target")?.to_owned(),
            reason: item.maybe_text("reason")?.map(str::to_owned),
        })
    }
}
