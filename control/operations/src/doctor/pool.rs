//! One user pool held against the table.

use domain::claims::{ClaimName, Fact};
use domain::{Invalid, PoolId};
use jiff::{SignedDuration, Timestamp};
use pool::Cognito;
use pool::survey::{self};

use super::chart::Charted;
use super::settings::{Asked, judge};
use super::{Chart, Functions, PoolHealth};
use crate::alignment::UserPools;
use crate::{OperationError, Operations};

/// A code to confirm a sign-up is good for a day: nobody younger is forgotten.
const LEAST: SignedDuration = SignedDuration::from_hours(24);
/// Who never confirmed is told of after this long, unless another limit is given.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How to look at a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Which functions are ours.
    pub functions: Functions,
    /// Who signed up longer ago than this and never confirmed is told of; a day at least.
    pub unconfirmed_for: SignedDuration,
    /// What tokens say of a tenant and its members: nobody may write that of themselves.
    pub claims: Vec<ClaimName>,
}

impl Default for Examination {
    fn default() -> Self {
        Self { functions: Functions::default(), unconfirmed_for: USUAL, claims: usual_claims() }
    }
}

/// The names that tokens use unless the triggers are told others.
pub(super) fn usual_claims() -> Vec<ClaimName> {
    Fact::ALL.iter().filter_map(|fact| fact.name().parse().ok()).collect()
}

impl Examination {
    /// The pools, as whoever changes clients asks them.
    fn pools<'a>(&'a self, cognito: &'a Cognito) -> UserPools<'a> {
        UserPools { cognito, claims: &self.claims, adopted: false }
    }

    /// Who signed up before then and is not confirmed.
    fn limit(&self, now: Timestamp) -> Result<Timestamp, OperationError> {
        let invalid =
            Invalid { noun: "limit for unconfirmed users", rule: "one day at least: their code is good so long" };
        if self.unconfirmed_for < LEAST {
            return Err(invalid.into());
        }
        now.checked_sub(self.unconfirmed_for).map_err(|_| invalid.into())
    }
}

impl Operations {
    /// Looks a user pool over and adds what it finds; changes nothing. `seen` is told how many users were read so far. For operators.
    pub async fn examine_pool(
        &self,
        cognito: &Cognito,
        chart: &Chart,
        pool: &PoolId,
        how: &Examination,
        seen: &(dyn Fn(u64) + Send + Sync),
        health: &mut PoolHealth,
    ) -> Result<(), OperationError> {
        self.operators_only()?;
        let limit = how.limit(self.now())?;
        health.pools.push(pool.to_string());
        let Some(facts) = survey::pool_facts(cognito, pool).await? else {
            health.problem("POOL_MISSING", pool, "there is no such pool in this account and Region");
            return Ok(());
        };
        let nothing = Charted::default();
        let charted = chart.of(pool).unwrap_or(&nothing);
        let asked = Asked {
            codes: chart.asks_for_codes(pool),
            machines: chart.has_machines(pool),
            providers: chart.believes_a_provider(pool),
        };
        judge(pool, &facts, asked, &how.functions, health);
        self.examine_clients(how.pools(cognito), chart, pool, &facts.schema, health).await?;
        self.examine_users(cognito, pool, charted, limit, seen, health).await
    }
}
