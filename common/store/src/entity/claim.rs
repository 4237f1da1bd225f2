//! A tenant's claim to a domain: it blocks nobody until it is verified.

use domain::{DomainName, TenantId};
use jiff::Timestamp;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::keys::{Key, LIST_PK, LIST_SK};

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimStatus {
    /// Waits for its TXT record.
    Pending,
    /// Was proven; the domain's owner item says whether it still holds.
    Verified,
    /// Was given up.
    Released,
}

const STATUSES: &[(&str, ClaimStatus)] =
    &[("pending", ClaimStatus::Pending), ("verified", ClaimStatus::Verified), ("released", ClaimStatus::Released)];

/// A tenant's claim to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The domain.
    pub domain: DomainName,
    /// Who claims it.
    pub tenant: TenantId,
    /// The value of the TXT record that proves it.
    pub challenge: String,
    /// What became of it.
    pub status: ClaimStatus,
    /// When it was made.
    pub created: Timestamp,
    /// Why it was verified without a record, in the operator's words.
    pub assumed: Option<String>,
    /// Counts writes.
    pub revision: u64,
}

impl Entity for Claim {
    const KIND: &'static str = "claim";
    const ATTRIBUTES: &'static [&'static str] =
        &["domain", "tenant_id", "challenge", "status", "created", "assumed", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::claim(&self.domain, &self.tenant)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("domain", &self.domain)
            .text("tenant_id", &self.tenant)
            .text("challenge", &self.challenge)
            .text("status", word(STATUSES, &self.status))
            .time("created", self.created)
            .maybe_text("assumed", self.assumed.as_ref())
            .listed(&self.tenant, format!("CLAIM#{}", self.domain));
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            domain: item.parse("domain")?,
            tenant: item.parse("tenant_id")?,
            challenge: item.text("challenge")?.to_owned(),
            status: item.one_of("status", STATUSES)?,
            created: item.time("created")?,
            assumed: item.maybe_text("assumed")?.map(str::to_owned),
            revision: item.number("revision")?,
        })
    }
}
