//! Importing members row by row: any number, and whatever stops it, the same import goes on where it was.

use std::collections::HashMap;

use domain::{Email, Person, Roles, TenantId};

use crate::{NewMember, OperationError, Operations};

/// One member to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Who.
    pub person: Person,
    /// Their mailbox, if it is known.
    pub address: Option<Email>,
    /// The tenant's slug or id.
    pub tenant: String,
    /// As what.
    pub roles: Roles,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// Is a member now, or would be.
    Added,
    /// Was one already, with these roles.
    Already,
}

/// An import under way. It remembers which tenants it met, and in a dry run how many seats it would have taken.
#[derive(Debug)]
pub struct Importer<'a> {
    operations: &'a Operations,
    dry_run: bool,
    tenants: HashMap<String, TenantId>,
    /// Seats left by tenant, for a dry run.
    left: HashMap<TenantId, Option<u64>>,
}

impl Operations {
    /// Begins an import. A dry run reads and decides, and writes nothing.
    pub fn importer(&self, dry_run: bool) -> Importer<'_> {
        Importer { operations: self, dry_run, tenants: HashMap::new(), left: HashMap::new() }
    }
}

impl Importer<'_> {
    /// Imports one row.
    pub async fn row(&mut self, row: &ImportRow) -> Result<Imported, OperationError> {
        self.operations.operators_only()?;
        let tenant = self.tenant(&row.tenant).await?;
        let new = NewMember {
            person: row.person.clone(),
            address: row.address.clone(),
            roles: row.roles.clone(),
            lift_bar: false,
        };
        if self.dry_run {
            return self.would_add(&tenant, &new).await;
        }
        let (_, added) = self.operations.add_member_or_find(&tenant, &new).await?;
        Ok(if added { Imported::Added } else { Imported::Already })
    }

    async fn tenant(&mut self, name: &str) -> Result<TenantId, OperationError> {
        if let Some(id) = self.tenants.get(name) {
            return Ok(id.clone());
        }
        let id = self.operations.find_tenant(name).await?.id;
        self.tenants.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    async fn would_add(&mut self, id: &TenantId, new: &NewMember) -> Result<Imported, OperationError> {
        let already = self.operations.is_already(id, new).await?;
        if already {
            return Ok(Imported::Already);
        }
        if !self.left.contains_key(id) {
            let seats = self.operations.seats(id).await?;
            self.left.insert(id.clone(), seats.limit.map(|limit| limit.saturating_sub(seats.used)));
        }
        match self.left.get_mut(id) {
            Some(Some(0)) => Err(OperationError::SeatsFull),
            Some(Some(left)) => {
                *left -= 1;
                Ok(Imported::Added)
            }
            Some(None) | None => Ok(Imported::Added),
        }
    }
}
