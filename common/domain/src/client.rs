//! App clients and the tenants that they are bound to. A missing binding is a denial.

use crate::id::{ClientId, PoolId, TenantId};
use crate::role::Roles;

/// What Cognito says in an app client's place where an administrator acts and no client is involved. It has the shape of an id, and is none.
pub const NO_CLIENT: &str = "CLIENT_ID_NOT_APPLICABLE";

/// An app client is known by its pool and its id: a known id in a foreign pool is a stranger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client {
    /// The pool.
    pub pool: PoolId,
    /// The id in it.
    pub id: ClientId,
}

/// What an app client is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Which client.
    pub client: Client,
    /// To what.
    pub kind: ClientKind,
    /// Whether what we decide counts.
    pub mode: Mode,
    /// What becomes of Cognito's groups.
    pub groups: Groups,
    /// Suppress the scope `aws.cognito.signin.user.admin`, with which a token could edit the account that other tenants trust.
    pub suppress_account_scope: bool,
    /// Counts writes.
    pub revision: u64,
}

/// What an app client is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKind {
    /// People of one tenant.
    Tenant(TenantId),
    /// People of every tenant; the token speaks of one or of none.
    Shared,
    /// A machine of one tenant, by client credentials (pre token generation V3).
    Machine {
        /// The tenant.
        tenant: TenantId,
        /// What the machine may do.
        roles: Roles,
    },
    /// It was bound once. Denied even where a pool lets unbound clients pass.
    Unbound,
}

impl ClientKind {
    /// The tenant that the client is bound to.
    pub const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Tenant(tenant) | Self::Machine { tenant, .. } => Some(tenant),
            Self::Shared | Self::Unbound => None,
        }
    }
}

/// Whether what we decide counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The event goes back unchanged; the log says what would have happened.
    Observe,
    /// It counts.
    Enforce,
}

/// What becomes of `cognito:groups`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// They stay as Cognito has them.
    Carry,
    /// They become `<tenant_id>:<role>`, and their IAM roles are dropped.
    Replace,
}

/// What the table knows of a pool as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The pool.
    pub id: PoolId,
    /// What happens at clients that were never bound: observe while a pool is being adopted, otherwise denied.
    pub observe_unbound: bool,
    /// A dedicated pool belongs to one tenant: its clients need no binding.
    pub dedicated_to: Option<TenantId>,
    /// Counts writes.
    pub revision: u64,
}

impl Pool {
    /// What a client of this pool that has no item of its own is bound to; `None`: denied.
    pub fn default_binding(&self, client: &Client) -> Option<Binding> {
        if client.pool != self.id {
            return None;
        }
        let (kind, mode) = match &self.dedicated_to {
            Some(tenant) => (ClientKind::Tenant(tenant.clone()), Mode::Enforce),
            None if self.observe_unbound => (ClientKind::Unbound, Mode::Observe),
            None => return None,
        };
        let binding = Binding {
            client: client.clone(),
            kind,
            mode,
            groups: Groups::Carry,
            suppress_account_scope: false,
            revision: 0,
        };
        Some(binding)
    }
}
