//! The client's half of SRP, written after amazon-cognito-identity-js: hexadecimal texts throughout, as there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use num_bigint::{BigInt, BigUint};
use sha2::{Digest as _, Sha256};

use crate::kit::random;

/// The 3072-bit prime of `AuthenticationHelper.js`.
const INIT_N: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1\
    29024E088A67CC74020BBEA63B139B22514A08798E3404DD\
    EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245\
    E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
    EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D\
    C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
    83655D23DCA3AD961C62F356208552BB9ED529077096966D\
    670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
    E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9\
    DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
    15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64\
    ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
    ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6B\
    F12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
    BBE117577A615D6C770988C0BAD946E208E24FA074E5AB31\
    43DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

/// A sign-in that knows its secret.
pub(crate) struct SrpClient {
    n: BigUint,
    a: BigUint,
}

/// What the server asked with.
pub(crate) struct Question<'a> {
    pub(crate) salt: &'a str,
    pub(crate) b: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) secret_block: &'a str,
}

impl SrpClient {
    pub(crate) fn new() -> Self {
        let n = BigUint::parse_bytes(INIT_N.as_bytes(), 16).unwrap();
        Self { n, a: BigUint::from_bytes_be(&random().bytes::<32>()) }
    }

    /// `SRP_A`.
    pub(crate) fn public(&self) -> String {
        BigUint::from(2_u8).modpow(&self.a, &self.n).to_str_radix(16)
    }

    /// `PASSWORD_CLAIM_SIGNATURE`.
    pub(crate) fn signature(
        &self,
        pool_name: &str,
        password: &str,
        timestamp: &str,
        question: &Question<'_>,
    ) -> String {
        let multiplier = number(&hash_hex(&format!("00{INIT_N}02")));
        let u = hash_hex(&format!("{}{}", pad_hex(&self.public()), pad_hex(question.b)));
        let inner = hash(format!("{pool_name}{}:{password}", question.user_id).as_bytes());
        let x = number(&hash_hex(&format!("{}{inner}", pad_hex(question.salt))));
        let prime = BigInt::from(self.n.clone());
        let verifier = BigUint::from(2_u8).modpow(&x, &self.n);
        let base =
            ((BigInt::from(number(question.b)) - BigInt::from(multiplier * verifier)) % &prime + &prime) % &prime;
        let s = base.modpow(&BigInt::from(&self.a + number(&u) * x), &prime);
        let key = derived(&bytes(&pad_hex(&s.to_str_radix(16))), &bytes(&pad_hex(&u)));
        let block = STANDARD.decode(question.secret_block).unwrap();
        let message = [pool_name.as_bytes(), question.user_id.as_bytes(), &block, timestamp.as_bytes()].concat();
        STANDARD.encode(mac(&key, &message))
    }
}

fn derived(ikm: &[u8], salt: &[u8]) -> Vec<u8> {
    let prk = mac(salt, ikm);
    mac(&prk, b"Caldera Derived Key\x01")[..16].to_vec()
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hash(bytes: &[u8]) -> String {
    let digest = BigUint::from_bytes_be(&Sha256::digest(bytes)).to_str_radix(16);
    format!("{digest:0>64}")
}

fn hash_hex(hex: &str) -> String {
    hash(&bytes(hex))
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// The library's `padHex`, for numbers that are not negative. It takes a number: leading zeros go first.
fn pad_hex(hex: &str) -> String {
    let hex = number(hex).to_str_radix(16);
    if hex.len() % 2 == 1 {
        format!("0{hex}")
    } else if hex.starts_with(|first| "89abcdef".contains(first)) {
        format!("00{hex}")
    } else {
        hex
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(digits).collect()
}
