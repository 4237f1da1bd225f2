//! The mail, through Amazon SES v2: sent at most once, within what is left of the invocation.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use domain::Email;
use domain::challenge::Code;
use store::challenge::Taken;
use store::connect::{Trust, fresh_http_client};
use tokio::time::{Instant, sleep, timeout_at};

use crate::words::{Said, Words};

/// How often a mail is offered to SES. Only what was certainly not taken is offered again.
const OFFERS: u32 = 2;
const PAUSE: Duration = Duration::from_millis(150);
/// No second offer begins with less than this left.
const LEAST: Duration = Duration::from_millis(600);

/// Where mail goes, and as whom.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The AWS Region of SES.
    pub region: String,
    /// Another endpoint than AWS's, for the laptop.
    pub endpoint: Option<String>,
    /// Whose word it takes that this is SES.
    pub trust: Trust,
    /// Access key id, secret, session token.
    pub keys: (String, String, Option<String>),
    /// The sender.
    pub from: String,
    /// Where mail to a user who does not exist goes.
    pub nowhere: String,
    /// The SES configuration set, if one is used.
    pub configuration_set: Option<String>,
    /// What the mail says.
    pub words: Words,
}

/// Sends codes.
#[derive(Debug, Clone)]
pub struct Mail {
    client: Client,
    from: String,
    nowhere: String,
    configuration_set: Option<String>,
    words: Words,
}

/// Why a mail did not go out. Says neither address nor code: SES's own words may quote them, so its code alone is told.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// SES said no.
    #[error("SES refused the mail: {0}")]
    Refused(String),
    /// Nobody knows whether SES took it.
    #[error("SES did not answer: {0}")]
    Unknown(&'static str),
    /// The mail could not be written.
    #[error("the mail could not be written")]
    Unwritten(#[from] BuildError),
}

impl Unsent {
    /// Whether SES may have taken the mail all the same.
    pub(crate) const fn taken(&self) -> Taken {
        match self {
            Self::Refused(_) | Self::Unwritten(_) => Taken::No,
            Self::Unknown(_) => Taken::Perhaps,
        }
    }
}

impl Mail {
    /// Makes the client. No request is sent.
    pub fn connect(settings: MailSettings) -> Result<Self, store::Broken> {
        let MailSettings { region, endpoint, trust, keys, from, nowhere, configuration_set, words } = settings;
        let (id, secret, token) = keys;
        let mut config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region))
            .credentials_provider(Credentials::new(id, secret, token, None, "environment"))
            .http_client(fresh_http_client(endpoint.as_deref(), &trust)?)
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_millis(500)).build())
            // An attempt that timed out may have been taken, and a second mail is a nuisance: what to repeat is decided here.
            .retry_config(RetryConfig::disabled());
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(config.build()), from, nowhere, configuration_set, words })
    }

    /// The same over another HTTP client, for tests that have one of their own.
    #[must_use]
    pub fn over(self, http: SharedHttpClient) -> Self {
        let config = self.client.config().to_builder().http_client(http).build();
        Self { client: Client::from_conf(config), ..self }
    }

    /// Sends a code to a mailbox, or to nowhere: the same request to the same service, whose answer takes as long.
    pub(crate) async fn send(
        &self,
        to: Option<&Email>,
        tenant: &str,
        code: Code,
        minutes: i64,
        deadline: Instant,
    ) -> Result<(), Unsent> {
        let to = to.map_or(self.nowhere.as_str(), AsRef::as_ref);
        let code = code.reveal();
        let written = self.words.write(Said { tenant, code: &code, minutes });
        let content = |text: String| Content::builder().charset("UTF-8").data(text).build();
        let html = written.html.map(content).transpose()?;
        let body = Body::builder().text(content(written.text)?).set_html(html).build();
        let message = Message::builder().subject(content(written.subject)?).body(body).build();
        let request = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .set_configuration_set_name(self.configuration_set.clone());
        let mut offer = 1;
        loop {
            // Boxed: the SDK's futures are deep and large, and would be copied through every caller's.
            let Ok(result) = timeout_at(deadline, Box::pin(request.clone().send())).await else {
                return Err(Unsent::Unknown("no time is left"));
            };
            let Err(error) = result else { return Ok(()) };
            if !was_not_taken(&error) || offer >= OFFERS || Instant::now() + PAUSE + LEAST > deadline {
                return Err(cause(&error));
            }
            sleep(PAUSE).await;
            offer += 1;
        }
    }
}

/// Whether SES certainly did not take the mail, and might the next time.
fn was_not_taken<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    match error {
        SdkError::ServiceError(service) => {
            matches!(service.err().code(), Some("TooManyRequestsException" | "ThrottlingException" | "Throttling"))
        }
        // No connection was made. One that broke may have carried the mail.
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    }
}

fn cause<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Unsent {
    match error {
        SdkError::ServiceError(service) => Unsent::Refused(service.err().code().unwrap_or("no code").to_owned()),
        SdkError::TimeoutError(_) => Unsent::Unknown("no answer in time"),
        SdkError::DispatchFailure(_) => Unsent::Unknown("no connection"),
        SdkError::ResponseError(_) => Unsent::Unknown("an answer that cannot be read"),
        _ => Unsent::Unknown("a request that cannot be sent"),
    }
}
