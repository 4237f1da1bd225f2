//! App clients: what they are bound to, and a guess at it for the next event.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::{Binding, Catalogue, Client, ClientKind, Mode, Pool};

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
