//! Taking our functions out of a pool's slots, and our statements out of their policies.

use std::collections::BTreeSet;
use std::time::Duration;

use pool::PoolError;
use pool::attach::{self, FunctionArn, FunctionError, OtherSlot, PoolSettings, Slots, Standing};
use pool::survey::Trigger;
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
    /// What could not be found out; it is in nobody's way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The same for a shell, which needs nothing of ours.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cli: String,
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
    /// What could not be done beside that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl DetachPlan {
    /// Whether there is nothing to do, as far as is known.
    pub fn is_done(&self) -> bool {
        self.emptied.is_empty() && self.forbidden.is_empty()
    }

    /// The update that brings back the pool as it was read.
    pub fn restore(&self) -> String {
        format!("{:#}", self.settings.restore())
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
        let settings = match attach::read(aws.cognito, pool).await {
            Err(PoolError::Missing) => return Err(AttachError::NoPool(pool.to_string())),
            read => read?,
        };
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
        let mut warnings = Vec::new();
        let (forbidden, functions) = Self::statements(aws, candidates, &settings, &mut warnings).await;
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
        if emptied.is_empty()
            && forbidden.is_empty()
            && Trigger::OURS.into_iter().any(|one| before.occupant(one).is_some())
        {
            let ours = |slot: &&OtherSlot| Trigger::OURS.iter().any(|trigger| trigger.slot() == slot.slot);
            let there: Vec<String> =
                kept.iter().filter(ours).map(|slot| format!("{} by {}", slot.slot, slot.arn)).collect();
            obstacles.push(Obstacle {
                code: "SLOTS_NOT_OURS",
                message: format!("nothing of these names is attached, and slots are occupied: {}", there.join(", ")),
                help: "if these functions are ours, name them: --functions-prefix, or --trigger pre-sign-up=ARN for each; \
                       if they are yours, nothing is left to detach"
                    .to_owned(),
            });
        }
        if settings.text("UserPoolTier").is_none() && !emptied.is_empty() {
            warnings
                .push("the pool does not say its feature plan, and an update without it sets Essentials".to_owned());
        }
        let enforced = match self.enforced(aws, pool).await {
            Ok(enforced) => enforced,
            Err(error) => {
                warnings.push(format!("which app clients enforce is not known: {error}"));
                Vec::new()
            }
        };
        let cli = if emptied.is_empty() || !obstacles.is_empty() {
            String::new()
        } else {
            attach::update_lines(&settings, &target)
        };
        Ok(DetachPlan {
            pool: pool.to_string(),
            arn: settings.arn.clone(),
            emptied,
            kept,
            forbidden,
            enforced,
            warnings,
            cli,
            obstacles,
            settings,
            target,
            functions,
        })
    }

    /// Whose policy has our statement, and in whose it is to be taken out. What Lambda does not say is a warning.
    async fn statements(
        aws: Adopting<'_>,
        candidates: BTreeSet<FunctionArn>,
        settings: &PoolSettings,
        warnings: &mut Vec<String>,
    ) -> (Vec<String>, Vec<FunctionArn>) {
        let (mut known, mut functions) = (Vec::new(), Vec::new());
        let mut answers = true;
        for function in candidates {
            if answers {
                match attach::standing(aws.lambda, &function, settings).await {
                    // A function that is gone has no policy either.
                    Ok(Standing::Missing) => continue,
                    Ok(Standing::Ready(permission)) if !permission.ours => continue,
                    Ok(Standing::Ready(_)) => known.push(function.to_string()),
                    // Whatever its state is, it has a policy.
                    Ok(Standing::NotReady(_)) => {}
                    Err(error) => {
                        // Where nobody answers, five more would keep people waiting.
                        answers = matches!(error, FunctionError::NotAllowed(_));
                        warnings.push(format!("which functions the pool may call is not known: {error}"));
                    }
                }
            }
            functions.push(function);
        }
        (known, functions)
    }

    async fn enforced(&self, aws: Adopting<'_>, pool: &domain::PoolId) -> Result<Vec<String>, AttachError> {
        let known = self.read_pool(pool).await?;
        Ok(self.adopted_clients(aws, pool, &known).await?.0.enforced)
    }

    /// Detaches what a plan says: the slots first, which needs Cognito alone; then, as far as they can be had, the record and the permissions.
    /// These are taken `pause` later: Cognito does not say how soon it stops calling. The table is left as it is. For operators.
    pub async fn detach(&self, aws: Adopting<'_>, plan: &DetachPlan, pause: Duration) -> Result<Detached, AttachError> {
        self.operators_only()?;
        if let Some(obstacle) = plan.obstacles.first() {
            return Err(AttachError::Obstacle(obstacle.clone()));
        }
        let mut done = Detached::default();
        if !plan.emptied.is_empty() {
            let now = Self::unchanged(aws, &plan.settings).await?;
            let wrote = Self::write(aws, &now, &plan.target).await;
            // Also of a write whose answer was lost.
            if let Err(error) = self.note("pool.detach", &plan.pool).await {
                done.warnings.push(format!("this was not recorded in the table: {error}"));
            }
            wrote?;
            done.emptied = plan.emptied.iter().map(|slot| slot.slot.clone()).collect();
            if !plan.functions.is_empty() {
                attach::wait(pause).await;
            }
        }
        for function in &plan.functions {
            let mut left = |why: String| {
                let said =
                    format!("the statement for this pool stays in the policy of {function}, which harms nobody: {why}");
                done.warnings.push(said);
            };
            match Self::sits_in_a_slot(aws, function, &plan.settings).await {
                Ok(false) => {}
                Ok(true) => {
                    left("somebody put the function into a slot meanwhile".to_owned());
                    continue;
                }
                Err(error) => {
                    left(error.to_string());
                    continue;
                }
            }
            match attach::forbid(aws.lambda, function, plan.settings.pool()).await {
                Ok(true) => done.forbidden.push(function.to_string()),
                Ok(false) => {}
                Err(error) => {
                    left(error.to_string());
                    // Where nobody answers, five more would keep people waiting.
                    if matches!(error, FunctionError::Failed { .. }) {
                        break;
                    }
                }
            }
        }
        Ok(done)
    }

    async fn sits_in_a_slot(
        aws: Adopting<'_>,
        function: &FunctionArn,
        shown: &PoolSettings,
    ) -> Result<bool, PoolError> {
        let slots = attach::read(aws.cognito, shown.pool()).await?.slots();
        let sits = |trigger| slots.occupant(trigger).is_some_and(|there| function.is_of(&there.arn));
        Ok(Trigger::OURS.into_iter().any(sits))
    }
}
