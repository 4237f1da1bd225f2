//! Amazon SES v2's `SendEmail`: simple mails go to the outbox, and fail as a test asks (SES API v2).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::outbox::{Mail, MailKind, SesFault};
use crate::server::Service;
use crate::sink::Source;

/// Recipients that one call may have.
const RECIPIENTS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    #[serde(default)]
    from_email_address: Option<String>,
    #[serde(default)]
    destination: Option<Destination>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    configuration_set_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Destination {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    #[serde(default)]
    simple: Option<Simple>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    #[serde(default)]
    subject: Option<Part>,
    #[serde(default)]
    body: Option<Body>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    #[serde(default)]
    text: Option<Part>,
    #[serde(default)]
    html: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    #[serde(default)]
    data: Option<String>,
}

/// A mail that may be sent.
struct Checked {
    from: String,
    to: Vec<String>,
    subject: String,
    text: Option<String>,
    html: Option<String>,
    configuration_set: Option<String>,
}

struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let headers = [("x-amzn-errortype", self.kind), ("content-type", "application/json")];
        (self.status, headers, json!({ "message": self.message }).to_string()).into_response()
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, kind: "BadRequestException", message: message.into() }
}

/// `POST /v2/email/outbound-emails`.
pub(crate) async fn send_email(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> Response {
    if !headers.contains_key("authorization") {
        let kind = "MissingAuthenticationTokenException";
        let message = "Missing Authentication Token".to_owned();
        return Refusal { status: StatusCode::FORBIDDEN, kind, message }.into_response();
    }
    let mail = match serde_json::from_slice(&body)
        .map_err(|_| bad("The request is not what SendEmail takes."))
        .and_then(check)
    {
        Ok(mail) => mail,
        Err(refusal) => return refusal.into_response(),
    };
    let late = match service.outbox.next_ses_fault() {
        Some(SesFault::Throttled) => {
            let kind = "TooManyRequestsException";
            let message = "Maximum sending rate exceeded.".to_owned();
            return Refusal { status: StatusCode::TOO_MANY_REQUESTS, kind, message }.into_response();
        }
        Some(SesFault::Broken) => {
            let kind = "InternalServiceErrorException";
            let message = "The service is not available.".to_owned();
            return Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, kind, message }.into_response();
        }
        Some(SesFault::Late(time)) => Some(time),
        None => None,
    };
    let id = service.random.uuid();
    keep(&service, mail, &id);
    // The mail is on its way already: whoever does not wait for the answer cannot know.
    if let Some(time) = late {
        tokio::time::sleep(time).await;
    }
    ([("content-type", "application/json")], json!({ "MessageId": id }).to_string()).into_response()
}

/// The sentences are ours: SES documents none for these.
fn check(input: SendEmail) -> Result<Checked, Refusal> {
    let from = input.from_email_address.filter(|from| !from.trim().is_empty());
    let from = from.ok_or_else(|| bad("FromEmailAddress is missing."))?;
    let destination = input.destination.unwrap_or_default();
    let mut to = destination.to;
    to.extend(destination.cc);
    to.extend(destination.bcc);
    if to.is_empty() {
        return Err(bad("The message has no destination."));
    }
    if to.len() > RECIPIENTS {
        return Err(bad(format!("Recipient count exceeds {RECIPIENTS}.")));
    }
    if let Some(address) = to.iter().chain([&from]).find(|address| !address.contains('@')) {
        return Err(bad(format!("Invalid email address <{address}>.")));
    }
    let simple = input.content.ok_or_else(|| bad("Content is missing."))?.simple;
    let simple = simple.ok_or_else(|| bad("Simple content is the only kind that this local SES takes."))?;
    let text_of = |part: Option<Part>| part.and_then(|part| part.data);
    let subject = text_of(simple.subject).ok_or_else(|| bad("The message has no subject."))?;
    let body = simple.body.ok_or_else(|| bad("The message has no body."))?;
    let (text, html) = (text_of(body.text), text_of(body.html));
    if text.is_none() && html.is_none() {
        return Err(bad("The message has no body."));
    }
    Ok(Checked { from, to, subject, text, html, configuration_set: input.configuration_set_name })
}

/// One entry for each recipient.
fn keep(service: &Service, mail: Checked, id: &str) {
    for to in mail.to {
        service.sink.put(Source::Ses, format!("mail to {to}: {}", mail.text.as_deref().unwrap_or(&mail.subject)));
        service.outbox.put(Mail {
            pool: String::new(),
            username: String::new(),
            to,
            kind: MailKind::Ses,
            code: String::new(),
            subject: mail.subject.clone(),
            body: mail.text.clone().unwrap_or_default(),
            from: Some(mail.from.clone()),
            html: mail.html.clone(),
            configuration_set: mail.configuration_set.clone(),
            message_id: Some(id.to_owned()),
            at: service.clock.now(),
        });
    }
}
