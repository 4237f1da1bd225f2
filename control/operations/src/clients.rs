//! App clients and pools: bind, observe, enforce, unbind, list; pools that are being adopted, or are one tenant's own.

use domain::{Binding, Client, ClientKind, Groups, Mode, Pool, PoolId, Rank, Tenant, TenantId};
use pool::{Cognito, survey};
use store::Key;
use store::keys::NO_TENANT;

use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

/// A binding to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBinding {
    /// Which client.
    pub client: Client,
    /// To what: anything but [`ClientKind::Unbound`].
    pub kind: ClientKind,
    /// Whether what we decide counts. `None`: as it is; a client that was never bound observes if it passes now by its pool's default
    /// ([`Pool::observe_unbound`]), and enforces otherwise: binding alone locks nobody out.
    pub mode: Option<Mode>,
    /// What becomes of Cognito's groups.
    pub groups: Groups,
    /// Suppress the scope with which a token could edit the account that other tenants trust.
    pub suppress_account_scope: bool,
}

impl NewBinding {
    /// The mode as it is, groups carried, the account scope kept: what suits a client that exists already.
    pub const fn new(client: Client, kind: ClientKind) -> Self {
        Self { client, kind, mode: None, groups: Groups::Carry, suppress_account_scope: false }
    }

    /// As [`NewBinding::new`], to one tenant.
    pub const fn to_tenant(client: Client, tenant: TenantId) -> Self {
        Self::new(client, ClientKind::Tenant(tenant))
    }

    /// As [`NewBinding::new`], shared by all tenants.
    pub const fn shared(client: Client) -> Self {
        Self::new(client, ClientKind::Shared)
    }
}

impl Operations {
    /// Binds an app client, or changes the mode, groups and scope of one that is bound to the same. For operators.
    pub async fn bind_client(&self, new: &NewBinding) -> Result<Binding, OperationError> {
        self.operators_only()?;
        if new.kind == ClientKind::Unbound {
            return Err(domain::Invalid { noun: "binding", rule: "to a tenant, shared, or a machine" }.into());
        }
        for _ in 0..ROUNDS {
            let tenant = match new.kind.tenant() {
                Some(id) => Some(self.open_tenant(id).await?),
                None => None,
            };
            let before: Option<Binding> = self.session.get(&Key::binding(&new.client)).await?;
            if let Some(before) = &before
                && before.kind != ClientKind::Unbound
                && !same_purpose(&before.kind, &new.kind)
            {
                return Err(OperationError::ClientBoundElsewhere(crate::shape::client_kind(&before.kind).to_owned()));
            }
            let mode = match new.mode {
                Some(mode) => mode,
                None => self.mode_now(&new.client, before.as_ref()).await?,
            };
            let mut after = Binding {
                client: new.client.clone(),
                kind: new.kind.clone(),
                mode,
                groups: new.groups,
                suppress_account_scope: new.suppress_account_scope,
                revision: before.as_ref().map_or(0, |before| before.revision),
            };
            if before.as_ref() == Some(&after) {
                return Ok(after);
            }
            if self.write_binding(&after, tenant.as_ref(), "client.bind").await? {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }

    /// How a client stands before it is bound.
    async fn mode_now(&self, client: &Client, before: Option<&Binding>) -> Result<Mode, OperationError> {
        // INVARIANT: a tombstone enforces, so that whoever is bound again does.
        if let Some(before) = before {
            return Ok(before.mode);
        }
        let passes = self.read_pool(&client.pool).await?.default_binding(client);
        Ok(passes.map_or(Mode::Enforce, |passes| passes.mode))
    }

    /// The app clients of a pool that have no binding of their own, and none by the pool's being one tenant's: those that pass while the
    /// pool lets unbound clients pass, and are denied afterwards. For operators.
    pub async fn unbound_clients(&self, cognito: &Cognito, pool: &PoolId) -> Result<Vec<Client>, OperationError> {
        self.operators_only()?;
        let mut unbound = Vec::new();
        if self.read_pool(pool).await?.dedicated_to.is_some() {
            return Ok(unbound);
        }
        for id in survey::client_ids(cognito, pool).await? {
            let client = Client { pool: pool.clone(), id };
            if self.session.get::<Binding>(&Key::binding(&client)).await?.is_none() {
                unbound.push(client);
            }
        }
        Ok(unbound)
    }

    /// Lets what we decide count, or only be logged. For operators.
    pub async fn set_client_mode(&self, client: &Client, mode: Mode) -> Result<Binding, OperationError> {
        let action = if mode == Mode::Enforce { "client.enforce" } else { "client.observe" };
        self.change_binding(client, action, |binding| {
            if binding.kind == ClientKind::Unbound {
                return Err(OperationError::ClientUnknown);
            }
            binding.mode = mode;
            Ok(())
        })
        .await
    }

    /// Leaves a tombstone: the client's users are denied from now on, even in a pool that lets unbound clients pass. For operators.
    pub async fn unbind_client(&self, client: &Client) -> Result<Binding, OperationError> {
        self.change_binding(client, "client.unbind", |binding| {
            entomb(binding);
            Ok(())
        })
        .await
    }

    async fn change_binding(
        &self,
        client: &Client,
        action: &'static str,
        change: impl Fn(&mut Binding) -> Result<(), OperationError> + Send + Sync,
    ) -> Result<Binding, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let before: Binding =
                self.session.get(&Key::binding(client)).await?.ok_or(OperationError::ClientUnknown)?;
            let mut after = before.clone();
            change(&mut after)?;
            if after == before {
                return Ok(before);
            }
            let tenant = match before.kind.tenant() {
                Some(id) => self.session.get::<Tenant>(&Key::tenant(id)).await?,
                None => None,
            };
            if self.write_binding(&after, tenant.as_ref(), action).await? {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }

    async fn write_binding(
        &self,
        binding: &Binding,
        tenant: Option<&Tenant>,
        action: &'static str,
    ) -> Result<bool, OperationError> {
        let now = self.now();
        let target = format!("{}:{}", binding.client.pool, binding.client.id);
        let deed = Deed::new(action, &target);
        let mut transaction = self.transaction();
        transaction.write(Part::Binding, binding)?;
        match tenant {
            Some(tenant) => self.record(&mut transaction, &tenant.id, now, deed)?,
            None => self.record_for_all(&mut transaction, now, deed)?,
        }
        if let (Some(tenant), Some(_)) = (tenant, binding.kind.tenant()) {
            transaction.unchanged(Part::Tenant, tenant)?;
        }
        Ok(self.commit(&transaction).await?.is_empty())
    }

    /// What the table says of one client. For operators and the admins of its tenant; to others it is as unknown as one that never was.
    pub async fn client(&self, client: &Client) -> Result<Binding, OperationError> {
        let binding = self.read_binding(client).await?;
        let may = self.may_read_of(binding.kind.tenant()).await?;
        if may { Ok(binding) } else { Err(OperationError::ClientUnknown) }
    }

    /// As [`Operations::client`], for an actor whose authority is known.
    pub(crate) async fn read_binding(&self, client: &Client) -> Result<Binding, OperationError> {
        self.session.get(&Key::binding(client)).await?.ok_or(OperationError::ClientUnknown)
    }

    /// The clients of a tenant; `None`: every client, tombstones included. From the index.
    pub async fn clients(&self, tenant: Option<&TenantId>) -> Result<Vec<Binding>, OperationError> {
        self.listed(tenant, "CLIENT#").await
    }

    /// What the index lists of a tenant, or of all tenants and of none.
    pub(crate) async fn listed<E: store::Entity + Send>(
        &self,
        tenant: Option<&TenantId>,
        prefix: &str,
    ) -> Result<Vec<E>, OperationError> {
        if let Some(id) = tenant {
            let tenant = self.read_tenant(id).await?;
            self.authority(&tenant, Rank::Admin).await?;
            return Ok(self.session.list_all(id.as_ref(), prefix).await?);
        }
        let mut all = self.session.list_all(NO_TENANT, prefix).await?;
        for tenant in self.tenants().await? {
            all.extend(self.session.list_all(tenant.id.as_ref(), prefix).await?);
        }
        Ok(all)
    }

    /// What the table says of a pool; the default where it says nothing. For operators, and the admins of the tenant that it is
    /// dedicated to.
    pub async fn pool(&self, id: &PoolId) -> Result<Pool, OperationError> {
        let pool = self.read_pool(id).await?;
        let may = self.may_read_of(pool.dedicated_to.as_ref()).await?;
        if may { Ok(pool) } else { Err(OperationError::ForOperators) }
    }

    /// As [`Operations::pool`], for an actor whose authority is known.
    pub(crate) async fn read_pool(&self, id: &PoolId) -> Result<Pool, OperationError> {
        let found: Option<Pool> = self.session.get(&Key::pool(id)).await?;
        Ok(found.unwrap_or_else(|| Pool { id: id.clone(), observe_unbound: false, dedicated_to: None, revision: 0 }))
    }

    /// Every pool that the table knows as a whole.
    pub async fn pools(&self) -> Result<Vec<Pool>, OperationError> {
        self.operators_only()?;
        Ok(self.session.list_all(NO_TENANT, "POOL#").await?)
    }

    /// Whether clients that were never bound only observe (while a pool is being adopted) or are denied. For operators.
    pub async fn observe_unbound(&self, id: &PoolId, observe: bool) -> Result<Pool, OperationError> {
        self.change_pool(id, "pool.observe_unbound", None, |pool| {
            pool.observe_unbound = observe;
            Ok(())
        })
        .await
    }

    /// Gives a pool to one tenant, or takes it back: the clients of a dedicated pool need no binding. For operators.
    pub async fn dedicate_pool(&self, id: &PoolId, to: Option<&TenantId>) -> Result<Pool, OperationError> {
        let tenant = match to {
            Some(to) => Some(self.open_tenant(to).await?),
            None => None,
        };
        self.change_pool(id, "pool.dedicate", tenant.as_ref(), |pool| {
            if let (Some(now), Some(to)) = (&pool.dedicated_to, to)
                && now != to
            {
                return Err(OperationError::PoolDedicatedElsewhere);
            }
            pool.dedicated_to = to.cloned();
            Ok(())
        })
        .await
    }

    async fn change_pool(
        &self,
        id: &PoolId,
        action: &'static str,
        tenant: Option<&Tenant>,
        change: impl Fn(&mut Pool) -> Result<(), OperationError> + Send + Sync,
    ) -> Result<Pool, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let before = self.read_pool(id).await?;
            let mut after = before.clone();
            change(&mut after)?;
            if after == before {
                return Ok(before);
            }
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Pool, &after)?;
            if let Some(tenant) = tenant {
                transaction.unchanged(Part::Tenant, tenant)?;
            }
            self.record_for_all(&mut transaction, now, Deed::new(action, id.as_ref()))?;
            if self.commit(&transaction).await?.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }
}

/// Makes a tombstone of a binding.
pub(crate) fn entomb(binding: &mut Binding) {
    binding.kind = ClientKind::Unbound;
    // INVARIANT: a tombstone is enforced, or it would let everybody pass unchanged.
    binding.mode = Mode::Enforce;
}

/// A machine's roles may change; what a client is bound to may not.
pub(crate) fn same_purpose(one: &ClientKind, other: &ClientKind) -> bool {
    match (one, other) {
        (ClientKind::Machine { tenant: one, .. }, ClientKind::Machine { tenant: other, .. }) => one == other,
        _ => one == other,
    }
}
