//! Passwords: the pool's policy, and what is kept of a password.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Random;
use crate::error::ApiError;
use crate::pool::Pool;

/// A pool's rules for passwords; the default is Cognito's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the API's own fields")]
pub struct PasswordPolicy {
    /// Characters at least (6 to 99).
    pub minimum_length: usize,
    /// An ASCII upper-case letter is required.
    pub require_uppercase: bool,
    /// An ASCII lower-case letter is required.
    pub require_lowercase: bool,
    /// A digit is required.
    pub require_numbers: bool,
    /// One of the ASCII symbols or an inner space is required.
    pub require_symbols: bool,
    /// Days until a temporary password ends.
    pub temporary_password_validity_days: i64,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 8,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            temporary_password_validity_days: 7,
        }
    }
}

const SYMBOLS: &str = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-";

impl PasswordPolicy {
    pub(crate) fn check(&self, password: &str) -> Result<(), ApiError> {
        let refuse =
            |what: &str| Err(ApiError::invalid_password(format!("Password did not conform with policy: {what}")));
        let has = |wanted: fn(char) -> bool| password.chars().any(wanted);
        if password.chars().count() < self.minimum_length {
            return refuse("Password not long enough");
        }
        if password.chars().count() > 256 {
            return refuse("Password too long");
        }
        if self.require_uppercase && !has(|c| c.is_ascii_uppercase()) {
            return refuse("Password must have uppercase characters");
        }
        if self.require_lowercase && !has(|c| c.is_ascii_lowercase()) {
            return refuse("Password must have lowercase characters");
        }
        if self.require_numbers && !has(|c| c.is_ascii_digit()) {
            return refuse("Password must have numeric characters");
        }
        let inner_space = password.trim() == password && password.contains(' ');
        if self.require_symbols && !inner_space && !has(|c| SYMBOLS.contains(c)) {
            return refuse("Password must have symbol characters");
        }
        Ok(())
    }

    /// A password that meets any policy up to 16 characters, for `AdminCreateUser` without one.
    pub(crate) fn invent(&self, random: &Random) -> String {
        let fill = random.text(b"abcdefghijkmnpqrstuvwxyz", self.minimum_length.max(8));
        format!("{}{}{fill}-", random.text(b"ABCDEFGHJKLMNPQRSTUVWXYZ", 1), random.text(b"23456789", 1))
    }
}

/// What is kept of a password: a salt, and the hash that SRP is computed from. As good as the password itself to whoever
/// reads it, and fast to compute, as fits a laptop.
#[derive(Clone)]
pub(crate) struct Password {
    /// The pool's name and the user's, as both halves of SRP hash them.
    owner: String,
    salt: [u8; 16],
    hash: [u8; 32],
}

impl Password {
    pub(crate) fn new(pool_id: &str, username: &str, clear: &str, random: &Random) -> Self {
        let owner = format!("{}{username}", pool_name(pool_id));
        let hash = Self::hash_of(&owner, clear);
        Self { owner, salt: random.bytes(), hash }
    }

    /// The password of somebody who is not there: always the same for a name, and nobody knows it.
    pub(crate) fn invented(pool: &Pool, username: &str) -> Self {
        let derived = |what: &[u8]| hmac(pool.invention_key(), &[what, username.to_lowercase().as_bytes()]);
        let mut salt = [0; 16];
        for (to, from) in salt.iter_mut().zip(derived(b"salt")) {
            *to = from;
        }
        Self { owner: String::new(), salt, hash: derived(b"password") }
    }

    pub(crate) fn is(&self, clear: &str) -> bool {
        Self::hash_of(&self.owner, clear) == self.hash
    }

    fn hash_of(owner: &str, clear: &str) -> [u8; 32] {
        Sha256::new().chain_update(owner).chain_update(":").chain_update(clear).finalize().into()
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// The second half of a pool's id, which SRP hashes.
pub(crate) fn pool_name(pool_id: &str) -> &str {
    pool_id.split_once('_').map_or(pool_id, |(_, name)| name)
}

/// The user id that is shown for somebody who is not there: "the same salt and internal user ID in UUID format for the
/// same username and user pool combination" (Amazon Cognito, "Managing user existence error responses").
pub(crate) fn invented_id(pool: &Pool, typed: &str) -> String {
    let hash = hmac(pool.invention_key(), &[b"id", typed.to_lowercase().as_bytes()]);
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// HMAC-SHA-256 over the parts one after the other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104, section 2)")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_rule_a_password_breaks() {
        let policy = PasswordPolicy::default();
        for (password, rule) in [
            ("Ab1!", "Password not long enough"),
            ("abcdefg1!", "Password must have uppercase characters"),
            ("ABCDEFG1!", "Password must have lowercase characters"),
            ("Abcdefgh!", "Password must have numeric characters"),
            ("Abcdefgh1", "Password must have symbol characters"),
        ] {
            let refusal = policy.check(password).unwrap_err();
            assert_eq!(refusal.kind, "InvalidPasswordException", "{password}");
            assert_eq!(refusal.message, format!("Password did not conform with policy: {rule}"), "{password}");
        }
        assert_eq!(policy.check("Correct-horse-1"), Ok(()));
    }

    #[test]
    fn keeps_no_clear_text() {
        let password = Password::new("eu-west-1_x", "ann", "Correct-horse-1", &Random::new(|bytes| bytes.fill(7)));
        assert!(password.is("Correct-horse-1"));
        assert!(!password.is("correct-horse-1"));
        assert_eq!(format!("{password:?}"), "Password");
    }
}
