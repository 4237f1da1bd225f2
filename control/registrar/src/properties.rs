//! A resource's properties: CloudFormation sends every primitive as a string, and whatever else a template holds as it is.

use std::str::FromStr;

use domain::{Invalid, Role, Roles};
use serde_json::{Map, Value};

use crate::Failure;

/// What every custom resource may have, besides its own.
const EVERYWHERE: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// A resource's properties.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Properties<'a>(&'a Map<String, Value>);

impl<'a> Properties<'a> {
    /// Refuses what is not one of these: a property that is misspelt must not count as left out.
    pub(crate) fn of(map: &'a Map<String, Value>, known: &[&str]) -> Result<Self, Failure> {
        match map.keys().find(|name| !known.contains(&name.as_str()) && !EVERYWHERE.contains(&name.as_str())) {
            Some(name) => Err(Failure::property(&plain(name), "is not known")),
            None => Ok(Self(map)),
        }
    }

    /// Whatever they are: of a resource that goes.
    pub(crate) const fn any(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    /// A text; empty counts as left out, since a template's condition may leave one.
    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::property(name, "has to be a string")),
        }
    }

    /// A noun that may be left out.
    pub(crate) fn maybe<T: FromStr<Err = Invalid>>(self, name: &str) -> Result<Option<T>, Failure> {
        let parsed = self.text(name)?.map(str::parse).transpose();
        parsed.map_err(|invalid: Invalid| Failure::property(name, format!("has to be {}", invalid.rule)))
    }

    /// A noun that has to be there.
    pub(crate) fn noun<T: FromStr<Err = Invalid>>(self, name: &str) -> Result<T, Failure> {
        self.maybe(name)?.ok_or_else(|| Failure::property(name, "is missing"))
    }

    /// A text that has to be there.
    pub(crate) fn some_text(self, name: &str) -> Result<&'a str, Failure> {
        self.text(name)?.ok_or_else(|| Failure::property(name, "is missing"))
    }

    /// One of a closed list of words.
    pub(crate) fn word<T: Copy>(self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*value));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Err(Failure::property(name, format!("has to be one of {}", known.join(", "))))
    }

    /// A truth value.
    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Failure> {
        if let Some(Value::Bool(flag)) = self.0.get(name) {
            return Ok(Some(*flag));
        }
        self.word(name, &[("true", true), ("false", false)])
    }

    /// A whole number, or `none`.
    #[expect(clippy::option_option, reason = "left out, and no limit, are two things; operations say it so too")]
    pub(crate) fn limit(self, name: &str) -> Result<Option<Option<u64>>, Failure> {
        if let Some(number) = self.0.get(name).and_then(Value::as_u64) {
            return Ok(Some(Some(number)));
        }
        match self.text(name)? {
            None => Ok(None),
            Some("none") => Ok(Some(None)),
            Some(digits) => match digits.parse() {
                Ok(number) => Ok(Some(Some(number))),
                Err(_) => Err(Failure::property(name, "has to be a whole number, or none")),
            },
        }
    }

    /// Roles, as a list of strings.
    pub(crate) fn roles(self, name: &str) -> Result<Option<Roles>, Failure> {
        let list = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(list)) if list.is_empty() => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(Failure::property(name, "has to be a list of strings")),
        };
        let wrong = |invalid: Invalid| Failure::property(name, format!("has to be {}", invalid.rule));
        let roles: Result<Vec<Role>, Failure> = list
            .iter()
            .map(|role| role.as_str().ok_or_else(|| Failure::property(name, "has to be a list of strings")))
            .map(|role| role.and_then(|role| role.parse().map_err(wrong)))
            .collect();
        Roles::new(roles?).map(Some).map_err(wrong)
    }
}

/// A name from a template, short and without anything odd.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(60).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn primitives_arrive_as_strings_and_local_clouds_may_send_them_as_they_are() {
        let map = map(&json!({
            "ServiceToken": "x", "A": "true", "B": false, "C": "12", "D": 12, "E": "none", "F": ["admin", "member"], "G": ""
        }));
        let of = Properties::of(&map, &["A", "B", "C", "D", "E", "F", "G"]).unwrap();
        assert_eq!(
            (of.flag("A").unwrap(), of.flag("B").unwrap(), of.flag("Z").unwrap()),
            (Some(true), Some(false), None)
        );
        assert_eq!((of.limit("C").unwrap(), of.limit("D").unwrap()), (Some(Some(12)), Some(Some(12))));
        assert_eq!((of.limit("E").unwrap(), of.limit("Z").unwrap()), (Some(None), None));
        assert_eq!(of.roles("F").unwrap().unwrap().to_string(), "admin member");
        assert_eq!((of.text("G").unwrap(), of.roles("Z").unwrap()), (None, None));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_property_and_never_its_value() {
        let map = map(&json!({ "A": "canary", "B": ["canary!"], "C": { "canary": 1 }, "D": "-1" }));
        let of = Properties::of(&map, &["A", "B", "C", "D"]).unwrap();
        for (failure, expected) in [
            (of.flag("A").unwrap_err(), "the property A has to be one of true, false"),
            (of.roles("A").unwrap_err(), "the property A has to be a list of strings"),
            (of.text("C").unwrap_err(), "the property C has to be a string"),
            (of.limit("D").unwrap_err(), "the property D has to be a whole number, or none"),
            (of.some_text("E").unwrap_err(), "the property E is missing"),
        ] {
            assert_eq!(failure.to_string(), expected);
        }
        assert!(!of.roles("B").unwrap_err().to_string().contains("canary"));
        assert!(!of.noun::<domain::PoolId>("A").unwrap_err().to_string().contains("canary"));
        assert_eq!(Properties::of(&map, &["A", "B", "C"]).unwrap_err().to_string(), "the property D is not known");
    }
}
