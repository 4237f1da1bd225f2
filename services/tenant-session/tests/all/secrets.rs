//! No token and no credential is ever printed, logged or repeated.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_credential_types::provider::ProvideCredentials as _;
use serde_json::json;
use tenant_session::{Keys, SessionError, TenantSessions, TokenRefused};
use tracing_subscriber::fmt::MakeWriter;

use crate::kit::{Clock, ROLE, Service, but, claims, refusing, signed, verifier};

/// The last 20 characters of the header, the claims and the signature.
fn canaries(token: &str) -> [String; 3] {
    let mut parts = token.split('.').map(|part| part.chars().skip(part.len() - 20).collect());
    std::array::from_fn(|_| parts.next().unwrap())
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_token_is_in_no_debug_no_error_and_no_log_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is on");

    let clock = Clock::new();
    let token = signed(&claims());
    let mut said = Vec::new();
    let verified = verifier(&clock).verify(&token).await.unwrap();
    said.push(format!("{verified:?} {verified} {:?}", verifier(&clock)));
    // An STS that repeats what it was sent, as its validation errors do.
    let echo = |code| {
        refusing(400, code, |asked| format!("Value '{}' at 'webIdentityToken'", asked.fields["WebIdentityToken"]))
    };
    let services = [Service::sts(&clock), echo("ValidationError"), echo("InvalidIdentityToken"), echo("AccessDenied")];
    for service in services {
        let sessions = TenantSessions::web_identity(&service.config(&clock), ROLE).unwrap();
        said.push(format!("{sessions:?}"));
        match sessions.open(&verified).await {
            Ok(session) => {
                said.push(format!("{session:?} {:?} {:?}", session.provider(), session.credentials().await));
                said.push(format!("{:?}", session.config(&service.config(&clock))));
                clock.set(300);
                said.push(format!("{:?}", session.provide_credentials().await.unwrap_err()));
                clock.set(0);
            }
            Err(error) => said.push(format!("{error} {error:?}")),
        }
        assert_eq!(service.asked().len(), 1, "the token did go out");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log is on"));
    said.push(log);
    for text in said {
        for canary in canaries(&token) {
            assert!(!text.contains(&canary), "{canary} in {text}");
        }
        assert!(!text.contains("SecretAccessKey>") && !text.contains("session of "), "{text}");
        assert!(!text.contains("ann@acme.example"), "{text}");
    }
}

#[tokio::test]
async fn a_refused_tokens_words_are_not_repeated() {
    let canary = "t_the-canary-in-the-mine";
    for claims in [
        but("tenant_id", json!(canary)),
        but("iss", json!(canary)),
        but("exp", json!(canary)),
        but("aud", json!(canary)),
    ] {
        let error = verifier(&Clock::new()).verify(&signed(&claims)).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let error = Keys::given(canary.as_bytes()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[test]
fn every_refusal_is_a_sentence_with_a_code_of_its_own() {
    use TokenRefused as T;
    let tokens = [
        T::Malformed,
        T::Algorithm,
        T::UnknownKey,
        T::Signature,
        T::Issuer,
        T::Audience,
        T::NotAnIdToken,
        T::Expired,
        T::NotYetValid,
        T::NoTenant,
        T::TenantUnreadable,
        T::NoTag,
        T::TagMismatch,
        T::KeysUnavailable,
    ];
    let sessions = [
        SessionError::RoleRefused,
        SessionError::TokenRefusedBySts,
        SessionError::RequestRefused { code: None },
        SessionError::Unavailable,
        SessionError::Unreadable,
    ];
    let mut codes: Vec<&str> = tokens.iter().map(|refused| refused.code()).collect();
    codes.extend(sessions.iter().map(SessionError::code));
    // The README lists each of them.
    for code in &codes {
        assert!(include_str!("../../README.md").contains(&format!("`{code}`")), "{code}");
    }
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    // These two mean the same of a token that was believed a moment ago.
    assert_eq!(SessionError::TokenExpired.code(), T::Expired.code());
    assert_eq!(SessionError::NoTag.code(), T::NoTag.code());
    let sentences = tokens.iter().map(ToString::to_string).chain(sessions.iter().map(ToString::to_string));
    for sentence in sentences {
        assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
    }
}
