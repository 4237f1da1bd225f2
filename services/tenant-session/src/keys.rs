//! The pool's public keys: given, or fetched when first needed, once an hour, and when a token names a new one.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

/// Withdrawn keys are forgotten after this long.
const FRESH: Duration = Duration::from_hours(1);

/// Tokens that name made-up keys cause one fetch in this long.
const REST: Duration = Duration::from_secs(30);

/// How soon to ask again where there was no answer.
const RETRY: Duration = Duration::from_secs(1);

/// How long a key outlives its hour while the pool does not answer.
const STALE: Duration = Duration::from_hours(24);

/// 2,048 bits in base64url: less is no key of Cognito's, and too weak.
const SHORTEST_MODULUS: usize = 342;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The pool has no such key.
    Unknown,
    /// The pool did not answer.
    Unavailable,
}

/// No keys could be had, for this reason.
#[derive(Debug, thiserror::Error)]
#[error("the pool's keys could not be had: {0}")]
pub struct FetchError(pub String);

type Fetching = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send>>;

/// The keys that may have signed a token, by `kid`. A clone shares what was fetched.
#[derive(Clone)]
pub struct Keys(Arc<Source>);

enum Source {
    Given(ByKid),
    Fetched(Box<Fetched>),
}

struct Fetched {
    fetch: Box<dyn Fn() -> Fetching + Send + Sync>,
    known: RwLock<Known>,
    next: Mutex<Next>,
}

type ByKid = HashMap<String, DecodingKey>;

#[derive(Default)]
struct Known {
    keys: ByKid,
    at: Option<Instant>,
}

#[derive(Default)]
struct Next {
    not_before: Option<Instant>,
    failed: bool,
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of this JWKS document and no others, ever: for tests, and where nothing may be fetched.
    pub fn given(jwks: &[u8]) -> Result<Self, FetchError> {
        Ok(Self(Arc::new(Source::Given(read(jwks)?))))
    }

    /// The keys of the JWKS document that `fetch` brings; it keeps its own time limit.
    pub fn fetched<F>(fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<u8>, FetchError>> + Send + 'static,
    {
        let fetch: Box<dyn Fn() -> Fetching + Send + Sync> = Box::new(move || Box::pin(fetch()));
        Self(Arc::new(Source::Fetched(Box::new(Fetched { fetch, known: RwLock::default(), next: Mutex::default() }))))
    }

    /// The key of this `kid`.
    pub(crate) async fn find(&self, kid: &str) -> Result<DecodingKey, Missing> {
        match &*self.0 {
            Source::Given(keys) => keys.get(kid).cloned().ok_or(Missing::Unknown),
            Source::Fetched(fetched) => fetched.find(kid).await,
        }
    }
}

impl Fetched {
    async fn find(&self, kid: &str) -> Result<DecodingKey, Missing> {
        if let Some(key) = self.known.read().await.younger(FRESH, kid) {
            return Ok(key);
        }
        // One fetch at a time. While it runs, known keys do: a pool that hangs must hold up one request, not all of them.
        let mut next = if let Ok(next) = self.next.try_lock() {
            next
        } else {
            // Not held while waiting: whoever fetches writes there.
            let old = self.known.read().await.younger(STALE, kid);
            if let Some(key) = old {
                return Ok(key);
            }
            self.next.lock().await
        };
        // Who waited for it looks again.
        if let Some(key) = self.known.read().await.younger(FRESH, kid) {
            return Ok(key);
        }
        if next.not_before.is_none_or(|not_before| Instant::now() >= not_before) {
            // Said before the fetch: whoever cancels it, for a caller that went away, must not lift the limit.
            *next = Next { not_before: Some(Instant::now() + RETRY), failed: true };
            if let Ok(keys) = (self.fetch)().await.and_then(|jwks| read(&jwks)) {
                *next = Next { not_before: Some(Instant::now() + REST), failed: false };
                *self.known.write().await = Known { keys, at: Some(Instant::now()) };
            }
        }
        // While the pool does not answer, an older key is better than none.
        let missing = if next.failed { Missing::Unavailable } else { Missing::Unknown };
        self.known.read().await.younger(STALE, kid).ok_or(missing)
    }
}

impl Known {
    fn younger(&self, than: Duration, kid: &str) -> Option<DecodingKey> {
        let young = self.at.is_some_and(|at| at.elapsed() < than);
        young.then(|| self.keys.get(kid).cloned()).flatten()
    }
}

/// The RSA keys for signatures in a JWKS document. What is not one is passed over, as RFC 7517 (section 5) asks; a document
/// without any is none.
fn read(jwks: &[u8]) -> Result<ByKid, FetchError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(jwks).map_err(|_| FetchError("this is no JWKS document".to_owned()))?;
    let keys: ByKid = set.keys.iter().filter_map(|key| usable(&Jwk::deserialize(key).ok()?)).collect();
    if keys.is_empty() {
        return Err(FetchError("the JWKS document has no RSA key for signatures".to_owned()));
    }
    Ok(keys)
}

fn usable(key: &Jwk) -> Option<(String, DecodingKey)> {
    let AlgorithmParameters::RSA(rsa) = &key.algorithm else { return None };
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let for_rs256 = matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    let strong = rsa.n.len() >= SHORTEST_MODULUS;
    let kid = key.common.key_id.clone().filter(|kid| !kid.is_empty())?;
    (for_signatures && for_rs256 && strong).then_some(())?;
    Some((kid, DecodingKey::from_jwk(key).ok()?))
}
