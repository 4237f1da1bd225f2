//! What CloudFormation is told.

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::request::Envelope;

/// CloudFormation takes no longer body than this [Custom resource response objects].
const MOST_BYTES: usize = 4_096;
/// A reason is cut after so many bytes: the ids beside it may take 2 KB.
const LONGEST_REASON: usize = 900;
/// What a resource is called that was not made. Its deletion, which CloudFormation asks for next, finds nothing that is its own.
pub const NOT_MADE: &str = "not-made";

/// What CloudFormation is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the resource is called from now on.
    pub physical: String,
    /// What `Fn::GetAtt` reads.
    pub data: Map<String, Value>,
    /// Why it failed; `None`: it did not.
    pub reason: Option<String>,
}

impl Answer {
    /// It is done.
    pub fn done(physical: impl Into<String>) -> Self {
        Self { physical: physical.into(), data: Map::new(), reason: None }
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &impl ToString) -> Self {
        self.data.insert(name.to_owned(), Value::String(value.to_string()));
        self
    }

    /// It failed. The resource keeps the name that it had: another one would tell CloudFormation that it was replaced.
    pub fn failed(envelope: &Envelope, physical: Option<String>, failure: &Failure) -> Self {
        let physical = envelope.physical.clone().or(physical).unwrap_or_else(|| NOT_MADE.to_owned());
        Self { physical, data: Map::new(), reason: Some(failure.sentence()) }
    }

    /// The body of the answer.
    pub fn body(&self, envelope: &Envelope) -> Vec<u8> {
        let body = self.as_json(envelope, LONGEST_REASON);
        // Ids of two kilobytes are none of CloudFormation's; a short answer is better than none.
        if body.len() > MOST_BYTES { self.as_json(envelope, 80) } else { body }
    }

    fn as_json(&self, envelope: &Envelope, longest: usize) -> Vec<u8> {
        let reason = self.reason.as_ref().map(|reason| cut(reason, longest));
        let body = json!({
            "Status": if self.reason.is_some() { "FAILED" } else { "SUCCESS" },
            "PhysicalResourceId": self.physical,
            "StackId": envelope.stack,
            "RequestId": envelope.request,
            "LogicalResourceId": envelope.logical,
            "Reason": reason.unwrap_or_default(),
            "Data": self.data,
        });
        body.to_string().into_bytes()
    }
}

/// The first words of a text, in at most so many bytes of JSON.
fn cut(text: &str, longest: usize) -> String {
    let mut bytes = 0;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take_while(|c| {
            bytes += c.len_utf8() + usize::from(matches!(c, '"' | '\\'));
            bytes <= longest
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(physical: Option<&str>) -> Envelope {
        Envelope {
            response_url: "https://canary".to_owned(),
            stack: format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{}/uuid", "s".repeat(128)),
            request: "r".repeat(128),
            logical: "L".repeat(255),
            physical: physical.map(str::to_owned),
        }
    }

    #[test]
    fn the_longest_answer_fits_and_holds_no_address() {
        let failure = Failure::Settings("\"\u{7}ä".repeat(5_000));
        let envelope = envelope(Some(&"p".repeat(1_024)));
        let body = Answer::failed(&envelope, None, &failure).body(&envelope);
        assert!(body.len() <= MOST_BYTES, "{}", body.len());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (body["Status"].as_str(), body["PhysicalResourceId"].as_str().unwrap().len()),
            (Some("FAILED"), 1_024)
        );
        assert!(!body.to_string().contains("canary"));
    }

    #[test]
    fn a_failure_keeps_the_name_that_the_resource_had() {
        let failed = |physical, made: Option<&str>| {
            Answer::failed(&envelope(physical), made.map(str::to_owned), &Failure::TimedOut).physical
        };
        assert_eq!(failed(Some("old"), Some("new")), "old");
        assert_eq!(failed(None, Some("new")), "new");
        assert_eq!(failed(None, None), NOT_MADE);
    }
}
