//! The users of a pool held against the table's members: who is gone, who never confirmed, who is linked, by which providers they come.
//!
//! A pool may have millions of users: pages are read and forgotten, and what is kept is bounded by the members in the table.

use std::collections::{BTreeMap, HashSet};

use domain::{MembershipStatus, Person, PoolId, ProviderName, Sub};
use jiff::{SignedDuration, Timestamp};
use pool::Cognito;
use pool::survey::{self, PoolUser, UserStatus};
use store::Broken;

use super::chart::{Charted, is_held};
use super::{Case, Fixed, PoolHealth, Severity, Step};
use crate::{OperationError, Operations};

/// `ListUsers` lags behind: a membership that is newer than this is nobody's who is gone.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);
/// Unconfirmed users of one plan. Who is left is found by the next one.
const MOST: usize = 10_000;
/// So many people may be gone at once, or half of a pool's, before their absence says more of the pool than of them.
const MANY: usize = 20;
/// Why nothing is done about that.
const SUSPICIOUS: &str = ". More than half of this pool's members are missing, so no seat is freed: check the account and the endpoint. \
                          `tenantctl member remove --without-bar` ends single memberships";
/// Users whom a finding names.
const NAMED: usize = 5;

/// What is kept of the users.
#[derive(Debug, Default)]
struct Crowd {
    users: u64,
    linked: Some5,
    unconfirmed: Vec<PoolUser>,
    more_unconfirmed: u64,
    unconfirmed_members: Some5,
    /// Users of each provider.
    providers: BTreeMap<ProviderName, u64>,
}

/// How many there are, and the first few.
#[derive(Debug, Default)]
struct Some5 {
    count: u64,
    named: Vec<Sub>,
}

impl Some5 {
    fn add(&mut self, sub: &Sub) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(sub.clone());
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.named.iter().map(AsRef::as_ref).collect();
        let more = if self.count > self.named.len() as u64 { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    }
}

impl Crowd {
    fn add(&mut self, user: PoolUser, is_member: bool, limit: Timestamp) {
        self.users += 1;
        if user.is_linked() {
            self.linked.add(&user.sub);
        }
        match user.status {
            UserStatus::External => {
                for provider in user.providers {
                    *self.providers.entry(provider).or_default() += 1;
                }
            }
            UserStatus::Unconfirmed if user.created < limit => {
                if is_member {
                    self.unconfirmed_members.add(&user.sub);
                } else if self.unconfirmed.len() < MOST {
                    self.unconfirmed.push(user);
                } else {
                    self.more_unconfirmed += 1;
                }
            }
            UserStatus::Unconfirmed | UserStatus::Other => {}
        }
    }
}

impl Operations {
    pub(super) async fn examine_users(
        &self,
        cognito: &Cognito,
        pool: &PoolId,
        charted: &Charted,
        limit: Timestamp,
        seen: &(dyn Fn(u64) + Send + Sync),
        health: &mut PoolHealth,
    ) -> Result<(), OperationError> {
        let mut missing: HashSet<&Sub> = charted.members.iter().collect();
        let mut crowd = Crowd::default();
        let mut from = None;
        loop {
            let page = survey::users_page(cognito, pool, from).await?;
            for user in page.users {
                missing.remove(&user.sub);
                let is_member = charted.members.contains(&user.sub);
                crowd.add(user, is_member, limit);
            }
            seen(crowd.users);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        health.users += crowd.users;
        health.members += charted.members.len() as u64;
        tell(pool, charted, crowd, limit, health);
        let mut missing: Vec<&Sub> = missing.into_iter().collect();
        missing.sort();
        let (before, mut gone) = (health.cases.len(), 0);
        for sub in missing {
            let person = Person { pool: pool.clone(), sub: sub.clone() };
            gone += usize::from(self.examine_missing(cognito, person, health).await?);
        }
        // A pool of another account or endpoint answers all the same, and knows none of them.
        if gone > MANY && gone > charted.members.len() / 2 {
            for case in health.cases.iter_mut().skip(before) {
                keep(case);
            }
        }
        Ok(())
    }

    /// Somebody of the table whom the pages did not show, which were no snapshot. Whether they are gone.
    async fn examine_missing(
        &self,
        cognito: &Cognito,
        person: Person,
        health: &mut PoolHealth,
    ) -> Result<bool, OperationError> {
        if !survey::is_gone(cognito, &person.pool, &person.sub).await? {
            return Ok(false);
        }
        let now = self.now();
        let rows = match self.memberships_of(&person).await {
            Err(OperationError::Broken(Broken::Unreadable { .. } | Broken::ForeignKey)) => {
                let message =
                    "is deleted, and what the table holds of them cannot be read: `tenantctl doctor` names the item";
                health.problem("USER_DELETED", &format!("{}:{}", person.pool, person.sub), message);
                return Ok(true);
            }
            other => other?,
        };
        for row in rows {
            if !is_held(row.status) || row.since.max(row.created) + SETTLED > now {
                continue;
            }
            let Person { pool, sub } = &person;
            let (tenant, member) = (row.tenant, row.member);
            let (held, steps) = match row.status {
                // The suspension is to outlive the account, so somebody must say what becomes of the address.
                MembershipStatus::Suspended => (
                    "is suspended and holds a seat; `tenantctl member remove` frees it and keeps the address barred",
                    Vec::new(),
                ),
                MembershipStatus::Requested => (
                    "waits for an approval",
                    vec![Step::FreeSeat { person: person.clone(), tenant: tenant.clone(), member: member.clone() }],
                ),
                _ => (
                    "holds a seat",
                    vec![Step::FreeSeat { person: person.clone(), tenant: tenant.clone(), member: member.clone() }],
                ),
            };
            let message = format!("the user {sub} of {pool} is deleted, and still {held} in {tenant}");
            health.add(Severity::Problem, "USER_DELETED", &member, message, steps);
        }
        Ok(true)
    }
}

/// Takes back what would be done about somebody who is gone.
fn keep(case: &mut Case) {
    if case.steps.is_empty() {
        return;
    }
    case.steps.clear();
    case.finding.fix = Fixed::No;
    case.finding.message.push_str(SUSPICIOUS);
}

fn tell(pool: &PoolId, charted: &Charted, crowd: Crowd, limit: Timestamp, health: &mut PoolHealth) {
    if crowd.linked.count > 0 {
        let message = format!(
            "{} users have identities linked to them, whose provider can rewrite their address: they get no membership by domain or \
             provider, only by invitation ({})",
            crowd.linked.count,
            crowd.linked.names()
        );
        health.note("USERS_LINKED", pool, message);
    }
    if crowd.unconfirmed_members.count > 0 {
        let message = format!(
            "{} users who never confirmed since before {limit:.0} are members or wait to be; they stay ({})",
            crowd.unconfirmed_members.count,
            crowd.unconfirmed_members.names()
        );
        health.note("MEMBERS_UNCONFIRMED", pool, message);
    }
    if !crowd.unconfirmed.is_empty() {
        let count = crowd.unconfirmed.len() as u64 + crowd.more_unconfirmed;
        let more = if crowd.more_unconfirmed > 0 { format!("; {MOST} at a time") } else { String::new() };
        let message = format!(
            "{count} users signed up before {limit:.0} and never confirmed: somebody else's address may wait there for its owner{more}"
        );
        let steps = crowd.unconfirmed.into_iter().map(|user| Step::ForgetUser {
            pool: pool.clone(),
            user_name: user.user_name,
            sub: user.sub,
            before: limit,
        });
        health.add(Severity::Problem, "USERS_UNCONFIRMED", pool, message, steps.collect());
    }
    for (name, users) in crowd.providers {
        let target = format!("{pool}:{name}");
        match charted.providers.get(&name) {
            None => {
                let message = format!(
                    "{users} users come by this provider, which is bound to nobody: they are refused. `tenantctl idp bind` binds it"
                );
                health.problem("PROVIDER_UNBOUND", &target, message);
            }
            Some(provider) if !provider.enabled => {
                health.note(
                    "PROVIDER_DISABLED",
                    &target,
                    format!("{users} users come by this provider, which is disabled"),
                );
            }
            Some(_) => {}
        }
    }
}
