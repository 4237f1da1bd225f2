//! Members, found and listed: by member id, address, or pool and sub.

use std::str::FromStr;

use domain::{Email, Invalid, MemberId, Membership, MembershipStatus, Person, Rank, TenantId};
use store::Key;

use crate::{OperationError, Operations};

/// How somebody names a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberName {
    /// By `member_id`.
    Member(MemberId),
    /// By the address with which they came.
    Address(Email),
    /// By pool and sub.
    Person(Person),
}

impl FromStr for MemberName {
    type Err = Invalid;

    /// An address (which may begin with `m_`, too), `m_…`, or `POOL:SUB`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.contains('@') {
            return text.parse().map(Self::Address);
        }
        if text.starts_with("m_") {
            return text.parse().map(Self::Member);
        }
        parse_person(text).map(Self::Person)
    }
}

/// `POOL:SUB`.
pub fn parse_person(text: &str) -> Result<Person, Invalid> {
    let invalid = Invalid { noun: "member", rule: "a member id (m_…), an e-mail address, or POOL:SUB" };
    let (pool, sub) = text.split_once(':').ok_or(invalid)?;
    Ok(Person { pool: pool.parse()?, sub: sub.parse()? })
}

impl From<MemberId> for MemberName {
    fn from(member: MemberId) -> Self {
        Self::Member(member)
    }
}

impl From<Email> for MemberName {
    fn from(address: Email) -> Self {
        Self::Address(address)
    }
}

impl From<Person> for MemberName {
    fn from(person: Person) -> Self {
        Self::Person(person)
    }
}

impl From<&Membership> for MemberName {
    fn from(row: &Membership) -> Self {
        Self::Person(row.person.clone())
    }
}

impl Operations {
    /// The member whom somebody named. A superseded row gives way to the one that took it over.
    pub async fn find_member(&self, id: &TenantId, name: &MemberName) -> Result<Membership, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        self.named(id, name).await
    }

    /// As [`Operations::find_member`], for an actor whose authority is known.
    pub(super) async fn named(&self, id: &TenantId, name: &MemberName) -> Result<Membership, OperationError> {
        let person = match name {
            MemberName::Person(person) => person.clone(),
            MemberName::Member(member) => self.person_of_member(id, member).await?,
            MemberName::Address(address) => self.person_of_address(id, address).await?,
        };
        self.session.get(&Key::membership(&person, id)).await?.ok_or(OperationError::MemberUnknown)
    }

    async fn person_of_member(&self, id: &TenantId, member: &MemberId) -> Result<Person, OperationError> {
        // The index is only a guess of where the row is; the row itself decides.
        let rows: Vec<Membership> = self.session.list_all(id.as_ref(), &format!("MEMBER#{member}#")).await?;
        rows.into_iter()
            .min_by_key(|row| row.status == MembershipStatus::Superseded)
            .map(|row| row.person)
            .ok_or(OperationError::MemberUnknown)
    }

    async fn person_of_address(&self, id: &TenantId, address: &Email) -> Result<Person, OperationError> {
        if let Some(row) = self.row_of_holder(&self.mailbox(id, address).await?).await? {
            return Ok(row.person);
        }
        // Whoever waits for an approval holds no seat, so no mailbox points to them.
        let rows: Vec<Membership> = self.session.list_all(id.as_ref(), "MEMBER#").await?;
        rows.into_iter()
            .filter(|row| row.address.as_ref() == Some(address))
            .min_by_key(|row| row.status)
            .map(|row| row.person)
            .ok_or(OperationError::MemberUnknown)
    }

    /// Every row of a tenant, whatever its status. From the index: what was written a moment ago may be missing.
    pub async fn members(&self, id: &TenantId) -> Result<Vec<Membership>, OperationError> {
        let tenant = self.read_tenant(id).await?;
        self.authority(&tenant, Rank::Admin).await?;
        Ok(self.session.list_all(id.as_ref(), "MEMBER#").await?)
    }
}
