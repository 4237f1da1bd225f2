//! Who may do what: operators everything, members what their own row allows, in their own tenant.

use domain::{Actor, Membership, MembershipStatus, Rank, Roles, Tenant, TenantId, TenantStatus};
use store::entity::KeyedMailbox;
use store::{Entity, Key, Standing, Transaction};

use crate::commit::Part;
use crate::{OperationError, Operations};

/// What lets an actor act in a tenant.
#[derive(Debug)]
pub(crate) enum Authority {
    /// An operator: IAM has let them.
    Operator,
    /// A member's own row, with what it rests on.
    Member(Box<Standing>),
}

impl Authority {
    pub(crate) const fn is_operator(&self) -> bool {
        matches!(self, Self::Operator)
    }

    /// Nobody grants above themselves.
    pub(crate) fn may_grant(&self, roles: &Roles) -> Result<(), OperationError> {
        match self {
            Self::Operator => Ok(()),
            Self::Member(own) if roles.ceiling().allows(&own.row.roles) => Ok(()),
            Self::Member(_) => Err(OperationError::AboveOneself),
        }
    }

    /// Nobody changes somebody of a higher step.
    pub(crate) fn may_change(&self, member: &Membership) -> Result<(), OperationError> {
        match self {
            Self::Operator => Ok(()),
            Self::Member(own) if member.roles.rank() <= own.row.roles.rank() => Ok(()),
            Self::Member(_) => Err(OperationError::AboveOneself),
        }
    }

    /// Whether the row or the mailbox that is to change is the actor's own, and no longer the one that lets them: its write would not
    /// notice.
    pub(crate) fn is_outdated_by(&self, row: &Membership, mailbox: Option<&KeyedMailbox>) -> bool {
        let Self::Member(own) = self else { return false };
        let row_is = own.row.person == row.person && own.row.revision != row.revision;
        row_is || mailbox.is_some_and(|mailbox| own.is_outdated_by(mailbox))
    }

    /// What the decision rests on is unchanged when it is written. It comes after the writes: what they write, they check.
    pub(crate) fn guard(&self, transaction: &mut Transaction<Part>) -> Result<(), OperationError> {
        if let Self::Member(own) = self {
            if !transaction.names(&own.row.key()) {
                transaction.unchanged(Part::Actor, &own.row)?;
            }
            own.guard(transaction, Part::Actor)?;
        }
        Ok(())
    }
}

impl Operations {
    /// Operators alone.
    pub(crate) fn operators_only(&self) -> Result<(), OperationError> {
        match self.actor {
            Actor::Operator(_) => Ok(()),
            Actor::Member(_) | Actor::Trigger(_) => Err(OperationError::ForOperators),
        }
    }

    /// Whether the actor may see what is this tenant's, as [`Operations::authority`] would let them act in it.
    pub(crate) async fn may_read(&self, tenant: &Tenant, least: Rank) -> Result<bool, OperationError> {
        match self.authority(tenant, least).await {
            Ok(_) => Ok(true),
            Err(OperationError::NotAllowed(_) | OperationError::ForOperators) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the actor may see what belongs to this tenant, or to none: the latter is for operators.
    pub(crate) async fn may_read_of(&self, tenant: Option<&TenantId>) -> Result<bool, OperationError> {
        if self.operators_only().is_ok() {
            return Ok(true);
        }
        let Some(id) = tenant else { return Ok(false) };
        match self.read_tenant(id).await {
            Ok(tenant) => self.may_read(&tenant, Rank::Admin).await,
            Err(OperationError::TenantUnknown(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the actor is an operator, or an active member of at least this step of this active tenant, whom nothing keeps out.
    pub(crate) async fn authority(&self, tenant: &Tenant, least: Rank) -> Result<Authority, OperationError> {
        let person = match &self.actor {
            Actor::Operator(_) => return Ok(Authority::Operator),
            Actor::Trigger(_) => return Err(OperationError::ForOperators),
            Actor::Member(person) => person,
        };
        let refused = OperationError::NotAllowed(if least == Rank::Owner { "owner" } else { "admin" });
        if tenant.status != TenantStatus::Active {
            return Err(refused);
        }
        // INVARIANT: the row is read under the tenant that is acted in, so a member of another tenant has none here.
        let own: Option<Membership> = self.session.get(&Key::membership(person, &tenant.id)).await?;
        let own = match own.filter(|own| own.status == MembershipStatus::Active && own.roles.rank() >= least) {
            Some(own) => self.session.standing(own).await?,
            None => return Err(refused),
        };
        if own.stands() { Ok(Authority::Member(Box::new(own))) } else { Err(refused) }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Email, Mailbox, MailboxKey, MemberId, Origin, Person};
    use jiff::Timestamp;

    use super::*;

    fn owner(sub: &str, revision: u64) -> Membership {
        Membership {
            person: Person { pool: "eu-central-1_test".parse().unwrap(), sub: sub.parse().unwrap() },
            tenant: TenantId::from_random([1; 16]),
            member: MemberId::from_random([1; 16]),
            roles: Roles::member(),
            status: MembershipStatus::Active,
            origin: Origin::Added,
            address: None,
            since: Timestamp::UNIX_EPOCH,
            created: Timestamp::UNIX_EPOCH,
            revision,
        }
    }

    fn mailbox(name: &str, revision: u64) -> KeyedMailbox {
        let (tenant, address): (_, Email) =
            (TenantId::from_random([1; 16]), format!("{name}@acme.example").parse().unwrap());
        let known = Mailbox { revision, ..Mailbox::default() };
        KeyedMailbox::new(&tenant, &MailboxKey::of(&tenant, &address), known)
    }

    #[test]
    fn who_was_demoted_or_barred_meanwhile_does_not_help_themselves_back() {
        let standing =
            Standing { row: owner("bob", 1), mailbox: Some(mailbox("bob", 1)), domain: None, provider: None };
        let authority = Authority::Member(Box::new(standing));
        assert!(authority.is_outdated_by(&owner("bob", 2), None));
        assert!(!authority.is_outdated_by(&owner("bob", 1), None));
        assert!(!authority.is_outdated_by(&owner("olga", 2), None));
        assert!(authority.is_outdated_by(&owner("bob", 1), Some(&mailbox("bob", 2))));
        assert!(!authority.is_outdated_by(&owner("bob", 1), Some(&mailbox("bob", 1))));
        assert!(!authority.is_outdated_by(&owner("olga", 1), Some(&mailbox("olga", 2))));
        assert!(!Authority::Operator.is_outdated_by(&owner("bob", 2), Some(&mailbox("bob", 2))));
    }
}
