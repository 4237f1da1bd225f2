//! What goes back to Cognito: the whole event, its `response` decided.

use std::fmt;

use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// The reply to one invocation; made from an [`Event`](crate::Event) alone.
pub struct Reply(Result<Box<RawValue>, serde_json::Error>);

impl Reply {
    pub(crate) fn parse(text: String) -> Self {
        Self(RawValue::from_string(text))
    }

    /// The reply's JSON. Fails only if the answer was given a value that JSON cannot hold, such as a map with keys that
    /// are no strings.
    pub fn into_raw(self) -> Result<Box<RawValue>, serde_json::Error> {
        self.0
    }
}

impl From<Box<RawValue>> for Reply {
    fn from(raw: Box<RawValue>) -> Self {
        Self(Ok(raw))
    }
}

impl From<serde_json::Error> for Reply {
    fn from(error: serde_json::Error) -> Self {
        Self(Err(error))
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(S::Error::custom(error)),
        }
    }
}

/// Says nothing of its content: a reply is full of addresses.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply(..)")
    }
}
