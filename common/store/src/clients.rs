//! App clients: what they are bound to, and a guess at it for the next event.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::{Binding, Catalogue, Client, ClientKind, Mode, Pool, Tenant, TenantId};

use crate::batch::{Batch, Found};
use crate::broken::Broken;
use crate::keys::Key;
use crate::session::Session;

/// Adds the keys of a client's binding and of its pool to a batch.
pub fn ask_binding(client: &Client, batch: &mut Batch) {
    batch.add(Key::binding(client)).add(Key::pool(&client.pool));
}

/// The client's binding in what the batch found. Where the client has no item of its own, the pool's default counts.
pub fn take_binding(client: &Client, found: &Found) -> Result<Option<Binding>, Broken> {
    if let Some(binding) = found.get(&Key::binding(client))? {
        return Ok(Some(binding));
    }
    let pool: Option<Pool> = found.get(&Key::pool(&client.pool))?;
    Ok(pool.and_then(|pool| pool.default_binding(client)))
}

/// Whether the client is bound in observe mode: asked where something failed before the binding was known. Whoever cannot be asked
/// does not observe.
pub async fn observes(session: &Session, client: &Client) -> bool {
    let mut batch = Batch::default();
    ask_binding(client, &mut batch);
    let binding = match session.batch(batch).await {
        Ok(found) => take_binding(client, &found),
        Err(broken) => Err(broken),
    };
    matches!(binding, Ok(Some(binding)) if binding.mode == Mode::Observe)
}

/// A client with the tenant that it is bound to, and whatever else was asked for with it.
#[derive(Debug)]
pub struct Bound {
    /// What the client is bound to; `None`: denied.
    pub binding: Option<Binding>,
    /// The tenant, if it is bound to one.
    pub tenant: Option<Tenant>,
    /// All that was read together.
    pub found: Found,
}

/// Reads a client's binding and its tenant in one round trip where the guess at the tenant holds, else in two. `ask` adds what else is
/// wanted, given the tenant.
pub async fn bound(
    session: &Session,
    guesses: &Guesses,
    client: &Client,
    ask: impl Fn(Option<&TenantId>, &mut Batch),
) -> Result<Bound, Broken> {
    let mut guess = guesses.of(client).and_then(|kind| kind.tenant().cloned());
    // A second answer that names yet another tenant is a binding that changes as one looks.
    for _ in 0..3 {
        let mut batch = Batch::default();
        ask_binding(client, &mut batch);
        if let Some(tenant) = &guess {
            batch.add(Key::tenant(tenant));
        }
        ask(guess.as_ref(), &mut batch);
        let found = session.batch(batch).await?;
        let binding = take_binding(client, &found)?;
        if let Some(binding) = &binding {
            guesses.learn(client, &binding.kind);
        }
        match binding.as_ref().and_then(|binding| binding.kind.tenant()) {
            None => return Ok(Bound { binding, tenant: None, found }),
            Some(tenant) if guess.as_ref() == Some(tenant) => {
                let tenant = found.get(&Key::tenant(tenant))?;
                return Ok(Bound { binding, tenant, found });
            }
            Some(tenant) => guess = Some(tenant.clone()),
        }
    }
    Err(Broken::Contended)
}

/// Adds the key of the catalogue to a batch.
pub fn ask_catalogue(batch: &mut Batch) {
    batch.add(Key::catalogue());
}

/// The catalogue in what the batch found; absent is empty.
pub fn take_catalogue(found: &Found) -> Result<Catalogue, Broken> {
    Ok(found.get(&Key::catalogue())?.unwrap_or_default())
}

/// What clients were bound to when they were last read, so that the next event can ask for everything in one round trip.
///
/// INVARIANT: a guess only chooses keys. What a client is bound to is read anew at every event.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<Client, ClientKind>>);

impl Guesses {
    /// More clients than this are not remembered: a pool has at most 10,000.
    const MOST: usize = 10_000;

    /// What the client was bound to.
    pub fn of(&self, client: &Client) -> Option<ClientKind> {
        self.0.lock().ok()?.get(client).cloned()
    }

    /// What the client is bound to.
    pub fn learn(&self, client: &Client, kind: &ClientKind) {
        if let Ok(mut guesses) = self.0.lock()
            && (guesses.len() < Self::MOST || guesses.contains_key(client))
        {
            guesses.insert(client.clone(), kind.clone());
        }
    }
}
