//! The whole table as readable JSON, through a scan, which no part of Tenantry does.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

/// Every item under `<pk> | <sk>`.
pub type Dump = BTreeMap<String, Value>;

/// Reads every item.
pub async fn dump(client: &Client, table: &str) -> Dump {
    let mut dump = Dump::new();
    let mut from = None;
    loop {
        let page = client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(from).send();
        let page = page.await.expect("a scan");
        for item in page.items.unwrap_or_default() {
            let mut item = object(item);
            let mut key =
                |name: &str| item.remove(name).and_then(|key| key.as_str().map(str::to_owned)).expect("a key");
            let name = format!("{} | {}", key(store::keys::PK), key(store::keys::SK));
            // What the index lists follows from the rest.
            item.retain(|name, _| name != store::keys::LIST_PK && name != store::keys::LIST_SK);
            dump.insert(name, Value::Object(item));
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            return dump;
        }
    }
}

/// What differs: the items of `after` that are new or changed, and `null` for those that are gone.
pub fn changes(before: &Dump, after: &Dump) -> Dump {
    let changed = after.iter().filter(|(key, item)| before.get(*key) != Some(item));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    changed.map(|(key, item)| (key.clone(), item.clone())).chain(gone.map(|key| (key.clone(), Value::Null))).collect()
}

fn object(item: HashMap<String, AttributeValue>) -> Map<String, Value> {
    item.into_iter().map(|(name, attribute)| (name, value(attribute))).collect()
}

fn value(attribute: AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(text) => Value::from(text),
        AttributeValue::N(digits) => digits.parse().map_or(Value::from(digits), |number: i64| Value::from(number)),
        AttributeValue::Bool(flag) => Value::from(flag),
        AttributeValue::L(list) => list.into_iter().map(value).collect(),
        AttributeValue::M(map) => Value::Object(object(map)),
        other => panic!("Tenantry writes no such attribute: {other:?}"),
    }
}
