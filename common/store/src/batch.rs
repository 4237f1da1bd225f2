//! One consistent `BatchGetItem` over keys of several kinds: the single round trip of a token.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::broken::Broken;
use crate::codec::{self, Entity};
use crate::keys::Key;
use crate::session::{Session, failed};

/// Keys to read together; DynamoDB takes 100.
#[derive(Debug, Default, Clone)]
pub struct Batch(Vec<Key>);

impl Batch {
    /// Adds a key; twice the same is once.
    pub fn add(&mut self, key: Key) -> &mut Self {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
        self
    }

    /// Adds a key, if there is one.
    pub fn maybe(&mut self, key: Option<Key>) -> &mut Self {
        match key {
            Some(key) => self.add(key),
            None => self,
        }
    }
}

/// What a batch found.
#[derive(Debug, Default)]
pub struct Found {
    asked: Vec<Key>,
    items: HashMap<Key, HashMap<String, AttributeValue>>,
}

impl Found {
    /// The entity under this key; `None`: it is not in the table.
    pub fn get<E: Entity>(&self, key: &Key) -> Result<Option<E>, Broken> {
        // INVARIANT: "absent" is said only of a key that was asked for.
        if !self.asked.contains(key) {
            return Err(Broken::ForeignKey);
        }
        self.items.get(key).map(codec::read).transpose()
    }

    /// The entity under this key, if there is a key.
    pub fn maybe<E: Entity>(&self, key: Option<&Key>) -> Result<Option<E>, Broken> {
        key.map_or(Ok(None), |key| self.get(key))
    }
}

impl Session {
    /// Reads all keys consistently, in one round trip. Keys that stay unprocessed after the retries are [`Broken::Unprocessed`].
    pub async fn batch(&self, batch: Batch) -> Result<Found, Broken> {
        let mut found = Found { asked: batch.0, items: HashMap::new() };
        let mut left: Vec<_> = found.asked.iter().map(Key::attributes).collect();
        let until = self.until();
        for attempt in 0..3 {
            if left.is_empty() {
                return Ok(found);
            }
            if attempt > 0 && !self.pause(attempt, until).await {
                return Err(Broken::Unprocessed);
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true);
            let keys = keys.build().map_err(|error| failed("BatchGetItem", error))?;
            let request =
                || self.table().client().batch_get_item().request_items(self.table().name(), keys.clone()).send();
            let output = self.call("BatchGetItem", request).await?;
            // INVARIANT: "absent" is said of a key only by an answer that speaks of the table.
            let responses = output.responses.ok_or(Broken::NoAnswer)?;
            for item in responses.into_values().flatten() {
                let key = codec::key_of(&item)?;
                if !found.asked.contains(&key) {
                    return Err(Broken::ForeignKey);
                }
                found.items.insert(key, item);
            }
            left = output
                .unprocessed_keys
                .into_iter()
                .flat_map(HashMap::into_values)
                .flat_map(|unprocessed| unprocessed.keys)
                .collect();
        }
        if left.is_empty() { Ok(found) } else { Err(Broken::Unprocessed) }
    }
}
