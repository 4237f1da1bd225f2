//! Lists: a person's memberships (consistent), and what the index shows of a tenant (eventually consistent, for tools alone).

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Membership, Person, TenantId};

use crate::broken::Broken;
use crate::codec::{self, Entity};
use crate::keys::{AUDIT, INDEX, Key, LIST_PK, LIST_SK, PK, SK, TENANT};
use crate::session::Session;

/// A page of a list.
#[derive(Debug)]
pub struct Page<E> {
    /// The entities, in the order of their keys.
    pub entities: Vec<E>,
    /// Where the next page begins, if there is one.
    pub next: Option<HashMap<String, AttributeValue>>,
}

impl Session {
    /// A person's rows, consistently, at most `most`; `next` tells whether there are more.
    pub async fn memberships(&self, person: &Person, most: i32) -> Result<Page<Membership>, Broken> {
        self.memberships_page(person, most, None).await
    }

    /// A page of a person's rows, consistently.
    pub async fn memberships_page(
        &self,
        person: &Person,
        most: i32,
        from: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Page<Membership>, Broken> {
        self.under(&Key::person(person), TENANT, most, from).await
    }

    /// A page of a tenant's audit records, the oldest first.
    pub async fn audit<E: Entity>(
        &self,
        tenant: &TenantId,
        from: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Page<E>, Broken> {
        self.under(&Key::tenant(tenant).pk, AUDIT, 200, from).await
    }

    pub(crate) async fn under<E: Entity>(
        &self,
        pk: &str,
        prefix: &str,
        most: i32,
        from: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Page<E>, Broken> {
        let request = || self.beginning((PK, pk), (SK, prefix), from.clone()).consistent_read(true).limit(most).send();
        let output = self.call("Query", request).await?;
        let mut entities = Vec::new();
        for item in output.items.ok_or(Broken::NoAnswer)? {
            // INVARIANT: nothing of another partition is believed.
            if codec::key_of(&item)?.pk != pk {
                return Err(Broken::ForeignKey);
            }
            entities.push(codec::read(&item)?);
        }
        Ok(Page { entities, next: output.last_evaluated_key })
    }

    /// The items of one partition whose sort key begins with a prefix. `DynamoDB` takes no empty text for a key, nor a name that no
    /// expression uses: without a prefix, nothing is said of the sort key.
    fn beginning(
        &self,
        (pk, partition): (&str, &str),
        (sk, prefix): (&str, &str),
        from: Option<HashMap<String, AttributeValue>>,
    ) -> QueryFluentBuilder {
        let query = self.table().client().query().table_name(self.table().name()).set_exclusive_start_key(from);
        let query = query
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        if prefix.is_empty() {
            return query.key_condition_expression("#pk = :pk");
        }
        query
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :sk)")
            .expression_attribute_names("#sk", sk)
            .expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned()))
    }

    /// A page of what the index lists under `list` with keys that begin with `prefix`. Never for authorization.
    pub async fn list<E: Entity>(
        &self,
        list: &str,
        prefix: &str,
        from: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Page<E>, Broken> {
        let request = || self.beginning((LIST_PK, list), (LIST_SK, prefix), from.clone()).index_name(INDEX).send();
        let output = self.call("Query", request).await?;
        let entities = output.items.ok_or(Broken::NoAnswer)?.iter().map(codec::read).collect::<Result<_, _>>()?;
        Ok(Page { entities, next: output.last_evaluated_key })
    }

    /// Everything that the index lists under `list` with keys that begin with `prefix`, page after page.
    pub async fn list_all<E: Entity>(&self, list: &str, prefix: &str) -> Result<Vec<E>, Broken> {
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let page = self.list(list, prefix, from).await?;
            all.extend(page.entities);
            from = page.next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}
