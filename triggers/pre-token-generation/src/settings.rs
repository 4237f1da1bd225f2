//! The names of the claims, from the `TENANTRY_CLAIMS` variable.

use domain::Invalid;
use domain::claims::{ClaimName, Fact, NameMap, Shape};
use serde::Deserialize;

/// One name, several, a name with its shape, or none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    None(()),
    One(Name),
    Several(Vec<Name>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Plain(String),
    Shaped { name: String, shape: ShapeName },
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ShapeName {
    List,
    Spaced,
}

/// What is wrong with the variable.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is no JSON object of the right shape.
    #[error(
        "TENANTRY_CLAIMS is not usable: put an object there such as {{\"tenant_id\": \"custom:tenantId\", \"roles\": \
         {{\"name\": \"userRole\", \"shape\": \"spaced\"}}, \"member_id\": null}}"
    )]
    Shape,
    /// It maps something that is no fact.
    #[error(
        "TENANTRY_CLAIMS names {0:?}; known are tenant_id, tenant_slug, tenant_tier, member_id, roles, permissions"
    )]
    Fact(String),
    /// A name cannot be one.
    #[error("TENANTRY_CLAIMS is not usable: {0}")]
    Name(#[from] Invalid),
}

/// Reads the variable. Facts that it does not mention keep their own name; a fact mapped to `null` is not said at all.
pub fn name_map(text: Option<&str>) -> Result<NameMap, Unusable> {
    let Some(text) = text else { return Ok(NameMap::default()) };
    let map: std::collections::BTreeMap<String, Names> = serde_json::from_str(text).map_err(|_| Unusable::Shape)?;
    for key in map.keys() {
        if !Fact::ALL.iter().any(|fact| fact.name() == key) {
            return Err(Unusable::Fact(key.clone()));
        }
    }
    let mut entries = Vec::new();
    for fact in Fact::ALL {
        let names: &[Name] = match map.get(fact.name()) {
            None => {
                entries.push((fact, fact.name().parse()?, Shape::List));
                continue;
            }
            Some(Names::None(())) => &[],
            Some(Names::One(name)) => std::slice::from_ref(name),
            Some(Names::Several(names)) => names,
        };
        for name in names {
            entries.push(match name {
                Name::Plain(name) => (fact, name.parse::<ClaimName>()?, Shape::List),
                Name::Shaped { name, shape } => (fact, name.parse()?, (*shape).into()),
            });
        }
    }
    Ok(NameMap::new(entries)?)
}

impl From<ShapeName> for Shape {
    fn from(name: ShapeName) -> Self {
        match name {
            ShapeName::List => Self::List,
            ShapeName::Spaced => Self::Spaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_names_one_by_one() {
        let map = name_map(Some(
            r#"{"tenant_id": ["tenant_id", "custom:tenantId"], "roles": {"name": "userRole", "shape": "spaced"}, "member_id": null}"#,
        ));
        let text = format!("{:?}", map.unwrap());
        for part in ["custom:tenantId", "userRole", "Spaced", "tenant_slug", "permissions"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("member_id"));
        assert_eq!(name_map(None).unwrap(), NameMap::default());
        assert_eq!(name_map(Some("{}")).unwrap(), NameMap::default());
    }

    #[test]
    fn refuses_what_cognito_or_another_entry_has_taken() {
        for text in [
            "",
            "[]",
            r#"{"tenant": "x"}"#,
            r#"{"tenant_id": "sub"}"#,
            r#"{"tenant_id": "email"}"#,
            r#"{"tenant_id": "cognito:groups"}"#,
            r#"{"tenant_id": "https://aws.amazon.com/tags"}"#,
            r#"{"tenant_id": "x", "roles": "x"}"#,
            r#"{"tenant_id": ""}"#,
            r#"{"tenant_id": 5}"#,
        ] {
            assert!(name_map(Some(text)).is_err(), "{text}");
        }
    }
}
