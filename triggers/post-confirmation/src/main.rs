//! Wiring: the environment, the clock and randomness are made here.

use lambda::Environment;
use post_confirmation::PostConfirmation;
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
            let Environment { table, region, endpoint, ca_bundle, .. } = environment;
            let trust = Trust::read(ca_bundle.as_deref())?;
            let table = Table::connect(Connection::with_keys(table, region, endpoint, keys, jitter).trusting(trust))?;
            Ok(PostConfirmation::new(table, random))
        },
    )
    .await
}

/// Where the system has no random bits to give, zero is as good for jitter.
fn jitter() -> u64 {
    getrandom::u64().unwrap_or(0)
}

/// The bits of a new member's id.
#[expect(clippy::disallowed_methods, reason = "main.rs makes randomness")]
fn random() -> Option<[u8; 16]> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).ok().map(|()| bits)
}
