//! Wiring: the environment, the clock and randomness are made here.

use std::path::Path;

use create_auth_challenge::{CreateAuthChallenge, Mail, MailSettings, Words};
use lambda::Environment;
use store::connect::Trust;
use store::{Connection, Table};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "main.rs makes time and reads the environment")]
async fn main() -> Result<(), lambda::Error> {
    lambda::run(
        |name| std::env::var(name).ok(),
        jiff::Timestamp::now,
        async |environment: Environment| {
            let keys = environment.credentials.into_parts();
            let Environment { table, region, endpoint, ca_bundle, challenge, .. } = environment;
            let templates = challenge.mail_templates.as_deref().map(Path::new);
            let trust = Trust::read(ca_bundle.as_deref())?;
            let mail = Mail::connect(MailSettings {
                region: region.clone(),
                endpoint: challenge.mail_endpoint.clone(),
                trust: trust.clone(),
                keys: keys.clone(),
                from: challenge.mail_from()?,
                nowhere: challenge.mail_nowhere.to_string(),
                configuration_set: challenge.mail_configuration_set.clone(),
                words: templates.map_or_else(|| Ok(Words::default()), Words::read)?,
            })?;
            let table = Table::connect(Connection::with_keys(table, region, endpoint, keys, jitter).trusting(trust))?;
            Ok(CreateAuthChallenge::new(table, challenge.keys()?, challenge.limits, mail, random))
        },
    )
    .await
}

/// Where the system has no random bits to give, zero is as good for jitter.
fn jitter() -> u64 {
    getrandom::u64().unwrap_or(0)
}

/// The bits of a ticket.
#[expect(clippy::disallowed_methods, reason = "main.rs makes randomness")]
fn random() -> Option<[u8; 16]> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).ok().map(|()| bits)
}
