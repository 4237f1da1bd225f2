//! Who would be refused at an app client, and why: every user of its pool, asked by the triggers' own decisions and what the table says.
//! This needs no log, and writes nothing.

use std::collections::BTreeMap;
use std::pin::pin;

use domain::access::{self, Access, Way};
use domain::enrol::Enrolment;
use domain::{Client, ClientKind, Invalid, MembershipStatus, Person, PoolId, Refusal, TenantId};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use pool::Cognito;
use pool::survey::{self, Profile, UserStatus};
use serde::Serialize;
use store::enrolment::{Reminder, Visit, foresee};

use crate::abreast::abreast;
use crate::{OperationError, Operations};

/// A shared client refuses nobody who names no tenant, and no person comes to a machine's.
const ONE_TENANT: Invalid =
    Invalid { noun: "app client to ask for", rule: "one that is bound to the people of one tenant" };
/// So many people are named; all are counted.
const NAMED: usize = 10_000;

/// A user who would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedUser {
    /// Who, as the pool knows them.
    pub sub: String,
    /// Why.
    pub code: &'static str,
    /// Their address, where somebody asked for addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What an app client would say to the users of its pool, if each signed in now, with all that is asked of them.
#[derive(Debug, Default, Serialize)]
pub struct Who {
    /// The pool.
    pub pool: String,
    /// The client.
    pub client_id: String,
    /// Its tenant.
    pub tenant_id: String,
    /// Users that were asked for.
    pub users: u64,
    /// Would get in as members that they are.
    pub members: u64,
    /// Would become members by signing in.
    pub would_join: u64,
    /// Would be refused, and are members of no other tenant either; by code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Would be refused here, and are members of another tenant.
    pub elsewhere: u64,
    /// Cannot sign in anywhere: disabled, or never confirmed.
    pub idle: u64,
    /// Who is refused and is nobody's member.
    pub refused_users: Vec<RefusedUser>,
    /// Of these, not named.
    pub omitted: u64,
    /// Seats that are free; `None`: as many as it takes.
    #[serde(skip)]
    free: Option<u64>,
}

impl Who {
    /// How many are refused and are nobody's member.
    pub fn refused(&self) -> u64 {
        self.refused.values().sum()
    }

    fn take(&mut self, profile: &Profile, fate: &Fate, addresses: bool) {
        self.users += 1;
        // Each who joins takes a seat from whoever comes later.
        let full = matches!(fate, Fate::Joins) && self.free.is_some_and(|free| self.would_join >= free);
        let fate = if full { &Fate::Refused(Refusal::SeatsFull) } else { fate };
        match fate {
            Fate::Idle => self.idle += 1,
            Fate::Member => self.members += 1,
            Fate::Joins => self.would_join += 1,
            Fate::Elsewhere => self.elsewhere += 1,
            Fate::Refused(refusal) => {
                *self.refused.entry(refusal.code()).or_default() += 1;
                if self.refused_users.len() < NAMED {
                    let address = profile.account.address().filter(|_| addresses).map(ToString::to_string);
                    let sub = profile.user.sub.to_string();
                    self.refused_users.push(RefusedUser { sub, code: refusal.code(), address });
                } else {
                    self.omitted += 1;
                }
            }
        }
    }
}

/// What would become of a user.
enum Fate {
    /// Cannot sign in anywhere.
    Idle,
    Member,
    Joins,
    /// Refused here, and a member of another tenant.
    Elsewhere,
    Refused(Refusal),
}

impl Operations {
    /// Asks for every user of a client's pool. `addresses` are told only where somebody asked for them; `seen` is told how many users
    /// were asked for so far. For clients of one tenant: a shared one lets everybody in, without a tenant. For operators.
    pub async fn who_is_refused(
        &self,
        cognito: &Cognito,
        client: &Client,
        addresses: bool,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Who, OperationError> {
        self.operators_only()?;
        let ClientKind::Tenant(tenant) = self.read_binding(client).await?.kind else {
            return Err(ONE_TENANT.into());
        };
        let seats = self.read_seats(&tenant).await?;
        let mut who = Who {
            free: seats.limit.map(|limit| limit.saturating_sub(seats.used)),
            pool: client.pool.to_string(),
            client_id: client.id.to_string(),
            tenant_id: tenant.to_string(),
            ..Who::default()
        };
        let now = self.now();
        let mut from = None;
        loop {
            let page = survey::profiles_page(cognito, &client.pool, from).await?;
            let fates = page.profiles.iter().map(|profile| self.fate(&client.pool, &tenant, profile, now));
            let mut fates = pin!(abreast(fates).zip(stream::iter(&page.profiles)));
            while let Some((fate, profile)) = fates.next().await {
                who.take(profile, &fate?, addresses);
            }
            seen(who.users);
            from = page.next;
            if from.is_none() {
                return Ok(who);
            }
        }
    }

    async fn fate(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Fate, OperationError> {
        if !profile.enabled || profile.user.status == UserStatus::Unconfirmed {
            return Ok(Fate::Idle);
        }
        let person = Person { pool: pool.clone(), sub: profile.user.sub.clone() };
        match self.fate_at(&person, tenant, profile, now).await? {
            Fate::Refused(_) if self.is_elsewhere(&person, tenant).await? => Ok(Fate::Elsewhere),
            fate => Ok(fate),
        }
    }

    /// Of somebody who can sign in, at one tenant.
    async fn fate_at(
        &self,
        person: &Person,
        tenant: &TenantId,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Fate, OperationError> {
        let (account, user_name) = (&profile.account, &profile.user.user_name);
        let visit = Visit { now, person, user_name, account, tenant };
        let session = self.session();
        let mut facts = visit.facts(session).await?;
        visit.look_back(session, &mut facts).await?;
        let Some(found) = &facts.tenant else { return Err(OperationError::no_tenant(tenant)) };
        let decided = access::decide(&access::Facts {
            now,
            // People of a provider come by managed login, the others as their tenant asks for it.
            way: if account.external { Way::ManagedLogin } else { Way::Authentication },
            tenant: found,
            account,
            domain: facts.domain.as_ref(),
            provider: facts.provider.as_ref(),
            mailbox: &facts.mailbox,
            former_bar: facts.former_bar,
            membership: facts.membership.as_ref(),
            // Whoever signs in passes what the tenant asks for.
            code_passed: true,
        });
        match decided {
            Access::Granted(_) => return Ok(Fate::Member),
            Access::Refused(refusal) => return Ok(Fate::Refused(refusal)),
            Access::Enrol => {}
        }
        Ok(match foresee(session, &visit, &facts, Reminder::Unread).await? {
            Enrolment::Member => Fate::Member,
            Enrolment::Join(_) => Fate::Joins,
            Enrolment::Request(_) => Fate::Refused(Refusal::ApprovalPending),
            Enrolment::Refuse(refusal) => Fate::Refused(refusal),
        })
    }

    /// Whether somebody stands in another tenant: then it is no wonder that this one refuses them.
    async fn is_elsewhere(&self, person: &Person, tenant: &TenantId) -> Result<bool, OperationError> {
        let rows = self.session().memberships(person, 25).await?;
        let there = |row: &domain::Membership| row.tenant != *tenant && row.status == MembershipStatus::Active;
        Ok(rows.entities.iter().any(there))
    }
}
