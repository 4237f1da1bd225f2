//! Doing what a plan says, in the order in which nobody is locked out.

use domain::ClientId;
use pool::PoolError;
use pool::attach::{self, Allowed, FunctionArn, Permission, PoolSettings, Slots, Standing};
use pool::survey::Trigger;
use serde::Serialize;

use super::plan::{begins, missing, not_ready};
use super::{Adopting, AttachError, AttachPlan, AttachWish, Obstacle};
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
    /// What came to be otherwise in the moment of writing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
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
        if !plan.observe_unbound {
            return self.set_slots(aws, wish, plan).await;
        }
        self.observe_unbound(&wish.pool, true).await?;
        match self.set_slots(aws, wish, plan).await {
            Ok(done) => Ok(Attached { observes_unbound: true, ..done }),
            Err(cause) => {
                let close = format!("{} pool observe-unbound {} --off --yes", wish.tenantctl, plan.pool);
                Err(AttachError::Opened { cause: Box::new(cause), close })
            }
        }
    }

    /// Everything but what the table says of clients that were never bound.
    async fn set_slots(
        &self,
        aws: Adopting<'_>,
        wish: &AttachWish,
        plan: &AttachPlan,
    ) -> Result<Attached, AttachError> {
        let mut done = Attached::default();
        for slot in plan.slots.iter().filter(|slot| slot.permit) {
            let now = Permission { allowed: Allowed::No, ours: slot.ours_in_policy };
            Self::let_in(aws, plan, &slot.function, now, &mut done).await?;
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
        if plan.sets() {
            // Whoever was asked took their time, and others work on the same pool: nothing is set that is not as it was shown.
            for slot in plan.slots.iter().filter(|slot| slot.set) {
                match attach::standing(aws.lambda, &slot.function, &plan.settings).await? {
                    Standing::Ready(now) => Self::let_in(aws, plan, &slot.function, now, &mut done).await?,
                    Standing::Missing => return Err(AttachError::Obstacle(missing(&slot.function))),
                    Standing::NotReady(why) => return Err(AttachError::Obstacle(not_ready(&slot.function, &why))),
                }
            }
            let refusing = self.refusing_since(aws, wish, plan).await?;
            if !refusing.is_empty() {
                return Err(AttachError::Obstacle(Obstacle {
                    code: "CLIENTS_ENFORCED",
                    message: format!("meanwhile these came to refuse people: {}", refusing.join(", ")),
                    help: "look at the plan again, then repeat the command".to_owned(),
                }));
            }
            let now = Self::unchanged(aws, &plan.settings).await?;
            // The record first: a write whose answer is lost is known then.
            self.note("pool.attach", &plan.pool).await?;
            Self::write(aws, &now, &plan.target).await?;
            done.set = plan.slots.iter().filter(|slot| slot.set).map(|slot| slot.slot).collect();
            self.look_again(aws, wish, plan, &mut done).await;
        }
        Ok(done)
    }

    /// Lets the pool call a function, unless it may.
    async fn let_in(
        aws: Adopting<'_>,
        plan: &AttachPlan,
        function: &FunctionArn,
        now: Permission,
        done: &mut Attached,
    ) -> Result<(), AttachError> {
        let may = |one: Permission| matches!(one.allowed, Allowed::Yes | Allowed::Loosely);
        if may(now) {
            return Ok(());
        }
        if !may(attach::permit(aws.lambda, function, &plan.settings, now).await?) {
            return Err(AttachError::NotPermitted(function.to_string()));
        }
        if !done.permitted.contains(&function.to_string()) {
            done.permitted.push(function.to_string());
        }
        Ok(())
    }

    /// What refuses people by now and did not when the plan was made.
    async fn refusing_since(
        &self,
        aws: Adopting<'_>,
        wish: &AttachWish,
        plan: &AttachPlan,
    ) -> Result<Vec<String>, AttachError> {
        let known = self.read_pool(&wish.pool).await?;
        let (clients, _) = self.adopted_clients(aws, &wish.pool, &known).await?;
        let shown = |name: &String| plan.clients.enforced.contains(name) || plan.clients.denied.contains(name);
        let mut refusing: Vec<String> = Vec::new();
        if !wish.enforced {
            refusing.extend(clients.enforced.into_iter().chain(clients.denied).filter(|name| !shown(name)));
        }
        // Who was denied before is not refused by this.
        let passed = begins(&plan.slots) || plan.observes_unbound;
        if passed && clients.never_bound > 0 && !known.observe_unbound {
            refusing.push(format!("{} app clients that were never bound", clients.never_bound));
        }
        Ok(refusing)
    }

    /// Once the slots are set: whether the pool may still call what is in them, and nobody came to be refused in that moment. What cannot be
    /// put right is a warning: the pool is written.
    async fn look_again(&self, aws: Adopting<'_>, wish: &AttachWish, plan: &AttachPlan, done: &mut Attached) {
        for slot in plan.slots.iter().filter(|slot| slot.set) {
            match attach::standing(aws.lambda, &slot.function, &plan.settings).await {
                Ok(Standing::Ready(now)) => {
                    if let Err(error) = Self::let_in(aws, plan, &slot.function, now, done).await {
                        done.warnings.push(error.to_string());
                    }
                }
                Ok(Standing::Missing) => done.warnings.push(format!("{} is gone by now", slot.function)),
                Ok(Standing::NotReady(why)) => {
                    done.warnings.push(format!("{} cannot run by now: {why}", slot.function));
                }
                Err(error) => done.warnings.push(format!("whether the pool may still call it is not known: {error}")),
            }
        }
        match self.refusing_since(aws, wish, plan).await {
            Ok(refusing) if refusing.is_empty() => {}
            Ok(refusing) => done.warnings.push(format!("these came to refuse people: {}", refusing.join(", "))),
            Err(error) => done.warnings.push(format!("whether a client came to refuse people is not known: {error}")),
        }
    }

    /// A client at which nobody is refused and nothing is written.
    fn probe_at(plan: &AttachPlan) -> Result<Option<ClientId>, AttachError> {
        // In a dedicated pool a client that the table does not know enforces.
        if (plan.observes_unbound || plan.observe_unbound) && !plan.dedicated {
            return Ok(Some(NO_CLIENT.parse().map_err(OperationError::from)?));
        }
        Ok(plan.observed.clone())
    }

    /// The pool as it is, if that is what was shown.
    pub(super) async fn unchanged(aws: Adopting<'_>, shown: &PoolSettings) -> Result<PoolSettings, AttachError> {
        let now = attach::read(aws.cognito, shown.pool()).await?;
        if now.is_as(shown) {
            return Ok(now);
        }
        let mut names = shown.changed(&now);
        if now.slots() != shown.slots() {
            names.push("LambdaConfig".to_owned());
        }
        Err(AttachError::PoolChanged(names))
    }

    /// Writes slots into a pool, and makes sure that nothing else changed.
    pub(super) async fn write(aws: Adopting<'_>, now: &PoolSettings, slots: &Slots) -> Result<(), AttachError> {
        let unsure = |error: PoolError| AttachError::Unsure { cause: error.into(), restore: None };
        attach::write(aws.cognito, now.pool(), &now.update(slots)).await.map_err(unsure)?;
        let after = attach::read(aws.cognito, now.pool()).await.map_err(unsure)?;
        let mut lost = now.changed(&after);
        if !after.slots().keeps_others_of(&now.slots()) {
            lost.push("LambdaConfig".to_owned());
        }
        if !lost.is_empty() {
            return Err(AttachError::NotKept { names: lost, restore: None });
        }
        let told = |slots: &Slots, trigger| slots.occupant(trigger).map(|there| (there.arn, there.version));
        let other = |trigger: &Trigger| told(&after.slots(), *trigger) != told(slots, *trigger);
        let unset: Vec<String> =
            Trigger::OURS.into_iter().filter(other).map(|trigger| trigger.slot().to_owned()).collect();
        if unset.is_empty() { Ok(()) } else { Err(AttachError::NotSet { names: unset, restore: None }) }
    }

    pub(super) async fn note(&self, action: &'static str, target: &str) -> Result<(), AttachError> {
        let mut transaction = self.transaction();
        self.record_for_all(&mut transaction, self.now(), Deed::new(action, target))?;
        if self.commit(&transaction).await?.is_empty() { Ok(()) } else { Err(OperationError::Contended.into()) }
    }
}
