//! The open sessions, bounded, found again by everything that makes one token differ from another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::session::TenantSession;
use crate::token::{Identity, VerifiedIdToken};

pub(crate) struct Cache {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    sessions: HashMap<Identity, Seen>,
    turn: u64,
}

struct Seen {
    session: TenantSession,
    last: u64,
}

impl Cache {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// The session of this token, or the one that `open` makes.
    // INVARIANT: what comes back is of the token's tenant. The tenant is part of what a session is found by, and a session
    // never changes its token.
    pub(crate) fn session(
        &self,
        token: &VerifiedIdToken,
        now: SystemTime,
        open: impl FnOnce() -> TenantSession,
    ) -> TenantSession {
        // Nothing panics while the lock is held, and a half-done change would only cost a session its place.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.turn += 1;
        let turn = held.turn;
        if let Some(seen) = held.sessions.get_mut(&token.identity()) {
            seen.last = turn;
            return seen.session.clone();
        }
        let session = open();
        if self.most == 0 {
            return session;
        }
        if held.sessions.len() >= self.most {
            held.sessions.retain(|_, seen| seen.session.expires_at() > now);
        }
        if held.sessions.len() >= self.most {
            let oldest = held.sessions.iter().min_by_key(|(_, seen)| seen.last).map(|(identity, _)| identity.clone());
            if let Some(oldest) = oldest {
                held.sessions.remove(&oldest);
            }
        }
        held.sessions.insert(token.identity(), Seen { session: session.clone(), last: turn });
        session
    }

    pub(crate) fn forget(&self, which: impl Fn(&Identity) -> bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sessions.retain(|identity, _| !which(identity));
    }
}
