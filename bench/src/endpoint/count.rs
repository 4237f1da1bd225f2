//! What one invocation asked of AWS: calls, serial round trips, items, capacity.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call, from the moment at which it was there as a whole to the moment at which its answer left.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) cost: Cost,
}

/// What `DynamoDB` says that a call was.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Items asked for by key, whether they are there or not: an absent one is billed as one.
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// Capacity units, as the engine reckons them.
    pub(crate) capacity: f64,
}

/// The calls of an endpoint since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Call>>);

impl Ledger {
    pub(crate) fn note(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Takes them out.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The sum of an invocation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Requests.
    pub(crate) calls: usize,
    /// How many of them had to wait for one another.
    pub(crate) trips: usize,
    pub(crate) read: u64,
    pub(crate) written: u64,
    pub(crate) capacity: f64,
    /// Requests by operation.
    pub(crate) operations: BTreeMap<String, usize>,
}

impl Counted {
    pub(crate) fn of(calls: &[Call]) -> Self {
        let mut counted = Self { calls: calls.len(), trips: trips(calls), ..Self::default() };
        for call in calls {
            counted.read += call.cost.read;
            counted.written += call.cost.written;
            counted.capacity += call.cost.capacity;
            *counted.operations.entry(call.operation.clone()).or_default() += 1;
        }
        counted
    }
}

/// The longest row of calls of which each began after the one before it had ended: what waits for a network so many times. Calls that
/// overlap are one round trip.
fn trips(calls: &[Call]) -> usize {
    let mut calls: Vec<_> = calls.iter().map(|call| (call.ended, call.began)).collect();
    calls.sort_unstable();
    let mut last = None;
    let mut trips = 0;
    for (ended, began) in calls {
        if last.is_none_or(|last| began >= last) {
            trips += 1;
            last = Some(ended);
        }
    }
    trips
}

impl Cost {
    /// Of a request and its answer.
    pub(crate) fn of(operation: &str, asked: &Value, answer: &Value) -> Self {
        let keys = |tables: &Value| -> u64 {
            let tables = tables.as_object().into_iter().flatten();
            tables.map(|(_, table)| table.get("Keys").map_or(0, length)).sum()
        };
        let (read, written) = match operation {
            "GetItem" => (1, 0),
            "BatchGetItem" => (keys(asked.get("RequestItems").unwrap_or(&Value::Null)), 0),
            "TransactGetItems" => (asked.get("TransactItems").map_or(0, length), 0),
            "Query" | "Scan" => (answer.get("ScannedCount").and_then(Value::as_u64).unwrap_or(0), 0),
            "PutItem" | "UpdateItem" | "DeleteItem" => (0, 1),
            "TransactWriteItems" => (0, asked.get("TransactItems").map_or(0, length)),
            "BatchWriteItem" => {
                let tables = asked.get("RequestItems").and_then(Value::as_object);
                (0, tables.into_iter().flatten().map(|(_, writes)| length(writes)).sum())
            }
            _ => (0, 0),
        };
        let capacity = match answer.get("ConsumedCapacity") {
            Some(Value::Array(tables)) => tables.iter().filter_map(units).sum(),
            Some(table) => units(table).unwrap_or(0.0),
            None => 0.0,
        };
        Self { read, written, capacity }
    }
}

fn length(list: &Value) -> u64 {
    list.as_array().map_or(0, |list| u64::try_from(list.len()).unwrap_or(u64::MAX))
}

fn units(table: &Value) -> Option<f64> {
    table.get("CapacityUnits").and_then(Value::as_f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn trips_of(calls: &[(u64, u64)]) -> usize {
        // Tokio's clock, as everywhere in tests: which moment it is does not matter.
        let start = tokio::time::Instant::now().into_std();
        let at = |ms| start + Duration::from_millis(ms);
        let call = |&(began, ended): &(u64, u64)| Call {
            operation: "GetItem".to_owned(),
            began: at(began),
            ended: at(ended),
            cost: Cost::default(),
        };
        let calls: Vec<_> = calls.iter().map(call).collect();
        let counted = Counted::of(&calls);
        assert_eq!(counted.calls, calls.len());
        counted.trips
    }

    #[test]
    fn calls_that_overlap_are_one_round_trip_and_calls_in_a_row_are_not() {
        for (calls, expected) in [
            (&[][..], 0),
            (&[(0, 3)], 1),
            (&[(0, 3), (3, 6)], 2),
            (&[(0, 3), (4, 7), (8, 11)], 3),
            (&[(0, 3), (0, 3), (1, 4)], 1),
            // The second of a pair that began together is slow: what follows the first one waited for one answer all the same.
            (&[(0, 3), (1, 5), (4, 6)], 2),
            (&[(0, 10), (1, 3), (4, 6), (7, 9)], 3),
            // However they are noted.
            (&[(8, 11), (0, 3), (4, 7)], 3),
        ] {
            assert_eq!(trips_of(calls), expected, "{calls:?}");
        }
    }

    #[test]
    fn items_are_those_that_are_billed() {
        let keys = json!({ "RequestItems": { "t": { "Keys": [1, 2, 3] }, "u": { "Keys": [4] } } });
        let writes = json!({ "TransactItems": [{ "Put": {} }, { "Update": {} }, { "ConditionCheck": {} }] });
        let none = json!({});
        for (operation, asked, answer, read, written) in [
            ("GetItem", &none, json!({}), 1, 0),
            ("BatchGetItem", &keys, json!({ "Responses": { "t": [1] } }), 4, 0),
            ("Query", &none, json!({ "Count": 2, "ScannedCount": 7 }), 7, 0),
            ("TransactWriteItems", &writes, json!({}), 0, 3),
            ("UpdateItem", &none, json!({}), 0, 1),
            ("BatchWriteItem", &json!({ "RequestItems": { "t": [1, 2] } }), json!({}), 0, 2),
            ("SendEmail", &none, json!({ "MessageId": "1" }), 0, 0),
        ] {
            let cost = Cost::of(operation, asked, &answer);
            assert_eq!((cost.read, cost.written), (read, written), "{operation}");
        }
    }

    #[test]
    fn capacity_is_the_sum_over_the_tables() {
        for (capacity, expected) in [
            (json!({ "CapacityUnits": 1.5 }), 1.5),
            (json!([{ "CapacityUnits": 2.0 }, { "CapacityUnits": 0.5 }]), 2.5),
            (json!(null), 0.0),
        ] {
            let cost = Cost::of("BatchGetItem", &json!({}), &json!({ "ConsumedCapacity": capacity }));
            assert!((cost.capacity - expected).abs() < f64::EPSILON, "{capacity}");
        }
    }
}
