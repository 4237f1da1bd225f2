//! Who did what to that which belongs to no tenant: shared clients, pools, social providers, the catalogue.

use jiff::Timestamp;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::Key;

/// As [`super::Audit`], of the deployment as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentAudit {
    /// When.
    pub at: Timestamp,
    /// Random text that tells records of one moment apart.
    pub nonce: String,
    /// Who, as [`domain::Actor`] writes it.
    pub actor: String,
    /// What, for example `catalogue.set`.
    pub action: String,
    /// To what: an id.
    pub target: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

impl Entity for DeploymentAudit {
    const KIND: &'static str = "deployment_audit";
    const ATTRIBUTES: &'static [&'static str] = &["at", "nonce", "actor", "action", "target", "reason"];

    fn key(&self) -> Key {
        Key::deployment_audit(self.at, &self.nonce)
    }

    fn revision(&self) -> u64 {
        0
    }

    fn write(&self, to: &mut Writer) {
        to.time("at", self.at)
            .text("nonce", &self.nonce)
            .text("actor", &self.actor)
            .text("action", &self.action)
            .text("target", &self.target)
            .maybe_text("reason", self.reason.as_ref());
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            at: item.time("at")?,
            nonce: item.text("nonce")?.to_owned(),
            actor: item.text("actor")?.to_owned(),
            action: item.text("action")?.to_owned(),
            target: item.text("target")?.to_owned(),
            reason: item.maybe_text("reason")?.map(str::to_owned),
        })
    }
}
