//! A wire on which everybody takes turns: at every request of the real SDK the caller stands back, before the engine is asked and after it
//! has answered, so that of very many callers any other may come in between. Over a socket few of those orders ever happen.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use dynoxide::Database;

use crate::campaign::Dice;
use crate::in_process::{answer, operation, response};

/// How often a caller stands back at most.
const MOST: usize = 4;

/// The wire.
#[derive(Clone)]
pub(super) struct Turns {
    database: Database,
    dice: Arc<Mutex<Dice>>,
}

impl std::fmt::Debug for Turns {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Turns")
    }
}

impl Turns {
    pub(super) fn new(database: Database, seed: u64) -> Self {
        Self { database, dice: Arc::new(Mutex::new(Dice::new(seed))) }
    }

    fn times(&self) -> usize {
        self.dice.lock().expect("a lock").below(MOST)
    }
}

impl HttpConnector for Turns {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(request.headers().get("x-amz-target"));
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let (database, before, after) = (self.database.clone(), self.times(), self.times());
        HttpConnectorFuture::new(async move {
            stand_back(1 + before).await;
            let (status, body) = answer(&database, &operation, &body);
            stand_back(1 + after).await;
            Ok(response(status, body))
        })
    }
}

/// Lets others go first, so many times.
pub(super) async fn stand_back(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}
