//! Importing members row by row: any number, and whatever stops it, the same import goes on where it was.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::{Email, Person, Roles, TenantId};
use store::entity::{KeyedMailbox, Seats};

use crate::members::WouldAdd;
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

/// An import under way. It remembers which tenants it met, and in a dry run whom it would have added.
#[derive(Debug)]
pub struct Importer<'a> {
    operations: &'a Operations,
    tenants: HashMap<String, TenantId>,
    /// What would have been written, by tenant; `None`: it is written.
    dry: Option<HashMap<TenantId, Unwritten>>,
}

/// What a dry run would have written in a tenant: a later row meets it, as it would in the table.
#[derive(Debug)]
struct Unwritten {
    /// Seats left, where they have an end.
    left: Option<u64>,
    added: HashMap<Person, Added>,
    /// Who would hold which mailbox.
    holders: HashMap<String, Person>,
}

/// Somebody whom a dry run would have added.
#[derive(Debug)]
struct Added {
    roles: Roles,
    /// The mailbox that would be theirs; `None`: the one that the row has already.
    mailbox: Option<String>,
}

impl Operations {
    /// Begins an import. A dry run reads and decides, writes nothing, and says of each row what the import would say of it.
    pub fn importer(&self, dry_run: bool) -> Importer<'_> {
        Importer { operations: self, tenants: HashMap::new(), dry: dry_run.then(HashMap::new) }
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
        if let Some(dry) = &mut self.dry {
            return would_add(self.operations, dry, &tenant, new).await;
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
}

async fn would_add(
    operations: &Operations,
    dry: &mut HashMap<TenantId, Unwritten>,
    id: &TenantId,
    new: NewMember,
) -> Result<Imported, OperationError> {
    // Who is a member by now is so whatever the table says, and whatever else the row says of them.
    if let Some(Added { roles, .. }) = dry.get(id).and_then(|unwritten| unwritten.added.get(&new.person)) {
        let same = *roles == new.roles;
        return if same { Ok(Imported::Already) } else { Err(OperationError::MemberExists(format!("as {roles}"))) };
    }
    let WouldAdd::With(mailbox) = operations.would_add(id, &new).await? else { return Ok(Imported::Already) };
    let unwritten = match dry.entry(id.clone()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(Unwritten::of(&operations.seats(id).await?)),
    };
    unwritten.add(mailbox, new)?;
    Ok(Imported::Added)
}

impl Unwritten {
    fn of(seats: &Seats) -> Self {
        let left = seats.limit.map(|limit| limit.saturating_sub(seats.used));
        Self { left, added: HashMap::new(), holders: HashMap::new() }
    }

    /// Adds somebody whom the table lets in.
    fn add(&mut self, mailbox: Option<Box<KeyedMailbox>>, new: NewMember) -> Result<(), OperationError> {
        if let Some(keyed) = &mailbox {
            let written = || keyed.mailbox.holder.as_ref().map(|holder| &holder.person);
            let holder = self.holders.get(&keyed.mailbox_key).or_else(written);
            // INVARIANT: who was added before is no other row's person, or this one would not have come so far.
            let holds = |one: &Added| one.mailbox.as_ref().is_none_or(|own| *own == keyed.mailbox_key);
            if holder.and_then(|holder| self.added.get(holder)).is_some_and(holds) {
                return Err(OperationError::MemberExists("with another account, by an earlier row".to_owned()));
            }
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(OperationError::SeatsFull)?;
        }
        let mailbox = mailbox.map(|keyed| keyed.mailbox_key);
        if let Some(key) = &mailbox {
            self.holders.insert(key.clone(), new.person.clone());
        }
        self.added.insert(new.person, Added { roles: new.roles, mailbox });
        Ok(())
    }
}
