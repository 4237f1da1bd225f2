//! Bringing a tenant's app clients in line with its policy, in the order in which nobody can slip in between.
//!
//! A user pool and the table share no transaction, so a policy changes in three steps, each of which may be the last one that
//! happens:
//!
//! 1. *The clients, as far as both policies agree.* What the new policy forbids goes; what it asks for comes only where the old one
//!    allows it too. Until the table changes, triggers decide by the old policy, at clients that offer nothing but what both allow.
//! 2. *The table.* From now on triggers decide by the new policy.
//! 3. *The clients again*, as the table says: what only the new policy allows comes now. The list is read anew, for a client that was
//!    bound meanwhile, and the policy is read once more afterwards, for somebody who changed it meanwhile. In the end every client is
//!    looked at once more: an error says at how many somebody could still get around the policy.
//!
//! Before the first of them, everything is read anew: a policy that cannot be carried through at every client changes none. Clients are
//! listed from an index that follows the table within moments. A client that was bound in the moment before may be missing from it:
//! whoever binds one looks with `--dry-run`.
//!
//! So a tightening reaches the clients before the table and a loosening the table before the clients. Whoever is interrupted has
//! clients that are no weaker than the weaker of the two policies, and the same command run again finishes.

use std::collections::BTreeMap;

use domain::claims::ClaimName;
use domain::{Binding, Client, ClientId, Mode, Pool, PoolId, Tenant, TenantId};
use pool::{Cognito, Described, Difference, Required, Schema, Severity};
use store::Key;
use store::entity::{ClientIntent, Seats};
use store::keys::NO_TENANT;

use crate::record::Deed;
use crate::{OperationError, Operations, PolicyChange, ROUNDS};

/// The user pools, and what the operator says of them.
#[derive(Debug, Clone, Copy)]
pub struct UserPools<'a> {
    /// What asks them.
    pub cognito: &'a Cognito,
    /// Every name that tokens say of a tenant and its members.
    pub claims: &'a [ClaimName],
    /// Clients that were not made here, and clients that only observe, may be changed too.
    pub adopted: bool,
}

/// An app client, and how far it is from its tenant's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInLine {
    /// What it is bound to.
    pub binding: Binding,
    /// Its name in the pool; `None`: the pool has no such client any more.
    pub name: Option<String>,
    /// Whether it was made by `client create`.
    pub made_here: bool,
    /// Whether it may be changed: it was made here and is enforced, or the operator says so.
    pub may_change: bool,
    /// Where it is not what it has to be.
    pub differences: Vec<Difference>,
}

impl ClientInLine {
    /// Whether somebody could get around the policy here, and it would stay so.
    pub fn stays_around(&self) -> bool {
        self.ways_around().any(|found| !self.may_change || found.by_hand.is_some())
    }

    /// Where somebody could get around the policy. A client that only observes holds nobody to it.
    fn ways_around(&self) -> impl Iterator<Item = &Difference> {
        let enforced = self.binding.mode == Mode::Enforce;
        self.differences.iter().filter(move |found| enforced && found.severity == Severity::Around)
    }

    /// Whether anything of it will be changed.
    pub fn will_change(&self) -> bool {
        self.may_change && self.differences.iter().any(|found| found.by_hand.is_none())
    }
}

/// What a change of policy would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPlan {
    /// The tenant as the table has it.
    pub before: Tenant,
    /// The tenant as it would be.
    pub after: Tenant,
    /// Its app clients.
    pub clients: Vec<ClientInLine>,
}

/// What is asked of a pool once, and then known for each of its clients.
#[derive(Debug, Default)]
pub(crate) struct Grounds(BTreeMap<PoolId, Ground>);

#[derive(Debug)]
struct Ground {
    schema: Schema,
    made: Vec<ClientId>,
    spelling: Vec<String>,
}

impl Operations {
    /// What a change of policy would change at the tenant's app clients. Changes nothing. For operators.
    pub async fn plan_policy(
        &self,
        pools: UserPools<'_>,
        id: &TenantId,
        change: &PolicyChange,
    ) -> Result<PolicyPlan, OperationError> {
        self.operators_only()?;
        let before = self.read_tenant(id).await?;
        let after = self.changed_policy(&before, change).await?;
        let clients = self.clients_against(pools, &after, None).await?;
        Ok(PolicyPlan { before, after, clients: clients.into_iter().map(|(client, _)| client).collect() })
    }

    /// Changes the policy and brings the clients in line, as they were shown in the plan. For operators.
    pub async fn apply_policy(
        &self,
        pools: UserPools<'_>,
        plan: &PolicyPlan,
        change: &PolicyChange,
    ) -> Result<(Tenant, Seats), OperationError> {
        self.operators_only()?;
        self.check_plan(pools, plan, change).await?;
        let id = &plan.before.id;
        let mut grounds = Grounds::default();
        for client in plan.clients.iter().filter(|client| client.will_change()) {
            let read = self.read_again(pools, client, &plan.after, &mut grounds).await?;
            let old = self.needs(pools, &client.binding, &plan.before, &mut grounds).await?;
            let new = self.needs(pools, &client.binding, &plan.after, &mut grounds).await?;
            let step = read.differences(&new.first_step(&old));
            self.change_client(pools, &client.binding, &read, &step).await?;
        }
        let (_, seats) = self.set_policy(id, change).await?;
        let tenant = self.align_clients(pools, id, None).await?;
        // Whoever bound or enforced a client meanwhile, or opened one in the console, learns that here.
        let clients = self.clients_against(pools, &tenant, None).await?;
        let open = clients.iter().filter(|(client, _)| client.ways_around().next().is_some()).count();
        if open == 0 { Ok((tenant, seats)) } else { Err(OperationError::ClientsOpen(open)) }
    }

    /// Whether the plan still holds and can be carried through, before anything is changed: half of it would lock people out.
    async fn check_plan(
        &self,
        pools: UserPools<'_>,
        plan: &PolicyPlan,
        change: &PolicyChange,
    ) -> Result<(), OperationError> {
        let id = &plan.before.id;
        let now = self.read_tenant(id).await?;
        if now.policy != plan.before.policy {
            return Err(OperationError::Contended);
        }
        self.changed_policy(&now, change).await?;
        if change.seat_limit.is_none() {
            self.read_seats(id).await?;
        }
        let clients = self.clients_against(pools, &plan.after, None).await?;
        let around = clients.iter().filter(|(client, _)| client.stays_around()).count();
        if around > 0 {
            return Err(OperationError::ClientsAdopted(around));
        }
        for shown in plan.clients.iter().filter(|client| client.will_change()) {
            if !clients.iter().any(|(client, _)| client == shown) {
                return Err(OperationError::ClientChanged(shown.binding.client.id.to_string()));
            }
        }
        for read in clients.iter().filter(|(client, _)| client.will_change()).filter_map(|(_, read)| read.as_ref()) {
            read.is_wholly_known()?;
        }
        Ok(())
    }

    /// Brings one client in line with the policy that the table has by now, and no other. Whether it is, but for what needs a hand
    /// first. For operators.
    pub(crate) async fn align_client(
        &self,
        pools: UserPools<'_>,
        id: &TenantId,
        client: &Client,
    ) -> Result<bool, OperationError> {
        let tenant = self.align_clients(pools, id, Some(client)).await?;
        let found = self.clients_against(pools, &tenant, Some(client)).await?;
        let in_line = |client: &ClientInLine| client.differences.iter().all(|found| found.by_hand.is_some());
        Ok(!found.is_empty() && found.iter().all(|(client, read)| read.is_some() && in_line(client)))
    }

    /// Brings every client that may be changed, or one of them, in line with the policy that the table has by now.
    async fn align_clients(
        &self,
        pools: UserPools<'_>,
        id: &TenantId,
        only: Option<&Client>,
    ) -> Result<Tenant, OperationError> {
        for _ in 0..ROUNDS {
            let tenant = self.read_tenant(id).await?;
            let mut grounds = Grounds::default();
            for binding in self.bindings_of(pools.cognito, id, only).await? {
                // Each is read right before it is written: an update carries everything that was read, and would take back what
                // somebody changed since.
                let (client, read) = self.client_against(pools, binding, &tenant, &mut grounds).await?;
                if let Some(read) = read.filter(|_| client.will_change()) {
                    self.change_client(pools, &client.binding, &read, &client.differences).await?;
                }
            }
            let now = self.read_tenant(id).await?;
            if now.policy == tenant.policy {
                return Ok(now);
            }
        }
        Err(OperationError::Contended)
    }

    /// The tenant's clients, or one of them, read from their pools and held against a policy. From the index.
    async fn clients_against(
        &self,
        pools: UserPools<'_>,
        tenant: &Tenant,
        only: Option<&Client>,
    ) -> Result<Vec<(ClientInLine, Option<Described>)>, OperationError> {
        let mut grounds = Grounds::default();
        let mut found = Vec::new();
        for binding in self.bindings_of(pools.cognito, &tenant.id, only).await? {
            found.push(self.client_against(pools, binding, tenant, &mut grounds).await?);
        }
        Ok(found)
    }

    async fn client_against(
        &self,
        pools: UserPools<'_>,
        binding: Binding,
        tenant: &Tenant,
        grounds: &mut Grounds,
    ) -> Result<(ClientInLine, Option<Described>), OperationError> {
        let read = pool::find(pools.cognito, &binding.client).await?;
        let differences = match &read {
            Some(read) => read.differences(&self.needs(pools, &binding, tenant, grounds).await?),
            None => Vec::new(),
        };
        let made_here =
            read.is_some() && self.ground(pools, &binding, tenant, grounds).await?.made.contains(&binding.client.id);
        let client = ClientInLine {
            may_change: pools.adopted || made_here && binding.mode == Mode::Enforce,
            name: read.as_ref().map(|read| read.client.name.clone()),
            binding,
            made_here,
            differences,
        };
        Ok((client, read))
    }

    /// Every binding of a tenant, and the clients of its dedicated pools, which need none.
    async fn bindings_of(
        &self,
        cognito: &Cognito,
        id: &TenantId,
        only: Option<&Client>,
    ) -> Result<Vec<Binding>, OperationError> {
        let mut bindings = self.clients(Some(id)).await?;
        let concerns = |pool: &Pool| only.is_none_or(|only| only.pool == pool.id);
        let dedicated = |pool: &Pool| pool.dedicated_to.as_ref() == Some(id);
        for pool in self.pools().await?.iter().filter(|pool| dedicated(pool) && concerns(pool)) {
            for client in pool::survey::client_ids(cognito, &pool.id).await? {
                let client = Client { pool: pool.id.clone(), id: client };
                if self.session.get::<Binding>(&Key::binding(&client)).await?.is_none() {
                    bindings.extend(pool.default_binding(&client));
                }
            }
        }
        bindings.retain(|binding| only.is_none_or(|only| *only == binding.client));
        Ok(bindings)
    }

    /// A client as it is now: an error if that is not what was shown.
    async fn read_again(
        &self,
        pools: UserPools<'_>,
        shown: &ClientInLine,
        tenant: &Tenant,
        grounds: &mut Grounds,
    ) -> Result<Described, OperationError> {
        let read = pool::describe(pools.cognito, &shown.binding.client).await?;
        let new = self.needs(pools, &shown.binding, tenant, grounds).await?;
        if read.differences(&new) == shown.differences {
            return Ok(read);
        }
        Err(OperationError::ClientChanged(shown.binding.client.id.to_string()))
    }

    /// Applies differences, and records that.
    pub(crate) async fn change_client(
        &self,
        pools: UserPools<'_>,
        binding: &Binding,
        read: &Described,
        differences: &[Difference],
    ) -> Result<(), OperationError> {
        if differences.iter().all(|difference| difference.by_hand.is_some()) {
            return Ok(());
        }
        // Before, not after: of a change that was half done there is a record too.
        let target = format!("{}:{}", binding.client.pool, binding.client.id);
        let deed = Deed::new("client.align", &target);
        let mut transaction = self.transaction();
        match binding.kind.tenant() {
            Some(tenant) => self.record(&mut transaction, tenant, self.now(), deed)?,
            None => self.record_for_all(&mut transaction, self.now(), deed)?,
        }
        if !self.commit(&transaction).await?.is_empty() {
            return Err(OperationError::Contended);
        }
        Ok(pool::update(pools.cognito, &binding.client, read, differences).await?)
    }

    /// What a client has to be set to for a tenant's policy.
    pub(crate) async fn needs(
        &self,
        pools: UserPools<'_>,
        binding: &Binding,
        tenant: &Tenant,
        grounds: &mut Grounds,
    ) -> Result<Required, OperationError> {
        let providers = self.providers_in(&binding.client.pool, Some(tenant)).await?;
        let ground = self.ground(pools, binding, tenant, grounds).await?;
        let needs = pool::required(&binding.kind, Some(&tenant.policy), &providers, pools.claims, &ground.schema);
        Ok(needs.spelled(&ground.spelling))
    }

    /// A tenant's enabled providers in a pool.
    pub(crate) async fn providers_in(
        &self,
        pool: &PoolId,
        tenant: Option<&Tenant>,
    ) -> Result<Vec<domain::ProviderName>, OperationError> {
        let Some(tenant) = tenant.filter(|tenant| tenant.policy.sso_required) else { return Ok(Vec::new()) };
        let all = self.providers(Some(&tenant.id)).await?;
        let here = all.into_iter().filter(|provider| provider.pool == *pool && provider.serves(&tenant.id));
        Ok(here.map(|provider| provider.name).collect())
    }

    async fn ground<'g>(
        &self,
        pools: UserPools<'_>,
        binding: &Binding,
        tenant: &Tenant,
        grounds: &'g mut Grounds,
    ) -> Result<&'g Ground, OperationError> {
        let pool = &binding.client.pool;
        if !grounds.0.contains_key(pool) {
            let ground = Ground {
                schema: pool::schema(pools.cognito, pool).await?,
                made: self.intents(pool).await?.into_iter().filter_map(|intent| intent.made).collect(),
                spelling: self.spelling(pools, pool, Some(tenant)).await?,
            };
            grounds.0.insert(pool.clone(), ground);
        }
        let ground = grounds.0.get_mut(pool).ok_or(OperationError::ClientUnknown)?;
        if tenant.policy.sso_required && ground.spelling.is_empty() {
            ground.spelling = self.spelling(pools, pool, Some(tenant)).await?;
        }
        Ok(ground)
    }

    /// How the pool spells its providers, where that matters.
    pub(crate) async fn spelling(
        &self,
        pools: UserPools<'_>,
        pool: &PoolId,
        tenant: Option<&Tenant>,
    ) -> Result<Vec<String>, OperationError> {
        if tenant.is_some_and(|tenant| tenant.policy.sso_required) {
            Ok(pool::provider_names(pools.cognito, pool).await?)
        } else {
            Ok(Vec::new())
        }
    }

    /// Every client that is being made, or was made, in a pool. From the index.
    pub(crate) async fn intents(&self, pool: &PoolId) -> Result<Vec<ClientIntent>, OperationError> {
        Ok(self.session.list_all(NO_TENANT, &Key::client_intents(pool)).await?)
    }
}
