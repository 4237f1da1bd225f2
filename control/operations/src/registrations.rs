//! What templates hold: who made a tenant, a binding, a provider or a pool's settings by a template, so that deleting or renaming
//! something in one template takes nothing from another one, or from an operator.
//!
//! Whoever makes something by a template *takes* it first and makes it then; what is given up is undone and let go in one transaction.
//! So whatever happens in between, the holder's next attempt finds its own mark, and nobody else undoes what it made.
//!
//! What was there already is *adopted*: whoever adopted it lets go of it, or hands it back, and never undoes it. A deployment that is
//! rolled back deletes what it had just adopted, and people may live by it.

use domain::{Binding, Client, ClientKind, Pool, PoolId, Provider, ProviderName, Tenant, TenantId};
use store::Key;
use store::entity::{Former, Registration};

use crate::clients::entomb;
use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

/// What can be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A tenant.
    Tenant(TenantId),
    /// An app client's binding.
    Client(Client),
    /// A provider's binding.
    Provider(PoolId, ProviderName),
    /// A pool's settings.
    Pool(PoolId),
}

impl Subject {
    fn key(&self) -> Key {
        match self {
            Self::Tenant(id) => Key::tenant(id),
            Self::Client(client) => Key::binding(client),
            Self::Provider(pool, name) => Key::provider(pool, name),
            Self::Pool(id) => Key::pool(id),
        }
    }
}

/// By what right something is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The taker is going to make it: what is there is refused.
    Maker,
    /// The taker made it just now, or earlier and left it.
    Own,
    /// The taker insists, on what another holds too.
    Adopter,
}

/// What came of taking something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It was nobody's, and was not there; or the taker made it.
    Now,
    /// It is the taker's own already.
    Before,
    /// It was there, and the taker insisted.
    Adopted,
    /// This other one holds it.
    HeldBy(String),
    /// It is there, and no template made it.
    There,
}

impl Taken {
    /// Whether it is the taker's.
    pub const fn is_mine(&self) -> bool {
        matches!(self, Self::Now | Self::Before | Self::Adopted)
    }
}

impl Operations {
    /// Who holds something, if anybody does. For operators.
    pub async fn held(&self, subject: &Subject) -> Result<Option<Registration>, OperationError> {
        self.operators_only()?;
        Ok(self.session().get(&Key::registration(&subject.key())).await?)
    }

    /// Takes something for a holder, before it is made or changed. What another holds is taken only by adopting it; `made` says what is
    /// going to be made of it. For operators.
    pub async fn hold(
        &self,
        subject: &Subject,
        holder: &str,
        made: &str,
        right: Right,
    ) -> Result<Taken, OperationError> {
        for _ in 0..ROUNDS {
            let known = self.held(subject).await?;
            let taken = match &known {
                Some(known) if known.holder == holder => Taken::Before,
                Some(known) if right != Right::Adopter => return Ok(Taken::HeldBy(known.holder.clone())),
                Some(_) => Taken::Adopted,
                None if right == Right::Own || !self.is_there(subject).await? => Taken::Now,
                None if right == Right::Adopter => Taken::Adopted,
                None => return Ok(Taken::There),
            };
            let mut registration = Registration {
                of: subject.key(),
                holder: holder.to_owned(),
                made: made.to_owned(),
                adopted: taken == Taken::Adopted,
                former: None,
                revision: known.as_ref().map_or(0, |known| known.revision),
            };
            match &known {
                // What was adopted and is gone since, the holder is going to make.
                Some(known) if taken == Taken::Before && known.adopted && self.is_there(subject).await? => {
                    registration.adopted = true;
                    registration.former.clone_from(&known.former);
                }
                Some(Registration { holder, made, adopted, .. }) if taken == Taken::Adopted => {
                    registration.former =
                        Some(Former { holder: holder.clone(), made: made.clone(), adopted: *adopted });
                }
                _ => {}
            }
            if known.as_ref() == Some(&registration) {
                return Ok(taken);
            }
            let mut transaction = self.transaction();
            transaction.write(Part::Registration, &registration)?;
            self.record_for_all(&mut transaction, self.now(), Deed::new("registration.take", &registration.of.pk))?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(taken);
            }
        }
        Err(OperationError::Contended)
    }

    /// Lets go of something without undoing it; whether the holder held it. For operators.
    pub async fn let_go(&self, subject: &Subject, holder: &str) -> Result<bool, OperationError> {
        self.give_up(subject, holder, false).await
    }

    /// Undoes what the holder made and lets go of it, in one transaction: a binding leaves its tombstone, a provider is unbound, a pool
    /// gets its defaults. What is no longer as the holder made it stays, and so does what the holder adopted: that goes back to whom it
    /// was taken from. A tenant always stays. Whether the holder held it. For operators.
    pub async fn undo_held(&self, subject: &Subject, holder: &str) -> Result<bool, OperationError> {
        self.give_up(subject, holder, true).await
    }

    async fn give_up(&self, subject: &Subject, holder: &str, undo: bool) -> Result<bool, OperationError> {
        for _ in 0..ROUNDS {
            let Some(held) = self.held(subject).await? else { return Ok(false) };
            let mine = held.holder == holder;
            let former = held.former.clone();
            let mut transaction = self.transaction();
            let mut recorded = false;
            let action = match former {
                Some(Former { holder, made, adopted }) if mine => {
                    let back = Registration { holder, made, adopted, former: None, ..held.clone() };
                    transaction.write(Part::Registration, &back)?;
                    "registration.hand_back"
                }
                _ if mine => {
                    transaction.delete_entity(Part::Registration, &held)?;
                    if undo && !held.adopted {
                        recorded = self.undo_in(&mut transaction, subject, &held).await?;
                    }
                    "registration.let_go"
                }
                // What the former holder would have undone is the adopter's from now on, as if the adopter had made it.
                Some(former) if former.holder == holder => {
                    let adopted = former.adopted || !undo;
                    transaction.write(Part::Registration, &Registration { adopted, former: None, ..held.clone() })?;
                    "registration.leave"
                }
                _ => return Ok(false),
            };
            if !recorded {
                self.record_for_all(&mut transaction, self.now(), Deed::new(action, &held.of.pk))?;
            }
            if self.commit(&transaction).await?.is_empty() {
                return Ok(mine);
            }
        }
        Err(OperationError::Contended)
    }

    /// Adds what undoes a subject, with its record; `false`: there is nothing to undo.
    async fn undo_in(
        &self,
        transaction: &mut store::Transaction<Part>,
        subject: &Subject,
        held: &Registration,
    ) -> Result<bool, OperationError> {
        let now = self.now();
        match subject {
            Subject::Tenant(_) => return Ok(false),
            Subject::Client(client) => {
                let Some(mut binding) = self.session().get::<Binding>(&Key::binding(client)).await? else {
                    return Ok(false);
                };
                if purpose(&binding.kind) != held.made {
                    return Ok(false);
                }
                let tenant = match binding.kind.tenant() {
                    Some(id) => self.session().get::<Tenant>(&Key::tenant(id)).await?,
                    None => None,
                };
                entomb(&mut binding);
                transaction.write(Part::Binding, &binding)?;
                let target = format!("{}:{}", client.pool, client.id);
                let deed = Deed::new("client.unbind", &target);
                match &tenant {
                    Some(tenant) => self.record(transaction, &tenant.id, now, deed)?,
                    None => self.record_for_all(transaction, now, deed)?,
                }
            }
            Subject::Provider(pool, name) => {
                let Some(provider) = self.session().get::<Provider>(&Key::provider(pool, name)).await? else {
                    return Ok(false);
                };
                if serves(&provider.kind) != held.made {
                    return Ok(false);
                }
                transaction.delete_entity(Part::Provider, &provider)?;
                self.record_provider(transaction, &provider, now, "provider.unbind")?;
            }
            Subject::Pool(id) => {
                let Some(mut pool) = self.session().get::<Pool>(&Key::pool(id)).await? else { return Ok(false) };
                // Each setting for itself: what an operator set beside it stays.
                let before = pool.clone();
                let (observes, tenant) = held.made.split_once(' ').unwrap_or((&held.made, ""));
                pool.observe_unbound &= observes != OBSERVES;
                pool.dedicated_to.take_if(|own| own.as_ref() == tenant);
                if pool == before {
                    return Ok(false);
                }
                transaction.write(Part::Pool, &pool)?;
                self.record_for_all(transaction, now, Deed::new("pool.reset", id.as_ref()))?;
            }
        }
        Ok(true)
    }

    /// Whether somebody made it already: a tombstone and a pool's defaults are nobody's.
    async fn is_there(&self, subject: &Subject) -> Result<bool, OperationError> {
        Ok(match subject {
            Subject::Tenant(id) => self.session().get::<Tenant>(&Key::tenant(id)).await?.is_some(),
            Subject::Client(client) => {
                let binding: Option<Binding> = self.session().get(&Key::binding(client)).await?;
                binding.is_some_and(|binding| binding.kind != ClientKind::Unbound)
            }
            Subject::Provider(pool, name) => {
                self.session().get::<Provider>(&Key::provider(pool, name)).await?.is_some()
            }
            Subject::Pool(id) => {
                let pool = self.read_pool(id).await?;
                pool.observe_unbound || pool.dedicated_to.is_some()
            }
        })
    }
}

/// What a client is bound to, as a registration says it: what may change under the same holder is not in it.
pub fn purpose(kind: &ClientKind) -> String {
    let word = crate::shape::client_kind(kind);
    kind.tenant().map_or_else(|| word.to_owned(), |tenant| format!("{word} {tenant}"))
}

/// Whose a provider is, as a registration says it.
pub fn serves(kind: &domain::ProviderKind) -> String {
    match kind {
        domain::ProviderKind::Tenant(tenant) => format!("tenant {tenant}"),
        domain::ProviderKind::Social => "social".to_owned(),
    }
}

/// A registration's word for a pool whose unbound clients observe.
const OBSERVES: &str = "observes";

/// What a pool is, as a registration says it.
pub fn settings(pool: &Pool) -> String {
    let observes = if pool.observe_unbound { OBSERVES } else { "denies" };
    pool.dedicated_to.as_ref().map_or_else(|| observes.to_owned(), |tenant| format!("{observes} {tenant}"))
}
