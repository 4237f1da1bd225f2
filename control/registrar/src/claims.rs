//! The names that tokens say of a tenant: no app client may let people write attributes of these names.

use domain::claims::{ClaimName, Fact};
use serde_json::Value;

use crate::Failure;

/// The names in `TENANTRY_CLAIMS`, as pre token generation is told them: a name, several, a name with its shape, or `null`.
pub fn names(variable: Option<&str>) -> Result<Vec<ClaimName>, Failure> {
    let odd = || Failure::Settings("TENANTRY_CLAIMS has to be what pre token generation is told".to_owned());
    let said: Value = variable.map_or(Ok(Value::Null), serde_json::from_str).map_err(|_| odd())?;
    let mut names: Vec<String> = Vec::new();
    for fact in Fact::ALL {
        match said.get(fact.name()) {
            None => names.push(fact.name().to_owned()),
            Some(Value::Null) => {}
            Some(Value::Array(several)) => names.extend(several.iter().filter_map(name)),
            Some(one) => names.push(name(one).ok_or_else(odd)?),
        }
    }
    names.iter().map(|name| name.parse().map_err(|_| odd())).collect()
}

fn name(one: &Value) -> Option<String> {
    one.as_str().or_else(|| one.get("name")?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_tokens_may_say_is_known() {
        let said = |variable| names(variable).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(said(None), "tenant_id tenant_slug tenant_tier member_id roles permissions");
        let renamed = r#"{"tenant_id": ["custom:tenantId", "tid"], "roles": {"name": "userRole", "shape": "spaced"}, "member_id": null}"#;
        assert_eq!(said(Some(renamed)), "custom:tenantId tid tenant_slug tenant_tier userRole permissions");
        assert!(names(Some("{")).is_err() && names(Some(r#"{"roles": 7}"#)).is_err());
    }
}
