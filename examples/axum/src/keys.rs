//! The pool's public keys: fetched when first needed, once an hour, and when a token names a new one.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, PublicKeyUse};
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

/// Withdrawn keys are forgotten after this long.
const FRESH: Duration = Duration::from_hours(1);

/// Tokens that name made-up keys cause one fetch in this long.
const REST: Duration = Duration::from_secs(30);

/// How soon to ask again where there was no answer.
const RETRY: Duration = Duration::from_secs(1);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The pool has no such key.
    Unknown,
    /// The pool did not answer.
    Unavailable,
}

/// No keys could be fetched.
#[derive(Debug, thiserror::Error)]
#[error("the pool's keys could not be fetched: {0}")]
pub struct FetchError(pub String);

type Fetch = dyn Fn() -> Pin<Box<dyn Future<Output = Result<JwkSet, FetchError>> + Send>> + Send + Sync;

/// The keys, by `kid`.
pub struct Keys {
    fetch: Box<Fetch>,
    known: RwLock<Known>,
    next: Mutex<Next>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fresh_until: Option<Instant>,
}

#[derive(Default)]
struct Next {
    not_before: Option<Instant>,
    failed: bool,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// Keys that `fetch` brings; it keeps its own time limit.
    pub fn new<F>(fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<JwkSet, FetchError>> + Send + 'static,
    {
        Self { fetch: Box::new(move || Box::pin(fetch())), known: RwLock::default(), next: Mutex::default() }
    }

    /// The key of this `kid`.
    pub async fn find(&self, kid: &str) -> Result<DecodingKey, Missing> {
        if let Some(key) = self.known.read().await.fresh(kid) {
            return Ok(key);
        }
        // One fetch at a time; who waited for it looks again.
        let mut next = self.next.lock().await;
        if let Some(key) = self.known.read().await.fresh(kid) {
            return Ok(key);
        }
        if next.not_before.is_none_or(|not_before| Instant::now() >= not_before) {
            let fetched = (self.fetch)().await;
            *next = Next {
                not_before: Some(Instant::now() + if fetched.is_ok() { REST } else { RETRY }),
                failed: fetched.is_err(),
            };
            if let Ok(set) = fetched {
                *self.known.write().await = Known::from(&set);
            }
        }
        // While the pool does not answer, an older key is better than none.
        let missing = if next.failed { Missing::Unavailable } else { Missing::Unknown };
        self.known.read().await.keys.get(kid).cloned().ok_or(missing)
    }
}

impl Known {
    fn fresh(&self, kid: &str) -> Option<DecodingKey> {
        let fresh = self.fresh_until.is_some_and(|until| Instant::now() < until);
        fresh.then(|| self.keys.get(kid).cloned()).flatten()
    }
}

impl From<&JwkSet> for Known {
    /// RSA keys for signatures alone.
    fn from(set: &JwkSet) -> Self {
        let keys = set
            .keys
            .iter()
            .filter(|key| matches!(key.algorithm, AlgorithmParameters::RSA(_)))
            .filter(|key| matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature)))
            .filter_map(|key| Some((key.common.key_id.clone()?, DecodingKey::from_jwk(key).ok()?)))
            .collect();
        Self { keys, fresh_until: Some(Instant::now() + FRESH) }
    }
}
