//! Leaks: secrets that can be told from everything else go through every trigger and every operation, on good days and on bad ones, and are
//! looked for in every form in everything that is said and kept. `canary::ALLOWED` says which may be where.

pub mod canary;
mod ear;
mod gossip;
mod operators;
mod triggers;

use super::{Effort, Failed, Tally};

/// Everything once, with a slice of it in the tests.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(everywhere(effort))
}

async fn everywhere(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    Box::pin(triggers::would_be_found(&mut tally)).await?;
    if effort.only.as_deref().is_none_or(|line| line.starts_with("operators ")) {
        Box::pin(operators::run(&mut tally)).await?;
    }
    Box::pin(triggers::run(effort, &mut tally)).await?;
    Ok(tally)
}
