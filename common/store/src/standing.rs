//! What a membership rests on beside its own row: see [`domain::standing`].

use domain::standing::{Ground, stands};
use domain::{DomainOwner, MailboxKey, Membership, Origin, Provider};

use crate::batch::Batch;
use crate::broken::Broken;
use crate::codec::Entity;
use crate::entity::KeyedMailbox;
use crate::keys::Key;
use crate::session::Session;
use crate::transaction::Transaction;

/// A membership's row with what it rests on, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The row.
    pub row: Membership,
    /// The mailbox with which the member came.
    pub mailbox: Option<KeyedMailbox>,
    /// The owner of the domain that let them in.
    pub domain: Option<DomainOwner>,
    /// The provider that let them in.
    pub provider: Option<Provider>,
}

impl Session {
    /// Reads what a row rests on, in one round trip; in none, if it rests on nothing.
    pub async fn standing(&self, row: Membership) -> Result<Standing, Broken> {
        let named = row.address.as_ref().map(|address| MailboxKey::of(&row.tenant, address));
        let mailbox_key = named.as_ref().map(|named| Key::mailbox(&row.tenant, named));
        let (domain_key, provider_key) = match &row.origin {
            Origin::Domain { domain, .. } => (Some(Key::domain(domain)), None),
            Origin::Provider(name) => (None, Some(Key::provider(&row.person.pool, name))),
            Origin::Invitation(_) | Origin::Open | Origin::Added => (None, None),
        };
        let mut batch = Batch::default();
        batch.maybe(mailbox_key.clone()).maybe(domain_key.clone()).maybe(provider_key.clone());
        // An empty batch costs no round trip.
        let found = self.batch(batch).await?;
        let mailbox: Option<KeyedMailbox> = found.maybe(mailbox_key.as_ref())?;
        let unknown = || named.map(|named| KeyedMailbox::new(&row.tenant, &named, domain::Mailbox::default()));
        Ok(Standing {
            mailbox: mailbox.or_else(unknown),
            domain: found.maybe(domain_key.as_ref())?,
            provider: found.maybe(provider_key.as_ref())?,
            row,
        })
    }
}

impl Standing {
    /// Whether this is an active member whom nothing keeps out.
    pub fn stands(&self) -> bool {
        let mailbox = self.mailbox.as_ref().map(|keyed| &keyed.mailbox);
        stands(&self.row, &Ground { mailbox, domain: self.domain.as_ref(), provider: self.provider.as_ref() })
    }

    /// Whether this is of another moment than that mailbox, as far as it is the same one.
    pub fn is_outdated_by(&self, mailbox: &KeyedMailbox) -> bool {
        self.mailbox.as_ref().is_some_and(|own| own.key() == mailbox.key() && own.revision() != mailbox.revision())
    }

    /// What the row rests on is unchanged when the transaction is written, except what it writes itself: call it after those.
    pub fn guard<L: Clone + Send + Sync>(&self, transaction: &mut Transaction<L>, part: L) -> Result<(), Broken> {
        unless_named(transaction, part.clone(), self.mailbox.as_ref())?;
        unless_named(transaction, part.clone(), self.domain.as_ref())?;
        unless_named(transaction, part, self.provider.as_ref())
    }
}

/// DynamoDB takes one action for each item.
fn unless_named<E: Entity, L: Clone + Send + Sync>(
    transaction: &mut Transaction<L>,
    part: L,
    entity: Option<&E>,
) -> Result<(), Broken> {
    if let Some(entity) = entity.filter(|entity| !transaction.names(&entity.key())) {
        transaction.unchanged(part, entity)?;
    }
    Ok(())
}
