//! Identifiers: each a string that was checked once, at the door.

use std::fmt;

/// What was wrong with a text that should have been one of our nouns. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid {noun}: {rule}")]
pub struct Invalid {
    /// What it should have been.
    pub noun: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

/// A text of whichever kind, to be chosen among others before anything of it is read.
pub(crate) trait Text {
    /// Where it lies.
    fn text(&self) -> &String;
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $crate::id::Text for $name {
            fn text(&self) -> &String {
                &self.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::id::Invalid;
            fn from_str(text: &str) -> Result<Self, $crate::id::Invalid> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err($crate::id::Invalid { noun: $noun, rule: $rule }) }
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text;

fn between(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len())
}

/// `prefix` and 26 characters of lower-case base32 (RFC 4648, section 6).
fn prefixed(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')))
}

/// 128 bits as 26 characters of lower-case base32 (RFC 4648, section 6, without padding).
fn base32(bytes: [u8; 16]) -> String {
    let mut bits = u128::from_be_bytes(bytes);
    let mut out = [0_u8; 26];
    // 130 bits: the last character carries the lowest three bits, shifted up by two.
    let digit = |value: u8| if value < 26 { b'a' + value } else { b'2' + (value - 26) };
    let low = u8::try_from((bits << 2) & 31).unwrap_or(0);
    bits >>= 3;
    for (at, slot) in out.iter_mut().rev().enumerate() {
        if at == 0 {
            *slot = digit(low);
        } else {
            *slot = digit(u8::try_from(bits & 31).unwrap_or(0));
            bits >>= 5;
        }
    }
    out.iter().copied().map(char::from).collect()
}

text!(
    /// A tenant: `t_` and 26 characters of lower-case base32. Immutable, never used again, safe in an IAM tag and an S3 prefix.
    TenantId, "tenant id", "t_ and 26 characters a-z or 2-7", |t| prefixed(t, "t_")
);
text!(
    /// One person's place in one tenant: `m_` and 26 characters of lower-case base32; it outlives a change of `sub`.
    MemberId, "member id", "m_ and 26 characters a-z or 2-7", |t| prefixed(t, "m_")
);
text!(
    /// A user pool's id, `<region>_<letters and digits>`, at most 55 characters (API reference, `UserPoolIdType`).
    PoolId, "user pool id", "region_ and letters and digits, at most 55 characters",
    |t| between(t, 3, 55)
        && t.split_once('_').is_some_and(|(region, rest)| {
            !region.is_empty() && !rest.is_empty()
                && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        })
);
text!(
    /// An app client's id, letters, digits, `_` and `+`, at most 128 characters (API reference, `ClientIdType`).
    ClientId, "app client id", "letters, digits, _ or +, at most 128 characters",
    |t| between(t, 1, 128) && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+'))
);
text!(
    /// A person's `sub`, which Cognito makes and never changes; printable ASCII without spaces, at most 128 characters.
    Sub, "sub", "printable characters without spaces, at most 128",
    |t| between(t, 1, 128) && t.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
);
text!(
    /// Cognito's `userName`: at most 128 characters, none of them a control character (API reference, `UsernameType`).
    UserName, "user name", "1 to 128 characters without control characters",
    |t| !t.is_empty() && t.chars().count() <= 128 && !t.chars().any(char::is_control)
);
text!(
    /// A tenant's name in links and on command lines: 2 to 40 of `a-z`, `0-9` and inner hyphens.
    Slug, "slug", "2 to 40 of a-z, 0-9 and hyphens that are neither first nor last",
    |t| between(t, 2, 40)
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !t.starts_with('-') && !t.ends_with('-') && !t.starts_with("t_")
);

impl TenantId {
    /// A new id from 128 random bits.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(format!("t_{}", base32(bits)))
    }
}

impl MemberId {
    /// A new id from 128 random bits.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(format!("m_{}", base32(bits)))
    }
}

/// A person is a `sub` of a pool: rights hang on this pair, never on an address or a user name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Person {
    /// The pool that knows the person.
    pub pool: PoolId,
    /// The person's `sub` in it.
    pub sub: Sub,
}

/// Who did something, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who may write the table: IAM has let them. The name is what they call themselves.
    Operator(String),
    /// A member, acting in their own tenant.
    Member(Person),
    /// A trigger, on behalf of the person who signs up or in.
    Trigger(&'static str),
}

impl fmt::Display for Actor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(name) => write!(out, "operator:{name}"),
            Self::Member(person) => write!(out, "member:{}:{}", person.pool, person.sub),
            Self::Trigger(name) => write!(out, "trigger:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_random_bits_parse_and_keep_every_bit() {
        for bits in [[0; 16], [255; 16], [0x5a; 16], *b"0123456789abcdef"] {
            let id = TenantId::from_random(bits);
            assert_eq!(id.as_ref().parse::<TenantId>().as_ref(), Ok(&id), "{bits:?}");
        }
        let mut seen = std::collections::BTreeSet::new();
        for bit in 0..128_u32 {
            seen.insert(MemberId::from_random((1_u128 << bit).to_be_bytes()));
        }
        assert_eq!(seen.len(), 128);
        assert_eq!(TenantId::from_random([0; 16]).as_ref(), "t_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in
            ["", "t_", "t_AAAAAAAAAAAAAAAAAAAAAAAAAA", "t_aaaaaaaaaaaaaaaaaaaaaaaaa1", "m_aaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert!(text.parse::<TenantId>().is_err(), "{text}");
        }
        for text in ["", "eu-west-1", "_x", "eu_", "eu-west-1_a#b", "eu-west-1_a/b"] {
            assert!(text.parse::<PoolId>().is_err(), "{text}");
        }
        for text in ["", "a#b", "a b", "a-b"] {
            assert!(text.parse::<ClientId>().is_err(), "{text}");
        }
        for text in ["", "a#b", "a b", "é"] {
            assert!(text.parse::<Sub>().is_err(), "{text}");
        }
        for text in ["a", "-ab", "ab-", "Ab", "a b", "t_ab"] {
            assert!(text.parse::<Slug>().is_err(), "{text}");
        }
    }
}
