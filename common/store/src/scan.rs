//! The whole table, item after item, for `doctor` alone: behind the feature `tools`, which no trigger has (and IAM grants triggers no
//! Scan).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Binding, DomainOwner, Membership, Pool, Provider, Tenant};

use crate::broken::Broken;
use crate::codec::{self, Entity};
use crate::entity::{KeyedMailbox, Seats, SlugOwner};
use crate::keys::Key;
use crate::query::Page;
use crate::session::Session;

/// Items a page.
const PAGE: i32 = 500;

/// An item that a scan met.
#[derive(Debug)]
pub enum Scanned {
    /// A tenant.
    Tenant(Box<Tenant>),
    /// A tenant's counters.
    Seats(Seats),
    /// A membership.
    Membership(Box<Membership>),
    /// What a tenant knows of a mailbox.
    Mailbox(Box<KeyedMailbox>),
    /// An app client.
    Binding(Box<Binding>),
    /// An identity provider.
    Provider(Provider),
    /// A pool.
    Pool(Pool),
    /// A domain.
    Domain(DomainOwner),
    /// A slug.
    Slug(SlugOwner),
    /// Of another kind, which hangs on nothing.
    Other,
    /// It stands under this key and cannot be read.
    Unreadable {
        /// Where.
        key: Key,
        /// What is wrong.
        why: Broken,
    },
}

impl Session {
    /// A page of the table, consistently read.
    pub async fn scan(&self, from: Option<HashMap<String, AttributeValue>>) -> Result<Page<Scanned>, Broken> {
        let request = || {
            self.table()
                .client()
                .scan()
                .table_name(self.table().name())
                .consistent_read(true)
                .limit(PAGE)
                .set_exclusive_start_key(from.clone())
                .send()
        };
        let output = self.call("Scan", request).await?;
        let entities = output.items.ok_or(Broken::NoAnswer)?.iter().map(believe).collect::<Result<_, _>>()?;
        Ok(Page { entities, next: output.last_evaluated_key })
    }
}

fn believe(attributes: &HashMap<String, AttributeValue>) -> Result<Scanned, Broken> {
    let key = codec::key_of(attributes)?;
    let kind = attributes.get("kind").and_then(|kind| kind.as_s().ok()).map_or("", String::as_str);
    let read = match kind {
        Tenant::KIND => codec::read(attributes).map(Box::new).map(Scanned::Tenant),
        Seats::KIND => codec::read(attributes).map(Scanned::Seats),
        Membership::KIND => codec::read(attributes).map(Box::new).map(Scanned::Membership),
        KeyedMailbox::KIND => codec::read(attributes).map(Box::new).map(Scanned::Mailbox),
        Binding::KIND => codec::read(attributes).map(Box::new).map(Scanned::Binding),
        Provider::KIND => codec::read(attributes).map(Scanned::Provider),
        Pool::KIND => codec::read(attributes).map(Scanned::Pool),
        DomainOwner::KIND => codec::read(attributes).map(Scanned::Domain),
        SlugOwner::KIND => codec::read(attributes).map(Scanned::Slug),
        "" => Err(Broken::Unreadable { kind: "item", why: "kind is missing".to_owned() }),
        _ => Ok(Scanned::Other),
    };
    Ok(read.unwrap_or_else(|why| Scanned::Unreadable { key, why }))
}
