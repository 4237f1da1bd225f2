//! Invitations: one tenant, one address, roles, an expiry. They open a door for the mailbox's holder; they never authenticate.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::email::Email;
use crate::id::{Invalid, Person, TenantId};
use crate::role::Roles;

/// The secret of an invitation: 256 random bits, shown once as 43 characters of URL-safe base64. The table never holds it.
#[derive(Clone)]
pub struct InvitationToken([u8; 32]);

impl InvitationToken {
    /// From 256 random bits.
    pub const fn from_random(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// As it was shown; nothing but the canonical 43 characters is one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(Invalid { noun: "invitation token", rule: "43 characters of URL-safe base64" })
    }

    /// The text to show, once.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the table knows of it.
    pub fn digest(&self) -> InvitationDigest {
        InvitationDigest(hex(&Sha256::digest(self.0)))
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("InvitationToken(…)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

crate::id::text!(
    /// SHA-256 of an invitation token in hexadecimal: the invitation's name in the table.
    InvitationDigest, "invitation digest", "64 hexadecimal digits, lower case",
    |t| t.len() == 64 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);

/// Who invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inviter {
    /// Somebody who may write the table; no ceiling.
    Operator,
    /// A member, whose row is the ceiling when the invitation is redeemed.
    Member(Person),
}

/// What an open invitation offers; the mailbox's item keeps a copy, so that redeeming needs no second read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The invitation's name in the table.
    pub digest: InvitationDigest,
    /// What the invited become.
    pub roles: Roles,
    /// Who invited.
    pub inviter: Inviter,
    /// When it was made: only one that is later than a removal lifts the bar.
    pub created: Timestamp,
    /// From this moment on it is no longer open, whatever the time-to-live has deleted or not.
    pub expires: Timestamp,
}

impl Terms {
    /// Whether it is still to be had at this time.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires
    }
}

/// An invitation as the table keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// To whom one is invited.
    pub tenant: TenantId,
    /// Who is invited.
    pub address: Email,
    /// What it offers.
    pub terms: Terms,
    /// What became of it.
    pub state: InvitationState,
    /// Counts writes.
    pub revision: u64,
}

/// What became of an invitation. Expiry is not a state: it is compared, never written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationState {
    /// May be redeemed until it expires.
    Open,
    /// Was redeemed.
    Accepted {
        /// By whom.
        by: Person,
        /// When.
        at: Timestamp,
    },
    /// Was taken back, or replaced by a newer one.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

impl Invitation {
    /// Whether it may be redeemed at this time.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Open && self.terms.is_open_at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_43_canonical_characters_and_nothing_else() {
        let token = InvitationToken::from_random([7; 32]);
        let text = token.reveal();
        assert_eq!(text.len(), 43);
        assert_eq!(InvitationToken::parse(&text).unwrap().digest(), token.digest());
        let last = text.chars().last().unwrap();
        for other in ['B', 'C', 'D', '_', '='] {
            if other != last {
                let changed = format!("{}{other}", text.strip_suffix(last).unwrap());
                assert!(
                    InvitationToken::parse(&changed).is_err()
                        || InvitationToken::parse(&changed).unwrap().digest() != token.digest(),
                    "{changed}"
                );
            }
        }
        for odd in [
            "",
            " ",
            &format!("{text} "),
            &format!("{text}="),
            text.strip_suffix(last).unwrap(),
            &text.replace('B', "+"),
            "é",
        ] {
            assert!(InvitationToken::parse(odd).is_err(), "{odd}");
        }
        assert_eq!(format!("{token:?}"), "InvitationToken(…)");
    }
}
