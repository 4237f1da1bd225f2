//! The table's one definition: the local engine, the tests and the deployment take it from here.

use std::time::Duration;

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};

use crate::broken::Broken;
use crate::connect::Table;
use crate::keys::{INDEX, LIST_PK, LIST_SK, PK, SK, TTL};
use crate::session::failed;

/// A key attribute's role.
type Schema = [(&'static str, KeyType); 2];

/// The table's key.
pub const TABLE: Schema = [(PK, KeyType::Hash), (SK, KeyType::Range)];
/// The index's key. The index projects everything.
pub const LIST: Schema = [(LIST_PK, KeyType::Hash), (LIST_SK, KeyType::Range)];

fn schema(schema: &Schema) -> Result<Vec<KeySchemaElement>, Broken> {
    schema
        .iter()
        .map(|(name, kind)| {
            let element = KeySchemaElement::builder().attribute_name(*name).key_type(kind.clone());
            element.build().map_err(|error| failed("CreateTable", error))
        })
        .collect()
}

/// What [`create`] found or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The table is new.
    Now,
    /// It was there, with the right keys.
    Before,
}

/// Creates the table unless it is there, waits until it is active, and switches time to live on. May be repeated.
pub async fn create(table: &Table) -> Result<Created, Broken> {
    let client = table.client();
    let created = if describe(table).await?.is_some() {
        Created::Before
    } else {
        let attribute = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(|error| failed("CreateTable", error))
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .set_key_schema(Some(schema(&LIST)?))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .map_err(|error| failed("CreateTable", error))?;
        client
            .create_table()
            .table_name(table.name())
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(schema(&TABLE)?))
            .set_attribute_definitions(Some(vec![
                attribute(PK)?,
                attribute(SK)?,
                attribute(LIST_PK)?,
                attribute(LIST_SK)?,
            ]))
            .global_secondary_indexes(index)
            .send()
            .await
            .map_err(|error| failed("CreateTable", error))?;
        Created::Now
    };
    // On AWS a new table takes some seconds.
    for _ in 0..120 {
        if describe(table).await?.is_some_and(|found| found.active) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    if !describe(table).await?.is_some_and(|found| found.time_to_live) {
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
        client
            .update_time_to_live()
            .table_name(table.name())
            .time_to_live_specification(ttl.map_err(|error| failed("UpdateTimeToLive", error))?)
            .send()
            .await
            .map_err(|error| failed("UpdateTimeToLive", error))?;
    }
    Ok(created)
}

/// What a table that is there looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// It takes requests.
    pub active: bool,
    /// Its keys and its index are the ones of this definition.
    pub as_defined: bool,
    /// Its time to live is on, for the right attribute.
    pub time_to_live: bool,
}

/// Looks at the table; `None` if there is none.
pub async fn describe(table: &Table) -> Result<Option<Described>, Broken> {
    let described = match table.client().describe_table().table_name(table.name()).send().await {
        Ok(described) => described,
        Err(error) if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => {
            return Ok(None);
        }
        Err(error) => return Err(failed("DescribeTable", error)),
    };
    let Some(found) = described.table else { return Ok(None) };
    let has = |schema: &Schema, elements: &[KeySchemaElement]| {
        elements.len() == schema.len()
            && schema
                .iter()
                .all(|(name, kind)| elements.iter().any(|e| e.attribute_name() == *name && e.key_type() == kind))
    };
    let indexed = found
        .global_secondary_indexes()
        .iter()
        .any(|index| index.index_name() == Some(INDEX) && has(&LIST, index.key_schema()));
    let ttl = table.client().describe_time_to_live().table_name(table.name()).send().await;
    let ttl = ttl.map_err(|error| failed("DescribeTimeToLive", error))?.time_to_live_description;
    Ok(Some(Described {
        active: found.table_status == Some(TableStatus::Active),
        as_defined: has(&TABLE, found.key_schema()) && indexed,
        time_to_live: ttl.is_some_and(|ttl| {
            ttl.attribute_name() == Some(TTL)
                && matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        }),
    }))
}
