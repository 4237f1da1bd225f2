//! Lifting the lock that wrong codes put on somebody's sign-in, and the hourly limit on codes.

use domain::{ClientId, ClientKind, Invalid, Membership, Person, Rank, TenantId};
use serde::Serialize;

use crate::authority::Authority;
use crate::commit::Part;
use crate::record::{Deed, check_reason};
use crate::{MemberName, OperationError, Operations, ROUNDS};

/// Whoever unlocks nowhere has not said where.
const NO_CLIENTS: Invalid = Invalid {
    noun: "choice of app clients",
    rule: "the table binds none of the person's pool to this tenant; name the client with --client, since a dedicated pool's need not \
           be in the table",
};

/// Whose lock was lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unlocked {
    /// Where.
    pub tenant_id: String,
    /// The person's pool.
    pub pool: String,
    /// The person's `sub`.
    pub sub: String,
    /// Their place in the tenant, if they have one already.
    pub member_id: Option<String>,
    /// At how many app clients.
    pub clients: u64,
}

impl Operations {
    /// Lifts the locks of a person at a tenant's app clients: the counts of wrong answers and of codes begin anew; a code on its way
    /// no longer counts. For operators, who also lift the limit that all clients of the pool share, and for the tenant's admins, who
    /// unlock nobody above themselves: each lock that is lifted lets somebody guess anew. Operators may name somebody who is no member
    /// yet, by pool and sub.
    ///
    /// `others`: app clients of a pool that is dedicated to the tenant, which the table need not know.
    pub async fn unlock(
        &self,
        id: &TenantId,
        name: &MemberName,
        others: &[ClientId],
        reason: Option<&str>,
    ) -> Result<Unlocked, OperationError> {
        check_reason(reason)?;
        for _ in 0..ROUNDS {
            let tenant = self.read_tenant(id).await?;
            let authority = self.authority(&tenant, Rank::Admin).await?;
            let (person, row) = self.whom(id, name, &authority).await?;
            if let Some(row) = &row {
                if authority.is_outdated_by(row, None) {
                    continue;
                }
                authority.may_change(row)?;
            }
            let clients = self.clients_of(id, &person, others).await?;
            if clients.is_empty() {
                // Nothing would be lifted, and whoever asked would hear that it was.
                return Err(NO_CLIENTS.into());
            }
            let target = row.as_ref().map_or_else(|| person.sub.as_ref(), |row| row.member.as_ref());
            let mut transaction = self.transaction();
            if let Some(row) = &row {
                transaction.unchanged(Part::Row, row)?;
            }
            authority.guard(&mut transaction)?;
            // The record stands before the deed: what is done twice is harmless, what is done unseen is not.
            self.record(&mut transaction, id, self.now(), Deed::new("member.unlock", target).because(reason))?;
            if !self.commit(&transaction).await?.is_empty() {
                continue;
            }
            // The limit on codes that every tenant of the pool shares is not one tenant's to lift.
            self.session().forget_codes(&person, &clients, authority.is_operator()).await?;
            return Ok(Unlocked {
                tenant_id: id.to_string(),
                pool: person.pool.to_string(),
                sub: person.sub.to_string(),
                member_id: row.map(|row| row.member.to_string()),
                clients: clients.len() as u64,
            });
        }
        Err(OperationError::Contended)
    }

    async fn whom(
        &self,
        id: &TenantId,
        name: &MemberName,
        authority: &Authority,
    ) -> Result<(Person, Option<Membership>), OperationError> {
        match (self.find_member(id, name).await, name) {
            (Ok(row), _) => Ok((row.person.clone(), Some(row))),
            (Err(OperationError::MemberUnknown), MemberName::Person(person)) if authority.is_operator() => {
                Ok((person.clone(), None))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The clients of the person's pool at which this tenant's chain runs.
    async fn clients_of(
        &self,
        id: &TenantId,
        person: &Person,
        others: &[ClientId],
    ) -> Result<Vec<ClientId>, OperationError> {
        let bound = self.clients(Some(id)).await?.into_iter();
        let here = bound.filter(|one| one.client.pool == person.pool && matches!(one.kind, ClientKind::Tenant(_)));
        let mut clients: Vec<ClientId> = here.map(|one| one.client.id).collect();
        let dedicated = !others.is_empty() && self.read_pool(&person.pool).await?.dedicated_to.as_ref() == Some(id);
        for other in others.iter().filter(|other| !clients.contains(other)).cloned().collect::<Vec<_>>() {
            let client = domain::Client { pool: person.pool.clone(), id: other };
            let own = match self.read_binding(&client).await {
                Err(OperationError::ClientUnknown) => dedicated,
                // The index may not show yet what was bound a moment ago.
                Ok(binding) => matches!(&binding.kind, ClientKind::Tenant(tenant) if tenant == id),
                Err(error) => return Err(error),
            };
            if !own {
                return Err(OperationError::ClientUnknown);
            }
            clients.push(client.id);
        }
        Ok(clients)
    }
}
