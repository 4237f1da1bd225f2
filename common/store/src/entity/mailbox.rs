//! What a tenant knows of a mailbox. The item does not hold the address: the key is a hash of it.

use domain::{Bar, BarReason, Holder, Mailbox, MailboxKey, Person, TenantId};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::entity::invitation::{read_terms, write_terms};
use crate::keys::Key;

const REASONS: &[(&str, BarReason)] = &[("removed", BarReason::Removed), ("suspended", BarReason::Suspended)];

/// A mailbox with the key that it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedMailbox {
    /// Which tenant's view.
    pub tenant: TenantId,
    /// Of which mailbox.
    pub mailbox_key: String,
    /// What it knows.
    pub mailbox: Mailbox,
}

impl KeyedMailbox {
    /// This view of this mailbox.
    pub fn new(tenant: &TenantId, key: &MailboxKey, mailbox: Mailbox) -> Self {
        Self { tenant: tenant.clone(), mailbox_key: key.as_ref().to_owned(), mailbox }
    }
}

impl Entity for KeyedMailbox {
    const KIND: &'static str = "mailbox";
    const ATTRIBUTES: &'static [&'static str] = &[
        "tenant_id",
        "mailbox",
        "bar",
        "barred_since",
        "ended",
        "invitation",
        "holder_pool",
        "holder_sub",
        "holder_member",
    ];

    fn key(&self) -> Key {
        Key::mailbox_named(&self.tenant, &self.mailbox_key)
    }

    fn revision(&self) -> u64 {
        self.mailbox.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("tenant_id", &self.tenant).text("mailbox", &self.mailbox_key);
        if let Some(bar) = &self.mailbox.bar {
            to.text("bar", word(REASONS, &bar.reason)).time("barred_since", bar.since);
        }
        if let Some(ended) = self.mailbox.ended {
            to.time("ended", ended);
        }
        if let Some(terms) = &self.mailbox.invitation {
            to.map("invitation", |to| write_terms(terms, to));
        }
        if let Some(holder) = &self.mailbox.holder {
            to.text("holder_pool", &holder.person.pool)
                .text("holder_sub", &holder.person.sub)
                .text("holder_member", &holder.member);
        }
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let bar = match item.maybe_text("bar")? {
            None => None,
            Some(_) => Some(Bar { reason: item.one_of("bar", REASONS)?, since: item.time("barred_since")? }),
        };
        let holder = match item.maybe_text("holder_sub")? {
            None => None,
            Some(_) => Some(Holder {
                person: Person { pool: item.parse("holder_pool")?, sub: item.parse("holder_sub")? },
                member: item.parse("holder_member")?,
            }),
        };
        Ok(Self {
            tenant: item.parse("tenant_id")?,
            mailbox_key: item.text("mailbox")?.to_owned(),
            mailbox: Mailbox {
                bar,
                ended: item.maybe_parse("ended")?,
                invitation: item.maybe_map("invitation")?.map(|terms| read_terms(&terms)).transpose()?,
                holder,
                revision: item.number("revision")?,
            },
        })
    }
}
