//! Taking our functions out of a pool's slots, and our statements out of their policies.

use std::collections::BTreeSet;

use pool::attach::{self, FunctionArn, OtherSlot, PoolSettings, Slots, Standing};
use pool::survey::{self, Trigger};
use serde::Serialize;

use super::{Adopting, AttachError, Obstacle, OurFunctions};
use crate::Operations;

/// What detaching would do.
#[derive(Debug, Clone, Serialize)]
pub struct DetachPlan {
    /// The pool.
    pub pool: String,
    /// Its ARN.
    pub arn: String,
    /// Slots that are emptied.
    pub emptied: Vec<OtherSlot>,
    /// Everything else in `LambdaConfig`, which stays: other functions in our slots among it.
    pub kept: Vec<OtherSlot>,
    /// Functions whose policy loses our statement for the pool.
    pub forbidden: Vec<String>,
    /// App clients that enforce: their tokens are checked by nobody then.
    pub enforced: Vec<String>,
    /// What is in the way.
    pub obstacles: Vec<Obstacle>,
    #[serde(skip)]
    settings: PoolSettings,
    #[serde(skip)]
    target: Slots,
    #[serde(skip)]
    functions: Vec<FunctionArn>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Detached {
    /// Slots that were emptied.
    pub emptied: Vec<String>,
    /// Functions that the pool may call no more, as far as a statement of ours said so.
    pub forbidden: Vec<String>,
}

impl DetachPlan {
    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.emptied.is_empty() && self.functions.is_empty()
    }
}

impl Operations {
    /// What detaching would do; changes nothing. For operators.
    pub async fn plan_detach(
        &self,
        aws: Adopting<'_>,
        pool: &domain::PoolId,
        ours: &OurFunctions,
    ) -> Result<DetachPlan, AttachError> {
        self.operators_only()?;
        if survey::pool_facts(aws.cognito, pool).await?.is_none() {
            return Err(AttachError::NoPool(pool.to_string()));
        }
        let settings = attach::read(aws.cognito, pool).await?;
        let before = settings.slots();
        let mut target = before.clone();
        let (mut emptied, mut kept, mut candidates) = (Vec::new(), before.others(), BTreeSet::new());
        for trigger in Trigger::OURS {
            let function = ours.of(trigger, &settings);
            if let Some(occupant) = before.occupant(trigger) {
                let slot = OtherSlot { slot: trigger.slot().to_owned(), arn: occupant.arn.clone() };
                if function.is_of(&occupant.arn) {
                    target.empty(trigger);
                    candidates.extend(occupant.arn.parse::<FunctionArn>());
                    emptied.push(slot);
                } else {
                    kept.push(slot);
                }
            }
            candidates.insert(function);
        }
        let mut functions = Vec::new();
        for function in candidates {
            // A function that is gone has no policy either.
            if let Standing::Ready(permission) = attach::standing(aws.lambda, &function, &settings).await?
                && permission.ours
            {
                functions.push(function);
            }
        }
        let mut obstacles = Vec::new();
        if !settings.unknown().is_empty() && !emptied.is_empty() {
            obstacles.push(Obstacle {
                code: "POOL_SETTINGS_UNKNOWN",
                message: format!(
                    "the pool has settings that this version does not know, and an update could lose them: {}",
                    settings.unknown().join(", ")
                ),
                help: "update tenantctl, or empty the slots in the console, which changes them alone".to_owned(),
            });
        }
        let known = self.read_pool(pool).await?;
        let (clients, _) = self.adopted_clients(aws, pool, &known).await?;
        Ok(DetachPlan {
            pool: pool.to_string(),
            arn: settings.arn.clone(),
            emptied,
            kept,
            forbidden: functions.iter().map(ToString::to_string).collect(),
            enforced: clients.enforced,
            obstacles,
            settings,
            target,
            functions,
        })
    }

    /// Detaches what a plan says: the slots first, then the permissions. The table is left as it is. For operators.
    pub async fn detach(&self, aws: Adopting<'_>, plan: &DetachPlan) -> Result<Detached, AttachError> {
        self.operators_only()?;
        if let Some(obstacle) = plan.obstacles.first() {
            return Err(AttachError::Obstacle(obstacle.clone()));
        }
        let mut done = Detached::default();
        if !plan.emptied.is_empty() {
            self.write(aws, &plan.settings, &plan.target, "pool.detach").await?;
            done.emptied = plan.emptied.iter().map(|slot| slot.slot.clone()).collect();
        }
        for function in &plan.functions {
            if attach::forbid(aws.lambda, function, plan.settings.pool()).await? {
                done.forbidden.push(function.to_string());
            }
        }
        Ok(done)
    }
}
