//! A tenant's name as tokens and IAM know it.

use std::fmt;
use std::str::FromStr;

/// `t_` and 26 lower-case base32 characters: safe in an IAM tag, in a policy variable and in an S3 prefix, for no character of it
/// means anything there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

/// The text is not a tenant's name. It is not repeated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tenant's name is `t_` and 26 lower-case base32 characters")]
pub struct Unreadable;

impl TenantId {
    /// As it stands in the token and in the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        if identifies(text, "t_") { Ok(Self(text.to_owned())) } else { Err(Unreadable) }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether a text is this prefix and 26 lower-case base32 characters.
pub(crate) fn identifies(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_tenants_name_and_nothing_that_looks_like_one() {
        let good = "t_yemqrqx2l3kd7n5s4v6w2abcde";
        assert_eq!(good.parse::<TenantId>().unwrap().as_str(), good);
        for bad in [
            "",
            "*",
            "t_",
            "t_*",
            "t_yemqrqx2l3kd7n5s4v6w2abcd",
            "t_yemqrqx2l3kd7n5s4v6w2abcdef",
            "T_yemqrqx2l3kd7n5s4v6w2abcde",
            "t_YEMQRQX2L3KD7N5S4V6W2ABCDE",
            "t_yemqrqx2l3kd7n5s4v6w2abcd*",
            "t_yemqrqx2l3kd7n5s4v6w2abcd/",
            "t_yemqrqx2l3kd7n5s4v6w2abcd1",
            "t_../../../../../../../../..",
            " t_yemqrqx2l3kd7n5s4v6w2abcde",
            "t_yemqrqx2l3kd7n5s4v6w2abcde\n",
            "m_yemqrqx2l3kd7n5s4v6w2abcde",
            "t_yemqrqx2l3kd7n5s4v6w2abcd\u{435}",
        ] {
            assert_eq!(bad.parse::<TenantId>(), Err(Unreadable), "{bad:?}");
        }
    }
}
