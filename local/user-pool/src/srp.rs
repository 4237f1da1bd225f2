//! Secure Remote Password as Cognito's clients speak it: the server's half (RFC 5054, with Cognito's own hashes).
//!
//! The group is RFC 3526's of 3,072 bits, numbers are hashed in their shortest two's complement form, and the proof is an
//! HMAC under a key that HKDF derives; amazon-cognito-identity-js is the reference.

use std::fmt;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use num_bigint::{BigInt, BigUint};
use sha2::{Digest as _, Sha256};

use crate::Random;
use crate::error::ApiError;
use crate::password::{Password, hmac};

/// RFC 3526, section 4.
const GROUP: &[u8] =
    b"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

#[expect(clippy::expect_used, reason = "the literal is hexadecimal")]
static N: LazyLock<BigUint> = LazyLock::new(|| BigUint::parse_bytes(GROUP, 16).expect("the literal is hexadecimal"));
static G: LazyLock<BigUint> = LazyLock::new(|| BigUint::from(2_u8));
static K: LazyLock<BigUint> = LazyLock::new(|| hash(&[&padded(&N), &padded(&G)]));

/// A sign-in between the two halves of the exchange.
#[derive(Clone)]
pub(crate) struct Exchange {
    client_public: BigUint,
    server_secret: BigUint,
    server_public: BigUint,
    block: Vec<u8>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

/// What the client answers.
pub(crate) struct Proof<'a> {
    pub(crate) pool_name: &'a str,
    pub(crate) user_id: &'a str,
    /// Written as Cognito writes it.
    pub(crate) timestamp: &'a str,
    pub(crate) signature: &'a [u8],
}

impl Exchange {
    /// Takes the client's `SRP_A`. RFC 5054 has the server refuse one that the group's order divides; there Cognito is
    /// said to ask and then to take no answer, which comes to the same.
    pub(crate) fn begin(password: &Password, client_public: &str, random: &Random) -> Result<Self, ApiError> {
        let invalid = || ApiError::invalid_parameter("Invalid SRP_A");
        // Nobody needs longer ones, and they cost time.
        let client_public = Some(client_public).filter(|text| text.len() <= GROUP.len() + 2).ok_or_else(invalid)?;
        let client_public = BigUint::parse_bytes(client_public.as_bytes(), 16).ok_or_else(invalid)?;
        if &client_public % &*N == BigUint::ZERO {
            return Err(invalid());
        }
        let server_secret = BigUint::from_bytes_be(&random.bytes::<32>());
        let server_public = (&*K * verifier(password) + G.modpow(&server_secret, &N)) % &*N;
        Ok(Self { client_public, server_secret, server_public, block: random.bytes::<128>().to_vec() })
    }

    /// `SRP_B`.
    pub(crate) fn public(&self) -> String {
        self.server_public.to_str_radix(16)
    }

    /// `SECRET_BLOCK`.
    pub(crate) fn block(&self) -> String {
        STANDARD.encode(&self.block)
    }

    /// Does the client know this password?
    pub(crate) fn is_proved_by(&self, password: &Password, proof: &Proof<'_>) -> bool {
        let scrambler = hash(&[&padded(&self.client_public), &padded(&self.server_public)]);
        if scrambler == BigUint::ZERO {
            return false;
        }
        let base = &self.client_public * verifier(password).modpow(&scrambler, &N) % &*N;
        let shared = base.modpow(&self.server_secret, &N);
        let mut key = [0; 16];
        if Hkdf::<Sha256>::new(Some(&padded(&scrambler)), &padded(&shared))
            .expand(b"Caldera Derived Key", &mut key)
            .is_err()
        {
            return false;
        }
        let (pool, user, time) = (proof.pool_name.as_bytes(), proof.user_id.as_bytes(), proof.timestamp.as_bytes());
        let expected = hmac(&key, &[pool, user, &self.block, time]);
        // Of both sides the keyed hash is compared: how long that takes tells nothing about the first difference.
        hmac(&key, &[&expected]) == hmac(&key, &[proof.signature])
    }
}

/// `g^x`, with `x` from the salt and the hash that is kept of the password.
fn verifier(password: &Password) -> BigUint {
    let salt = BigUint::from_bytes_be(password.salt());
    G.modpow(&hash(&[&padded(&salt), password.hash()]), &N)
}

/// The shortest two's complement form: a zero byte before a high bit, as Cognito's clients pad.
fn padded(number: &BigUint) -> Vec<u8> {
    BigInt::from(number.clone()).to_signed_bytes_be()
}

fn hash(parts: &[&[u8]]) -> BigUint {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    BigUint::from_bytes_be(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multiplier_is_the_one_of_cognitos_clients() {
        // As in amazon-cognito-identity-js: the hash of "00" + N + "02".
        let mut bytes = vec![0];
        bytes.extend(BigUint::parse_bytes(GROUP, 16).unwrap().to_bytes_be());
        bytes.push(2);
        assert_eq!(*K, BigUint::from_bytes_be(&Sha256::digest(bytes)));
        assert_eq!(N.bits(), 3_072);
    }

    #[test]
    fn pads_as_cognitos_clients_do() {
        for (number, bytes) in [(0x7f_u16, &[0x7f][..]), (0x80, &[0, 0x80]), (0x1ff, &[1, 0xff]), (0, &[0])] {
            assert_eq!(padded(&BigUint::from(number)), bytes, "{number:x}");
        }
    }

    #[test]
    fn refuses_a_public_value_that_the_group_divides_and_what_is_no_number() {
        let random = Random::new(|bytes| bytes.fill(7));
        let password = Password::new("eu-west-1_x", "u", "p", &random);
        let group = std::str::from_utf8(GROUP).unwrap();
        for public in ["0", "000", group, "", "xyz", "-1", &"f".repeat(1_000)] {
            assert!(Exchange::begin(&password, public, &random).is_err(), "{public}");
        }
        assert!(Exchange::begin(&password, "2", &random).is_ok());
    }
}
