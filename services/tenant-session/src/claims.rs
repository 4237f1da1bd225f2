//! The claims that are read, and whether the session tag is exactly the tenant.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::refusal::TokenRefused;
use crate::tenant::TenantId;

/// Where STS reads session tags (AWS Security Token Service, "Passing session tags using `AssumeRoleWithWebIdentity`").
const TAGS: &str = "https://aws.amazon.com/tags";

/// The tag's key, as policies name it: `${aws:PrincipalTag/tenant_id}`.
pub(crate) const TAG: &str = "tenant_id";

/// All claims of a token, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Claims(Map<String, Value>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tags {
    principal_tags: BTreeMap<String, Vec<String>>,
    transitive_tag_keys: Vec<String>,
}

impl Claims {
    /// A claim that has to be a text. An array of one text is none: other readers may see something else in it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A claim that has to be a time in whole seconds, if it is there.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<u64>, TokenRefused> {
        self.0.get(name).map(|value| value.as_u64().ok_or(TokenRefused::Malformed)).transpose()
    }

    /// The tenant by the claim of this name.
    pub(crate) fn tenant(&self, name: &str) -> Result<TenantId, TokenRefused> {
        let claim = self.0.get(name).filter(|claim| !claim.is_null()).ok_or(TokenRefused::NoTenant)?;
        let text = claim.as_str().ok_or(TokenRefused::TenantUnreadable)?;
        text.parse().map_err(|_| TokenRefused::TenantUnreadable)
    }

    /// Whether there is a session tag; an error if there is one that is not exactly this tenant.
    ///
    /// Other tags are refused as well: IAM ignores the case of keys, so a `Tenant_Id` besides would be a second tenant.
    pub(crate) fn tagged(&self, tenant: &TenantId) -> Result<bool, TokenRefused> {
        let Some(claim) = self.0.get(TAGS) else { return Ok(false) };
        let tags = Tags::deserialize(claim).map_err(|_| TokenRefused::TagMismatch)?;
        let one = tags.principal_tags.len() == 1 && tags.transitive_tag_keys == [TAG];
        let ours = tags.principal_tags.get(TAG).is_some_and(|values| *values == [tenant.as_str()]);
        if one && ours { Ok(true) } else { Err(TokenRefused::TagMismatch) }
    }
}

/// The standard attributes of a pool [developer guide, "Working with user attributes"].
const ATTRIBUTES: &[&str] = &[
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "identities",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "website",
    "zoneinfo",
];

/// Whether Cognito itself puts an attribute of the person under this name, where no trigger says otherwise.
pub(crate) fn is_attribute(claim: &str) -> bool {
    ["custom:", "dev:", "cognito:"].iter().any(|prefix| claim.starts_with(prefix)) || ATTRIBUTES.contains(&claim)
}
