//! A client that sends what no client should, and waits for no answer longer than a person would.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No answer takes so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Status, headers and body of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// What a parser of ours would say of itself: nobody who uses Cognito reads such words.
const PARSER: [&str; 12] = [
    "invalid type",
    "missing field",
    "unknown variant",
    "unknown field",
    "expected",
    "at line",
    "column",
    "recursion limit",
    "trailing",
    "EOF",
    "deserialize",
    "duplicate field",
];

impl Answer {
    /// An error of the user pool API: 4xx, a type and a sentence, in nobody's parser's words.
    pub(super) fn is_an_error_of_the_api(&self) -> Result<(), String> {
        let body: Value = serde_json::from_str(&self.body).map_err(|_| format!("no JSON: {self:?}"))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if !(400..500).contains(&self.status) || !text("__type").ends_with("Exception") || text("message").is_empty() {
            return Err(format!("no error of the API: {self:?}"));
        }
        self.speaks_plainly()
    }

    /// Whatever it is: no failure of ours, and nobody's parser's words.
    pub(super) fn speaks_plainly(&self) -> Result<(), String> {
        if self.status >= 500 {
            return Err(format!("a failure of ours: {self:?}"));
        }
        let said: String = self.body.chars().take(2_000).collect();
        match PARSER.iter().find(|word| self.status >= 400 && said.contains(**word)) {
            Some(word) => Err(format!("{word}: {self:?}")),
            None => Ok(()),
        }
    }
}

pub(super) struct Caller {
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
    url: String,
}

impl Caller {
    pub(super) fn new(url: &str) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), url: url.to_owned() }
    }

    /// An operation of the API.
    pub(super) async fn ask(&self, operation: &str, body: impl Into<Vec<u8>>) -> Answer {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", &target),
            ("authorization", "AWS4-HMAC-SHA256 Credential=local"),
        ];
        self.send("POST", "/", &headers, body.into()).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = axum::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let answer = async {
            let response = self.client.request(request).await.unwrap();
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            Answer { status: head.status.as_u16(), head: format!("{:?}", head.headers), body }
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("{method} {path}: no answer"))
    }

    /// Bytes as they are, after which the caller is silent. What comes back until the server hangs up.
    pub(super) async fn bytes(&self, bytes: &[u8]) -> Answer {
        let address = self.url.strip_prefix("http://").unwrap();
        let talk = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // The server may hang up before it has heard everything.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let mut said = Vec::new();
            let _ = stream.read_to_end(&mut said).await;
            String::from_utf8_lossy(&said).into_owned()
        };
        let shown = String::from_utf8_lossy(bytes.get(..bytes.len().min(200)).unwrap()).into_owned();
        let said = tokio::time::timeout(PATIENCE, talk).await.unwrap_or_else(|_| panic!("no answer to {shown:?}"));
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or((said.as_str(), ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}
