//! What the model knows, as plain as it can be: words, numbers and maps. Everything has a short name that stands still.

#![allow(missing_docs, reason = "the words are those of the documents")]

use std::collections::{BTreeMap, BTreeSet};

/// A name of a tenant, a person, a client, an address, a role.
pub type Name = &'static str;
/// A code of the closed list.
pub type Code = &'static str;
/// Seconds.
pub type Time = i64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    Active,
    Suspended,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    Open,
    Automatic,
    Request,
    InvitationOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    Password,
    PasswordAndCode,
    PasswordAndCodeOf(Name),
    Code,
}

#[derive(Debug, Clone)]
pub struct Tenant {
    pub status: TenantStatus,
    pub join: Join,
    pub default_role: Name,
    pub chain: Chain,
    pub sso: bool,
    pub lookup: bool,
    pub outlive: bool,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Domain {
    pub owner: Option<Name>,
    pub generation: u64,
    pub join: Option<Join>,
}

#[derive(Debug, Clone)]
pub struct Provider {
    /// `None`: a social one.
    pub of: Option<Name>,
    pub enabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tenant(Name),
    Shared,
    Machine(Name, Name),
    Unbound,
}

#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub kind: Kind,
    pub observe: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Pool {
    pub observe_unbound: bool,
    pub dedicated_to: Option<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    Open,
    Accepted,
    Revoked,
}

#[derive(Debug, Clone)]
pub struct Invitation {
    pub tenant: Name,
    pub address: Name,
    pub role: Name,
    /// `None`: an operator.
    pub inviter: Option<Name>,
    pub made: Time,
    pub expires: Time,
    pub state: InvitationState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Requested,
    Denied,
    Active,
    Suspended,
    Removed,
    Superseded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Domain(Name, u64),
    Provider(Name),
    Invitation,
    Open,
    Added,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The membership's id: the same number, the same id.
    pub member: usize,
    pub role: Name,
    pub status: Status,
    pub origin: Origin,
    pub address: Option<Name>,
    pub since: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    pub suspended: bool,
    pub since: Time,
}

/// An address as somebody types it, with what the grammar says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    pub text: Name,
    /// The canonical form, if it is an address at all.
    pub mailbox: Option<Name>,
    pub domain: Name,
    /// `support@`, `x+tag@`: never by domain.
    pub special: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identities {
    None,
    One(Name),
    Many,
    Malformed,
}

/// What Cognito says of an account.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub person: Name,
    pub email: Option<&'static Typed>,
    pub verified: bool,
    /// The status is `EXTERNAL_PROVIDER`.
    pub external: bool,
    pub identities: Identities,
}

impl Account {
    pub fn mailbox(&self) -> Option<Name> {
        self.email.and_then(|email| email.mailbox)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Hosted,
    Authentication,
    NewPassword,
    Device,
    Refresh,
}

/// Everything that the table would know.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub now: Time,
    pub pool: Pool,
    pub tenants: BTreeMap<Name, Tenant>,
    pub domains: BTreeMap<Name, Domain>,
    /// Who proved a domain, by domain and tenant: whether it still counts.
    pub claims: BTreeMap<(Name, Name), bool>,
    pub providers: BTreeMap<Name, Provider>,
    pub clients: BTreeMap<Name, Binding>,
    pub invitations: Vec<Invitation>,
    /// By person and tenant.
    pub rows: BTreeMap<(Name, Name), Row>,
    /// By tenant and mailbox.
    pub bars: BTreeMap<(Name, Name), Bar>,
    /// When the removal was past which an invitation led back in, by tenant and mailbox.
    pub ended: BTreeMap<(Name, Name), Time>,
    /// Who came with a mailbox last, by tenant and mailbox.
    pub holders: BTreeMap<(Name, Name), Name>,
    /// The tenant whose invitation somebody presented at sign-up, and with which mailbox.
    pub presented: BTreeMap<Name, (Name, Name)>,
    /// Who answered a code at which client.
    pub answered: BTreeSet<(Name, Name)>,
    pub members: usize,
    pub codes: super::codes::Codes,
}
