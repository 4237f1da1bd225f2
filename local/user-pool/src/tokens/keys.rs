//! The pool's signing keys: one for ID tokens, one for access tokens, as Cognito has them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::{Keypair as _, SignatureEncoding as _, Signer as _, Verifier as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::Random;
use crate::error::ApiError;
use crate::random::KeyRandom;

/// Makes the keys at first use, off the runtime's threads: that takes a moment.
#[derive(Debug)]
pub(crate) struct Keys {
    pair: OnceCell<Arc<KeyPair>>,
    random: Random,
}

#[derive(Debug)]
pub(crate) struct KeyPair {
    id: Key,
    access: Key,
}

#[derive(Debug)]
struct Key {
    kid: String,
    signing: SigningKey<Sha256>,
    verifying: VerifyingKey<Sha256>,
    public: RsaPublicKey,
}

/// What a token is for, `token_use`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenUse {
    Id,
    Access,
}

impl Keys {
    pub(crate) fn new(random: &Random) -> Self {
        Self { pair: OnceCell::new(), random: random.clone() }
    }

    pub(crate) async fn get(&self) -> Result<Arc<KeyPair>, ApiError> {
        self.pair
            .get_or_try_init(|| async {
                let make = |random: Random| tokio::task::spawn_blocking(move || Key::new(&random));
                let (id, access) = (make(self.random.clone()), make(self.random.clone()));
                let broken = |_| ApiError::internal("The signing keys could not be made.");
                let id = id.await.map_err(broken)??;
                let access = access.await.map_err(broken)??;
                Ok(Arc::new(KeyPair { id, access }))
            })
            .await
            .cloned()
    }
}

impl Key {
    fn new(random: &Random) -> Result<Self, ApiError> {
        let key = RsaPrivateKey::new(&mut KeyRandom(random), 2048)
            .map_err(|error| ApiError::internal(format!("No signing key could be made: {error}")))?;
        let public = key.to_public_key();
        let signing = SigningKey::<Sha256>::new(key);
        Ok(Self { kid: STANDARD.encode(random.bytes::<32>()), verifying: signing.verifying_key(), signing, public })
    }

    fn jwk(&self) -> Value {
        json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(self.public.e().to_bytes_be()),
            "kid": self.kid,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(self.public.n().to_bytes_be()),
            "use": "sig",
        })
    }
}

impl KeyPair {
    fn key(&self, token_use: TokenUse) -> &Key {
        match token_use {
            TokenUse::Id => &self.id,
            TokenUse::Access => &self.access,
        }
    }

    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.id.jwk(), self.access.jwk()] })
    }

    pub(crate) fn sign(&self, token_use: TokenUse, claims: &Value) -> String {
        let key = self.key(token_use);
        let header = json!({ "kid": key.kid, "alg": "RS256" }).to_string();
        let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = key.signing.sign(token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature.to_bytes()));
        token
    }

    /// The claims of a token that this pool signed for this use.
    pub(crate) fn verify(&self, token_use: TokenUse, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = Signature::try_from(URL_SAFE_NO_PAD.decode(signature).ok()?.as_slice()).ok()?;
        self.key(token_use).verifying.verify(signed.as_bytes(), &signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}
