//! Roles: a ladder of four and flat custom names, and the ceiling under which they may be granted.

use std::collections::BTreeSet;
use std::fmt;

use crate::id::{Invalid, text};

text!(
    /// A role: one of the ladder (`owner`, `admin`, `member`, `viewer`) or a custom name of at most 32 of `a-z`, `0-9`, `_`, `-`.
    Role, "role", "1 to 32 of a-z, 0-9, _ and -, beginning with a letter",
    |t| (1..=32).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
        && t.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
);

/// A step of the ladder. Custom roles are on no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// On no step: custom roles alone.
    None = 0,
    /// May look.
    Viewer = 1,
    /// May work.
    Member = 2,
    /// May manage members.
    Admin = 3,
    /// May do everything; a tenant keeps at least one.
    Owner = 4,
}

impl Role {
    fn literal(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The role's step.
    pub fn rank(&self) -> Rank {
        match self.as_ref() {
            "owner" => Rank::Owner,
            "admin" => Rank::Admin,
            "member" => Rank::Member,
            "viewer" => Rank::Viewer,
            _ => Rank::None,
        }
    }
}

/// One to ten different roles, in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// At most this many.
    pub const MOST: usize = 10;

    /// From any number of roles; repeated ones count once.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Result<Self, Invalid> {
        let set: BTreeSet<Role> = roles.into_iter().collect();
        if set.is_empty() || set.len() > Self::MOST {
            return Err(Invalid { noun: "set of roles", rule: "1 to 10 different roles" });
        }
        Ok(Self(set))
    }

    /// From texts.
    pub fn parse<'a>(roles: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        Self::new(roles.into_iter().map(str::parse).collect::<Result<Vec<Role>, _>>()?)
    }

    /// `member` alone.
    pub fn member() -> Self {
        // INVARIANT: a literal that `Role`'s parser takes.
        Self(BTreeSet::from([Role::literal("member")]))
    }

    /// In alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.0.iter()
    }

    /// Whether this role is among them.
    pub fn contains(&self, role: &Role) -> bool {
        self.0.contains(role)
    }

    /// The highest step.
    pub fn rank(&self) -> Rank {
        self.0.iter().map(Role::rank).max().unwrap_or(Rank::None)
    }

    /// What somebody must have to grant these.
    pub fn ceiling(&self) -> Ceiling {
        Ceiling { rank: self.rank(), custom: self.0.iter().filter(|role| role.rank() == Rank::None).cloned().collect() }
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(AsRef::as_ref).collect();
        out.write_str(&names.join(" "))
    }
}

/// What a grant asks of its giver: nobody grants above themselves. Owners may grant every custom role, others those they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// At least this step.
    pub rank: Rank,
    /// And, below owner, each of these.
    pub custom: Vec<Role>,
}

impl Ceiling {
    /// Whether somebody with these roles is under it.
    pub fn allows(&self, giver: &Roles) -> bool {
        giver.rank() >= self.rank
            && (giver.rank() == Rank::Owner || self.custom.iter().all(|role| giver.contains(role)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_grants_above_themselves() {
        for (giver, granted, allowed) in [
            (&["owner"][..], &["owner"][..], true),
            (&["owner"], &["billing"], true),
            (&["admin"], &["owner"], false),
            (&["admin"], &["admin"], true),
            (&["admin"], &["billing"], false),
            (&["admin", "billing"], &["billing", "member"], true),
            (&["billing"], &["billing"], true),
            (&["billing"], &["viewer"], false),
            (&["viewer"], &["member"], false),
        ] {
            let giver = Roles::parse(giver.iter().copied()).unwrap();
            let granted = Roles::parse(granted.iter().copied()).unwrap();
            assert_eq!(granted.ceiling().allows(&giver), allowed, "{giver} grants {granted}");
        }
    }

    #[test]
    fn a_set_of_roles_is_small_and_never_empty() {
        assert!(Roles::parse([]).is_err());
        assert!(Roles::parse(["Owner"]).is_err());
        assert_eq!(Roles::parse(["member", "admin", "member"]).unwrap().to_string(), "admin member");
        let many: Vec<String> = (0..11).map(|n| format!("r{n}")).collect();
        assert!(Roles::parse(many.iter().map(String::as_str)).is_err());
    }
}
