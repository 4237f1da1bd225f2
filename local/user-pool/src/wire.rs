//! Small pieces of AWS JSON 1.1: attribute lists, times, masked addresses.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// Epoch seconds with milliseconds, AWS JSON's form of a time.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double until the year 287396")]
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// `{"Name", "Value"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: Option<String>,
}

pub(crate) fn attribute_map(attributes: &[Attribute]) -> BTreeMap<String, String> {
    attributes.iter().map(|Attribute { name, value }| (name.clone(), value.clone().unwrap_or_default())).collect()
}

pub(crate) fn attribute_list(attributes: &BTreeMap<String, String>) -> Value {
    attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

/// `CodeDeliveryDetails` for a mailed code, the address masked as Cognito masks it: `a***@a***`.
pub(crate) fn delivery(address: &str) -> Value {
    json!({ "Destination": masked(address), "DeliveryMedium": "EMAIL", "AttributeName": "email" })
}

fn masked(address: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    format!("{}***@{}***", first(local), first(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_an_address() {
        assert_eq!(masked("ann@acme.example"), "a***@a***");
    }
}
