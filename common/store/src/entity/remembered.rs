//! Enrolments: what pre sign-up remembered for a user until the address is proven.

use domain::{InvitationDigest, MailboxKey, PoolId, TenantId, UserName};
use jiff::Timestamp;

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, TTL};

/// That this user presented this invitation. It is a reminder, not a right: redeeming asks the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The pool.
    pub pool: PoolId,
    /// The user.
    pub user_name: UserName,
    /// To which tenant.
    pub tenant: TenantId,
    /// Which invitation.
    pub invitation: InvitationDigest,
    /// For which mailbox.
    pub mailbox: String,
    /// When it may be forgotten.
    pub forget: Timestamp,
    /// Counts writes.
    pub revision: u64,
}

impl Remembered {
    /// The mailbox as its key names it.
    pub fn is_for(&self, mailbox: &MailboxKey) -> bool {
        self.mailbox == mailbox.as_ref()
    }
}

impl Entity for Remembered {
    const KIND: &'static str = "enrolment";
    const ATTRIBUTES: &'static [&'static str] =
        &["pool", "user_name", "tenant_id", "invitation", "mailbox", "forget", TTL];

    fn key(&self) -> Key {
        Key::enrolment(&self.pool, &self.user_name)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.pool)
            .text("user_name", &self.user_name)
            .text("tenant_id", &self.tenant)
            .text("invitation", &self.invitation)
            .text("mailbox", &self.mailbox)
            .time("forget", self.forget)
            .ttl(self.forget);
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            pool: item.parse("pool")?,
            user_name: item.parse("user_name")?,
            tenant: item.parse("tenant_id")?,
            invitation: item.parse("invitation")?,
            mailbox: item.text("mailbox")?.to_owned(),
            forget: item.time("forget")?,
            revision: item.number("revision")?,
        })
    }
}
