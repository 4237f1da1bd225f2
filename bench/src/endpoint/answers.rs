//! What the endpoint answers: what the engine says, or what it said at a rehearsal.

use std::collections::HashMap;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::count::Cost;

/// A request, as far as an answer depends on it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) operation: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: HeaderValue,
    pub(crate) body: Bytes,
    pub(crate) cost: Cost,
}

/// Where the real answers come from.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    /// `DynamoDB`'s address.
    pub(crate) table: String,
    /// The address of SES.
    pub(crate) post: String,
}

/// An HTTP client of one connection's thread.
pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

impl Engine {
    /// Asks, with the capacity that it took, which only those who asked for it are told.
    pub(crate) async fn answer(&self, http: &Http, asked: &Asked) -> Result<Answer, String> {
        let table = asked.operation != SEND;
        let mut body = asked.body.clone();
        let told = body.get("ReturnConsumedCapacity").is_some();
        if let Some(body) = body.as_object_mut().filter(|_| table && !told) {
            body.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
        }
        let uri = if table { self.table.clone() } else { format!("{}{}", self.post, asked.path) };
        let mut request = hyper::Request::post(uri);
        for (name, value) in &asked.headers {
            // Those that are of the connection or of the bytes as they came.
            if !matches!(name.as_str(), "host" | "content-length" | "connection" | "expect" | "transfer-encoding") {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::from(body.to_string())).map_err(|error| error.to_string())?;
        let answer = http.request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let mut said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let cost =
            if parts.status.is_success() { Cost::of(&asked.operation, &asked.body, &said) } else { Cost::default() };
        let mut body = bytes;
        if table && !told && said.as_object_mut().is_some_and(|said| said.remove("ConsumedCapacity").is_some()) {
            body = said.to_string().into();
        }
        let kind = parts.headers.get("content-type").cloned();
        let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/x-amz-json-1.0"));
        Ok(Answer { status: parts.status.as_u16(), kind, body, cost })
    }
}

/// The one request that goes to SES.
pub(crate) const SEND: &str = "SendEmail";

/// Answers that were given once. A request is answered as it was then; one that says something else each time (a write with the present
/// moment in it) as the last one of its operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canned {
    exactly: HashMap<(String, String), Answer>,
    by_operation: HashMap<String, Answer>,
}

impl Canned {
    pub(crate) fn keep(&mut self, asked: &Asked, answer: Answer) {
        self.exactly.insert((asked.operation.clone(), asked.body.to_string()), answer.clone());
        self.by_operation.insert(asked.operation.clone(), answer);
    }

    pub(crate) fn answer(&self, asked: &Asked) -> Option<&Answer> {
        let exactly = (asked.operation.clone(), asked.body.to_string());
        self.exactly.get(&exactly).or_else(|| self.by_operation.get(&asked.operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(operation: &str, body: &str) -> Asked {
        let body = serde_json::from_str(body).unwrap();
        Asked { operation: operation.to_owned(), path: "/".to_owned(), headers: HeaderMap::new(), body }
    }

    fn said(text: &'static str) -> Answer {
        let kind = HeaderValue::from_static("application/json");
        Answer { status: 200, kind, body: Bytes::from_static(text.as_bytes()), cost: Cost::default() }
    }

    #[test]
    fn a_request_is_answered_as_it_was_whatever_the_order_of_its_words() {
        let mut canned = Canned::default();
        canned.keep(&asked("GetItem", r#"{"Key":{"pk":1,"sk":2}}"#), said("one"));
        canned.keep(&asked("GetItem", r#"{"Key":{"pk":3,"sk":4}}"#), said("two"));
        for (body, expected) in [
            (r#"{"Key":{"sk":2,"pk":1}}"#, "one"),
            (r#"{"Key":{"pk":3,"sk":4}}"#, "two"),
            (r#"{"Key":{"pk":5}}"#, "two"),
        ] {
            assert_eq!(canned.answer(&asked("GetItem", body)).unwrap().body, expected, "{body}");
        }
        assert!(canned.answer(&asked("Query", "{}")).is_none());
    }
}
