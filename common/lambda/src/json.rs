//! Raw JSON that is looked into without being decoded: what nobody asked for stays the text that it was.
//!
//! `serde_json` skips the values of a [`RawValue`] without recursion and without looking at numbers, so neither depth
//! nor a number past `f64` can make an event unreadable, and echoing it cannot change it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object in their order, duplicates included; keys are the raw text of their string.
pub(crate) struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of `value`, or nothing when it is no object.
    pub(crate) fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// The value of the member `name`; of several the last, as most JSON parsers have it.
    pub(crate) fn last(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| is_named(key, name)).map(|(_, value)| *value)
    }

    /// Every member whose key is readable text. A key such as `"\ud800"` is none: nobody can ask for it.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.0.iter().filter_map(|(key, value)| Some((string(key)?, *value)))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn is_named(key: &RawValue, name: &str) -> bool {
    let text = key.get();
    let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    // An escape can spell any name (`"\u0072equest"`), so only such keys are decoded.
    if text.contains('\\') { string(key).as_deref() == Some(name) } else { plain == Some(name) }
}

/// Whether `value` is `null`.
pub(crate) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Whether `value` is an object.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// A JSON string, decoded. Nothing for other values and for text that is no Unicode, such as `"\ud800"`.
pub(crate) fn string(value: &RawValue) -> Option<String> {
    value.get().starts_with('"').then(|| serde_json::from_str(value.get()).ok())?
}

/// A scalar as text: strings decoded, booleans and numbers as they are written; `null`, lists and objects are absent.
pub(crate) fn text(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'"' => string(value),
        b't' | b'f' | b'-' | b'0'..=b'9' => Some(value.get().to_owned()),
        _ => None,
    }
}

/// The scalars of a list as text, others left out; nothing when `value` is no list.
pub(crate) fn texts(value: &RawValue) -> Option<Vec<String>> {
    let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    Some(items.into_iter().filter_map(text).collect())
}

/// The object `object` with its member `name` set to the JSON text `value`, every other byte as it was.
///
/// Duplicates of the member are all set, so that first-wins and last-wins parsers read the same. What is no object
/// counts as `{}`.
pub(crate) fn with_member(object: &str, name: &str, value: &str) -> String {
    let members = serde_json::from_str::<Members<'_>>(object).ok();
    let (object, members) = members.map_or(("{}", Vec::new()), |Members(members)| (object, members));
    let mut written = String::with_capacity(object.len() + name.len() + value.len() + 4);
    let mut copied = 0;
    for (_, old) in members.iter().filter(|(key, _)| is_named(key, name)) {
        // INVARIANT: `old` borrows from `object`, so the difference of their addresses is its offset there.
        let start = old.get().as_ptr().addr() - object.as_ptr().addr();
        written.push_str(object.get(copied..start).unwrap_or_default());
        written.push_str(value);
        copied = start + old.get().len();
    }
    if copied > 0 {
        written.push_str(object.get(copied..).unwrap_or_default());
        return written;
    }
    written.push_str(object.trim_end().strip_suffix('}').unwrap_or("{"));
    if !members.is_empty() {
        written.push(',');
    }
    written.push_str(&serde_json::Value::from(name).to_string());
    written.push(':');
    written.push_str(value);
    written.push('}');
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn sets_one_member_and_leaves_every_other_byte() {
        for (object, expected) in [
            ("{}", r#"{"response":1}"#),
            ("{ }", r#"{ "response":1}"#),
            (r#"{"a":0}"#, r#"{"a":0,"response":1}"#),
            (r#"{"response" : {"x": [ ]} , "a":1e999}"#, r#"{"response" : 1 , "a":1e999}"#),
            (r#"{"response":0,"a":2,"response":null}"#, r#"{"response":1,"a":2,"response":1}"#),
            (r#"{"\u0072esponse":0}"#, r#"{"\u0072esponse":1}"#),
            (r#"{"\ud800":"\udfff","a":0}"#, r#"{"\ud800":"\udfff","a":0,"response":1}"#),
            (r#"{"x":{"response":0}}"#, r#"{"x":{"response":0},"response":1}"#),
            ("null", r#"{"response":1}"#),
            ("[1]", r#"{"response":1}"#),
        ] {
            assert_eq!(with_member(object, "response", "1"), expected, "{object}");
        }
    }

    #[test]
    fn reads_scalars_as_text_and_nothing_else() {
        for (value, expected) in [
            (r#""a\u0062""#, Some("ab")),
            (r#""""#, Some("")),
            ("true", Some("true")),
            ("false", Some("false")),
            ("-1.50", Some("-1.50")),
            ("1e999", Some("1e999")),
            ("null", None),
            ("{}", None),
            ("[]", None),
            (r#""\ud800""#, None),
        ] {
            assert_eq!(text(&raw(value)).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn of_duplicates_the_last_wins() {
        let object = raw(r#"{"a":1,"b":2,"\u0061":3}"#);
        let members = Members::of(&object).unwrap();
        assert_eq!(members.last("a").unwrap().get(), "3");
        assert_eq!(members.last("b").unwrap().get(), "2");
        assert!(members.last("c").is_none());
    }

    #[test]
    fn depth_and_length_are_no_obstacle() {
        let deep = format!(r#"{{"deep":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(with_member(&deep, "deep", "2"), r#"{"deep":2}"#);
        assert_eq!(Members::of(&raw(&deep)).unwrap().0.len(), 1);
    }
}
