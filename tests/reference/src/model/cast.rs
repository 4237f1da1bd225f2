//! Who there is, what it is called, and how things may stand.

use super::nouns::{Chain, Identities, Join, Name, Typed};

/// Tenants.
pub const TENANTS: [Name; 2] = ["acme", "globex"];
/// Domains, and who owns them at first.
pub const DOMAINS: [(Name, Option<Name>); 4] = [
    ("acme.example", Some("acme")),
    ("globex.example", Some("globex")),
    ("labs.example", Some("acme")),
    ("free.example", None),
];
/// App clients: of each tenant, shared, a machine's, never bound.
pub const CLIENTS: [Name; 6] = ["acme", "globex", "portal", "robot", "fresh", "acmetwo"];
/// Providers, and whose they are at first.
pub const PROVIDERS: [(Name, Option<Name>); 4] =
    [("acmeidp", Some("acme")), ("globexidp", Some("globex")), ("google", None), ("unbound", None)];
/// Roles; the last is a custom one.
pub const ROLES: [Name; 5] = ["member", "admin", "owner", "viewer", "billing"];

const fn typed(text: Name, mailbox: Option<Name>, domain: Name, special: bool) -> Typed {
    Typed { text, mailbox, domain, special }
}

/// Addresses as people type them.
pub static ADDRESSES: [Typed; 11] = [
    typed("ann@acme.example", Some("ann@acme.example"), "acme.example", false),
    typed("bob@acme.example", Some("bob@acme.example"), "acme.example", false),
    typed("eve@elsewhere.example", Some("eve@elsewhere.example"), "elsewhere.example", false),
    typed("gil@globex.example", Some("gil@globex.example"), "globex.example", false),
    typed("lin@labs.example", Some("lin@labs.example"), "labs.example", false),
    typed("Ann@ACME.example", Some("ann@acme.example"), "acme.example", false),
    typed("support@acme.example", Some("support@acme.example"), "acme.example", true),
    typed("ann+tag@acme.example", Some("ann+tag@acme.example"), "acme.example", true),
    typed("noreply@elsewhere.example", Some("noreply@elsewhere.example"), "elsewhere.example", true),
    typed("\"ann x\"@acme.example", None, "acme.example", false),
    typed("ann@sub.acme.example", Some("ann@sub.acme.example"), "sub.acme.example", false),
];

/// A person: their names in the pool, one after another as they delete themselves and sign up anew, their first address, and how they come.
#[derive(Debug)]
pub struct Somebody {
    /// Their `sub`s.
    pub names: [Name; 3],
    /// Their first address.
    pub address: usize,
    /// Whether a provider makes their sessions.
    pub external: bool,
    /// What is linked to them, or what they are.
    pub identities: Identities,
}

const fn native(names: [Name; 3], address: usize) -> Somebody {
    Somebody { names, address, external: false, identities: Identities::None }
}

const fn by(provider: Name, names: [Name; 3], address: usize) -> Somebody {
    Somebody { names, address, external: true, identities: Identities::One(provider) }
}

/// People.
pub static PEOPLE: [Somebody; 11] = [
    native(["ann", "anna", "annb"], 0),
    native(["bob", "boba", "bobb"], 1),
    native(["eve", "evea", "eveb"], 2),
    native(["gil", "gila", "gilb"], 3),
    by("acmeidp", ["annsso", "annssoa", "annssob"], 0),
    by("acmeidp", ["bobsso", "bobssoa", "bobssob"], 1),
    by("globexidp", ["mal", "mala", "malb"], 0),
    by("google", ["sal", "sala", "salb"], 1),
    Somebody { names: ["lin", "lina", "linb"], address: 0, external: false, identities: Identities::One("acmeidp") },
    Somebody { names: ["many", "manya", "manyb"], address: 0, external: true, identities: Identities::Many },
    Somebody { names: ["odd", "odda", "oddb"], address: 0, external: false, identities: Identities::Malformed },
];

/// Join modes.
pub const JOINS: [Join; 4] = [Join::Automatic, Join::Request, Join::InvitationOnly, Join::Open];

/// Chains, and whether single sign-on is required.
pub const WAYS_IN: [(Chain, bool); 6] = [
    (Chain::Password, false),
    (Chain::Password, true),
    (Chain::PasswordAndCode, false),
    (Chain::PasswordAndCodeOf("admin"), false),
    (Chain::Code, false),
    (Chain::Code, true),
];

/// Seconds that may pass.
pub const PAUSES: [i64; 7] = [30, 59, 60, 299, 3_600, 86_400, 7 * 86_400];
