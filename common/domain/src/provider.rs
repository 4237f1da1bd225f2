//! Identity providers of a pool: a tenant's own, or a social one that everybody may use.

use crate::id::{PoolId, TenantId, text};

text!(
    /// A provider's name in canonical form, which is lower case: case-insensitive pools lower-case the user names that begin with it.
    /// At most 32 characters (API reference, `ProviderNameTypeV2`).
    ProviderName, "provider name", "1 to 32 characters, lower case, neither beginning nor ending in _ and without spaces",
    |t| (1..=32).contains(&t.chars().count()) && !t.starts_with('_') && !t.ends_with('_')
        && !t.chars().any(|c| c.is_control() || c.is_whitespace() || c == '#') && t == t.to_lowercase()
);

impl ProviderName {
    /// The canonical form of a name as an event or an operator spells it. Letters from beyond ASCII never become ASCII ones: a
    /// provider whose name begins with the Kelvin sign is none that is called with a `k`.
    pub fn fold(text: &str) -> Option<Self> {
        let turns_ascii = |c: char| !c.is_ascii() && c.to_lowercase().any(|c| c.is_ascii());
        if text.chars().any(turns_ascii) { None } else { text.to_lowercase().parse().ok() }
    }

    /// Every name that could be the provider part of a federated user name `<provider>_<id>`, the longest first. Which of them
    /// is meant, only the bindings can say.
    pub fn candidates(user_name: &str) -> Vec<Self> {
        // 32 characters have 128 bytes at most: what lies behind them is not looked at, however long it is.
        let places = user_name.match_indices('_').map(|(at, _)| at).take_while(|at| *at <= 128);
        let mut names: Vec<Self> = places.filter_map(|at| user_name.get(..at)).filter_map(Self::fold).collect();
        names.reverse();
        names.truncate(16);
        names
    }
}

/// A provider that the table knows, by (pool, name).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its pool.
    pub pool: PoolId,
    /// Its name.
    pub name: ProviderName,
    /// Whose it is.
    pub kind: ProviderKind,
    /// Whether it counts.
    pub enabled: bool,
    /// Counts writes.
    pub revision: u64,
}

/// Whose a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderKind {
    /// One tenant's SAML or OIDC provider. It speaks for addresses of that tenant's own domains, and no others.
    Tenant(TenantId),
    /// Google, Apple and the like. It speaks for an address if it says that it verified it.
    Social,
}

impl Provider {
    /// Whether it is enabled and this tenant's own.
    pub fn serves(&self, tenant: &TenantId) -> bool {
        self.enabled && matches!(&self.kind, ProviderKind::Tenant(own) if own == tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m12_names_fold_and_the_longest_candidate_comes_first() {
        let names: Vec<String> = ProviderName::candidates("Acme_Okta_bob_1").iter().map(ToString::to_string).collect();
        assert_eq!(names, ["acme_okta_bob", "acme_okta", "acme"]);
        assert!(ProviderName::candidates("bob").is_empty());
        assert!(ProviderName::candidates("_bob").is_empty());
        assert!(ProviderName::candidates(&"a_".repeat(60)).len() <= 16);
        let longest = "\u{1f511}".repeat(32);
        assert_eq!(ProviderName::candidates(&format!("{longest}_1")).len(), 1, "32 characters of four bytes each");
    }

    #[test]
    fn m12_no_letter_from_beyond_ascii_is_taken_for_an_ascii_one() {
        for (spelt, canonical) in [
            ("Okta", Some("okta")),
            ("\u{212a}ta", None),
            ("o\u{212a}ta", None),
            ("\u{130}dp", None),
            ("\u{c4}pfel", Some("\u{e4}pfel")),
            ("\u{17f}so", Some("\u{17f}so")),
        ] {
            assert_eq!(ProviderName::fold(spelt).as_ref().map(AsRef::as_ref), canonical, "{spelt}");
        }
    }

    #[test]
    fn a_user_name_of_two_million_underscores_is_looked_at_no_further_than_a_name_goes() {
        // Looked at to its end, each underscore with all that is before it, this would take hours.
        assert_eq!(ProviderName::candidates(&"a_".repeat(2_000_000)).len(), 16);
    }
}
