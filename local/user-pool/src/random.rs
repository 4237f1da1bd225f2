//! Randomness, handed in by whoever starts the server: ids, codes, secrets and keys come from here.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::rand_core::{self, CryptoRng, RngCore};

/// A source of random bytes. It must be unpredictable wherever the tokens matter to anyone.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// A source that lets `fill` fill each buffer.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A version 4 UUID, as Cognito's `sub`, `jti` and `event_id` are.
    pub fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// `length` characters of `alphabet`, each as likely as the others.
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        // Bytes at or past the largest multiple of the alphabet's length would favour its first characters.
        let whole = 256 - 256 % alphabet.len().max(1);
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes::<32>() {
                let byte = usize::from(byte);
                if text.len() < length
                    && byte < whole
                    && let Some(character) = alphabet.get(byte % alphabet.len())
                {
                    text.push(char::from(*character));
                }
            }
        }
        text
    }

    /// A confirmation code: six digits.
    pub fn code(&self) -> String {
        self.text(b"0123456789", 6)
    }

    /// An opaque secret of 384 bits, for refresh tokens and sessions.
    pub fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<48>())
    }

    /// `N` random bytes in hexadecimal.
    pub fn hex<const N: usize>(&self) -> String {
        self.bytes::<N>().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// The same source in the shape that the `rsa` crate asks for.
pub(crate) struct KeyRandom<'a>(pub(crate) &'a Random);

impl RngCore for KeyRandom<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        (self.0.0)(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for KeyRandom<'_> {}
