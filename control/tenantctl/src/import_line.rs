//! What one line of an import says, before it is looked at: texts, or a sentence of ours on what is wrong with it, which repeats nothing of it.

use std::fmt;

use csv::StringRecord;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

/// The columns of a file, and the fields of its JSON lines.
pub(crate) const FIELDS: [&str; 5] = ["sub", "tenant", "roles", "pool", "email"];

/// A row as the file has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) sub: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) pool: Option<String>,
    pub(crate) email: Option<String>,
}

impl Raw {
    /// Of a row of a CSV file: empty is absent.
    pub(crate) fn of_csv(columns: &StringRecord, fields: &StringRecord) -> Self {
        let mut raw = Self::default();
        for (name, field) in columns.iter().zip(fields).filter(|(_, field)| !field.is_empty()) {
            if name == "roles" {
                raw.roles = split(field);
            } else if let Some(text) = raw.text(name) {
                *text = Some(field.to_owned());
            }
        }
        raw
    }

    /// Of a line that is a JSON object: `null` is absent. Roles are a list, or a text as in a CSV file.
    pub(crate) fn of_json(line: &[u8]) -> Result<Self, String> {
        // The end of the line is no part of what may be wrong with it.
        let Fields(fields) = serde_json::from_slice(line.trim_ascii_end()).map_err(|error| no_object(&error))?;
        let mut raw = Self::default();
        for (at, (name, value)) in fields.iter().enumerate() {
            let known = FIELDS.iter().find(|field| *field == name);
            let name = *known.ok_or_else(|| format!("a field is none of {}", FIELDS.join(", ")))?;
            if fields.iter().take(at).any(|(before, _)| before == name) {
                return Err(format!("the field {name} is there twice"));
            }
            match (raw.text(name), value) {
                (_, Value::Null) => {}
                (Some(text), Value::String(value)) => *text = Some(value.clone()),
                (Some(_), _) => return Err(format!("the field {name} is no text")),
                (None, value) => {
                    raw.roles = roles(value).ok_or("the field roles is neither a text nor a list of texts")?;
                }
            }
        }
        Ok(raw)
    }

    /// Where the text of this name is kept; roles are none.
    fn text(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "sub" => Some(&mut self.sub),
            "tenant" => Some(&mut self.tenant),
            "pool" => Some(&mut self.pool),
            "email" => Some(&mut self.email),
            _ => None,
        }
    }
}

fn roles(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Roles as a text, with spaces, semicolons or bars between them.
fn split(text: &str) -> Vec<String> {
    text.split([' ', ';', '|']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn no_object(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => format!("this is no JSON object; a row is one, with the fields {}", FIELDS.join(", ")),
        Category::Eof => "this JSON has no end on its line".to_owned(),
        Category::Syntax | Category::Io => format!("this is no JSON, from byte {} of the line on", error.column()),
    }
}

/// The fields of an object as they stand there, also one that is there twice.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfAnObject;
        impl<'de> Visitor<'de> for OfAnObject {
            type Value = Fields;

            fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
                words.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(OfAnObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_row_is_told_without_what_it_holds() {
        let no_object = "this is no JSON object; a row is one, with the fields sub, tenant, roles, pool, email";
        let roles = "the field roles is neither a text nor a list of texts";
        for (line, told) in [
            (r#""ann@acme.example""#, no_object),
            ("7", no_object),
            ("null", no_object),
            (r#"["ann","acme",["member"],null,"ann@acme.example"]"#, no_object),
            (r#"{"sub":7,"tenant":"acme"}"#, "the field sub is no text"),
            (r#"{"email":["ann@acme.example"]}"#, "the field email is no text"),
            (r#"{"roles":{}}"#, roles),
            (r#"{"roles":[7]}"#, roles),
            (r#"{"roles":["member",null]}"#, roles),
            (r#"{"ann@acme.example":1}"#, "a field is none of sub, tenant, roles, pool, email"),
            (r#"{"sub":"ann","sub":"ann@acme.example"}"#, "the field sub is there twice"),
            (r#"{"sub":"ann@acme.example"#, "this JSON has no end on its line"),
            ("{\"sub\":\"ann@acme.example\r\n", "this JSON has no end on its line"),
            ("ann@acme.example", "this is no JSON, from byte 1 of the line on"),
            (r#"{"sub":"ann"} ann@acme.example"#, "this is no JSON, from byte 15 of the line on"),
        ] {
            assert_eq!(Raw::of_json(line.as_bytes()), Err(told.to_owned()), "{line}");
        }
        let deep = "[".repeat(60_000);
        assert_eq!(Raw::of_json(deep.as_bytes()), Err(no_object.to_owned()));
        assert!(Raw::of_json(format!("{{\"sub\":{deep}").as_bytes()).unwrap_err().starts_with("this is no JSON"));
    }

    #[test]
    fn a_row_is_the_same_in_json_and_in_csv() {
        let json = br#"{"roles":"member; a|b","sub":"ann","tenant":null,"email":"ann@acme.example"}"#;
        let list = br#"{"sub":"ann","roles":["member","a","b"],"email":"ann@acme.example"}"#;
        let columns = StringRecord::from(vec!["sub", "tenant", "roles", "email"]);
        let csv = Raw::of_csv(&columns, &StringRecord::from(vec!["ann", "", "member; a|b", "ann@acme.example"]));
        assert_eq!((Raw::of_json(json), Raw::of_json(list)), (Ok(csv), Raw::of_json(json)));
    }
}
