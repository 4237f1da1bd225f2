//! Doing what a plan says, in the order in which nobody is locked out.

use domain::ClientId;
use pool::attach::{self, Allowed, Permission, PoolSettings, Slots};
use pool::survey::Trigger;
use serde::Serialize;

use super::{Adopting, AttachError, AttachPlan, AttachWish};
use crate::record::Deed;
use crate::{OperationError, Operations};

/// A client that no pool has: ids have 26 letters and digits.
const NO_CLIENT: &str = "tenantryprobe";

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attached {
    /// The table lets clients pass now that were never bound.
    pub observes_unbound: bool,
    /// Functions that the pool may call now.
    pub permitted: Vec<String>,
    /// Functions that were called once, and answered as they have to.
    pub probed: Vec<String>,
    /// Slots that were set.
    pub set: Vec<&'static str>,
}

impl Operations {
    /// Attaches what a plan says. Repeating it finishes what was interrupted. For operators.
    pub async fn attach(
        &self,
        aws: Adopting<'_>,
        wish: &AttachWish,
        plan: &AttachPlan,
    ) -> Result<Attached, AttachError> {
        self.operators_only()?;
        if let Some(obstacle) = plan.obstacles.first() {
            return Err(AttachError::Obstacle(obstacle.clone()));
        }
        let mut done = Attached::default();
        if plan.observe_unbound {
            self.observe_unbound(&wish.pool, true).await?;
            done.observes_unbound = true;
        }
        for slot in plan.slots.iter().filter(|slot| slot.permit) {
            let now = Permission { allowed: Allowed::No, ours: slot.ours_in_policy };
            let after = attach::permit(aws.lambda, &slot.function, &plan.settings, now).await?;
            if !matches!(after.allowed, Allowed::Yes | Allowed::Loosely) {
                return Err(AttachError::NotPermitted(slot.function.to_string()));
            }
            done.permitted.push(slot.function.to_string());
        }
        if wish.probe
            && let Some(client) = Self::probe_at(plan)?
        {
            for slot in plan.slots.iter().filter(|slot| slot.set) {
                let said =
                    attach::probe(aws.lambda, &slot.function, slot.trigger, plan.version, &wish.pool, &client).await?;
                if let Some(said) = said {
                    return Err(AttachError::Probe { function: slot.function.to_string(), said });
                }
                done.probed.push(slot.function.to_string());
            }
        }
        if plan.slots.iter().any(|slot| slot.set) {
            self.write(aws, &plan.settings, &plan.target, "pool.attach").await?;
            done.set = plan.slots.iter().filter(|slot| slot.set).map(|slot| slot.slot).collect();
        }
        Ok(done)
    }

    /// A client at which nobody is refused and nothing is written.
    fn probe_at(plan: &AttachPlan) -> Result<Option<ClientId>, AttachError> {
        // In a dedicated pool a client that the table does not know enforces.
        if (plan.observes_unbound || plan.observe_unbound) && !plan.dedicated {
            return Ok(Some(NO_CLIENT.parse().map_err(OperationError::from)?));
        }
        Ok(plan.observed.clone())
    }

    /// Writes slots into a pool that is still what was shown, and makes sure that nothing else changed.
    pub(super) async fn write(
        &self,
        aws: Adopting<'_>,
        shown: &PoolSettings,
        slots: &Slots,
        action: &'static str,
    ) -> Result<(), AttachError> {
        let now = attach::read(aws.cognito, shown.pool()).await?;
        if !now.is_as(shown) {
            let mut names = shown.changed(&now);
            if now.slots() != shown.slots() {
                names.push("LambdaConfig".to_owned());
            }
            return Err(AttachError::PoolChanged(names));
        }
        // The record first: a write whose answer is lost is known then.
        self.note(action, shown.pool().as_ref()).await?;
        attach::write(aws.cognito, shown.pool(), &now.update(slots)).await?;
        let after = attach::read(aws.cognito, shown.pool()).await?;
        let mut lost = now.changed(&after);
        if !after.slots().keeps_others_of(&now.slots()) {
            lost.push("LambdaConfig".to_owned());
        }
        if !lost.is_empty() {
            return Err(AttachError::NotKept(lost));
        }
        let told = |slots: &Slots, trigger| slots.occupant(trigger).map(|there| (there.arn, there.version));
        let other = |trigger: &Trigger| told(&after.slots(), *trigger) != told(slots, *trigger);
        let unset: Vec<String> =
            Trigger::OURS.into_iter().filter(other).map(|trigger| trigger.slot().to_owned()).collect();
        if unset.is_empty() { Ok(()) } else { Err(AttachError::NotSet(unset)) }
    }

    async fn note(&self, action: &'static str, target: &str) -> Result<(), AttachError> {
        let mut transaction = self.transaction();
        self.record_for_all(&mut transaction, self.now(), Deed::new(action, target))?;
        self.commit(&transaction).await?;
        Ok(())
    }
}
