//! Doing what a plan says: every step looks again before it acts, so that a plan may be old.

use domain::{Person, PoolId, Sub, TenantId, UserName};
use jiff::Timestamp;
use pool::Cognito;
use pool::survey::{self, Forgotten};
use store::Broken;

use super::chart::is_held;
use super::{Case, Fixed, Step};
use crate::alignment::UserPools;
use crate::record::Deed;
use crate::{ErrorKind, OperationError, Operations};

/// Why a seat was freed, for the record.
const DELETED: &str = "the user is deleted from the pool";

/// Why a seat was not.
const LAST_OWNER: &str =
    ". It is the tenant's last owner: make somebody else one with `tenantctl member role`, or close the tenant";

impl Operations {
    /// Does the steps of a finding and notes in it what became of it. Repeating it is safe: what is done is done. For operators.
    pub async fn treat(&self, pools: UserPools<'_>, case: &mut Case) -> Result<(), OperationError> {
        self.operators_only()?;
        self.record_purge(&case.steps).await?;
        let mut fixed = if case.steps.is_empty() { Fixed::No } else { Fixed::Done };
        for step in &case.steps {
            let became = match self.take(pools, step).await {
                Err(error) if is_of_this_step(&error) => {
                    // Of thousands of steps, many may fail for the same reason: it is told once.
                    let why = match error {
                        OperationError::LastOwner => LAST_OWNER.to_owned(),
                        other => format!(". It stays: {other}; {}", other.help()),
                    };
                    if !case.finding.message.contains(&why) {
                        case.finding.message.push_str(&why);
                    }
                    Fixed::No
                }
                other => other?,
            };
            fixed = worse(fixed, became);
        }
        case.finding.fix = fixed;
        Ok(())
    }

    async fn take(&self, pools: UserPools<'_>, step: &Step) -> Result<Fixed, OperationError> {
        let cognito = pools.cognito;
        match step {
            Step::FreeSeat { person, tenant, member: _ } => self.free_seat(cognito, tenant, person).await,
            Step::ForgetUser { pool, user_name, sub, before } => {
                self.forget_user(cognito, pool, user_name, sub, *before).await
            }
            Step::AlignClient { client, tenant } => {
                let aligned = self.align_client(pools, tenant, client).await?;
                Ok(if aligned { Fixed::Done } else { Fixed::Again })
            }
        }
    }

    /// Who never confirmed is nobody's member: a record for all of them together, written before.
    async fn record_purge(&self, steps: &[Step]) -> Result<(), OperationError> {
        let mut forgets = steps.iter().filter_map(|step| match step {
            Step::ForgetUser { pool, before, .. } => Some((pool, before)),
            _ => None,
        });
        let Some((pool, before)) = forgets.next() else { return Ok(()) };
        let reason = format!("up to {} users who never confirmed since before {before:.0}", 1 + forgets.count());
        let mut transaction = self.transaction();
        let deed = Deed::new("pool.forget_unconfirmed", pool.as_ref()).because(Some(&reason));
        self.record_for_all(&mut transaction, self.now(), deed)?;
        if self.commit(&transaction).await?.is_empty() { Ok(()) } else { Err(OperationError::Contended) }
    }

    async fn free_seat(&self, cognito: &Cognito, tenant: &TenantId, person: &Person) -> Result<Fixed, OperationError> {
        let over = survey::is_gone(cognito, &person.pool, &person.sub).await?
            && self.release_deleted(tenant, person, DELETED).await?;
        Ok(if over { Fixed::Done } else { Fixed::Again })
    }

    async fn forget_user(
        &self,
        cognito: &Cognito,
        pool: &PoolId,
        name: &UserName,
        sub: &Sub,
        before: Timestamp,
    ) -> Result<Fixed, OperationError> {
        // Somebody may have added them meanwhile.
        let person = Person { pool: pool.clone(), sub: sub.clone() };
        if self.memberships_of(&person).await?.iter().any(|row| is_held(row.status)) {
            return Ok(Fixed::Again);
        }
        Ok(match survey::forget_unconfirmed(cognito, pool, (name, sub), before).await? {
            Forgotten::Deleted | Forgotten::Gone => Fixed::Done,
            Forgotten::Kept => Fixed::Again,
        })
    }
}

/// Whether an error says something of this step alone, so that the others can go on: a refusal, or an item that cannot be read.
const fn is_of_this_step(error: &OperationError) -> bool {
    matches!(error.kind(), ErrorKind::Refused)
        || matches!(error, OperationError::Broken(Broken::Unreadable { .. } | Broken::ForeignKey))
}

const fn worse(one: Fixed, other: Fixed) -> Fixed {
    match (one, other) {
        (Fixed::No, _) | (_, Fixed::No) => Fixed::No,
        (Fixed::Again, _) | (_, Fixed::Again) => Fixed::Again,
        (Fixed::Possible, _) | (_, Fixed::Possible) => Fixed::Possible,
        (Fixed::Done, Fixed::Done) => Fixed::Done,
    }
}
