//! Very many items at once, for whoever measures: the store's own codecs write them, and the engine takes them without a request each.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue as Written;
use domain::{Holder, Mailbox, MailboxKey, Membership, Tenant};
use dynoxide::{AttributeValue, ImportOptions, Item};
use store::codec::{SCHEMA, Writer};
use store::entity::{KeyedMailbox, Seats, SlugOwner};
use store::keys::{PK, SK};
use store::{Entity, Table};

use crate::{Engine, nouns};

/// Items, as their first write leaves them.
#[derive(Debug, Default)]
pub struct Bulk(Vec<Item>);

impl Bulk {
    /// Adds one noun.
    pub fn add<E: Entity>(&mut self, entity: &E) -> &mut Self {
        let mut writer = Writer::default();
        let key = entity.key();
        writer.text(PK, key.pk).text(SK, key.sk);
        writer.text("kind", E::KIND).number("schema", SCHEMA).number("revision", entity.revision() + 1);
        entity.write(&mut writer);
        self.0
            .push(writer.into_attributes().into_iter().map(|(name, value)| (name.to_owned(), taken(value))).collect());
        self
    }

    /// Adds a tenant with its slug, so many seats taken, the domain `<slug>.example`, and a client of the tenant's name.
    pub fn tenant(&mut self, tenant: &Tenant, used: u64, limit: Option<u64>) -> &mut Self {
        let name = tenant.slug.as_ref();
        self.add(tenant)
            .add(&SlugOwner { slug: tenant.slug.clone(), tenant: tenant.id.clone(), revision: 0 })
            .add(&Seats { tenant: tenant.id.clone(), used, owners: 0, limit, revision: 0 })
            .add(&nouns::domain_of(&format!("{name}.example"), name))
            .add(&nouns::client_of(name, name))
    }

    /// Adds an active member with the mailbox that they hold.
    pub fn member(&mut self, row: &Membership) -> &mut Self {
        self.add(row);
        if let Some(address) = &row.address {
            let holder = Some(Holder { person: row.person.clone(), member: row.member.clone() });
            let mailbox = Mailbox { holder, ..Mailbox::default() };
            self.add(&KeyedMailbox::new(&row.tenant, &MailboxKey::of(&row.tenant, address), mailbox));
        }
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Engine {
    /// Takes them into a table, all or none. Gives their bytes.
    pub fn load(&self, table: &Table, bulk: Bulk) -> usize {
        let loaded = self.database().import_items(table.name(), bulk.0, ImportOptions::default());
        loaded.expect("items that the engine takes").bytes_imported
    }
}

fn taken(value: Written) -> AttributeValue {
    match value {
        Written::S(text) => AttributeValue::S(text),
        Written::N(digits) => AttributeValue::N(digits),
        Written::Bool(flag) => AttributeValue::BOOL(flag),
        Written::L(list) => AttributeValue::L(list.into_iter().map(taken).collect()),
        Written::M(map) => {
            AttributeValue::M(map.into_iter().map(|(name, value)| (name, taken(value))).collect::<HashMap<_, _>>())
        }
        other => panic!("Tenantry writes no such attribute: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns::{member, tenant};
    use crate::{Event, World};

    #[tokio::test]
    async fn what_is_loaded_is_what_the_transactions_write() {
        let written = World::new().await;
        written.with("acme").await.with_member(&member("ann", "acme")).await;
        let loaded = World::new().await;
        let mut bulk = Bulk::default();
        bulk.tenant(&tenant("acme"), 1, None).member(&member("ann", "acme"));
        assert!(loaded.engine().load(loaded.table(), bulk) > 0);
        let (mut written, loaded_dump) = (written.dump().await, loaded.dump().await);
        // Seats that were written twice count it.
        for item in written.values_mut().filter(|item| item["kind"] == "seats") {
            item["revision"] = 1.into();
        }
        assert_eq!(loaded_dump, written);
        assert_eq!(loaded.members("acme").await.len(), 1, "the index lists them");
        assert!(loaded.ask(&Event::token("acme", "ann", "ann@acme.example")).await.is_reply());
    }
}
