//! Making an app client in a user pool and binding it, so that a crash or a lost answer at any point is finished, or undone, by the
//! same command run again.
//!
//! A user pool knows neither conditions nor idempotency tokens. The table's intent holds a random nonce, which stands in the client's
//! name: whoever finds the intent finds every client that was made for it. INVARIANT: the table alone says which of them counts. The
//! transaction that binds a client also writes it into the intent; whatever else carries the nonce is then deleted, by whoever sees it
//! next. A client that is not bound lets nobody in.

use domain::{Binding, Client, ClientId, ClientKind, Groups, Mode, PoolId, Tenant};
use jiff::SignedDuration;
use pool::{Created, NewClient, PoolError, Required, Schema};
use store::Key;
use store::entity::ClientIntent;

use crate::alignment::UserPools;
use crate::clients::same_purpose;
use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

/// Whoever made a client for an intent heard of it within this time after one was bound. A client of its name that came later is
/// somebody else's, who copied the name.
const DUPLICATES: SignedDuration = SignedDuration::from_mins(1);

/// An app client to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientWish {
    /// In which pool.
    pub pool: PoolId,
    /// What it is called; one of each name, tenant and pool.
    pub name: String,
    /// What it is bound to: anything but [`ClientKind::Unbound`].
    pub kind: ClientKind,
    /// Suppress the scope with which a token could edit the account that other tenants trust.
    pub suppress_account_scope: bool,
    /// With a secret; a machine always has one.
    pub secret: bool,
    /// Apps may send the password itself, beside SRP.
    pub password_flow: bool,
    /// Where managed login sends people afterwards; none: no managed login.
    pub callback_urls: Vec<String>,
    /// Where managed login sends people who signed out.
    pub logout_urls: Vec<String>,
    /// OAuth scopes.
    pub scopes: Vec<String>,
}

/// An app client that is there and bound.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeClient {
    /// What it is bound to.
    pub binding: Binding,
    /// Its name in the pool.
    pub name: String,
    /// Its secret, in the run that bound it alone.
    pub secret: Option<String>,
    /// Whether it has one, which the user pool shows whom IAM lets read it.
    pub has_secret: bool,
    /// Whether an earlier run had done it all.
    pub before: bool,
}

impl std::fmt::Debug for MadeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = self.secret.as_ref().map(|_| "redacted");
        let (binding, has_secret, before) = (&self.binding, self.has_secret, self.before);
        f.debug_struct("MadeClient")
            .field("binding", binding)
            .field("name", &self.name)
            .field("secret", &secret)
            .field("has_secret", &has_secret)
            .field("before", &before)
            .finish()
    }
}

/// What the new client has to be.
struct Ground {
    tenant: Option<Tenant>,
    required: Required,
    schema: Schema,
}

impl Operations {
    /// Makes an app client as its tenant's policy asks for it, and binds it. The same wish again finishes what was interrupted, or
    /// finds it done. For operators.
    pub async fn make_client(&self, pools: UserPools<'_>, wish: &ClientWish) -> Result<MadeClient, OperationError> {
        self.operators_only()?;
        check_client_name(&wish.name)?;
        if wish.kind == ClientKind::Unbound {
            return Err(domain::Invalid { noun: "binding", rule: "to a tenant, shared, or a machine" }.into());
        }
        for _ in 0..ROUNDS {
            let intent = match self.intended(wish).await? {
                Some(intent) if intent.kind != wish.kind => {
                    return Err(OperationError::ClientNameTaken(crate::shape::client_kind(&intent.kind)));
                }
                Some(intent) => intent,
                None => match self.intend(pools, wish).await? {
                    Some(intent) => intent,
                    None => continue,
                },
            };
            if let Some(made) = &intent.made {
                return self.made_before(pools, &intent, made).await;
            }
            if let Some(made) = self.go_on(pools, wish, &intent).await? {
                return Ok(made);
            }
            // Somebody took the intent back while this run went on with it: then nobody else will look for what this run made.
            if self.intended(wish).await?.is_none_or(|known| known.nonce != intent.nonce) {
                self.delete_others(pools, &intent, None).await?;
            }
        }
        Err(OperationError::Contended)
    }

    /// Takes back what an interrupted run left. A client that was bound stays: `delete_client` deletes it. For operators.
    pub async fn give_up_client(&self, pools: UserPools<'_>, wish: &ClientWish) -> Result<bool, OperationError> {
        self.operators_only()?;
        let Some(intent) = self.intended(wish).await? else { return Ok(false) };
        if let Some(made) = &intent.made {
            return Err(OperationError::ClientMade(format!("{}:{made}", intent.pool)));
        }
        self.undo(pools, &intent).await?;
        Ok(true)
    }

    async fn intended(&self, wish: &ClientWish) -> Result<Option<ClientIntent>, OperationError> {
        Ok(self.session.get(&Key::client_intent(&wish.pool, wish.kind.tenant(), &wish.name)).await?)
    }

    /// Writes the intent, if a client can be made at all; `None`: somebody else did, or the tenant changed.
    async fn intend(&self, pools: UserPools<'_>, wish: &ClientWish) -> Result<Option<ClientIntent>, OperationError> {
        let ground = self.ground_of(pools, wish).await?;
        if let Some(lacking) = pool::lacks(&new_client(wish, ""), &wish.kind, &ground.required) {
            return Err(OperationError::ClientLacks(lacking));
        }
        let mut intent = ClientIntent {
            pool: wish.pool.clone(),
            name: wish.name.clone(),
            kind: wish.kind.clone(),
            nonce: format!("{:016x}", u64::from_be_bytes(self.bits())),
            made: None,
            bound: None,
            created: self.now(),
            revision: 0,
        };
        let mut transaction = self.transaction();
        transaction.write(Part::Intent, &intent)?;
        if let Some(tenant) = &ground.tenant {
            transaction.unchanged(Part::Tenant, tenant)?;
        }
        if !self.commit(&transaction).await?.is_empty() {
            return Ok(None);
        }
        intent.revision += 1;
        Ok(Some(intent))
    }

    /// From the intent to the bound client; `None`: something changed meanwhile.
    async fn go_on(
        &self,
        pools: UserPools<'_>,
        wish: &ClientWish,
        intent: &ClientIntent,
    ) -> Result<Option<MadeClient>, OperationError> {
        let ground = match self.ground_of(pools, wish).await {
            Err(error @ OperationError::TenantState(_)) => {
                self.undo(pools, intent).await?;
                return Err(error);
            }
            other => other?,
        };
        let name = pool_name(intent);
        let found = pool::named(pools.cognito, &wish.pool, &name).await?.into_iter().next();
        let (id, secret) = if let Some(id) = found {
            // What an earlier run left may be of an earlier policy.
            let client = Client { pool: wish.pool.clone(), id };
            self.check_free(&client, &wish.kind).await?;
            let Some(read) = pool::find(pools.cognito, &client).await? else { return Ok(None) };
            if !read.is_as_asked(&new_client(wish, &name), &wish.kind, &ground.required) {
                // Made for another wish, and an update changes neither its secret nor where it sends people.
                return self.begin_anew(pools, wish, intent, &client).await.map(|()| None);
            }
            let differences = read.differences(&ground.required);
            self.change_client(pools, &binding(&client, wish), &read, &differences).await?;
            (client.id, read.secret().map(str::to_owned))
        } else {
            let created = self.create(pools, wish, intent, &ground).await?;
            (created.id, created.secret)
        };
        let client = Client { pool: wish.pool.clone(), id };
        let Some(binding) = self.bind_intended(intent, binding(&client, wish), ground.tenant.as_ref()).await? else {
            return Ok(None);
        };
        self.delete_others(pools, intent, Some(&client.id)).await?;
        self.keep_up(pools, &binding, Some(&ground.required)).await?;
        let has_secret = secret.is_some();
        Ok(Some(MadeClient { binding, name, secret, has_secret, before: false }))
    }

    /// Brings a client that is bound in line with the policy that the table has by now: it may have changed since the client was made for it,
    /// and whoever changes it later finds the client bound. `known`: what it is in line with, if this run made it so.
    async fn keep_up(
        &self,
        pools: UserPools<'_>,
        binding: &Binding,
        known: Option<&Required>,
    ) -> Result<(), OperationError> {
        // No policy stands behind a shared client, and one that only observes is left alone.
        let Some(tenant) = binding.kind.tenant().filter(|_| binding.mode == Mode::Enforce) else { return Ok(()) };
        let tenant = self.read_tenant(tenant).await?;
        let now = self.ground_for(pools, &binding.client.pool, &binding.kind, Some(tenant)).await?;
        if known != Some(&now.required) {
            let read = pool::describe(pools.cognito, &binding.client).await?;
            self.change_client(pools, binding, &read, &read.differences(&now.required)).await?;
        }
        Ok(())
    }

    async fn create(
        &self,
        pools: UserPools<'_>,
        wish: &ClientWish,
        intent: &ClientIntent,
        ground: &Ground,
    ) -> Result<Created, OperationError> {
        let new = new_client(wish, &pool_name(intent));
        let created = pool::create(pools.cognito, &wish.pool, &new, &wish.kind, &ground.required, &ground.schema).await;
        if let Err(PoolError::Refused { .. } | PoolError::NotAllowed(_) | PoolError::Missing) = &created {
            // A "no" that is certain: nothing was made, so nothing need be kept in mind. Where that cannot be said now, the same
            // command says it later.
            let _ = self.undo(pools, intent).await;
        }
        Ok(created?)
    }

    /// What the table says of a client that this run did not make: an error if somebody bound it to something else.
    async fn check_free(&self, client: &Client, kind: &ClientKind) -> Result<Option<Binding>, OperationError> {
        let known: Option<Binding> = self.session.get(&Key::binding(client)).await?;
        if let Some(known) = &known
            && known.kind != ClientKind::Unbound
            && known.kind != *kind
        {
            return Err(OperationError::ClientBoundElsewhere(crate::shape::client_kind(&known.kind).to_owned()));
        }
        Ok(known)
    }

    /// Deletes what an earlier run left, unless it is bound by now. First the intent is written once more: a run that is about to bind
    /// it learns that there is another.
    async fn begin_anew(
        &self,
        pools: UserPools<'_>,
        wish: &ClientWish,
        intent: &ClientIntent,
        left: &Client,
    ) -> Result<(), OperationError> {
        match self.check_free(left, &ClientKind::Unbound).await {
            Err(OperationError::ClientBoundElsewhere(_)) => {
                return Err(OperationError::ClientNameTaken(crate::shape::client_kind(&wish.kind)));
            }
            free => free?,
        };
        let mut transaction = self.transaction();
        transaction.write(Part::Intent, intent)?;
        if self.commit(&transaction).await?.is_empty() {
            self.delete_others(pools, intent, None).await?;
        }
        Ok(())
    }

    /// Binds the client and writes it into the intent, in one transaction.
    async fn bind_intended(
        &self,
        intent: &ClientIntent,
        mut binding: Binding,
        tenant: Option<&Tenant>,
    ) -> Result<Option<Binding>, OperationError> {
        let known = self.check_free(&binding.client, &binding.kind).await?;
        binding.revision = known.map_or(0, |known| known.revision);
        let done = ClientIntent { made: Some(binding.client.id.clone()), bound: Some(self.now()), ..intent.clone() };
        let target = format!("{}:{}", binding.client.pool, binding.client.id);
        let deed = Deed::new("client.create", &target);
        let mut transaction = self.transaction();
        transaction.write(Part::Binding, &binding)?.write(Part::Intent, &done)?;
        if let Some(tenant) = tenant {
            transaction.unchanged(Part::Tenant, tenant)?;
            self.record(&mut transaction, &tenant.id, self.now(), deed)?;
        } else {
            self.record_for_all(&mut transaction, self.now(), deed)?;
        }
        let done = self.commit(&transaction).await?.is_empty();
        binding.revision += 1;
        Ok(done.then_some(binding))
    }

    async fn made_before(
        &self,
        pools: UserPools<'_>,
        intent: &ClientIntent,
        made: &ClientId,
    ) -> Result<MadeClient, OperationError> {
        self.delete_others(pools, intent, Some(made)).await?;
        let client = Client { pool: intent.pool.clone(), id: made.clone() };
        let binding = self.read_binding(&client).await?;
        if binding.kind == ClientKind::Unbound {
            return Err(OperationError::ClientUnbound(made.to_string()));
        }
        if !same_purpose(&binding.kind, &intent.kind) {
            return Err(OperationError::ClientBoundElsewhere(crate::shape::client_kind(&binding.kind).to_owned()));
        }
        let Some(read) = pool::find(pools.cognito, &client).await? else {
            return Err(OperationError::ClientGone(format!("{}:{made}", client.pool)));
        };
        // Whoever bound it may not have come this far.
        self.keep_up(pools, &binding, None).await?;
        let has_secret = read.secret().is_some();
        Ok(MadeClient { binding, name: pool_name(intent), secret: None, has_secret, before: true })
    }

    /// Deletes whatever else was made for an intent: an answer was lost and the request sent again, or two runs met. Once a client is
    /// bound, only what was made until then: anybody can copy a name.
    pub(crate) async fn delete_others(
        &self,
        pools: UserPools<'_>,
        intent: &ClientIntent,
        but: Option<&ClientId>,
    ) -> Result<(), OperationError> {
        for id in pool::named(pools.cognito, &intent.pool, &pool_name(intent)).await? {
            let client = Client { pool: intent.pool.clone(), id };
            let known: Option<Binding> = self.session.get(&Key::binding(&client)).await?;
            let bound = known.is_some_and(|known| known.kind != ClientKind::Unbound);
            if Some(&client.id) == but || bound {
                continue;
            }
            if intent.made.is_some() {
                let read = pool::find(pools.cognito, &client).await?;
                let created = read.and_then(|read| read.created());
                let ours = |(created, bound)| created <= bound + DUPLICATES;
                if !created.zip(intent.bound).is_some_and(ours) {
                    continue;
                }
            }
            pool::delete(pools.cognito, &client).await?;
        }
        Ok(())
    }

    async fn undo(&self, pools: UserPools<'_>, intent: &ClientIntent) -> Result<(), OperationError> {
        self.delete_others(pools, intent, None).await?;
        self.forget(intent, "client.give_up").await
    }

    /// Deletes an intent, if nobody went on with it. Whoever finds that somebody else deleted it has nothing left to do.
    pub(crate) async fn forget(&self, intent: &ClientIntent, action: &'static str) -> Result<(), OperationError> {
        let made = intent.made.as_ref().map_or(intent.nonce.as_str(), AsRef::as_ref);
        let target = format!("{}:{made}", intent.pool);
        let deed = Deed::new(action, &target);
        let mut transaction = self.transaction();
        transaction.delete_entity(Part::Intent, intent)?;
        match intent.tenant() {
            Some(tenant) => self.record(&mut transaction, tenant, self.now(), deed)?,
            None => self.record_for_all(&mut transaction, self.now(), deed)?,
        }
        if self.commit(&transaction).await?.is_empty() {
            return Ok(());
        }
        let known: Option<ClientIntent> =
            self.session.get(&Key::client_intent(&intent.pool, intent.tenant(), &intent.name)).await?;
        if known.is_none_or(|known| known.nonce != intent.nonce) { Ok(()) } else { Err(OperationError::Contended) }
    }

    async fn ground_of(&self, pools: UserPools<'_>, wish: &ClientWish) -> Result<Ground, OperationError> {
        let tenant = match wish.kind.tenant() {
            Some(id) => Some(self.open_tenant(id).await?),
            None => None,
        };
        self.ground_for(pools, &wish.pool, &wish.kind, tenant).await
    }

    async fn ground_for(
        &self,
        pools: UserPools<'_>,
        pool: &PoolId,
        kind: &ClientKind,
        tenant: Option<Tenant>,
    ) -> Result<Ground, OperationError> {
        let schema = pool::schema(pools.cognito, pool).await?;
        let providers = self.providers_in(pool, tenant.as_ref()).await?;
        let policy = tenant.as_ref().map(|tenant| &tenant.policy);
        let required = pool::required(kind, policy, &providers, pools.claims, &schema);
        let spelling = self.spelling(pools, pool, tenant.as_ref()).await?;
        Ok(Ground { required: required.spelled(&spelling), schema, tenant })
    }
}

/// What the client is called in the pool: for people, and for whoever looks for what an intent left.
fn pool_name(intent: &ClientIntent) -> String {
    format!("{} tenantry-{}", intent.name, intent.nonce)
}

/// A client's name for people: what a pool takes, with room for the nonce.
fn check_client_name(name: &str) -> Result<(), OperationError> {
    let fits = (1..=100).contains(&name.len());
    let takes = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '+' | '=' | ',' | '.' | '@' | '-');
    if fits && name.chars().all(takes) && name.trim() == name {
        Ok(())
    } else {
        let rule = "1 to 100 letters, digits, spaces and _ + = , . @ -";
        Err(domain::Invalid { noun: "client name", rule }.into())
    }
}

fn new_client(wish: &ClientWish, name: &str) -> NewClient {
    NewClient {
        name: name.to_owned(),
        secret: wish.secret,
        password_flow: wish.password_flow,
        callback_urls: wish.callback_urls.clone(),
        logout_urls: wish.logout_urls.clone(),
        scopes: wish.scopes.clone(),
    }
}

fn binding(client: &Client, wish: &ClientWish) -> Binding {
    Binding {
        client: client.clone(),
        kind: wish.kind.clone(),
        mode: Mode::Enforce,
        groups: Groups::Carry,
        suppress_account_scope: wish.suppress_account_scope,
        revision: 0,
    }
}
