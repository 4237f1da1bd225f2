//! The catalogue: which permissions and OAuth scopes a role stands for. Optional; one for the deployment.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::Invalid;
use crate::role::{Role, Roles};

/// What one role stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleGrant {
    /// The application's own words, for the `permissions` claim.
    pub permissions: BTreeSet<String>,
    /// OAuth scopes for the access token.
    pub scopes: BTreeSet<String>,
}

/// Every role that stands for something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    roles: BTreeMap<Role, RoleGrant>,
    /// Counts writes; 0 where the table holds none.
    pub revision: u64,
}

impl Catalogue {
    /// The most bytes that all permissions and scopes together may take, so that the claims of somebody with every role stay
    /// under 1 KB with the rest of ours.
    pub const MOST_BYTES: usize = 640;

    /// Checks every word and the sum.
    pub fn new(roles: BTreeMap<Role, RoleGrant>, revision: u64) -> Result<Self, Invalid> {
        let mut words = BTreeSet::new();
        for grant in roles.values() {
            for permission in &grant.permissions {
                check_word(permission, "permission")?;
                words.insert(("permission", permission.as_str()));
            }
            for scope in &grant.scopes {
                check_word(scope, "scope")?;
                if scope.starts_with("aws.cognito.")
                    || matches!(scope.as_str(), "openid" | "email" | "phone" | "profile")
                {
                    return Err(Invalid { noun: "scope", rule: "Cognito's own scopes are never granted by a role" });
                }
                words.insert(("scope", scope.as_str()));
            }
        }
        // Quotes and a comma each, as in a JSON array.
        if words.iter().map(|(_, word)| word.len() + 3).sum::<usize>() > Self::MOST_BYTES {
            return Err(Invalid {
                noun: "catalogue",
                rule: "all its permissions and scopes together take at most 640 bytes",
            });
        }
        Ok(Self { roles, revision })
    }

    /// Every role in it.
    pub const fn roles(&self) -> &BTreeMap<Role, RoleGrant> {
        &self.roles
    }

    /// The permissions of these roles together, in order.
    pub fn permissions<'a>(&'a self, held: &Roles) -> BTreeSet<&'a str> {
        self.granted(held).flat_map(|grant| grant.permissions.iter().map(String::as_str)).collect()
    }

    /// The scopes of these roles together, in order.
    pub fn scopes<'a>(&'a self, held: &Roles) -> BTreeSet<&'a str> {
        self.granted(held).flat_map(|grant| grant.scopes.iter().map(String::as_str)).collect()
    }

    /// Every scope that some role stands for, once and in order: who does not hold such a role does not get it.
    pub fn all_scopes(&self) -> impl Iterator<Item = &str> {
        let all: BTreeSet<&str> = self.roles.values().flat_map(|grant| &grant.scopes).map(String::as_str).collect();
        all.into_iter()
    }

    fn granted<'a, 'b>(&'a self, held: &'b Roles) -> impl Iterator<Item = &'a RoleGrant> + use<'a, 'b> {
        held.iter().filter_map(|role| self.roles.get(role))
    }
}

/// RFC 6749, appendix A.4: printable ASCII but for space, `"` and `\`.
fn check_word(word: &str, noun: &'static str) -> Result<(), Invalid> {
    let fits = (1..=128).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if fits {
        Ok(())
    } else {
        Err(Invalid { noun, rule: "1 to 128 printable characters without spaces, quotes and backslashes" })
    }
}
