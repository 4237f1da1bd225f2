//! One JSON line an invocation, without addresses, tokens, codes or events.

use std::{error::Error, io, time::Duration};

use domain::{ClientId, TenantId};
pub use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::FilterFn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::source::Source;

/// INVARIANT: only these crates may log. The SDK prints requests and the runtime prints events at their finer levels;
/// triggers say what they have to say in their [`Outcome`](crate::Outcome).
const SPEAKERS: [&str; 2] = ["lambda", "store"];

/// How much of a cause is logged, in characters.
const CAUSE: usize = 200;

/// Sends this process's log to standard output, one JSON object a line, without times (Lambda adds them). A second call
/// changes nothing.
pub fn start(level: LevelFilter) {
    // A panic's message may quote what it stumbled over, so only its place is said.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        tracing::error!(at, "panicked");
    }));
    let started = tracing_subscriber::registry().with(lines(level, io::stdout)).try_init();
    drop(started);
}

/// What [`start`] installs, with another place for the lines.
pub fn lines<S, W>(level: LevelFilter, writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    W: for<'writer> tracing_subscriber::fmt::MakeWriter<'writer> + Send + Sync + 'static,
{
    let ours = FilterFn::new(move |metadata| {
        *metadata.level() <= level && SPEAKERS.contains(&metadata.target().split("::").next().unwrap_or_default())
    });
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time()
        .with_writer(writer)
        .with_filter(ours.with_max_level_hint(level))
}

/// What is said of one invocation.
pub(crate) struct Line<'a> {
    pub(crate) trigger: &'static str,
    pub(crate) source: Option<Source>,
    /// The app client, so that what an observed one would refuse can be counted. A person has no place in this line, not even as a
    /// `sub`: who it is, `tenantctl client report --who` asks the pool.
    pub(crate) client: Option<&'a ClientId>,
    pub(crate) decision: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) would: Option<&'static str>,
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) calls: Option<u32>,
    pub(crate) took: Duration,
    pub(crate) cause: Option<String>,
}

impl Line<'_> {
    pub(crate) fn write(self) {
        let Self { trigger, decision, code, would, calls, cause, .. } = self;
        let source = self.source.map(Source::as_str);
        let client = self.client.map(AsRef::<str>::as_ref);
        let tenant = self.tenant.map(AsRef::<str>::as_ref);
        let ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        if cause.is_some() {
            tracing::warn!(trigger, source, client, decision, code, would, tenant, calls, ms, cause, "broken");
        } else if code.is_some() {
            tracing::info!(trigger, source, client, decision, code, would, tenant, calls, ms, "refused");
        } else {
            tracing::info!(trigger, source, client, decision, would, tenant, calls, ms, "answered");
        }
    }
}

/// The chain of an error in at most 200 characters. Words that could be an address or a secret are left out: those with
/// an `@`, and those longer than 40 characters (a SHA-256 or 256 random bits have 43).
pub(crate) fn cause(error: &(dyn Error + 'static)) -> String {
    let mut said = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        // Many errors repeat their source in their own text.
        if !said.contains(text.as_str()) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&text);
        }
        next = error.source();
    }
    let said: Vec<&str> = said
        .split_whitespace()
        .map(|word| if word.contains('@') || word.chars().count() > 40 { "[...]" } else { word })
        .collect();
    said.join(" ").chars().take(CAUSE).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(&'static str, #[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Inner(&'static str);

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(level: LevelFilter, say: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::registry().with(lines(level, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, say);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    fn line(tenant: Option<&TenantId>) -> Line<'_> {
        Line {
            trigger: "pre-token-generation",
            source: Some(Source::TokenGenerationNewPasswordChallenge),
            client: None,
            decision: "issued",
            code: None,
            would: None,
            tenant,
            calls: Some(1),
            took: Duration::from_millis(14),
            cause: None,
        }
    }

    #[test]
    fn a_line_is_one_short_flat_object() {
        let tenant: TenantId = format!("t_{}", "a".repeat(26)).parse().unwrap();
        let client: ClientId = "1h57kf5cpq17m0eml12EXAMPLE".parse().unwrap();
        let line = written(LevelFilter::INFO, || Line { client: Some(&client), ..line(Some(&tenant)) }.write());
        assert_eq!(
            line,
            concat!(
                r#"{"level":"INFO","message":"answered","trigger":"pre-token-generation","#,
                r#""source":"TokenGeneration_NewPasswordChallenge","client":"1h57kf5cpq17m0eml12EXAMPLE","decision":"issued","#,
                r#""tenant":"t_aaaaaaaaaaaaaaaaaaaaaaaaaa","calls":1,"ms":14}"#,
                "\n"
            )
        );
        assert!(line.len() <= 250, "{} bytes", line.len());
    }

    #[test]
    fn a_line_of_an_observed_client_that_would_refuse_is_short_too() {
        let tenant: TenantId = format!("t_{}", "a".repeat(26)).parse().unwrap();
        let client: ClientId = "1h57kf5cpq17m0eml12EXAMPLE".parse().unwrap();
        let said = Line {
            source: Some(Source::TokenGenerationAuthentication),
            client: Some(&client),
            decision: "observed",
            would: Some("INVITATION_REQUIRED"),
            took: Duration::from_millis(4),
            ..line(Some(&tenant))
        };
        let line = written(LevelFilter::INFO, || said.write());
        assert!(
            line.contains(
                r#""client":"1h57kf5cpq17m0eml12EXAMPLE","decision":"observed","would":"INVITATION_REQUIRED""#
            )
        );
        assert!(line.len() <= 270, "{} bytes", line.len());
    }

    #[test]
    fn a_broken_one_warns_and_says_the_cause() {
        let broken = || Line { code: Some("TRY_AGAIN"), cause: Some("reset".to_owned()), ..line(None) }.write();
        let said = written(LevelFilter::WARN, broken);
        assert!(said.contains(r#""level":"WARN","message":"broken""#), "{said}");
        assert!(said.contains(r#""code":"TRY_AGAIN""#) && said.contains(r#""cause":"reset""#), "{said}");
        assert_eq!(written(LevelFilter::WARN, || line(None).write()), "");
        assert_eq!(written(LevelFilter::OFF, broken), "");
    }

    #[test]
    fn others_stay_silent_at_every_level() {
        let said = written(LevelFilter::TRACE, || {
            tracing::error!(target: "lambda_runtime::layers::panic", "canary@acme.example");
            tracing::error!(target: "aws_smithy_runtime::client", "canary@acme.example");
            tracing::warn!(target: "hyper", "canary@acme.example");
            tracing::error!(target: "storefront", "canary@acme.example");
            tracing::trace!(target: "store::table", "retried");
            tracing::trace!(target: "store", "retried");
        });
        assert!(!said.contains("canary") && said.lines().count() == 2, "{said}");
    }

    #[test]
    fn a_cause_is_its_whole_chain_said_once() {
        for (outer, inner, expected) in [
            ("no answer from the table", "timed out", "no answer from the table: timed out"),
            ("no answer: timed out", "timed out", "no answer: timed out"),
            ("two\nlines\t here", "timed out", "two lines here: timed out"),
        ] {
            assert_eq!(cause(&Outer(outer, Inner(inner))), expected);
        }
    }

    #[test]
    fn a_cause_holds_neither_addresses_nor_secrets_and_ends() {
        let secret = "7Qm1nVbXo2kzC5wqf0aT3hYdU8rLsPe6GiJxRtKvNzM";
        let said = cause(&Inner(Box::leak(
            format!("bad value \"x@acme.example\", token={secret} at {secret} {}", "word ".repeat(99)).into_boxed_str(),
        )));
        assert!(!said.contains("acme") && !said.contains(secret), "{said}");
        assert!(said.starts_with("bad value [...] [...] at [...] word word"), "{said}");
        assert_eq!(said.chars().count(), 200);
    }
}
